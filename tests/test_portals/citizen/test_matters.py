"""我的办件: what I asked for, whose turn it is, by when; an empty list helps on."""

import re
from dataclasses import replace

import pytest

from tests import asking, casing
from tests.asking import acted_province
from tests.province import NOW, Province
from tests.test_portals.citizen.test_new_matter import complain, number_of
from tests.test_portals.official.test_request import do, get, words
from tests.test_portals.pages.rendered import visitor
from xihu_catalog.sharing.openings import opening_of
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.identity.people import list_mandates
from xihu_platform.matters.command import Command, Value
from xihu_platform.matters.definition import OPEN
from xihu_platform.matters.models import MatterPartyRow
from xihu_platform.words import Text
from xihu_portals.citizen import matters

__all__ = ["acted_province"]  # a fixture
PATH = "/my/matters"


def test_an_empty_list_says_what_one_can_do(province: Province) -> None:
    page = get(province, "zhao", PATH)
    text = words(page)
    assert "您还没有办件" in text
    assert "需要的数据还没有开放，可以在数据集页面申请开放" in text
    assert 'href="/my/matters/new/complaint"' in page.text
    assert 'href="/search"' in page.text


def test_whoever_acts_for_named_services_is_told_of_their_cases_alone(province: Province) -> None:
    number = number_of(complain(province, "guiying"))
    case = casing.handed_in(province, "elder_card", "guiying")
    wang = province.citizen("wang")
    with transaction(province.services.node.database) as session:
        known = list_mandates(session, wang.id, civil_date(NOW))
    (elder,) = (one for one in known if one.kind == "elder")
    assert elder.covers("elder_card") and not elder.covers("complaint")
    shown = matters.fill(visitor(province, replace(wang, mandate=elder), official=False))
    listed = {one.href for one in shown.open}
    assert f"/my/matters/{case}" in listed and f"/my/matters/{number}" not in listed


def test_the_list_says_where_whose_turn_and_by_when(province: Province) -> None:
    matter = number_of(complain(province, "wang"))
    text = words(get(province, "wang", PATH))
    assert "政务数据投诉举报" in text and "已收到，等待受理" in text
    assert "现由示例省数据局办理" in text
    assert "最迟 2026年11月30日" in text  # five working days after Monday the 23rd
    assert f'href="{PATH}/{matter}#clocks-title"' in get(province, "wang", PATH).text
    do(province, "luo", f"/official/matters/{matter}", "accept")
    do(province, "luo", f"/official/matters/{matter}", "ask", [("question", "何时？")])
    assert "等您办理" in words(get(province, "wang", PATH))
    do(province, "wang", f"{PATH}/{matter}", "withdraw_later")
    ended = get(province, "wang", PATH).text
    assert ended.index("已经办结") < ended.index(f'href="{PATH}/{matter}"')


def test_news_is_told_on_the_first_pages_until_it_was_seen(province: Province) -> None:
    """A form that says one will be told of the result is true on the portal, too."""
    matter = number_of(complain(province, "wang"))
    get(province, "wang", f"{PATH}/{matter}")
    for one in re.findall(rf'href="({PATH}/[0-9]+)"', get(province, "wang", PATH).text):
        get(province, "wang", one)  # what other tests left
    told = "您有 1 件办件有新进展"
    assert told not in words(get(province, "wang", "/"))
    do(province, "luo", f"/official/matters/{matter}", "accept")
    for page in ("/", "/my/data"):
        assert told in words(get(province, "wang", page)), page
        assert told not in words(get(province, "zhao", page))
    assert words(get(province, "wang", PATH)).count("有新进展") == 1
    get(province, "wang", f"{PATH}/{matter}")
    for page in ("/", "/my/data", PATH):
        assert "有新进展" not in words(get(province, "wang", page)), page


def test_what_is_open_comes_before_what_has_ended(province: Province) -> None:
    first, second = (number_of(complain(province, "wang")) for _ in range(2))
    do(province, "wang", f"{PATH}/{first}", "withdraw")
    page = get(province, "wang", PATH).text
    assert page.index(f'href="{PATH}/{second}"') < page.index(f'href="{PATH}/{first}"')


def test_a_list_has_nobody_elses_matters(province: Province) -> None:
    matter = number_of(complain(province, "wang"))
    asking.sent(province)
    assert f'href="{PATH}/{matter}"' in get(province, "wang", PATH).text
    assert "matter-line" not in get(province, "zhao", PATH).text
    assert "matter-line" not in get(province, "chen", PATH).text, "his office's are not his own"


def test_a_firms_matters_are_the_firms_and_not_its_handlers(province: Province) -> None:
    """Opened for the firm: whoever acts for it sees it, and she does not as herself."""
    services, firm = province.services, province.citizen("zhao", firm=True)
    said: dict[str, Value] = {
        "respondent": "113399001001041148",
        "subject": "collected_again",
        "claim": "反复要求提交营业执照",
    }
    today = civil_date(services.node.clock())
    with transaction(services.node.database) as session:
        opening = opening_of(session, "complaint", firm, said, None, today)
    matter = services.matters.open(firm, opening, Command(OPEN, asking.key(), values=said)).matter
    for_firm, herself = (
        matters.fill(visitor(province, who, official=False))
        for who in (firm, province.citizen("zhao"))
    )
    assert [one.href for one in for_firm.open] == [f"{PATH}/{matter}"]
    assert herself.open == ()
    assert isinstance(for_firm.mandate, Text)
    assert for_firm.mandate.zh == "杭州西溪智造（示例）有限公司"
    assert get(province, "zhao", f"{PATH}/{matter}").status_code == 404
    theirs = words(get(province, "luo", f"/official/matters/{matter}"))
    assert "申请企业" in theirs and "反复要求提交营业执照" in theirs


def test_any_kind_is_shown_in_which_a_person_takes_part(province: Province) -> None:
    """A matter that an office opened: its person finds it too, and acts in nothing of it."""
    matter, wang = asking.agreed(province), province.citizen("wang")
    with transaction(province.services.node.database) as session:
        session.add(
            MatterPartyRow(matter=matter, role="requester", kind="person", key=wang.subject or "")
        )
    shown = matters.fill(visitor(province, wang, official=False))
    (line,) = [one for one in shown.settled if one.href == f"{PATH}/{matter}"]
    assert line.title.zh == "政务数据共享申请"
    page = words(get(province, "wang", f"{PATH}/{matter}"))
    assert "职工社会保险缴费记录" in page and "示例省人力资源和社会保障厅" in page
    assert "内部意见：同意" not in page, "an opinion among colleagues"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_one_who_is_not_proven_is_told_the_way(province: Province, language: str) -> None:
    answer = get(province, "li", PATH, language)
    assert answer.status_code == 200
    said = {"zh": "先要确认是您本人", "en": "First, who you are must be confirmed"}
    assert said[language] in words(answer)


def test_pages_of_fifty(province: Province) -> None:
    for _ in range(51):
        do(province, "wang", f"{PATH}/{number_of(complain(province, 'wang'))}", "withdraw")
    first = get(province, "wang", PATH)
    assert first.text.count('class="card matter-line"') >= 50
    assert f"{PATH}?page=2" in first.text
    second = get(province, "wang", f"{PATH}?page=2")
    assert "matter-line" in second.text and 'rel="prev"' in second.text
