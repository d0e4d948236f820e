"""Rows quarantined: sealed blocks in a table of the lake, for the steward's own position only."""

import codecs
import io
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from xihu_catalog.contracts.model import Contract
from xihu_catalog.standards.documents import canonical
from xihu_platform.access.formulas import harmless_batch
from xihu_platform.errors import NotFound
from xihu_platform.lake.snapshot import Column
from xihu_platform.lake.summary import ERASED, LOAD_ID, PURGED, REMOVED
from xihu_platform.lake.tables import Lake
from xihu_platform.vault.keys import Keyring
from xihu_platform.vault.seal import SealKey, open_rows, seal_rows

KEEP_DAYS = 30  # quarantined values are exactly the raw ones, so they are not kept longer
RULES = "_rules"
OTHERS = "_others"
"""Of a record with a duplicate key, as JSON: by rule, the number of the first record with the same
key in the file (`first`), or of the one that the dataset held before (`standing`)."""
RECORD_HEAD, LOAD_HEAD = "记录号 record", "批次 load"
"""Columns of the download by which a record that comes back corrected is known."""
_COLUMNS = (
    Column("load_id", "VARCHAR"),
    Column("block", "INTEGER"),
    Column("rows", "BIGINT"),
    Column("purge_after", "DATE"),
    Column("sealed", "BLOB"),
)


@dataclass(frozen=True, slots=True)
class Rejected:
    """One record quarantined: its number, the rules it broke, its values as handed in."""

    record: int
    rules: tuple[str, ...]
    values: dict[str, str | None]
    others: tuple["Other", ...] = ()


@dataclass(frozen=True, slots=True)
class Other:
    """The record with the same key, for the sake of which a record was quarantined."""

    rule: str
    first: int | None
    """Its number in the same file."""
    standing: int | None
    """Its number in the dataset, where it was there before."""


@dataclass(frozen=True, slots=True)
class RecordOrigin:
    """By what load and number the records of a download are known when they come back."""

    load_id: str
    known: Mapping[int, tuple[str, int]] = field(default_factory=dict)
    """Of a load of corrections: record to the load and record that it was to correct."""
    corrected: frozenset[int] = frozenset()
    """Records whose correction was accepted since."""

    def number(self, record: int) -> int:
        return self.known.get(record, (self.load_id, record))[1]


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
    lake.append(name, [path], {LOAD_ID: load_id})
    return sum(int(str(row["rows"])) for row in rows)


def remove(lake: Lake, dataset: str, load_id: str) -> None:
    """Take back what a load that never was committed quarantined."""
    name = table_of(dataset)
    snapshot = lake.find_snapshot(name)
    gone = [f for f in snapshot.files if _load_of(f) == load_id] if snapshot else []
    if gone:
        lake.commit(name, [], {REMOVED: load_id}, gone=frozenset(gone))


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
        lake.commit(name, [], {PURGED: str(len(due))}, gone=frozenset(due))
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
        lake.commit(name, fresh, {ERASED: str(erased)}, gone=frozenset(gone))
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
    lake: Lake,
    keyring: Keyring,
    dataset: str,
    load_id: str,
    *,
    offset: int = 0,
    limit: int = 50,
    left_out: frozenset[int] = frozenset(),
) -> list[Rejected]:
    """The load's rejected records in the order of their numbers. Only `released` asks for them."""
    blocks = without(blocks_of(lake, keyring, dataset, load_id), left_out)
    rows = pa.concat_tables(blocks, promote_options="default").sort_by("_record")
    page = rows.slice(offset, limit).to_pylist()
    return [_rejected(row) for row in page]


def read_columns(
    lake: Lake, keyring: Keyring, dataset: str, load_id: str, names: Iterable[str], *, limit: int
) -> list[dict[str, str | None]]:
    """Some columns of the load's rejected records, in the order of their numbers: of one block at
    a time, and nothing of the others is kept."""
    wanted = {"_record", *names}
    blocks = [
        block.select([one for one in block.column_names if one in wanted])
        for block in _open_blocks(lake, keyring, dataset, load_id)
    ]
    rows = pa.concat_tables(blocks, promote_options="default").sort_by("_record")
    found: list[dict[str, str | None]] = rows.slice(0, limit).drop(["_record"]).to_pylist()
    return found


def without(blocks: list[pa.Table], left_out: frozenset[int]) -> list[pa.Table]:
    """The blocks without some records, by their numbers."""
    if not left_out:
        return blocks
    numbers = pa.array(sorted(left_out), pa.int64())
    return [b.filter(pc.invert(pc.is_in(b["_record"], value_set=numbers))) for b in blocks]


def as_csv(
    blocks: list[pa.Table], contract: Contract, origin: RecordOrigin | None = None
) -> Iterator[bytes]:
    """The rejected records as handed in, the reasons in both languages behind each."""
    for number, table in enumerate(as_tables(blocks, contract, origin)):
        sink = io.BytesIO()
        if number == 0:
            sink.write(codecs.BOM_UTF8)  # without it a spreadsheet reads Chinese as something else
        pacsv.write_csv(table, sink, pacsv.WriteOptions(include_header=number == 0))
        yield sink.getvalue()


def as_tables(
    blocks: list[pa.Table], contract: Contract, origin: RecordOrigin | None = None
) -> Iterator[pa.Table]:
    """The same as tables. The load that each record is known by stands last, if `origin` is given.

    A value that a spreadsheet would run as a formula gets an apostrophe before it.
    """
    for block in blocks:
        known = {text: _reasons(contract, text) for text in set(block[RULES].to_pylist())}
        reasons = pa.array([known[text] for text in block[RULES].to_pylist()], pa.string())
        names = [n for n in block.column_names if n not in {"_record", RULES, OTHERS}]
        numbers = block["_record"].to_pylist()
        table = block.select(names).append_column("原因 reason", reasons)
        if origin is not None:
            places = [origin.known.get(number, (origin.load_id, number)) for number in numbers]
            numbers = [number for _, number in places]
            loads = pa.array([load for load, _ in places], pa.string())
            table = table.append_column(LOAD_HEAD, loads)
        table = table.add_column(0, RECORD_HEAD, pa.array(numbers, pa.int64()))
        yield pa.Table.from_batches(
            [harmless_batch(batch) for batch in table.to_batches()], table.schema
        )


def _reasons(contract: Contract, rules: str) -> str:
    titles = [contract.title_of(rule) for rule in json.loads(rules)]
    return "; ".join(f"{title.zh} / {title.en}" for title in titles)


def blocks_of(lake: Lake, keyring: Keyring, dataset: str, load_id: str) -> list[pa.Table]:
    """The opened blocks of a load. Raises NotFound where nothing is there any more."""
    return list(_open_blocks(lake, keyring, dataset, load_id))


def _open_blocks(lake: Lake, keyring: Keyring, dataset: str, load_id: str) -> Iterator[pa.Table]:
    snapshot = lake.find_snapshot(table_of(dataset))
    files = [Path(f) for f in snapshot.files] if snapshot else []
    mine = [f for f in files if _load_of(f) == load_id]
    if not mine:
        raise NotFound(
            "该批次没有被隔离的记录，或已按规定清除",
            "nothing was quarantined in this load, or it has been purged by rule",
        )
    key = _key(keyring, dataset)
    stored = pq.read_table(mine[0]).to_pylist()
    for one in stored:
        yield open_rows(key, one["sealed"], _place(dataset, load_id, one["block"]))


def _rejected(row: dict[str, str | int | None]) -> Rejected:
    values = {k: v for k, v in row.items() if not k.startswith("_")}
    return Rejected(
        record=int(str(row["_record"])),
        rules=tuple(json.loads(str(row[RULES]))),
        values={k: None if v is None else str(v) for k, v in values.items()},
        others=tuple(Other(**other) for other in json.loads(str(row.get(OTHERS) or "[]"))),
    )
