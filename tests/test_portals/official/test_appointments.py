"""今日预约: the counter's own of today, by number, marked as came or missed."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.official.test_request import get, post, words
from xihu_catalog.registry.appointments import appointment_counters
from xihu_catalog.registry.people import content
from xihu_catalog.services.slots import Booking, BookingRow, SlotRow, book
from xihu_platform.database import transaction
from xihu_platform.statute.published import read_calendar

__all__ = ["acted_province"]  # a fixture
PATH = "/official/appointments"
TODAY, DAWN = date(2026, 11, 23), datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
"""Monday; eight in the morning in Shanghai. The pages are looked at when it is noon."""


@pytest.fixture
def today(province: Province) -> Iterator[tuple[Booking, Booking]]:
    """Wang at nine and Zhao at two, at the counter of 示例省西湖区民政局."""
    node = province.services.node
    made = []
    for who, starts in (("wang", 540), ("zhao", 840)):
        person = province.citizen(who)
        with transaction(node.database) as session:
            one = book(
                session,
                appointment_counters()["low_income"],
                read_calendar(node.database),
                TODAY,
                starts,
                person=person.subject or "",
                sub=person.id,
                now=DAWN,
            )
        made.append(one)
    yield made[0], made[1]
    with transaction(node.database) as session:
        session.query(BookingRow).delete()
        session.query(SlotRow).delete()


def marked(province: Province, who: str, booking: int, state: str, position: str) -> int:
    form = [("state", state), ("position", position)]
    return post(province, who, f"{PATH}/{booking}", form).status_code


def test_numbers_and_times_and_no_names(province: Province, today: tuple[Booking, Booking]) -> None:
    page = get(province, "pan", PATH)
    text = words(page)
    assert text.index(today[0].number) < text.index(today[1].number)
    assert "09:00–09:30" in text and "2026年11月23日 星期一" in text
    for person in content().people:
        if person.username in {"wang", "zhao"}:
            assert person.name_zh not in text
    for who in ("wang", "zhao"):
        assert (province.citizen(who).subject or "?") not in page.text


def test_came_and_missed_each_when_it_can_be_said(
    province: Province, today: tuple[Booking, Booking]
) -> None:
    first, second = today
    page = get(province, "pan", PATH).text
    assert page.count('value="came"') == 2 and page.count('value="missed"') == 1
    assert marked(province, "pan", second.id, "missed", "pan-xihu") == 409
    assert marked(province, "pan", first.id, "missed", "pan-xihu") == 303
    assert marked(province, "pan", second.id, "came", "pan-xihu") == 303
    assert marked(province, "pan", second.id, "late", "pan-xihu") == 422
    after = get(province, "pan", PATH)
    assert 'name="state"' not in after.text
    assert "未到" in words(after) and "已到" in words(after)
    assert "未到" in words(get(province, "wang", "/my/appointments"))


@pytest.mark.parametrize(
    ("who", "position"), [("yao", "yao-cg"), ("mao", "mao-gs"), ("chen/chen-yb", "chen-yb")]
)
def test_another_organisation_sees_and_marks_nothing(
    province: Province, today: tuple[Booking, Booking], who: str, position: str
) -> None:
    page = get(province, who, PATH)
    assert page.status_code == 200
    assert all(one.number not in page.text for one in today)
    assert marked(province, who, today[0].id, "missed", position) == 404
    assert "已预约" in words(get(province, "pan", PATH))


def test_an_office_without_a_counter_is_told_so(province: Province) -> None:
    assert "本单位没有预约窗口" in words(get(province, "sun", PATH))
    assert "今天没有预约" in words(get(province, "chen/chen-yb", PATH))


def test_an_auditor_is_refused(province: Province) -> None:
    assert get(province, "wu", PATH).status_code == 403


def test_the_way_there_is_in_the_inbox_of_handlers(province: Province) -> None:
    assert f'href="{PATH}"' in get(province, "pan", "/official/sitemap").text
    assert f'href="{PATH}"' not in get(province, "ding", "/official/sitemap").text
