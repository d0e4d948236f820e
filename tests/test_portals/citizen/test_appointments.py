"""我的预约: what I have booked, the way to cancel it, and nobody else's."""

import re
from datetime import date

import httpx
import pytest

from tests.asking import acted_province
from tests.province import NOW, Province
from tests.test_portals.official.test_request import get, post, words
from xihu_catalog.registry.appointments import appointment_counters
from xihu_catalog.services.slots import Booking, book
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.identity.people import list_mandates, mandate_id
from xihu_platform.matters.command import NUMBER_LIMIT
from xihu_platform.statute.published import read_calendar

__all__ = ["acted_province"]  # a fixture
PATH = "/my/appointments"
TUESDAY = date(2026, 11, 24)
"""The day after the demo's."""
FIRM = "91339900202600012U"


def booked(
    province: Province, who: str, starts: int, day: date = TUESDAY, counter: str = "low_income"
) -> Booking:
    node, person = province.services.node, province.citizen(who)
    with transaction(node.database) as session:
        return book(
            session,
            appointment_counters()[counter],
            read_calendar(node.database),
            day,
            starts,
            person=person.subject or "",
            sub=person.id,
            now=node.clock(),
        )


def cancelled(province: Province, who: str, booking: int, **more: str) -> httpx.Response:
    form = [("position", more.pop("position", ""))]
    return post(province, who, f"{PATH}/{booking}/cancel", form, **more)


def test_what_is_booked_says_when_where_and_whom_to_ring(province: Province) -> None:
    found = booked(province, "wang", 9 * 60)
    text = words(get(province, "wang", f"{PATH}?booked={found.id}"))
    assert f"已约好，预约号 {found.number}" in text
    assert "2026年11月24日 星期二 09:00–09:30" in text
    assert "示例路 8 号" in text and "0571-00001202" in text and "12345" in text
    english = words(get(province, "wang", PATH, "en"))
    assert "Tue 24 Nov 2026 09:00–09:30" in english and "no name is needed" in english
    assert cancelled(province, "wang", found.id).status_code == 303


def test_it_is_cancelled_once_and_then_is_one_of_before(province: Province) -> None:
    found = booked(province, "wang", 10 * 60)
    page = get(province, "wang", PATH).text
    assert f'action="{PATH}/{found.id}/cancel"' in page
    for _ in range(2):
        answer = cancelled(province, "wang", found.id)
        assert answer.status_code == 303
        assert answer.headers["location"] == f"{PATH}?cancelled={found.id}"
    after = get(province, "wang", f"{PATH}?cancelled={found.id}")
    assert f"{found.number} 已取消，名额已退回" in words(after)
    assert f'action="{PATH}/{found.id}/cancel"' not in after.text
    assert "已取消" in words(after).partition("以往的预约")[2]


def test_nobody_sees_or_cancels_anothers(province: Province) -> None:
    found = booked(province, "wang", 11 * 60)
    for who in ("zhao", "chen"):
        assert found.number not in get(province, who, f"{PATH}?booked={found.id}").text
        answers = [cancelled(province, who, one) for one in (found.id, NUMBER_LIMIT)]
        assert [one.status_code for one in answers] == [404, 404]
        told = [re.sub(r"请求编号 \w+", "", words(one)) for one in answers]
        assert told[0] == told[1] and found.number not in told[0]
    assert f'action="{PATH}/{found.id}/cancel"' in get(province, "wang", PATH).text
    cancelled(province, "wang", found.id)


def test_a_firms_are_not_its_handlers_own(province: Province) -> None:
    found = booked(province, "zhao", 14 * 60)
    answer = cancelled(province, "zhao", found.id, position=f"firm:{FIRM}")
    assert answer.status_code == 409 and "您换了办事身份" in words(answer)
    assert cancelled(province, "zhao", found.id).status_code == 303


def test_without_its_token_nothing_is_cancelled(province: Province) -> None:
    found = booked(province, "wang", 15 * 60)
    assert cancelled(province, "wang", found.id, csrf="wrong").status_code in {409, 422}
    assert f'action="{PATH}/{found.id}/cancel"' in get(province, "wang", PATH).text
    cancelled(province, "wang", found.id)


def test_one_who_is_not_proven_is_told_the_way(province: Province) -> None:
    answer = get(province, "li", PATH)
    assert answer.status_code == 200 and "先要确认是您本人" in words(answer)
    assert cancelled(province, "li", 1).status_code == 403


@pytest.mark.parametrize("language", ["zh", "en"])
def test_both_counters_are_offered(province: Province, language: str) -> None:
    page = get(province, "zhao", PATH, language)
    for name in ("low_income", "medical_transfer"):
        assert f'href="{PATH}/new/{name}"' in page.text
    said = {"zh": "预约不是必须的", "en": "No appointment is needed"}
    assert said[language] in words(page)


def test_a_mandate_for_named_services_comes_for_these_alone(province: Province) -> None:
    """What the elder has booked for something else is not seen, not cancelled, and not booked."""
    wang = province.citizen("wang")
    with transaction(province.services.node.database) as session:
        known = list_mandates(session, wang.id, civil_date(NOW))
    (elder,) = (one for one in known if one.kind == "elder")
    me = f"wang/{mandate_id(elder)}"
    assert "low_income" not in elder.items
    own = booked(province, "guiying", 16 * 60)
    assert own.number not in get(province, me, PATH).text
    assert own.number in get(province, "guiying", PATH).text
    said = [("position", mandate_id(elder))]
    assert post(province, me, f"{PATH}/{own.id}/cancel", said).status_code == 403
    assert get(province, me, f"{PATH}/new/low_income").status_code == 403
    new = [*said, ("day", "2026-11-25"), ("starts", "540")]
    assert post(province, me, f"{PATH}/new/low_income", new).status_code == 403
    assert own.number in get(province, "guiying", PATH).text
