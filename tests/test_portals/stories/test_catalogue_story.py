"""A newcomer and the catalogue: finds data by what comes to mind, sees that it is late, subscribes,
gets a notice, compares two versions, cites one and opens it in a spreadsheet."""

import io
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import yaml
from playwright.sync_api import Browser, Page
from python_calamine import CalamineWorkbook

from tests.province import NOW
from tests.test_portals.pages.live import Live, choose, serving, visit
from tests.test_portals.versioned import DATASET, newer, three_changes
from xihu_catalog.subscriptions.evaluation import evaluate
from xihu_catalog.subscriptions.sending import SubscriptionSender
from xihu_platform.clock import SHANGHAI

pytestmark = [pytest.mark.browser, pytest.mark.harness, pytest.mark.timeout(240)]
TITLE = "行政处罚信息"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("catalogue")) as served:
        yield served


def main(page: Page) -> str:
    return page.locator("main").inner_text()


def found(page: Page, live: Live, text: str) -> list[str]:
    """What the search of the portal finds, by the titles of its results."""
    page.goto(live.base)
    box = page.locator("input[type=search]").first
    box.fill(text)
    box.press("Enter")
    page.wait_for_url("**/search?*")
    return [one.inner_text().strip() for one in page.locator("main h3 a, main h2 a").all()]


def keep(live: Live) -> None:
    """One round of the thread that looks at subscriptions, as it runs while the platform serves."""
    services = live.province.services
    node = services.node
    evaluate(node.database, services, services.known_to, node.clock)
    sender = SubscriptionSender(node.settings, node.keyring, node.clock)
    sender.send_all(node.database, services.known_to)


def test_from_a_word_to_a_spreadsheet(live: Live, browser: Browser) -> None:
    faults: list[str] = []
    page = visit(browser).new_page()
    page.set_default_timeout(15_000)
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    for text in ("处罚信", "xingzhengchufa", "xzcf", "下城区 处罚", "绍兴县 处罚"):
        assert TITLE in found(page, live, text), text
    live.on((NOW + timedelta(days=9)).astimezone(SHANGHAI).replace(tzinfo=None))
    assert TITLE in found(page, live, "处罚")
    page.get_by_role("link", name=TITLE, exact=True).first.click()
    page.wait_for_load_state()
    assert "逾期" in main(page)

    page.get_by_role("link", name=re.compile("订阅")).first.click()
    page.wait_for_load_state()
    choose(page, "wang")
    assert TITLE in main(page)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_load_state()
    assert TITLE in main(page)

    old, new = newer(live.province, DATASET, three_changes)
    keep(live)
    page.goto(f"{live.base}/my/subscriptions")
    assert re.search(rf"新增记录\s+{TITLE}\s+刚刚\s+未读", main(page))

    page.goto(f"{live.base}/datasets/{DATASET}")
    page.locator(f"a[href^='/datasets/{DATASET}/versions']").first.click()
    page.wait_for_url("**/versions*")
    page.locator(".compare-form button[type=submit]").click()
    page.wait_for_url("**/compare?*")
    shown = main(page)
    assert "XH-NEW-1" in shown and "警告 & <通报>" in shown

    page.goto(f"{live.base}/datasets/{DATASET}/versions")
    with page.expect_download() as given:
        page.get_by_role("link", name="CITATION.cff").first.click()
    said = yaml.safe_load(given.value.path().read_bytes())
    assert str(new) in str(said) and str(old) not in str(said)

    page.goto(f"{live.base}/datasets/{DATASET}")
    with page.expect_download() as given:
        page.get_by_role("link", name=re.compile("Excel|xlsx")).first.click()
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(given.value.path().read_bytes()))
    sheets = [workbook.get_sheet_by_name(name).to_python() for name in workbook.sheet_names]
    cells = {str(cell) for rows in sheets for row in rows for cell in row}
    assert "XH-NEW-1" in cells and any(str(new) in cell for cell in cells)
    assert not faults
