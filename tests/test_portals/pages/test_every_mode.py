"""Every page in two languages and two widths: light and dark, on paper, at 400 % zoom."""

import gzip
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Response

from tests.test_portals.pages.live import Live, serving, visit
from tests.test_portals.pages.looked import (
    PEOPLE,
    axe,
    check,
    opened,
    overflow,
    pages_of,
    signed_in,
)
from xihu_portals.citizen import portal as citizen_portal
from xihu_portals.official import portal as official_portal

PAPER = {"width": 718, "height": 1000}
"""A4 in CSS pixels, less its margins."""
LYING = {"width": 1046, "height": 700}
"""The same turned, where a page says that it is wide."""
ZOOMED = {"width": 320, "height": 256}
"""1280 × 1024 at 400 %."""
HTML_KB = 60
NO_PAGES = re.compile(
    r"attachments|download|diff\.{|proof|suggest|values\.json|quarantined|head\.jsonl|robots|favicon"
    r"|\.csv$"
    r"|sitemap\.xml|answers|audit/verify$|papers/{|rating$|cancel$|status/|file$|desk/next|check$|{booking}$|exchanges/{"
    r"|report\.jsonl|registration\.xlsx"
)
"""What is a file, a piece of a page or a progress line."""
in_a_browser = [pytest.mark.browser, pytest.mark.matrix]


def test_there_is_an_example_of_every_page() -> None:
    listed = [
        path.split("?")[0].split("#")[0] for pages in PEOPLE.values() for path in pages.values()
    ]
    listed = [path.replace("LOAD", "/official/loads/x") for path in listed]
    listed = [path.replace("MINE", "/my/matters/1") for path in listed]
    listed = [re.sub("^LICENCE", "/verify/x", path) for path in listed]
    listed = [re.sub("^OWNED", "/my/licences/1", path) for path in listed]
    listed = [re.sub("^CASE", "/my/cases/1", path) for path in listed]
    listed = [re.sub("^(DESK|POSTED)", "/official/cases/1", path) for path in listed]
    listed = [re.sub("^SUBSCRIPTION", "/my/subscriptions/x", path) for path in listed]
    listed = [re.sub("^SUBSCRIBED", "/official/subscriptions/x", path) for path in listed]
    listed = [re.sub("^UNSUBSCRIBE", "/subscriptions/end/x", path) for path in listed]
    listed = [re.sub("^EDITED", "/official/harvest/entries/x-1", path) for path in listed]
    wrong = ["/my/data/x/correction", "/official/datasets/x/correction"]
    listed += wrong if "WRONG" in listed else []
    listed = [re.sub("MATTER|AGREED", "/official/matters/1", path) for path in listed]
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
        and not any(re.fullmatch(re.sub(r"{\w+(:path)?}", "[^/]+", route), path) for path in listed)
    ]
    assert missing == []


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("modes")) as served:
        yield served


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
    page.emulate_media(media="print")
    lying = page.evaluate("getComputedStyle(document.body).page") == "wide"
    page.set_viewport_size(LYING if lying else PAPER)  # type: ignore[arg-type]
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
