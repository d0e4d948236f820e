"""An application is checked and handed in on its page, and read there afterwards."""

import re
from dataclasses import replace

import pytest

from tests import casing
from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.citizen.test_apply import fields_of
from tests.test_portals.official.test_request import get, post, words
from tests.test_portals.pages.rendered import visitor
from xihu_catalog.registry.codes import code_list
from xihu_catalog.services.items import service_items
from xihu_platform.matters.command import Value
from xihu_platform.words import Text
from xihu_portals.pages.matter_view import line_of_time

__all__ = ["acted_province"]  # a fixture


def test_what_is_missing_is_named_and_it_is_handed_in_once(province: Province) -> None:
    number = casing.begun(province, "elder_card")
    path = f"/my/cases/{number}"
    page = get(province, "wang", path)
    assert "还差 4 项" in words(page) and "近期免冠照片" in words(page)
    assert "需要您提供 1 份" in words(page) and "免交 2/3 份" in words(page)
    form = fields_of(page, path)
    refused = post(province, "wang", path, form)
    assert refused.status_code == 422 and "请填写“姓名”" in words(refused)
    wang = province.citizen("wang")
    casing.act(
        province,
        number,
        wang,
        "write",
        {
            "f_name": "王若溪",
            "f_birth_date": "1988-04-12",
            "f_mobile": "13800001234",
            "at_counter": ["photo"],
        },
    )
    form = fields_of(get(province, "wang", path), path)
    first, second = (post(province, "wang", path, form) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert second.headers["location"] == f"/my/matters/{number}"
    shown = words(get(province, "wang", path))
    assert "已提交，待受理" in shown and "已确认" in shown and "13800001234" in shown
    assert "提交申请" not in shown
    assert "我提交的内容" in words(get(province, "wang", f"/my/matters/{number}"))


def test_the_situation_is_said_in_words_wherever_a_case_is_read(province: Province) -> None:
    number, wang = casing.begun(province, answers="employed=no ill=yes"), province.citizen("wang")
    view = province.services.matters.read(wang, number)
    texts = province.services.matters.read_texts(wang, number)
    (begun, *_) = line_of_time(visitor(province, wang, official=False), view, texts)
    (said,) = (one.value for one in begun.said if one.label.zh == "情形")
    assert said == (
        Text(
            "家里有没有和您一起生活的配偶、父母或者孩子？不清楚",
            "Does a spouse, parent or child live with you? I do not know",
        ),
        Text("您现在有配偶吗？不清楚", "Are you married? I do not know"),
        Text(
            "家里有人上班或者做生意吗？不是",
            "Does anybody in the family work or run a business? No",
        ),
        Text(
            "近一年家里有人住过院吗？是",
            "Was anybody in the family in hospital within a year? Yes",
        ),
    )


def test_nobody_else_sees_it(province: Province) -> None:
    number = casing.handed_in(province)
    for who in ("zhao", "zhou"):
        for page in ("", "/form", "/papers"):
            assert get(province, who, f"/my/cases/{number}{page}").status_code == 404
    other = casing.handed_in(province, "elder_card", "zhou")
    assert get(province, "wang", f"/my/cases/{other}").status_code == 404
    not_a_case = get(province, "wang", "/my/cases/2000000000")
    assert not_a_case.status_code == 404


def test_an_open_draft_is_among_my_matters_and_leads_to_its_page(province: Province) -> None:
    number = casing.begun(province, "social_security_card")
    assert f"BJ-{number:06d}" in words(get(province, "wang", "/my/matters"))
    answer = get(province, "wang", f"/my/matters/{number}")
    assert answer.status_code == 303 and answer.headers["location"] == f"/my/cases/{number}"


def test_a_bundle_is_handed_in_once_and_its_page_says_how_each_item_stands(
    province: Province,
) -> None:
    number = casing.handed_in(province, "newborn")
    path = f"/my/cases/{number}"
    shown = words(get(province, "wang", path))
    assert "各事项的进展" in shown and "已提交，待受理" in shown and "最迟" in shown
    assert shown.count("等前一事项办成后自动开始") == 2
    assert "是承诺，不是法定期限" in shown
    (first,) = casing.parts(province, number).values()
    child = words(get(province, "wang", f"/my/cases/{first}"))
    assert "属于 新生儿出生一件事" in child
    assert get(province, "zhou", path).status_code == 404
    mine = words(get(province, "wang", "/my/matters"))
    assert f"YJ-{number:06d}" in mine and f"BJ-{first:06d}" in mine


def test_what_the_offices_ask_for_stands_on_the_page_of_the_bundle(province: Province) -> None:
    number = casing.handed_in(province, "after_death")
    cases = casing.parts(province, number)
    assert set(cases) == {"death_deregistration", "funeral_grant", "account_inheritance"}
    for item, gap in (("death_deregistration", "缺户口簿原件"), ("funeral_grant", "缺关系证明")):
        casing.ask(province, cases[item], gap)
    shown = words(get(province, "wang", f"/my/cases/{number}"))
    assert "缺户口簿原件" in shown and "缺关系证明" in shown and shown.count("等您补充") == 2
    matter = words(get(province, "wang", f"/my/matters/{number}"))
    assert "缺户口簿原件" in matter and "缺关系证明" in matter and matter.count("等您补充") == 2
    assert "您现在不用做什么" not in matter
    asked = matter.partition("有事项需要您补正")[2]
    assert asked and "平台自动办理" in asked and "申请人" not in asked


def test_whoever_has_read_the_page_of_a_bundle_has_no_news_of_it(province: Province) -> None:
    number = casing.handed_in(province, "after_death")
    cases = casing.parts(province, number)
    casing.ask(province, cases["death_deregistration"], "缺户口簿原件")
    line = f"YJ-{number:06d}"
    before = words(get(province, "wang", "/my/matters")).partition(line)[0]
    assert before.rstrip().endswith("有新进展")
    get(province, "wang", f"/my/cases/{number}")
    after = words(get(province, "wang", "/my/matters")).partition(line)[0]
    assert not after.rstrip().endswith("有新进展")


def test_a_bundle_says_what_it_is_made_of_and_asks_for_nothing_twice(province: Province) -> None:
    page = words(get(province, "wang", "/services/after_death"))
    assert "包含的事项" in page and "视情形" in page and "法定时限" not in page
    listed = words(get(province, "wang", "/services"))
    assert "一件事：填一次表，几个事项一起办" in listed and "公民身后一件事" in listed
    apply = words(get(province, "wang", "/services/newborn/apply"))
    assert "孩子报过户口了吗" not in apply and "孩子的父母是夫妻吗" in apply


def test_a_bundle_is_withdrawn_on_its_page_and_the_page_says_what_goes(province: Province) -> None:
    number = casing.handed_in(province, "after_death")
    path = f"/my/cases/{number}"
    page = get(province, "wang", path)
    shown = words(page)
    # five items; two of them have not begun
    goes = shown.split("将撤回下列事项：")[1].split("确认撤回")[0]
    for name in ("死亡登记", "丧葬", "个人账户继承", "住房公积金", "不动产"):
        assert name in goes
    assert "不受影响" not in shown
    answer = post(province, "wang", path, fields_of(page, path))
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    after = words(get(province, "wang", path))
    assert "您已撤回整件事" in after and "确认撤回" not in after
    assert after.count("没有开始，已随整件事撤回") == 2 and "其余事项" not in after
    assert {
        province.services.matters.read(province.citizen("wang"), one).state
        for one in casing.parts(province, number).values()
    } == {"withdrawn"}
    english = words(get(province, "wang", path, "en"))
    assert "You have withdrawn the whole bundle" in english


def test_the_guide_of_a_bundle_has_the_fee_of_each_item(province: Province) -> None:
    page = words(get(province, "wang", "/services/after_death"))
    fees = page.split("收不收费")[1].split("办完得到什么")[0]
    assert fees.count("不收费") == 4 and "80.00 元" in fees and "合计最多 80.00 元" in fees
    assert "合计 0.00 元" in words(get(province, "wang", "/services/newborn"))
    english = words(get(province, "wang", "/services/after_death", "en"))
    assert "CNY 80.00 together at most" in english


def test_what_is_brought_to_the_counter_is_said_until_it_came_or_is_decided(
    province: Province,
) -> None:
    """The photograph of an elder card: handed in, under review; then decided."""
    number = casing.handed_in(province)
    paths = (f"/my/matters/{number}", f"/my/cases/{number}")
    chen = province.official(*casing.handler_of(province, number))
    for step in (None, "accept"):
        if step is not None:
            casing.act(province, number, chen, step)
        for path in paths:
            shown = words(get(province, "wang", path))
            assert "您现在不用做什么" not in shown
            said = shown.partition("请把材料带到窗口")[2][:200]
            assert "近期免冠照片 到窗口交" in said and "身份证" not in said
            assert "示例街道便民服务中心 2 号窗口" in said and "示例路 8 号" in said
            assert "工作日 9:00–12:00、14:00–17:00" in said and "0571-00001202" in said
            english = words(get(province, "wang", path, "en"))
            assert "Bring these papers to the counter" in english and "Telephone" in english
            assert "nothing to do now" not in english
    casing.act(province, number, chen, "grant")
    for path in paths:
        assert "请把材料带到窗口" not in words(get(province, "wang", path))
    assert "您现在不用做什么" in words(get(province, "wang", paths[0]))


def test_of_a_bundle_each_counter_is_named_with_what_it_waits_for(province: Province) -> None:
    number = casing.handed_in(province, "after_death")
    for path in (f"/my/matters/{number}", f"/my/cases/{number}"):
        shown = words(get(province, "wang", path))
        assert "请把材料带到窗口：" in shown and "您现在不用做什么" not in shown
        # three cases have begun, two of them at one counter, where each paper is named once
        assert shown.count("请把材料带到窗口：") == 2
        both = shown.partition("丧葬补助金和抚恤金申领、养老保险个人账户继承")[2]
        assert both.partition("示例省社保服务大厅 10 号窗口")[0].count("亲属关系证明") == 1


def test_papers_that_the_office_has_noted_are_not_asked_for_again(province: Province) -> None:
    item = next(
        one
        for one in service_items().values()
        if any(paper.deferrable_days for paper in one.materials) and "1" in one.audience
    )
    number = casing.handed_in(province, item.id)
    who = province.official(*casing.handler_of(province, number))
    follows = [one.id for one in item.materials if one.deferrable_days]
    casing.act(province, number, who, "accept_tolerant", {"deferred": follows})
    assert "请把材料带到窗口" in words(get(province, "wang", f"/my/matters/{number}"))
    casing.act(province, number, who, "papers_came")
    assert "请把材料带到窗口" not in words(get(province, "wang", f"/my/matters/{number}"))


@pytest.mark.parametrize("steps", [("reject",), ("accept", "refuse")])
def test_whoever_is_refused_reads_what_may_be_done_against_it(
    province: Province, steps: tuple[str, ...]
) -> None:
    number = casing.handed_in(province)
    chen = province.official(*casing.handler_of(province, number))
    for step in steps[:-1]:
        casing.act(province, number, chen, step)
    assert "行政复议" not in words(get(province, "wang", f"/my/matters/{number}"))
    assert casing.refuse(province, number, steps[-1]) == "refused"
    for path in (f"/my/matters/{number}", f"/my/cases/{number}"):
        shown = words(get(province, "wang", path))
        assert (
            "不服示例省西湖区民政局的决定的，可以自收到决定之日起 60 日内申请行政复议"
            "（《行政复议法》第二十条），或者 6 个月内提起行政诉讼（《行政诉讼法》第四十六条）。"
        ) in shown
        english = words(get(province, "wang", path, "en"))
        assert "within 60 days" in english and "within 6 months" in english


def test_a_draft_is_given_up_on_its_page_and_only_after_it_was_confirmed(
    province: Province,
) -> None:
    for item in ("elder_card", "after_death"):
        number = casing.begun(province, item, "zhou")
        path = f"/my/cases/{number}"
        page = get(province, "zhou", path)
        shown = words(page)
        assert "放弃草稿" in shown and "确认放弃" in shown
        assert "Discard the draft" in words(get(province, "zhou", path, "en"))
        form = page.text.partition("确认放弃")[0].rpartition("<form")[2]
        said = re.findall(r'name="(\w+)" value="([^"]*)"', form)
        answer = post(province, "zhou", path, [one for one in said if one[0] != "csrf"])
        assert answer.status_code == 303, words(answer)[:400]
        after = words(get(province, "zhou", answer.headers["location"]))
        assert "放弃草稿" in after and "已撤回" in after and "各事项的进展" not in after
        closed = words(get(province, "zhou", path))
        assert "确认放弃" not in closed and "提交申请" not in closed
        assert "各事项的进展" not in closed


def test_what_was_handed_in_is_not_given_up_as_a_draft(province: Province) -> None:
    number = casing.handed_in(province, "elder_card", "zhou")
    path = f"/my/cases/{number}"
    assert "放弃草稿" not in words(get(province, "zhou", path))
    post(province, "zhou", path, [("event", "discard"), ("key", casing.key()), ("version", "1")])
    assert province.services.matters.read(province.citizen("zhou"), number).state == "received"


def test_a_code_is_read_by_its_name_wherever_a_case_is_read(province: Province) -> None:
    number = casing.handed_in(province, "birth_registration", "wang", {"child_sex": "2"})
    for language, name in (("zh", "女"), ("en", "Female")):
        shown = words(get(province, "wang", f"/my/cases/{number}", language))
        title = "孩子性别" if language == "zh" else "Sex of the child"
        assert shown.partition(title)[2].lstrip().lower().startswith(name.lower())
    who, position = casing.handler_of(province, number)
    desk = words(get(province, f"{who}/{position}", f"/official/cases/{number}"))
    assert desk.partition("孩子性别")[2].lstrip().startswith("女")
    wang = province.citizen("wang")
    view = province.services.matters.read(wang, number)
    texts = province.services.matters.read_texts(wang, number)
    lines = line_of_time(visitor(province, wang, official=False), view, texts)
    said = [one.value for line in lines for one in line.said if one.label.zh == "孩子性别"]
    assert said == [code_list("sex")["2"]]


def test_a_reminder_is_the_platforms_and_no_period_has_ended(province: Province) -> None:
    number, wang = casing.handed_in(province), province.citizen("wang")
    view = province.services.matters.read(wang, number)
    last = view.events[-1]
    warned = replace(last, seq=last.seq + 1, name="warned", sub="clock", stands_in_for=None)
    lapsed = replace(warned, seq=last.seq + 2, name="deem_accepted")
    seen = replace(view, events=(*view.events, warned, lapsed))
    *_, told, ended = line_of_time(visitor(province, wang, official=False), seen, {})
    assert told.who == Text("平台", "The platform")
    assert ended.who == Text("期限届满，依法自动发生", "By law, when the period ended")


def test_each_gap_says_how_it_is_given_and_by_when_the_office_then_answers(
    province: Province,
) -> None:
    number = casing.handed_in(province, "elder_card")
    office = province.official(*casing.handler_of(province, number))
    gaps: dict[str, Value] = {"gaps": "照片不清楚；电话打不通", "missing": ["photo", "f_mobile"]}
    casing.act(province, number, office, "ask_completion", gaps)
    path = f"/my/cases/{number}"
    page = get(province, "wang", path)
    asked = page.text.partition('id="asked-title"')[2].partition("</section>")[0]
    assert f'<b>联系电话</b></span> <a href="{path}/form#f_mobile">在表单中填写</a>' in asked
    assert f'<b>近期免冠照片</b></span> <a href="{path}/papers#photo">添加照片或者文件</a>' in asked
    assert asked.count("或者带到窗口") == 1 and "已添加" not in asked
    assert "办理期限从补齐之日起重新计算" in asked
    assert "今天补齐的，" in asked and "最迟 2026年11月30日" in asked  # five working days
    casing.act(province, number, province.citizen("wang"), "write", {"at_counter": ["photo"]})
    later = get(province, "wang", path).text.partition('id="asked-title"')[2]
    assert (
        '<b>近期免冠照片</b> <span class="tag">到窗口交</span>' in later.partition("</section>")[0]
    )
    english = words(get(province, "wang", path, "en"))
    assert "or bring it to the counter" in english and "if you supply it today" in english


def test_papers_that_follow_have_a_last_day_with_its_explanation(province: Province) -> None:
    number = casing.handed_in(province, "retirement")
    office = province.official(*casing.handler_of(province, number))
    follows = [one.id for one in service_items()["retirement"].materials if one.deferrable_days]
    casing.act(province, number, office, "accept_tolerant", {"deferred": follows})
    page = get(province, "wang", f"/my/cases/{number}").text
    asked = page.partition('id="asked-title"')[2].partition("</section>")[0]
    # ten working days after Monday the 23rd
    assert "<b>最迟 2026年12月7日</b>" in asked and "没有统一的最后一天" not in asked
    (way,) = re.findall(rf'href="(/my/matters/{number}#[^"]+)"', asked)
    assert f'id="{way.partition("#")[2]}"' in get(province, "wang", f"/my/matters/{number}").text
    assert asked.count("添加照片或者文件") == len(follows)
