"""After a death: one form for five items. Three offices have their cases, all that they ask for is
one message, one refuses and the others go on; in the end one message says that all is over.

Received on Monday 2026-11-23; the bundle's promise is 30 working days, counted by hand: 29 of them
are left in 2026 (New Year's Eve is the 28th), and the calendar of 2027 is not published.
"""

import re
from collections.abc import Iterator
from datetime import datetime

import pytest
from playwright.sync_api import Browser, Page

from tests.test_portals.pages.live import Live, serving
from tests.test_portals.pages.looked import axe
from tests.test_portals.stories.applying import begin, bring, decide, hand_in, write
from tests.test_portals.stories.test_four_laws import citizen, desk, main

pytestmark = [pytest.mark.browser, pytest.mark.harness, pytest.mark.timeout(240)]
DEATH, FUNERAL, ACCOUNT, FUND, HOME = (
    *("死亡登记（注销户口）", "丧葬补助金和抚恤金申领", "养老保险个人账户继承"),
    *("住房公积金提取", "不动产转移登记（二手房过户）"),
)
WAITS = "等前一事项办成后自动开始"
TELLS, NEWS = "有事项需要您补正", "有新进展"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("bundle")) as served:
        yield served


def parts(page: Page, live: Live, bundle: int) -> dict[str, str]:
    """By the name of each item, what the page of the bundle says of it."""
    main(page, f"{live.base}/my/cases/{bundle}")
    found = page.locator("ol.case-parts > li").all()
    return {one.locator("strong").inner_text(): one.inner_text() for one in found}


def numbers(said: dict[str, str]) -> dict[str, int]:
    known = {name: re.search(r"BJ-(\d{6})", one) for name, one in said.items()}
    return {name: int(one[1]) for name, one in known.items() if one}


def told(page: Page, live: Live, bundle: int) -> int:
    """How often the bundle has told its applicant to complete something."""
    page.goto(f"{live.base}/my/matters/{bundle}")
    return page.locator("main li", has_text=TELLS).count()


def test_five_items_one_form_one_refusal_and_one_message_at_the_end(
    live: Live, browser: Browser
) -> None:
    wang = citizen(live, browser, "wang")
    bundle = one_form(live, wang)
    cases = numbers(parts(wang, live, bundle))
    ga, rs = offices_see_their_own(live, browser, wang, bundle, cases)
    all_gaps_are_one_message(live, wang, ga, rs, bundle, cases)
    wang = one_is_refused_and_the_others_go_on(live, browser, bundle, cases)
    every_item_ends(live, browser, wang, bundle)


def one_form(live: Live, wang: Page) -> int:
    """Eleven fields and thirteen papers for five items; one receipt."""
    wang.goto(f"{live.base}/services?q=亲人去世")
    wang.get_by_role("link", name="公民身后一件事").first.click()
    wang.wait_for_load_state()
    assert all(name in main(wang) for name in (DEATH, FUNERAL, ACCOUNT, FUND, HOME))
    yes = dict.fromkeys(("insured", "has_fund", "has_home", "in_hospital"), "yes")
    no = dict.fromkeys(("several", "will", "married", "mortgaged"), "no")
    no |= {"account_inheritance_several": "no"}
    bundle = begin(wang, live, "after_death", **yes, **no)
    assert wang.locator("main form.card .field").count() == 11
    assert axe(wang) == []
    written = {"mobile": "13800001234", "relation": "女儿", "deceased": "王示例"}
    written |= {"died_on": "2026-11-10", "address": "示例路 8 号", "bank": "示例银行"}
    write(wang, **written, reason="亲人去世", amount="12000")
    # no will, no other heir, not married, no mortgage: of thirteen papers eight are needed, of
    # which registers have two, her identity card and her social security card
    assert "需要您提供 6 份" in main(wang) and "这 2 份不用交" in main(wang)
    bring(wang)
    assert hand_in(wang) == f"YJ-{bundle:06d}"
    assert "各事项办理中" in main(wang) and "是承诺，不是法定期限" in main(wang)
    wang.goto(f"{live.base}/my/matters/{bundle}")
    assert "一件事承诺办结：最迟 2027年1月5日 （暂定" in main(wang)
    return bundle


def offices_see_their_own(
    live: Live, browser: Browser, wang: Page, bundle: int, cases: dict[str, int]
) -> tuple[Page, Page]:
    said = parts(wang, live, bundle)
    assert list(said) == [DEATH, FUNERAL, ACCOUNT, FUND, HOME]
    assert set(cases) == {DEATH, FUNERAL, ACCOUNT}
    assert all("已提交，待受理" in said[one] for one in cases)
    assert WAITS in said[FUND] and WAITS in said[HOME]
    ga = desk(live, browser, "ga-cases-1", cases[DEATH])
    rs = desk(live, browser, "rs-cases-1", cases[FUNERAL])
    for page, mine, others in (
        (ga, [DEATH], [FUNERAL, ACCOUNT]),
        (rs, [FUNERAL, ACCOUNT], [DEATH]),
    ):
        page.goto(f"{live.base}/official/desk")
        shown = main(page)
        assert all(f"BJ-{cases[one]:06d}" in shown for one in mine)
        assert not any(f"BJ-{cases[one]:06d}" in shown for one in others)
        answer = page.goto(f"{live.base}/official/cases/{cases[others[0]]}")
        assert answer is not None and answer.status == 404
    return ga, rs


def all_gaps_are_one_message(
    live: Live, wang: Page, ga: Page, rs: Page, bundle: int, cases: dict[str, int]
) -> None:
    gaps = {DEATH: "去世亲人的户口簿没有带来", FUNERAL: "亲属关系证明没有带来"}
    assert decide(ga, live, cases[DEATH], "ask_completion", gaps=gaps[DEATH]) == "待补正"
    assert decide(rs, live, cases[FUNERAL], "ask_completion", gaps=gaps[FUNERAL]) == "待补正"
    wang.goto(f"{live.base}/")
    assert "您有 1 件办件有新进展" in main(wang)
    assert told(wang, live, bundle) == 1
    said = parts(wang, live, bundle)
    for one, gap in gaps.items():
        assert "等您补充" in said[one] and gap in said[one]
    assert "等您补充" not in said[ACCOUNT]
    for one in gaps:
        wang.goto(f"{live.base}/my/cases/{cases[one]}/papers")
        bring(wang)
        wang.get_by_role("button", name="提交补正内容").click()
        wang.wait_for_load_state()
    said = parts(wang, live, bundle)
    assert "已提交，待受理" in said[DEATH] and "已提交，待受理" in said[FUNERAL]


def one_is_refused_and_the_others_go_on(
    live: Live, browser: Browser, bundle: int, cases: dict[str, int]
) -> Page:
    live.on(datetime(2026, 11, 25, 10))
    ga = desk(live, browser, "ga-cases-1", cases[DEATH])
    rs = desk(live, browser, "rs-cases-1", cases[FUNERAL])
    assert decide(rs, live, cases[FUNERAL], "accept") == "审查"
    refused = {"reason": "去世亲人没有参加职工养老保险", "article": "《社会保险法》第十七条"}
    assert decide(rs, live, cases[FUNERAL], "refuse", **refused) == "不予"
    for event in ("accept", "grant", "deliver"):
        decide(ga, live, cases[DEATH], event)
    wang = citizen(live, browser, "wang")
    said = parts(wang, live, bundle)
    assert "不予" in said[FUNERAL] and "已办结" in said[DEATH]
    assert "已提交，待受理" in said[ACCOUNT]
    # what came after the registration has begun, and was received on the day of that grant
    assert set(numbers(said)) == {DEATH, FUNERAL, ACCOUNT, FUND, HOME}
    assert "最迟 2026年12月2日" in said[FUND] and "最迟 2026年12月2日" in said[HOME]
    assert "各事项办理中" in main(wang)
    wang.goto(f"{live.base}/my/matters/{cases[FUNERAL]}")
    assert refused["reason"] in main(wang) and refused["article"] in main(wang)
    return wang


def every_item_ends(live: Live, browser: Browser, wang: Page, bundle: int) -> None:
    cases = numbers(parts(wang, live, bundle))
    steps: dict[str, tuple[tuple[str, str, dict[str, str]], ...]] = {
        ACCOUNT: (
            ("rs-cases-1", "accept", {}),
            ("rs-cases-1", "review", {"opinion": "余额已核定"}),
            ("rs-leader", "grant", {}),
            ("rs-cases-1", "deliver", {}),
        ),
        FUND: (
            ("gjj-cases-1", "accept", {}),
            ("gjj-cases-1", "do_account_check", {"finding": "余额充足，没有冻结"}),
            ("gjj-cases-1", "grant", {}),
            ("gjj-cases-1", "deliver", {}),
        ),
        HOME: (
            ("zr-cases-1", "accept", {}),
            ("zr-cases-1", "record_payment", {"evidence": "XH-SF-2026-0001"}),
            ("zr-cases-1", "grant", {}),
            ("zr-cases-1", "deliver", {}),
        ),
    }
    for item, events in steps.items():
        wang.goto(f"{live.base}/my/cases/{bundle}")
        assert "各事项办理中" in main(wang)
        who, page = "", None
        for position, event, said in events:
            if position != who or page is None:
                who, page = position, desk(live, browser, position, cases[item])
            decide(page, live, cases[item], event, **said)
    wang.goto(f"{live.base}/my/matters")
    line = wang.locator("li.matter-line", has_text=f"YJ-{bundle:06d}")
    assert NEWS in line.inner_text() and "各事项均已办结" in line.inner_text()
    said = parts(wang, live, bundle)
    for one in (DEATH, ACCOUNT, FUND, HOME):
        assert "已办结" in said[one], said[one]
    assert "不予" in said[FUNERAL]
    wang.goto(f"{live.base}/my/matters/{bundle}")
    ended = wang.locator("main li", has_text="各事项均已办结").all_inner_texts()
    assert len(ended) == 1 and "平台自动办理" in ended[0]
    assert told(wang, live, bundle) == 1
    assert axe(wang) == []
