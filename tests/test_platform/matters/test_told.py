"""Whose uses somebody is told of: their own, a ward's, and of an authorised case alone."""

from tests.test_catalog.services.test_cases import FIRM, PERSON, Office, office
from tests.test_catalog.services.test_mandate import wang_for
from xihu_platform.database import transaction
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.told import Told, told_of

__all__ = ["office"]  # a fixture


def told(office: Office, who: Principal) -> Told | None:
    with transaction(office.node.database) as session:
        return told_of(session, office.matters, who)


def test_one_is_told_of_oneself_and_a_guardian_of_the_child(office: Office) -> None:
    child = wang_for(office, "child")
    assert child.mandate is not None and not child.mandate.items
    assert told(office, PERSON) == Told("s1_w")
    assert told(office, child) == Told(child.mandate.key)
    assert told(office, FIRM) == Told("s1_z")  # no use names a firm
    assert told(office, Principal("citizen", "p-nobody", level=3)) is None


def test_an_agent_is_told_of_the_cases_of_the_services_that_are_named(office: Office) -> None:
    wang = wang_for(office, "elder")
    assert wang.mandate is not None
    elder = Principal("citizen", "p-elder", level=3, subject=wang.mandate.key, portal="citizen")
    assert told(office, wang) == Told(wang.mandate.key, frozenset())
    named, _other = office.sent("elder_card", wang), office.sent("funeral_grant", elder)
    office.sent("elder_card")  # the agent's own
    assert told(office, wang) == Told(wang.mandate.key, frozenset({f"BJ-{named:06d}"}))
