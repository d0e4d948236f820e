"""Nobody handles a case that is their own, or that they handed in for somebody (公务员法 76)."""

from dataclasses import replace

import pytest

from tests.test_catalog.services.test_cases import PERSON, Office, office
from tests.test_catalog.services.test_licences import HANDLER, LEADER, TODAY, licensed
from xihu_catalog.services.licences import licence_opening
from xihu_platform.database import transaction
from xihu_platform.errors import Refused
from xihu_platform.identity.models import PersonRow, PositionRow
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.command import Command, Value
from xihu_platform.matters.definition import OPEN

__all__ = ["office"]  # a fixture
OTHER = {"pan-xihu": "chen-xihu", "chen-xihu": "pan-xihu"}


def as_person(office: Office, position: str) -> Principal:
    """With the id of the person, as they are signed in."""
    with transaction(office.node.database) as session:
        person = session.get_one(PositionRow, position).person
    return replace(office.as_position(position), id=person)


@pytest.mark.parametrize("as_agent", [False, True])
def test_nobody_handles_their_own_case(office: Office, *, as_agent: bool) -> None:
    case = office.sent("elder_card", PERSON)
    position = office.ground(case).position
    clerk = as_person(office, position)
    if as_agent:  # the same person signs in there and here
        clerk = replace(clerk, id=PERSON.id)
    else:
        with transaction(office.node.database) as session:
            session.get_one(PersonRow, clerk.id).subject = PERSON.subject
    names = {one.name for one in office.matters.allowed(clerk, office.view(case))}
    assert not names & {"accept", "grant", "refuse"}
    with pytest.raises(Refused) as refused:
        office.act(case, clerk, "accept")
    assert refused.value.reason.code == "case_of_oneself"
    assert office.view(case).state == "received"
    colleague = as_person(office, OTHER[position])
    office.act(case, colleague, "take")
    office.act(case, colleague, "accept")
    assert office.act(case, colleague, "grant") == "granted"


def test_nobody_handles_what_becomes_of_their_own_licence(office: Office) -> None:
    """Not the one who would propose it, not the one who decides or drops it; a colleague does."""
    one = licensed(office)
    handler, leader = as_person(office, HANDLER), as_person(office, LEADER)
    facts = {"licence": one.number, "act": "suspend", "effect_on": TODAY}

    def propose(who: Principal) -> int:
        with transaction(office.node.database) as session:
            opening = licence_opening(session, who, one.number)
        command = Command(
            OPEN, f"own-{who.id}", 0, dict(facts), reason="核查", article="第六十九条"
        )
        return office.matters.open(who, opening, command).matter

    with transaction(office.node.database) as session:
        session.get_one(PersonRow, handler.id).subject = PERSON.subject
    with pytest.raises(Refused) as refused:
        propose(handler)
    assert refused.value.reason.code == "case_of_oneself"
    with transaction(office.node.database) as session:
        session.get_one(PersonRow, handler.id).subject = None
        session.get_one(PersonRow, leader.id).subject = PERSON.subject
    matter = propose(handler)
    office.act(matter, PERSON, "state_view", {"statement": "没有违规"})
    names = {rule.name for rule in office.matters.allowed(leader, office.view(matter))}
    assert not names & {"decide", "drop_heard"}
    said: dict[str, Value] = {"effect_on": TODAY}
    with pytest.raises(Refused):
        office.act(matter, leader, "decide", said, reason="属实", article="第六十九条")
    with pytest.raises(Refused):
        office.act(matter, leader, "drop_heard", reason="属实")
    assert office.view(matter).state == "heard"
