"""Shares, contributions and differences on pages, recounted in fractions from the open rows."""

import asyncio
import csv
import io
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import cache

import pytest

from tests.province import Province
from tests.test_platform.brain.test_contributions import away
from tests.test_portals.citizen.test_metrics import anybody
from tests.test_portals.pages.numbers import visitor
from xihu_catalog.registry.codes import code_list
from xihu_platform.words import Text
from xihu_portals.citizen import metric as public_metric
from xihu_portals.official import region
from xihu_portals.pages.describe import region_name
from xihu_portals.pages.metric_parts import MetricParts
from xihu_portals.web.parts import Bar, Link, State, Table, Value

NOW, BEFORE = "2026-10-01", "2025-10-01"
Key = Callable[[dict[str, str]], str]
Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def rows(province: Province) -> Rows:
    """Industrial output as anybody downloads it."""

    async def fetch() -> str:
        async with province.client() as client:
            path = "/api/v1/datasets/jx_industrial_output/download.csv"
            return (await client.get(path)).text

    return list(csv.DictReader(io.StringIO(asyncio.run(fetch()))))


def amounts(rows: Rows, period: str, place: str, key: Key) -> dict[str, Fraction]:
    """Output of the leaf regions of a place, by a key: exact, in plain Python."""
    prefix = place.rstrip("0") if place != "330000" else "33"
    found: dict[str, Fraction] = defaultdict(Fraction)
    for row in rows:
        code = row["county_code"]
        if row["period"] == period and code.startswith(prefix) and not code.endswith("00"):
            found[key(row)] += Fraction(row["output_cny"] or "0")
    return found


def by_county(row: dict[str, str]) -> str:
    return row["county_code"]


def by_city(row: dict[str, str]) -> str:
    return row["county_code"][:4] + "00"


def by_industry(row: dict[str, str]) -> str:
    return row["industry_code"]


@cache
def label(key: str) -> Text:
    return code_list("industry").get(key) or region_name(key)


def body(part: MetricParts) -> dict[Text, tuple[Value, ...]]:
    """The rows of a table by their first cell."""
    assert isinstance(part.table, Table), part
    cells = (
        (row[0].label if isinstance(row[0], Link) else row[0], row[1:]) for row in part.table.rows
    )
    return {name: rest for name, rest in cells if isinstance(name, Text)}


def told(value: Value) -> Value:
    return value.value if isinstance(value, Bar) else value


CASES = (
    ("330000", "by-place", by_city),
    ("330100", "by-place", by_county),
    ("330000", "by-industry-code", by_industry),
    ("330100", "by-industry-code", by_industry),
    ("330106", "by-industry-code", by_industry),
)


@pytest.mark.parametrize(("place", "name", "key"), CASES)
def test_each_part_has_its_share_and_what_it_adds_to_growth(
    province: Province, rows: Rows, place: str, name: str, key: Key
) -> None:
    asked = {"place": place, "to": NOW[:7]}
    view = public_metric.fill(anybody(province), "industrial_output", asked)
    found = body(next(part for part in view.body.parts if part.id == name))
    now, before = amounts(rows, NOW, place, key), amounts(rows, BEFORE, place, key)
    whole, earlier = _sum(now), _sum(before)
    keys = sorted({*now, *before})
    assert list(found)[:-1] == [label(one) for one in keys], "in the order of the codes"
    added = []
    for one in keys:
        value, share, _, contribution = found[label(one)]
        part, past = now.get(one, Fraction(0)), before.get(one, Fraction(0))
        assert value == away(part / 10**8, 2)
        assert share == away(part / whole * 100, 1)
        added.append((part - past) / earlier * 100)
        assert told(contribution) == away(added[-1], 2)
    growth = (whole - earlier) / earlier * 100
    assert sum(added) == growth
    value, share, year, total = found[Text("合计", "Total")]
    assert (value, share, total) == (away(whole / 10**8, 2), Decimal(100), away(growth, 2))
    assert year == away(growth, 1)


def test_a_region_page_takes_the_difference_apart_by_county_and_by_industry(
    province: Province, rows: Rows
) -> None:
    view = region.fill(visitor(province), "330100", "industrial_output")
    parts = {part.id: part for part in view.explained}
    now, before = (
        amounts(rows, NOW, "330100", by_county),
        amounts(rows, BEFORE, "330100", by_county),
    )
    top, past = _whole(rows, NOW), _whole(rows, BEFORE)
    whole, earlier = _sum(now), _sum(before)
    above = (top - past) / past
    difference = ((whole - earlier) / earlier - above) * 100
    found = body(parts["why-by-place"])
    adds = {one: (now[one] - before[one] - before[one] * above) / earlier * 100 for one in now}
    assert sum(adds.values()) == difference
    assert {one: told(found[label(one)][-1]) for one in now} == {
        one: away(value, 2) for one, value in adds.items()
    }
    assert found[Text("合计", "Total")][-1] == away(difference, 2)
    most = max(adds, key=lambda one: adds[one] * difference)
    assert f"其中{label(most).zh}贡献最大（{away(adds[most], 2):+}" in view.finding.zh
    _check_industries(rows, parts["why-by-industry-code"], difference)


def _whole(rows: Rows, period: str) -> Fraction:
    return _sum(amounts(rows, period, "330000", by_city))


def _sum(many: dict[str, Fraction]) -> Fraction:
    return sum(many.values(), Fraction(0))


def _check_industries(rows: Rows, part: MetricParts, difference: Fraction) -> None:
    found = body(part)
    sums = {
        (when, place): amounts(rows, when, place, by_industry)
        for when in (NOW, BEFORE)
        for place in ("330100", "330000")
    }
    added: dict[str, dict[str, Fraction]] = {}
    for place in ("330100", "330000"):
        base = _sum(sums[BEFORE, place])
        keys = {*sums[NOW, "330000"], *sums[BEFORE, "330000"]}
        added[place] = {
            one: (
                sums[NOW, place].get(one, Fraction(0)) - sums[BEFORE, place].get(one, Fraction(0))
            )
            / base
            * 100
            for one in keys
        }
    adds = {one: added["330100"][one] - added["330000"][one] for one in added["330000"]}
    assert sum(adds.values()) == difference
    for one, value in adds.items():
        here, there, shown = found[label(one)]
        assert (here, there) == (away(added["330100"][one], 2), away(added["330000"][one], 2))
        assert told(shown) == away(value, 2)
    assert found[Text("合计", "Total")][-1] == away(difference, 2)


def test_the_province_is_told_by_what_its_cities_add_to_its_own_growth(
    province: Province, rows: Rows
) -> None:
    view = region.fill(visitor(province), "330000", "industrial_output")
    found = body(next(part for part in view.explained if part.id == "by-place"))
    now, before = amounts(rows, NOW, "330000", by_city), amounts(rows, BEFORE, "330000", by_city)
    base = _sum(before)
    for one in now:
        assert told(found[label(one)][-1]) == away((now[one] - before[one]) / base * 100, 2)


def test_a_hole_leaves_values_alone_and_says_whose_it_is_with_the_way_to_the_reason(
    province: Province,
) -> None:
    """Binjiang's third quarter is quarantined: neither share, nor contribution, nor difference."""
    view = public_metric.fill(anybody(province), "gdp", {"place": "330100"})
    (part,) = view.body.parts
    assert isinstance(part.table, Table)
    assert [column.title.zh for column in part.table.columns if isinstance(column.title, Text)] == [
        "地区",
        "地区生产总值",
        "同比",
    ]
    assert part.note is not None
    assert "不完整" in part.note.zh
    assert part.table.gap is not None
    page = region.fill(visitor(province), "330100", "gdp")
    (why,) = page.explained
    assert isinstance(why.table, State)
    assert why.table.text is not None
    assert why.table.text.zh.startswith("杭州市：缺 1 个县（滨江区，记录有问题")
    assert why.table.action is not None
    assert why.table.action.href.startswith("/official/loads/")
    assert page.finding_href == why.table.action.href


@pytest.mark.parametrize("metric", ["pm25_mean", "satisfaction_rate"])
def test_a_ratio_has_no_shares_and_is_not_taken_apart(province: Province, metric: str) -> None:
    view = public_metric.fill(anybody(province), metric, {})
    for part in view.body.parts:
        assert isinstance(part.table, Table)
        assert not any(
            "占比" in c.title.to("zh") for c in part.table.columns[2:] if isinstance(c.title, Text)
        )
        assert part.note is not None
        assert "不能相加" in part.note.zh
    for part in region.fill(visitor(province), "330100", metric).explained:
        assert isinstance(part.table, State)
