"""A page is the same however it is fetched: by windows, in two steps or by one statement."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.test_platform.lake.test_windows import snapshot_of
from xihu_platform.access import paging
from xihu_platform.access.paging import PageQuery, fetch_page
from xihu_platform.access.query import RowQuery, Sort
from xihu_platform.engines.duckdb.engine import DuckDBEngine
from xihu_platform.lake.snapshot import RECORD, Column, Snapshot
from xihu_platform.lake.windows import RecordWindow
from xihu_platform.sql import Relation, Statement

COLUMNS = (Column(RECORD, "BIGINT", 1), Column("place", "VARCHAR", 2), Column("sum", "INTEGER", 3))
ROWS = 600
BY_RECORD = f'"{RECORD}"'


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> DuckDBEngine:
    folder = tmp_path_factory.mktemp("lake")
    return DuckDBEngine(
        folder, memory_limit="500MB", threads=2, connections=2, temp=folder / "temp"
    )


@pytest.fixture(scope="module")
def snapshot(engine: DuckDBEngine, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """Three files of many row groups; the last one's records lie between those of the others."""
    import pyarrow.parquet as pq

    folder = engine._spool.parents[1]
    files = []
    every = range(1, ROWS + 1)
    late = [n for n in every if n % 7 == 0]
    first = [n for n in every if n % 7 and n <= ROWS // 2]
    second = [n for n in every if n % 7 and n > ROWS // 2]
    for name, numbers in (("b", first), ("a", second), ("c", late)):
        table = pa.table(
            {
                RECORD: pa.array(numbers, pa.int64()),
                "place": [None if n % 13 == 0 else f"p{n * 37 % 20:02d}" for n in numbers],
                "sum": pa.array([n * 61 % 50 for n in numbers], pa.int32()),
            }
        )
        fields = [
            field.with_metadata({b"PARQUET:field_id": str(column.id).encode()})
            for field, column in zip(table.schema, COLUMNS, strict=True)
        ]
        path = folder / f"{name}.parquet"
        pq.write_table(table.cast(pa.schema(fields)), path, row_group_size=20)
        files.append(str(path))
    return replace(snapshot_of(sorted(files), ROWS), columns=COLUMNS)


def page_of(
    engine: DuckDBEngine,
    snapshot: Snapshot,
    where: str,
    order: str,
    rows: int,
    after: int | None,
) -> PageQuery:
    if after is not None:
        where = f"{where} AND {RECORD} > {after}"
    return PageQuery(
        columns=f"place, sum, {RECORD}",
        view=Relation(f"(SELECT * FROM {engine.relation(snapshot).sql})", "duckdb"),
        conditions=(where,),
        order=order,
        rows=rows,
        parameters=(),
        sorted_in_clear=order != BY_RECORD,
        after=after,
        question=Statement(""),
    )


@given(
    where=st.sampled_from(["TRUE", "sum < 3", "place = 'p07'", "sum > 90", f"{RECORD} > 590"]),
    sorts=st.sampled_from([(), ("place",), ("sum",), ("sum", "place")]),
    rows=st.integers(2, 120),
    after=st.one_of(st.none(), st.integers(0, ROWS + 5)),
)
@settings(deadline=None, max_examples=120)
def test_a_page_in_pieces_is_the_page_of_one_statement(
    engine: DuckDBEngine,
    snapshot: Snapshot,
    where: str,
    sorts: tuple[str, ...],
    rows: int,
    after: int | None,
) -> None:
    order = ", ".join([*(f'"{name}" ASC NULLS LAST' for name in sorts), BY_RECORD])
    page = page_of(engine, snapshot, where, order, rows, after if not sorts else None)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(paging, "FIRST_ROWS", 20)
        patched.setattr(paging, "TWO_STEPS_FROM", 1)
        found = fetch_page(page, RowQuery(sorts=tuple(map(Sort, sorts))), snapshot, engine.fetch)
    expected = engine.fetch(page.whole)
    assert found.to_pylist() == expected.to_pylist()
    assert found.schema == expected.schema


def test_a_page_stops_at_the_window_that_fills_it(
    engine: DuckDBEngine, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "FIRST_ROWS", 20)
    asked: list[Statement] = []

    def fetch(statement: Statement) -> pa.Table:
        asked.append(statement)
        return engine.fetch(statement)

    page = page_of(engine, snapshot, "TRUE", BY_RECORD, 11, None)
    assert fetch_page(page, RowQuery(), snapshot, fetch).num_rows == 11
    assert len(asked) == 1
    assert f'"{RECORD}" <= ' in asked[0].sql
    page = page_of(engine, snapshot, "TRUE", BY_RECORD, 11, 580)
    assert fetch_page(page, RowQuery(), snapshot, fetch)[RECORD].to_pylist()[0] == 581
    assert len(asked) < 4  # not from the beginning
    asked.clear()
    page = page_of(engine, snapshot, "sum > 90", BY_RECORD, 11, None)
    assert fetch_page(page, RowQuery(), snapshot, fetch).num_rows == 0
    assert 2 < len(asked) < 6  # each window is larger than the one before


def test_a_sort_reads_the_other_fields_of_the_rows_shown_alone(
    engine: DuckDBEngine, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Statement] = []

    def fetch(statement: Statement) -> pa.Table:
        asked.append(statement)
        return engine.fetch(statement)

    page = page_of(engine, snapshot, "TRUE", f'"sum" DESC NULLS LAST, {BY_RECORD}', 6, None)
    query = RowQuery(sorts=(Sort("sum", descending=True),))
    one = fetch_page(page, query, snapshot, fetch)
    assert asked == [page.whole]
    monkeypatch.setattr(paging, "TWO_STEPS_FROM", 1)
    asked.clear()
    assert fetch_page(page, query, snapshot, fetch).equals(one)
    numbers = ", ".join(map(str, one[RECORD].to_pylist()))
    assert asked[1].sql.count(f'"{RECORD}" IN ({numbers})') == 1
    asked.clear()
    masked = replace(page, sorted_in_clear=False)
    fetch_page(masked, query, snapshot, fetch)
    assert asked == [page.whole]


def test_a_file_that_is_gone_is_left_to_the_engine_to_say(
    engine: DuckDBEngine, snapshot: Snapshot, tmp_path: Path
) -> None:
    gone = replace(snapshot, files=(str(tmp_path / "gone.parquet"),))
    page = page_of(engine, snapshot, "TRUE", BY_RECORD, 3, None)
    asked: list[Statement] = []

    def fetch(statement: Statement) -> pa.Table:
        asked.append(statement)
        return engine.fetch(statement)

    fetch_page(page, RowQuery(), gone, fetch)
    assert asked == [page.within(RecordWindow())]
