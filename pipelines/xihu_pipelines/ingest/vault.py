"""Raw identifiers the law lets us keep: sealed blocks, sorted by pseudonym, beside the data."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from xihu_catalog.contracts.model import Contract
from xihu_pipelines.ingest.compile import Checks
from xihu_platform.lake.engine import identifier
from xihu_platform.lake.tables import Column, Lake
from xihu_platform.vault.keys import Keyring
from xihu_platform.vault.seal import seal_rows

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
    columns = lake.ensure(name, _COLUMNS)
    key = keyring.derive(f"vault:{contract.dataset}")
    rows = [row for field in fields for row in _blocks(connection, key, contract, load_id, field)]
    path = lake.data_folder(name) / f"{load_id}.parquet"
    schema = pa.schema(
        [
            pa.field(c.name, kind, metadata={"PARQUET:field_id": str(c.id)})
            for c, kind in zip(columns, _KINDS, strict=True)
        ]
    )
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path, compression="none")
    if lake.find_snapshot(name) is not None and str(path) in lake.snapshot(name).files:
        return
    lake.append(name, [path], {"xihu.load-id": load_id})


def prune(lake: Lake, contract: Contract, load_id: str) -> None:
    """Once a load has replaced all rows, only its own blocks are still asked for."""
    _drop(lake, contract, lambda file: file.stem != load_id)


def remove(lake: Lake, contract: Contract, load_id: str) -> None:
    """Take back what a load that never was committed left."""
    _drop(lake, contract, lambda file: file.stem == load_id)


def _drop(lake: Lake, contract: Contract, wanted: Callable[[Path], bool]) -> None:
    name = f"vault.{contract.dataset}"
    snapshot = lake.find_snapshot(name)
    gone = [file for file in snapshot.files if wanted(Path(file))] if snapshot else []
    if gone:
        lake.commit(name, [], {"xihu.removed": str(len(gone))}, gone=frozenset(gone))


_KINDS = (pa.string(), pa.string(), pa.int32(), pa.string(), pa.string(), pa.binary())


def _blocks(
    connection: duckdb.DuckDBPyConnection, key: bytes, contract: Contract, load_id: str, field: str
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
