"""A region's page: its sentence, its charts and its table, and what each of them lacks."""

import re

import pytest

from tests.province import Province
from tests.test_portals.pages.numbers import (
    END,
    HOLE,
    ask,
    card,
    counts,
    draw,
    recount,
    visitor,
)
from tests.test_portals.pages.rendered import html
from xihu_portals.official import region
from xihu_portals.web.parts import Chart, Partial, Period, Table

pytestmark = pytest.mark.anyio


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


async def test_a_share_is_said_once(province: Province) -> None:
    for place in ("330106", "330100"):
        view = region.fill(visitor(province), place, "residents")
        assert "占" in view.finding.zh
        page = draw("official/region.html", view)
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


def test_the_province_is_not_compared_with_itself(province: Province) -> None:
    words = html(province, "/official/region/330000")
    assert "这是全省的数值；各市的数值见下图。" in words
    assert "行业构成</h2>" in words
    table = words.split("行业构成</h2>")[1].split("</table>")[0]
    assert table.count('<th scope="col"') == 2
    city = html(province, "/official/region/330100")
    assert "与全省比" in city or "没有可拆分的维度" in city
