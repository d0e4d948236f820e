"""Nobody handles a case that is their own, or that they handed in for somebody (公务员法 76)."""

from dataclasses import replace

import pytest

from tests.test_catalog.services.test_cases import PERSON, Office, office
from xihu_platform.database import transaction
from xihu_platform.errors import Refused
from xihu_platform.identity.models import PersonRow, PositionRow
from xihu_platform.identity.principal import Principal

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
