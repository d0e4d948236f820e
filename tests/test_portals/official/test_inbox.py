"""The inbox: what waits, the earliest day first; what is mine; and nothing of anybody else."""

import re

import pytest
from sqlalchemy import update

from tests import asking, casing
from tests.asking import acted_province
from tests.province import NOW, Province
from tests.test_portals.official.test_request import get, words
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.matters.inbox import BOXES, LIMIT, count_inbox, read_inbox
from xihu_platform.matters.models import MatterClockRow, MatterWorkRow
from xihu_platform.notices.unread import count_unread

__all__ = ["acted_province"]  # a fixture

PATH = "/official/matters"


def numbers(province: Province, who: str, position: str, box: str) -> set[int]:
    principal = province.official(who, position)
    found, page = set[int](), 0
    while True:
        read = read_inbox(province.services.matters, principal, box, page * LIMIT)  # type: ignore[arg-type]
        found |= {one.id for one in read.lines}
        page += 1
        if not read.more:
            return found


def test_each_list_holds_what_it_says(province: Province) -> None:
    draft, sent = asking.draft(province), asking.sent(province)
    agreed = asking.agreed(province)
    mine = numbers(province, "chen", "chen-xihu", "started")
    assert {draft, sent, agreed} <= mine
    assert {draft} <= numbers(province, "chen", "chen-xihu", "todo")
    assert not {sent, agreed} & numbers(province, "chen", "chen-xihu", "todo")
    assert sent in numbers(province, "sun", "sun-rs", "todo")
    assert agreed in numbers(province, "sun", "sun-rs", "done")
    assert agreed in numbers(province, "fang", "fang-rs", "done")
    assert sent in numbers(province, "he", "he-rs", "open")
    assert agreed not in numbers(province, "he", "he-rs", "open"), "it is in use: no step is due"
    assert agreed in numbers(province, "he", "he-rs", "settled")
    assert sent not in numbers(province, "he", "he-rs", "settled")
    assert draft not in numbers(province, "he", "he-rs", "open"), "a draft is its owner's alone"
    for box in BOXES:
        assert not {draft, sent, agreed} & numbers(province, "tang", "tang-yb", box)


def test_what_waits_is_counted_and_the_earliest_day_comes_first(province: Province) -> None:
    first, second = asking.sent(province), asking.sent(province)
    sun = province.official("sun", "sun-rs")
    services = province.services
    today = civil_date(services.node.clock())
    with transaction(services.node.database) as session:
        early = {"due_on": today.replace(year=today.year - 1)}
        session.execute(update(MatterWorkRow).where(MatterWorkRow.matter == second).values(**early))
        session.execute(
            update(MatterClockRow).where(MatterClockRow.matter == second).values(**early)
        )
    ids = numbers(province, "sun", "sun-rs", "todo")
    assert read_inbox(services.matters, sun, "todo").lines[0].id == second
    assert {first, second} <= ids
    waiting, overdue = count_inbox(services.matters, sun, today)
    assert waiting == len(ids) and overdue == 1
    text = words(get(province, "sun", PATH))
    assert f"{waiting} 件等您办理" in text and "1 件已逾期" in text and "已逾期 365 天" in text
    assert "等您处理" in words(get(province, "sun", "/official/"))
    assert "政务数据共享申请，提供部门审核" in words(get(province, "sun", "/official/"))


def test_home_and_inbox_say_the_same(province: Province) -> None:
    """Of the inbox and the notices, home says their own numbers, and names three of the matters."""
    for _ in range(4):
        asking.sent(province)
    services, sun = province.services, province.official("sun", "sun-rs")
    waiting, _ = count_inbox(services.matters, sun, civil_date(services.node.clock()))
    unread = count_unread(services.matters, sun)
    assert waiting > 3 and unread
    home = get(province, "sun", "/official/")
    title = r'id="needs-matters-title">[^<]*<span class="number">(\d+)</span>'
    counted = re.search(title, home.text)
    assert counted is not None and int(counted[1]) == waiting
    assert home.text.count('class="card need need-matter') == 3
    assert f"等您办理的事项 {waiting} 件" in words(home)
    assert f"待阅通知 {unread} 条" in words(home) and 'href="/official/notices"' in home.text
    assert f"{waiting} 件等您办理" in words(get(province, "sun", PATH))


def test_an_empty_inbox_says_where_the_rest_is_and_says_it_once(province: Province) -> None:
    gao = get(province, "gao", PATH)
    assert words(gao).count("等您办理的事项") == 1 and 'href="/official/"' in gao.text
    assert "预警和在办的业务事由在“今日”" in words(gao)
    assert "全部事项" in words(get(province, "gao", "/official/"))
    assert "等您办理" not in words(get(province, "gao", f"{PATH}?box=started"))


@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize("who", ["gao", "wu", "zhou"])
def test_an_empty_list_says_what_would_be_there(province: Province, who: str, box: str) -> None:
    answer = get(province, who, f"{PATH}?box={box}", "en")
    assert answer.status_code == (403 if who == "wu" else 200)


def test_a_list_that_there_is_not_is_refused_by_its_name(province: Province) -> None:
    answer = get(province, "sun", f"{PATH}?box=everything")
    assert answer.status_code == 422
    assert "没有“everything”这个列表" in words(answer)


def test_pages_of_fifty(province: Province) -> None:
    for _ in range(51):
        asking.draft(province)
    first = get(province, "chen", f"{PATH}?box=started")
    assert f"{PATH}?box=started&amp;page=2" in first.text
    assert first.text.count("matter-line") == 50
    second = get(province, "chen", f"{PATH}?box=started&page=2")
    assert second.text.count("matter-line") >= 1
    assert 'rel="prev"' in second.text


def test_others_drafts_leave_no_hole_and_no_count(province: Province) -> None:
    """More drafts than a page holds: those who may not know of them see no sign of any."""
    asking.sent(province)
    before = numbers(province, "fang", "fang-rs", "open")
    for _ in range(55):
        asking.draft(province)
    fang = province.official("fang", "fang-rs")
    first = read_inbox(province.services.matters, fang, "open")
    assert {one.id for one in first.lines} == before
    assert not first.more


def test_what_only_a_colleague_may_decide_comes_last_and_says_so(province: Province) -> None:
    """The earliest day of all, and yet it is not the first thing to do."""
    number = casing.handed_in(province, "account_inheritance")
    who, position = casing.handler_of(province, number)
    officer, me = province.official(who, position), f"{who}/{position}"
    casing.act(province, number, officer, "accept")
    with transaction(province.services.node.database) as session:
        early = {"due_on": civil_date(NOW).replace(year=2024)}
        session.execute(update(MatterWorkRow).where(MatterWorkRow.matter == number).values(**early))
    others = [casing.handed_in(province, "account_inheritance", "zhou") for _ in range(2)]
    said = "上一步由您办理，须由本单位另一人办理"
    first = get(province, me, PATH).text
    assert _order(first)[0] == number and said not in first
    casing.act(province, number, officer, "review", {"opinion": "材料齐全"})
    with transaction(province.services.node.database) as session:
        session.execute(update(MatterWorkRow).where(MatterWorkRow.matter == number).values(**early))
    assert read_inbox(province.services.matters, officer, "todo").lines[0].id == number
    page = get(province, me, PATH).text
    assert _order(page)[-1] == number and page.count(said) == 1
    english = words(get(province, me, PATH, "en"))
    assert "it is for a colleague now" in english
    home = get(province, me, "/official/").text
    listed = [int(one) for one in re.findall(rf'href="{PATH}/(\d+)"', home)]
    assert number not in listed[:1]
    # other tests count what waits in this province: nothing of this one does any more
    casing.act(province, number, province.citizen("wang"), "withdraw_decided")
    for one in others:
        casing.act(province, one, province.citizen("zhou"), "withdraw")


def _order(page: str) -> list[int]:
    return [int(one) for one in re.findall(rf'<h2><a href="{PATH}/(\d+)"', page)]
