"""Every page where no script runs: nothing too wide, no button without effect, a table for each
chart."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.test_portals.pages.live import Live, serving
from tests.test_portals.pages.looked import PEOPLE, opened, overflow, pages_of, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.matrix]
UNSCRIPTED_BUTTONS = """() => [...document.querySelectorAll('button, [role=button]')]
  .filter(one => one.checkVisibility() && !one.closest('form') && !one.hasAttribute('form')
    && !one.hasAttribute('popovertarget')).map(one => one.outerHTML.slice(0, 160))"""
"""Buttons that nothing answers to where no script runs."""
EMPTY_CHARTS = """() => [...document.querySelectorAll('.chart')]
  .filter(one => ![...one.querySelectorAll('table, svg')].some(t => t.checkVisibility()))
  .map(one => one.outerHTML.slice(0, 160))"""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("unscripted")) as served:
        yield served


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
