"""The choice of a position: those held today, the present one marked, and a choice that is kept."""

import asyncio
from datetime import date

import httpx
import pytest
from sqlalchemy import select

from tests.province import NOW, Province
from tests.test_portals.api.callers import Call, send, session_of
from xihu_catalog.registry.people import content
from xihu_platform.database import transaction
from xihu_platform.identity.models import PositionRow, SigninSession
from xihu_platform.identity.sessions import find_session
from xihu_portals.official import positions
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.frame import PageFrame

LASTS = (None, "chen-yb", "wu-sh")
PERSON = next(p for p in content().people if p.username == "chen")


def test_every_position_of_today_can_be_chosen_and_the_present_one_is_marked(
    province: Province,
) -> None:
    here = Visitor(
        province.services, province.official("chen", "chen-yb"), PageFrame("official", NOW)
    )
    view = positions.fill(here, "/official/catalogue")
    assert {one.id: one.current for one in view.positions} == {
        "chen-xihu": False,
        "chen-yb": True,
    }
    titles = {one.id: (one.title.zh, one.title.en) for one in view.positions}
    assert titles == {p.id: (p.title_zh, p.title_en) for p in PERSON.positions}
    assert view.next_path == "/official/catalogue"


def test_a_position_that_has_ended_is_offered_to_nobody(province: Province) -> None:
    former = province.citizen("qian")
    view = positions.fill(
        Visitor(province.services, former, PageFrame("official", NOW)), "/official/"
    )
    assert view.positions == ()


def test_the_choice_is_kept_in_the_session_and_leads_back(province: Province) -> None:
    form = "position=chen-yb&csrf={csrf}&next=/official/catalogue"
    answer = send(province, Call("POST", "/official/positions", form, "chen"), "right")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/official/catalogue"
    newest = select(SigninSession.position_id).where(SigninSession.person == PERSON.person)
    with transaction(province.services.node.database) as session:
        assert "chen-yb" in set(session.scalars(newest))


def test_the_choice_leads_to_no_other_site(province: Province) -> None:
    form = "position=chen-yb&csrf={csrf}&next=https://elsewhere.example/"
    answer = send(province, Call("POST", "/official/positions", form, "chen"), "right")
    assert answer.headers["location"].startswith("/")


def enter(province: Province, who: str, path: str, position: str | None = None) -> httpx.Response:
    """Signed in with this position chosen, or none."""
    cookie, _ = session_of(province, "right", Call("GET", path, "", who))
    assert cookie is not None
    with transaction(province.services.node.database) as session:
        row = find_session(session, "official", cookie, NOW)
        assert row is not None
        row.position_id = position
    name = province.services.identity.clients["official"].portal.cookie

    async def once() -> httpx.Response:
        async with province.client() as client:
            return await client.get(path, headers={"Cookie": f"{name}={cookie}"})

    return asyncio.run(once())


@pytest.mark.parametrize("path", ["/official/", "/official/metrics/gdp", "/official/catalogue?q=a"])
def test_who_has_one_position_is_in_it_without_choosing(province: Province, path: str) -> None:
    answer = enter(province, "he", path)
    assert answer.status_code == 200
    assert province.position("he").title_zh in answer.text


def test_who_has_several_chooses_and_comes_to_the_page_that_was_asked_for(
    province: Province,
) -> None:
    answer = enter(province, "chen", "/official/metrics/gdp")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/official/positions?next=/official/metrics/gdp"


def test_a_position_that_has_ended_counts_for_nothing(province: Province) -> None:
    assert (
        enter(province, "qian", "/official/").headers["location"].startswith("/official/positions?")
    )
    assert enter(province, "qian", "/official/", "qian-yw").status_code == 303
    database = province.services.node.database
    ended = {"valid_to": date(2026, 11, 22)}
    with transaction(database) as session:
        kept = session.get_one(PositionRow, "chen-xihu").valid_to
        session.get_one(PositionRow, "chen-xihu").valid_to = ended["valid_to"]
    try:
        for chosen in (None, "chen-xihu"):
            answer = enter(province, "chen", "/official/", chosen)
            assert answer.status_code == 200
            assert province.position("chen", "chen-yb").title_zh in answer.text
    finally:
        with transaction(database) as session:
            session.get_one(PositionRow, "chen-xihu").valid_to = kept


def test_nobody_gets_into_the_position_of_somebody_else(province: Province) -> None:
    answer = enter(province, "he", "/official/", "wu-sh")
    assert province.position("he").title_zh in answer.text
    assert enter(province, "he", "/official/audit", "wu-sh").status_code == 403


def test_the_position_used_last_comes_first(province: Province) -> None:
    here = Visitor(province.services, province.official("chen"), PageFrame("official", NOW))
    ids = [[one.id for one in positions.fill(here, "/", last).positions] for last in LASTS]
    assert ids == [["chen-xihu", "chen-yb"], ["chen-yb", "chen-xihu"], ["chen-xihu", "chen-yb"]]
    form = "position=chen-yb&csrf={csrf}"
    answer = send(province, Call("POST", "/official/positions", form, "chen"), "right")
    assert "xihu_position=chen-yb" in answer.headers["set-cookie"]
    refused = send(
        province, Call("POST", "/official/positions", "position=wu-sh&csrf={csrf}", "chen"), "right"
    )
    assert (refused.status_code, "set-cookie" in refused.headers) == (404, False)
