"""One matter of mine: what was answered and by which office, what I may do, and nobody else's."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from tests import casing
from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.citizen.test_new_matter import ask_open, complain, number_of
from tests.test_portals.official.test_request import do, get, hidden, post, words
from tests.test_portals.pages.rendered import request_of, visitor
from xihu_catalog.registry.people import content
from xihu_platform.errors import NotFound
from xihu_platform.matters.command import NUMBER_LIMIT
from xihu_portals.citizen import matter as my_matter
from xihu_portals.citizen import new_matter
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.render import View, render

__all__ = ["acted_province"]  # a fixture
MINE, OFFICE = "/my/matters", "/official/matters"
ARTICLE = "《个人信息保护法》第二十八条"


def test_a_complaint_to_its_answer(province: Province) -> None:
    matter = number_of(complain(province, "wang"))
    mine, office = f"{MINE}/{matter}", f"{OFFICE}/{matter}"
    assert "政务数据投诉举报" in words(get(province, "luo", OFFICE))
    theirs = words(get(province, "luo", office))
    assert "我的就诊记录外泄" in theirs and "示例省医疗保障局" in theirs
    assert do(province, "luo", office, "accept").status_code == 303
    do(province, "luo", office, "ask", [("question", "请说明时间")])
    waiting = get(province, "wang", mine)
    assert "等您办理" in words(waiting) and "请说明时间" in words(waiting)
    assert 'id="form-supply"' in waiting.text
    assert do(province, "wang", mine, "supply", [("supplement", "九月三日")]).status_code == 303
    assert "九月三日" in words(get(province, "luo", office))
    said = [("finding", "founded"), ("result", "已责令整改，谢谢监督")]
    assert do(province, "luo", office, "handle", said).status_code == 303
    answered = words(get(province, "wang", mine))
    assert "已处理并答复" in answered and "反映属实" in answered and "已责令整改" in answered
    assert "示例省数据局 · 政务数据共享主管" in answered
    assert "form-" not in get(province, "wang", mine).text.partition("<main")[2].partition(
        "</main"
    )[0].replace("form-control", "")


def test_a_request_to_its_refusal_and_to_its_opening(province: Province) -> None:
    refused = number_of(ask_open(province, "wang"))
    page = get(province, "xu", f"{OFFICE}/{refused}")
    assert page.status_code == 200
    assert do(province, "xu", f"{OFFICE}/{refused}", "refuse", [("reason", "x")]).status_code == 422
    said = [("reason", "涉及个人健康信息"), ("article", ARTICLE)]
    assert do(province, "xu", f"{OFFICE}/{refused}", "refuse", said).status_code == 303
    text = words(get(province, "wang", f"{MINE}/{refused}"))
    assert "不予开放" in text and "涉及个人健康信息" in text and ARTICLE in text
    partly = number_of(ask_open(province, "wang"))
    false = [("opened", "yb_hospital_visits")]
    answer = do(province, "xu", f"{OFFICE}/{partly}", "open_up", false)
    assert answer.status_code == 422 and "尚未开放" in words(answer)
    opened = [("opened", "zw_ratings"), ("reason", "只开放汇总"), ("article", ARTICLE)]
    assert do(province, "xu", f"{OFFICE}/{partly}", "open_partly", opened).status_code == 303
    page = get(province, "wang", f"{MINE}/{partly}")
    assert "已部分开放" in words(page)
    assert 'href="/datasets/zw_ratings"' in page.text


def told(answer: httpx.Response, matter: int) -> str:
    """Without the number asked for and that of the request."""
    said = re.sub(r"请求编号 \w+", "", words(answer))
    return said.replace(f"编号为 {matter} 的事项", "编号为 N 的事项")


@pytest.mark.parametrize("who", ["zhao", "chen", "luo"])
def test_a_stranger_gets_what_a_missing_one_gets(province: Province, who: str) -> None:
    """`luo` decides on it in office, and is a stranger as a citizen."""
    matter = number_of(complain(province, "wang"))
    found, missing = (get(province, who, f"{MINE}/{number}") for number in (matter, NUMBER_LIMIT))
    assert (found.status_code, missing.status_code) == (404, 404)
    assert told(found, matter) == told(missing, NUMBER_LIMIT)
    form = [("event", "withdraw"), ("key", "form-00000009"), ("version", "1"), ("position", "")]
    assert post(province, who, f"{MINE}/{matter}", form).status_code == 404


def test_a_citizen_does_not_act_for_the_authority(province: Province) -> None:
    matter = number_of(complain(province, "wang"))
    form = [("event", "accept"), ("key", "form-00000010"), ("version", "1"), ("position", "")]
    answer = post(province, "wang", f"{MINE}/{matter}", form)
    assert answer.status_code == 403 and "这一步由受理的主管部门办理" in words(answer)
    assert "已收到，等待受理" in words(get(province, "wang", f"{MINE}/{matter}"))


@pytest.mark.parametrize("who", ["tang", "xu", "chen/chen-yb"])
def test_the_office_complained_about_sees_nothing(province: Province, who: str) -> None:
    matter = number_of(complain(province, "wang"))
    assert get(province, who, f"{OFFICE}/{matter}").status_code == 404
    for box in ("todo", "started", "done", "open", "closed"):
        assert f"CP-{matter:06d}" not in get(province, who, f"{OFFICE}?box={box}").text
    assert f"CP-{matter:06d}" not in get(province, who, "/official/notices").text
    assert f"CP-{matter:06d}" not in get(province, who, "/official/").text


def test_no_name_of_an_official_and_none_of_the_complainant(province: Province) -> None:
    matter = number_of(complain(province, "wang"))
    do(province, "luo", f"{OFFICE}/{matter}", "accept")
    names = {(one.name_zh, one.username) for one in content().people}
    names.remove(("许桂英", "guiying"))  # whom wang may act for: the head of each page offers it
    mine = words(get(province, "wang", f"{MINE}/{matter}"))
    theirs = words(get(province, "luo", f"{OFFICE}/{matter}"))
    for name, username in names:
        assert username == "wang" or name not in mine
        assert username == "luo" or name not in theirs
    subject = province.citizen("wang").subject
    assert subject and subject not in get(province, "luo", f"{OFFICE}/{matter}").text


def test_a_form_twice_acts_once_and_a_stale_one_says_what_changed(province: Province) -> None:
    matter = number_of(complain(province, "wang"))
    path = f"{MINE}/{matter}"
    form = hidden(get(province, "wang", path), "withdraw")
    form.pop("csrf")
    do(province, "luo", f"{OFFICE}/{matter}", "accept")
    stale = post(province, "wang", path, list(form.items()))
    assert stale.status_code == 409 and "在您打开表单之后有了变化" in words(stale)
    fresh = hidden(get(province, "wang", path), "withdraw_later")
    fresh.pop("csrf")
    answers = [post(province, "wang", path, list(fresh.items())) for _ in range(3)]
    assert {one.status_code for one in answers} == {303}
    assert "已撤回" in words(get(province, "wang", path))


def test_a_case_late_at_its_office_says_since_when_whose_it_is_and_what_one_may_do(
    province: Province,
) -> None:
    """Handed in on Monday the 23rd. Its check ends after 5 working days, on the 30th."""
    number = casing.handed_in(province, "low_income")
    path = f"{MINE}/{number}"
    assert "催办" not in words(get(province, "wang", path))
    late = at(province, "wang", datetime(2026, 12, 1, 4, tzinfo=UTC))
    html = shown_as("citizen/matter.html", my_matter.fill(late, number))
    assert "自 2026年12月1日 起逾期，应由示例省西湖区" in html and "答复。" in html
    for ask, kind in (("urge", "help"), ("complain", "complaint")):
        way = f"{MINE}/new/hotline?case={number}&amp;ask={ask}"
        assert f'href="{way}"' in html
        form = shown_as(
            "citizen/new_matter.html",
            new_matter.fill(late, "hotline", None, number, ask),  # type: ignore[arg-type]
        )
        assert f"办件 BJ-{number:06d}（最低生活保障" in form and "自2026年12月1日起逾期" in form
        assert f'value="{kind}" checked' in form
    stranger = at(province, "zhou", datetime(2026, 12, 1, 4, tzinfo=UTC))
    with pytest.raises(NotFound):
        new_matter.fill(stranger, "hotline", None, number, "urge")
    in_time = at(province, "wang", datetime(2026, 11, 30, 4, tzinfo=UTC))
    assert my_matter.fill(in_time, number).overdue is None
    empty = get(province, "wang", f"{MINE}/new/hotline?case={number}&ask=urge")
    assert empty.status_code == 200 and f"BJ-{number:06d}" not in empty.text


def at(province: Province, who: str, now: datetime) -> Visitor:
    known = visitor(province, province.citizen(who), official=False)
    return replace(known, frame=replace(known.frame, now=now))


def shown_as(template: str, page: View) -> str:
    return bytes(render(request_of("/my/matters", "zh"), template, page).body).decode()
