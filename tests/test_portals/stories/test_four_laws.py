"""Four laws treat incomplete papers in four ways; the applicant and the desk read the one that
holds for their case.

Days are counted by hand on the official calendar: from Monday 2026-11-23 there is no holiday before
the year's end. The laws: 行政许可法 32, 42; 政府信息公开条例 30, 33; 浙江最多跑一次规定 11;
浙江省社会救助条例 13, by which silence accepts nothing.
"""

from collections.abc import Iterator
from datetime import datetime

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.province import build
from tests.test_portals.pages.live import (
    ARGUMENTS,
    CHROMIUM,
    Live,
    office,
    serving,
    sign_in,
    visit,
)
from tests.test_portals.pages.looked import overflow
from tests.test_portals.stories.applying import (
    act_for,
    acts,
    begin,
    bring,
    decide,
    hand_in,
    take,
    write,
)

pytestmark = [pytest.mark.browser, pytest.mark.harness, pytest.mark.timeout(240)]
PHONE, FIRM = 360, "杭州西溪智造（示例）有限公司"
ASK, LAW_ONCE = "ask_completion", "《浙江省保障“最多跑一次”改革规定》第十一条"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    build()  # before the browser's own loop runs
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def live(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Each law's test lets its own time pass."""
    with serving(tmp_path_factory.mktemp("law")) as served:
        yield served


def citizen(live: Live, browser: Browser, who: str, whom: str = "") -> Page:
    """On a phone; whoever was away for days signs in anew."""
    page = visit(browser, width=PHONE).new_page()
    page.set_default_timeout(15_000)
    sign_in(page, live.base, who, at="/signin?level=3&next=/my/matters")
    if whom:
        act_for(page, whom)
    return page


def desk(live: Live, browser: Browser, position: str, case: int, who: str = "") -> Page:
    """Somebody's desk with a case that they have taken; who has one position has its name."""
    page = office(live, browser, who or position, position)
    page.set_viewport_size({"width": 1280, "height": 800})
    take(page, live, case)
    return page


def main(page: Page, address: str = "") -> str:
    if address:
        page.goto(address)
    assert overflow(page) == []
    return page.locator("main").inner_text()


def test_a_licence_is_deemed_accepted_after_five_working_days_of_silence(
    live: Live, browser: Browser
) -> None:
    zhao = citizen(live, browser, "zhao", FIRM)
    case = begin(zhao, live, "food_permit", leased="no", cooked="yes")
    write(zhao, premises="示例区示例街 1 号", scope="热食类食品制售")
    bring(zhao)  # the plan and the rules: and they do not come
    assert hand_in(zhao) == f"BJ-{case:06d}"
    said = main(zhao)
    assert "已提交，待受理" in said
    assert "一次性告知申请人需要补正的全部内容：最迟 2026年11月30日" in said
    assert "经营场所是租的吗？不是" in said and "leased" not in said
    live.on(datetime(2026, 11, 30, 17))  # on the last day there is still time
    handler = desk(live, browser, "sg-cases-1", case)
    assert ASK in acts(handler, live, case) and "还没有核对" in main(handler)
    live.on(datetime(2026, 12, 1, 9))
    handler = desk(live, browser, "sg-cases-1", case)
    assert not {ASK, "accept_tolerant"} & acts(handler, live, case)  # it was silent: too late
    said = main(handler)
    assert "作出食品经营许可决定：最迟 2026年12月3日" in said
    zhao = citizen(live, browser, "zhao", FIRM)
    said = main(zhao, f"{live.base}/my/matters/{case}")
    assert "审查" in zhao.locator("#state-title").inner_text()
    deemed = zhao.locator("li", has_text="逾期未告知，视为受理").last.inner_text()
    assert "2026年11月23日" in deemed and "2026年12月1日 09:00 补记" in deemed
    assert "期限届满，依法自动发生 · 《行政许可法》第三十二条" in deemed
    check, decision = zhao.locator("details.clock").all()
    assert "《行政许可法》第三十二条" in check.inner_text()
    assert "期限 2026年11月30日，届满没有办" in check.inner_text()
    # eight promised working days of the twenty of article 42, from the day the papers came
    decision.locator("summary").click()
    said = decision.inner_text()
    assert "《中华人民共和国行政许可法》第四十二条" in said and "最迟 2026年12月3日" in said
    assert "2026年11月23日 起算日，不计入" in said and "2026年12月3日 第 8 个工作日" in said


def test_the_days_of_an_answer_begin_anew_when_what_was_missing_comes(
    live: Live, browser: Browser
) -> None:
    wang = citizen(live, browser, "wang")
    case = begin(wang, live, "information_request", for_another="no", on_paper="no")
    write(wang, mobile="13800001234", wanted="去年修路的文件", how="电子邮件")
    bring(wang)
    hand_in(wang)
    said = main(wang)
    assert "最迟 2026年12月2日" in said  # seven working days to tell what is missing, article 30
    assert "答复政府信息公开申请：最迟 2026年12月21日" in said  # twenty from receipt, article 33
    live.on(datetime(2026, 11, 25, 10))
    handler = desk(live, browser, "zw-cases-1", case)
    gaps = "请写明文件的名称或者文号；申请表没有签名"
    assert decide(handler, live, case, "ask_completion", gaps=gaps) == "待补正"
    wang = citizen(live, browser, "wang")
    said = main(wang, f"{live.base}/my/cases/{case}")
    assert "需要补正的全部内容" in said and gaps in said
    live.on(datetime(2026, 11, 27, 10))
    wang = citizen(live, browser, "wang")
    wang.goto(f"{live.base}/my/cases/{case}/form")
    write(wang, wanted="示例政发〔2025〕1号")
    wang.goto(f"{live.base}/my/cases/{case}")
    wang.get_by_role("button", name="提交补正内容").click()
    wang.wait_for_load_state()
    said = main(wang)
    assert "最迟 2026年12月8日" in said  # seven anew, from 27 November
    assert "答复政府信息公开申请：最迟 2026年12月25日" in said  # and twenty
    assert "《中华人民共和国政府信息公开条例》第三十三条" in said
    live.on(datetime(2026, 11, 30, 10))
    handler = desk(live, browser, "zw-cases-1", case)
    assert ASK not in acts(handler, live, case)  # once, and not again
    assert decide(handler, live, case, "accept") == "审查"
    assert "答复政府信息公开申请：最迟 2026年12月25日" in main(handler)  # as before


def test_a_change_of_registration_is_accepted_with_papers_to_follow_and_revoked_without_them(
    live: Live, browser: Browser
) -> None:
    zhao = citizen(live, browser, "zhao", FIRM)
    case = begin(zhao, live, "firm_change", moves="yes", new_representative="no")
    write(zhao, phone="0571-00000000", what="住所", after="示例区示例街 2 号")
    assert "可以容缺，受理后再补" in main(zhao)
    bring(zhao)
    hand_in(zhao)
    live.on(datetime(2026, 11, 24, 10))
    handler = desk(live, browser, "sg-cases-1", case)
    state = decide(handler, live, case, "accept_tolerant", deferred="premises")
    assert state == "已容缺受理，待补齐"
    zhao = citizen(live, browser, "zhao", FIRM)
    said = main(zhao, f"{live.base}/my/matters/{case}")
    # ten working days for the proof of the seat, and the decision's own day runs on
    assert "补齐容缺的材料：最迟 2026年12月8日" in said
    assert "予以变更登记：最迟 2026年11月25日" in said
    assert LAW_ONCE in said
    assert "《中华人民共和国市场主体登记管理条例》第十九条" in said
    live.on(datetime(2026, 12, 9, 10))
    handler = desk(live, browser, "sg-cases-1", case)
    state = decide(
        handler,
        live,
        case,
        "revoke_acceptance",
        reason="新住所使用证明逾期没有补齐",
        article=LAW_ONCE,
    )
    assert state == "不予"
    zhao = citizen(live, browser, "zhao", FIRM)
    said = main(zhao, f"{live.base}/my/matters/{case}")
    assert "未按承诺补齐，已撤销受理" in said and "新住所使用证明逾期没有补齐" in said
    assert LAW_ONCE in said


def test_silence_accepts_no_benefit_and_its_days_begin_with_acceptance(
    live: Live, browser: Browser
) -> None:
    wang = citizen(live, browser, "wang")
    answers = {"lives_together": "yes", "married": "no", "employed": "no", "ill": "no"}
    case = begin(wang, live, "low_income", **answers)
    write(wang, address="示例路 8 号", mobile="13800001234", members="2")
    bring(wang)
    hand_in(wang)
    said = main(wang)
    assert "最迟 2026年11月30日 本地办理目标，非法定期限" in said  # no law sets these days
    live.on(datetime(2026, 12, 1, 9))
    wang = citizen(live, browser, "wang")
    said = main(wang, f"{live.base}/my/matters/{case}")
    assert "已提交，待受理" in said and "已逾期，最迟应于 2026年11月30日" in said
    assert "视为受理" not in said
    handler = desk(live, browser, "xxjd-cases-1", case)
    listed = handler.goto(f"{live.base}/official/desk")
    assert listed is not None and "已逾期 1 天（最迟应于 2026年11月30日）" in main(handler)
    gaps = "授权书缺家庭成员签名"
    state = decide(handler, live, case, "ask_completion", missing="authorisation", gaps=gaps)
    assert state == "待补正"
    live.on(datetime(2026, 12, 2, 9))
    wang = citizen(live, browser, "wang")
    assert gaps in main(wang, f"{live.base}/my/cases/{case}")
    wang.goto(f"{live.base}/my/cases/{case}/papers")
    bring(wang)
    wang.get_by_role("button", name="提交补正内容").click()
    wang.wait_for_load_state()
    assert "最迟 2026年12月9日" in main(wang)
    live.on(datetime(2026, 12, 3, 9))
    handler = desk(live, browser, "xxjd-cases-1", case)
    assert ASK not in acts(handler, live, case)
    assert decide(handler, live, case, "accept") == "审查"
    wang = citizen(live, browser, "wang")
    said = main(wang, f"{live.base}/my/matters/{case}")
    # fifteen working days of the street, from acceptance
    assert "街道完成调查、公示并报送：最迟 2026年12月24日" in said
    assert "《浙江省社会救助条例》第十三条" in said
