"""待阅: what happened and was not read yet, marked without a script, and by nobody else."""

import re

import httpx
import pytest

from tests import asking
from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.official.test_request import get, post, words
from xihu_platform.notices.unread import count_unread, read_notices

__all__ = ["acted_province"]  # a fixture

PATH, MATTERS = "/official/notices", "/official/matters"


def waiting(province: Province, who: str, position: str) -> dict[int, int]:
    """The newest notice of each matter, by matter."""
    lines = read_notices(province.services.matters, province.official(who, position)).lines
    return {one.matter: one.id for one in reversed(lines)}


def send(province: Province, who: str, position: str, **said: object) -> httpx.Response:
    pairs = [(name, str(value)) for name, value in said.items()]
    return post(province, who, PATH, [("position", position), *pairs])


def tab(answer: httpx.Response) -> str:
    found = re.search(rf'href="{PATH}"[^>]*>([^<]*)</a></li>', answer.text)
    assert found is not None
    return found[1]


def test_the_tab_says_how_many_and_the_page_what_happened(province: Province) -> None:
    matter = asking.sent(province)
    inbox = get(province, "sun", MATTERS)
    number = count_unread(province.services.matters, province.official("sun", "sun-rs"))
    assert tab(inbox) == f"待阅 {number}"
    page = get(province, "sun", PATH)
    text = words(page)
    assert "有什么新情况？" in text and "审核同意并提交" in text and "提供部门审核" in text
    assert f'href="{MATTERS}/{matter}"' in page.text and f"SR-{matter:06d}" in text
    english = get(province, "sun", PATH, "en")
    assert tab(english) == f"To read {number}"
    assert "Approved and sent" in words(english) and "Mark all as read" in words(english)
    assert "<script" not in page.text.partition("<main")[2].partition("</main>")[0]
    assert 'aria-current="page">待阅' in page.text


def test_one_is_marked_and_the_others_wait(province: Province) -> None:
    first, second = asking.sent(province), asking.sent(province)
    mine = waiting(province, "fang", "fang-rs")
    answer = send(province, "fang", "fang-rs", notice=mine[first])
    assert (answer.status_code, answer.headers["location"]) == (303, PATH)
    left = waiting(province, "fang", "fang-rs")
    assert first not in left and second in left
    assert first in waiting(province, "sun", "sun-rs"), "a colleague has not read it"
    assert send(province, "fang", "fang-rs", notice=mine[first]).status_code == 303  # again


def test_all_that_were_shown_are_marked_and_no_later_one(province: Province) -> None:
    asking.sent(province)
    page = get(province, "sun", PATH)
    up_to = re.findall(r'name="up_to" value="(\d+)"', page.text)[0]
    later = asking.sent(province)
    assert send(province, "sun", "sun-rs", up_to=up_to).status_code == 303
    assert waiting(province, "sun", "sun-rs").keys() == {later}


def test_opening_a_matter_is_reading_of_it(province: Province) -> None:
    matter = asking.sent(province)
    assert matter in waiting(province, "sun", "sun-rs")
    assert get(province, "sun", f"{MATTERS}/{matter}").status_code == 200
    assert matter not in waiting(province, "sun", "sun-rs")
    assert matter in waiting(province, "fang", "fang-rs")
    assert matter in waiting(province, "chen", "chen-xihu"), "their head has sent it"


def test_nothing_is_left_after_everything_is_read(province: Province) -> None:
    send(province, "sun", "sun-rs", up_to=2**31 - 1)
    assert "没有未读的通知" in words(get(province, "sun", PATH))
    assert tab(get(province, "sun", MATTERS)) == "待阅"


def test_anothers_notice_is_not_marked_and_not_known(province: Province) -> None:
    matter = asking.sent(province)
    mine = waiting(province, "fang", "fang-rs")[matter]
    for who, position in (("tang", "tang-yb"), ("chen", "chen-xihu")):
        assert send(province, who, position, notice=mine).status_code == 404
    assert mine in waiting(province, "fang", "fang-rs").values()
    assert send(province, "fang", "fang-rs", notice=2**31 - 1).status_code == 404


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"notice": "x"}, 422),
        ({"notice": 10**30}, 404),
        ({"notice": -1}, 404),
        ({}, 422),
        ({"up_to": -(10**30)}, 303),
        ({"up_to": 10**30}, 303),
    ],
)
def test_bad_input(province: Province, said: dict[str, object], status: int) -> None:
    assert send(province, "luo", "luo-sj", **said).status_code == status


def test_a_form_of_another_session_or_position_marks_nothing(province: Province) -> None:
    matter = asking.sent(province)
    mine = waiting(province, "fang", "fang-rs")[matter]
    said = [("position", "fang-rs"), ("notice", str(mine))]
    assert post(province, "fang", PATH, said, csrf="wrong").status_code == 422
    assert send(province, "fang", "sun-rs", notice=mine).status_code == 409
    assert mine in waiting(province, "fang", "fang-rs").values()


def test_an_auditor_has_no_such_list(province: Province) -> None:
    assert get(province, "wu", PATH).status_code == 403


def test_pages_of_fifty(province: Province) -> None:
    for _ in range(51):
        asking.sent(province)
    first = get(province, "fang", PATH)
    assert first.text.count("matter-line") == 50 and f"{PATH}?page=2" in first.text
    second = get(province, "fang", f"{PATH}?page=2")
    assert second.text.count("matter-line") >= 1 and 'rel="prev"' in second.text
