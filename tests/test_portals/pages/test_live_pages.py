"""Both portals as people use them: a real browser, real sign-in, real data behind every page."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.test_portals.pages.live import (
    Live,
    serving,
    sign_in,
    take_office,
    visit,
)
from tests.test_portals.pages.looked import check
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery
from xihu_platform.audit.merkle import leaf_hash, root_from_inclusion

pytestmark = [pytest.mark.browser, pytest.mark.harness]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("live")) as served:
        yield served


def test_an_auditor_finds_who_read_a_dataset_in_three_taps(live: Live, browser: Browser) -> None:
    reader = live.province.official("chen", "chen-xihu")
    live.province.services.gateway.read_page(
        reader, "hb_air_quality_hourly", Purpose("duty"), RowQuery()
    )
    context = visit(browser, width=360)
    page = context.new_page()
    sign_in(page, live.base, "wu", at="/official/")
    page.locator("a[href='/official/audit']:visible").first.click()
    page.wait_for_url("**/official/audit")
    page.locator("a[href='/official/audit/readers']:visible").first.click()
    page.wait_for_url("**/official/audit/readers")
    row = page.locator("tr", has_text="空气质量小时值").filter(has_text="示例省西湖区民政局")
    own = row.filter(has_text="履行职责")  # the office's indicators ask for the same data
    assert own.count() == 1, "this month, in two"
    page.get_by_text("上个月").click()
    page.wait_for_url("**/official/audit/readers?month=2026-10")
    assert "2026年10月" in page.locator("h1").inner_text()
    assert page.locator("main .state-empty").count() == 1, "nobody had read anything before"
    context.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_three_cards_stand_before_the_first_indicator(
    live: Live, browser: Browser, width: int
) -> None:
    context = visit(browser, width=width)
    page = context.new_page()
    sign_in(page, live.base, "zhou", at="/official/")
    assert page.locator(".need:visible").count() == 3
    page.locator(".needs-rest > summary").first.click()
    assert page.locator(".need:visible").count() > 3
    context.close()


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_sign_in_pages_are_sound(
    live: Live, browser: Browser, language: str, width: int
) -> None:
    context = visit(browser, language=language, width=width)
    page = context.new_page()
    page.goto(f"{live.base}/my/data")
    assert page.locator("button[name=person]").count() >= 7
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        check(page, language)
    page.locator("button[name=person][value=wang]").click()
    page.wait_for_load_state()
    check(page, language)
    page.locator("#otp").fill("000000")
    page.locator("#otp").press("Enter")
    page.wait_for_load_state()
    check(page, language)
    assert page.locator("a.brand").get_attribute("href") == f"{live.base}/"
    context.close()


def test_a_citizen_searches_opens_a_dataset_and_sees_who_used_her_data(
    live: Live, browser: Browser
) -> None:
    context = visit(browser)
    page = context.new_page()
    page.goto(f"{live.base}/")
    page.locator("input[name=q]").fill("空气质量")
    page.locator("input[name=q]").press("Enter")
    page.wait_for_url("**/search?q=*")
    page.locator('h3 a[href="/datasets/hb_air_quality_hourly"]').first.click()
    page.wait_for_url("**/datasets/hb_air_quality_hourly")
    assert page.locator("#preview table tbody tr").count() == 20
    sign_in(page, live.base, "wang", at="/my/data")
    page.wait_for_url("**/my/data")
    words = page.locator("main").inner_text()
    assert "王**" in words  # the lake holds names in masked form only
    page.goto(f"{live.base}/my/uses")
    assert "您本人" not in page.locator(".timeline, main > .state").first.inner_text()
    page.goto(f"{live.base}/my/uses?who=all")
    own = page.locator(".use-own")
    assert own.count() == 1  # one line for the day
    assert "查看本人数据" in own.inner_text()
    own.locator("summary").click()
    with page.expect_download() as caught:
        page.locator('a[href$="/proof"]').first.click()
    proof = json.loads(Path(caught.value.path()).read_text())
    body = base64.b64decode(proof["body_base64"])
    path = [bytes.fromhex(node) for node in proof["path"]]
    root = root_from_inclusion(proof["entry"], proof["tree_size"], leaf_hash(body), path)
    assert root.hex() == proof["root"]
    context.close()


def test_an_official_drills_the_map_from_province_to_county(live: Live, browser: Browser) -> None:
    context = visit(browser, width=360)  # a narrow screen shows cities first, then their counties
    page = context.new_page()
    sign_in(page, live.base, "zhou", at="/official/")
    take_office(page, "zhou-sj")
    page.wait_for_url("**/official/")
    page.locator("a.tile[href^='/official/region/330100']:visible").first.click()
    page.wait_for_url("**/official/region/330100*")
    page.locator("a.tile[href^='/official/region/330106']:visible").first.click()
    page.wait_for_url("**/official/region/330106*")
    assert page.locator("h1").inner_text().startswith("西湖区")
    context.close()


def test_a_wide_screen_shows_all_ninety_counties(live: Live, browser: Browser) -> None:
    context = visit(browser)
    page = context.new_page()
    sign_in(page, live.base, "zhou", at="/official/")
    take_office(page, "zhou-sj")
    page.wait_for_url("**/official/")
    assert page.locator("a.tile:visible").count() == 90
    context.close()


def test_sign_out_ends_the_session(live: Live, browser: Browser) -> None:
    context = visit(browser)
    page = context.new_page()
    sign_in(page, live.base, "wang", at="/signin?next=/")
    page.locator('form[action="/signout"] button').click()
    page.wait_for_load_state()
    confirm = page.locator("button[name=confirm]")
    if confirm.count():
        confirm.click()
        page.wait_for_load_state()
    page.goto(f"{live.base}/my/data")
    assert page.locator("button[name=person]").count() >= 7
    context.close()


def test_reading_and_searching_work_without_javascript(live: Live, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{live.base}/search?q=公交")
    page.locator('h3 a[href="/datasets/jt_bus_flow"]').first.click()
    assert "公共汽电车客流" in page.locator("h1").inner_text()
    context.close()


def test_errors_are_pages_in_words_and_never_a_trace(live: Live, browser: Browser) -> None:
    context = visit(browser, language="en")
    page = context.new_page()
    for path, status in (
        ("/datasets/nothing", 404),
        ("/datasets/hb_air_quality_hourly?snapshot=x", 422),
        ("/datasets/hb_air_quality_hourly?snapshot=42", 404),
        ("/nothing/at/all", 404),
    ):
        answer = page.goto(f"{live.base}{path}")
        assert answer is not None
        assert answer.status == status
        assert "Traceback" not in page.content()
        assert page.locator("main h1").count() == 1
    context.close()


def test_a_firms_handler_chooses_whom_to_act_for(live: Live, browser: Browser) -> None:
    context = visit(browser, width=360)
    page = context.new_page()
    sign_in(page, live.base, "zhao", at="/signin?level=3&next=/my/data")
    page.wait_for_url("**/my/data")
    assert page.locator("#identity").count() == 1
    page.locator("#mandate").select_option("firm:91339900202600012U")
    page.locator("form.mandate button").click()
    page.wait_for_load_state()
    assert "杭州西溪智造（示例）有限公司" in page.locator("h1").inner_text()
    assert page.locator("#identity").count() == 0
    assert "91339900202600012U" in page.locator("#firm").inner_text()
    page.locator("#mandate").select_option("")
    page.locator("form.mandate button").click()
    page.wait_for_load_state()
    assert page.locator("#identity").count() == 1
    context.close()


def test_acting_for_somebody_elses_firm_is_refused(live: Live, browser: Browser) -> None:
    context = visit(browser)
    page = context.new_page()
    sign_in(page, live.base, "zhao", at="/signin?level=3&next=/my/data")
    page.wait_for_url("**/my/data")
    token = page.locator("form.mandate input[name=csrf]").get_attribute("value") or ""
    for csrf, firm, status in (
        (token, "91339900202600013R", 404),
        ("guessed", "91339900202600012U", 422),
    ):
        answer = page.request.post(
            f"{live.base}/mandate",
            form={"csrf": csrf, "mandate": f"firm:{firm}"},
            max_redirects=0,
        )
        assert answer.status == status
    page.goto(f"{live.base}/my/data")
    assert page.locator("#identity").count() == 1
    context.close()


def test_the_api_documentation_loads_nothing_from_elsewhere(live: Live, browser: Browser) -> None:
    context = visit(browser)
    page = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto(f"{live.base}/api/docs")
    page.locator(".opblock").first.wait_for()
    assert [url for url in asked if not url.startswith((live.base, "data:"))] == []
    assert complaints == []
    context.close()


def test_the_values_behind_each_figure_are_those_on_the_page(live: Live, browser: Browser) -> None:
    context = visit(browser)
    page = context.new_page()
    sign_in(page, live.base, "chen", at="/official/")
    take_office(page, "chen-xihu")
    page.wait_for_url("**/official/")
    figures = page.locator(".figures .figure:has(data)")
    assert figures.count() >= 4  # the rest may be too few to show at this small scale
    for figure in figures.all():
        shown = figure.locator("data.figure-number").get_attribute("value") or ""
        href = figure.locator("a[href*='/values.json?']").get_attribute("href")
        answer = page.request.get(f"{live.base}{href}")
        assert answer.status == 200
        assert answer.json()["points"][-1]["value"] == float(shown)
    context.close()


@pytest.mark.parametrize("path", ["/search", "/official/catalogue"])
def test_the_tab_title_follows_the_search(live: Live, browser: Browser, path: str) -> None:
    context = visit(browser)
    page = context.new_page()
    if path.startswith("/official"):
        sign_in(page, live.base, "zhou", at="/official/")
        take_office(page, "zhou-sj")
    page.goto(f"{live.base}{path}?q=空气")
    assert page.title().startswith("“空气”的搜索结果")
    page.locator("input[name=q]").fill("公交")
    with page.expect_response(lambda answer: "q=%E5%85%AC%E4%BA%A4" in answer.url):
        page.locator("input[name=q]").press("Enter")
    expect(page).to_have_title(re.compile("^“公交”"))
    assert page.locator("main title").count() == 0
    context.close()
