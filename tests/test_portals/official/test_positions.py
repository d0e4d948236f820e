"""The choice of a position: those held today, the present one marked, and a choice that is kept."""

from sqlalchemy import select

from tests.province import NOW, Province
from tests.test_portals.api.callers import Call, send
from xihu_catalog.registry.people import content
from xihu_platform.database import transaction
from xihu_platform.identity.models import SigninSession
from xihu_portals.official import positions
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.frame import PageFrame

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
