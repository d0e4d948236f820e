"""Expected against present cells, over a small table: what is missing, what is not compared."""

from dataclasses import replace
from datetime import UTC, date, datetime

import duckdb
import pytest

from tests.test_platform.brain.test_query import FLOW, POLICY
from xihu_platform.brain.completeness import (
    Cells,
    Completeness,
    DataSpan,
    MissingCells,
    QuarantinedCell,
)
from xihu_platform.brain.periods import count_within
from xihu_platform.brain.query import MetricQuery, Window, window_of
from xihu_platform.brain.spec import Frame, Grain, MetricSpec
from xihu_platform.engines.duckdb.statements import run_statement
from xihu_platform.lake.snapshot import Snapshot
from xihu_platform.sql import Relation

COUNTIES = ("330106", "330108", "330203")
FRAME = Frame("month", COUNTIES)
SPEC = replace(FLOW, frame=FRAME, grain="month", dimensions=())
NOW = datetime(2026, 5, 10, 4, 0, tzinfo=UTC)
ROWS = """(VALUES
    (DATE '2026-01-01', '330106', 'a', 1, 1), (DATE '2026-02-01', '330106', 'a', 1, 1),
    (DATE '2026-03-01', '330106', 'a', 1, 1), (DATE '2026-04-01', '330106', 'a', 1, 1),
    (DATE '2026-01-01', '330108', 'a', 1, 1), (DATE '2026-03-01', '330108', 'a', 1, 1),
    (DATE '2026-01-01', '330203', 'a', 1, 1), (DATE '2026-02-01', '330203', 'a', 1, 1),
    (DATE '2026-03-01', '330203', 'a', 1, 1), (DATE '2026-05-01', '330203', 'a', 1, 1)
) AS t(day, place, kind, n, "of")"""


def cells(
    spec: MetricSpec = SPEC,
    grain: Grain = "month",
    quarantined: tuple[QuarantinedCell, ...] = (),
    by: tuple[str, ...] = (),
    rows: str = ROWS,
) -> Cells:
    snapshot = Snapshot("data.d", 1, NOW, (), (), 0)
    span = DataSpan(datetime(2026, 1, 1), datetime(2026, 5, 1))
    made = Cells(
        spec,
        grain=grain,
        by=by,
        span=span,
        snapshot=snapshot,
        now=NOW,
        quarantined=lambda: quarantined,
    )

    def fetch(make: object) -> list[dict[str, object]]:
        statement = make(Relation(rows, "duckdb"))  # type: ignore[operator]  # the function of `Fetch`
        with duckdb.connect() as connection:
            return list(run_statement(connection, statement).to_arrow_table().to_pylist())

    made.read(POLICY, fetch, Window(None, None))
    return made


def test_a_city_is_complete_only_if_every_county_is_there() -> None:
    assert cells().of(datetime(2026, 1, 1), "330100", {}).complete
    february = cells().of(datetime(2026, 2, 1), "330100", {})
    assert february == Completeness(False, True, 2, 1, (MissingCells("330108", None, absent=True),))
    assert cells().of(datetime(2026, 2, 1), "330200", {}).complete


def test_a_quarter_needs_each_of_its_months() -> None:
    quarter = cells(grain="quarter").of(datetime(2026, 1, 1), None, {})
    assert (quarter.expected, quarter.present, quarter.complete) == (9, 8, False)
    assert [m.region for m in quarter.missing] == ["330108"]


def test_a_missing_cell_names_the_load_that_quarantined_its_record() -> None:
    why = (QuarantinedCell("330108", date(2026, 2, 1), "load-7"),)
    assert cells(quarantined=why).of(datetime(2026, 2, 1), None, {}).missing == (
        MissingCells("330108", "load-7", absent=True),
    )
    other = (QuarantinedCell("330108", date(2026, 1, 1), "load-7"),)
    assert cells(quarantined=other).of(datetime(2026, 2, 1), None, {}).missing == (
        MissingCells("330108", None, absent=True),
    )


def test_a_region_is_absent_only_if_none_of_its_cells_is_there() -> None:
    quarter = cells(grain="quarter")
    assert quarter.of(datetime(2026, 1, 1), None, {}).missing == (
        MissingCells("330108", None, absent=False),
    )
    second = quarter.of(datetime(2026, 4, 1), None, {}).missing
    assert [(m.region, m.absent) for m in second] == [("330108", True), ("330203", True)]


def test_a_running_period_is_open_and_expects_only_what_has_ended() -> None:
    may = cells().of(datetime(2026, 5, 1), None, {})
    assert (may.closed, may.complete, may.expected) == (False, False, 0)
    quarter = cells(grain="quarter").of(datetime(2026, 4, 1), None, {})
    assert (quarter.closed, quarter.expected, quarter.missing_regions) == (False, 3, 2)


def test_each_value_of_a_dimension_frame_is_a_cell() -> None:
    framed = replace(SPEC, frame=replace(FRAME, by=(("kind", ("a", "b")),)), dimensions=())
    total = cells(framed).of(datetime(2026, 1, 1), None, {})
    assert (total.expected, total.present) == (6, 3)
    alone = cells(framed, by=("kind",)).of(datetime(2026, 1, 1), None, {"kind": "a"})
    assert (alone.expected, alone.present, alone.complete) == (3, 3, True)


def test_a_stock_needs_its_value_at_the_end_of_the_period() -> None:
    stock = replace(SPEC, kind="stock")
    first_quarter = cells(stock, "quarter").of(datetime(2026, 1, 1), None, {})
    assert (first_quarter.expected, first_quarter.present, first_quarter.complete) == (3, 3, True)
    early = ROWS.replace("2026-03-01", "2026-02-15")
    assert cells(stock, "quarter", rows=early).of(datetime(2026, 1, 1), None, {}).present == 0


@pytest.mark.parametrize(
    ("month", "complete", "closed"), [(1, True, True), (4, True, True), (5, False, False)]
)
def test_an_event_lacks_no_cells_and_needs_only_a_closed_period(
    month: int, complete: bool, closed: bool
) -> None:
    of = cells(replace(SPEC, frame=None)).of(datetime(2026, month, 1), "330108", {})
    assert (of.complete, of.closed, of.expected, of.missing) == (complete, closed, None, ())


def test_an_event_before_the_data_begins_or_after_it_ends_is_not_complete() -> None:
    events = cells(replace(SPEC, frame=None), grain="quarter")
    assert not events.of(datetime(2025, 10, 1), None, {}).complete
    assert events.of(datetime(2026, 1, 1), None, {}).complete


def test_every_missing_region_is_named_and_counted() -> None:
    many = Frame("month", tuple(f"3301{n:02}" for n in range(1, 61)))
    of = cells(replace(SPEC, frame=many)).of(datetime(2026, 1, 1), None, {})
    assert (len(of.missing), of.missing_regions) == (58, 58)


def test_latest_counts_back_from_to() -> None:
    newest = datetime(2026, 5, 3)
    asked = MetricQuery(end=date(2026, 3, 31), latest=2)
    assert window_of(asked, "month", newest) == Window(datetime(2026, 2, 1), datetime(2026, 3, 1))
    assert window_of(MetricQuery(latest=1), "month", newest) == Window(
        datetime(2026, 5, 1), datetime(2026, 5, 1)
    )
    later = MetricQuery(end=date(2027, 1, 1), latest=1)
    assert window_of(later, "month", newest).end == datetime(2026, 5, 1)


@pytest.mark.parametrize(
    ("grain", "finer", "until", "expected"),
    [
        ("year", "month", date(2027, 1, 1), 12),
        ("year", "quarter", date(2026, 8, 1), 2),
        ("month", "day", date(2026, 3, 1), 28),
        ("month", "hour", date(2026, 2, 2), 24),
        ("month", "year", date(2026, 12, 1), 1),
    ],
)
def test_finer_periods_that_have_ended(
    grain: Grain, finer: Grain, until: date, expected: int
) -> None:
    start = datetime(2026, 2 if grain == "month" else 1, 1)
    assert count_within(start, grain, finer, until) == expected
