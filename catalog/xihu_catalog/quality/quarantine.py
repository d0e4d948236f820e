"""Rows set aside: sealed blocks in a table of the lake, for the steward's own position only."""

import codecs
import io
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from xihu_catalog.contracts.model import Contract
from xihu_catalog.standards.documents import canonical
from xihu_platform.access.formulas import harmless
from xihu_platform.errors import NotFound
from xihu_platform.lake.tables import Column, Lake
from xihu_platform.vault.keys import Keyring
from xihu_platform.vault.seal import SealKey, open_rows, seal_rows

KEEP_DAYS = 30  # DESIGN §4: rejected values are exactly the raw ones, so they are not kept longer
RULES = "_rules"
_COLUMNS = (
    Column("load_id", "VARCHAR"),
    Column("block", "INTEGER"),
    Column("rows", "BIGINT"),
    Column("purge_after", "DATE"),
    Column("sealed", "BLOB"),
)


@dataclass(frozen=True, slots=True)
class Rejected:
    """One record set aside: its number, the rules it broke, its values as handed in."""

    record: int
    rules: tuple[str, ...]
    values: dict[str, str | None]


def table_of(dataset: str) -> str:
    return f"quarantine.{dataset}"


def _place(dataset: str, load_id: str, block: int) -> str:
    return f"{table_of(dataset)}/{load_id}/{block}"


def _key(keyring: Keyring, dataset: str) -> SealKey:
    return keyring.sealing(f"quarantine:{dataset}")


def write(
    lake: Lake,
    keyring: Keyring,
    dataset: str,
    load_id: str,
    blocks: Iterator[pa.Table],
    today: date,
) -> int:
    """Commit the blocks of one load; returns the rows. A load's blocks are committed once."""
    name = table_of(dataset)
    columns = lake.ensure(name, _COLUMNS)
    if _holds(lake, name, load_id):
        return 0
    key = _key(keyring, dataset)
    rows = [
        {
            "load_id": load_id,
            "block": number,
            "rows": block.num_rows,
            "purge_after": today + timedelta(days=KEEP_DAYS),
            "sealed": seal_rows(key, block, _place(dataset, load_id, number)),
        }
        for number, block in enumerate(blocks)
    ]
    if not rows:
        return 0
    path = lake.data_folder(name) / f"{load_id}.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema=_schema(columns)), path, compression="none")
    lake.append(name, [path], {"xihu.load-id": load_id})
    return sum(int(str(row["rows"])) for row in rows)


def remove(lake: Lake, dataset: str, load_id: str) -> None:
    """Take back what a load that never was committed set aside."""
    name = table_of(dataset)
    snapshot = lake.find_snapshot(name)
    gone = [f for f in snapshot.files if _load_of(f) == load_id] if snapshot else []
    if gone:
        lake.commit(name, [], {"xihu.removed": load_id}, gone=frozenset(gone))


def purge(lake: Lake, dataset: str, today: date) -> int:
    """Take out the records of loads that were kept long enough; returns how many loads."""
    name = table_of(dataset)
    snapshot = lake.find_snapshot(name)
    if snapshot is None:
        return 0
    due = [
        file
        for file in snapshot.files
        if max(pq.read_table(file, columns=["purge_after"])["purge_after"].to_pylist()) < today
    ]
    if due:
        lake.commit(name, [], {"xihu.purged": str(len(due))}, gone=frozenset(due))
    return len(due)


def erase(lake: Lake, keyring: Keyring, contract: Contract, number: str) -> int:
    """Take out every record that holds this canonical document number; returns how many."""
    name = table_of(contract.dataset)
    snapshot = lake.find_snapshot(name)
    if snapshot is None:
        return 0
    columns, key = lake.ensure(name, _COLUMNS), _key(keyring, contract.dataset)
    erased, gone, fresh = 0, list[str](), list[Path]()
    for file in snapshot.files:
        rows = pq.read_table(file).to_pylist()  # a few sealed blocks
        kept = [_without(key, contract.dataset, row, number) for row in rows]
        if lost := sum(r["rows"] for r in rows) - sum(r["rows"] for r in kept):
            erased += lost
            gone.append(file)
            path = lake.data_folder(name) / f"{_load_of(file)}.{secrets.token_hex(4)}.parquet"
            table = pa.Table.from_pylist(kept, schema=_schema(columns))
            pq.write_table(table, path, compression="none")
            fresh.append(path)
    if gone:
        lake.commit(name, fresh, {"xihu.erased": str(erased)}, gone=frozenset(gone))
    return erased


def _without(key: SealKey, dataset: str, row: dict[str, Any], number: str) -> dict[str, Any]:
    """A sealed block's row without the records that hold the number. Any: a Parquet row."""
    place = _place(dataset, row["load_id"], row["block"])
    block = open_rows(key, row["sealed"], place)
    kept = block.filter(pc.invert(_mentions(block, number)))
    if kept.num_rows == block.num_rows:
        return row
    return row | {"rows": kept.num_rows, "sealed": seal_rows(key, kept, place)}


def _mentions(block: pa.Table, number: str) -> pa.ChunkedArray:
    """Which records hold the number in any column: guarded, in its old form of 15 digits, as it is.

    Whatever reading makes one person of is the same person here.
    """
    found = pa.chunked_array([pa.array([False] * block.num_rows, pa.bool_())])
    for column in block.columns:
        if pa.types.is_string(column.type):
            values = column.unique().to_pylist()
            mine = [v for v in values if v is not None and canonical(v) == number]
            found = pc.or_(found, pc.is_in(column, value_set=pa.array(mine, pa.string())))
    return found


def _load_of(file: str | Path) -> str:
    """The load whose records a file holds: its name begins with the load's id."""
    return Path(file).name.split(".")[0]


def _schema(columns: tuple[Column, ...]) -> pa.Schema:
    kinds = {
        "VARCHAR": pa.string(),
        "INTEGER": pa.int32(),
        "BIGINT": pa.int64(),
        "DATE": pa.date32(),
        "BLOB": pa.binary(),
    }
    return pa.schema(
        [pa.field(c.name, kinds[c.type], metadata={"PARQUET:field_id": str(c.id)}) for c in columns]
    )


def _holds(lake: Lake, name: str, load_id: str) -> bool:
    snapshot = lake.find_snapshot(name)
    return snapshot is not None and any(_load_of(f) == load_id for f in snapshot.files)


def read(
    lake: Lake, keyring: Keyring, dataset: str, load_id: str, *, offset: int = 0, limit: int = 50
) -> list[Rejected]:
    """The load's rejected records in the order of their numbers. Only `released` asks for them."""
    rows = pa.concat_tables(blocks_of(lake, keyring, dataset, load_id)).sort_by("_record")
    page = rows.slice(offset, limit).to_pylist()
    return [_rejected(row) for row in page]


def as_csv(blocks: list[pa.Table], contract: Contract) -> Iterator[bytes]:
    """The rejected records as handed in, the reasons in both languages behind each.

    A value that a spreadsheet would run as a formula gets an apostrophe before it.
    """
    for number, block in enumerate(blocks):
        known = {text: _reasons(contract, text) for text in set(block[RULES].to_pylist())}
        reasons = pa.array([known[text] for text in block[RULES].to_pylist()])
        table = block.drop_columns([RULES]).append_column("原因 reason", reasons)
        table = table.rename_columns(["记录号 record", *table.column_names[1:]])
        sink = io.BytesIO()
        if number == 0:
            sink.write(codecs.BOM_UTF8)  # without it a spreadsheet reads Chinese as something else
        pacsv.write_csv(_harmless(table), sink, pacsv.WriteOptions(include_header=number == 0))
        yield sink.getvalue()


def _reasons(contract: Contract, rules: str) -> str:
    titles = [contract.title_of(rule) for rule in json.loads(rules)]
    return "; ".join(f"{title.zh} / {title.en}" for title in titles)


def _harmless(table: pa.Table) -> pa.Table:
    for index, column in enumerate(table.columns):
        if pa.types.is_string(column.type):
            table = table.set_column(index, table.field(index), harmless(column))
    return table


def blocks_of(lake: Lake, keyring: Keyring, dataset: str, load_id: str) -> list[pa.Table]:
    """The opened blocks of a load. Raises NotFound where nothing is there any more."""
    snapshot = lake.find_snapshot(table_of(dataset))
    files = [Path(f) for f in snapshot.files] if snapshot else []
    mine = [f for f in files if _load_of(f) == load_id]
    if not mine:
        raise NotFound(
            "该批次没有被隔离的记录，或已按规定清除",
            "nothing was set aside in this load, or it has been purged by rule",
        )
    key = _key(keyring, dataset)
    stored = pq.read_table(mine[0]).to_pylist()
    return [open_rows(key, r["sealed"], _place(dataset, load_id, r["block"])) for r in stored]


def _rejected(row: dict[str, str | int | None]) -> Rejected:
    values = {k: v for k, v in row.items() if not k.startswith("_")}
    return Rejected(
        record=int(str(row["_record"])),
        rules=tuple(json.loads(str(row[RULES]))),
        values={k: None if v is None else str(v) for k, v in values.items()},
    )
