"""The cockpit: what waits for a position, its map and cards."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.province import Province
from tests.test_portals.pages.numbers import (
    END,
    ask,
    card,
    counts,
    draw,
    recount,
    visitor,
)
from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.service import LoadSummary
from xihu_catalog.quality.whole import Whole
from xihu_platform.lake.summary import LoadCounts
from xihu_portals.official import cockpit, region
from xihu_portals.official import needs as waiting
from xihu_portals.web.parts import TileMap

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def whole(name: str, days: int, aside: int, corrected: int = 0) -> Whole:
    at = NOW - timedelta(days=days)
    load = LoadSummary(name, 1, at, "f.csv", LoadCounts(100, 100 - aside, aside), {}, {}, {}, {})
    return Whole(load, corrected=corrected)


@pytest.mark.parametrize(
    ("mode", "found", "said", "href"),
    [
        ("replace", [whole("b", 1, 0), whole("a", 2, 9)], "", ""),
        ("append", [whole("b", 1, 0), whole("a", 2, 0)], "", ""),
        ("append", [whole("b", 1, 3), whole("a", 2, 0)], "最近一次装载有 3 条", "/loads/b"),
        ("append", [whole("b", 1, 0), whole("a", 2, 9, 2)], "1 次装载共 7 条", "#quality"),
        ("append", [whole("b", 1, 3), whole("a", 2, 9)], "2 次装载共 12 条", "#quality"),
        ("append", [whole("b", 1, 3), whole("a", 40, 9)], "最近一次装载有 3 条", "/loads/b"),
    ],
)
def test_what_is_open_of_loads_that_stand_is_on_the_list(
    province: Province,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
    found: list[Whole],
    said: str,
    href: str,
) -> None:
    who = visitor(province, "sun")
    entry = province.services.catalogue.get_entry("rs_social_insurance")
    loading = replace(entry.contract.loading, mode=mode)  # type: ignore[arg-type]  # a mode
    contract: Contract = replace(entry.contract, loading=loading)
    monkeypatch.setattr(waiting, "wholes", lambda *_: found)
    needs = waiting._quarantine_needs(who, contract)
    assert [said in str(one.line) and one.href.endswith(href) for one in needs] == [True] * bool(
        said
    )


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


async def test_the_title_of_the_map_names_the_places_that_are_drawn(province: Province) -> None:
    view = cockpit.fill(visitor(province), "power_use")
    page = draw("official/cockpit.html", view)
    title = page.split('id="map-title">')[1].split("</h2>")[0]
    assert '<span class="title-counties">各县（市、区）全社会用电量</span>' in title
    assert '<span class="title-cities">各市全社会用电量</span>' in title
    assert 'aria-label="各市全社会用电量" data-tiles' in page
    own = region.fill(visitor(province), "330100", "power_use")
    city = draw("official/region.html", own)
    assert "各市全社会用电量" not in city.split('id="map-title">')[1].split("</h2>")[0]


async def test_a_card_says_percentage_points(province: Province) -> None:
    figure = card(province, "satisfaction_rate", None)
    view = replace(cockpit.fill(visitor(province), None), figures=(figure,))
    assert figure.changes
    page = draw("official/cockpit.html", view)
    assert "个百分点" in page or all(c.ratio in {None, 0} for c in figure.changes)
