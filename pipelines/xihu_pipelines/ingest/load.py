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
from xihu_catalog.datasets.service import CORRECTS
from xihu_catalog.quality import quarantine
from xihu_catalog.standards.codes import code_list
from xihu_catalog.standards.documents import SQL_MACROS
from xihu_pipelines.ingest import journal, vault
from xihu_pipelines.ingest.cast import CIVIL_TIME
from xihu_pipelines.ingest.compile import compile_checks
from xihu_pipelines.ingest.errors import LoadBlocked
from xihu_pipelines.ingest.merge import Gone, merge
from xihu_pipelines.ingest.profile import profile_sql, read_profile
from xihu_pipelines.ingest.pseudonyms import Making, give_keys, open_keys, pseudonym_fields
from xihu_pipelines.ingest.record import (
    LAST_RECORD,
    LOAD_ID,
    Outcome,
    Profile,
    find_loaded,
    record,
    record_blocked,
    summary_of,
)
from xihu_pipelines.ingest.references import check_references, set_missing_aside
from xihu_pipelines.ingest.repeats import set_repeats_aside
from xihu_pipelines.ingest.split import split
from xihu_pipelines.ingest.work import Batch, Progress, Stage, Work
from xihu_pipelines.push import spool
from xihu_pipelines.sources.limits import limits_of
from xihu_platform.clock import civil_date
from xihu_platform.errors import TerminalError, TransientError
from xihu_platform.lake.engine import identifier, text_literal
from xihu_platform.lake.tables import Snapshot
from xihu_platform.start import Node
from xihu_platform.vault.generation import RotationUnderWay

__all__ = [
    "Outcome",
    "batch_of",
    "load_batch",
    "load_file",
    "recover",
    "storage_faults",
    "workshop",
]


PUSHES = "xihu.pushes"
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
            work = _begin(node, contract, batch, connection)
            try:
                gone, profile = _prepare(node, work, stage, progress)
            except LoadBlocked:
                _clear(node, contract, work.load_id)
                _write_quarantine(node, work)  # the steward sees why, record by record
                record_blocked(node, work)
                raise
            except BaseException:
                _clear(node, contract, work.load_id)
                raise
            _drop_empty(work)
            stage("written")
            said = summary_of(work, profile, node.clock())
            snapshot = node.lake.commit(contract.table, work.parts, said, gone=gone)
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
) -> Work:
    columns = node.lake.ensure(contract.table, columns_of(contract))
    before = node.lake.find_snapshot(contract.table)
    making = Making(node.keyring.digest, _generation(node, contract, batch, before))
    give_keys(connection, node.keyring, making.generation)
    load_id = _load_id(contract, batch.digest, before)
    journal.begin(node.lake, contract.dataset, load_id)
    replaces = contract.loading.mode == "replace"
    return Work(
        contract=contract,
        batch=batch,
        load_id=load_id,
        before=before,
        columns=columns,
        folder=node.lake.data_folder(contract.table),
        started=node.clock(),
        connection=connection,
        checks=compile_checks(contract, columns, making),
        making=making,
        made=node.keyring.promoter(0, making.generation),
        limits=limits_of(node.settings.intake),
        offset=0 if replaces or before is None else int(before.summary.get(LAST_RECORD, 0)),
    )


def _prepare(
    node: Node, work: Work, stage: Stage, progress: Progress | None
) -> tuple[Gone, Profile]:
    """Everything before the commit: data files, vault and quarantine."""
    contract = work.contract
    check_references(node, contract)
    split(work, stage, progress)
    stage("write")
    set_repeats_aside(work)
    set_missing_aside(node, work)
    _check_counts(work)
    _stop_if_blocked(work)
    profile = _profile(work)
    gone = merge(work)
    vault.write(node.lake, node.keyring, contract, work.load_id, work.connection)
    stage("quarantine")
    _write_quarantine(node, work)
    return gone, profile


def _write_quarantine(node: Node, work: Work) -> None:
    quarantine.write(
        node.lake,
        node.keyring,
        work.contract.dataset,
        work.load_id,
        iter(work.blocks),
        civil_date(work.started),
    )


def _finish(node: Node, contract: Contract, snapshot: Snapshot, *, fresh: bool) -> Outcome:
    """What follows the commit; done again after a crash, it changes nothing."""
    if snapshot.summary.get("xihu.mode") == "replace":
        vault.prune(node.lake, contract, snapshot.summary[LOAD_ID])
    outcome = record(node, snapshot, fresh=fresh)
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


def _generation(node: Node, contract: Contract, batch: Batch, before: Snapshot | None) -> int:
    """The generation of the table that this load leaves: rows that stay decide, or what it is
    derived from, or else what the installation wants. No table goes back to an earlier one.

    Raises RotationUnderWay.
    """
    if not pseudonym_fields(contract):
        return 1
    held = before.generation if before is not None else 1
    stays = before is not None and contract.loading.mode != "replace"
    brought = batch.generation
    if brought is None:
        return held if stays else max(node.generation, held)
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


def _check_counts(work: Work) -> None:
    """Each record received is written, set aside, superseded or a deletion: none is lost.

    Raises TerminalError; the files' own footers are counted.
    """
    written = (
        work.connection.execute(f"SELECT count(*) FROM {work.written}") if work.parts else None
    )
    rows = int(written.fetchall()[0][0]) if written else 0
    if work.parts and work.checks.delete_sql is not None:
        rows += int(work.connection.execute("SELECT count(*) FROM deletes").fetchall()[0][0])
    if rows != work.kept:
        raise TerminalError(
            f"{work.contract.dataset}：写入 {rows:,} 行，应为 {work.kept:,} 行；"
            "这是程序的错误，装载已撤销，原有数据未变，请报告运维人员",
            f"{work.contract.dataset}: {rows:,} rows were written where {work.kept:,} should be; "
            "this is a fault of the program. The load is taken back and what was there stands: "
            "tell the operators",
        )


def _stop_if_blocked(work: Work) -> None:
    """Raises LoadBlocked."""
    broken = [r for r in work.checks.rules if r.severity == "block" and work.counts[r.id]]
    empty = work.received == work.set_aside  # an empty file too: it would empty the dataset
    pushed = any(name == PUSHES for name, _ in work.batch.notes)
    if not broken and (pushed or not empty):
        return
    correcting = any(name == CORRECTS for name, _ in work.batch.notes)
    raise LoadBlocked(work.contract, work.counts, work.load_id, correcting=correcting)


def _drop_empty(work: Work) -> None:
    """A part without a row is no part of the table: a push whose every record is bad adds none."""
    for part in list(work.parts):
        if not pq.read_metadata(part).num_rows:
            work.parts.remove(part)
            part.unlink()


def _profile(work: Work) -> dict[str, dict[str, str | int | None]]:
    if not work.parts:
        return {}
    cursor = work.connection.execute(profile_sql(work.contract, work.written))
    return read_profile(work.contract, cursor.fetchall()[0])
