"""One applies for an elder who has authorised them, and for a child under age; nobody else does."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select, update

from tests.test_catalog.services.test_cases import PERSON, Office, office
from xihu_catalog.services import disagreeing, prefill
from xihu_catalog.services.cases import CORRECTIONS
from xihu_catalog.services.items import item_versions
from xihu_catalog.services.mandate import AppliedFor, applied_for, proven_name, was_for_a_child
from xihu_catalog.services.prefill import RegisterValue
from xihu_catalog.services.ratings import rate
from xihu_platform.credentials.register import credentials_of, facts_of
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, NotFound, Refused
from xihu_platform.identity.models import MandateRow, PersonRow
from xihu_platform.identity.people import list_mandates
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.command import Command
from xihu_platform.matters.definition import OPEN
from xihu_platform.matters.inbox import count_inbox, read_inbox
from xihu_platform.matters.kernel import Opening
from xihu_platform.matters.outbox import deliver
from xihu_platform.matters.who import MatterParty, party_as
from xihu_platform.notices.unread import count_unread, read_notices, unread_matters

__all__ = ["office"]  # a fixture
DAY = date(2026, 11, 23)


def wang_for(office: Office, kind: str) -> Principal:
    """wang in her mandate of a kind, as the demo's people have it."""
    with transaction(office.node.database) as session:
        known = list_mandates(session, PERSON.id, DAY)
    return replace(PERSON, mandate=next(one for one in known if one.kind == kind))


def test_wang_hands_in_for_the_elder_who_sees_it_and_has_the_licence(office: Office) -> None:
    wang = wang_for(office, "elder")
    assert wang.mandate is not None
    case = office.sent("elder_card", wang)
    elder = Principal("citizen", "p-elder", level=3, subject=wang.mandate.key, portal="citizen")
    assert office.matters.read(elder, case).state == "received"
    with pytest.raises(NotFound):  # for herself she has no part in it
        office.matters.read(replace(wang, mandate=None), case)
    with transaction(office.node.database) as session:
        said = applied_for(session, office.matters.view(session, case))
    assert said == AppliedFor("王若溪", "许桂英")
    office.act(case, "chen-xihu", "accept")
    assert office.act(case, "chen-xihu", "grant") == "granted"
    with transaction(office.node.database) as session:
        (found,) = credentials_of(session, [wang.mandate.key])
        facts = facts_of(session, office.matters.texts, found)
    assert facts is not None and facts.holder_name == "许桂英"


@pytest.mark.parametrize("by", ["the same agent", "another agent", "nobody"])
def test_the_name_on_a_licence_is_that_of_the_newest_mandate(office: Office, by: str) -> None:
    """Renewed after the case was handed in, under the name that was proven then; a mandate that
    ended was for the name that it had."""
    wang = wang_for(office, "child")
    assert wang.mandate is not None
    case = office.sent("social_security_card", wang)
    former = wang.mandate.name_zh
    with transaction(office.node.database) as session:
        row = session.scalars(select(MandateRow).where(MandateRow.kind == "child")).one()
        if by == "the same agent":
            row.name_zh, row.valid_from = "王新名", date(2026, 11, 25)
        else:
            row.valid_to = date(2026, 11, 24)
        if by == "another agent":
            known = {name: getattr(row, name) for name in ("kind", "key", "name_en", "evidence")}
            dates = {"valid_from": date(2026, 11, 25), "valid_to": date(2027, 11, 24)}
            new = MandateRow(person="p-firm-handler", name_zh="王新名", items="", **known, **dates)
            session.add(new)
    office.on(date(2026, 11, 26))
    name = former if by == "nobody" else "王新名"
    with transaction(office.node.database) as session:
        view = office.matters.view(session, case)
        (applicant,) = (one for one in view.parties if one.role == "applicant")
        assert proven_name(session, view, applicant) == name  # what a licence says
        assert applied_for(session, view) == AppliedFor("王若溪", name)


def test_who_applies_for_oneself_is_nobody_else(office: Office) -> None:
    case = office.sent("elder_card")
    with transaction(office.node.database) as session:
        assert applied_for(session, office.matters.view(session, case)) is None


def test_an_application_is_written_at_the_level_that_its_pages_ask_for(office: Office) -> None:
    """Whichever way: pages send people to verify further, and the kernel holds to it."""
    low, said = replace(PERSON, level=2), {"f_mobile": "13800001234"}
    with pytest.raises(Refused) as refused:
        office.begin("elder_card", low)
    assert refused.value.reason.code == "real_name"
    case = office.begin("elder_card")
    for event, values in (("write", said), ("submit", {})):
        with pytest.raises(Refused):
            office.act(case, low, event, dict(values))
    with transaction(office.node.database) as session:
        session.get_one(PersonRow, PERSON.id).level = 2  # nobody proved more for them
    assert office.act(case, low, "write", dict(said)) == "draft"
    with transaction(office.node.database) as session:
        session.get_one(PersonRow, PERSON.id).level = 3
    assert office.act(case, low, "discard") == "withdrawn"  # what is one's own is given up freely


def test_a_third_person_has_no_mandate_and_no_part(office: Office) -> None:
    case = office.sent("elder_card", wang_for(office, "elder"))
    with transaction(office.node.database) as session:
        assert [one.kind for one in list_mandates(session, "p-firm-handler", DAY)] == ["firm"]
    with pytest.raises(NotFound):
        office.matters.read(Principal("citizen", "p-firm-handler", level=3, subject="s1_z"), case)


def test_no_list_has_what_a_mandate_is_not_for(office: Office) -> None:
    """Not its number, not its title, not that there is news of it."""
    wang = wang_for(office, "elder")
    assert wang.mandate is not None
    elder = Principal("citizen", "p-elder", level=3, subject=wang.mandate.key, portal="citizen")
    named, other = office.sent("elder_card", elder), office.sent("funeral_grant", elder)
    for case in (named, other):
        office.act(case, office.ground(case).position, "ask_completion", {"gaps": "缺复印件"})
    matters, today = office.matters, DAY
    for who, expected in ((elder, {named, other}), (wang, {named})):
        for box in ("todo", "open"):
            assert {one.id for one in read_inbox(matters, who, box).lines} == expected
        assert count_inbox(matters, who, today)[0] == len(expected)
        assert unread_matters(matters, who) == expected
        assert {one.matter for one in read_notices(matters, who).lines} == expected
        assert count_unread(matters, who) == len(expected)


def test_nothing_else_is_begun_by_a_mandate_for_named_services(office: Office) -> None:
    wang = wang_for(office, "elder")
    parties = (
        party_as(wang, "holder"),
        MatterParty("office", "organisation", "113399001001548082"),
    )
    for kind in ("licence_return", "svc_funeral_grant"):
        with pytest.raises(Refused) as refused:
            office.matters.open(wang, Opening(kind, parties, "330106"), Command(OPEN, "beyond-01"))
        assert refused.value.reason.code == "mandate"


def test_a_mandate_is_for_the_services_that_it_names(office: Office) -> None:
    with pytest.raises(BadInput) as wrong:
        office.begin("funeral_grant", wang_for(office, "elder"))
    assert "许桂英给您的授权不包括“丧葬补助金和抚恤金申领”" in wrong.value.text.zh
    child = wang_for(office, "child")  # whose guardian acts in everything
    assert office.sent("social_security_card", child)


@pytest.mark.parametrize(("kind", "child"), [("child", True), ("elder", False), (None, False)])
def test_a_case_that_a_guardian_handed_in_is_a_childs(
    office: Office, kind: str | None, *, child: bool
) -> None:
    case = office.sent("elder_card", wang_for(office, kind) if kind else PERSON)
    with transaction(office.node.database) as session:
        assert was_for_a_child(session, office.matters.view(session, case)) is child


@pytest.mark.parametrize(("last", "child"), [(23, True), (22, False)])
def test_a_child_is_one_whoever_hands_the_case_in(
    office: Office, last: int, *, child: bool
) -> None:
    """Handed in on 2026-11-23 by themselves, by an account of their own."""
    case = office.sent("elder_card", PERSON)
    with transaction(office.node.database) as session:
        of = {"kind": "child", "key": PERSON.subject, "person": "p-firm-handler"}
        said = {"name_zh": "童", "name_en": "Child", "evidence": "", "valid_from": date(2020, 1, 1)}
        session.add(MandateRow(**of, **said, matter=0, valid_to=date(2026, 11, last)))
        session.flush()
        assert was_for_a_child(session, office.matters.view(session, case)) is child


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"valid_to": date(2026, 11, 22)}, "已经到期或者取消"),
        ({"items": "elder_allowance"}, "授权不包括“老年优待证”"),
    ],
)
def test_what_was_ended_or_narrowed_meanwhile_hands_nothing_in(
    office: Office, changed: dict[str, object], words: str
) -> None:
    wang = wang_for(office, "elder")
    case = office.begin("elder_card", wang)
    office.write_all(case, "elder_card", wang)
    with transaction(office.node.database) as session:
        session.execute(update(MandateRow).where(MandateRow.kind == "elder").values(**changed))
    with pytest.raises(BadInput) as wrong:
        office.act(case, wang, "submit")
    assert words in wrong.value.text.zh
    assert office.view(case).state == "draft"


def test_what_was_handed_in_again_answers_nobody_whose_mandate_ended_or_was_narrowed(
    office: Office,
) -> None:
    """A draft that was begun by it, and what was written there."""
    wang = wang_for(office, "elder")
    assert wang.mandate is not None
    case = office.begin("elder_card", wang)
    said = Command("write", "again-0001", 1, {"f_mobile": "13800001234"})
    assert office.matters.act(wang, case, said).matter == case
    over = replace(wang.mandate, valid_to=date(2026, 11, 22))
    other = replace(wang.mandate, items=frozenset({"elder_allowance"}))
    for mandate in (over, other):
        with pytest.raises(NotFound):
            office.matters.act(replace(wang, mandate=mandate), case, said)
    assert office.matters.act(wang, case, said).replayed


def test_what_follows_from_a_named_service_is_for_the_agent_too(office: Office) -> None:
    """A bad rating of the case, and the correction of what they were shown otherwise."""
    wang = wang_for(office, "elder")
    case = office.sent("elder_card", wang)
    position = office.ground(case).position
    for event in ("accept", "grant", "deliver"):
        office.act(case, position, event)
    rated = rate(office.matters, wang, case, 5, "等了一个月", "agent-rates-01")
    assert rated.followed_by is not None


def test_an_agent_sees_what_they_began_themselves_and_nothing_else_of_it(office: Office) -> None:
    """Of two cases of the elder the agent rates one badly and she the other: each sees the matter
    that follows, the agent her own alone, in no list and by no link the other's."""
    wang = wang_for(office, "elder")
    assert wang.mandate is not None
    elder = Principal("citizen", "p-elder", level=3, subject=wang.mandate.key, portal="citizen")
    case_w, mine = _badly_rated(office, wang, office.sent("elder_card", wang))
    case_e, hers = _badly_rated(office, elder, office.sent("elder_card", elder))
    matters = office.matters
    assert matters.read(wang, mine).id == mine
    with pytest.raises(NotFound):
        matters.read(wang, hers)
    assert {one.id for one in matters.linked(wang, case_w)} == {mine}
    assert matters.linked(wang, case_e) == []
    assert {one.id for one in matters.linked(elder, case_e)} == {hers}
    listed = {one.id for box in ("todo", "open") for one in read_inbox(matters, wang, box).lines}
    assert mine in listed and hers not in listed


def _badly_rated(office: Office, who: Principal, case: int) -> tuple[int, int]:
    position = office.ground(case).position
    for event in ("accept", "grant", "deliver"):
        office.act(case, position, event)
    rated = rate(office.matters, who, case, 5, "等了一个月", f"rates-{who.id}-01")
    assert rated.followed_by is not None
    return case, rated.followed_by


def test_what_an_agent_contradicts_is_verified_though_the_mandate_ends(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The case was handed in by it: its promise is not asked of the mandate again."""
    wang, matters, asked = wang_for(office, "elder"), office.matters, list[Principal]()
    case = office.begin("elder_card", wang)
    shown = RegisterValue(
        "mobile", "ga_residents", "mobile", DAY, office.node.clock(), True, value="13900000000"
    )
    with transaction(matters.database) as session:
        key = matters.texts.key(session, case) or matters.texts.new_key(session, case)
        session.add(prefill._row(key, case, "own", shown, None))
    office.write_all(case, "elder_card", wang)
    office.act(case, wang, "submit")
    with transaction(matters.database) as session:
        ended = {"valid_to": date(2026, 11, 22)}
        session.execute(update(MandateRow).where(MandateRow.kind == "elder").values(**ended))
    monkeypatch.setattr(disagreeing, "_open", lambda *of: asked.append(of[2]))
    receiver = disagreeing.corrections_receiver(matters, item_versions(), lambda _: None)  # type: ignore[arg-type,return-value]
    assert deliver(matters, {CORRECTIONS: receiver}).done == 1
    assert [(one.id, one.mandate and one.mandate.key) for one in asked] == [
        (wang.id, wang.mandate and wang.mandate.key)
    ]
