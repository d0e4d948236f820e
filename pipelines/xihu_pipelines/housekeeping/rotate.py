"""Rotation: the pseudonyms of every table and vault are keyed once more, with a key nobody had.

The wanted key version is raised first, durably; then dataset after dataset is promoted under its
lease, each in one commit. A run that is broken off is taken up by the next, and by housekeeping at
night. Snapshots from before stay as they are, for whoever cites them, until they expire.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from secrets import token_hex

import duckdb

from xihu_catalog.contracts.model import Contract
from xihu_pipelines.housekeeping.compact import carry_summary
from xihu_pipelines.ingest import journal, vault
from xihu_pipelines.ingest.context import Stage
from xihu_pipelines.ingest.existing import existing_sql
from xihu_pipelines.ingest.load import recover, storage_faults, workshop
from xihu_pipelines.ingest.parts import copy_rows
from xihu_pipelines.ingest.pseudonyms import (
    PseudonymScheme,
    give_keys,
    promoted_sql,
    pseudonym_fields,
)
from xihu_platform.errors import TerminalError
from xihu_platform.lake.snapshot import Snapshot
from xihu_platform.lake.summary import PSEUDONYMS
from xihu_platform.sql import identifier
from xihu_platform.start import Node
from xihu_platform.vault.key_version import write_key_version
from xihu_platform.vault.sm3 import fill

_KEYS = "keys.pseudonyms"
"""The lease that the key version wanted is raised under; no dataset's name has a dot."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Of which key version the pseudonyms of one dataset are."""

    dataset: str
    table: int
    vault: int | None
    """The oldest in its vault; None where that holds nothing."""
    rows: int

    def behind(self, wanted: int) -> bool:
        return self.table < wanted or (self.vault or wanted) < wanted


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation did for one dataset."""

    dataset: str
    rows: int
    vaulted: int
    """Loads whose raw values are found by their new pseudonyms."""


def standings(node: Node, contracts: Iterable[Contract]) -> list[Standing]:
    """Every dataset that has data with pseudonyms; what is derived comes last."""
    keyed = [c for c in contracts if pseudonym_fields(c)]
    found = []
    for contract in sorted(keyed, key=lambda c: c.source.query is not None):
        newest = node.lake.find_snapshot(contract.table)
        if newest is not None:
            sealed = vault.key_version(node.lake, contract)
            found.append(Standing(contract.dataset, newest.key_version, sealed, newest.rows))
    return found


def is_unfinished(node: Node, held: list[Standing]) -> bool:
    """Whether an earlier rotation has not reached every dataset."""
    return any(one.behind(_reached(node, held)) for one in held)


def _reached(node: Node, held: list[Standing]) -> int:
    """The newest key version there is: a backup of the keys may be older than the tables."""
    return max([node.key_version, *(one.table for one in held)])


def begin_rotation(node: Node, contracts: Iterable[Contract]) -> int:
    """Raise the key version wanted, unless an earlier rotation is to be ended first."""
    with node.lake.lease(_KEYS):
        held = standings(node, contracts)
        wanted = _reached(node, held) + (0 if is_unfinished(node, held) else 1)
        write_key_version(node.settings.data_dir / "keys", wanted)
    return wanted


def rotate(node: Node, contract: Contract, stage: Stage | None = None) -> Rotated | None:
    """Promote one dataset to the key version wanted; None where it is there already.

    Raises TerminalError for a table that holds anything else than what it says.
    """
    said = stage or (lambda _name: None)
    if not pseudonym_fields(contract):
        return None
    with node.lake.lease(contract.dataset), storage_faults(contract):
        recover(node, contract)
        wanted = node.key_version
        before = node.lake.find_snapshot(contract.table)
        sealed = vault.key_version(node.lake, contract)
        behind = before is not None and before.key_version < wanted
        if not behind and (sealed or wanted) >= wanted:
            return None
        with _consistent(contract), workshop(node, contract) as connection:
            give_keys(connection, node.keyring, wanted)
            said("rotate")
            if before is not None and behind:
                _promote_table(node, contract, connection, before, wanted)
            said("rotate vault")
            vaulted = vault.promote(node.lake, node.keyring, contract, connection, wanted)
        return Rotated(contract.dataset, before.rows if before and behind else 0, vaulted)


def _promote_table(
    node: Node,
    contract: Contract,
    connection: duckdb.DuckDBPyConnection,
    before: Snapshot,
    wanted: int,
) -> None:
    """Every data file once more, its pseudonyms promoted, exchanged for the old in one commit."""
    mark = f"rotate{token_hex(8)}"
    journal.begin(node.lake, contract.dataset, mark)
    folder = node.lake.data_folder(contract.table)
    parts = [folder / f"{mark}-{number:05d}.parquet" for number in range(len(before.files))]
    for file, part in zip(before.files, parts, strict=True):
        one = Snapshot(before.table, before.id, before.committed_at, before.columns, (file,), 0)
        scheme = PseudonymScheme(node.keyring.digest, wanted)
        _fill(node, contract, connection, one, scheme, before.key_version)
        sql = _promoted(contract, one, scheme, before.key_version)
        copy_rows(connection, sql, before.columns, part)
    summary = carry_summary(before, "rotation") | {PSEUDONYMS: str(wanted)}
    node.lake.commit(contract.table, parts, summary, gone=None)
    journal.end(node.lake, contract.dataset)


def _keyed(contract: Contract, held: Snapshot) -> list[str]:
    """The columns of pseudonyms; a field that came with a newer contract may have none yet."""
    names = {f.name for f in pseudonym_fields(contract)}
    return [column.name for column in held.columns if column.name in names]


def _promoted(contract: Contract, held: Snapshot, scheme: PseudonymScheme, given: int) -> str:
    keyed = set(_keyed(contract, held))
    columns = ", ".join(
        f"{promoted_sql(c.name, scheme, given)} AS {identifier(c.name)}"
        if c.name in keyed
        else identifier(c.name)
        for c in held.columns
    )
    return f"SELECT {columns} FROM {existing_sql(held)}"


def _fill(
    node: Node,
    contract: Contract,
    connection: duckdb.DuckDBPyConnection,
    held: Snapshot,
    scheme: PseudonymScheme,
    given: int,
) -> None:
    """Have the file's distinct pseudonyms promoted, where DuckDB has no such digest."""
    columns = _keyed(contract, held)
    if scheme.outside and columns:
        source = existing_sql(held)
        texts = " UNION ".join(f"SELECT {identifier(name)} FROM {source}" for name in columns)
        fill(connection, node.keyring.promoter(given, scheme.key_version), texts)


@contextmanager
def _consistent(contract: Contract) -> Iterator[None]:
    try:
        yield
    except duckdb.InvalidInputException:
        raise TerminalError(
            f"数据集 {contract.dataset} 的表或原值库中有不属于其标明密钥版本的脱敏编号，未换密钥；"
            "请重新装载后再运行 xihu rotate pseudonyms",
            f"table or vault of {contract.dataset} holds pseudonyms of another key version than it "
            "says, and was left as it is: load it anew, then run `xihu rotate pseudonyms` again",
        ) from None  # its own words may quote a value
