"""The desk: my organisation's cases by their last day, the next one by one key."""

import re

from sqlalchemy import select

from tests import casing
from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.official.test_request import get, words
from xihu_platform.database import transaction
from xihu_platform.identity.models import PersonRow, PositionRow

__all__ = ["acted_province"]  # a fixture
CHEN, MAO = "chen/chen-xihu", "mao/mao-gs"


def test_cases_wait_for_the_offices_handlers_and_nobody_elses(province: Province) -> None:
    number = casing.handed_in(province)
    shown = words(get(province, CHEN, "/official/desk"))
    assert f"BJ-{number:06d}" in shown and "老年优待证" in shown and "最迟 2026年11月30日" in shown
    for who in ("sun/sun-rs", "chen/chen-yb"):
        assert f"BJ-{number:06d}" not in words(get(province, who, "/official/desk"))
    assert "没有待办的办件" in words(get(province, "sun/sun-rs", "/official/desk"))


def test_next_goes_round_and_ends_at_the_desk(province: Province) -> None:
    first, second = casing.handed_in(province), casing.handed_in(province, who="zhou")
    mine = [n for n in (first, second) if "我在办" in _line(province, CHEN, n)]
    assert len(mine) == 1  # each of the two handlers has one
    answer = get(province, CHEN, "/official/desk/next")
    assert answer.status_code == 303
    at = int(answer.headers["location"].rpartition("/")[2])
    after = get(province, CHEN, f"/official/desk/next?after={at}").headers["location"]
    assert int(after.rpartition("/")[2]) != at
    nobody = get(province, "sun/sun-rs", "/official/desk/next")
    assert nobody.headers["location"] == "/official/desk"


def test_whoever_reviewed_is_told_that_a_colleague_decides(province: Province) -> None:
    """The case stands among those that wait for others, and the next one is another."""
    number = casing.handed_in(province, "account_inheritance")
    who, position = casing.handler_of(province, number)
    reviewer = province.official(who, position)
    casing.act(province, number, reviewer, "accept")
    me = f"{who}/{position}"
    said = "上一步由您办理，须由本单位另一人办理"
    assert said not in get(province, me, f"/official/cases/{number}").text
    assert casing.act(province, number, reviewer, "review", {"opinion": "材料齐全"}) == "reviewed"
    assert said in _line(province, me, number)
    assert said in get(province, me, f"/official/cases/{number}").text
    following = get(province, me, "/official/desk/next").headers["location"]
    assert following != f"/official/cases/{number}"
    with transaction(province.services.node.database) as session:
        row, mine = PositionRow, session.get_one(PositionRow, position)
        found = session.scalars(select(row).where(row.organisation == mine.organisation)).all()
        other = next(o for o in found if "handler" in o.duties and o.person != mine.person)
        name = session.get_one(PersonRow, other.person).username
    assert said not in _line(province, f"{name}/{other.id}", number)
    casing.act(province, number, province.citizen("wang"), "withdraw_decided")  # waits for nobody


def _line(province: Province, who: str, number: int) -> str:
    page = get(province, who, "/official/desk").text
    return page.partition(f"BJ-{number:06d}")[2].partition("</li>")[0]


def test_what_cases_were_not_asked_for_is_counted_over_the_organisations_items(
    province: Province,
) -> None:
    casing.handed_in(province)
    page = get(province, CHEN, "/official/desk").text
    row = page.partition('id="figures-title"')[2].partition("老年优待证")[2].partition("</tr>")[0]
    cases = int(re.findall(r'class="num">(\d+)</td>', row)[0])
    # three papers in the first version, one of which is asked for; name and birth date confirmed
    assert f"{2 * cases} / {3 * cases}" in row
    assert "figures-title" not in get(province, MAO, "/official/desk").text
