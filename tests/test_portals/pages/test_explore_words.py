"""Conditions in words and in the form, and periods as they are counted: by hand."""

from datetime import date, datetime

import pytest

from tests.province import Province
from xihu_catalog.contracts.model import Contract
from xihu_platform.access.decision import Allow
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import parse_filter
from xihu_portals.pages.explore_address import ExploreAddress
from xihu_portals.pages.explore_conditions import DaySpan, chosen_links, grain_after
from xihu_portals.pages.explore_counts import PeriodCount, _filled, _following
from xihu_portals.web.parts import Period


def words(province: Province, dataset: str, *filters: str) -> list[tuple[str, str]]:
    contract: Contract = province.services.catalogue.contracts.get(dataset)
    decision = province.services.gateway.decide(province.anonymous, dataset, Purpose("open"))
    assert isinstance(decision, Allow)
    address = ExploreAddress("/", tuple(map(parse_filter, filters)))
    return [(said.zh, said.en) for said, _ in chosen_links(contract, decision, address)]


AIR = "hb_air_quality_hourly"


@pytest.mark.parametrize(
    ("filters", "zh", "en"),
    [
        (("county_code:eq:330106",), "区划 在 西湖区", "County in Xihu District"),
        (("county_code:starts:3301",), "区划 在 杭州市", "County in Hangzhou City"),
        (("county_code:starts:33010",), "区划 以“33010”开头", "County begins with “33010”"),
        (("county_code:in:330106,330110",), "区划 是其中之一：西湖区、余杭区", None),
        (("aqi:ge:1200",), "空气质量指数 不小于 1200", "Air quality index at least 1200"),
        (("pm25_ug_m3:lt:1200.5",), "细颗粒物 小于 1,200.5 微克每立方米", None),
        (("aqi:null:yes",), "空气质量指数 没有值", "Air quality index has no value"),
        (("primary_pollutant:ne:PM10",), "首要污染物 不是 可吸入颗粒物", None),
        (("measured_at:ge:2026-11-01",), "监测时间 不早于 2026年11月1日 00:00", None),
        (
            ("measured_at:ge:2026-11-01", "measured_at:lt:2026-12-01"),
            "监测时间 2026年11月",
            "Measured at Nov 2026",
        ),
        (
            ("measured_at:lt:2027-01-01", "measured_at:ge:2026-01-01"),
            "监测时间 2026年",
            "Measured at 2026",
        ),
        (
            ("measured_at:ge:2026-11-09", "measured_at:lt:2026-11-10"),
            "监测时间 2026年11月9日",
            None,
        ),
        (
            ("measured_at:ge:2026-11-09", "measured_at:lt:2026-11-12"),
            "监测时间 2026年11月9日 至 2026年11月11日",
            "Measured at 9 Nov 2026 to 11 Nov 2026",
        ),
    ],
)
def test_a_condition_is_said_as_people_say_it(
    province: Province, filters: tuple[str, ...], zh: str, en: str | None
) -> None:
    ((said, english),) = words(province, AIR, *filters)
    assert said == zh
    assert en is None or english == en


def test_a_quarter_is_a_quarter(province: Province) -> None:
    said = words(province, "tj_county_economy", "quarter:eq:2026-07-01")
    assert said == [("季度 2026年第三季度", "Quarter Q3 2026")]


def test_what_is_no_pair_is_said_one_by_one(province: Province) -> None:
    said = words(province, AIR, "measured_at:ge:2026-11-01", "measured_at:ge:2026-11-05")
    assert len(said) == 2


@pytest.mark.parametrize(
    ("first", "last", "grain"),
    [
        ((2024, 2, 1), (2024, 2, 29), "month"),
        ((2023, 2, 1), (2023, 2, 28), "month"),
        ((2026, 1, 1), (2026, 12, 31), "year"),
        ((2026, 11, 9), (2026, 11, 9), "day"),
        ((2026, 1, 1), (2026, 3, 31), None),
        ((2026, 11, 2), (2026, 11, 30), None),
        ((2026, 1, 1), (9999, 12, 31), None),
    ],
)
def test_a_span_that_is_a_period_has_its_name(
    first: tuple[int, int, int], last: tuple[int, int, int], grain: str | None
) -> None:
    found = DaySpan(date(*first), date(*last)).period
    assert found == (None if grain is None else Period(date(*first), grain))  # type: ignore[arg-type]


def test_a_year_is_looked_at_by_months_a_month_by_days_a_day_by_hours() -> None:
    day = date(2026, 11, 9)
    assert grain_after(None) == "month"
    assert grain_after(DaySpan(date(2026, 1, 1), date(2026, 12, 31))) == "month"
    assert grain_after(DaySpan(date(2026, 11, 1), date(2026, 11, 30))) == "day"
    assert grain_after(DaySpan(day, day)) == "hour"


def test_the_next_period_of_the_last_ones_ends_the_calendar() -> None:
    assert _following(date(2026, 12, 1), "month") == date(2027, 1, 1)
    assert _following(date(2026, 10, 1), "quarter") == date(2027, 1, 1)
    assert _following(datetime(2026, 12, 31, 23), "hour") == datetime(2027, 1, 1)
    assert _following(date(9999, 12, 1), "month") == date.max
    assert _following(datetime(9999, 12, 31, 23), "hour") == datetime.max


def test_a_period_without_rows_is_drawn_as_none_and_a_long_gap_is_not() -> None:
    near = [
        PeriodCount(date(2026, 1, 1), 3),
        PeriodCount(date(2026, 4, 1), 5),
        PeriodCount(None, 1),
    ]
    assert [p.rows for p in _filled(near, "month")] == [3, 0, 0, 5, 1]
    far = [PeriodCount(date(1990, 1, 1), 3), PeriodCount(date(9999, 12, 1), 5)]
    assert [p.rows for p in _filled(far, "month")] == [3, 5]
