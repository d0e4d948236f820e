"""One load: prepare (see `prepare`), commit, record.

The truth of a load is one Iceberg snapshot whose summary carries load id, batch digest and
counts; quarantine is committed before it, the load's record after it. It runs under the dataset's
lease, and a journal tells whoever comes next of a load that was killed: it is finished if its
snapshot is committed, and cleared away if not.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from hashlib import file_digest
from pathlib import Path

import duckdb
from sqlalchemy.exc import OperationalError

from xihu_catalog.contracts.model import Contract, Source
from xihu_catalog.quality import quarantine
from xihu_catalog.registry.codes import code_list
from xihu_catalog.standards.documents import SQL_MACROS
from xihu_pipelines.ingest import journal, vault
from xihu_pipelines.ingest.cast import CIVIL_TIME
from xihu_pipelines.ingest.context import Batch, Progress, Stage, ignore_stage
from xihu_pipelines.ingest.errors import LoadBlocked
from xihu_pipelines.ingest.prepare import PREPARE, begin, quarantine_blocks
from xihu_pipelines.ingest.pseudonyms import open_keys
from xihu_pipelines.ingest.record import (
    Outcome,
    find_loaded,
    record,
    record_blocked,
    summary_of,
)
from xihu_pipelines.ingest.regions import count_regions
from xihu_pipelines.push import spool
from xihu_platform.errors import TransientError
from xihu_platform.lake.snapshot import Snapshot
from xihu_platform.lake.summary import LOAD_ID, MODE, PUSHES
from xihu_platform.sql import identifier, text_literal
from xihu_platform.start import Node

__all__ = [
    "Outcome",
    "batch_of",
    "load_batch",
    "load_file",
    "recover",
    "storage_faults",
    "workshop",
]


def load_file(
    node: Node,
    contract: Contract,
    path: Path,
    *,
    notes: Mapping[str, str] | None = None,
    digest: str | None = None,
    progress: Progress | None = None,
    stage: Stage = ignore_stage,
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
    stage: Stage = ignore_stage,
) -> Outcome:
    """The same for a batch whose digest is known."""
    with node.lake.lease(contract.dataset), storage_faults(contract):
        recover(node, contract)
        if (loaded := find_loaded(node, contract, batch.digest)) is not None:
            return record(node, loaded, fresh=False)
        with workshop(node, contract) as connection:
            context = begin(node, contract, batch, connection)
            context = replace(context, stage=stage, progress=progress)
            try:
                for step in PREPARE:
                    context = step(context)
            except LoadBlocked:  # the context is that of the last step that ended
                _clear(node, contract, context.load_id)
                quarantine_blocks(context)  # the steward sees why, record by record
                record_blocked(context)
                raise
            except BaseException:
                _clear(node, contract, context.load_id)
                raise
            stage("written")
            said, parts = summary_of(context, node.clock()), list(context.parts)
            snapshot = node.lake.commit(contract.table, parts, said, gone=context.gone)
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
    if newest is not None and _is_committed(newest, begun.load_id):
        _finish(node, contract, newest, fresh=True)
    else:
        _clear(node, contract, begun.load_id)


def _is_committed(snapshot: Snapshot, load_id: str) -> bool:
    """Whether a load, or a run of housekeeping, that bears this id is committed."""
    files = (Path(file).name for file in snapshot.files)
    return snapshot.summary.get(LOAD_ID) == load_id or any(
        name.startswith(f"{load_id}-") for name in files
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
