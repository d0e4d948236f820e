"""Lawful erasure: one person's rows leave every snapshot, the vault and what was quarantined.

The newest snapshot is written without them; older snapshots that hold them are forgotten with
their files, and whoever cites one is told that it was erased, on which ground and on which day
(Personal Information Protection Law art. 47). It wins over every pin and citation.
"""

from dataclasses import dataclass
from secrets import token_hex

import duckdb

from xihu_catalog.contracts.model import Contract, columns_of, policy_of
from xihu_catalog.quality import quarantine
from xihu_catalog.standards.documents import canonical, kind_of
from xihu_pipelines.housekeeping.compact import carry_summary
from xihu_pipelines.ingest import journal, vault
from xihu_pipelines.ingest.existing import existing_sql, names_of
from xihu_pipelines.ingest.load import recover, workshop
from xihu_pipelines.ingest.parts import copy_rows
from xihu_platform.access.models import ErasureRow
from xihu_platform.access.start import open_gateway
from xihu_platform.access.totals import forget_counts
from xihu_platform.access.uses import pins_naming
from xihu_platform.access.verification_record import forget_answers
from xihu_platform.audit.erase import erase_subject
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput
from xihu_platform.lake.maintenance import forget, remove_orphans
from xihu_platform.lake.snapshot import RECORD, Snapshot
from xihu_platform.sql import identifier
from xihu_platform.start import Node


@dataclass(frozen=True, slots=True)
class ErasedRows:
    """What an erasure took from one dataset."""

    dataset: str
    rows: int
    snapshots: tuple[int, ...]
    quarantined: int
    vaulted: int
    logged: int = 0
    """Entries of the log that named the person and do so no more."""


def erase(node: Node, contract: Contract, document: str, legal_ground: str) -> ErasedRows:
    """Take a person's rows out of a dataset. Twice changes nothing.

    Raises BadInput without a legal ground, or for a dataset that is not about persons.
    """
    key = next((f.name for f in contract.fields if f.subject_key), None)
    if key is None or not legal_ground.strip():
        raise BadInput(
            f"数据集 {contract.dataset} 不含个人记录，或未写明法律依据",
            f"{contract.dataset} is not about persons, or no legal ground is given",
        )
    number = canonical(document)
    root = node.keyring.pseudonym(kind_of(number), number)
    with node.lake.lease(contract.dataset):
        recover(node, contract)
        if node.lake.find_snapshot(contract.table) is None:
            return ErasedRows(contract.dataset, 0, (), 0, 0)
        kept = node.lake.history(contract.table)
        newest = max(node.key_version, *(s.key_version for s in kept))
        subject = node.keyring.key_versions(root, newest)
        with workshop(node, contract) as connection:
            _hold(connection, subject)
            holding = _snapshots_with(kept, connection, key)
            rows = _rewrite_newest(node, contract, connection, key)
        gone = tuple(s.id for s in holding)
        _note(node, contract, gone, legal_ground)
        forget(node.lake, contract.table, list(gone))
        forget_counts(node.database, contract.table, node.lake.summaries(contract.table))
        aside = quarantine.erase(node.lake, node.keyring, contract, number)
        vaulted = vault.erase(node.lake, node.keyring, contract, subject)
        for name in (
            contract.table,
            f"vault.{contract.dataset}",
            quarantine.table_of(contract.dataset),
        ):
            _forget_all_but_newest(node, name, only=name != contract.table)
        forget_answers(node.database, contract.dataset, subject)
        logged = _erase_in_log(node, contract, subject, legal_ground)
    return ErasedRows(contract.dataset, rows, gone, aside, vaulted, logged)


def _erase_in_log(node: Node, contract: Contract, forms: tuple[str, ...], legal_ground: str) -> int:
    """Last of all: the log tells of what was done, and names the person no more."""
    policy = policy_of(contract)
    gateway = open_gateway(node, lambda _dataset: policy)
    try:
        pins = pins_naming(gateway, contract.dataset, forms)
        return erase_subject(
            node.database, gateway.log, contract.dataset, forms, legal_ground.strip(), pins=pins
        )
    finally:
        gateway.close()


def _hold(connection: duckdb.DuckDBPyConnection, forms: tuple[str, ...]) -> None:
    """Keep what the person's pseudonym has been, of every key version, in the table `erased`."""
    connection.execute("CREATE TEMP TABLE erased AS SELECT unnest(?) AS subject", [list(forms)])


def _snapshots_with(
    history: list[Snapshot], connection: duckdb.DuckDBPyConnection, key: str
) -> list[Snapshot]:
    """Kept snapshots that hold a row of the subject; each data file is looked into once."""
    files = {file for snapshot in history for file in snapshot.files}
    holding = {file for file in files if _holds(connection, history[0], file, key)}
    return [s for s in history if holding & set(s.files)]


def _holds(connection: duckdb.DuckDBPyConnection, like: Snapshot, file: str, key: str) -> bool:
    one = Snapshot(like.table, like.id, like.committed_at, like.columns, (file,), 0)
    sql = f"SELECT 1 FROM {existing_sql(one)} WHERE {identifier(key)} IN (FROM erased) LIMIT 1"
    return bool(connection.execute(sql).fetchall())


def _rewrite_newest(
    node: Node, contract: Contract, connection: duckdb.DuckDBPyConnection, key: str
) -> int:
    """The newest snapshot without the subject's rows; returns how many there were."""
    newest = node.lake.snapshot(contract.table)
    touched = tuple(f for f in newest.files if _holds(connection, newest, f, key))
    if not touched:
        return 0
    part = Snapshot(newest.table, newest.id, newest.committed_at, newest.columns, touched, 0)
    source = existing_sql(part)
    stays = f"({identifier(key)} IS NULL OR {identifier(key)} NOT IN (FROM erased))"
    counted = connection.execute(f"SELECT count(*) FILTER (NOT ({stays})) FROM {source}")
    rows = int(str(counted.fetchall()[0][0]))
    columns = node.lake.ensure(contract.table, columns_of(contract))
    mark = f"erase{token_hex(8)}"
    journal.begin(node.lake, contract.dataset, mark)
    path = node.lake.data_folder(contract.table) / f"{mark}-00000.parquet"
    copy_rows(
        connection,
        f"SELECT {names_of(newest)} FROM {source} WHERE {stays} ORDER BY {RECORD}",
        columns,
        path,
    )
    summary = carry_summary(newest, "erasure")
    node.lake.commit(contract.table, [path], summary, gone=frozenset(touched))
    journal.end(node.lake, contract.dataset)
    return rows


def _note(node: Node, contract: Contract, gone: tuple[int, ...], legal_ground: str) -> None:
    today = civil_date(node.clock())
    with transaction(node.database) as session:
        for snapshot_id in gone:
            session.merge(
                ErasureRow(
                    dataset=contract.dataset,
                    snapshot_id=snapshot_id,
                    ground=legal_ground.strip(),
                    erased_on=today,
                )
            )


def _forget_all_but_newest(node: Node, name: str, *, only: bool) -> None:
    """Sealed tables keep no history that could hold what was erased; then files go."""
    newest = node.lake.find_snapshot(name)
    if newest is None:
        return
    if only:
        forget(node.lake, name, [s.id for s in node.lake.history(name) if s.id != newest.id])
    remove_orphans(node.lake, name)
