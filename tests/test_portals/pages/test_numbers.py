"""A number says the same on every page: value, period, completeness; and what it lacks."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest
from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import select

from tests.province import Province
from xihu_platform.audit.models import AuditEntry
from xihu_platform.brain.spec import MetricSpec
from xihu_platform.database import transaction
from xihu_portals.citizen import home, search
from xihu_portals.official import cockpit, region
from xihu_portals.official import metric as metric_page
from xihu_portals.official.asker import asker
from xihu_portals.pages import figures
from xihu_portals.pages.searching import SearchAddress
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Chart, Figure, Partial, Period, Table, TileMap
from xihu_portals.web.render import View, render

pytestmark = pytest.mark.anyio
HOLE = "330108"
"""滨江: its third quarter of 2026 is quarantined in the demo."""


async def ask(province: Province, metric: str, **query: object) -> dict[str, Any]:
    async with province.client() as client:
        found = await client.get(f"/api/v1/brain/metrics/{metric}/query", params=_texts(query))
    assert found.status_code == 200, found.text
    answer: dict[str, Any] = found.json()
    return answer


def _texts(query: dict[str, object]) -> dict[str, str]:
    return {name.rstrip("_"): str(value).lower() for name, value in query.items()}


def visitor(province: Province, user: str = "zhou") -> Visitor:
    from tests.province import NOW

    return Visitor(province.services, province.official(user), PageFrame("official", NOW))


def card(province: Province, metric: str, place: str | None) -> Figure:
    spec = province.services.get_metric(metric)
    return figures.figure(asker(visitor(province)), spec, parent=place)


async def test_a_quarantined_county_quarter_gives_its_city_no_comparison(
    province: Province,
) -> None:
    city = (await ask(province, "gdp", parent="330100", latest=1, compare=True))["points"][0]
    assert city["period"] == "2026-07-01"
    assert (city["complete"], city["closed"]) == (False, True)
    assert (city["expected"], city["present"]) == (13, 12)
    assert (city["missing"], city["missing_regions"]) == ([HOLE], 1)
    assert city["year_on_year"] is None
    assert city["period_on_period"] is None


async def test_the_missing_county_answers_for_the_same_quarter_as_its_city(
    province: Province,
) -> None:
    own = (await ask(province, "gdp", parent=HOLE, latest=1))["points"]
    assert [(p["period"], p["value"], p["complete"]) for p in own] == [("2026-07-01", None, False)]


async def test_a_complete_quarter_is_compared_with_its_complete_year_before(
    province: Province,
) -> None:
    answer = await ask(province, "gdp", parent="330100", latest=2, compare=True)
    before = answer["points"][0]
    assert (before["period"], before["complete"]) == ("2026-04-01", True)
    assert before["year_on_year"] is not None


async def test_a_quarter_after_an_incomplete_one_a_year_before_is_not_compared(
    province: Province,
) -> None:
    whole = await ask(province, "gdp", compare=True)
    by_period = {p["period"]: p for p in whole["points"]}
    for period, point in by_period.items():
        year = f"{int(period[:4]) - 1}{period[4:]}"
        both = point["complete"] and by_period.get(year, {"complete": False})["complete"]
        assert (point["year_on_year"] is not None) == both, period


async def test_an_answer_says_how_many_missing_regions_it_names(province: Province) -> None:
    answer = await ask(province, "power_use", to="2026-10-31", latest=1)
    (point,) = answer["points"]
    assert answer["missing_limit"] == len(point["missing"]) == 20
    assert point["missing_regions"] > 20
    page = await ask(province, "power_use", to="2026-10-31", latest=1, level="county")
    lacking = [p["region"] for p in page["points"] if not p["complete"]]
    assert (len(lacking), lacking[:20]) == (point["missing_regions"], point["missing"])


async def test_a_breakdown_holds_the_parts_that_no_record_is_of(province: Province) -> None:
    """A county's day without any record of one sector: the sector is there, without a value."""
    days = {"grain": "day", "from_": "2026-10-01", "to": "2026-10-31", "level": "county"}
    whole = await ask(province, "power_use", **days)
    parts = await ask(province, "power_use", by="sector", **days)
    lacking: dict[tuple[str, str], int] = {}
    for part in parts["points"]:
        key = (part["period"], part["region"])
        lacking[key] = lacking.get(key, 0) + part["expected"] - part["present"]
        assert (part["value"] is None) == (part["present"] == 0)
    wanted = {(p["period"], p["region"]): p["expected"] - p["present"] for p in whole["points"]}
    assert any(0 < n < 4 for n in wanted.values())
    assert lacking == wanted


async def test_the_page_says_what_is_missing_with_a_link_to_the_load(province: Province) -> None:
    figure = card(province, "gdp", "330100")
    assert figure.gap is not None
    assert figure.gap.text.zh == "缺 1 个县（滨江区，记录有问题，暂未入库）"
    assert figure.gap.href is not None
    assert re.fullmatch(r"/official/loads/[0-9a-f]{32}", figure.gap.href)
    assert figure.changes == ()


async def test_a_region_page_makes_no_sentence_and_no_share_of_incomplete_numbers(
    province: Province,
) -> None:
    page = region.fill(visitor(province), "330106", "gdp")
    assert page.share_of_parent is None
    assert page.finding.zh == (
        "杭州市的数值不完整：缺 1 个县（滨江区，记录有问题，暂未入库），所以不作比较。"
    )
    complete = region.fill(visitor(province), "330100", "satisfaction_rate")
    assert re.search("[高低等]于示例省", complete.finding.zh)


async def test_latest_flags_the_running_month_and_counts_back_from_to(province: Province) -> None:
    newest = (await ask(province, "hospital_bed_occupancy", latest=1))["points"]
    assert [(p["period"], p["closed"]) for p in newest] == [("2026-11-01", False)]
    asked = await ask(province, "gdp", to="2026-06-30", latest=2)
    assert [p["period"] for p in asked["points"]] == ["2026-01-01", "2026-04-01"]
    alone = await ask(province, "gdp", to="2026-06-30", latest=1)
    assert [p["period"] for p in alone["points"]] == ["2026-04-01"]


async def test_the_grain_is_named_and_is_the_pages_grain(province: Province) -> None:
    for metric in ("pm25_mean", "bus_passengers", "hospital_bed_occupancy", "gdp", "residents"):
        answer = await ask(province, metric)
        figure = card(province, metric, None)
        assert answer["grain"] == (figure.period.grain if figure.period else None), metric


async def test_a_rate_changes_in_percentage_points(province: Province) -> None:
    answer = await ask(province, "hospital_bed_occupancy", grain="day", latest=3, compare=True)
    assert answer["change_unit"] == "percentage_point"
    first, second = answer["points"][-3:-1]
    assert second["period_on_period"] == pytest.approx(second["value"] - first["value"], abs=1e-9)
    assert (await ask(province, "gdp"))["change_unit"] == "percent"


async def test_a_seasonal_series_has_no_period_on_period_and_no_streak(
    province: Province,
) -> None:
    answer = await ask(province, "gdp", compare=True)
    assert {p["period_on_period"] for p in answer["points"]} == {None}
    spec = province.services.get_metric("pm25_mean")
    chart = figures.trend(asker(visitor(province)), spec, chart_id="t", parent=None, name=spec.name)
    assert "连" not in chart.title.zh
    assert [c.against for c in card(province, "pm25_mean", None).changes] == ["year"]


PLACES = ("330000", "330100", HOLE)
INDICATORS = (
    "gdp",
    "retail_sales",
    "industrial_output",
    "power_use",
    "firms_in_business",
    "pm25_mean",
    "hospital_bed_occupancy",
    "satisfaction_rate",
    "bus_passengers",
    "reservoir_storage",
)
SHOWN_ON = {
    "citizen home": {"pm25_mean", "satisfaction_rate", "bus_passengers", "hospital_bed_occupancy"},
    "cockpit": {
        "industrial_output",
        "power_use",
        "firms_in_business",
        "pm25_mean",
        "hospital_bed_occupancy",
        "satisfaction_rate",
    },
    "region page": set(INDICATORS),
    "metric page": set(INDICATORS),
    "API": set(INDICATORS),
}
"""Which pages show which of the ten indicators."""


def _pages(province: Province, metric: str, place: str) -> dict[str, Figure]:
    """The figure of a metric and place on each page that shows it, as the page's view has it."""

    desk = visitor(province)
    spec = province.services.get_metric(metric)
    found = {"region page": region.fill(desk, place, metric).headline}
    here = asker(desk)
    if metric in SHOWN_ON["cockpit"]:
        found["cockpit"] = figures.figure(here, spec, parent=place)
    if place == "330000":
        found["metric page"] = metric_page.fill(desk, metric).headline
        at_home = home.fill(desk).figures
        if metric in {f.id for f in at_home}:
            found["citizen home"] = next(f for f in at_home if f.id == metric)
        shown = {f.id for f in cockpit.fill(desk, None).figures}
        assert (metric in shown) == (metric in SHOWN_ON["cockpit"])
    return found


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("metric", INDICATORS)
async def test_each_page_shows_the_same_value_period_and_completeness(
    province: Province, metric: str, place: str
) -> None:
    spec = province.services.get_metric(metric)
    pages = _pages(province, metric, place)
    end = figures.last_closed_day(province.services, spec.default_grain or "day")
    query: dict[str, object] = {"parent": place, "compare": spec.time_field is not None}
    if spec.time_field:
        query |= {"to": end, "latest": 1}
    point = (await ask(province, metric, **query))["points"][-1]
    for page, figure in pages.items():
        value = None if figure.value is None else float(figure.value)  # type: ignore[arg-type]
        assert value == point["value"], page
        assert (figure.gap is None) == point["complete"], page
        assert (figure.period.start.isoformat() if figure.period else None) == point["period"], page
    if place == "330000":
        wanted = {page for page, shown in SHOWN_ON.items() if metric in shown} - {"API"}
        assert set(pages) == wanted


def _trends(desk: Visitor, metric: str, place: str) -> dict[str, Chart]:

    drawn = {"region page": region.fill(desk, place, metric).trend}
    if place == "330000":  # where the visitor's office is
        drawn["metric page"] = metric_page.fill(desk, metric).series
    assert all(isinstance(chart, Chart) for chart in drawn.values())
    return {page: chart for page, chart in drawn.items() if isinstance(chart, Chart)}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("metric", [m for m in INDICATORS if m != "firms_in_business"])
async def test_each_trend_says_what_the_api_says_of_the_last_two_closed_periods(
    province: Province, metric: str, place: str
) -> None:
    """Firms in business are counted today and have no trend. GDP and retail sales have a hole."""
    desk = visitor(province)
    spec = province.services.get_metric(metric)
    end = figures.last_closed_day(province.services, spec.default_grain or "day")
    asked = await ask(province, metric, parent=place, to=end, latest=2)
    points = {point["period"]: point for point in asked["points"]}
    assert len(points) == 2 or metric == "hospital_bed_occupancy"  # its data begin in October
    incomplete = {period for period, point in points.items() if not point["complete"]}
    assert metric not in {"gdp", "retail_sales"} or "2026-07-01" in incomplete
    for page, chart in _trends(desk, metric, place).items():
        drawn = dict(zip(chart.labels, chart.series[0].values, strict=True))
        values = {str(label.start): value for label, value in drawn.items()}  # type: ignore[union-attr]
        for period, point in points.items():
            shown = values[period]
            assert (None if shown is None else float(shown)) == point["value"], page  # type: ignore[arg-type]
        starts = [str(label.start) for label in chart.labels if isinstance(label, Period)]
        marked = {starts[i] for i in chart.series[0].incomplete}
        assert marked & points.keys() == incomplete, page
        assert chart.gap is not None or not incomplete, page


@dataclass(frozen=True)
class Wanted:
    """What the API's points say that a drawing of them must say."""

    cells: int
    leaves: set[str]
    labels: set[str]
    """Regions, parts or periods whose point is incomplete."""


def recount(points: list[dict[str, Any]], label: str) -> Wanted:
    """By hand, from the answer of the API."""
    lacking = [p for p in points if not p["complete"]]
    return Wanted(
        sum(p["expected"] - p["present"] for p in points),
        {leaf for p in lacking for leaf in p["missing"]},
        {p[label] or p["dimensions"]["sector"] for p in lacking},
    )


def counts(text: str) -> tuple[int, int]:
    """Cells and places, or cells and periods, of a sentence of several."""
    found = re.search("缺 ([0-9,]+) 格，涉及 ([0-9]+) 个县", text)
    if found:
        return int(found[1].replace(",", "")), int(found[2])
    periods = re.search("([0-9]+) 个月共缺 ([0-9,]+) 格", text)
    assert periods, text
    return int(periods[2].replace(",", "")), int(periods[1])


END = "2026-10-31"


async def test_the_county_map_says_what_all_its_tiles_lack_and_marks_each(
    province: Province,
) -> None:
    drawn = cockpit.fill(visitor(province), "power_use").map
    assert isinstance(drawn, TileMap)
    assert drawn.gap is not None
    counties = await ask(province, "power_use", level="county", to=END, latest=1)
    want = recount(counties["points"], "region")
    assert counts(drawn.gap.text.zh) == (want.cells, len(want.leaves))
    assert {t.code for t in drawn.counties if t.incomplete} == want.labels
    cities = await ask(province, "power_use", level="city", to=END, latest=1)
    by_city = recount(cities["points"], "region")
    assert by_city.cells == want.cells
    assert {t.code for t in drawn.cities if t.incomplete} == by_city.labels


async def test_the_chart_of_cities_says_what_all_cities_lack_and_marks_each(
    province: Province,
) -> None:
    chart = region.fill(visitor(province), "330100", "power_use").siblings
    assert isinstance(chart, Chart)
    assert chart.gap is not None
    cities = await ask(province, "power_use", level="city", to=END, latest=1)
    counties = await ask(province, "power_use", level="county", to=END, latest=1)
    want = recount(counties["points"], "region")
    assert counts(chart.gap.text.zh) == (want.cells, len(want.leaves))
    codes = sorted(p["region"] for p in cities["points"])
    marked = {codes[i] for i in chart.series[0].incomplete}
    assert marked == recount(cities["points"], "region").labels


async def test_the_trend_says_how_many_months_lack_cells_and_marks_each(
    province: Province,
) -> None:
    chart = region.fill(visitor(province), "330100", "power_use").trend
    assert isinstance(chart, Chart)
    assert chart.gap is not None
    answer = await ask(province, "power_use", parent="330100", to=END, latest=25)
    want = recount(answer["points"], "period")
    assert counts(chart.gap.text.zh) == (want.cells, len(want.labels))
    assert len(want.labels) > 1
    starts = [label.start.isoformat() for label in chart.labels if isinstance(label, Period)]
    assert {starts[i] for i in chart.series[0].incomplete} == want.labels


async def test_a_breakdown_says_what_all_its_parts_lack_and_marks_each(
    province: Province,
) -> None:

    desk = visitor(province)
    (bars,) = metric_page.fill(desk, "power_use").breakdowns
    assert isinstance(bars, Chart)
    assert bars.gap is not None
    total = (await ask(province, "power_use", to=END, latest=1))["points"][0]
    parts = await ask(province, "power_use", by="sector", to=END, latest=1)
    lacking = total["expected"] - total["present"]
    assert counts(bars.gap.text.zh) == (lacking, total["missing_regions"])
    marked = [p["complete"] for p in parts["points"]]
    assert [i not in bars.series[0].incomplete for i in range(len(marked))] == marked


async def test_the_composition_of_a_region_has_the_note_of_its_parent_and_marks(
    province: Province,
) -> None:
    table = region.fill(visitor(province), "330106", "power_use").breakdown
    assert isinstance(table, Table)
    assert table.gap is not None
    total = (await ask(province, "power_use", parent="330100", to=END, latest=1))["points"][0]
    lacking = total["expected"] - total["present"]
    assert counts(table.gap.text.zh) == (lacking, total["missing_regions"])
    for column, place in ((1, "330106"), (2, "330100")):
        query = {"parent": place, "by": "sector", "to": END, "latest": 1}
        points = (await ask(province, "power_use", **query))["points"]
        assert sum(not p["complete"] for p in points) == sum(
            isinstance(row[column], Partial) for row in table.rows
        )


async def test_incomplete_values_are_marked_in_words_in_tiles_and_tables(
    province: Province,
) -> None:
    desk = visitor(province)
    cities = (await ask(province, "power_use", level="city", to=END, latest=1))["points"]
    lacking = sum(not p["complete"] for p in cities)
    view = region.fill(desk, "330100", "power_use")
    page = _html("/official/region/330100", partial(_draw, "official/region.html", view))
    chart = page.split('id="siblings-table"')[1].split("</table>")[0]
    assert chart.count("不完整") == lacking
    whole = cockpit.fill(desk, "power_use")
    shown = _html("/official/", partial(_draw, "official/cockpit.html", whole))
    grid = shown.split('class="tiles tiles-cities"')[1].split("</svg>")[0]
    assert grid.count('class="tile-corner"') == grid.count("数据不完整") == lacking
    table = shown.split("tile-table-cities")[1].split("</table>")[0]
    assert table.count("不完整") == lacking


async def test_the_title_of_the_map_names_the_places_that_are_drawn(province: Province) -> None:
    view = cockpit.fill(visitor(province), "power_use")
    page = _html("/official/", partial(_draw, "official/cockpit.html", view))
    title = page.split('id="map-title">')[1].split("</h2>")[0]
    assert '<span class="title-counties">各县（市、区）全社会用电量</span>' in title
    assert '<span class="title-cities">各市全社会用电量</span>' in title
    assert 'aria-label="各市全社会用电量" data-tiles' in page
    own = region.fill(visitor(province), "330100", "power_use")
    city = _html("/official/region/330100", partial(_draw, "official/region.html", own))
    assert "各市全社会用电量" not in city.split('id="map-title">')[1].split("</h2>")[0]


async def test_the_note_on_a_parent_says_whose_value_is_incomplete(province: Province) -> None:
    desk = visitor(province)
    whole = region.fill(desk, "330106", "power_use")
    assert whole.headline.gap is None
    above = card(province, "power_use", "330100").gap
    assert above is not None
    assert whole.finding.zh == f"杭州市的数值不完整：{above.text.zh}，所以不作比较。"
    assert whole.finding.en.startswith("The value of Hangzhou City is incomplete: ")
    own = region.fill(desk, HOLE, "gdp").finding
    assert own.zh.startswith("滨江区的数值不完整：缺 1 个县")


async def test_a_comparison_that_is_withheld_says_why(province: Province) -> None:
    """Each figure of the cockpit and of the home page, against the two periods of the API."""
    for metric in ("gdp", "power_use", "industrial_output", "pm25_mean", "satisfaction_rate"):
        spec = province.services.get_metric(metric)
        for place in (p for p in PLACES if p != HOLE):
            figure = card(province, metric, place)
            year = next((c for c in figure.changes if c.against == "year"), None)
            end = figures.last_closed_day(province.services, spec.default_grain or "day")
            answer = await ask(province, metric, parent=place, to=end, latest=30)
            by_period = {p["period"]: p for p in answer["points"]}
            newest = answer["points"][-1]
            before = f"{int(newest['period'][:4]) - 1}{newest['period'][4:]}"
            assert (year is None) == (not newest["complete"])
            if year is not None:
                whole = by_period.get(before, {"complete": False})["complete"]
                assert (year.ratio is None) == (not whole), (metric, place)
                of = by_period.get(before)
                silent = whole or of is None or of["present"] == 0
                if spec.frame is not None:
                    assert (year.why is None) == silent, (metric, place)
                    assert year.why is None or year.why.zh == "上年同期数据不完整"


async def test_search_says_of_a_figure_what_its_card_says(province: Province) -> None:
    """Completeness, lateness, missing value and comparison, without a link to official pages."""
    async with province.client() as client:
        shown = (await client.get("/search", params={"q": "GDP 滨江", "lang": "zh"})).text
        power = (await client.get("/search", params={"q": "用电量", "lang": "zh"})).text
    hit = shown.split('<p class="hit-figure">')[1].split('<p class="hit-line">')[0]
    assert "这一期还没有可用的记录" in hit
    assert "缺 1 个县（滨江区，记录有问题，暂未入库）" in hit
    assert "数值不完整，不作比较" in hit
    assert "/official/" not in shown.split("<main")[1].split("</main>")[0]
    gap = card(province, "power_use", None).gap
    assert gap is not None
    assert gap.text.zh in power


async def test_each_page_says_of_a_late_figure_that_it_is_late(province: Province) -> None:
    """Satisfaction with services: its data is late in the demo."""

    desk = visitor(province)
    late = [s for s in province.services.metrics.values() if _late(province, s) and _shown(s)]
    assert late
    spec = late[0]
    mark = '<p class="figure-state"><span class="fresh fresh-late">'
    place = region.fill(desk, "330100", spec.id)
    found = search.fill(desk, SearchAddress("/search", spec.name.zh))
    defined = metric_page.fill(desk, spec.id)
    drawn = {
        "region": _html("/official/region/330100", partial(_draw, "official/region.html", place)),
        "metric": _html("/official/metrics/x", partial(_draw, "official/metric.html", defined)),
        "search": _html("/search", partial(_draw, "citizen/search.html", found)),
    }
    for page, html in drawn.items():
        assert mark in html, page


def _late(province: Province, spec: MetricSpec) -> bool:
    return province.services.catalogue.get_entry(spec.dataset).heartbeat.state == "late"


def _shown(spec: MetricSpec) -> bool:
    return spec.audience == "public" and spec.finest_level == "county"


async def test_a_share_is_said_once(province: Province) -> None:
    for place in ("330106", "330100"):
        view = region.fill(visitor(province), place, "residents")
        assert "占" in view.finding.zh
        page = _html(f"/official/region/{place}", partial(_draw, "official/region.html", view))
        assert len(re.findall("占(?:杭州市|示例省)", page)) == 1


async def test_a_mean_says_so_and_its_difference_has_a_unit(province: Province) -> None:
    mean = region.fill(visitor(province), "330100", "pm25_mean")
    assert mean.sum_note is not None
    assert mean.sum_note.zh == "平均值不能相加。"
    assert re.fullmatch(
        r"杭州市为 [0-9.]+ 微克每立方米，[高低]于示例省 [0-9.]+ 微克每立方米。", mean.finding.zh
    )
    rate = region.fill(visitor(province), "330100", "satisfaction_rate")
    assert rate.sum_note is not None
    assert rate.sum_note.zh == "比率不能相加。"
    assert re.fullmatch(r"杭州市为 [0-9.]+%，[高低]于示例省 [0-9.]+ 个百分点。", rate.finding.zh)


def _draw(template: str, view: View, request: Request) -> Response:
    return render(request, template, view)


def _html(path: str, draw: Callable[[Request], Response], language: str = "zh") -> str:
    scope = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "server": ("127.0.0.1", 8000),
        "path": path,
        "query_string": f"lang={language}".encode(),
        "headers": [],
    }
    return bytes(draw(Request(scope)).body).decode()


async def test_the_pages_draw_in_amber_what_a_number_lacks(province: Province) -> None:
    desk = visitor(province)
    link = r'<p class="late-mark" data-gap><a href="/official/loads/[0-9a-f]{32}">{}</a></p>'
    zh = link.replace("{}", "缺 1 个县（滨江区，记录有问题，暂未入库）")
    en = link.replace("{}", r"1 county missing \(Binjiang District: record quarantined\)")
    place = region.fill(desk, "330100", "gdp")
    page = _html("/official/region/330100", partial(_draw, "official/region.html", place))
    assert len(re.findall(zh, page)) >= 3  # headline, siblings, map
    assert re.search(link.replace("{}", "4 个季度共缺 4 格（2026年第三季度、[^<]*"), page)  # trend
    english = _html("/official/region/330100", partial(_draw, "official/region.html", place), "en")
    assert re.search(en, english)
    answer = page.split('<section class="card answer"')[1].split("</section>")[0]
    assert "▲" not in answer and "▼" not in answer and "占示例省" not in answer
    own = region.fill(desk, HOLE, "gdp")
    mine = _html(f"/official/region/{HOLE}", partial(_draw, "official/region.html", own))
    assert re.search(zh, mine)
    assert "这一期还没有可用的记录" in mine


async def test_a_card_says_percentage_points(province: Province) -> None:
    figure = card(province, "satisfaction_rate", None)
    view = replace(cockpit.fill(visitor(province), None), figures=(figure,))
    assert figure.changes
    page = _html("/official/", partial(_draw, "official/cockpit.html", view))
    assert "个百分点" in page or all(c.ratio in {None, 0} for c in figure.changes)


async def test_the_log_holds_the_whole_question(province: Province) -> None:
    asked = {"to": "2026-09-30", "latest": 2, "level": "city", "compare": True}
    await ask(province, "hotline_tickets", filter="topic:noise", grain="quarter", **asked)
    newest = select(AuditEntry).where(AuditEntry.dataset == "zw_hotline_tickets")
    with transaction(province.services.node.database) as session:
        entry = session.scalars(newest.order_by(AuditEntry.seq.desc()).limit(1)).one()
        body = json.loads(entry.body)
    question = {
        "grain": "quarter",
        "level": "city",
        "parent": None,
        "by": [],
        "filters": [["topic", "noise"]],
        "from": None,
        "to": "2026-09-30",
        "latest": 2,
        "compare": True,
    }
    written = body.get("body", body)
    assert question.items() <= written.items()
