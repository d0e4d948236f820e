"""Every page in every way of looking at it: two languages, two widths, light and dark, on paper,
without a script, at 400 % zoom and in large text."""

import gzip
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response

from tests.test_portals.pages.live import Live, serving, sign_in, take_office, visit
from tests.test_portals.pages.looked import CITIZEN, OFFICIAL, OVERSIGHT, axe, check, overflow
from xihu_portals.citizen import portal as citizen_portal
from xihu_portals.official import portal as official_portal

PAPER = {"width": 718, "height": 1000}
"""A4 in CSS pixels, less its margins."""
ZOOMED = {"width": 320, "height": 256}
"""1280 × 1024 at 400 %."""
HTML_KB = 60
NO_PAGES = re.compile(
    r"download|proof|suggest|values\.json|quarantined|entries\.csv|head\.jsonl|robots|favicon"
    r"|sitemap\.xml|answers|verify$"
)
"""What is a file, a piece of a page or a progress line."""
PEOPLE = {"wang": CITIZEN, "sun": OFFICIAL} | OVERSIGHT
in_a_browser = [pytest.mark.browser, pytest.mark.matrix]


def test_there_is_an_example_of_every_page() -> None:
    listed = [
        path.split("?")[0].split("#")[0] for pages in PEOPLE.values() for path in pages.values()
    ]
    listed = [path.replace("LOAD", "/official/loads/x") for path in listed]
    routes = [
        str(route.path)
        for portal in (citizen_portal, official_portal)
        for route in portal.router.routes
        if "GET" in route.methods
    ]
    assert len(routes) > 40
    missing = [
        route
        for route in routes
        if not NO_PAGES.search(route)
        and not any(re.fullmatch(re.sub(r"{\w+}", "[^/]+", route), path) for path in listed)
    ]
    assert missing == []


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("modes")) as served:
        yield served


def pages_of(live: Live, who: str) -> dict[str, str]:
    catalogue = live.province.services.catalogue
    load = catalogue.loads(catalogue.contracts.get("rs_social_insurance"))[0].load_id
    return {
        name: live.base + path.replace("LOAD", f"/official/loads/{load}")
        for name, path in PEOPLE[who].items()
    }


def signed_in(live: Live, context: BrowserContext, who: str) -> Page:
    page = context.new_page()
    if PEOPLE[who] is CITIZEN:
        sign_in(page, live.base, who, at="/signin?level=3&next=/")
        return page
    sign_in(page, live.base, who, at="/official/")
    take_office(page, "sun-rs")
    return page


def opened(page: Page, name: str, path: str) -> Response:
    answer = page.goto(path, wait_until="load")
    assert answer is not None
    assert answer.status == (404 if name.startswith("no such") else 200), name
    return answer


def small_enough(answer: Response) -> list[str]:
    size = len(gzip.compress(answer.body())) / 1024
    return [] if size <= HTML_KB else [f"{size:.0f} KB of HTML, compressed"]


def in_the_dark(page: Page) -> list[str]:
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    found = axe(page, contrast=True)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    return found


def on_paper(page: Page) -> list[str]:
    wide = page.viewport_size
    assert wide is not None
    page.set_viewport_size(PAPER)  # type: ignore[arg-type]
    page.emulate_media(media="print")
    found = axe(page, contrast=True) + overflow(page)
    if not page.locator(".banner").is_visible():
        found.append("paper does not say that the data are synthetic")
    page.emulate_media(media="screen")
    page.set_viewport_size(wide)
    return found


def zoomed(page: Page) -> list[str]:
    wide = page.viewport_size
    assert wide is not None
    page.set_viewport_size(ZOOMED)  # type: ignore[arg-type]
    found = overflow(page)
    page.set_viewport_size(wide)
    return found


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("who", sorted(PEOPLE))
class TestModes:
    pytestmark = in_a_browser

    def test_the_pages_are_sound(
        self, live: Live, browser: Browser, who: str, language: str, width: int
    ) -> None:
        context = visit(browser, language=language, width=width)
        page = signed_in(live, context, who)
        faults: dict[str, list[str]] = {}
        for name, path in pages_of(live, who).items():
            answer = opened(page, name, path)
            check(page, language)
            found = {"size": small_enough(answer), "dark": in_the_dark(page)}
            if width == 1280:
                found |= {"paper": on_paper(page), "zoomed": zoomed(page)}
            faults |= {f"{name}, {mode}": said for mode, said in found.items() if said}
        context.close()
        assert faults == {}


UNSCRIPTED_BUTTONS = """() => [...document.querySelectorAll('button, [role=button]')]
  .filter(one => one.checkVisibility() && !one.closest('form') && !one.hasAttribute('form')
    && !one.hasAttribute('popovertarget')).map(one => one.outerHTML.slice(0, 160))"""
"""Buttons that nothing answers to where no script runs."""
EMPTY_CHARTS = """() => [...document.querySelectorAll('.chart')]
  .filter(one => ![...one.querySelectorAll('table, svg')].some(t => t.checkVisibility()))
  .map(one => one.outerHTML.slice(0, 160))"""


@pytest.mark.browser
@pytest.mark.matrix
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("who", sorted(PEOPLE))
def test_the_pages_are_sound_without_a_script(
    live: Live, browser: Browser, who: str, language: str
) -> None:
    locale = "zh-CN" if language == "zh" else "en-GB"
    context = browser.new_context(
        viewport={"width": 360, "height": 900}, locale=locale, java_script_enabled=False
    )
    page = signed_in(live, context, who)
    faults: dict[str, list[str]] = {}
    for name, path in pages_of(live, who).items():
        opened(page, name, path)
        found = [
            *overflow(page),
            *page.evaluate(UNSCRIPTED_BUTTONS),
            *page.evaluate(EMPTY_CHARTS),
        ]
        if found:
            faults[name] = found
    context.close()
    assert faults == {}


SMALL_TARGETS = """() => [...document.querySelectorAll('main a, main button, main summary')]
  .filter(one => one.checkVisibility())
  .filter(one => !one.closest('p, td, th, dd, li:has(p), .visually-hidden, svg'))
  .filter(one => one.getBoundingClientRect().height < 43.5)
  .map(one => one.outerHTML.slice(0, 160))"""


@pytest.mark.browser
@pytest.mark.matrix
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_are_sound_in_large_text(
    live: Live, browser: Browser, language: str, width: int
) -> None:
    context = visit(browser, language=language, width=width)
    page = signed_in(live, context, "wang")
    context.add_cookies([{"name": "xihu_elder", "value": "1", "url": live.base}])
    faults: dict[str, list[str]] = {}
    for name, path in pages_of(live, "wang").items():
        if "/embed/" in path:
            continue  # another site's frame: no cookie reaches it
        opened(page, name, path)
        # The telephone stays below whatever scrolls under it, which the rule takes for covered.
        found = axe(page, but="target-size") + overflow(page) + page.evaluate(SMALL_TARGETS)
        size = page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
        if size < 22:
            found.append(f"text of {size} pixels")
        if page.locator("a[href='tel:12345']:visible").count() == 0:
            found.append("no telephone number")
        if found:
            faults[name] = found
    context.close()
    assert faults == {}
