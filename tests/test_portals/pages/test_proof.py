"""A citizen checks an entry of the log with one button; what was tampered with does not hold."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.sampling import sampled
from tests.test_portals.pages.live import Live, serving, sign_in, visit

pytestmark = pytest.mark.browser
Proof = dict[str, Any]
"""Any: it is JSON."""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("proof")) as served:
        yield served


def own_looks(live: Live, browser: Browser, language: str = "zh") -> Page:
    page = visit(browser, language=language).new_page()
    sign_in(page, live.base, "wang", at="/my/data")
    page.wait_for_url("**/my/data")
    page.goto(f"{live.base}/my/uses?who=all")
    page.locator(".use-own summary").first.click()
    return page


def verdict(page: Page) -> tuple[str, str]:
    """Of the first entry: what is said, and how it is marked."""
    place = page.locator("[data-proof]").first
    place.locator("button").click()
    expect(place).not_to_have_attribute("data-verdict", "busy")
    return place.locator("[role=status]").inner_text(), str(place.get_attribute("data-verdict"))


@pytest.mark.parametrize(("language", "words"), [("zh", "核验通过"), ("en", "It holds: entry")])
def test_an_entry_holds(live: Live, browser: Browser, language: str, words: str) -> None:
    page = own_looks(live, browser, language)
    said, marked = verdict(page)
    assert (words in said, marked) == (True, "holds"), said
    entry = page.locator("[data-proof]").first.get_attribute("data-entry")
    assert f" {entry} " in said
    assert {"zh": "2026年11月23日", "en": "23 November 2026"}[language] in said  # in Shanghai
    assert "12:00" in said
    assert "{" not in said
    page.context.close()


def bodily(proof: Proof) -> None:
    body = base64.b64decode(proof["body_base64"]).replace(b'"own"', b'"duty"')
    proof["body_base64"] = base64.b64encode(body).decode()


def another_entry(proof: Proof) -> None:
    proof["entry"] = 0


def another_path(proof: Proof) -> None:
    proof["path"][0] = "00" * 32


def another_root(proof: Proof) -> None:
    head = json.loads(proof["head"])
    head["root"] = proof["root"] = "ab" * 32
    proof["head"] = json.dumps(head)


def a_longer_log(proof: Proof) -> None:
    head = json.loads(proof["head"])
    head["size"] += 1
    proof["head"] = json.dumps(head)


def another_time_of_signing(proof: Proof) -> None:
    head = json.loads(proof["head"])
    head["at"] = "2020-01-01T00:00:00+00:00"
    proof["head"] = json.dumps(head)


@pytest.mark.parametrize(
    "tamper",
    sampled(
        [bodily, another_time_of_signing, another_entry, another_path, another_root, a_longer_log],
        2,
    ),
)
def test_what_was_tampered_with_does_not_hold(
    live: Live, browser: Browser, tamper: Callable[[Proof], None]
) -> None:
    page = own_looks(live, browser)

    def changed(route: Route) -> None:
        proof = route.fetch().json()
        before = json.dumps(proof)
        tamper(proof)
        assert json.dumps(proof) != before
        route.fulfill(json=proof)

    page.route("**/proof", changed)
    said, marked = verdict(page)
    assert (marked, "核验不通过" in said) == ("broken", True), said
    page.context.close()


def test_a_proof_that_does_not_come_is_no_verdict(live: Live, browser: Browser) -> None:
    page = own_looks(live, browser)
    page.route("**/proof", lambda route: route.fulfill(status=503))
    said, marked = verdict(page)
    assert (marked, "请稍后再试" in said) == ("failed", True)
    page.context.close()
