"""A new dataset from the draft of its entry to the catalogue, in the browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.contracts import document, field
from tests.test_portals.pages.live import Live, do, office, serving
from xihu_catalog.contracts.entries import find_entry

pytestmark = [pytest.mark.browser, pytest.mark.harness]
NEW = "yb_new_drugs"
GIVER = "113399001001041148"
"""The department of tang, shen and xu."""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("entry")) as served:
        contracts = served.province.services.catalogue.contracts
        contracts.publish(document(NEW, [field("code", key=True)], provider=GIVER))
        yield served


def test_the_whole_way(live: Live, browser: Browser) -> None:
    tang, xu = office(live, browser, "tang", "tang-yb"), office(live, browser, "xu", "xu-yb")
    luo, he = office(live, browser, "luo", "luo-sj"), office(live, browser, "he", "he-rs")
    dataset, search = (
        f"{live.base}/official/datasets/{NEW}",
        f"{live.base}/official/catalogue?q=数据",
    )
    answer = he.goto(dataset)
    assert answer is not None and answer.status == 404
    tang.goto(dataset)
    assert "未发布。下一步：安全保密和个人信息保护评估" in tang.locator("header").last.inner_text()
    tang.get_by_role("link", name="办理目录条目").click()
    one = tang.locator("[name=dataset]").first
    if one.evaluate("one => one.tagName") == "SELECT":
        one.select_option(NEW)
    else:
        tang.locator(f"[name=dataset][value={NEW}]").check()
    tang.locator("main button[type=submit]").click()
    tang.wait_for_url("**done=*")
    matter = tang.url.partition("?")[0]
    assert luo.goto(matter).status == 404  # type: ignore[union-attr]  # before it is handed in
    grounds = {"secrecy_grounds": "逐项核对，不涉密", "personal_grounds": "不含个人信息"}
    said = {"secrecy": "not_secret", "personal": "not_needed", **grounds}
    assert do(tang, matter, "assess", **said) == "已评估，待负责人签署"
    assert do(xu, matter, "sign") == "主管部门审核"
    he.goto(search)
    link = he.locator(f'a[href="/official/datasets/{NEW}"]')
    assert link.count() == 0
    assert do(luo, matter, "review_publish") == "已发布"
    row = find_entry(live.province.services.node.database, NEW)
    assert row is not None and row.is_published
    he.goto(search)
    assert link.count() >= 1
    he.goto(dataset)
    assert "审核发布" in he.locator("main").inner_text()
