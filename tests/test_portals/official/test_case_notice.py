"""The public notice of a case: printed by whoever has it, and of nobody under age by name."""

from collections.abc import Iterator
from datetime import date

import pytest

from tests import casing
from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.official.test_case import SUN, holder
from tests.test_portals.official.test_request import get, words
from xihu_catalog.services.case import read_case
from xihu_catalog.services.items import item_versions
from xihu_platform.database import transaction
from xihu_platform.matters.command import Value
from xihu_portals.official import case_notice

__all__ = ["acted_province"]  # a fixture
CASE = "/official/cases/{}"


def notice(number: int) -> str:
    return f"/official/cases/{number}/notice"


@pytest.fixture
def number(province: Province) -> Iterator[int]:
    """Of a family's case, which waits for nobody after the test."""
    handed_in = casing.handed_in(province, "low_income")
    yield handed_in
    casing.act(province, handed_in, province.citizen("wang"), "withdraw_later")


def test_whoever_has_a_case_prints_what_the_law_has_people_told(
    province: Province, number: int
) -> None:
    street = holder(province, number)
    before = get(province, f"{street}/{street}", notice(number))
    assert before.status_code == 404 and "符合条件" not in words(before)
    assert "打印公示单" not in words(get(province, f"{street}/{street}", CASE.format(number)))
    for event in ("take", "accept", "do_home_visit"):
        found: dict[str, Value] = {"finding": "属实"} if event.startswith("do_") else {}
        casing.act(province, number, province.official(street, street), event, found)
    assert "打印公示单" in words(get(province, f"{street}/{street}", CASE.format(number)))
    page = words(get(province, f"{street}/{street}", notice(number)))
    for said in (
        "最低生活保障边缘家庭认定公示",
        "王若溪",
        "（7 天）",
        "0571-00001203",
        "还没有登记",
    ):
        assert said in page
    for kept in ("13800001234", "339999"):
        assert kept not in page
    english = get(province, f"{street}/{street}", f"{notice(number)}?lang=en")
    assert english.status_code == 200
    for who in (SUN, "chen/chen-xihu"):  # another office, and the one that decides later
        assert get(province, who, notice(number)).status_code == 404


def test_a_case_that_nothing_is_posted_of_has_no_notice(province: Province) -> None:
    number = casing.handed_in(province)
    position = holder(province, number)
    who = f"{position.partition('-')[0]}/{position}"
    assert get(province, who, notice(number)).status_code == 404
    assert "打印公示单" not in words(get(province, who, f"/official/cases/{number}"))
    casing.act(province, number, province.citizen("wang"), "withdraw")


@pytest.mark.parametrize(("born", "minor"), [("2008-11-24", True), ("2008-11-23", False)])
def test_whoever_is_under_age_on_the_day_is_not_named(
    province: Province, born: str, *, minor: bool
) -> None:
    """The province's day is 23 November 2026."""
    handed_in = casing.handed_in(province, "elder_card", written={"birth_date": born})
    view = province.services.matters.read(province.citizen("wang"), handed_in)
    with transaction(province.services.node.database) as session:
        case = read_case(session, province.services.matters.texts, item_versions(), view)
    assert case_notice.is_minor(case, date(2026, 11, 23)) is minor
    casing.act(province, handed_in, province.citizen("wang"), "withdraw")
