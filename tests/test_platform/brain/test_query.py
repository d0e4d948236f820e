"""Metrics over a small table of known numbers: sums, stocks, ratios, regions, suppression."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import duckdb
import pytest

from xihu_platform.access.policy import FieldPolicy, Policy
from xihu_platform.brain.exact import answer_rows
from xihu_platform.brain.query import (
    MetricQuery,
    Window,
    check_query,
    metric_statement,
)
from xihu_platform.brain.spec import Dimension, Level, MetricSpec
from xihu_platform.engines.duckdb.statements import run_statement
from xihu_platform.errors import BadInput
from xihu_platform.sql import Relation
from xihu_platform.words import Text

T = Text("甲", "a")
POLICY = Policy(
    dataset="d",
    title=T,
    provider="x",
    share_class="unconditional",
    share_conditions=None,
    share_basis=None,
    open_class="unconditional",
    fields=tuple(
        FieldPolicy(name, T, kind, "L1")
        for name, kind in (
            ("day", "DATE"),
            ("place", "VARCHAR"),
            ("kind", "VARCHAR"),
            ("n", "BIGINT"),
            ("of", "BIGINT"),
        )
    ),
)
FLOW = MetricSpec(
    id="m",
    name=T,
    definition=T,
    dataset="d",
    kind="flow",
    numerator="sum(n)",
    denominator=None,
    scale="1",
    decimals=1,
    unit=T,
    time_field="day",
    grain="day",
    region_field="place",
    finest_level="county",
    dimensions=(Dimension("kind", T),),
    where=None,
    audience="public",
    smallest_cell=0,
    better="up",
    brain="city",
    owner="x",
)
ROWS = Relation(
    """(VALUES
    (DATE '2025-01-10', '330106', 'a', 10, 20), (DATE '2025-01-20', '330106', 'b', 5, 10),
    (DATE '2025-01-20', '330108', 'a', 2, 8), (DATE '2025-01-20', '330200', 'a', 900, 900),
    (DATE '2025-01-20', '330203', 'a', 3, 4), (DATE '2025-01-20', NULL, 'a', 700, 700),
    (DATE '2026-01-20', '330106', 'a', 30, 40), (DATE '2026-02-20', '330106', 'a', 33, 40)
) AS t(day, place, kind, n, "of")""",
    "duckdb",
)


def answer(spec: MetricSpec, query: MetricQuery, rows: Relation = ROWS) -> list[dict[str, object]]:
    statement = metric_statement(spec, POLICY, query, rows)
    with duckdb.connect() as connection:
        return answer_rows(spec, run_statement(connection, statement).to_arrow_table())


def values(spec: MetricSpec, query: MetricQuery) -> list[Decimal]:
    return [row["value"] for row in answer(spec, query)]  # type: ignore[misc]


def test_a_parent_row_beside_its_children_is_never_added() -> None:
    assert values(FLOW, MetricQuery(grain="year", level="province")) == [20, 63]
    assert values(FLOW, MetricQuery(grain="year", level="city")) == [17, 3, 63]


def test_counties_add_up_to_their_city() -> None:
    counties = answer(FLOW, MetricQuery(grain="year", level="county", parent="330100"))
    assert [(r["region"], r["value"]) for r in counties] == [
        ("330106", 15),
        ("330108", 2),
        ("330106", 63),
    ]


def test_a_stock_takes_the_last_moment_of_each_period() -> None:
    stock = replace(FLOW, kind="stock")
    assert values(stock, MetricQuery(grain="month")) == [10, 30, 33]
    assert values(stock, MetricQuery(grain="year")) == [10, 33]


def test_a_ratio_divides_two_sums_and_not_averages() -> None:
    ratio = replace(FLOW, kind="ratio", denominator='sum("of")', scale="100")
    assert values(ratio, MetricQuery(grain="year")) == [Decimal("47.6"), Decimal("78.8")]


def test_nothing_divided_by_nothing_is_unknown_and_not_zero() -> None:
    ratio = replace(FLOW, kind="ratio", denominator="sum(n - n)")
    assert values(ratio, MetricQuery(grain="year")) == [None, None]


def test_year_on_year_and_period_on_period() -> None:
    rows = answer(FLOW, MetricQuery(grain="month", compare=True, parent="330106"))
    assert [(r["period"], r["year_on_year"], r["period_on_period"]) for r in rows] == [
        (datetime(2025, 1, 1), None, None),
        (datetime(2026, 1, 1), Decimal("100.0"), None),
        (datetime(2026, 2, 1), None, Decimal("10.0")),
    ]


def test_a_comparison_reaches_behind_the_first_period_shown() -> None:
    query = MetricQuery(grain="year", compare=True, parent="330106", start=date(2026, 1, 1))
    assert [r["year_on_year"] for r in answer(FLOW, query)] == [Decimal("320.0")]


def test_dimension_and_filter() -> None:
    rows = answer(FLOW, MetricQuery(grain="year", by=("kind",), end=date(2025, 12, 31)))
    assert [(r["kind"], r["value"]) for r in rows] == [("a", 15), ("b", 5)]
    assert values(FLOW, MetricQuery(grain="year", filters=(("kind", "b"),))) == [5]


@pytest.mark.parametrize(
    "query",
    [
        MetricQuery(by=("nothing",)),
        MetricQuery(filters=(("n; DROP TABLE x", "1"),)),
        MetricQuery(grain="hour"),
        MetricQuery(parent="33' OR 1=1"),
    ],
)
def test_a_question_it_cannot_answer_gets_a_message(query: MetricQuery) -> None:
    with pytest.raises(BadInput):
        metric_statement(FLOW, POLICY, query, ROWS)


@pytest.mark.parametrize(
    "numerator",
    ["sum(secret)", "read_csv('x')", "sum(n) FROM t; DELETE", "(SELECT 1)", "getenv('HOME')"],
)
def test_a_formula_off_the_allow_list_is_refused(numerator: str) -> None:
    with pytest.raises(BadInput):
        metric_statement(replace(FLOW, numerator=numerator), POLICY, MetricQuery(), ROWS)


def test_a_window_holds_its_first_and_last_period_and_what_lies_between() -> None:
    first, last = datetime(2026, 1, 1), datetime(2026, 3, 1)
    days = [datetime(2025, 12, 1), first, datetime(2026, 2, 1), last, datetime(2026, 4, 1)]
    for window, held in (
        (Window(first, last), [False, True, True, True, False]),
        (Window(None, last), [True, True, True, True, False]),
        (Window(first, None), [False, True, True, True, True]),
        (Window(None, None), [True] * 5),
    ):
        assert [window.holds(day) for day in days] == held
        assert window.holds(None)


@pytest.mark.parametrize(
    ("finest", "parent", "level", "answered"),
    [
        ("county", "330000", "province", True),
        ("county", "330100", "city", True),
        ("county", "330106", "county", True),
        ("county", "330100", "county", True),
        ("county", "330100", "province", False),
        ("county", "330106", "city", False),
        ("city", "330100", "city", True),
        ("city", "330106", None, False),
        ("city", "330100", "county", False),
        ("province", "330100", None, False),
    ],
)
def test_a_level_is_answered_within_a_region_that_has_it(
    finest: Level, parent: str, level: Level | None, answered: bool
) -> None:
    spec = replace(FLOW, finest_level=finest)
    query = MetricQuery(grain="year", parent=parent, level=level)
    if answered:
        check_query(spec, query)
        return
    with pytest.raises(BadInput):
        check_query(spec, query)


def test_a_metric_by_cities_adds_the_cities_own_rows() -> None:
    cities = replace(FLOW, finest_level="city")
    assert values(cities, MetricQuery(grain="year", level="city", parent="330200")) == [903]


def test_the_finest_grain_is_answered() -> None:
    assert values(FLOW, MetricQuery(grain="day", parent="330106")) == [10, 5, 30, 33]


def test_a_comparison_is_with_the_same_region_and_kind() -> None:
    query = MetricQuery(grain="year", level="county", by=("kind",), compare=True)
    rows = [r for r in answer(FLOW, query) if r["period"] == datetime(2026, 1, 1)]
    assert [(r["region"], r["kind"], r["year_on_year"]) for r in rows] == [
        ("330106", "a", Decimal("530.0"))
    ]
    assert "period_on_period" not in rows[0]
