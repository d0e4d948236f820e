"""Somebody at a page whose taps are counted, with a finger or with the keyboard alone."""

from dataclasses import dataclass

from playwright.sync_api import BrowserContext, Locator, Page

LONGEST_WALK = 300
"""Tabs from the top of a page to any of its links, at most."""
FOCUS_SHOWN = """one => {
  const style = getComputedStyle(one);
  return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 3;
}"""


@dataclass
class Clerk:
    """Somebody whose taps are counted, with a finger or with the keyboard alone."""

    page: Page
    context: BrowserContext
    keys: bool
    taps: int = 0

    def write(self, on: Locator, text: str) -> None:
        if self.keys:
            self._walk_to(on.first)
            self.page.keyboard.type(text)
        else:
            on.first.fill(text)

    def tap(self, on: Locator) -> None:
        self.taps += 1
        if self.keys and on.first.evaluate("one => one.tagName") == "A":
            with self.page.expect_navigation():  # a key returns before the page begins to change
                self._press(on.first)
        else:
            self._press(on.first)
        self.page.wait_for_load_state()

    def keep(self, on: Locator) -> str:
        """Tap on a download; where it was kept."""
        self.taps += 1
        with self.page.expect_download() as expected:
            self._press(on.first)
        return str(expected.value.path())

    def _press(self, on: Locator) -> None:
        if self.keys:
            self._walk_to(on)
            self.page.keyboard.press("Enter")
        else:
            on.click()

    def _walk_to(self, on: Locator) -> None:
        """Tab after tab, as somebody does who has no mouse; where one is can be seen."""
        for _ in range(LONGEST_WALK):
            if on.evaluate("one => one === document.activeElement"):
                assert on.evaluate(FOCUS_SHOWN), "one does not see where one is"
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"no key leads to {on}")
