"""The bounds of a question to a metric: windows, levels, words of refusals, comparisons."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import duckdb
import pytest

from tests.test_platform.brain.test_query import FLOW, POLICY, ROWS, answer
from xihu_platform.access.policy import FieldPolicy
from xihu_platform.brain.exact import answer_rows
from xihu_platform.brain.query import (
    SERIES_LIMIT,
    MetricQuery,
    Window,
    check_query,
    formula,
    grain_of,
    metric_statement,
    presence_statement,
    window_of,
)
from xihu_platform.brain.spec import Frame, Grain, Level, MetricSpec
from xihu_platform.engines.duckdb.statements import run_statement
from xihu_platform.errors import BadInput
from xihu_platform.sql import Relation
from xihu_platform.words import Text

TIMELESS: MetricSpec = replace(FLOW, time_field=None, grain=None)
BARE: MetricSpec = replace(FLOW, region_field=None, dimensions=())


def refusal(spec: MetricSpec, query: MetricQuery) -> str:
    with pytest.raises(BadInput) as caught:
        check_query(spec, query)
    return f"{caught.value.text.zh} | {caught.value.text.en}"


@pytest.mark.parametrize(
    ("level", "regions"),
    [
        ("province", {"330000"}),
        ("city", {"330100", "330200"}),
        ("county", {"330106", "330108", "330203"}),
    ],
)
def test_regions_are_named_by_their_six_digits(level: Level, regions: set[str]) -> None:
    assert {r["region"] for r in answer(FLOW, MetricQuery(grain="year", level=level))} == regions


def test_neighbours_whose_codes_differ_late_are_added_up_in_their_city_and_province() -> None:
    rows = Relation(
        """(VALUES (DATE '2026-01-20', '330106', 'a', 1, 1),
        (DATE '2026-01-20', '330113', 'a', 2, 1), (DATE '2026-01-20', '331102', 'a', 4, 1)
    ) AS t(day, place, kind, n, "of")""",
        "duckdb",
    )

    def values(level: Level) -> dict[object, object]:
        asked = MetricQuery(grain="year", level=level)
        return {row["region"]: row["value"] for row in answer(FLOW, asked, rows)}

    assert values("province") == {"330000": 7}
    assert values("city") == {"330100": 3, "331100": 4}
    assert values("county") == {"330106": 1, "330113": 2, "331102": 4}


def test_a_metric_with_time_but_no_grain_is_answered_whole() -> None:
    assert answer(replace(FLOW, grain=None), MetricQuery()) == [{"value": 83, "amount": 83}]


@pytest.mark.parametrize(
    "query",
    [
        MetricQuery(start=date(2026, 1, 1)),
        MetricQuery(end=date(2026, 1, 1)),
        MetricQuery(latest=1),
        MetricQuery(compare=True),
    ],
)
def test_a_metric_without_time_takes_no_question_of_time(query: MetricQuery) -> None:
    assert "has no time" in refusal(TIMELESS, query)
    check_query(FLOW, query)


def test_a_range_that_ends_before_it_begins_is_refused() -> None:
    backwards = MetricQuery(start=date(2026, 2, 1), end=date(2026, 1, 31))
    assert "exchange them" in refusal(FLOW, backwards)
    check_query(FLOW, replace(backwards, end=date(2026, 2, 1)))


def test_a_metric_without_time_or_regions_is_answered_whole() -> None:
    check_query(TIMELESS, MetricQuery())
    assert MetricQuery().compare is False
    assert grain_of(TIMELESS, MetricQuery()) is None
    (row,) = answer(replace(TIMELESS, region_field=None), MetricQuery())
    assert set(row) == {"value", "amount"}


def test_refusals_say_what_there_is() -> None:
    text = refusal(FLOW, MetricQuery(by=("x" * 100,)))
    assert text.count(f"“{'x' * 64}”") == 2 and text.count("kind") == 2
    none = refusal(BARE, MetricQuery(by=("x",)))
    assert "可用：无" in none and "it has none" in none
    coarse = replace(FLOW, finest_level="city")
    assert "最细到 city" in refusal(coarse, MetricQuery(level="county"))
    assert "最细到 —" in refusal(BARE, MetricQuery(level="city"))
    assert "最细时间粒度是 day" in refusal(FLOW, MetricQuery(grain="hour"))
    timeless = refusal(TIMELESS, MetricQuery(grain="year"))
    assert "时间粒度是 无" in timeless and "is none, not year" in timeless


def test_a_window_is_counted_back_only_where_both_ends_are_known() -> None:
    newest = datetime(2026, 11, 5)
    assert window_of(MetricQuery(), "month", newest) == Window(None, None)
    assert window_of(MetricQuery(latest=2), "month", None) == Window(None, None)
    assert window_of(MetricQuery(latest=2), None, newest) == Window(None, None)
    last_two = Window(datetime(2026, 10, 1), datetime(2026, 11, 1))
    assert window_of(MetricQuery(latest=2), "month", newest) == last_two
    later = MetricQuery(latest=3, start=date(2026, 11, 1))
    assert window_of(later, "month", newest).start == datetime(2026, 11, 1)


def test_the_last_day_is_meant_to_its_last_hour() -> None:
    found = window_of(MetricQuery(end=date(2026, 11, 5)), "hour", None)
    assert found.end == datetime(2026, 11, 5, 23)


def test_the_grain_is_coarser_where_it_is_broken_down() -> None:
    protected = replace(FLOW, smallest_cell=10)
    whole = grain_of(protected, MetricQuery())
    assert grain_of(protected, MetricQuery(by=("kind",))) != whole
    assert grain_of(protected, MetricQuery(filters=(("kind", "a"),))) != whole
    assert grain_of(protected, MetricQuery(grain="year")) == "year"


def test_a_change_of_a_rate_has_the_digits_of_the_rate_and_one_at_least() -> None:
    percent = Text("%", "%")
    rate = replace(FLOW, kind="ratio", denominator='sum("of")', scale="1", decimals=0, unit=percent)
    asked = MetricQuery(grain="year", compare=True)
    first, second = answer(rate, asked)
    assert first["year_on_year"] is None
    assert str(second["year_on_year"]) == "1.0"
    fine = answer(replace(rate, decimals=3), asked)[1]
    expected = Decimal("0.788") - Decimal("0.476")
    assert fine["year_on_year"] == expected
    plain = answer(rate, MetricQuery(grain="year"))
    assert set(plain[0]) == {"period", "value", "amount"}


def test_an_answer_has_at_most_twenty_thousand_rows() -> None:
    assert SERIES_LIMIT == 20_000
    statement = metric_statement(FLOW, POLICY, MetricQuery(), ROWS)
    assert statement.sql.endswith("LIMIT 20001")  # one more tells that there are more


def test_a_field_called_period_or_region_is_not_taken_for_that_of_the_answer() -> None:
    """The months of a year are one row of the year, whatever the time field is called."""
    rows = Relation(
        """(VALUES (DATE '2026-01-01', '330106', 1), (DATE '2026-02-01', '330106', 2),
            (DATE '2026-02-01', '330108', 4)) AS t(period, region, n)""",
        "duckdb",
    )
    policy = replace(
        POLICY,
        fields=tuple(
            FieldPolicy(name, POLICY.title, kind, "L1")
            for name, kind in (("period", "DATE"), ("region", "VARCHAR"), ("n", "BIGINT"))
        ),
    )
    spec = replace(FLOW, time_field="period", region_field="region", dimensions=())
    query = MetricQuery(grain="year", level="city")
    with duckdb.connect() as connection:
        statement = metric_statement(spec, policy, query, rows)
        found = answer_rows(spec, run_statement(connection, statement).to_arrow_table())
        frame = Frame("month", ("330106", "330108"))
        ended = datetime(2026, 3, 1)
        always = Window(None, None)
        cells = presence_statement(spec, frame, policy, rows, "year", (), always, ended)
        present = run_statement(connection, cells).to_arrow_table().to_pylist()
    assert found == [
        {
            "period": datetime(2026, 1, 1),
            "region": "330100",
            "value": Decimal(7),
            "amount": Decimal(7),
        }
    ]
    assert {row["region"]: row["n"] for row in present} == {"330106": 2, "330108": 1}


@pytest.mark.parametrize(
    ("grain", "moments"),
    [
        ("hour", ("2026-01-31 22:15", "2026-01-31 23:45", "2026-02-01 01:00")),
        ("day", ("2026-01-30", "2026-01-31", "2026-02-02")),
        ("month", ("2026-01-31", "2026-02-01", "2026-04-01")),
        ("quarter", ("2025-12-31", "2026-01-01", "2026-09-30")),
    ],
)
def test_a_period_is_compared_with_the_one_just_before_it(
    grain: Grain, moments: tuple[str, str, str]
) -> None:
    """The second follows the first; between it and the third lies a period without data."""
    rows = ", ".join(
        f"(TIMESTAMP '{moment}', '330106', 'a', {n})"
        for moment, n in zip(moments, (4, 5, 6), strict=True)
    )
    relation = Relation(f"(VALUES {rows}) AS t(day, place, kind, n)", "duckdb")
    told = answer(replace(FLOW, grain="hour"), MetricQuery(grain=grain, compare=True), relation)
    assert [row["period_on_period"] for row in told] == [None, Decimal("25.0"), None]


@pytest.mark.parametrize("scale", ["0.0001", "100"])
def test_a_statement_says_by_what_a_value_is_scaled(scale: str) -> None:
    assert f"numerator * {scale}," in formula(replace(FLOW, scale=scale))
    assert "*" not in formula(FLOW)


def test_a_record_that_does_not_say_its_kind_is_no_cell() -> None:
    rows = Relation(
        """(VALUES (DATE '2026-01-05', '330106', 'a', 1, 1), (DATE '2026-01-05', '330106', NULL, 1,
        1)) AS t(day, place, kind, n, "of")""",
        "duckdb",
    )
    frame = Frame(None, ("330106",), (("kind", ("a", "b")),))
    always, today = Window(None, None), datetime(2026, 3, 15)
    cells = presence_statement(FLOW, frame, POLICY, rows, None, (), always, today)
    with duckdb.connect() as connection:
        (found,) = run_statement(connection, cells).to_arrow_table().to_pylist()
    assert (found["region"], found["n"]) == ("330106", 1)
