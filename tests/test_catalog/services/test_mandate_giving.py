"""A person lets another act for them, by a code that is passed on; nobody else does, and it ends.

The clock begins on Monday 2026-11-23, 10:00 in Shanghai. Days by hand on the official calendar.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import count

import pytest
from sqlalchemy import func, select

from tests.test_catalog.services.test_cases import Office, office
from xihu_catalog.services.mandate_giving import (
    check_agent,
    check_services,
    check_until,
    find_asked,
    mandate_opening,
    months_after,
    services_to_name,
)
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, NotFound, PlatformError, Refused
from xihu_platform.identity.mandate_codes import (
    ALPHABET,
    MandateCodes,
    cancel_request,
    living_requests,
)
from xihu_platform.identity.mandates import mandates_held, mandates_of
from xihu_platform.identity.models import MandateRequestRow, MandateRow, PersonRow, PositionRow
from xihu_platform.identity.people import find_mandate, list_mandates
from xihu_platform.identity.principal import Mandate, Principal
from xihu_platform.matters.command import Command, Value
from xihu_platform.matters.definition import OPEN
from xihu_platform.matters.inbox import read_inbox
from xihu_platform.matters.ticking import tick
from xihu_platform.notices.unread import unread_matters
from xihu_platform.policy_version import PolicyVersion

__all__ = ["office"]  # a fixture
KEYS = count()
MONDAY = date(2026, 11, 23)
UNTIL = date(2027, 2, 23)
HANDLER, SECOND, LEADER = "xxjd-cases-1", "xxjd-cases-2", "xxjd-leader"


@dataclass
class Pair:
    """wang, who will act, and her mother, who has an account and has let her do four things."""

    office: Office
    agent: Principal
    mother: Principal
    codes: MandateCodes

    def code(self, *items: str, until: date = UNTIL, form: str = "", who: str = "") -> str:
        with transaction(self.office.node.database) as session:
            return self.codes.make(
                session,
                who or self.agent.id,
                form or f"form-{next(KEYS)}",
                items or ("low_income", "funeral_grant"),
                until,
                self.office.node.clock(),
            )

    def type_in(self, code: str, who: Principal | None = None, key: str = "") -> int:
        giver = who or self.mother
        with transaction(self.office.node.database) as session:
            asked = find_asked(session, self.codes, code)
            opening, values = mandate_opening(session, asked, giver, giver.subject or "")
        command = Command(OPEN, key or f"mandate-{next(KEYS):06d}", 0, values)
        return self.office.matters.open(giver, opening, command).matter

    def agree(
        self, matter: int, *services: str, until: date = UNTIL, who: Principal | None = None
    ) -> str:
        said: dict[str, Value] = {"until": until.isoformat()}
        said["services"] = list(services or ("low_income", "funeral_grant"))
        return self.office.act(matter, who or self.mother, "agree", said)

    def given(self, *services: str) -> int:
        matter = self.type_in(self.code(*services))
        assert self.agree(matter, *services) == "in_force"
        return matter

    def acting(self) -> Mandate | None:
        """As whom wang's next request for her mother is answered."""
        today = self.office.node.clock().date()
        with transaction(self.office.node.database) as session:
            known = list_mandates(session, self.agent.id, today)
        return next((one for one in known if one.key == self.mother.subject), None)


@pytest.fixture
def pair(office: Office) -> Pair:
    with transaction(office.node.database) as session:
        agent, mother = (
            session.scalars(select(PersonRow).where(PersonRow.username == name)).one()
            for name in ("wang", "guiying")
        )
        wang, elder = (
            Principal("citizen", one.person, one.name_zh, 3, one.subject, portal="citizen")
            for one in (agent, mother)
        )
    return Pair(office, wang, elder, MandateCodes(b"k" * 32))


def test_what_the_mother_agrees_to_is_in_force_in_that_commit(pair: Pair) -> None:
    before = pair.acting()
    assert before is not None and not before.covers("low_income")
    version = PolicyVersion(pair.office.node.database)
    matter, number = pair.type_in(pair.code()), version.read()
    assert pair.acting() == before  # a code alone gives nothing
    assert pair.agree(matter) == "in_force"
    assert version.read() > number
    version.close()
    after = pair.acting()
    assert after is not None and after.items == before.items | {"low_income", "funeral_grant"}
    case = pair.office.begin("low_income", replace(pair.agent, mandate=after))
    assert pair.office.view(case).state == "draft"


def test_the_elders_other_services_keep_their_own_last_day(pair: Pair) -> None:
    """Seeded until 2028-03-01; what is agreed to now ends earlier and takes nothing with it."""
    matter = pair.given("low_income")
    both = pair.acting()
    assert both is not None and both.covers("elder_card") and both.covers("low_income")
    pair.office.on(date(2027, 2, 24))
    late = pair.acting()
    assert late is not None and late.covers("elder_card") and not late.covers("low_income")
    tick(pair.office.matters, pair.office.node.clock())
    assert pair.office.view(matter).state == "ended"


def test_it_is_in_force_on_its_last_day_and_not_the_day_after(pair: Pair) -> None:
    matter = pair.given("low_income")
    pair.office.on(UNTIL)
    tick(pair.office.matters, pair.office.node.clock())
    acting = pair.acting()
    assert acting is not None and acting.covers("low_income")
    assert pair.office.view(matter).state == "in_force"
    pair.office.on(UNTIL + timedelta(days=1))
    acting = pair.acting()  # whether a tick came decides nothing
    assert acting is not None and not acting.covers("low_income")
    tick(pair.office.matters, pair.office.node.clock())
    ended = pair.office.view(matter).events[-1]
    assert (ended.name, ended.article) == ("end", "《民法典》第一百七十三条")


def test_the_principal_takes_services_out_and_ends_it_earlier(pair: Pair) -> None:
    matter = pair.type_in(pair.code())
    assert pair.agree(matter, "low_income", until=date(2026, 12, 1)) == "in_force"
    acting = pair.acting()
    assert acting is not None and not acting.covers("funeral_grant")
    pair.office.on(date(2026, 12, 2))
    acting = pair.acting()
    assert acting is not None and not acting.covers("low_income")


@pytest.mark.parametrize(
    ("services", "until"),
    [
        (("low_income", "elder_service_centre"), UNTIL),
        (("low_income", "nothing_such"), UNTIL),
        (("low_income",), UNTIL + timedelta(days=1)),
        (("low_income",), MONDAY - timedelta(days=1)),
    ],
)
def test_nothing_is_agreed_to_that_was_not_asked_for(
    pair: Pair, services: tuple[str, ...], until: date
) -> None:
    matter = pair.type_in(pair.code())
    with pytest.raises(BadInput):
        pair.agree(matter, *services, until=until)
    assert pair.office.view(matter).state == "asked"
    acting = pair.acting()
    assert acting is not None and not acting.covers("low_income")


def test_no_matter_is_opened_for_more_than_was_asked(pair: Pair) -> None:
    with transaction(pair.office.node.database) as session:
        asked = find_asked(session, pair.codes, pair.code())
        opening, values = mandate_opening(session, asked, pair.mother, pair.mother.subject or "")
    for more in ({"services": ["low_income", "elder_card"]}, {"until": "2028-01-01"}):
        said: dict[str, Value] = {**values, **more}
        with pytest.raises(Refused) as refused:
            pair.office.matters.open(pair.mother, opening, Command(OPEN, "widened-01", 0, said))
        assert refused.value.reason.code == "mandate_code"
    assert pair.type_in(pair.code())


def answers(pair: Pair, code: str, who: Principal | None = None) -> tuple[str, str, int]:
    """What whoever types a code is told."""
    with pytest.raises(PlatformError) as wrong:
        pair.type_in(code, who)
    found = wrong.value
    assert isinstance(found, Refused)
    return found.reason.code, f"{found.text}{found.reason}", found.status


def test_no_answer_tells_why_a_code_is_no_good(pair: Pair) -> None:
    """Never made, mistyped, used, cancelled, lapsed, one's own: the same words."""
    used, cancelled, old = pair.code(), pair.code(), pair.code()
    pair.type_in(used)
    with transaction(pair.office.node.database) as session:
        newest = living_requests(session, pair.agent.id, pair.office.node.clock())
        cancel_request(session, pair.agent.id, newest[1].id)
    own = pair.code()
    told = {answers(pair, one) for one in ("", "22222222", used[:7], used, cancelled)}
    told |= {answers(pair, own, pair.agent), answers(pair, used, pair.mother)}
    pair.office.moment[0] += timedelta(hours=24)
    told |= {answers(pair, old)}
    assert len(told) == 1
    assert next(iter(told))[0] == "mandate_code"


def test_a_code_lives_for_24_hours_and_not_a_second_longer(pair: Pair) -> None:
    first, second = pair.code(), pair.code()
    pair.office.moment[0] += timedelta(hours=23, minutes=59, seconds=59)
    assert pair.type_in(first)
    pair.office.moment[0] += timedelta(seconds=1)
    answers(pair, second)


def test_a_code_is_used_once_by_whoever_comes_first(pair: Pair) -> None:
    code = pair.code()
    with transaction(pair.office.node.database) as session:
        asked = find_asked(session, pair.codes, code)
        late, values = mandate_opening(session, asked, pair.mother, pair.mother.subject or "")
    first = pair.type_in(code, key="same-form-01")
    with pytest.raises(Refused):  # found a moment before it was used
        pair.office.matters.open(pair.mother, late, Command(OPEN, "second-form", 0, values))
    again = pair.office.matters.open(pair.mother, late, Command(OPEN, "same-form-01", 0, values))
    assert (again.matter, again.replayed) == (first, True)


def test_a_code_is_kept_as_a_hash_has_no_look_alikes_and_is_the_same_for_one_form(
    pair: Pair,
) -> None:
    codes = {pair.code(form="f-1"), pair.code(form="f-1"), pair.code(form="f-2")}
    assert len(codes) == 2
    for code in codes:
        assert len(code) == 8 and not set(code) & set("0O1IL") and set(code) <= set(ALPHABET)
    with transaction(pair.office.node.database) as session:
        rows = session.scalars(select(MandateRequestRow)).all()
        assert len(rows) == 2
        held = b"".join(one.digest for one in rows) + str([vars(one) for one in rows]).encode()
        assert not [code for code in codes if code.encode() in held]
    with pytest.raises(BadInput, match="with other content"):
        pair.code("elder_card", form="f-1")
    assert pair.code(form="f-1", who="p-elder") not in codes


def test_five_codes_of_one_person_live_at_a_time(pair: Pair) -> None:
    for _ in range(5):
        pair.code()
    with pytest.raises(Conflict, match="cancel one first"):
        pair.code()
    with transaction(pair.office.node.database) as session:
        mine = living_requests(session, pair.agent.id, pair.office.node.clock())
        cancel_request(session, "p-elder", mine[0].id)  # another's does nothing
        assert len(living_requests(session, pair.agent.id, pair.office.node.clock())) == 5
        cancel_request(session, pair.agent.id, mine[0].id)
    assert pair.code()
    pair.office.moment[0] += timedelta(days=31)
    pair.code()
    with transaction(pair.office.node.database) as session:
        assert session.scalar(select(func.count()).select_from(MandateRequestRow)) == 1


def test_the_agent_does_not_agree_themselves(pair: Pair) -> None:
    matter = pair.type_in(pair.code())
    with pytest.raises(Refused) as refused:
        pair.agree(matter, who=pair.agent)
    assert refused.value.reason.code == "matter_party"
    known = pair.acting()
    assert known is not None
    as_mother = replace(pair.agent, mandate=replace(known, items=frozenset()))
    with pytest.raises(Refused) as refused:  # not even by a mandate for everything
        pair.agree(matter, who=as_mother)
    assert refused.value.reason.code == "mandate_given_by_another"
    with pytest.raises(NotFound):  # by one for named services it is not there at all
        pair.agree(matter, who=replace(pair.agent, mandate=pair.acting()))
    assert pair.office.view(matter).state == "asked"


def test_nobody_below_level_3_gives_or_asks(pair: Pair) -> None:
    low = replace(pair.mother, level=2)
    with pytest.raises(Refused) as refused:
        pair.type_in(pair.code(), low)
    assert refused.value.reason.code == "real_name"
    matter = pair.type_in(pair.code())
    with pytest.raises(Refused) as refused:
        pair.agree(matter, who=low)
    assert refused.value.reason.code == "real_name"
    for who in (low, replace(pair.mother, subject=None)):
        with pytest.raises(Refused):
            check_agent(who)
    check_agent(pair.mother)


def test_whoever_acts_for_somebody_neither_gives_nor_takes_a_mandate(pair: Pair) -> None:
    guardian = replace(pair.mother, mandate=Mandate("child", "s1_child", "童", "Child"))
    with pytest.raises(Conflict, match="act for somebody else"):
        check_agent(guardian)
    with transaction(pair.office.node.database) as session:
        asked = find_asked(session, pair.codes, pair.code())
        opening, values = mandate_opening(session, asked, guardian, "s1_child")
    with pytest.raises(Refused) as refused:
        pair.office.matters.open(guardian, opening, Command(OPEN, "for-child-1", 0, values))
    assert refused.value.reason.code == "mandate_given_by_another"


def test_a_withdrawn_mandate_is_gone_with_the_next_request_of_that_second(pair: Pair) -> None:
    matter = pair.given("low_income")
    acting = pair.acting()
    assert acting is not None
    case = pair.office.begin("low_income", replace(pair.agent, mandate=acting))
    version = PolicyVersion(pair.office.node.database)
    number = version.read()
    assert pair.office.act(matter, pair.mother, "withdraw") == "withdrawn"
    assert version.read() > number
    version.close()
    after = pair.acting()
    assert after is not None and not after.covers("low_income") and after.covers("elder_card")
    with pytest.raises(NotFound):
        pair.office.matters.read(replace(pair.agent, mandate=after), case)
    with pytest.raises((BadInput, NotFound)):  # whoever still says that they act by the old one
        pair.office.act(case, replace(pair.agent, mandate=acting), "submit")


def test_one_given_for_nothing_else_is_not_chosen_any_more(pair: Pair) -> None:
    with transaction(pair.office.node.database) as session:
        stranger = session.scalars(select(PersonRow).where(PersonRow.username == "zhao")).one()
    who = Principal("citizen", stranger.person, "赵", 3, stranger.subject, portal="citizen")
    other = Pair(pair.office, pair.mother, who, pair.codes)
    matter = other.given("elder_card")
    chosen = f"elder:{who.subject}"
    with transaction(pair.office.node.database) as session:
        assert find_mandate(session, pair.mother.id, chosen, MONDAY) is not None
    assert pair.office.act(matter, pair.mother, "give_up") == "given_up"
    with transaction(pair.office.node.database) as session, pytest.raises(NotFound):
        find_mandate(session, pair.mother.id, chosen, MONDAY)


def test_the_names_of_a_case_stay_when_the_mandate_has_ended(pair: Pair) -> None:
    """The mother has no account here: her name is in the register of mandates alone."""
    office = pair.office
    acting = replace(pair.agent, mandate=pair.acting())
    case = office.sent("elder_card", acting)
    with transaction(office.node.database) as session:
        session.get_one(PersonRow, pair.mother.id).subject = "s1_other"
        for row in session.scalars(select(MandateRow).where(MandateRow.key == pair.mother.subject)):
            row.ended_on = MONDAY
    assert pair.acting() is None
    position = office.ground(case).position
    office.act(case, position, "accept")
    assert office.act(case, position, "grant") == "granted"


def test_silence_of_three_working_days_gives_nothing(pair: Pair) -> None:
    """From Monday 2026-11-23: Tuesday, Wednesday and Thursday the 26th."""
    matter = pair.type_in(pair.code())
    assert pair.office.due(matter, "LOCAL-targets/mandate_agreement") == date(2026, 11, 26)
    pair.office.on(date(2026, 11, 26))
    tick(pair.office.matters, pair.office.node.clock())
    assert pair.office.view(matter).state == "asked"
    pair.office.on(date(2026, 11, 27))
    with pytest.raises(PlatformError):  # before any tick
        pair.agree(matter)
    assert pair.office.view(matter).state == "lapsed"
    acting = pair.acting()
    assert acting is not None and not acting.covers("low_income")


def test_each_side_is_told_and_may_say_no(pair: Pair) -> None:
    matters = pair.office.matters
    matter = pair.type_in(pair.code())
    assert matter in unread_matters(matters, pair.agent)
    assert [one.id for one in read_inbox(matters, pair.mother, "todo").lines] == [matter]
    assert pair.office.act(matter, pair.mother, "decline") == "not_agreed"
    second = pair.type_in(pair.code())
    assert pair.office.act(second, pair.agent, "take_back") == "taken_back"
    third = pair.given("low_income")
    assert not read_inbox(matters, pair.mother, "todo").lines  # nothing waits for anybody
    assert third in unread_matters(matters, pair.agent)
    with transaction(pair.office.node.database) as session:
        mine = mandates_held(session, pair.agent.id)
        hers = mandates_of(session, pair.mother.subject or "")
    assert [one.matter for one in hers] == [None, third]
    assert {one.kind for one in mine} == {"elder", "child"}


CARD = "339999195001010018"
PAPER: dict[str, Value] = {"paper": "SQ-2026-031", "name": "周阿婆"}


def at_counter(
    pair: Pair, said: dict[str, Value], who: str = HANDLER, *, code: str = "", subject: str = ""
) -> int:
    """An official types the code, and the document's number from the card of who stands there."""
    office = pair.office
    official = as_person(pair, who)
    subject = subject or office.node.keyring.pseudonym("1", CARD)
    with transaction(office.node.database) as session:
        asked = find_asked(session, pair.codes, code or pair.code())
        opening, values = mandate_opening(session, asked, official, subject)
    command = Command(OPEN, f"counter-{next(KEYS)}", 0, {**values, **said})
    return office.matters.open(official, opening, command).matter


def as_person(pair: Pair, position: str) -> Principal:
    """An official with the id of the person, as they are signed in."""
    with transaction(pair.office.node.database) as session:
        person = session.get_one(PositionRow, position).person
    return replace(pair.office.as_position(position), id=person)


def test_at_a_counter_a_second_person_confirms(pair: Pair) -> None:
    office = pair.office
    paper: dict[str, Value] = {"paper": "SQ-2026-031", "name": "周阿婆"}
    matter = at_counter(pair, paper)
    with pytest.raises(BadInput, match="somebody else has to do this"):
        office.act(matter, HANDLER, "confirm")
    with pytest.raises(NotFound):
        office.act(matter, "rs-cases-1", "confirm")
    assert matter in {
        one.id for one in read_inbox(office.matters, office.as_position(SECOND), "todo").lines
    }
    assert office.act(matter, SECOND, "confirm") == "in_force"
    with transaction(office.node.database) as session:
        known = [one for one in mandates_held(session, pair.agent.id) if one.matter == matter]
        assert [(one.name_zh, one.evidence) for one in known] == [
            ("周阿婆", f"MD-{matter:06d} SQ-2026-031")
        ]
    said = office.matters.view
    with transaction(office.node.database) as session:
        assert "周阿婆" not in str([one.data for one in said(session, matter).events])
        assert "339999195001010018" not in str([one.data for one in said(session, matter).events])
    assert (
        office.act(
            matter, HANDLER, "withdraw_at_counter", reason="本人到窗口", evidence="SQ-2026-032"
        )
        == "withdrawn"
    )


def test_a_counter_needs_the_paper_and_the_name(pair: Pair) -> None:
    for said in (
        {},
        {"paper": "SQ-2026-031"},
        {"name": "周"},
        {"paper": "339999195001010018", "name": "周"},
    ):
        with pytest.raises(BadInput):
            at_counter(pair, dict(said))
    with pytest.raises(Conflict):
        at_counter(pair, {"paper": "SQ-2026-031", "name": "周"}, LEADER)


def test_a_given_one_is_not_confirmed_by_an_office(pair: Pair) -> None:
    matter = pair.type_in(pair.code())
    with pytest.raises(NotFound):
        pair.office.act(matter, HANDLER, "confirm")
    names = {one.name for one in pair.office.matters.allowed(pair.mother, pair.office.view(matter))}
    assert names == {"agree", "decline"}


def test_days_and_services_that_may_be_asked_for() -> None:
    assert months_after(date(2027, 2, 28), 12) == date(2028, 2, 28)
    assert months_after(date(2028, 2, 29), 12) == date(2029, 2, 28)
    assert check_until(date(2027, 11, 23), MONDAY) and check_until(MONDAY, MONDAY)
    for wrong in (None, date(2026, 11, 22), date(2027, 11, 24)):
        with pytest.raises(BadInput, match="2027-11-23"):
            check_until(wrong, MONDAY)
    known = {one.id for one in services_to_name()}
    assert {"low_income", "elder_card"} <= known and "firm_change" not in known
    assert check_services(["low_income", "elder_card", "low_income"]) == (
        "elder_card",
        "low_income",
    )
    for asked in ([], ["firm_change"], ["nothing_such", "low_income"]):
        with pytest.raises(BadInput):
            check_services(asked)
