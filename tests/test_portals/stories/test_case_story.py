"""A case in the browser: on a phone to the end, and at the desk with a few keys."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests import casing
from tests.test_platform.files.made import png
from tests.test_portals.pages.live import (
    ARGUMENTS,
    CHROMIUM,
    Live,
    choose,
    serving,
    sign_in,
    take_office,
    visit,
)
from tests.test_portals.pages.looked import axe, overflow
from xihu_platform.access.grounds import GroundRow
from xihu_platform.database import transaction

pytestmark = [pytest.mark.browser, pytest.mark.harness, pytest.mark.timeout(300)]
ROUTINE_S, ROUTINE_KEYS = 90, 12
"""Of a routine case at the desk."""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("case")) as served:
        yield served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


def looked_at(page: Page) -> None:
    assert axe(page) == []
    assert overflow(page) == []


def test_on_a_phone_to_the_end_with_a_sign_in_that_expires_on_the_way(
    live: Live, browser: Browser, tmp_path: Path
) -> None:
    page = visit(browser, width=390).new_page()
    sign_in(page, live.base, "wang", at="/services/elder_card/apply")
    looked_at(page)
    page.get_by_role("button", name="开始填写").click()
    page.get_by_label("联系电话").fill("13800001234")
    page.context.clear_cookies()  # as when the session has ended
    page.get_by_role("button", name="保存，下一步").click()
    assert "登录已过期" in page.locator("main").inner_text()
    page.get_by_role("link", name="重新登录").click()
    choose(page, "wang")
    page.get_by_label("联系电话").wait_for()
    assert page.get_by_label("联系电话").input_value() == "13800001234"
    page.get_by_role("button", name="保存，下一步").click()
    looked_at(page)
    photo = tmp_path / "照片.png"
    photo.write_bytes(png())
    page.locator("input[type=file]").first.set_input_files(str(photo))
    page.get_by_role("button", name="添加附件").first.click()
    page.get_by_role("button", name="检查并提交").click()
    looked_at(page)
    page.get_by_role("button", name="提交申请").click()
    assert "已提交，待受理" in page.locator("main").inner_text()
    page.go_back()
    page.reload()
    assert page.get_by_role("button", name="提交申请").count() == 0


def test_a_routine_case_takes_a_few_keys(live: Live, browser: Browser) -> None:
    province = live.province
    number = casing.handed_in(province, "elder_card", "zhou")
    with transaction(province.services.node.database) as session:
        position = session.get_one(GroundRow, f"BJ-{number:06d}").position
    who = position.partition("-")[0]
    page = browser.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN").new_page()
    sign_in(page, live.base, who, at="/official/")
    take_office(page, position)
    page.goto(f"{live.base}/official/desk")
    begun, keys = time.monotonic(), 0

    def press(key: str) -> None:
        nonlocal keys
        keys += 1
        with page.expect_navigation():
            page.keyboard.press(key)

    press("n")
    while f"/cases/{number}" not in page.url:  # others that came in before
        press("n")
    keys = 1
    compared = page.locator("#compared")
    box = compared.bounding_box()
    assert box is not None and box["y"] < 800
    acts = page.locator(".case-acts").bounding_box()
    assert acts is not None and acts["y"] + acts["height"] < 800
    for key in ("c", "1", "3", "3"):
        press(key)
    assert "已办结" in page.locator("h1").inner_text()
    assert keys <= ROUTINE_KEYS and time.monotonic() - begun < ROUTINE_S
    looked_at(page)
