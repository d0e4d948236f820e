"""我的办件: what I asked for, whose turn it is, by when; an empty list helps on."""

import pytest

from tests import asking
from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.citizen.test_new_matter import complain, number_of
from tests.test_portals.official.test_request import do, get, words

__all__ = ["acted_province"]  # a fixture
PATH = "/my/matters"


def test_an_empty_list_says_what_one_can_do(province: Province) -> None:
    page = get(province, "zhao", PATH)
    text = words(page)
    assert "您还没有办件" in text
    assert "需要的数据还没有开放，可以在数据集页面申请开放" in text
    assert 'href="/my/matters/new/complaint"' in page.text
    assert 'href="/search"' in page.text


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
