"""Corrected records handed in on a load's report: who may, what is said, and that they arrive."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.test_portals.official.test_corrections import BAD, DATASET, HEAD, Report, good
from tests.test_portals.pages.live import (
    Live,
    serving,
    sign_in,
    take_office,
    visit,
)
from tests.test_portals.pages.looked import check

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("corrected")) as served:
        yield served


@pytest.fixture(scope="module")
def report(live: Live) -> Report:
    catalogue = live.province.services.catalogue
    loads = catalogue.loads(catalogue.contracts.get(DATASET))
    return Report(live.province, loads[-1].load_id)


def steward(browser: Browser, live: Live, report: Report, **more: object) -> Page:
    context = visit(browser, **more)  # type: ignore[arg-type]  # language and width
    page = context.new_page()
    sign_in(page, live.base, "sun", at="/official/")
    take_office(page, "sun-rs")
    page.goto(f"{live.base}/official/loads/{report.load}")
    return page


def hand_in(page: Page, content: bytes, name: str = "改正.csv") -> None:
    page.locator("#f-file").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content}
    )
    with page.expect_navigation():
        page.locator("form.upload button").click()


def test_a_steward_hands_in_and_the_page_says_by_itself_what_came_of_it(
    live: Live, browser: Browser, report: Report
) -> None:
    page = steward(browser, live, report)
    hand_in(page, good("2021/01/01") + BAD.encode(), "一月.csv")
    assert page.url.endswith("#corrections")
    waiting = page.locator(".receipt-waiting", has_text="一月.csv")
    assert "已收妥，等待装载" in waiting.inner_text()
    check(page, "zh")
    assert report.commit() == 1
    done = page.locator(".receipt-committed", has_text="一月.csv")
    done.wait_for()  # without a reload
    assert "入库 1 条，仍有问题 1 条" in done.first.inner_text()
    assert waiting.count() == 0
    done.first.locator("a").click()
    page.wait_for_load_state()
    assert "1 条记录有问题，暂未入库" in page.locator("h1").inner_text()
    assert "一月.csv" in page.locator(".lead").first.inner_text()
    page.context.close()


def test_without_javascript_a_link_shows_how_it_stands(
    live: Live, browser: Browser, report: Report
) -> None:
    signed = steward(browser, live, report)
    state = signed.context.storage_state()
    context = browser.new_context(java_script_enabled=False, locale="en-GB", storage_state=state)
    page = context.new_page()
    page.goto(f"{live.base}/official/loads/{report.load}")
    hand_in(page, good("2021/02/01"), "february.csv")
    assert "Received, waiting to be loaded" in page.locator(".receipt-waiting").inner_text()
    report.commit()
    page.locator(".receipt-waiting a").click()
    page.reload()
    assert (
        "1 accepted, 0 quarantined again"
        in page.locator(".receipt", has_text="february").inner_text()
    )
    context.close()
    signed.context.close()


@pytest.mark.parametrize(
    ("language", "width"),
    [
        ("zh", 360),
        pytest.param("en", 1280, marks=pytest.mark.harness),
        pytest.param("zh", 1280, marks=pytest.mark.harness),
        pytest.param("en", 360, marks=pytest.mark.harness),
    ],
)
def test_every_state_is_sound(
    live: Live, browser: Browser, report: Report, language: str, width: int
) -> None:
    months = {("zh", 360): 3, ("zh", 1280): 4, ("en", 360): 5, ("en", 1280): 6}
    page = steward(browser, live, report, language=language, width=width)
    hand_in(
        page,
        good(f"2021/{months[language, width]:02}/01"),
        "a rather long name of a file " * 5 + ".csv",
    )
    report.commit()
    hand_in(page, (HEAD + BAD * (width + len(language) + months[language, width])).encode())
    report.commit()
    hand_in(page, good(f"2022/{months[language, width]:02}/01"))
    for state in ("waiting", "committed", "refused"):
        assert page.locator(f".receipt-{state}").count() >= 1
    check(page, language)
    hand_in(page, b"id\n1\n", "wrong.csv")
    fault = page.locator("#f-file-note")
    fault.wait_for()
    assert "wrong.csv" in fault.inner_text()
    check(page, language)
    report.commit()
    page.context.close()
