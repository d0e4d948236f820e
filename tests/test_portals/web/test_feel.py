"""How pages feel under the hand: panels, tab stops, focus, sizes, slow lines, paper."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route

from tests.sampling import sampled
from tests.test_portals.web.app import PAGES

pytestmark = pytest.mark.browser

PHONE, DESK = 360, 1280
SIZES = {PHONE: {16, 18, 22, 30}, DESK: {14, 16, 20, 28}}
REGION = "/official/region/330106"
COCKPIT = "/official/"


TEXT_SIZES = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const sizes = {};
  while (walker.nextNode()) {
    const one = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim()) continue;
    if (one.closest("svg, script, [data-chart]")) continue;
    sizes[getComputedStyle(one).fontSize] ??= one.outerHTML.slice(0, 120);
  }
  return sizes;
}"""


@dataclass(frozen=True)
class Seen:
    """What a page shows once it is loaded: its HTML, and an element for each size of text."""

    html: str
    sizes: dict[str, str]


@dataclass
class Visits:
    """Each page at each width, visited once; scripts and styles come from the browser's cache."""

    browser: Browser
    address: str
    ends: ExitStack
    contexts: dict[int, BrowserContext] = field(default_factory=dict)
    seen: dict[tuple[str, int], Seen] = field(default_factory=dict)

    def at(self, path: str, width: int) -> Seen:
        if (path, width) not in self.seen:
            page = opened(self._context(width), f"{self.address}{path}")
            self.seen[path, width] = Seen(page.content(), page.evaluate(TEXT_SIZES))
            page.close()
        return self.seen[path, width]

    def _context(self, width: int) -> BrowserContext:
        if width not in self.contexts:
            made = self.browser.new_context(
                viewport={"width": width, "height": 900}, locale="zh-CN"
            )
            self.contexts[width] = made
            self.ends.callback(made.close)
        return self.contexts[width]


@pytest.fixture(scope="module")
def visited(browser: Browser, address: str) -> Iterator[Visits]:
    with ExitStack() as ends:
        yield Visits(browser, address, ends)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(
        viewport={"width": DESK, "height": 900}, reduced_motion="reduce", locale="zh-CN"
    )
    yield made
    made.close()


def opened(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.goto(url, wait_until="load")
    return page


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.outerHTML.slice(0, 200)"))


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_source_strip_opens_a_side_panel_and_the_card_keeps_its_size(
    browser: Browser, address: str, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, locale="zh-CN")
    page = opened(context, f"{address}/")
    card = page.locator(".figure").first
    size = "one => [one.offsetWidth, one.offsetHeight, one.offsetTop]"
    before = card.evaluate(size)
    card.locator("summary").click(position={"x": 5, "y": 10})
    panel = card.locator(".panel")
    box = panel.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] == width
    assert box["width"] >= min(width, 400)
    assert box["height"] <= 800
    assert card.evaluate(size) == before
    assert panel.locator("dt").first.inner_text() == "口径"
    assert "SELECT" not in panel.inner_text()
    page.keyboard.press("Escape")
    assert not panel.is_visible()
    card.locator("summary").click(position={"x": 5, "y": 10})
    page.mouse.click(20, 60)  # beside the panel
    assert not panel.is_visible()
    context.close()


def test_only_the_metrics_own_page_shows_sql(visited: Visits) -> None:
    for path in PAGES:
        shown = visited.at(path, DESK).html
        assert ("SELECT" in shown) == ("/metrics/" in path), path


def test_map_and_table_are_one_tab_stop_each_with_arrow_keys_inside(
    context: BrowserContext, address: str
) -> None:
    page = opened(context, f"{address}{COCKPIT}")
    tiles = page.locator(".tiles-counties .tile")
    assert tiles.count() == 90
    stops = page.locator('.map a[tabindex="0"]:visible')
    assert stops.count() == 2
    tiles.first.focus()
    first = focused(page)
    page.keyboard.press("ArrowRight")
    assert "tile" in focused(page)
    assert focused(page) != first
    page.keyboard.press("Tab")
    assert 'class="tile' not in focused(page)  # one press leaves the map
    assert page.evaluate("document.activeElement.closest('.tile-table') !== null")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.closest('tr').rowIndex") == 2
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.tile-table') === null")


def test_the_ring_lies_on_the_tile_that_has_the_focus(
    context: BrowserContext, address: str
) -> None:
    page = opened(context, f"{address}{COCKPIT}")
    page.locator(".tiles-counties .tile").nth(20).focus()
    page.keyboard.press("ArrowRight")
    ring = page.locator(".tiles-counties .tile-ring")
    assert ring.evaluate("one => getComputedStyle(one).stroke") == "rgb(14, 102, 112)"
    assert ring.evaluate("one => getComputedStyle(one).strokeWidth") == "3px"
    place = page.evaluate(
        """() => { const one = document.activeElement.querySelector("rect");
          return [one.getAttribute("x"), one.getAttribute("y")]; }"""
    )
    assert [ring.get_attribute("x"), ring.get_attribute("y")] == place
    page.mouse.click(5, 5)
    assert not ring.is_visible()


def test_without_script_every_tile_can_be_reached(browser: Browser, address: str) -> None:
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": DESK, "height": 900}
    )
    page = opened(context, f"{address}{COCKPIT}")
    assert page.locator('.tile[tabindex="-1"]').count() == 0
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "selector", [".search-box .btn-primary", ".downloads .btn:not(.btn-primary)"]
)
def test_focus_is_a_ring_of_three_pixels_in_lake_and_colours_stay(
    browser: Browser, address: str, selector: str, theme: str
) -> None:
    context = browser.new_context(viewport={"width": DESK, "height": 900}, reduced_motion="reduce")
    context.add_cookies([{"name": "xihu_theme", "value": theme, "url": address}])
    path = "/" if "search" in selector else "/datasets/hb_air_quality_hourly"
    page = opened(context, f"{address}{path}")
    button = page.locator(selector).first
    colours = """one => {
      const s = getComputedStyle(one); return [s.color, s.backgroundColor, s.borderColor]; }"""
    before = button.evaluate(colours)
    page.keyboard.press("Tab")  # from now on focus is shown
    button.focus()
    page.wait_for_timeout(250)  # a transition would have ended
    assert button.evaluate(colours) == before
    ring = button.evaluate(
        "one => { const s = getComputedStyle(one); return [s.outlineWidth, s.outlineColor]; }"
    )
    assert ring == ["3px", {"light": "rgb(14, 102, 112)", "dark": "rgb(92, 194, 204)"}[theme]]
    context.close()


@pytest.mark.parametrize("width", sampled([PHONE, DESK]))
@pytest.mark.parametrize("path", PAGES)
def test_every_text_has_one_of_four_sizes(visited: Visits, path: str, width: int) -> None:
    found = visited.at(path, width).sizes
    off = {size: html for size, html in found.items() if float(size[:-2]) not in SIZES[width]}
    assert off == {}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_names_on_tiles_have_one_size_and_fit(
    context: BrowserContext, address: str, language: str
) -> None:
    page = opened(context, f"{address}{COCKPIT}?lang={language}")
    assert page.locator(".tile-name[textLength]").count() == 0
    wide = page.evaluate(
        """() => [...document.querySelectorAll(".tiles-counties .tile")].filter((tile) => {
            const width = (part) => tile.querySelector(part).getBBox().width;
            return width(".tile-name") > width("rect");
          }).map((tile) => tile.textContent.trim())"""
    )
    assert wide == []
    names = page.locator(".tiles-counties .tile-name").all_text_contents()
    assert len(set(names)) == len(names)  # an abbreviation stands for one county only


def test_until_a_chart_is_drawn_its_table_stands_in_its_room(
    context: BrowserContext, address: str
) -> None:
    held: list[Route] = []
    context.route(re.compile(r"/static/.*echarts"), lambda route: held.append(route))
    page = context.new_page()
    page.goto(f"{address}{REGION}", wait_until="commit")
    table = page.locator("#trend-table table")
    table.wait_for(state="visible")
    before = page.locator("#trend").bounding_box()
    assert not page.locator("#trend .chart-canvas").is_visible()
    for route in held:
        route.continue_()
    page.locator("#trend .chart-canvas canvas").wait_for(state="visible")
    after = page.locator("#trend").bounding_box()
    assert before is not None and after is not None
    assert abs(before["height"] - after["height"]) <= 48  # the button that shows the table arrives
    assert page.locator("#trend-table").bounding_box()["height"] <= 1  # type: ignore[index]


@pytest.mark.parametrize("path", [COCKPIT, REGION, "/official/datasets/rs_social_insurance", "/"])
def test_paper_cuts_nothing_off(browser: Browser, address: str, path: str) -> None:
    context = browser.new_context(viewport={"width": DESK, "height": 900}, locale="zh-CN")
    page = opened(context, f"{address}{path}")
    page.wait_for_timeout(300)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 702, "height": 1000})  # A4 less its margins
    outside = page.evaluate(
        """() => [...document.querySelectorAll("main *")].filter((one) => {
          const box = one.getBoundingClientRect(), style = getComputedStyle(one);
          if (!box.width || style.clipPath !== "none" || one.closest("svg")) return false;
          if (one.closest(".visually-hidden, .chart-table")) return false;
          const hides = one.scrollHeight > one.clientHeight + 2 && style.overflowY !== "visible"
            && style.display !== "inline";
          return box.right > innerWidth + 1 || hides;
        }).map((one) => one.outerHTML.slice(0, 120))"""
    )
    assert outside == []
    assert len(page.pdf(prefer_css_page_size=True)) > 10_000
    context.close()


def test_the_page_size_is_declared_for_paper(context: BrowserContext, address: str) -> None:
    page = opened(context, f"{address}/")
    css = page.evaluate(
        """() => [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules])
          .filter((rule) => rule.constructor.name === "CSSPageRule").map((rule) => rule.cssText)"""
    )
    assert sorted("landscape" in rule.lower() for rule in css) == [False, True]
    assert all("a4" in rule.lower() for rule in css)


def test_a_chart_keeps_its_place_on_paper_and_no_number_is_broken(
    browser: Browser, address: str
) -> None:
    context = browser.new_context(viewport={"width": DESK, "height": 900}, locale="zh-CN")
    page = opened(context, f"{address}{REGION}")
    page.wait_for_selector(".chart.drawn canvas")
    page.wait_for_timeout(300)
    page.emulate_media(media="print")
    heights = page.evaluate(
        """() => [...document.querySelectorAll(".chart-canvas canvas")].map((canvas) =>
          [canvas.getBoundingClientRect().height, canvas.closest(".chart-canvas").clientHeight])"""
    )
    assert heights and all(drawn > 100 and room >= drawn - 2 for drawn, room in heights)
    broken = page.evaluate(
        """() => [...document.querySelectorAll(".table td.num")]
          .filter((cell) => getComputedStyle(cell).whiteSpace !== "nowrap").length"""
    )
    assert broken == 0
    context.close()
