"""A case at the desk: given beside registered, by whoever has it, each read once and in the log."""

import re

from tests import casing
from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.api.callers import Call, send
from tests.test_portals.citizen.test_apply import fields_of, reads
from tests.test_portals.citizen.test_licences import changed, licence
from tests.test_portals.official.test_request import do as act
from tests.test_portals.official.test_request import get, hidden, post, words
from xihu_platform.access.grounds import GroundRow
from xihu_platform.database import transaction

__all__ = ["acted_province"]  # a fixture
SUN = "sun/sun-rs"


def holder(province: Province, number: int) -> str:
    with transaction(province.services.node.database) as session:
        return session.get_one(GroundRow, f"BJ-{number:06d}").position


def who_has(province: Province, number: int) -> str:
    position = holder(province, number)
    return f"{position.partition('-')[0]}/{position}" if position.endswith("xihu") else SUN


def do(province: Province, who: str, number: int, event: str, *said: tuple[str, str]) -> None:
    path = f"/official/cases/{number}"
    page = get(province, who, path).text
    form = page.partition(f'value="{event}"')
    before, after = form[0].rpartition("<form")[2], form[2].partition("</form>")[0]
    hidden = dict(_inputs(before + f'value="{event}"' + after))
    hidden.pop("csrf")
    answer = post(province, who, path, [*(hidden | dict(said)).items()])
    assert answer.status_code == 303, words(answer)[:900]


def _inputs(html: str) -> list[tuple[str, str]]:
    return re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html)


def test_the_registers_are_read_under_the_case_with_nothing_typed(province: Province) -> None:
    number = casing.handed_in(province, "retirement")
    who, path = who_has(province, number), f"/official/cases/{number}"
    if holder(province, number) != "sun-rs":
        do(province, SUN, number, "take")
        who = SUN
    before = [one for one in reads(province, number) if one[0] == "case"]
    assert before == []
    page = get(province, who, path)
    form = fields_of(page, f"{path}/check")
    assert post(province, who, f"{path}/check", form).status_code == 303
    shown = words(get(province, who, path))
    assert "核对" in shown
    read = [one for one in reads(province, number) if one[0] == "case"]
    assert len(read) == len(set(read)) >= 1
    post(province, who, f"{path}/check", form)
    assert [one for one in reads(province, number) if one[0] == "case"] == read


def test_a_register_that_was_not_shown_is_said_and_leads_to_the_request(
    province: Province,
) -> None:
    number = casing.handed_in(province, "low_income")
    street = holder(province, number)
    who, path = f"{street}/{street}", f"/official/cases/{number}"
    page = words(get(province, who, path))
    assert "还没有核对" in page and street.startswith("xxjd")
    form = fields_of(get(province, who, path), f"{path}/check")
    assert post(province, who, f"{path}/check", form).status_code == 303
    page = get(province, who, path).text
    paper = page.partition('id="paper-property"')[2].partition("</li>")[0]
    assert "您的单位尚未获准使用" in paper and "示例省自然资源厅" not in paper
    assert "本单位没有核对到" in paper and "已通过共享获取" not in paper
    assert "/official/datasets/zr_property_registrations/request?" in paper
    shown = words(get(province, who, path))
    assert "还没有核对" not in shown
    # the telephone, which no consent of theirs names: not the same as no record
    row = shown.partition("联系电话")[2][:80]
    assert "未能核对" in row and "查无记录" not in row
    assert "核对登记信息" in shown  # it can be asked again once the office was granted it


def test_another_organisation_has_no_part_in_it(province: Province) -> None:
    number = casing.handed_in(province)
    for page in ("", "/check"):
        assert get(province, SUN, f"/official/cases/{number}{page}").status_code == 404
    assert get(province, "chen/chen-yb", f"/official/cases/{number}").status_code == 404
    matter = get(province, "chen/chen-xihu", f"/official/matters/{number}")
    assert matter.headers["location"] == f"/official/cases/{number}"


def test_it_is_accepted_granted_and_delivered_by_one_button_each(province: Province) -> None:
    number = casing.handed_in(province)
    chen = "chen/chen-xihu"
    if holder(province, number) != "chen-xihu":
        do(province, chen, number, "take")
    for event in ("accept", "grant", "deliver"):
        do(province, chen, number, event)
    assert "已办结" in words(get(province, chen, f"/official/cases/{number}"))
    assert "已办结" in words(get(province, "wang", f"/my/matters/{number}"))


def test_what_cannot_be_done_is_said_with_what_was_typed(province: Province) -> None:
    number = casing.handed_in(province)
    path, who = f"/official/cases/{number}", who_has(province, number)
    form = [("event", "reject"), ("key", "case-reject-1"), ("version", "1"), ("reason", "不符合")]
    answer = post(province, who, path, [*form, ("position", holder(province, number))])
    assert answer.status_code in {409, 422} and "不符合" in answer.text


def test_a_colleague_without_the_case_learns_nothing_of_registers_and_compares_nothing(
    province: Province,
) -> None:
    number = casing.handed_in(province)
    path = f"/official/cases/{number}"
    (other,) = {"chen-xihu", "pan-xihu"} - {holder(province, number)}
    for who in (f"{other.partition('-')[0]}/{other}", "ding/ding-xihu"):
        page = get(province, who, path)
        assert page.status_code == 200
        assert "免交" not in words(page) and "示例省公安厅" not in words(page)
        assert "王若溪" not in words(page)
        form = [("position", who.partition("/")[2])]
        refused = post(province, who, f"{path}/check", form)
        assert refused.status_code == 409 and "请先领办" in words(refused)
    assert [one for one in reads(province, number) if one[0] == "case"] == []


def test_a_licence_is_proposed_to_change_stated_on_and_decided(province: Province) -> None:
    one = licence(province)
    page = get(province, "chen", f"/official/cases/{one.matter}")
    assert "已发的证照" in words(page) and one.number in words(page)
    (way,) = re.findall(r'href="(/official/matters/new/licence_change[^"]*)"', page.text)
    form = get(province, "chen", way)
    assert f"老年优待证（电子证照） {one.number}" in words(form)
    assert "持证者可以在 5 个工作日内陈述、申辩" in words(form)
    assert "may state their view within 5 working days" in words(get(province, "chen", way, "en"))
    given = hidden(form, "open")
    given.pop("csrf")
    said = [("licence", one.number), ("act", "revoke"), ("effect_on", "2026-11-23")]
    said += [("reason", "转借他人使用"), ("article", "《行政许可法》第八十条")]
    opened = post(province, "chen", "/official/matters/new/licence_change", [*given.items(), *said])
    assert opened.status_code == 303, words(opened)
    number = opened.headers["location"].rpartition("/")[2].partition("?")[0]
    mine = f"/my/matters/{number}"
    told = words(get(province, "wang", mine))
    assert "机关提出的内容" in told and "您填写的内容" not in told
    assert (
        "转借他人使用" in told and "吊销（行政处罚）" in told and "本地办理目标，非法定期限" in told
    )
    stated = act(province, "wang", mine, "state_view", [("statement", "没有转借")])
    assert stated.status_code == 303, words(stated)
    leader = "xhmz-leader/xhmz-leader"
    assert "没有转借" in words(get(province, leader, f"/official/matters/{number}"))
    decision = [("effect_on", "2026-11-23"), ("reason", "属实"), ("article", "第八十条")]
    proposer = get(province, "chen", f"/official/matters/{number}")
    assert 'id="form-drop_heard"' in proposer.text and 'id="form-decide"' not in proposer.text
    done = act(province, leader, f"/official/matters/{number}", "decide", decision)
    assert done.status_code == 303, words(done)
    assert "这份证照目前的状态：吊销。" in words(get(province, "wang", f"/verify/{one.token}"))
    assert "吊销" in words(get(province, "wang", f"/my/licences/{one.id}"))
    after = get(province, "chen", f"/official/cases/{one.matter}")
    assert "licence_change" not in after.text and "吊销" in words(after)


def test_a_licence_of_another_office_is_not_proposed_on(province: Province) -> None:
    one = licence(province)
    way = f"/official/matters/new/licence_change?licence={one.number}"
    assert get(province, "sun", way).status_code == 422
    changed(province, one, "revoked")
    form = get(province, "chen", way)
    given = hidden(form, "open")
    given.pop("csrf")
    said = [("licence", one.number), ("act", "suspend"), ("effect_on", "2026-11-23")]
    said += [("reason", "暂扣"), ("article", "第一条")]
    opened = post(province, "chen", "/official/matters/new/licence_change", [*given.items(), *said])
    assert opened.status_code == 409 and "证照现为吊销，不能变为暂扣" in words(opened)


def test_a_public_notice_is_shown_to_nobody_here_and_the_office_is_told_what_may_be_posted(
    province: Province,
) -> None:
    number = casing.handed_in(province, "low_income")
    who, position = casing.handler_of(province, number)
    street = province.official(who, position)
    casing.act(province, number, street, "accept")
    path = f"/official/cases/{number}"
    form = words(get(province, f"{who}/{position}", path))
    assert "未成年人的姓名" in form and "都不张贴" in form
    english = words(get(province, f"{who}/{position}", path, "en"))
    assert "names of minors" in english
    casing.act(province, number, street, "do_posted", {"finding": "公示栏示例七日无异议"})
    assert "公示栏示例七日无异议" in words(get(province, "wang", f"/my/matters/{number}"))
    for address in (f"/my/matters/{number}", f"/my/cases/{number}"):
        assert get(province, "zhou", address).status_code == 404
        for call in (
            Call("GET", address, "", "wang"),
            Call("GET", "/services/low_income", "", "wang"),
        ):
            assert "公示栏示例" not in send(province, call, "no_token").text


def test_the_desk_sees_a_licence_of_the_kind_that_the_applicant_has_already(
    province: Province,
) -> None:
    one = licence(province)
    its_own = words(get(province, "chen", f"/official/cases/{one.matter}"))
    assert one.number not in its_own.partition("同类证照：")[2][:60]
    number = casing.handed_in(province)
    path = f"/official/cases/{number}"
    who = who_has(province, number)
    page = words(get(province, who, path))
    said = page.partition("申请人已经有一份同类证照：")[2][:60]
    assert one.number in said and "有效" in said and "没有截止日期" in said
    assert page.index("同类证照") < page.index("登记信息 比对")
    (other,) = {"chen/chen-xihu", "pan/pan-xihu"} - {who}
    assert "同类证照" not in words(get(province, other, path))
