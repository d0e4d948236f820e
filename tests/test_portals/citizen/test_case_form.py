"""The form: what a register says is confirmed or amended; whoever disagrees is not held up."""

import re

import httpx
import pytest
from starlette.requests import Request

from tests import casing
from tests.asking import acted_province
from tests.province import NOW, Province
from tests.test_portals.citizen.test_apply import fields_of
from tests.test_portals.official.test_request import get, post, words
from tests.test_portals.pages.rendered import visitor
from xihu_catalog.registry.reading import BothLanguages
from xihu_catalog.services.case import CaseField, field_fault
from xihu_catalog.services.item import ItemField, RegisterSource
from xihu_catalog.services.items import service_items
from xihu_catalog.services.prefill import RegisterValue
from xihu_platform.errors import BadInput
from xihu_portals.citizen import case, case_form, case_papers

__all__ = ["acted_province"]  # a fixture


def as_it_is(page: httpx.Response, path: str) -> list[tuple[str, str]]:
    """A form sent as it came: of what is to be chosen, what is chosen."""
    unchosen = re.compile(r'<input type="radio"(?![^>]* checked)[^>]*>')
    bare = httpx.Response(page.status_code, text=unchosen.sub("", page.text))
    return fields_of(bare, path)


def test_faults_are_said_beside_the_field_and_what_was_typed_stays(province: Province) -> None:
    number = casing.begun(province, "elder_card")
    path = f"/my/cases/{number}/form"
    form = dict(fields_of(get(province, "wang", path), path))
    assert form["f_name"] == "王若溪" and form["f_birth_date"] == "1988-04-12"
    assert form["f_mobile"] == ""  # the register shows it in part alone: it fills in nothing
    answer = post(province, "wang", path, [*(form | {"f_birth_date": "四月十二"}).items()])
    assert answer.status_code == 400
    assert "有 2 项需要修改" in words(answer) and "四月十二" in answer.text
    later = post(province, "wang", path, [*(form | {"later": "1"}).items()])
    assert (later.status_code, later.headers["location"]) == (303, f"/my/cases/{number}")
    saved = post(province, "wang", path, [*(form | {"f_mobile": "13800001234"}).items()])
    assert saved.headers["location"] == f"/my/cases/{number}/papers"
    assert "13800001234" in get(province, "wang", path).text


def test_an_amended_value_goes_with_the_case_and_a_correction_opens_by_itself(
    province: Province,
) -> None:
    number = casing.handed_in(province, written={"name": "王若溪", "birth_date": "1988-04-21"})
    wang, matters = province.citizen("wang"), province.services.matters
    page = words(get(province, "wang", f"/my/cases/{number}"))
    assert "您已更正" in page and "登记信息：1988年4月12日" in page
    (linked,) = matters.linked(wang, number)
    assert linked.definition.kind == "personal_correction" and linked.state == "verifying"
    assert linked.facts["field"] == "birth_date" and linked.about == "ga_residents"
    texts = matters.read_texts(wang, linked.id)
    assert texts[1, "claimed"] == "1988-04-21"
    # the owner of the register learns nothing of what was applied for
    assert "优待证" not in texts[1, "reason"] and "BJ-" not in texts[1, "reason"]
    province.services.write_down()
    assert len(matters.linked(wang, number)) == 1


def test_what_was_read_at_the_full_level_is_shown_at_that_level_alone(province: Province) -> None:
    number = casing.begun(province, "elder_card")
    lower = visitor(province, province.citizen("wang", level=2), official=False)
    for page in (case.page, case_form.page, case_papers.page):
        answer = page(Request({"type": "http"}), lower, number)
        assert answer.status_code == 303
        assert "level=3" in answer.headers["location"]


def test_a_second_window_overwrites_nothing_that_the_first_has_saved(province: Province) -> None:
    number = casing.begun(province, "elder_card")
    path = f"/my/cases/{number}/form"
    first = dict(fields_of(get(province, "wang", path), path))
    second = dict(first)
    post(province, "wang", path, [*(first | {"f_mobile": "13800001111"}).items()])
    answer = post(province, "wang", path, [*(second | {"f_mobile": "13900002222"}).items()])
    assert answer.status_code == 409
    page = words(answer)
    assert "有 1 项和这里不一样" in page
    assert "13800001111 另一个窗口里后来保存的" in page and "13900002222 这个窗口里的" in page
    assert "13800001111" in get(province, "wang", path).text  # nothing was saved yet
    choice = as_it_is(answer, path)
    assert dict(choice)["f_mobile"] == "13900002222"  # what was typed here is chosen
    chosen = post(province, "wang", path, choice)
    assert chosen.status_code == 303
    assert "13900002222" in get(province, "wang", path).text


def test_what_was_not_touched_in_the_second_window_stays_as_the_first_saved_it(
    province: Province,
) -> None:
    number = casing.begun(province, "elder_card")
    path = f"/my/cases/{number}/form"
    old = dict(fields_of(get(province, "wang", path), path)) | {"later": "1"}
    post(province, "wang", path, [*(old | {"f_name": "王若希", "f_mobile": "13800001111"}).items()])
    answer = post(province, "wang", path, [*(old | {"f_mobile": "13800001111"}).items()])
    assert answer.status_code == 409 and "有 1 项和这里不一样" in words(answer)
    choice = as_it_is(answer, path)
    assert dict(choice)["f_name"] == "王若希"
    assert post(province, "wang", path, choice).status_code == 303
    assert "王若希" in get(province, "wang", path).text


def test_the_same_form_sent_twice_is_saved_once_and_asks_nothing(province: Province) -> None:
    number = casing.begun(province, "elder_card")
    path = f"/my/cases/{number}/form"
    form = dict(fields_of(get(province, "wang", path), path)) | {"f_mobile": "13800001111"}
    for _ in range(2):
        assert post(province, "wang", path, [*form.items()]).status_code == 303


def test_a_form_sent_again_after_the_back_button_is_no_answer_of_before(
    province: Province,
) -> None:
    """The first save, repeated word for word, would be answered as done and change nothing."""
    number = casing.begun(province, "elder_card")
    path = f"/my/cases/{number}/form"
    form = dict(fields_of(get(province, "wang", path), path))
    for mobile in ("13800001111", "13900002222"):
        again = post(province, "wang", path, [*(form | {"f_mobile": mobile}).items()])
    assert again.status_code == 409
    post(province, "wang", path, as_it_is(again, path))
    back = post(province, "wang", path, [*(form | {"f_mobile": "13800001111"}).items()])
    assert back.status_code == 409
    assert post(province, "wang", path, as_it_is(back, path)).status_code == 303
    assert "13800001111" in get(province, "wang", path).text


def test_a_telephone_and_a_day_that_has_been_are_checked_beside_the_field(
    province: Province,
) -> None:
    number = casing.begun(province, "care_elsewhere")
    path = f"/my/cases/{number}/form"
    form = dict(fields_of(get(province, "wang", path), path))
    assert 'type="tel"' in get(province, "wang", path).text
    for mobile in ("1380000123", "12800001234", "示例内容", "00001202"):
        answer = post(province, "wang", path, [*(form | {"f_mobile": mobile}).items()])
        beside = words(answer).partition("手机号码")[2][:60]
        assert answer.status_code == 400 and "请填写 11 位手机号码，或者区号" in beside, mobile
        assert mobile in answer.text  # what was typed stays
    telephone = service_items()["elder_card"].form[2]
    fault = field_fault(CaseField(telephone, "1", None), "1", NOW.date())
    assert fault and fault[1].startswith("write a mobile number of 11 digits, or an area code")
    for mobile in ("13800001234", "138 0000 1234", "0571-00001202", "+86 13800001234"):
        answer = post(province, "wang", path, [*(form | {"f_mobile": mobile}).items()])
        assert "11 位手机号码" not in words(answer), mobile


def test_a_day_of_birth_is_not_to_come_and_the_day_from_which_may_be(province: Province) -> None:
    assert NOW.date().isoformat() < "2031-05-01"
    for item, field, refused in (
        ("elder_card", "f_birth_date", True),
        ("birth_registration", "f_born_on", True),
        ("care_elsewhere", "f_from_day", False),
    ):
        number = casing.begun(province, item)
        path = f"/my/cases/{number}/form"
        form = dict(fields_of(get(province, "wang", path), path)) | {field: "2031-05-01"}
        answer = post(province, "wang", path, [*form.items()])
        assert ("这一天还没有到" in words(answer)) == refused, item


def test_what_a_register_says_is_kept_as_it_is_written_there() -> None:
    field = ItemField(
        id="phone",
        title=BothLanguages(zh="联系电话", en="Telephone"),
        kind="phone",
        **{"from": RegisterSource(dataset="sg_firms", fields=["contact_phone"])},
    )
    today, theirs = NOW.date(), "0571-1202 转 3"
    assert field_fault(CaseField(field, theirs, None), theirs, today) is not None
    known = RegisterValue("phone", "sg_firms", "contact_phone", today, NOW, True, value=theirs)
    kept = CaseField(field, theirs, known)
    assert field_fault(kept, theirs, today) is None
    assert field_fault(kept, "0571-1202", today) is not None


def test_an_application_with_no_telephone_where_one_is_asked_for_is_not_handed_in(
    province: Province,
) -> None:
    with pytest.raises(BadInput, match="“Telephone”: write a mobile number"):
        casing.handed_in(province, written={"mobile": "示例内容"})
