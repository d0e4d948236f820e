"""Raw identifiers that the law lets us keep: sealed blocks, sorted by pseudonym.

An identifier that is kept as a pseudonym is found by it; any other by its row's subject.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from secrets import token_hex
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from xihu_catalog.contracts.model import Contract
from xihu_pipelines.ingest.compile import Checks, vault_keys
from xihu_pipelines.ingest.pseudonyms import PseudonymScheme, promoted_sql
from xihu_platform.lake.snapshot import Column
from xihu_platform.lake.summary import ERASED, LOAD_ID, PSEUDONYMS, REMOVED
from xihu_platform.lake.tables import Lake
from xihu_platform.sql import identifier
from xihu_platform.vault.keys import Keyring, key_version_of
from xihu_platform.vault.seal import SealKey, open_rows, seal_rows
from xihu_platform.vault.sm3 import fill

BLOCK_ROWS = 65_536
_COLUMNS = (
    Column("load_id", "VARCHAR"),
    Column("field", "VARCHAR"),
    Column("block", "INTEGER"),
    Column("first", "VARCHAR"),
    Column("last", "VARCHAR"),
    Column("sealed", "BLOB"),
)


def collect(connection: duckdb.DuckDBPyConnection, checks: Checks) -> None:
    """Add the checked batch's pairs of pseudonym and raw value to the load's own tables."""
    for field, sql in checks.vault_sql.items():
        table = identifier(f"vault_{field}")
        connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS {table} AS {sql} LIMIT 0")
        connection.execute(f"INSERT INTO {table} {sql}")


def keep_only(connection: duckdb.DuckDBPyConnection, contract: Contract, rows: str) -> None:
    """Forget the pairs whose pseudonym stands in no row that is written (`rows` is SQL)."""
    for field, key in vault_keys(contract):
        table, column = identifier(f"vault_{field.name}"), identifier(key.name)
        connection.execute(
            f"DELETE FROM {table} WHERE pseudonym NOT IN "
            f"(SELECT {column} FROM {rows} WHERE {column} IS NOT NULL)"
        )


def write(
    lake: Lake,
    keyring: Keyring,
    contract: Contract,
    load_id: str,
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """Add the blocks of this load; those before it stand until its rows are committed."""
    fields = [f.name for f in contract.fields if f.vault]
    if not fields:
        return
    name = f"vault.{contract.dataset}"
    schema = _schema(lake, name)
    key = keyring.sealing(f"vault:{contract.dataset}")
    rows = [row for field in fields for row in _blocks(connection, key, contract, load_id, field)]
    path = lake.data_folder(name) / f"{load_id}.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path, compression="none")
    if lake.find_snapshot(name) is not None and str(path) in lake.snapshot(name).files:
        return
    lake.append(name, [path], {LOAD_ID: load_id})


def prune(lake: Lake, contract: Contract, load_id: str) -> None:
    """Once a load has replaced all rows, only its own blocks are still asked for."""
    _drop(lake, contract, lambda file: _load_of(file) != load_id)


def remove(lake: Lake, contract: Contract, load_id: str) -> None:
    """Take back what a load that never was committed left."""
    _drop(lake, contract, lambda file: _load_of(file) == load_id)


def _drop(lake: Lake, contract: Contract, wanted: Callable[[Path], bool]) -> None:
    name = f"vault.{contract.dataset}"
    snapshot = lake.find_snapshot(name)
    gone = [file for file in snapshot.files if wanted(Path(file))] if snapshot else []
    if gone:
        lake.commit(name, [], {REMOVED: str(len(gone))}, gone=frozenset(gone))


def key_version(lake: Lake, contract: Contract) -> int | None:
    """The oldest key version among its blocks' pseudonyms; None where it holds none."""
    snapshot = lake.find_snapshot(f"vault.{contract.dataset}")
    found = [_oldest(file) for file in snapshot.files] if snapshot else []
    return min((number for number in found if number is not None), default=None)


def _oldest(file: str) -> int | None:
    """Of one file: a block says it by its first pseudonym; an erased one may have none left."""
    firsts = pq.read_table(file, columns=["first"])["first"].drop_null().to_pylist()  # a few
    return min((key_version_of(first) for first in firsts), default=None)


def promote(
    lake: Lake,
    keyring: Keyring,
    contract: Contract,
    connection: duckdb.DuckDBPyConnection,
    wanted: int,
) -> int:
    """Key the pseudonyms of every block anew and sort them again; returns how many files.

    The connection holds the keys. Files are exchanged in one commit, so that a killed run leaves
    all or none; the next one writes files of the same names.
    """
    name = f"vault.{contract.dataset}"
    snapshot = lake.find_snapshot(name)
    gone, fresh = list[str](), list[Path]()
    for file in snapshot.files if snapshot else ():
        if (_oldest(file) or wanted) >= wanted:
            continue
        load_id = _load_of(Path(file))
        rows = _promoted(keyring, contract, connection, file, wanted)
        path = lake.data_folder(name) / f"{load_id}.g{wanted}.parquet"
        table = pa.Table.from_pylist(rows, schema=_schema(lake, name))
        pq.write_table(table, path, compression="none")
        gone.append(file)
        fresh.append(path)
    if gone:
        lake.commit(name, fresh, {PSEUDONYMS: str(wanted)}, gone=frozenset(gone))
    return len(gone)


def _promoted(
    keyring: Keyring,
    contract: Contract,
    connection: duckdb.DuckDBPyConnection,
    file: str,
    wanted: int,
) -> list[dict[str, object]]:
    """The blocks of one load, made anew field by field."""
    key = keyring.sealing(f"vault:{contract.dataset}")
    sealed = pq.read_table(file).to_pylist()  # a few sealed blocks
    blocks = list[dict[str, object]]()
    for field in dict.fromkeys(str(row["field"]) for row in sealed):
        table = identifier(f"vault_{field}")
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {table} (pseudonym VARCHAR, value VARCHAR)"
        )
        for row in (r for r in sealed if r["field"] == field and r["first"] is not None):
            _insert_promoted(keyring, connection, table, _opened(key, contract, row), wanted)
        blocks += _blocks(connection, key, contract, _load_of(Path(file)), field)
        connection.execute(f"DROP TABLE {table}")
    return blocks


def _insert_promoted(
    keyring: Keyring,
    connection: duckdb.DuckDBPyConnection,
    table: str,
    block: pa.Table,
    wanted: int,
) -> None:
    given = key_version_of(block["pseudonym"][0].as_py())
    scheme = PseudonymScheme(keyring.digest, wanted)
    connection.register("_block", block)
    if scheme.outside:
        fill(connection, keyring.promoter(given, wanted), "SELECT pseudonym FROM _block")
    promoted = promoted_sql("pseudonym", scheme, given)
    connection.execute(f"INSERT INTO {table} SELECT {promoted}, value FROM _block")
    connection.unregister("_block")


def erase(lake: Lake, keyring: Keyring, contract: Contract, forms: tuple[str, ...]) -> int:
    """Take out the raw values of one person, whose pseudonym has had these forms; returns how
    many there were.
    """
    name = f"vault.{contract.dataset}"
    snapshot = lake.find_snapshot(name)
    if snapshot is None:
        return 0
    key, erased = keyring.sealing(f"vault:{contract.dataset}"), 0
    gone, fresh = list[str](), list[Path]()
    for file in snapshot.files:
        rows = pq.read_table(file).to_pylist()  # a few sealed blocks
        kept = [_without(key, contract, row, forms) for row in rows]
        if lost := sum(n for _, n in kept):
            erased += lost
            gone.append(file)
            path = lake.data_folder(name) / f"{_load_of(Path(file))}.{token_hex(4)}.parquet"
            table = pa.Table.from_pylist([r for r, _ in kept], schema=_schema(lake, name))
            pq.write_table(table, path, compression="none")
            fresh.append(path)
    if gone:
        lake.commit(name, fresh, {ERASED: str(erased)}, gone=frozenset(gone))
    return erased


def _without(
    key: SealKey, contract: Contract, row: dict[str, Any], forms: tuple[str, ...]
) -> tuple[dict[str, Any], int]:
    """A sealed block's row without one person's values, and how many. Any: a Parquet row."""
    block = _opened(key, contract, row)
    kept = block.filter(pc.invert(pc.is_in(block["pseudonym"], value_set=pa.array(forms))))
    lost = block.num_rows - kept.num_rows
    if not lost:
        return row, 0
    ends = pc.min_max(kept["pseudonym"]).as_py()
    named = {"first": ends["min"], "last": ends["max"]}
    return row | named | {"sealed": seal_rows(key, kept, _place(contract, row))}, lost


def _opened(key: SealKey, contract: Contract, row: dict[str, Any]) -> pa.Table:
    return open_rows(key, row["sealed"], _place(contract, row))


def _place(contract: Contract, row: Mapping[str, object]) -> str:
    """Where a block belongs, which its seal is bound to."""
    return f"vault.{contract.dataset}/{row['field']}/{row['load_id']}/{row['block']}"


def _load_of(file: Path) -> str:
    """The load whose values a file holds: its name begins with the load's id."""
    return file.name.split(".")[0]


def _schema(lake: Lake, name: str) -> pa.Schema:
    columns = lake.ensure(name, _COLUMNS)
    return pa.schema(
        [
            pa.field(c.name, kind, metadata={"PARQUET:field_id": str(c.id)})
            for c, kind in zip(columns, _KINDS, strict=True)
        ]
    )


_KINDS = (pa.string(), pa.string(), pa.int32(), pa.string(), pa.string(), pa.binary())


def _blocks(
    connection: duckdb.DuckDBPyConnection,
    key: SealKey,
    contract: Contract,
    load_id: str,
    field: str,
) -> list[dict[str, object]]:
    table = identifier(f"vault_{field}")
    pairs = connection.sql(f"SELECT DISTINCT * FROM {table} ORDER BY pseudonym")
    blocks: list[dict[str, object]] = []
    for number, batch in enumerate(pairs.to_arrow_reader(BLOCK_ROWS)):
        named = {"load_id": load_id, "field": field, "block": number}
        place = _place(contract, named)
        blocks.append(
            {
                **named,
                "first": batch["pseudonym"][0].as_py(),
                "last": batch["pseudonym"][-1].as_py(),
                "sealed": seal_rows(key, pa.Table.from_batches([batch]), place),
            }
        )
    return blocks
