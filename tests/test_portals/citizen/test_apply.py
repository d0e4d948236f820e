"""Applying: the situation first, filled in from registers once, one application in the end."""

import re
from dataclasses import replace
from threading import Thread

import httpx
import orjson
from sqlalchemy import select

from tests import casing
from tests.asking import acted_province
from tests.province import NOW, Province
from tests.test_portals.citizen.test_licences import FIRM, changed, issued, licence
from tests.test_portals.official.test_request import get, post, words
from xihu_platform.audit.models import AuditEntry
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.identity.people import list_mandates, mandate_id
from xihu_platform.matters.command import Value
from xihu_platform.matters.models import MatterRow

__all__ = ["acted_province"]  # a fixture
PATH = "/services/elder_card/apply"


def fields_of(page: httpx.Response, action: str) -> list[tuple[str, str]]:
    """The hidden fields and inputs of one form, as a browser would send them, token aside."""
    form = page.text.partition(f'action="{action}"')[2].partition("</form>")[0]
    found = re.findall(r'<input [^>]*name="([^"]+)"[^>]*value="([^"]*)"', form)
    return [(name, value) for name, value in found if name != "csrf" and name[:2] != "q_"]


def begin(province: Province, who: str, item: str = "elder_card") -> int:
    path = f"/services/{item}/apply"
    answer = post(province, who, path, fields_of(get(province, who, path), path))
    assert answer.status_code == 303, words(answer)[:800]
    return int(answer.headers["location"].split("/")[3])


def reads(province: Province, number: int) -> list[tuple[str, str]]:
    """The reads of registers in the log under a case: purpose and dataset."""
    query = select(AuditEntry.body).where(AuditEntry.kind == "read").order_by(AuditEntry.seq)
    with transaction(province.services.node.database) as session:
        bodies = [orjson.loads(one) for one in session.scalars(query)]
    case = f"BJ-{number:06d}"
    return [(one["purpose"], one["dataset"]) for one in bodies if one["case"] == case]


def test_one_applies_and_finds_the_form_filled_in_by_one_read_of_each_source(
    province: Province,
) -> None:
    page = get(province, "wang", "/services/low_income/apply")
    assert "申请：最低生活保障边缘家庭认定" in words(page) and "不清楚" in words(page)
    number = begin(province, "wang", "low_income")
    form = get(province, "wang", f"/my/cases/{number}/form")
    assert 'value="王若溪"' in form.text and "来自示例省公安厅" in words(form)
    before = reads(province, number)
    assert len(before) == len(set(before)) and {one[0] for one in before} == {"own"}
    get(province, "wang", f"/my/cases/{number}")
    assert begin(province, "wang", "low_income") == number  # the draft is gone on with
    assert reads(province, number) == before


def test_a_situation_that_is_no_answer_is_said_on_the_page(province: Province) -> None:
    path = "/services/low_income/apply"
    form = fields_of(get(province, "wang", path), path)
    answer = post(province, "wang", path, [*form, ("q_ill", "perhaps")])
    assert answer.status_code == 422 and "情形回答有误" in words(answer)


def test_the_same_form_posted_five_times_is_one_application(province: Province) -> None:
    form = fields_of(get(province, "zhou", PATH), PATH)
    found = list[str]()
    senders = [
        Thread(target=lambda: found.append(post(province, "zhou", PATH, form).headers["location"]))
        for _ in range(5)
    ]
    for one in senders:
        one.start()
    for one in senders:
        one.join()
    assert len(found) == 5 and len(set(found)) == 1
    with transaction(province.services.node.database) as session:
        query = select(MatterRow.id).where(
            MatterRow.kind == "svc_elder_card", MatterRow.state == "draft"
        )
        number = int(found[0].split("/")[3])
        assert [one for one in session.scalars(query) if one >= number] == [number]


def test_what_is_for_firms_says_how_one_acts_for_a_firm(province: Province) -> None:
    page = words(get(province, "wang", "/services/firm_change/apply"))
    assert "由企业申请" in page and "经办授权" in page
    assert get(province, "wang", "/services/nothing/apply").status_code == 404
    assert "先要确认是您本人" in words(get(province, "li", PATH))


def test_every_page_of_an_application_is_there_in_english(province: Province) -> None:
    number = begin(province, "wang", "retirement")
    case = f"/my/cases/{number}"
    for path in ("/services/retirement/apply", case, f"{case}/form", f"{case}/papers"):
        page = get(province, "wang", path, "en")
        assert page.status_code == 200, path
        assert 'lang="en"' in page.text


def test_forms_of_several_tabs_at_once_begin_one_application(province: Province) -> None:
    path = "/services/social_security_card/apply"
    forms = [fields_of(get(province, "zhou", path), path) for _ in range(4)]
    assert len({dict(one)["key"] for one in forms}) == 4
    found = list[str]()
    senders = [
        Thread(
            target=lambda f=form: found.append(post(province, "zhou", path, f).headers["location"])
        )
        for form in forms
    ]
    for one in senders:
        one.start()
    for one in senders:
        one.join()
    assert len(found) == 4 and len(set(found)) == 1


def test_a_paper_that_the_situation_excludes_is_no_reason_to_look(province: Province) -> None:
    number = casing.begun(province, "low_income", "zhou", "married=no ill=no employed=no")
    read = {dataset for _, dataset in reads(province, number)}
    assert read and not read & {"yb_hospital_visits", "sj_e_licences"}


def test_a_daughter_applies_for_her_mother_who_sees_the_case_and_the_reads(
    province: Province,
) -> None:
    with transaction(province.services.node.database) as session:
        known = list_mandates(session, province.citizen("wang").id, civil_date(NOW))
    (mother,) = (one for one in known if one.kind == "elder")
    page = get(province, "wang", PATH)
    assert "改为：许桂英" in words(page) and "改为：陈知夏" in words(page)
    assert "许桂英" not in words(get(province, "zhao", PATH))
    other = get(province, "wang", "/services/funeral_grant/apply")
    assert "改为：许桂英" not in words(other)  # the mandate does not name it
    acting = f"wang/{mandate_id(mother)}"
    number = begin(province, acting)
    assert "您正在为“许桂英”申请" in words(get(province, acting, PATH))
    form = get(province, acting, f"/my/cases/{number}/form")
    assert 'value="许桂英"' in form.text and 'value="1955-06-15"' in form.text
    assert 'value="王若溪"' not in form.text
    principal = replace(province.citizen("wang"), mandate=mother)
    filled: dict[str, Value] = {"f_name": "许桂英", "f_birth_date": "1955-06-15"}
    casing.act(province, number, principal, "write", filled | {"f_mobile": "15400000000"})
    casing.act(province, number, principal, "write", {"at_counter": ["photo"]})
    casing.act(province, number, principal, "submit")
    for mine in ("/my/matters", f"/my/matters/{number}"):
        assert "王若溪 代 许桂英" in words(get(province, "guiying", mine))
    line = words(get(province, "guiying", f"/my/matters/{number}")).partition("经过")[2]
    assert line.count("王若溪 代 许桂英") >= 2 and "申请人" not in line
    english = words(get(province, "guiying", f"/my/matters/{number}", "en"))
    assert "王若溪 for 许桂英" in english
    said = words(get(province, "guiying", f"/my/cases/{number}"))
    assert "王若溪 代 许桂英 申请" in said and "1955年6月15日" in said
    used = words(get(province, "guiying", "/my/uses"))
    assert "代您办理的人" in used and f"BJ-{number:06d}" in used
    assert get(province, "wang", f"/my/cases/{number}").status_code == 404
    assert get(province, "zhao", f"/my/cases/{number}").status_code == 404
    assert post(province, "zhao", "/mandate", [("mandate", mandate_id(mother))]).status_code == 404


def test_whoever_comes_back_to_their_situation_finds_what_they_answered(
    province: Province,
) -> None:
    casing.begun(province, "low_income", "zhao", "married=no ill=yes")
    for language in ("zh", "en"):
        page = get(province, "zhao", "/services/low_income/apply", language).text
        ticked = dict(re.findall(r'name="q_(\w+)" value="(\w+)" checked', page))
        assert (ticked["married"], ticked["ill"], ticked["employed"]) == ("no", "yes", "unknown")
    anew = get(province, "zhao", "/services/birth_registration/apply").text
    assert "checked" not in anew


def test_whoever_has_such_a_licence_is_told_before_they_begin_and_not_refused(
    province: Province,
) -> None:
    one = licence(province)
    page = get(province, "wang", PATH)
    said = words(page).partition("您已经有一份同类证照：")[2][:140]
    assert one.number in said and "有效" in said and "没有截止日期" in said
    assert "续期、换发或者变更" in said and "申请注销" in said
    assert f'href="/my/licences/{one.id}"' in page.text and "开始填写" in words(page)
    english = words(get(province, "wang", PATH, "en"))
    assert "You have a licence of this kind already" in english
    assert "同类证照" not in words(get(province, "zhao", PATH))
    assert "同类证照" not in words(get(province, "wang", "/services/retirement/apply"))
    begin(province, "wang")


def test_the_end_of_such_a_licence_is_said_and_one_that_has_ended_is_not_there(
    province: Province,
) -> None:
    firm = f"zhao/firm:{FIRM}"
    path = "/services/food_permit/apply"
    one = issued(province, FIRM, "SP-1", kind="food_permit")
    said = words(get(province, firm, path)).partition("同类证照")[2][:80]
    assert "SP-1" in said and "有效期至 2027年" in said
    changed(province, one, "revoked")
    assert "SP-1" not in words(get(province, firm, path))


def answered(province: Province, who: str, path: str) -> dict[str, str]:
    page = get(province, who, path).text
    return dict(re.findall(r'name="q_(\w+)" value="(\w+)" checked', page))


def test_a_second_window_overwrites_no_answer_that_the_first_has_saved(
    province: Province,
) -> None:
    path = "/services/low_income/apply"
    casing.begun(province, "low_income", "qian", "married=no ill=no employed=unknown")
    old = fields_of(get(province, "qian", path), path)
    first = [("q_married", "yes"), ("q_ill", "no"), ("q_employed", "yes")]
    assert post(province, "qian", path, [*old, *first]).status_code == 303
    second = [("q_married", "no"), ("q_ill", "yes"), ("q_employed", "no")]
    answer = post(province, "qian", path, [*old, *second])
    assert answer.status_code == 409
    said = words(answer)
    # the other window has answered two of them; of what was not touched here its answer is chosen
    assert "有 2 项和这里不一样" in said
    assert "另一个窗口里后来保存的：是；这个窗口里的：不是。" in said
    chosen = dict(re.findall(r'name="q_(\w+)" value="(\w+)" checked', answer.text))
    assert (chosen["married"], chosen["ill"], chosen["employed"]) == ("yes", "yes", "no")
    saved = answered(province, "qian", path)
    assert (saved["married"], saved["ill"], saved["employed"]) == ("yes", "no", "yes")
    again = fields_of(answer, path)
    done = post(province, "qian", path, [*again, *[(f"q_{k}", v) for k, v in chosen.items()]])
    assert done.status_code == 303
    assert answered(province, "qian", path) | chosen == answered(province, "qian", path)


def test_windows_that_say_the_same_do_not_stand_in_each_other_s_way(province: Province) -> None:
    path = "/services/low_income/apply"
    number = casing.begun(province, "low_income", "zhou", "married=no")
    old = fields_of(get(province, "zhou", path), path)
    said = [("q_married", "yes"), ("q_ill", "no")]
    for _ in range(3):
        assert post(province, "zhou", path, [*old, *said]).status_code == 303
    view = province.services.matters.read(province.citizen("zhou"), number)
    assert [one.name for one in view.events].count("write") == 1
