"""What becomes of a licence: the holder is heard first, who proposed does not decide, and the
register follows in the commit of the decision.

The clock begins on Monday 2026-11-23; five working days later is Monday 2026-11-30.
"""

from dataclasses import replace
from datetime import date

import pytest

from tests.test_catalog.services.test_cases import FIRM, KEYS, PERSON, Office, handlers, office
from xihu_catalog.services.licences import LICENCE_CHANGE, licence_opening, return_opening
from xihu_catalog.sharing.openings import opening_of
from xihu_platform.credentials.register import Credential, changes_of, credentials_of
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, NotFound, Refused
from xihu_platform.identity.principal import Mandate, Principal
from xihu_platform.matters.command import Command, Value
from xihu_platform.matters.definition import OPEN

__all__ = ["office"]  # a fixture
LEADER, HANDLER, SECOND = "xhmz-leader", "chen-xihu", "pan-xihu"
TODAY, LAST = "2026-11-23", date(2026, 11, 30)


def licensed(office: Office, item: str = "elder_card", who: Principal = PERSON) -> Credential:
    case = office.sent(item, who)
    (handler, *_) = handlers(office, office.ground(case).organisation)
    for event in ("accept", "grant"):
        office.act(case, handler, event)
    (applicant,) = (one.key for one in office.view(case).parties if one.role == "applicant")
    with transaction(office.node.database) as session:
        return next(o for o in credentials_of(session, [applicant]) if o.matter == case)


def proposed(
    office: Office,
    one: Credential,
    act: str,
    who: str = HANDLER,
    on: str = TODAY,
) -> int:
    principal = office.as_position(who)
    values: dict[str, Value] = {"licence": one.number, "act": act, "effect_on": on}
    with transaction(office.node.database) as session:
        opening = licence_opening(session, principal, one.number)
    command = Command(
        OPEN, f"change-{next(KEYS):06d}", 0, values, reason="隐瞒情况", article="第六十九条"
    )
    return office.matters.open(principal, opening, command).matter


def decide(office: Office, matter: int, event: str, who: str = LEADER, on: str = TODAY) -> str:
    said: dict[str, Value] = {"effect_on": on}
    return office.act(matter, who, event, said, reason="经复核属实", article="第六十九条")


def state(office: Office, one: Credential) -> str:
    with transaction(office.node.database) as session:
        return next(o for o in credentials_of(session, [one.holder]) if o.id == one.id).state


def able(office: Office, matter: int, who: str | Principal) -> set[str]:
    principal = office.as_position(who) if isinstance(who, str) else who
    return {one.name for one in office.matters.allowed(principal, office.view(matter))}


@pytest.mark.parametrize(
    ("act", "becomes"),
    [
        ("withdraw", "withdrawn"),
        ("annul", "annulled"),
        ("deregister", "deregistered"),
        ("revoke", "revoked"),
        ("suspend", "suspended"),
    ],
)
def test_the_holder_is_heard_before_a_licence_ends_or_pauses(
    office: Office, act: str, becomes: str
) -> None:
    one = licensed(office)
    matter = proposed(office, one, act)
    assert office.due(matter, "LOCAL-targets/licence_statement") == LAST
    assert able(office, matter, LEADER) == {"no_statement", "drop"}
    with pytest.raises(Conflict):
        decide(office, matter, "decide_at_once")
    assert office.act(matter, PERSON, "state_view", {"statement": "我没有隐瞒"}) == "heard"
    assert state(office, one) == "valid"
    # 20 working days from Monday; who was heard is not left without a day
    assert office.due(matter, "LOCAL-targets/licence_decision") == date(2026, 12, 21)
    assert decide(office, matter, "decide") == "changed"
    assert state(office, one) == becomes
    with transaction(office.node.database) as session:
        (change,) = changes_of(session, office.matters.texts, one)
    assert (change.reason, change.position) == ("经复核属实", LEADER)
    assert change.effective_on == date(2026, 11, 23)


def asked(office: Office, one: Credential, who: Principal = PERSON) -> int:
    """Its holder asks for its deregistration."""
    with transaction(office.node.database) as session:
        opening = return_opening(session, who, one)
    values: dict[str, Value] = {"licence": one.number, "why": "不再需要"}
    return office.matters.open(
        who, opening, Command(OPEN, f"return-{next(KEYS):06d}", 0, values)
    ).matter


def test_what_the_holder_asks_for_a_leader_decides(office: Office) -> None:
    one = licensed(office)
    matter = asked(office, one)
    assert office.due(matter, "LOCAL-targets/licence_return") == LAST
    assert able(office, matter, HANDLER) == set()
    assert able(office, matter, LEADER) == {"deregister", "refuse"}
    assert office.act(matter, LEADER, "deregister", article="第七十条") == "deregistered"
    assert state(office, one) == "deregistered"
    with transaction(office.node.database) as session:
        (change,) = changes_of(session, office.matters.texts, one)
    assert (change.reason, change.position) == ("持证者申请注销", LEADER)


def test_no_office_says_that_a_holder_asked_for_it(office: Office) -> None:
    one = licensed(office)
    with pytest.raises(BadInput):
        proposed(office, one, "deregister_on_request")
    with transaction(office.node.database) as session:
        opening = return_opening(session, PERSON, one)
    command = Command(OPEN, f"return-{next(KEYS):06d}", 0, {"licence": one.number})
    with pytest.raises((NotFound, Refused)):
        office.matters.open(office.as_position(HANDLER), opening, command)


def test_a_licence_of_somebody_else_one_that_ended_and_a_second_request_are_refused(
    office: Office,
) -> None:
    one = licensed(office)
    with pytest.raises(NotFound):
        asked(office, one, FIRM)
    matter = asked(office, one)
    with pytest.raises(Conflict, match="asked for already"):
        asked(office, one)
    assert office.act(matter, PERSON, "withdraw") == "withdrawn"
    second = asked(office, one)
    assert (
        office.act(second, LEADER, "refuse", reason="案件尚未处理完", article="第七十条")
        == "refused"
    )
    assert state(office, one) == "valid"
    third = asked(office, one)
    change = proposed(office, one, "revoke")
    office.act(change, PERSON, "state_view", {"statement": "不同意"})
    decide(office, change, "decide")
    with pytest.raises(Conflict, match="revoked and cannot become deregistered"):
        office.act(third, LEADER, "deregister", article="第七十条")
    with pytest.raises(Conflict):
        asked(office, licensed_and_gone(office))


def licensed_and_gone(office: Office) -> Credential:
    one = licensed(office)
    office.act(asked(office, one), LEADER, "deregister", article="第七十条")
    return one


def test_only_a_full_identity_ends_a_licence_and_no_mandate_for_services(office: Office) -> None:
    one = licensed(office)
    named = Mandate("elder", "s1_w", "王", "Wang", items=frozenset({"elder_card"}))
    for who in (replace(PERSON, level=2), replace(PERSON, subject=None, mandate=named)):
        with transaction(office.node.database) as session, pytest.raises(BadInput):
            return_opening(session, who, one)


def test_a_suspension_ends(office: Office) -> None:
    one = licensed(office)
    matter = proposed(office, one, "suspend")
    office.act(matter, PERSON, "state_view", {"statement": "已经整改"})
    decide(office, matter, "decide")
    decide(office, proposed(office, one, "restore"), "decide_at_once")
    assert state(office, one) == "valid"


def test_silence_counts_after_the_last_day_and_not_on_it(office: Office) -> None:
    matter = proposed(office, licensed(office), "annul")
    office.on(LAST)
    with pytest.raises(Conflict, match="last day has not passed"):
        office.act(matter, HANDLER, "no_statement")
    office.on(date(2026, 12, 1))
    assert office.act(matter, HANDLER, "no_statement") == "heard"


def test_whoever_proposed_it_does_not_decide_and_no_handler_does(office: Office) -> None:
    one = licensed(office)
    paused = proposed(office, one, "suspend")
    office.act(paused, PERSON, "state_view", {"statement": "已经整改"})
    decide(office, paused, "decide")
    matter = proposed(office, one, "restore")
    for who in (HANDLER, SECOND):
        assert "decide_at_once" not in able(office, matter, who)
        with pytest.raises(Refused):
            decide(office, matter, "decide_at_once", who)


def test_nothing_leads_back_from_a_state_that_ended(office: Office) -> None:
    one = licensed(office)
    first = proposed(office, one, "deregister")
    office.act(first, PERSON, "state_view", {"statement": "不同意"})
    second = proposed(office, one, "annul")
    office.act(second, PERSON, "state_view", {"statement": "不同意"})
    decide(office, second, "decide")
    with pytest.raises(Conflict, match="annulled and cannot become deregistered"):
        decide(office, first, "decide")
    assert office.view(first).state == "heard"  # neither the matter nor the register moved
    assert state(office, one) == "annulled"
    for act in ("restore", "revoke", "annul"):
        with pytest.raises(Conflict, match="cannot become"):
            proposed(office, one, act)
    with pytest.raises(Conflict, match="valid and cannot become valid"):
        proposed(office, licensed(office), "restore")


def test_a_day_that_has_not_come_is_not_decided_on(office: Office) -> None:
    one = licensed(office)
    matter = proposed(office, one, "deregister", on="2026-11-25")
    office.act(matter, PERSON, "state_view", {"statement": "没有意见"})
    with pytest.raises(BadInput, match="between the day of issue and today"):
        decide(office, matter, "decide", on="2026-11-25")
    assert state(office, one) == "valid"
    office.on(date(2026, 11, 25))
    assert decide(office, matter, "decide", on="2026-11-25") == "changed"
    with pytest.raises(BadInput, match="before the day of issue"):
        proposed(office, licensed(office), "suspend", on="2026-11-01")


def test_it_is_dropped_and_the_licence_stays_as_it_was(office: Office) -> None:
    one = licensed(office)
    matter = proposed(office, one, "annul")
    office.act(matter, PERSON, "state_view", {"statement": "有证据"})
    assert office.act(matter, LEADER, "drop_heard", reason="意见成立") == "dropped"
    assert state(office, one) == "valid"
    assert office.act(proposed(office, one, "annul"), HANDLER, "drop", reason="误提") == "dropped"


def test_only_the_office_that_issued_it_proposes_and_only_its_holder_states(
    office: Office,
) -> None:
    one = licensed(office)
    with transaction(office.node.database) as session:
        for who, number in (("sun-rs", one.number), (HANDLER, "BJ-999999"), (HANDLER, None)):
            with pytest.raises(BadInput, match="has issued no licence"):
                values: dict[str, Value | None] = {"licence": number}
                opening_of(session, LICENCE_CHANGE, office.as_position(who), values, None, LAST)
    matter = proposed(office, one, "annul")
    for stranger in (FIRM, office.as_position("sun-rs")):
        with pytest.raises(NotFound):
            office.matters.read(stranger, matter)


def test_a_leader_proposes_nothing(office: Office) -> None:
    with pytest.raises(Refused):
        proposed(office, licensed(office), "annul", LEADER)


def test_a_firm_is_heard_by_whoever_acts_for_it(office: Office) -> None:
    one = licensed(office, "health_licence", FIRM)
    matter = proposed(office, one, "revoke", "wj-cases-1")
    assert able(office, matter, FIRM) == {"state_view"}
    assert office.act(matter, FIRM, "state_view", {"statement": "已整改"}) == "heard"
    assert decide(office, matter, "decide", "wj-leader") == "changed"
    assert state(office, one) == "revoked"


def test_nobody_escapes_a_revocation_by_giving_the_licence_back(office: Office) -> None:
    one = licensed(office)
    revoking = proposed(office, one, "revoke")
    with pytest.raises(Conflict, match="is deciding on this licence"):
        asked(office, one)
    office.act(revoking, PERSON, "state_view", {"statement": "不属实"})
    assert decide(office, revoking, "decide") == "changed"
    other = licensed(office)
    giving = asked(office, other)  # asked for first: then its revocation is decided first
    proposed(office, other, "revoke")
    with pytest.raises(Conflict, match="is deciding on this licence"):
        office.act(giving, LEADER, "deregister", article="《行政许可法》第七十条")
