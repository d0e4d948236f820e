"""Which cells of a metric's frame are present, in a small table whose cells are counted by hand."""

from dataclasses import replace
from datetime import date, datetime

import duckdb
import pytest

from tests.test_platform.brain.test_query import FLOW, POLICY
from xihu_platform.brain.query import Window, presence_statement, span_statement
from xihu_platform.brain.spec import Frame, Grain
from xihu_platform.engines.duckdb.statements import run_statement
from xihu_platform.sql import Relation

JANUARY, FEBRUARY, MARCH = (datetime(2026, month, 1) for month in (1, 2, 3))
TODAY = datetime(2026, 3, 15)
ALWAYS = Window(None, None)
ROWS = Relation(
    """(VALUES
    (DATE '2026-01-05', '330106', 'a', 1, 1), (DATE '2026-01-05', '330106', 'b', 1, 1),
    (DATE '2026-01-20', '330106', 'a', 1, 1), (DATE '2026-02-10', '330106', 'a', 1, 1),
    (DATE '2026-03-10', '330106', 'b', 1, 1), (DATE '2026-01-05', '330108', 'a', 1, 1),
    (DATE '2026-03-20', '330108', 'a', 1, 1), (DATE '2025-12-31', '330100', 'a', 1, 1),
    (DATE '2026-12-31', NULL, 'a', 1, 1)
) AS t(day, place, kind, n, "of")""",
    "duckdb",
)
"""The last two are no leaf's: a city's own row, and one of no region."""


def present(
    frame: Frame,
    grain: Grain | None,
    *,
    by: tuple[str, ...] = (),
    window: Window = ALWAYS,
    rows: Relation = ROWS,
) -> dict[tuple[object, ...], int]:
    """The number of cells by region, the dimensions and the period, where there is one."""
    spec = replace(FLOW, frame=frame)
    statement = presence_statement(spec, frame, POLICY, rows, grain, by, window, TODAY)
    with duckdb.connect() as connection:
        found = run_statement(connection, statement).to_arrow_table().to_pylist()
    keys = ("region", *by, "period")
    return {tuple(row[key] for key in keys if key in row): row["n"] for row in found}


def frame(grain: Grain | None, *, kinds: bool = False) -> Frame:
    return Frame(grain, ("330106", "330108"), (("kind", ("a", "b")),) if kinds else ())


def test_a_month_that_has_not_ended_has_no_cell() -> None:
    assert present(frame("month"), "month") == {
        ("330106", JANUARY): 1,
        ("330106", FEBRUARY): 1,
        ("330108", JANUARY): 1,
    }


def test_a_quarter_counts_its_months_that_have_ended() -> None:
    assert present(frame("month"), "quarter") == {("330106", JANUARY): 2, ("330108", JANUARY): 1}


def test_a_month_counts_its_days_that_have_ended() -> None:
    assert present(frame("day"), "month") == {
        ("330106", JANUARY): 2,
        ("330106", FEBRUARY): 1,
        ("330106", MARCH): 1,
        ("330108", JANUARY): 1,
    }


def test_a_grain_finer_than_the_frame_has_one_cell_in_each_of_its_own_periods() -> None:
    assert present(frame("quarter"), "month") == present(frame("month"), "month")
    assert present(frame("year"), "month") == present(frame("month"), "month")


def test_each_value_of_a_dimension_is_a_cell_unless_it_is_asked_by() -> None:
    assert present(frame("month", kinds=True), "quarter") == {
        ("330106", JANUARY): 3,
        ("330108", JANUARY): 1,
    }
    assert present(frame("month", kinds=True), "quarter", by=("kind",)) == {
        ("330106", "a", JANUARY): 2,
        ("330106", "b", JANUARY): 1,
        ("330108", "a", JANUARY): 1,
    }


@pytest.mark.parametrize("kind", ["NULL", "'x'", "''", "'A'"])
@pytest.mark.parametrize(
    ("of_frame", "grain"), [("month", "month"), ("month", "quarter"), (None, None)]
)
def test_a_record_of_no_value_that_is_expected_fills_no_gap(
    kind: str, of_frame: Grain | None, grain: Grain | None
) -> None:
    """The month has `a` and something else: `b` is missing all the same."""
    rows = Relation(
        f"""(VALUES (DATE '2026-01-05', '330106', 'a', 1, 1),
        (DATE '2026-01-06', '330106', {kind}, 1, 1)) AS t(day, place, kind, n, "of")""",
        "duckdb",
    )
    found = present(frame(of_frame, kinds=True), grain, rows=rows)
    assert list(found.values()) == [1]


def test_only_periods_within_the_window_are_answered() -> None:
    found = present(frame("month"), "month", window=Window(FEBRUARY, FEBRUARY))
    assert found == {("330106", FEBRUARY): 1}
    assert present(frame("month"), "month", window=Window(None, JANUARY)) == {
        ("330106", JANUARY): 1,
        ("330108", JANUARY): 1,
    }


@pytest.mark.parametrize(("of_frame", "grain"), [(None, None), ("month", None), (None, "month")])
def test_without_time_a_region_has_its_values_as_cells_and_no_window(
    of_frame: Grain | None, grain: Grain | None
) -> None:
    never = Window(MARCH, JANUARY)
    assert present(frame(of_frame), grain, window=never) == {("330106",): 1, ("330108",): 1}
    kinds = present(frame(of_frame, kinds=True), grain, window=never)
    assert kinds == {("330106",): 2, ("330108",): 1}


def test_the_newest_moment_of_each_regions_period_is_told() -> None:
    def last(grain: Grain | None) -> dict[str, object]:
        statement = presence_statement(FLOW, frame("month"), POLICY, ROWS, grain, (), ALWAYS, TODAY)
        with duckdb.connect() as connection:
            rows = run_statement(connection, statement).to_arrow_table().to_pylist()
        return {row["region"]: row["last"] for row in rows}

    assert last("quarter") == {"330106": date(2026, 2, 10), "330108": date(2026, 1, 5)}
    assert last(None) == {"330106": None, "330108": None}


def test_the_span_is_that_of_the_rows_that_count() -> None:
    with duckdb.connect() as connection:
        span = connection.sql(span_statement(FLOW, POLICY, ROWS).sql).fetchall()
    assert span == [(date(2026, 1, 5), date(2026, 3, 20))]
