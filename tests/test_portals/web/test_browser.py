"""What a person meets in a browser: readable by machine and eye, no sideways scroll, no breach."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.test_portals.web.app import OTHERS, PAGES
from tests.test_portals.web.squeezed import SQUEEZED

pytestmark = [pytest.mark.browser, pytest.mark.harness]

AXE = Path(__file__).parents[3] / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NARROW, WIDE = 360, 1280
STATES = [path for path in OTHERS if path != "/search/suggest"]


def _open(
    browser: Browser,
    url: str,
    width: int,
    *,
    cookies: dict[str, str] | None = None,
    script: bool = True,
) -> tuple[Page, list[str]]:
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        reduced_motion="reduce",
        java_script_enabled=script,
    )
    for name, value in (cookies or {}).items():
        context.add_cookies([{"name": name, "value": value, "url": url}])
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda said: (
            complaints.append(said.text)
            if said.type == "error" and "Failed to load resource" not in said.text
            else None
        ),
    )
    page.goto(url, wait_until="load")
    return page, complaints


def _findings(page: Page) -> list[str]:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    return [
        f"{one['id']}: {one['nodes'][0]['html']}"
        for one in found["violations"]
        if one["impact"] in {"serious", "critical"}
    ]


def _check(page: Page, complaints: list[str]) -> None:
    assert _findings(page) == []
    assert complaints == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]  # every page here has a viewport
    assert page.evaluate(SQUEEZED) == []
    banner = page.locator(".banner")
    assert banner.is_visible()
    page.mouse.wheel(0, 2000)
    assert banner.bounding_box()["y"] <= 1  # type: ignore[index]  # it is visible


@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_serious_finding_and_does_not_scroll_sideways(
    browser: Browser, address: str, path: str, language: str, width: int
) -> None:
    page, complaints = _open(browser, f"{address}{path}?lang={language}", width)
    _check(page, complaints)
    page.context.close()


@pytest.mark.parametrize("path", STATES)
def test_errors_and_empty_states_are_as_sound(browser: Browser, address: str, path: str) -> None:
    page, complaints = _open(browser, f"{address}{path}", NARROW)
    _check(page, complaints)
    page.context.close()


@pytest.mark.parametrize("path", PAGES)
def test_the_dark_theme_is_as_sound(browser: Browser, address: str, path: str) -> None:
    page, complaints = _open(browser, f"{address}{path}", WIDE, cookies={"xihu_theme": "dark"})
    _check(page, complaints)
    page.context.close()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("path", [path for path in PAGES if "/official" not in path])
def test_elder_mode_is_as_sound(browser: Browser, address: str, path: str, language: str) -> None:
    url = f"{address}{path}?lang={language}"
    page, complaints = _open(browser, url, NARROW, cookies={"xihu_elder": "1"})
    _check(page, complaints)
    assert page.locator(".hotline").is_visible()
    page.context.close()


@pytest.mark.parametrize("path", [path for path in PAGES if "/official" not in path])
def test_targets_on_citizen_pages_are_large_enough(
    browser: Browser, address: str, path: str
) -> None:
    page, _ = _open(browser, f"{address}{path}", NARROW)
    small = page.evaluate(
        """() => [...document.querySelectorAll("main a.btn, main button, main summary, main select,"
        + " header a, header button, footer a, footer button, .chip, .door")]
        .filter(one => one.offsetParent && one.getBoundingClientRect().height < 43.5)
        .map(one => one.outerHTML)"""
    )
    assert small == []
    page.context.close()


def test_without_script_charts_show_their_tables(browser: Browser, address: str) -> None:
    page, _ = _open(browser, f"{address}/official/region/330106", WIDE, script=False)
    assert page.locator(".chart-table table").first.is_visible()
    assert not page.locator(".chart-canvas").first.is_visible()
    page.context.close()


def test_a_chart_is_drawn_and_its_table_is_one_click_away(browser: Browser, address: str) -> None:
    page, _ = _open(browser, f"{address}/official/region/330106?lang=en", WIDE)
    assert page.locator("#trend canvas").is_visible()
    page.get_by_role("button", name="Show table").first.click()
    assert page.locator("#trend-table").bounding_box()["height"] > 100  # type: ignore[index]  # it is visible
    page.context.close()


def test_arrow_keys_move_between_tiles_and_enter_opens_one(browser: Browser, address: str) -> None:
    page, _ = _open(browser, f"{address}/official/", WIDE)
    page.locator(".tiles-counties .tile").first.focus()
    page.keyboard.press("ArrowLeft")
    focused = "document.activeElement.getAttribute('href')"
    assert page.evaluate(focused) == "/official/region/330105"
    page.context.close()


def test_a_phone_sees_cities_first(browser: Browser, address: str) -> None:
    page, _ = _open(browser, f"{address}/official/", NARROW)
    assert page.locator(".tiles-cities").is_visible()
    assert not page.locator(".tiles-counties").is_visible()
    page.context.close()


@pytest.mark.parametrize(("width", "title"), [(NARROW, "by city"), (WIDE, "by county")])
def test_the_title_of_the_map_says_which_places_are_drawn(
    browser: Browser, address: str, width: int, title: str
) -> None:
    page, _ = _open(browser, f"{address}/official/?lang=en", width)
    assert page.get_by_role("region", name=re.compile(f"Industrial output {title}")).count() == 1
    assert f"Industrial output {title}" in page.locator("#map-title").inner_text()
    page.context.close()


def test_a_line_has_a_hollow_point_where_cells_are_missing(browser: Browser, address: str) -> None:
    """ECharts holds one mark point for each value of the series that lacks cells."""
    page, _ = _open(browser, f"{address}/official/region/330106", WIDE)
    drawn = page.locator("#trend .chart-canvas").first
    assert json.loads(drawn.get_attribute("data-chart") or "")["series"][0]["incomplete"] == [3, 12]
    held = "echarts.getInstanceByDom(document.querySelector('#trend .chart-canvas')).getOption()"
    assert page.evaluate(f"{held}.series[0].markPoint.data.map((one) => one.coord[0])") == [3, 12]
    assert page.evaluate(f"{held}.series[1].markPoint.data.length") == 0
    page.context.close()


def test_a_tip_is_gone_when_the_screen_becomes_narrow(browser: Browser, address: str) -> None:
    page, _ = _open(browser, f"{address}/official/region/330106", WIDE)
    drawn = page.locator("#trend .chart-canvas").first
    drawn.scroll_into_view_if_needed()
    box = drawn.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.5 * box["height"])
    tip = drawn.locator("b")
    tip.wait_for(state="visible")
    page.set_viewport_size({"width": 320, "height": 256})
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    tip.wait_for(state="hidden")
    page.context.close()


def test_a_search_replaces_the_results_and_stands_in_the_address(
    browser: Browser, address: str
) -> None:
    page, complaints = _open(browser, f"{address}/search", WIDE)
    page.evaluate("window.stayed = true")
    page.locator("#q").fill("水质")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=*")
    page.locator("#titles option").nth(1).wait_for(state="attached")
    assert page.evaluate("window.stayed") is True
    assert page.locator("#results .results-layout").count() == 1
    assert complaints == []
    page.context.close()


def test_the_switches_work_without_script(browser: Browser, address: str) -> None:
    page, _ = _open(browser, f"{address}/search?q=a&lang=zh", NARROW, script=False)
    page.get_by_role("button", name="长辈版").click()
    assert page.locator("html.elder").count() == 1
    assert page.url.endswith("/search?q=a&lang=zh")
    page.context.close()


def test_charts_arriving_shift_nothing(browser: Browser, address: str) -> None:
    page, _ = _open(browser, f"{address}/official/metrics/industrial_output", WIDE)
    shift = page.evaluate(
        """() => new Promise(done => {
          let sum = 0;
          new PerformanceObserver(list => list.getEntries().forEach(one => { sum += one.value; }))
            .observe({ type: "layout-shift", buffered: true });
          setTimeout(() => done(sum), 300);
        })"""
    )
    assert shift < 0.02
    page.context.close()
