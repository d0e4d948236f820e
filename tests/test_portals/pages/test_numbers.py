"""A number says the same on every page: value, period, completeness; and what it lacks."""

import json
import re

import pytest
from sqlalchemy import select

from tests.province import Province
from tests.sampling import sampled
from tests.test_portals.pages.numbers import (
    END,
    HOLE,
    PLACES,
    ask,
    card,
    draw,
    visitor,
)
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
from xihu_portals.web.parts import Chart, Figure, Period

pytestmark = pytest.mark.anyio


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
        found["metric page"] = metric_page.fill(desk, metric, {}).body.headline
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
        drawn["metric page"] = metric_page.fill(desk, metric, {}).body.series
    assert all(isinstance(chart, Chart) for chart in drawn.values())
    return {page: chart for page, chart in drawn.items() if isinstance(chart, Chart)}


@pytest.mark.parametrize("place", sampled(PLACES))
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


async def test_incomplete_values_are_marked_in_words_in_tiles_and_tables(
    province: Province,
) -> None:
    desk = visitor(province)
    cities = (await ask(province, "power_use", level="city", to=END, latest=1))["points"]
    lacking = sum(not p["complete"] for p in cities)
    view = region.fill(desk, "330100", "power_use")
    page = draw("official/region.html", view)
    chart = page.split('id="siblings-table"')[1].split("</table>")[0]
    assert chart.count("不完整") == lacking
    whole = cockpit.fill(desk, "power_use")
    shown = draw("official/cockpit.html", whole)
    grid = shown.split('class="tiles tiles-cities"')[1].split("</svg>")[0]
    assert grid.count('class="tile-corner"') == grid.count("数据不完整") == lacking
    table = shown.split("tile-table-cities")[1].split("</table>")[0]
    assert table.count("不完整") == lacking


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
    defined = metric_page.fill(desk, spec.id, {})
    drawn = {
        "region": draw("official/region.html", place),
        "metric": draw("official/metric.html", defined),
        "search": draw("citizen/search.html", found),
    }
    for page, html in drawn.items():
        assert mark in html, page


def _late(province: Province, spec: MetricSpec) -> bool:
    return province.services.catalogue.get_entry(spec.dataset).heartbeat.state == "late"


def _shown(spec: MetricSpec) -> bool:
    return spec.audience == "public" and spec.finest_level == "county"


async def test_the_pages_draw_in_amber_what_a_number_lacks(province: Province) -> None:
    desk = visitor(province)
    link = r'<p class="late-mark" data-gap><a href="/official/loads/[0-9a-f]{32}">{}</a></p>'
    zh = link.replace("{}", "缺 1 个县（滨江区，记录有问题，暂未入库）")
    en = link.replace("{}", r"1 county missing \(Binjiang District: record quarantined\)")
    place = region.fill(desk, "330100", "gdp")
    page = draw("official/region.html", place)
    assert len(re.findall(zh, page)) >= 3  # headline, siblings, map
    assert re.search(link.replace("{}", "4 个季度共缺 4 格（2026年第三季度、[^<]*"), page)  # trend
    english = draw("official/region.html", place, "en")
    assert re.search(en, english)
    answer = page.split('<section class="card answer"')[1].split("</section>")[0]
    assert "▲" not in answer and "▼" not in answer and "占示例省" not in answer
    own = region.fill(desk, HOLE, "gdp")
    mine = draw("official/region.html", own)
    assert re.search(zh, mine)
    assert "这一期还没有可用的记录" in mine


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
