"""One load: receive, decode, cast and check, split, protect, write, commit, record, profile.

The truth of a load is one Iceberg snapshot whose summary carries load id, batch digest and
counts; quarantine is committed before it, the load's record after it. It runs under the dataset's
lease, and a journal tells whoever comes next of a load that was killed: it is finished if its
snapshot stands, and cleared away if not.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import file_digest, sha256
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
from sqlalchemy.exc import OperationalError

from xihu_catalog.contracts.model import Contract, Source, columns_of
from xihu_catalog.quality import quarantine
from xihu_catalog.registry.codes import code_list
from xihu_catalog.standards.documents import SQL_MACROS
from xihu_pipelines.ingest import journal, vault
from xihu_pipelines.ingest.cast import CIVIL_TIME
from xihu_pipelines.ingest.compile import compile_checks
from xihu_pipelines.ingest.context import Batch, LoadContext, Progress, Stage
from xihu_pipelines.ingest.duplicates import set_repeats_aside
from xihu_pipelines.ingest.errors import LoadBlocked
from xihu_pipelines.ingest.merge import Gone, merge
from xihu_pipelines.ingest.profile import profile_sql, read_profile
from xihu_pipelines.ingest.pseudonyms import PseudonymScheme, give_keys, open_keys, pseudonym_fields
from xihu_pipelines.ingest.record import (
    Outcome,
    Profile,
    find_loaded,
    record,
    record_blocked,
    summary_of,
)
from xihu_pipelines.ingest.references import check_references, set_missing_aside
from xihu_pipelines.ingest.regions import count_regions
from xihu_pipelines.ingest.split import split
from xihu_pipelines.push import spool
from xihu_pipelines.sources.limits import limits_of
from xihu_platform.clock import civil_date
from xihu_platform.errors import TerminalError, TransientError
from xihu_platform.lake.summary import CORRECTS, LAST_RECORD, LOAD_ID, MODE, PUSHES
from xihu_platform.lake.tables import Snapshot
from xihu_platform.sql import identifier, text_literal
from xihu_platform.start import Node
from xihu_platform.vault.key_version import RotationUnderWay

__all__ = [
    "Outcome",
    "batch_of",
    "load_batch",
    "load_file",
    "recover",
    "storage_faults",
    "workshop",
]


"""Of a snapshot's summary: the pushes that its load took from the spool."""


def _unwatched(_stage: str) -> None:
    pass


def load_file(
    node: Node,
    contract: Contract,
    path: Path,
    *,
    notes: Mapping[str, str] | None = None,
    digest: str | None = None,
    progress: Progress | None = None,
    stage: Stage = _unwatched,
) -> Outcome:
    """Publish one file as its contract's load mode says; `digest` is its SHA-256, where known.

    Raises BadInput when the file cannot be read as its contract says, LoadBlocked when a rule of
    severity `block` is broken, Refused or NotFound for a dataset referred to that the department
    may not see or that holds no data, TransientError when the disk or a database gave way; the
    dataset stays as it was in each case.
    """
    return load_batch(
        node,
        contract,
        batch_of(path, contract.source, notes or {}, digest),
        progress=progress,
        stage=stage,
    )


def batch_of(
    path: Path, source: Source, notes: Mapping[str, str], digest: str | None = None
) -> Batch:
    if digest is None:
        with path.open("rb") as content:
            digest = file_digest(content, "sha256").hexdigest()
    return Batch(path, path.name, digest, source, tuple(notes.items()))


def load_batch(
    node: Node,
    contract: Contract,
    batch: Batch,
    *,
    progress: Progress | None = None,
    stage: Stage = _unwatched,
) -> Outcome:
    """The same for a batch whose digest is known."""
    with node.lake.lease(contract.dataset), storage_faults(contract):
        recover(node, contract)
        if (loaded := find_loaded(node, contract, batch.digest)) is not None:
            return record(node, loaded, fresh=False)
        with workshop(node, contract) as connection:
            context = _begin(node, contract, batch, connection)
            try:
                gone, profile = _prepare(node, context, stage, progress)
            except LoadBlocked:
                _clear(node, contract, context.load_id)
                _write_quarantine(node, context)  # the steward sees why, record by record
                record_blocked(node, context)
                raise
            except BaseException:
                _clear(node, contract, context.load_id)
                raise
            _drop_empty(context)
            stage("written")
            said = summary_of(context, profile, node.clock())
            snapshot = node.lake.commit(contract.table, context.parts, said, gone=gone)
        stage("committed")
        outcome = _finish(node, contract, snapshot, fresh=True)
        stage("recorded")
        return outcome


@contextmanager
def storage_faults(contract: Contract) -> Iterator[None]:
    """A full disk or a locked database is nobody's bad input, and may be over in a moment."""
    try:
        yield
    except (OSError, duckdb.IOException, duckdb.OutOfMemoryException, OperationalError) as fault:
        raise TransientError(
            f"写入 {contract.dataset} 时存储出错（{type(fault).__name__}），原有数据未变；"
            "请检查磁盘空间与数据库后重试",
            f"storage failed while {contract.dataset} was written ({type(fault).__name__}); what "
            "was there stands: check disk space and the database, then try again",
        ) from fault


def recover(node: Node, contract: Contract) -> None:
    """End or clear away a load that was killed. The dataset's lease is held."""
    begun = journal.find(node.lake, contract.dataset)
    if begun is None:
        return
    newest = node.lake.find_snapshot(contract.table)
    if newest is not None and _holds(newest, begun.load_id):
        _finish(node, contract, newest, fresh=True)
    else:
        _clear(node, contract, begun.load_id)


def _holds(snapshot: Snapshot, load_id: str) -> bool:
    """Whether a load, or a run of housekeeping, that bears this id is committed."""
    files = (Path(file).name for file in snapshot.files)
    return snapshot.summary.get(LOAD_ID) == load_id or any(
        name.startswith(f"{load_id}-") for name in files
    )


def _begin(
    node: Node, contract: Contract, batch: Batch, connection: duckdb.DuckDBPyConnection
) -> LoadContext:
    columns = node.lake.ensure(contract.table, columns_of(contract))
    before = node.lake.find_snapshot(contract.table)
    scheme = PseudonymScheme(node.keyring.digest, _key_version(node, contract, batch, before))
    give_keys(connection, node.keyring, scheme.key_version)
    load_id = _load_id(contract, batch.digest, before)
    journal.begin(node.lake, contract.dataset, load_id)
    replaces = contract.loading.mode == "replace"
    return LoadContext(
        contract=contract,
        batch=batch,
        load_id=load_id,
        before=before,
        columns=columns,
        folder=node.lake.data_folder(contract.table),
        started=node.clock(),
        connection=connection,
        checks=compile_checks(contract, columns, scheme),
        scheme=scheme,
        made=node.keyring.promoter(0, scheme.key_version),
        limits=limits_of(node.settings.intake),
        offset=0 if replaces or before is None else int(before.summary.get(LAST_RECORD, 0)),
    )


def _prepare(
    node: Node, context: LoadContext, stage: Stage, progress: Progress | None
) -> tuple[Gone, Profile]:
    """Everything before the commit: data files, vault and quarantine."""
    contract = context.contract
    check_references(node, contract)
    split(context, stage, progress)
    stage("write")
    set_repeats_aside(context)
    set_missing_aside(node, context)
    _check_counts(context)
    _stop_if_blocked(context)
    profile = _profile(context)
    gone = merge(context)
    vault.write(node.lake, node.keyring, contract, context.load_id, context.connection)
    stage("quarantine")
    _write_quarantine(node, context)
    return gone, profile


def _write_quarantine(node: Node, context: LoadContext) -> None:
    quarantine.write(
        node.lake,
        node.keyring,
        context.contract.dataset,
        context.load_id,
        iter(context.blocks),
        civil_date(context.started),
    )


def _finish(node: Node, contract: Contract, snapshot: Snapshot, *, fresh: bool) -> Outcome:
    """What follows the commit; done again after a crash, it changes nothing."""
    if snapshot.summary.get(MODE) == "replace":
        vault.prune(node.lake, contract, snapshot.summary[LOAD_ID])
    outcome = record(node, snapshot, fresh=fresh)
    count_regions(node, contract, snapshot)
    if entries := snapshot.summary.get(PUSHES):
        spool.settle(node, contract.dataset, entries.split(","), outcome.load_id)
    journal.end(node.lake, contract.dataset)
    return outcome


def _clear(node: Node, contract: Contract, load_id: str) -> None:
    """Take back all that a load wrote and did not commit."""
    for part in node.lake.data_folder(contract.table).glob(f"{load_id}-*"):
        part.unlink(missing_ok=True)
    vault.remove(node.lake, contract, load_id)
    quarantine.remove(node.lake, contract.dataset, load_id)
    if node.lake.find_snapshot(contract.table) is None:  # of a first file nothing stays
        node.lake.discard(contract.table)
    journal.end(node.lake, contract.dataset)


def _key_version(node: Node, contract: Contract, batch: Batch, before: Snapshot | None) -> int:
    """The key version of the table that this load leaves: rows that stay decide, or what it is
    derived from, or else what the installation wants. No table goes back to an earlier one.

    Raises RotationUnderWay.
    """
    if not pseudonym_fields(contract):
        return 1
    held = before.key_version if before is not None else 1
    stays = before is not None and contract.loading.mode != "replace"
    brought = batch.key_version
    if brought is None:
        return held if stays else max(node.key_version, held)
    if brought < held or (stays and brought > held):
        raise RotationUnderWay({batch.name: brought, contract.dataset: held})
    return brought


def _load_id(contract: Contract, digest: str, before: Snapshot | None) -> str:
    """The same until the load is committed, so that a rerun after a crash finds its own."""
    parts = f"{contract.dataset}/{contract.digest}/{digest}/{before.id if before else 0}"
    return sha256(parts.encode()).hexdigest()[:32]


@contextmanager
def workshop(node: Node, contract: Contract) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB of the load's own: code lists and macros; `give_keys` fills its table of keys."""
    temp = node.settings.data_dir / "tmp"
    temp.mkdir(parents=True, exist_ok=True)
    limit = node.settings.lake.load_memory_limit
    connection = duckdb.connect(":memory:", config={"memory_limit": limit, "threads": 2})
    try:
        execute = connection.execute
        execute(f"SET temp_directory = {text_literal(str(temp.resolve()))}")
        execute(f"SET GLOBAL TimeZone = {text_literal(CIVIL_TIME)}")
        open_keys(connection, node.keyring)
        for macro in SQL_MACROS:
            execute(macro)
        for name in {f.code_list for f in contract.fields if f.code_list}:
            execute(
                f"CREATE TABLE {identifier(f'codes_{name}')} AS SELECT unnest(?) AS code",
                [list(code_list(name))],
            )
        yield connection
    finally:
        connection.close()


def _check_counts(context: LoadContext) -> None:
    """Each record received is written, quarantined, superseded or a deletion: none is lost.

    Raises TerminalError; the files' own footers are counted.
    """
    written = (
        context.connection.execute(f"SELECT count(*) FROM {context.written}")
        if context.parts
        else None
    )
    rows = int(written.fetchall()[0][0]) if written else 0
    if context.parts and context.checks.delete_sql is not None:
        rows += int(context.connection.execute("SELECT count(*) FROM deletes").fetchall()[0][0])
    if rows != context.accepted:
        raise TerminalError(
            f"{context.contract.dataset}：写入 {rows:,} 行，应为 {context.accepted:,} 行；"
            "这是程序的错误，装载已撤销，原有数据未变，请报告运维人员",
            f"{context.contract.dataset}: {rows:,} rows were written where {context.accepted:,} "
            "should be; this is a fault of the program. The load is undone, the data is as before: "
            "tell the operators",
        )


def _stop_if_blocked(context: LoadContext) -> None:
    """Raises LoadBlocked."""
    broken = [r for r in context.checks.rules if r.severity == "block" and context.counts[r.id]]
    empty = context.received == context.quarantined  # an empty file too: it would empty the dataset
    pushed = any(name == PUSHES for name, _ in context.batch.notes)
    if not broken and (pushed or not empty):
        return
    correcting = any(name == CORRECTS for name, _ in context.batch.notes)
    raise LoadBlocked(context.contract, context.counts, context.load_id, correcting=correcting)


def _drop_empty(context: LoadContext) -> None:
    """A part without a row is no part of the table: a push whose every record is bad adds none."""
    for part in list(context.parts):
        if not pq.read_metadata(part).num_rows:
            context.parts.remove(part)
            part.unlink()


def _profile(context: LoadContext) -> dict[str, dict[str, str | int | None]]:
    if not context.parts:
        return {}
    cursor = context.connection.execute(profile_sql(context.contract, context.written))
    return read_profile(context.contract, cursor.fetchall()[0])
