"""Story 3, parking at the hospital, its step 5: a district bureau has open data at once and of the
other only sums."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page

from tests.test_portals.pages.live import Live, do, office, serving
from xihu_platform.clock import civil_date

pytestmark = [pytest.mark.browser, pytest.mark.harness, pytest.mark.timeout(240)]
BUSES, VISITS = "jt_bus_flow", "yb_hospital_visits"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("story3")) as served:
        yield served


def main(page: Page) -> str:
    return page.locator("main").inner_text()


def ask(live: Live, page: Page, dataset: str, **said: str) -> str:
    """The draft of a request, begun on the dataset's page: its address."""
    page.goto(f"{live.base}/official/datasets/{dataset}")
    page.locator(".decision").locator("..").get_by_role("link", name="申请使用").click()
    page.wait_for_load_state()
    until = civil_date(live.province.services.node.clock()) + timedelta(days=300)
    for name, value in {**said, "until": until.isoformat()}.items():
        page.locator(f"#open-{name}").fill(value)
    if page.locator("[name=method]").count():
        page.locator("[name=method][value=page]").check()
    page.get_by_role("button", name="保存并检查").click()
    page.wait_for_url("**done=1")
    return page.url.partition("?")[0]


def test_open_data_at_once_and_of_visits_only_sums(live: Live, browser: Browser) -> None:
    faults: list[str] = []
    yao, tao = office(live, browser, "yao", "yao-cg"), office(live, browser, "tao", "tao-cg")
    yao.on("pageerror", lambda fault: faults.append(str(fault)))
    basis = "《杭州市机动车停车场（库）建设和管理办法》第四条"
    buses = ask(live, yao, BUSES, basis=basis, scene="医院周边停车和公交接驳调度")
    assert do(yao, buses, "submit") == "本部门审核"
    assert do(tao, buses, "register") == "使用中"
    yao.goto(f"{live.base}/official/datasets/{BUSES}")
    assert "本单位已获授权" in main(yao)
    assert yao.locator("#preview tbody tr").count() == 20

    visits = ask(
        live,
        yao,
        VISITS,
        basis=basis,
        scene="只要各区每月就诊人次的汇总数，用于安排停车",
        scope="停车管理岗位",
    )
    tang, xu = office(live, browser, "tang", "tang-yb"), office(live, browser, "xu", "xu-yb")
    assert do(yao, visits, "submit") == "本部门审核"
    assert do(tao, visits, "approve_inside") == "提供部门审核"
    assert do(tang, visits, "assess", opinion="只提供汇总数") == "提供部门负责人签批"
    xu.goto(visits)
    form = xu.locator("#form-agree")
    if not form.is_visible():
        xu.locator("details:has(#form-agree) > summary").click()
    form.locator("[name=conditions][value=aggregate_only]").check()
    form.locator("button[type=submit]").click()
    xu.wait_for_url("**done=*")
    assert xu.locator("#state-title").inner_text() == "使用中"
    yao.goto(f"{live.base}/official/datasets/{VISITS}")
    assert "只提供聚合结果" in main(yao)
    assert "样例：按数据契约生成，不是真实记录" in main(yao)
    for kind in ("csv", "xlsx"):
        answer = yao.request.get(f"{live.base}/official/datasets/{VISITS}/download.{kind}")
        assert answer.status == 403
    yao.get_by_role("link", name="医保结算就诊人次").first.click()
    yao.wait_for_load_state()
    assert "西湖区 · 2026年10月" in main(yao) and "＊" in main(yao)  # fewer than ten in the sample
    yao.goto(f"{live.base}/official/metrics/hospital_visits?place=330000")
    table = yao.locator("table", has_text="2026年1月").first
    months = dict(row.split("\t", 1) for row in table.inner_text().splitlines() if "\t" in row)
    assert months["2026年1月"].strip() == "269"
    assert months["2026年3月"].strip() == "＊"
    assert faults == []
