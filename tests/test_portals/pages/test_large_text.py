"""Every citizen's page in large text (长辈版)."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.test_portals.pages.live import Live, serving, visit
from tests.test_portals.pages.looked import axe, opened, overflow, pages_of, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.matrix]
SMALL_TARGETS = """() => [...document.querySelectorAll('main a, main button, main summary')]
  .filter(one => one.checkVisibility())
  .filter(one => !one.closest('p, td, th, dd, li:has(p), .visually-hidden, svg'))
  .filter(one => one.getBoundingClientRect().height < 43.5)
  .map(one => one.outerHTML.slice(0, 160))"""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("large")) as served:
        yield served


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("who", ["wang", "zhao"])
def test_the_pages_are_sound_in_large_text(
    live: Live, browser: Browser, who: str, language: str, width: int
) -> None:
    context = visit(browser, language=language, width=width)
    page = signed_in(live, context, who)
    context.add_cookies([{"name": "xihu_elder", "value": "1", "url": live.base}])
    faults: dict[str, list[str]] = {}
    for name, path in pages_of(live, who).items():
        if "/embed/" in path:
            continue  # another site's frame: no cookie reaches it
        # Rows are not looked through in large text: there is no version that could be missing.
        opened(page, "explore" if "/explore?" in path else name, path)
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
