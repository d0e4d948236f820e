"""What a load does before its commit, step by step: each takes the context and returns the next.

Nothing in the table changes here. Data files, vault and quarantine are written under the load's
id, so that a load that fails or is killed can be cleared away.
"""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import duckdb
import pyarrow.parquet as pq

from xihu_catalog.contracts.model import Contract, columns_of
from xihu_catalog.quality import quarantine
from xihu_pipelines.ingest import journal, vault
from xihu_pipelines.ingest.compile import compile_checks
from xihu_pipelines.ingest.context import Batch, LoadContext
from xihu_pipelines.ingest.duplicates import quarantine_repeats
from xihu_pipelines.ingest.errors import LoadBlocked
from xihu_pipelines.ingest.merge import merge
from xihu_pipelines.ingest.profile import profile_sql, read_profile
from xihu_pipelines.ingest.pseudonyms import PseudonymScheme, give_keys, pseudonym_fields
from xihu_pipelines.ingest.references import check_references, quarantine_missing_references
from xihu_pipelines.ingest.split import split
from xihu_pipelines.sources.limits import limits_of
from xihu_platform.clock import civil_date
from xihu_platform.errors import TerminalError
from xihu_platform.lake.snapshot import Snapshot
from xihu_platform.lake.summary import CORRECTS, LAST_RECORD, PUSHES
from xihu_platform.start import Node
from xihu_platform.vault.key_version import RotationUnderWay

LoadStep = Callable[[LoadContext], LoadContext]


def begin(
    node: Node, contract: Contract, batch: Batch, connection: duckdb.DuckDBPyConnection
) -> LoadContext:
    """Write the load's journal; its table is made if it is the first. The lease is held."""
    columns = node.lake.ensure(contract.table, columns_of(contract))
    before = node.lake.find_snapshot(contract.table)
    scheme = PseudonymScheme(node.keyring.digest, _key_version(node, contract, batch, before))
    give_keys(connection, node.keyring, scheme.key_version)
    load_id = _load_id(contract, batch.digest, before)
    journal.begin(node.lake, contract.dataset, load_id)
    replaces = contract.loading.mode == "replace"
    return LoadContext(
        node=node,
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


def _key_version(node: Node, contract: Contract, batch: Batch, before: Snapshot | None) -> int:
    """The key version of the table that this load leaves: rows that stay decide, or what it is
    derived from, or else what the installation wants. No table goes back to an earlier one.

    Raises RotationUnderWay.
    """
    if not pseudonym_fields(contract):
        return 1
    current = before.key_version if before is not None else 1
    stays = before is not None and contract.loading.mode != "replace"
    brought = batch.key_version
    if brought is None:
        return current if stays else max(node.key_version, current)
    if brought < current or (stays and brought > current):
        raise RotationUnderWay({batch.name: brought, contract.dataset: current})
    return brought


def _load_id(contract: Contract, digest: str, before: Snapshot | None) -> str:
    """The same until the load is committed, so that a rerun after a crash finds its own."""
    parts = f"{contract.dataset}/{contract.digest}/{digest}/{before.id if before else 0}"
    return sha256(parts.encode()).hexdigest()[:32]


def check_counts(context: LoadContext) -> LoadContext:
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
    return context


def stop_if_blocked(context: LoadContext) -> LoadContext:
    """Raises LoadBlocked."""
    broken = [r for r in context.checks.rules if r.severity == "block" and context.counts.get(r.id)]
    empty = context.received == context.quarantined  # an empty file too: it would empty the dataset
    pushed = any(name == PUSHES for name, _ in context.batch.notes)
    if not broken and (pushed or not empty):
        return context
    correcting = any(name == CORRECTS for name, _ in context.batch.notes)
    raise LoadBlocked(context.contract, context.counts, context.load_id, correcting=correcting)


def profile(context: LoadContext) -> LoadContext:
    if not context.parts:
        return context
    cursor = context.connection.execute(profile_sql(context.contract, context.written))
    return replace(context, profile=read_profile(context.contract, cursor.fetchall()[0]))


def write_vault(context: LoadContext) -> LoadContext:
    node = context.node
    vault.write(node.lake, node.keyring, context.contract, context.load_id, context.connection)
    return context


def write_quarantine(context: LoadContext) -> LoadContext:
    context.stage("quarantine")
    quarantine_blocks(context)
    return context


def quarantine_blocks(context: LoadContext) -> None:
    """Write the blocks: of a load that a rule stops, too."""
    node = context.node
    quarantine.write(
        node.lake,
        node.keyring,
        context.contract.dataset,
        context.load_id,
        iter(context.blocks),
        civil_date(context.started),
    )


def drop_empty(context: LoadContext) -> LoadContext:
    """A part without a row is no part of the table: a push whose every record is bad adds none."""
    empty = {part for part in context.parts if not pq.read_metadata(part).num_rows}
    for part in empty:
        part.unlink()
    return replace(context, parts=tuple(part for part in context.parts if part not in empty))


PREPARE: tuple[LoadStep, ...] = (
    check_references,
    split,
    quarantine_repeats,
    quarantine_missing_references,
    check_counts,
    stop_if_blocked,
    profile,
    merge,
    write_vault,
    write_quarantine,
    drop_empty,
)
