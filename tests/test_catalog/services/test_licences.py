"""What becomes of a licence: the holder is heard first, who proposed does not decide, and the
register follows in the commit of the decision.

The clock begins on Monday 2026-11-23; five working days later is Monday 2026-11-30.
"""

from datetime import date

import pytest

from tests.test_catalog.services.test_cases import FIRM, KEYS, PERSON, Office, handlers, office
from xihu_catalog.services.licences import LICENCE_CHANGE, licence_opening
from xihu_catalog.sharing.openings import opening_of
from xihu_platform.credentials.register import Credential, changes_of, credentials_of
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, NotFound, Refused
from xihu_platform.identity.principal import Principal
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
    assert decide(office, matter, "decide") == "changed"
    assert state(office, one) == becomes
    with transaction(office.node.database) as session:
        (change,) = changes_of(session, office.matters.texts, one)
    assert (change.reason, change.position) == ("经复核属实", LEADER)
    assert change.effective_on == date(2026, 11, 23)


def test_what_the_holder_asked_for_goes_at_once(office: Office) -> None:
    one = licensed(office)
    matter = proposed(office, one, "deregister_on_request")
    assert decide(office, matter, "decide_at_once") == "changed"
    assert state(office, one) == "deregistered"


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
    matter = proposed(office, licensed(office), "deregister_on_request")
    for who in (HANDLER, SECOND):
        assert "decide_at_once" not in able(office, matter, who)
        with pytest.raises(Refused):
            decide(office, matter, "decide_at_once", who)


def test_nothing_leads_back_from_a_state_that_ended(office: Office) -> None:
    one = licensed(office)
    first = proposed(office, one, "deregister_on_request")
    second = proposed(office, one, "annul")
    office.act(second, PERSON, "state_view", {"statement": "不同意"})
    decide(office, second, "decide")
    with pytest.raises(Conflict, match="annulled and cannot become deregistered"):
        decide(office, first, "decide_at_once")
    assert office.view(first).state == "stating"  # neither the matter nor the register moved
    assert state(office, one) == "annulled"
    for act in ("restore", "revoke", "annul"):
        with pytest.raises(Conflict, match="cannot become"):
            proposed(office, one, act)
    with pytest.raises(Conflict, match="valid and cannot become valid"):
        proposed(office, licensed(office), "restore")


def test_a_day_that_has_not_come_is_not_decided_on(office: Office) -> None:
    one = licensed(office)
    matter = proposed(office, one, "deregister_on_request", on="2026-11-25")
    with pytest.raises(BadInput, match="between the day of issue and today"):
        decide(office, matter, "decide_at_once", on="2026-11-25")
    assert state(office, one) == "valid"
    office.on(date(2026, 11, 25))
    assert decide(office, matter, "decide_at_once", on="2026-11-25") == "changed"
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
