"""Who may not be whom in a mandate: nobody registers their own, answers for a side, or is a child.

The clock begins on Monday 2026-11-23, 10:00 in Shanghai.
"""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from tests.test_catalog.services.test_cases import office
from tests.test_catalog.services.test_mandate_giving import (
    HANDLER,
    LEADER,
    MONDAY,
    PAPER,
    SECOND,
    UNTIL,
    Pair,
    answers,
    as_person,
    at_counter,
    pair,
)
from xihu_catalog.services.mandate_giving import check_card
from xihu_catalog.standards.documents import citizen_check
from xihu_platform.database import transaction
from xihu_platform.errors import Conflict, Refused
from xihu_platform.identity.models import MandateRow, PersonRow
from xihu_platform.identity.principal import Mandate, Principal
from xihu_platform.matters.ticking import tick

__all__ = ["office", "pair"]  # fixtures


def proven_as(pair: Pair, position: str, subject: str) -> str:
    """The person of a position, proven with a document as any citizen is."""
    person = as_person(pair, position).id
    with transaction(pair.office.node.database) as session:
        session.get_one(PersonRow, person).subject = subject
    return person


def test_nobody_at_a_counter_registers_what_they_are_a_side_of(pair: Pair) -> None:
    """公务员法 76: neither as whoever will act, nor as whoever lets them."""
    clerk = proven_as(pair, HANDLER, "s1_clerk")
    proven_as(pair, SECOND, "s1_second")
    for said in ({"code": pair.code(who=clerk)}, {"subject": "s1_clerk"}):
        with pytest.raises(Refused) as refused:
            at_counter(pair, PAPER, **said)
        assert refused.value.reason.code == "mandate_of_oneself"
    matter = at_counter(pair, PAPER, subject="s1_second")
    second, leader = as_person(pair, SECOND), as_person(pair, LEADER)
    view = pair.office.view(matter)
    assert "confirm" not in {one.name for one in pair.office.matters.allowed(second, view)}
    with pytest.raises(Refused) as refused:
        pair.office.act(matter, second, "confirm")
    assert refused.value.reason.code == "mandate_of_oneself"
    assert pair.office.act(matter, leader, "confirm") == "in_force"


def test_no_side_s_answer_is_given_by_whoever_acts_for_them(pair: Pair) -> None:
    """Not even by a mandate for everything: neither no, nor the end of another's mandate."""
    stranger = Principal("citizen", "p-firm-handler", level=3, subject="s1_z", portal="citizen")
    for_mother = replace(stranger, mandate=Mandate("elder", pair.mother.subject or "", "许", "Xu"))
    for_agent = replace(stranger, mandate=Mandate("elder", pair.agent.subject or "", "王", "Wang"))
    asked, given = pair.type_in(pair.code()), pair.given("low_income")
    for who, matter, event in (
        (for_mother, asked, "decline"),
        (for_agent, asked, "take_back"),
        (for_mother, given, "withdraw"),
        (for_agent, given, "give_up"),
    ):
        assert not pair.office.matters.allowed(who, pair.office.view(matter))
        with pytest.raises(Refused) as refused:
            pair.office.act(matter, who, event)
        assert refused.value.reason.code == "mandate_given_by_another"
    low = replace(pair.mother, level=2)  # an end asks for no more than being oneself
    assert pair.office.act(given, low, "withdraw") == "withdrawn"


def test_a_child_gives_no_mandate(pair: Pair) -> None:
    """Their guardian acts for them by law; at a counter the card says it too."""
    with transaction(pair.office.node.database) as session:
        child = session.scalars(select(MandateRow.key).where(MandateRow.kind == "child")).one()
    own = replace(pair.mother, id="p-child", subject=child)
    with pytest.raises(Conflict, match="under age"):
        pair.type_in(pair.code(), own)
    with pytest.raises(Conflict, match="under age"):
        at_counter(pair, PAPER, subject=child)
    with transaction(pair.office.node.database) as session:
        grown = update(MandateRow).where(MandateRow.kind == "child")
        session.execute(grown.values(valid_to=MONDAY - timedelta(days=1)))
    assert at_counter(pair, PAPER, subject=child)
    body = "33999920081124001"
    card = f"{body}{citizen_check(body)}"
    with pytest.raises(Conflict, match="under age"):
        check_card(card, date(2026, 11, 23))
    assert check_card(card, date(2026, 11, 24)) == card


def test_no_name_of_an_account_that_nobody_proved_is_registered(pair: Pair) -> None:
    with transaction(pair.office.node.database) as session:
        name = {"name_zh": "假名", "name_en": "False"}
        mother = pair.mother.subject
        session.add(PersonRow(person="a", username="a", level=1, subject=mother, **name))
    matter = pair.given("low_income")
    with transaction(pair.office.node.database) as session:
        found = session.scalars(select(MandateRow.name_zh).where(MandateRow.matter == matter))
        assert found.one() == "许桂英"


def test_an_agent_who_is_not_fully_proven_any_more_is_given_nothing(pair: Pair) -> None:
    code = pair.code()
    with transaction(pair.office.node.database) as session:
        session.get_one(PersonRow, pair.agent.id).level = 2
    assert answers(pair, code)[0] == "mandate_code"


def test_one_that_ends_by_itself_ended_the_day_after_its_last(pair: Pair) -> None:
    """However late time is read."""
    matter = pair.given("low_income")
    pair.office.on(UNTIL + timedelta(days=10))
    tick(pair.office.matters, pair.office.node.clock())
    with transaction(pair.office.node.database) as session:
        found = session.scalars(select(MandateRow.ended_on).where(MandateRow.matter == matter))
        assert found.one() == date(2027, 2, 24)
