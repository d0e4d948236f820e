"""A clerk's tasks in the browser, each in as many taps as it may take after typing; each of them
with the keyboard alone too, from the top of the page to where it ends."""

import zipfile
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.sampling import sampled
from tests.test_portals.pages.clerk import Clerk
from tests.test_portals.pages.live import Live, serving, sign_in, take_office, visit
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("clerk")) as served:
        yield served


@pytest.fixture(params=sampled([False, True]), ids=["by finger", "by keys"])
def keys(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def citizen(live: Live, browser: Browser, keys: bool) -> Iterator[Clerk]:
    context = visit(browser, width=360)
    page = context.new_page()
    page.goto(f"{live.base}/")
    yield Clerk(page, context, keys)
    context.close()


def official(live: Live, browser: Browser, who: str, position: str, keys: bool) -> Clerk:
    context = visit(browser)
    page = context.new_page()
    sign_in(page, live.base, who, at="/official/")
    if page.locator("button[name=position]").count():
        take_office(page, position)
    page.goto(f"{live.base}/official/")
    return Clerk(page, context, keys)


def test_a_countys_figure_is_found_and_downloaded_for_excel(live: Live, citizen: Clerk) -> None:
    page = citizen.page
    citizen.write(page.locator("#q"), "西湖区 生产总值")
    citizen.tap(page.locator("form[role=search] button"))
    citizen.tap(page.get_by_role("link", name="地区生产总值"))
    assert "西湖区" in page.locator("main").inner_text()
    kept = citizen.keep(page.locator("a[href*='download.xlsx']"))
    assert citizen.taps <= 4
    with zipfile.ZipFile(kept) as book:
        texts = "".join(book.read(name).decode() for name in book.namelist())
    assert "西湖区" in texts


def test_it_is_said_why_a_number_is_incomplete_and_which_load_did_it(
    live: Live, browser: Browser, keys: bool
) -> None:
    clerk = official(live, browser, "zhou", "zhou-sj", keys)
    clerk.page.goto(f"{live.base}/official/metrics/gdp")
    clerk.tap(clerk.page.locator("[data-gap] a"))
    assert "/official/loads/" in clerk.page.url
    assert clerk.taps <= 2
    assert "tj_county_economy" in clerk.page.content()
    clerk.context.close()


def test_who_read_a_dataset_this_month(live: Live, browser: Browser, keys: bool) -> None:
    services = live.province.services
    case = Purpose("case", "XH-2026-000124")
    services.gateway.read_page(
        live.province.official("sun", "sun-rs"), "rs_social_insurance", case, RowQuery()
    )
    clerk = official(live, browser, "wu", "wu-sh", keys)
    clerk.tap(clerk.page.locator("nav.tabs").get_by_role("link", name="监督"))
    clerk.tap(clerk.page.get_by_role("link", name="谁读了什么"))
    assert clerk.taps <= 3
    row = clerk.page.locator("tr", has_text="职工社会保险缴费记录").filter(has_text="业务事由")
    assert "示例省人力资源和社会保障厅" in row.inner_text()
    clerk.context.close()


def test_an_auditor_verifies_one_entry(live: Live, browser: Browser, keys: bool) -> None:
    clerk = official(live, browser, "wu", "wu-sh", keys)
    clerk.tap(clerk.page.locator("nav.tabs").get_by_role("link", name="监督"))
    clerk.tap(clerk.page.locator("[data-proof] button"))
    assert clerk.taps <= 2
    told = clerk.page.locator("[data-proof] [role=status]").first
    told.get_by_text("核验通过").wait_for()
    clerk.context.close()


def test_who_is_not_proven_finds_how_to_be(live: Live, browser: Browser, keys: bool) -> None:
    context = visit(browser, width=360)
    page = context.new_page()
    sign_in(page, live.base, "li", at="/signin?next=/")
    page.goto(f"{live.base}/")
    clerk = Clerk(page, context, keys)
    clerk.tap(page.locator("nav.tabs").get_by_role("link", name="我的", exact=True))
    clerk.tap(page.get_by_role("link", name="怎样做实名认证"))
    assert page.url.endswith("/proving")
    assert clerk.taps <= 2
    context.close()
