"""A ground opened by hand in the browser: a handler looks up what he may, asks for what he may not,
one register is put right, and the person sees who looked. Story 1 has the same under a case.
"""

import re
import time
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.test_catalog.sharing.test_corrections import WANG, load_with
from tests.test_portals.pages.live import Live, do, office, serving, sign_in, visit
from xihu_catalog.lineage.emit import open_emitter
from xihu_pipelines.runner.local import run_all
from xihu_pipelines.runner.steps import RunContext
from xihu_platform.access.models import GrantRow
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction

pytestmark = [pytest.mark.browser, pytest.mark.harness, pytest.mark.timeout(240)]
PAPER = "XH-MZ-2026-0714"
PROPERTY, INSURANCE, MONTHS = (
    "zr_property_registrations",
    "rs_social_insurance",
    "rs_insured_months",
)
CIVIL_AFFAIRS = ("113399001001548082", "1133990010015498X1")
"""Of Xihu District and of its neighbour, Gongshu."""
GRANTED = {
    "ga_residents": ["document_kind", "document_number", "name", "birth_date", "county_code"],
    INSURANCE: [
        *("citizen_id", "county_code", "insurance_kind", "period", "wage_base_cny", "state")
    ],
}
"""What public security and social security had agreed to before, for both."""
SOCIAL_SECURITY = "示例省人力资源和社会保障厅"
VERIFYING, RECOGNITION = "办理“核实数据是否有误”", "办理“最低生活保障边缘家庭认定”"
ALLOWED, REFUSED = "允许", "已拒绝，对方什么也没有看到"
SIX = {"unit_no", "citizen_id", "county_code", "property_use", "right_kind", "floor_area_m2"}


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("story1")) as served:
        with transaction(served.province.services.node.database) as session:
            for number, (dataset, organisation) in enumerate(product(GRANTED, CIVIL_AFFAIRS), 1):
                session.add(
                    GrantRow(
                        id=f"G-2026-900{number}",
                        dataset=dataset,
                        organisation=organisation,
                        fields=GRANTED[dataset],
                        purpose_zh="核对申请救助的家庭",
                        purpose_en="Checking a household",
                        valid_from=date(2026, 1, 1),
                        valid_to=date(2027, 12, 31),
                        rules=[],
                    )
                )
        yield served


def main(page: Page) -> str:
    return page.locator("main").inner_text()


def test_one_is_looked_up_one_is_asked_for_and_one_is_put_right(
    live: Live, browser: Browser
) -> None:
    faults: list[str] = []
    ground = ground_about_wang(live, browser)
    chen = office(live, browser, "chen", "chen-xihu")
    chen.on("pageerror", lambda fault: faults.append(str(fault)))
    property_is_refused_and_asked_for(live, browser, chen, ground)
    others_are_refused(live, browser, ground)
    wang = visit(browser, width=360).new_page()
    wang.on("pageerror", lambda fault: faults.append(str(fault)))
    sign_in(wang, live.base, "wang", at="/my/data")
    correction = field_is_put_right(live, browser, wang)
    she_sees_who_looked(live, wang, ground, correction)
    assert faults == []


def ground_about_wang(live: Live, browser: Browser) -> str:
    """Opened by the intake handler for her colleague, and confirmed by the head: its number."""
    pan, ding = office(live, browser, "pan", "pan-xihu"), office(live, browser, "ding", "ding-xihu")
    pan.goto(f"{live.base}/official/grounds/new")
    form = pan.locator("#form-open")
    assert form.locator("[name=reader][value=pan-xihu]").count() == 0
    for name, value in (
        ("ground_kind", "service_case"),
        ("item", "low_income"),
        ("standing", "applicant"),
        ("reader", "chen-xihu"),
    ):
        form.locator(f"[name={name}][value={value}]").check()
    form.locator("[name=subjects]").fill(WANG)
    form.locator("[name=reason]").fill("核对申请家庭的收入和财产")
    form.locator("[name=evidence]").fill(PAPER)
    form.locator("button[type=submit]").click()
    pan.wait_for_url("**done=*")
    matter = pan.url.partition("?")[0]
    assert do(ding, matter, "countersign", subjects=WANG, evidence=PAPER) == "在办"
    return f"GD-{int(matter.rpartition('/')[2]):06d}"


def property_is_refused_and_asked_for(
    live: Live, browser: Browser, chen: Page, ground: str
) -> None:
    here = f"{live.base}/official/grounds/{ground}"
    chen.goto(here)
    assert "最低生活保障边缘家庭认定" in main(chen) and WANG not in chen.content()
    for name, found in (("常住人口基本信息", "1 条记录"), ("职工社会保险缴费记录", "条记录")):
        chen.goto(here)
        chen.locator(".ground-subject a", has_text=name).click()
        chen.wait_for_load_state()
        assert found in chen.locator("#lookup").inner_text()
    chen.goto(here)
    chen.locator(".ground-subject a", has_text="不动产登记信息").click()
    chen.wait_for_load_state()
    assert "您的单位尚未获准使用" in chen.locator("#lookup").inner_text()
    chen.locator("#lookup").get_by_role("link", name="申请使用").click()
    chen.wait_for_load_state()
    ticked = chen.locator("[name=fields]:checked")
    assert {one.get_attribute("value") for one in ticked.all()} == SIX
    until = civil_date(live.province.services.node.clock()) + timedelta(days=365)
    chen.locator("#open-basis").fill("《社会救助暂行办法》第五十八条")
    chen.locator("#open-scene").fill("认定最低生活保障边缘家庭时核对房产")
    chen.locator("#open-scope").fill("本区救助经办岗位，申请家庭的成员")
    chen.locator("input[name=method][value=page]").check()
    chen.locator("#open-until").fill(until.isoformat())
    chen.get_by_role("button", name="保存并检查").click()
    chen.wait_for_url("**done=1")
    matter = chen.url.partition("?")[0]
    ding, jin, hua = (
        office(live, browser, who, position)
        for who, position in (("ding", "ding-xihu"), ("jin", "jin-zr"), ("hua", "hua-zr"))
    )
    assert do(chen, matter, "submit") == "本部门审核"
    assert do(ding, matter, "approve_inside") == "提供部门审核"
    assert do(jin, matter, "assess", opinion="属法定核对范围，可以共享") == "提供部门负责人签批"
    chen.goto(f"{here}?dataset={PROPERTY}&subject=1")
    assert "您的单位尚未获准使用" in chen.locator("#lookup").inner_text()
    hua.goto(matter)
    assert do(hua, matter, "agree") == "使用中"
    chen.goto(f"{here}?dataset={PROPERTY}&subject=1")
    assert (
        "1 条记录" in chen.locator("#lookup").inner_text()
    )  # the demo gives everybody named a home
    assert "住宅" in chen.locator("#lookup").inner_text()


def others_are_refused(live: Live, browser: Browser, ground: str) -> None:
    """His own other position, and a handler of the next district: the case is closed to both."""
    for who, position in (("chen", "chen-yb"), ("mao", "mao-gs")):
        page = office(live, browser, who, position)
        answer = page.goto(f"{live.base}/official/grounds/{ground}")
        assert answer is not None and answer.status == 404
        assert "您的岗位名下没有这个业务事由" in main(page)
        page.goto(f"{live.base}/official/datasets/ga_residents?case={ground}&subject=1")
        assert "在您的岗位名下没有这个编号的在办业务事由" in main(page)
        page.context.close()


def field_is_put_right(live: Live, browser: Browser, wang: Page) -> str:
    """From what she reports on her own page to the load that has it corrected: its number."""
    wang.goto(f"{live.base}/my/data")
    insurance = wang.locator("article.holding", has_text="职工社会保险缴费记录").first
    insurance.locator("section.record").first.get_by_role("link").click()
    wang.wait_for_load_state()
    wang.locator("select[name=field]").select_option("wage_base_cny")
    wang.locator("[name=claimed]").fill("8000")
    wang.locator("[name=reason]").fill("与工资条不符")
    wang.locator("main form button[type=submit]").last.click()
    wang.wait_for_url("**done=*")
    number = wang.url.partition("?")[0].rpartition("/")[2]
    wang.goto(f"{live.base}/my/data")
    marked = wang.locator("article.holding", has_text="核实中").locator("h3").all_inner_texts()
    assert sorted(marked) == ["职工社会保险缴费记录", "职工逐月参保状态"]
    sun = office(live, browser, "sun", "sun-rs")
    sun.goto(f"{live.base}/official/matters")
    matter = f"{live.base}/official/matters/{number}"
    sun.goto(matter)
    sun.locator("details.clock summary").click()
    due = sun.locator("details.clock").inner_text()  # five working days from Monday 23 November
    assert "最迟 2026年11月30日" in due
    assert "2026年11月29日 双休日，不计入" in due and "2026年11月30日 第 5 个工作日" in due
    assert do(sun, matter, "take_up") == "核实中"
    sun.get_by_role("link", name="查看这条记录").click()
    sun.wait_for_load_state()
    assert "核实数据是否有误" in main(sun)
    sun.get_by_role("link", name="继续验证，查看敏感数据项").click()
    sun.locator("#otp").fill(sun.locator("#shown").inner_text().strip())
    sun.locator("#otp").press("Enter")
    sun.locator("#lookup").wait_for()
    assert sun.locator("#lookup").inner_text().count("核实中") == 1
    loaded = load_with(live.province, WANG, "8000.00")
    derive(live)
    assert do(sun, matter, "correct", snapshot=loaded, result="已按工资条更正") == "已更正"
    wang.goto(f"{live.base}/my/data")
    assert "核实中" not in main(wang)
    assert len(re.findall(r"8,000\.00", main(wang))) >= 2  # in the row and in what is derived
    wang.goto(f"{live.base}/my/matters")
    line = wang.locator("li", has_text="个人信息更正申请").first.inner_text()
    assert "已更正" in line, line
    wang.goto(f"{live.base}/my/matters/{number}")
    assert "已更正" in main(wang) and "已按工资条更正" in main(wang)
    assert loaded in main(wang)
    return f"PC-{int(number):06d}"


def derive(live: Live) -> None:
    node, contracts = live.province.services.node, live.province.services.catalogue.contracts
    context = RunContext(node, open_emitter(node.settings), lambda _: None, contracts)
    for ended in run_all(context, time.sleep, only={MONTHS}):
        assert ended.fault is None, ended.fault


def she_sees_who_looked(live: Live, wang: Page, ground: str, correction: str) -> None:
    """Each read with organisation, ground and outcome, the refused ones too; and a proof."""
    wang.goto(f"{live.base}/my/uses")
    seen = [shown(card) for card in wang.locator("article.card[id]").all()]
    of_matters = [one for one in seen if one[2] in (ground, correction)]
    assert of_matters == [  # the newest first
        (SOCIAL_SECURITY, VERIFYING, correction, ALLOWED),  # once more, verified further
        (SOCIAL_SECURITY, VERIFYING, correction, ALLOWED),
        ("示例省拱墅区民政局", RECOGNITION, ground, REFUSED),
        ("示例省医疗保障局", RECOGNITION, ground, REFUSED),
        ("示例省西湖区民政局", RECOGNITION, ground, ALLOWED),  # property, once it was granted
        ("示例省西湖区民政局", RECOGNITION, ground, REFUSED),  # property, before
        ("示例省西湖区民政局", RECOGNITION, ground, ALLOWED),  # social security
        ("示例省西湖区民政局", RECOGNITION, ground, ALLOWED),  # public security
    ]
    proof = wang.locator("article.card[id]", has_text="示例省拱墅区民政局").locator("[data-proof]")
    proof.first.locator("button").click()
    expect(proof.first).to_have_attribute("data-verdict", "holds")
    assert "核验通过" in proof.first.locator("[role=status]").inner_text()


def shown(card: Locator) -> tuple[str, str, str, str]:
    """Of one entry: who, in which position and for what, and whether it was refused."""
    rows = dict(
        zip(
            card.locator("dt").all_inner_texts(),
            card.locator("dd").all_inner_texts(),
            strict=True,
        )
    )
    return (
        card.locator("h3").inner_text(),
        card.locator(".use-purpose").inner_text(),
        rows.get("案件编号", ""),
        rows["结果"].split(" · ")[0].strip(),
    )
