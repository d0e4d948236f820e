"""My data asks once for the check it needs; who is not proven is told how to be."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.test_portals.pages.live import Live, serving, sign_in, visit

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("verification")) as served:
        yield served


def pages_of_the_issuer(page: Page) -> list[str]:
    """Each page of the issuer that the person has to answer, in order."""
    seen: list[str] = []

    def note(_frame: object) -> None:
        if "/realms/xihu/" in page.url:
            seen.append("code" if page.locator("#otp").count() else "who")

    page.on("domcontentloaded", note)
    return seen


def test_a_first_visit_to_my_data_is_one_verification_and_no_refusal(
    live: Live, browser: Browser
) -> None:
    context = visit(browser)
    page = context.new_page()
    seen = pages_of_the_issuer(page)
    sign_in(page, live.base, "wang", at="/my/data")
    page.wait_for_url("**/my/data")
    assert seen == ["who", "code"]
    assert page.locator(".state-refused, .state-proof").count() == 0
    assert "为保护隐私" in page.locator("main").inner_text()
    context.close()


def test_somebody_signed_in_is_asked_only_for_what_is_missing(live: Live, browser: Browser) -> None:
    context = visit(browser)
    page = context.new_page()
    sign_in(page, live.base, "wang", at="/signin?next=/")
    page.goto(f"{live.base}/my/data")
    assert page.locator("#otp").count() == 1  # the second factor alone, not who one is
    page.goto(f"{live.base}/my/data?later=1")
    assert page.locator(".state-refused").count() == 0
    context.close()


def test_who_is_not_proven_learns_how_at_a_counter_or_by_telephone(
    live: Live, browser: Browser
) -> None:
    context = visit(browser)
    page = context.new_page()
    sign_in(page, live.base, "li", at="/my/data")
    page.wait_for_url("**/my/data")
    words = page.locator("main").inner_text()
    assert "先要确认是您本人" in words
    assert "李明远" not in words
    assert page.locator(".state-refused").count() == 0
    page.locator("main a[href='/proving']").click()
    page.wait_for_url("**/proving")
    steps = page.locator(".steps li")
    assert steps.count() == 3
    assert "政务服务中心" in steps.first.inner_text()
    assert page.locator("main a[href='tel:12345']").is_visible()
    page.goto(f"{live.base}/my/uses")
    assert page.locator("main a[href='/proving']").is_visible()
    context.close()


def test_after_our_session_ended_signing_out_ends_the_issuers_too(
    live: Live, browser: Browser
) -> None:
    context = visit(browser)
    page = context.new_page()
    sign_in(page, live.base, "wang", at="/signin?next=/")
    context.clear_cookies(name="xihu_citizen")  # the cookie's life is over; the page is still open
    page.locator('form[action="/signout"] button').click()
    page.wait_for_load_state()
    page.locator("button[name=confirm]").click()
    page.wait_for_load_state()
    page.goto(f"{live.base}/my/data")
    assert page.locator("button[name=person]").count() >= 7  # nobody is signed in again
    context.close()
