"""Raw identifiers the law lets us keep: sealed blocks, sorted by pseudonym, beside the data."""

from collections.abc import Callable
from pathlib import Path
from secrets import token_hex
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from xihu_catalog.contracts.model import Contract
from xihu_pipelines.ingest.compile import Checks
from xihu_platform.lake.engine import identifier
from xihu_platform.lake.tables import Column, Lake
from xihu_platform.vault.keys import Keyring
from xihu_platform.vault.seal import SealKey, open_rows, seal_rows

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


def keep_only(connection: duckdb.DuckDBPyConnection, checks: Checks, rows: str) -> None:
    """Forget the pairs whose pseudonym stands in no row that is written (`rows` is SQL)."""
    for field in checks.vault_sql:
        table, column = identifier(f"vault_{field}"), identifier(field)
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
    lake.append(name, [path], {"xihu.load-id": load_id})


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
        lake.commit(name, [], {"xihu.removed": str(len(gone))}, gone=frozenset(gone))


def erase(lake: Lake, keyring: Keyring, contract: Contract, pseudonym: str) -> int:
    """Take out the raw values of one person; returns how many there were."""
    name = f"vault.{contract.dataset}"
    snapshot = lake.find_snapshot(name)
    if snapshot is None:
        return 0
    key, erased = keyring.sealing(f"vault:{contract.dataset}"), 0
    gone, fresh = list[str](), list[Path]()
    for file in snapshot.files:
        rows = pq.read_table(file).to_pylist()  # a few sealed blocks
        kept = [_without(key, contract, row, pseudonym) for row in rows]
        if lost := sum(n for _, n in kept):
            erased += lost
            gone.append(file)
            path = lake.data_folder(name) / f"{_load_of(Path(file))}.{token_hex(4)}.parquet"
            table = pa.Table.from_pylist([r for r, _ in kept], schema=_schema(lake, name))
            pq.write_table(table, path, compression="none")
            fresh.append(path)
    if gone:
        lake.commit(name, fresh, {"xihu.erased": str(erased)}, gone=frozenset(gone))
    return erased


def _without(
    key: SealKey, contract: Contract, row: dict[str, Any], pseudonym: str
) -> tuple[dict[str, Any], int]:
    """A sealed block's row without one person's values, and how many. Any: a Parquet row."""
    place = f"vault.{contract.dataset}/{row['field']}/{row['load_id']}/{row['block']}"
    block = open_rows(key, row["sealed"], place)
    kept = block.filter(pc.not_equal(block["pseudonym"], pseudonym))
    lost = block.num_rows - kept.num_rows
    if not lost:
        return row, 0
    ends = pc.min_max(kept["pseudonym"]).as_py()
    named = {"first": ends["min"], "last": ends["max"]}
    return row | named | {"sealed": seal_rows(key, kept, place)}, lost


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
        place = f"vault.{contract.dataset}/{field}/{load_id}/{number}"
        blocks.append(
            {
                "load_id": load_id,
                "field": field,
                "block": number,
                "first": batch["pseudonym"][0].as_py(),
                "last": batch["pseudonym"][-1].as_py(),
                "sealed": seal_rows(key, pa.Table.from_batches([batch]), place),
            }
        )
    return blocks
