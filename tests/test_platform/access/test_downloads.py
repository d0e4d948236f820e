"""A download has every row once, in record order, however the files lie; else it breaks off."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.test_platform.access.test_counted_edges import make_plan
from tests.test_platform.lake.test_windows import snapshot_of
from xihu_platform.access import downloads
from xihu_platform.access.answers import Plan
from xihu_platform.access.downloads import InRecordOrder, download
from xihu_platform.access.query import RowQuery
from xihu_platform.engines.duckdb.engine import DuckDBEngine
from xihu_platform.errors import TerminalError
from xihu_platform.lake.snapshot import RECORD, Column
from xihu_platform.lake.windows import in_record_order
from xihu_platform.sql import Relation, column

COLUMNS = (Column(RECORD, "BIGINT", 1), Column("sum", "INTEGER", 2))
SCHEMA = pa.schema(
    [
        pa.field(RECORD, pa.int64(), metadata={b"PARQUET:field_id": b"1"}),
        pa.field("sum", pa.int32(), metadata={b"PARQUET:field_id": b"2"}),
    ]
)


class World:
    """An engine of two threads and files that it may read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.engine = DuckDBEngine(
            folder, memory_limit="500MB", threads=2, connections=1, temp=folder / "temp"
        )
        self._files = 0

    def write(self, records: list[int], group: int) -> str:
        table = pa.table([records, [n * 61 % 50 for n in records]], schema=SCHEMA)
        self._files += 1
        path = self.folder / f"{self._files:06d}.parquet"
        pq.write_table(table, path, row_group_size=group)
        return str(path)

    def plan(self, files: list[str], where: str) -> Plan:
        snapshot = replace(snapshot_of(files), columns=COLUMNS)
        relation = self.engine.relation(snapshot)
        plan = make_plan(0, RowQuery())
        view = Relation(f"(SELECT * FROM {relation.sql})", "duckdb")
        conditions = () if where == "TRUE" else (where,)
        return replace(plan, snapshot=snapshot, relation=relation, view=view, conditions=conditions)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("lake"))


def rows_of(world: World, plan: Plan) -> list[int]:
    """The values that leave; each names its record by its place in the order."""
    found: list[int] = []
    for batch in download(world.engine, plan, [column("sum")]):
        assert batch.schema.names == ["sum"]
        found += batch.column(0).to_pylist()
    return found


@given(
    records=st.lists(st.integers(1, 2000), max_size=300, unique=True),
    parts=st.integers(1, 4),
    ordered=st.booleans(),
    interleaved=st.booleans(),
    where=st.sampled_from(["TRUE", "sum < 7", "sum > 90"]),
)
@settings(deadline=None, max_examples=80)
def test_every_row_leaves_once_in_record_order(
    world: World, records: list[int], parts: int, ordered: bool, interleaved: bool, where: str
) -> None:
    """Files of more than five row groups; in record order, or not, or between one another."""
    if ordered:
        records.sort()
    size = -(-len(records) // parts) or 1
    slices = [
        records[n::parts] if interleaved else records[n * size :][:size] for n in range(parts)
    ]
    files = [world.write(part, 9) for part in reversed(slices) if part]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(downloads, "ROW_GROUP", 20)
        found = rows_of(world, world.plan(files, where))
    limit = {"TRUE": range(50), "sum < 7": range(7), "sum > 90": range(0)}[where]
    expected = [n * 61 % 50 for n in sorted(records)]
    assert found == [value for value in expected if value in limit]


def test_large_files_in_order_are_read_by_one_statement_without_a_sort(world: World) -> None:
    first = world.write(list(range(300_000, 600_000)), 40_960)
    second = world.write(list(range(300_000)), 40_960)
    plan = world.plan([first, second], "sum <> 3")
    (statement,) = downloads._statements(world.engine, plan, [column("sum")])
    assert "ORDER BY" not in statement.sql
    assert statement.sql.index(second) < statement.sql.index(first)
    found = rows_of(world, plan)
    assert found == [n * 61 % 50 for n in range(600_000) if n * 61 % 50 != 3]


def test_files_that_are_not_in_order_are_sorted_window_by_window(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "ROW_GROUP", 100)
    lone = world.write([5, 900], 10)
    rest = world.write([n for n in range(1, 1001) if n not in {5, 900}], 50)
    assert in_record_order((lone, rest)) is None
    plan = world.plan([lone, rest], "TRUE")
    statements = downloads._statements(world.engine, plan, [column("sum")])
    assert len(statements) == 10
    assert all(f'ORDER BY "{RECORD}"' in statement.sql for statement in statements)
    assert rows_of(world, plan) == [n * 61 % 50 for n in range(1, 1001)]


class Told:
    """Batches of one column and the record numbers as they are told."""

    def __init__(self, *batches: list[int]) -> None:
        self.left = iter(batches)
        self.closed = False

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        return self

    def __next__(self) -> pa.RecordBatch:
        numbers = next(self.left)
        return pa.RecordBatch.from_pydict({"v": ["x"] * len(numbers), RECORD: numbers})

    def close(self) -> None:
        self.closed = True

    def interrupt(self) -> None:
        pass


@pytest.mark.parametrize(
    ("batches", "sent"),
    [(([], [1, 2], [2, 3]), 2), (([], [1, 3, 2]), 1), (([], [5], [], [4]), 2), (([7, 7],), 0)],
)
def test_numbers_that_do_not_rise_break_the_download_off(
    batches: tuple[list[int], ...], sent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "LEAST_ROWS", 1)
    told = Told(*batches)
    checked = InRecordOrder(told)
    for _ in range(sent):
        assert next(checked).schema.names == ["v"]
    with pytest.raises(TerminalError, match="broke off"):
        next(checked)
    assert told.closed


def test_small_batches_leave_together(world: World) -> None:
    told = Told([], *([n] for n in range(1, 100)))
    batches = list(InRecordOrder(told))
    assert [batch.num_rows for batch in batches] == [0, 99]
