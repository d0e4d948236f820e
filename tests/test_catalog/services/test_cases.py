"""Cases from draft to end, as each law has it; days are counted by hand on the official calendar.

The clock begins on Monday 2026-11-23, 10:00 in Shanghai.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.casing import MADE_UP
from tests.settled import settled_data
from tests.test_catalog.sharing.test_requests import official
from xihu_catalog.services.case import case_opening, find_draft, read_case
from xihu_catalog.services.items import item_versions, service_items
from xihu_catalog.services.situation import how, spared
from xihu_catalog.sharing.start import open_matters
from xihu_catalog.start import open_contracts
from xihu_platform.access.grounds import GroundItemRow, GroundRow, GroundSubjectRow
from xihu_platform.clock import SHANGHAI
from xihu_platform.credentials.register import credentials_of, facts_of
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, NotFound, Refused
from xihu_platform.identity.models import PositionRow
from xihu_platform.identity.principal import Mandate, Principal
from xihu_platform.matters import step_limit
from xihu_platform.matters.command import Command, Value
from xihu_platform.matters.definition import OPEN
from xihu_platform.matters.kernel import Matters
from xihu_platform.matters.ticking import tick
from xihu_platform.matters.views import MatterView
from xihu_platform.matters.who import party_as
from xihu_platform.settings import Settings
from xihu_platform.start import Node, open_node

MONDAY = datetime(2026, 11, 23, 10, tzinfo=SHANGHAI)
PERSON = Principal(
    "citizen", "p-citizen3", name="王若溪", level=3, subject="s1_w", portal="citizen"
)
"""wang, of the demo's people."""
FIRM = Principal(
    "citizen",
    "p-firm-handler",
    level=3,
    subject="s1_z",
    portal="citizen",
    mandate=Mandate("firm", "91339900202600012U", "示例餐饮", "Demo Catering"),
)
KEYS = count(secrets.randbelow(1 << 40))
"""Of commands: others than those that made a folder which a test opens."""
TAKES = {"take", "take_on"}
APART = {*TAKES, "extend", "as it is"}
"""What is done without having the case."""


@dataclass
class Office:
    """The demo's offices with an empty lake, at a moment that a test sets."""

    node: Node
    matters: Matters
    moment: list[datetime]

    def on(self, day: date) -> None:
        self.moment[0] = datetime.combine(day, time(10), SHANGHAI)

    def as_position(self, name: str) -> Principal:
        return official(self.node, name)

    def begin(self, item: str, who: Principal = PERSON, answers: str = "") -> int:
        with transaction(self.node.database) as session:
            opening = case_opening(session, service_items()[item], who)
        values: dict[str, Value] = {"answers": answers} if answers else {}
        key = f"case-{next(KEYS):014d}"
        return self.matters.open(who, opening, Command(OPEN, key, 0, values)).matter

    def act(
        self,
        matter: int,
        who: Principal | str,
        event: str,
        said: dict[str, Value] | None = None,
        *,
        reason: str | None = None,
        article: str | None = None,
        evidence: str | None = None,
    ) -> str:
        principal = self.as_position(who) if isinstance(who, str) else who
        view = self.matters.read(principal, matter)
        takes = {rule.name for rule in self.matters.allowed(principal, view)} & TAKES
        if isinstance(who, str) and event not in APART and takes and not self.has(matter, who):
            (take,) = takes
            self.act(matter, who, take)
            view = self.matters.read(principal, matter)
        command = Command(
            event,
            f"case-{next(KEYS):014d}",
            view.version,
            said or {},
            reason=reason,
            article=article,
            evidence=evidence,
        )
        return self.matters.act(principal, matter, command).state

    def has(self, matter: int, position: str) -> bool:
        return self.ground(matter).position == position

    def write_all(self, matter: int, item: str, who: Principal = PERSON) -> None:
        """Every field, and every paper brought to the counter."""
        one = service_items()[item]
        values: dict[str, Value] = {
            f"f_{field.id}": MADE_UP.get(field.kind, "示例内容") for field in one.form
        }
        values["at_counter"] = [paper.id for paper in one.materials]
        self.act(matter, who, "write", values)

    def sent(self, item: str, who: Principal = PERSON, answers: str = "") -> int:
        matter = self.begin(item, who, answers)
        self.write_all(matter, item, who)
        assert self.act(matter, who, "submit") == "received"
        return matter

    def view(self, matter: int) -> MatterView:
        with transaction(self.node.database) as session:
            return self.matters.view(session, matter)

    def due(self, matter: int, duty: str) -> date | None:
        dates = self.matters.due_dates(self.view(matter))
        return [due.day for (name, _), due in sorted(dates.items()) if name == duty][-1]

    def ground(self, matter: int) -> GroundRow:
        with transaction(self.node.database) as session:
            return session.get_one(GroundRow, self.view(matter).number)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    moment = [MONDAY]
    data = settled_data(tmp_path / "data")
    clocked = open_node(Settings(data_dir=data), clock=lambda: moment[0].astimezone(UTC))
    yield Office(clocked, open_matters(clocked, open_contracts(clocked)), moment)


def test_five_working_days_of_silence_accept_a_licence_from_the_day_it_was_handed_in(
    office: Office,
) -> None:
    case = office.sent("food_permit", FIRM)
    assert office.due(case, "CN-permits/permit_completion") == date(2026, 11, 30)
    office.on(date(2026, 11, 30))
    tick(office.matters, office.node.clock())
    assert office.view(case).state == "received"  # on its last day there is time
    office.on(date(2026, 12, 1))
    tick(office.matters, office.node.clock())
    view = office.view(case)
    assert view.state == "in_review"
    deemed = view.events[-1]
    assert (deemed.name, deemed.article, deemed.at.astimezone(SHANGHAI).date()) == (
        "deem_accepted",
        "32",
        date(2026, 11, 23),
    )
    assert office.due(case, "service-items/food_permit_1") == date(2026, 12, 3)  # 8 working days


@pytest.mark.parametrize(
    ("item", "who"),
    [("elder_card", PERSON), ("low_income", PERSON), ("firm_change", FIRM)],
)
def test_silence_accepts_nothing_else(office: Office, item: str, who: Principal) -> None:
    case = office.sent(item, who)
    office.on(date(2027, 2, 1))
    tick(office.matters, office.node.clock())
    assert office.view(case).state == "received"


def test_all_gaps_are_told_at_once_and_once(office: Office) -> None:
    case = office.sent("food_permit", FIRM)
    with pytest.raises(BadInput, match="All that is missing"):
        office.act(case, "sg-cases-1", "ask_completion")
    gaps = {"gaps": "缺平面图；管理制度没有签名", "missing": ["floor_plan"]}
    assert office.act(case, "sg-cases-1", "ask_completion", gaps) == "completing"  # type: ignore[arg-type]
    office.on(date(2026, 11, 25))
    office.act(case, FIRM, "write", {"at_counter": ["floor_plan"]})
    assert office.act(case, FIRM, "supply") == "received"
    assert office.due(case, "CN-permits/permit_completion") == date(2026, 12, 2)
    with pytest.raises(Conflict, match="once only"):
        office.act(case, "sg-cases-1", "ask_completion", {"gaps": "还缺一份"})


def test_what_follows_later_is_accepted_first_and_revoked_where_it_does_not_come(
    office: Office,
) -> None:
    case = office.begin("firm_change", FIRM, "moves=yes new_representative=no")
    office.write_all(case, "firm_change", FIRM)
    office.act(case, FIRM, "submit")
    with pytest.raises(BadInput, match="Papers that may follow"):
        office.act(case, "sg-cases-1", "accept_tolerant", {"deferred": []})
    with pytest.raises(BadInput, match="among"):
        office.act(case, "sg-cases-1", "accept_tolerant", {"deferred": ["resolution"]})
    # brought to the counter is said, and it did not come: the office lets it follow
    state = office.act(case, "sg-cases-1", "accept_tolerant", {"deferred": ["premises"]})
    assert state == "tolerated"
    assert office.due(case, "service-items/firm_change_1") == date(2026, 11, 24)
    assert office.due(case, "service-items/firm_change_1_papers") == date(2026, 12, 7)
    with pytest.raises(Conflict, match="may still follow"):
        office.act(case, "sg-cases-1", "revoke_acceptance", reason="未补", article="第十一条")
    office.on(date(2026, 12, 8))
    done = office.act(case, "sg-cases-1", "revoke_acceptance", reason="未补", article="第十一条")
    assert done == "refused" and office.ground(case).closed is not None


def test_an_information_request_is_deemed_given_up_and_its_answer_has_its_own_days(
    office: Office,
) -> None:
    case = office.sent("information_request")
    assert office.due(case, "CN-others/ogi_completion") == date(2026, 12, 2)  # 7 working days
    # 20 working days from receipt, whether or not an office accepts it
    assert office.due(case, "service-items/information_request_1") == date(2026, 12, 21)
    (handler, *_) = handlers(office, office.ground(case).organisation)
    office.act(case, handler, "ask_completion", {"gaps": "请写明所需信息的文件名称"})
    said = office.act(case, handler, "abandon", reason="逾期未补正", article="第三十条")
    assert (said, office.view(case).outcome) == ("abandoned", "lapsed")


def test_the_days_of_an_answer_begin_anew_when_what_was_missing_comes(office: Office) -> None:
    case = office.sent("information_request")
    (handler, *_) = handlers(office, office.ground(case).organisation)
    office.on(date(2026, 11, 25))
    office.act(case, handler, "ask_completion", {"gaps": "请写明所需信息的文件名称"})
    office.on(date(2026, 11, 27))
    office.act(case, PERSON, "write", {"f_wanted": "示例政发〔2026〕1号"})
    office.act(case, PERSON, "supply")
    answer = "service-items/information_request_1"
    assert office.due(case, answer) == date(2026, 12, 25)  # of 27 November, not of 25 or 23
    office.on(date(2026, 11, 30))
    assert office.act(case, handler, "accept") == "in_review"
    assert office.due(case, answer) == date(2026, 12, 25)
    assert office.act(case, handler, "refuse", reason="已公开", article="第三十六条") == "refused"


def handlers(office: Office, organisation: str) -> list[str]:
    from xihu_platform.identity.models import PositionRow  # of this helper alone

    with transaction(office.node.database) as session:
        query = select(PositionRow).where(PositionRow.organisation == organisation)
        found = [o.id for o in session.scalars(query) if "handler" in o.duties.split()]
    return sorted(found)


def test_a_recognition_goes_from_the_street_to_the_district_where_two_decide(
    office: Office,
) -> None:
    case = office.sent("low_income", answers="lives_together=yes married=no employed=no ill=no")
    ground = office.ground(case)
    assert (ground.organisation, ground.origin, ground.closed) == (
        "11339900100160001R",
        "service",
        None,
    )
    street = ground.position
    with pytest.raises(Refused):
        office.act(case, "chen-xihu", "accept")  # the street's step
    assert office.act(case, street, "accept") == "in_review"
    assert office.due(case, "service-items/low_income_1_intake") == date(2026, 12, 14)  # 15 days
    with pytest.raises(Conflict, match="Home visit"):
        office.act(case, street, "forward", {"opinion": "符合"})
    office.act(case, street, "do_home_visit", {"finding": "属实"})
    office.on(date(2026, 11, 24))
    office.act(case, street, "do_posted", {"finding": "已张贴"})
    office.on(date(2026, 12, 1))
    with pytest.raises(Conflict, match="2026-12-01"):
        office.act(case, street, "forward", {"opinion": "符合"})
    office.on(date(2026, 12, 2))
    assert office.act(case, street, "forward", {"opinion": "符合"}) == "deciding"
    ground = office.ground(case)
    assert ground.organisation == "113399001001548082" and ground.position != street
    assert office.due(case, "service-items/low_income_1") == date(2026, 12, 9)  # 5 days
    assert office.act(case, "chen-xihu", "review", {"opinion": "拟同意"}) == "reviewed"
    with pytest.raises(BadInput, match="somebody else"):
        office.act(case, "chen-xihu", "grant")
    assert office.act(case, "pan-xihu", "grant") == "granted"
    assert office.act(case, "pan-xihu", "deliver") == "delivered"
    assert office.ground(case).closed is not None


def test_a_case_is_about_its_applicant_and_opens_what_its_item_names(office: Office) -> None:
    case = office.sent("elder_card")
    number = office.view(case).number
    with transaction(office.node.database) as session:
        subjects = session.scalars(
            select(GroundSubjectRow).where(GroundSubjectRow.ground == number)
        ).all()
        assert [(one.key, one.kind, one.standing) for one in subjects] == [
            ("s1_w", "person", "applicant")
        ]
        row = GroundItemRow
        opened = session.scalars(select(row).where(row.item == "svc_elder_card")).all()
        assert {one.dataset for one in opened} == {"ga_residents"}
    assert office.act(case, PERSON, "withdraw") == "withdrawn"
    assert office.ground(case).closed is not None


def test_cases_go_to_whoever_has_fewest_and_are_taken_over(office: Office) -> None:
    first, second = office.sent("elder_card"), office.sent("elder_card")
    holders = {office.ground(first).position, office.ground(second).position}
    assert holders == {"chen-xihu", "pan-xihu"}
    office.act(first, "pan-xihu", "take")
    office.act(second, "pan-xihu", "take")
    assert office.ground(office.sent("elder_card")).position == "chen-xihu"


def test_an_application_is_not_handed_in_before_it_is_whole(office: Office) -> None:
    case = office.begin("elder_card")
    with pytest.raises(BadInput, match="Name.*Date of birth.*Telephone.*A recent photograph"):
        office.act(case, PERSON, "submit")
    office.act(case, PERSON, "write", {"f_name": "王若溪", "f_birth_date": "不记得"})
    with pytest.raises(BadInput, match="write a day"):
        office.act(case, PERSON, "submit")


def test_a_draft_is_the_applicants_alone_and_is_found_again(office: Office) -> None:
    case = office.begin("elder_card")
    for who in (office.as_position("chen-xihu"), FIRM, replace(PERSON, id="p-x", subject="s1_x")):
        with pytest.raises(NotFound):
            office.matters.read(who, case)
    with transaction(office.node.database) as session:
        assert find_draft(session, "svc_elder_card", party_as(PERSON, "applicant")) == case
        assert find_draft(session, "svc_elder_card", party_as(FIRM, "applicant")) is None
    office.act(case, PERSON, "discard")
    with transaction(office.node.database) as session:
        assert find_draft(session, "svc_elder_card", party_as(PERSON, "applicant")) is None


def test_an_item_is_for_persons_or_for_firms(office: Office) -> None:
    with pytest.raises(BadInput, match="for persons"):
        office.begin("elder_card", FIRM)
    with pytest.raises(BadInput, match="for firms"):
        office.begin("firm_change", PERSON)
    with pytest.raises(Refused):
        office.begin("elder_card", replace(PERSON, subject=None))


def test_the_share_of_papers_not_asked_for_is_that_of_the_first_version(office: Office) -> None:
    """Nine papers in the first version; no spouse, nobody ill, nobody employed: six are needed,
    two of which no register has."""
    case = office.begin("low_income", answers="lives_together=no married=no employed=no ill=no")
    item = service_items()["low_income"]
    with transaction(office.node.database) as session:
        matters = office.matters
        read = read_case(session, matters.texts, item_versions(), matters.view(session, case))
    unneeded = {name for name, one in read.papers.items() if one == "not_needed"}
    assert unneeded == {"marriage", "medical", "income"}
    found = {"identity", "household", "insurance", "property", "aid"}
    papers = {
        one.id: how(one, replace_found(read.answers, found))  # type: ignore[arg-type]
        for one in item.materials
    }
    assert [name for name, one in papers.items() if one == "to_bring"] == ["authorisation"]
    assert (spared(item, papers).papers, spared(item, papers).of) == (5, 6)


def replace_found(answers: object, found: set[str]) -> object:
    from xihu_catalog.services.situation import CaseFacts

    return CaseFacts(answers=answers, found=found)  # type: ignore[arg-type]


def test_days_of_a_hearing_do_not_count(office: Office) -> None:
    case = office.sent("food_permit", FIRM)
    office.act(case, "sg-cases-1", "accept")
    assert office.due(case, "service-items/food_permit_1") == date(2026, 12, 3)
    office.act(case, "sg-cases-1", "begin_hearing", reason="利害关系人申请听证")
    assert office.due(case, "service-items/food_permit_1") is None
    office.on(date(2026, 11, 27))
    office.act(case, "sg-cases-1", "end_special", {"finding": "无异议"})
    # 24, 25, 26 and 27 November lie in the pause; eight days from 30 November
    assert office.due(case, "service-items/food_permit_1") == date(2026, 12, 9)
    office.act(case, "sg-leader", "extend", {"extension": 2}, reason="情况复杂")
    assert office.due(case, "service-items/food_permit_1") == date(2026, 12, 11)


def test_what_an_applicant_wrote_is_for_the_position_that_has_the_case(office: Office) -> None:
    case = office.sent("elder_card")
    holder = office.ground(case).position
    (other,) = {"chen-xihu", "pan-xihu"} - {holder}

    def names(who: Principal | str) -> set[str]:
        principal = office.as_position(who) if isinstance(who, str) else who
        return {name for _, name in office.matters.read_texts(principal, case)}

    written = {"f_name", "f_birth_date", "f_mobile"}
    assert names(PERSON) == written
    assert names(holder) == written
    for who in (other, "ding-xihu", "xhmz-leader"):
        assert names(who) == set(), who
    office.act(case, other, "take")
    assert names(other) == written and names(holder) == set()


def test_an_office_applies_for_nothing_in_its_own_name(office: Office) -> None:
    with transaction(office.node.database) as session, pytest.raises(BadInput, match="citizen"):
        case_opening(session, service_items()["elder_card"], office.as_position("chen-xihu"))


def test_a_grant_issues_the_licence_in_its_commit_and_a_refusal_none(office: Office) -> None:
    case, refused = office.sent("elder_card"), office.sent("elder_card")
    office.act(case, "chen-xihu", "accept")
    office.act(refused, "chen-xihu", "reject", reason="未满 60 周岁", article="《办法》第二条")
    with transaction(office.node.database) as session:
        assert credentials_of(session, ["s1_w"]) == ()
    assert office.act(case, "chen-xihu", "grant") == "granted"
    with transaction(office.node.database) as session:
        (found,) = credentials_of(session, ["s1_w"])
        assert (found.kind, found.matter, found.state) == ("elder_card", case, "valid")
        assert found.number == office.view(case).number
        facts = facts_of(session, office.matters.texts, found)
    assert facts is not None and facts.holder_name == "王若溪"  # and not what was typed


def doubted(office: Office) -> tuple[int, str]:
    """A licence granted on a commitment that seems untrue; its holder is told on 2026-11-23."""
    case = office.sent("health_licence", FIRM)
    (handler, *_) = handlers(office, office.ground(case).organisation)
    for event in ("accept", "grant", "deliver"):
        office.act(case, handler, event)
    said: dict[str, Value] = {"finding": "没有消毒间"}
    article = "《行政许可法》第六十九条"
    with pytest.raises(Conflict):
        office.act(case, handler, "commitment_broken", said, reason="承诺不实", article=article)
    state = office.act(case, handler, "doubt_commitment", said, reason="承诺不实", article=article)
    assert state == "stating"
    return case, handler


def test_a_commitment_is_broken_only_after_its_holder_was_heard_and_by_somebody_else(
    office: Office,
) -> None:
    case, handler = doubted(office)
    with pytest.raises(Conflict):  # nobody says that they are silent while they may still speak
        office.act(case, handler, "no_statement")
    assert office.act(case, FIRM, "state_view", {"statement": "已补建"}) == "stated"
    with pytest.raises(BadInput, match="do this"):
        office.act(case, handler, "commitment_broken", reason="承诺不实", article="第六十九条")
    with transaction(office.node.database) as session:
        (found,) = credentials_of(session, ["91339900202600012U"])
        assert found.state == "valid"
    texts = office.matters.read_texts(office.as_position(handler), case)
    assert "已补建" in texts.values()


def test_the_holder_of_a_licence_may_be_right(office: Office) -> None:
    case, handler = doubted(office)
    office.act(case, FIRM, "state_view", {"statement": "消毒间在二楼"})
    leader = another(office, case, handler)
    office.act(case, leader, "take")
    assert office.act(case, leader, "commitment_holds", reason="复核属实") == "delivered"
    with transaction(office.node.database) as session:
        (found,) = credentials_of(session, ["91339900202600012U"])
        assert found.state == "valid"


def another(office: Office, case: int, handler: str) -> str:
    """A position of the office that may decide and is somebody else's."""
    row = PositionRow
    with transaction(office.node.database) as session:
        mine = session.get_one(row, handler)
        of_office = select(row).where(row.organisation == mine.organisation)
        return next(
            one.id
            for one in session.scalars(of_office)
            if {"handler", "leader"} & set(one.duties.split()) and one.person != mine.person
        )


def test_a_commitment_that_is_broken_annuls_the_licence_in_its_commit(office: Office) -> None:
    case, handler = doubted(office)
    office.on(date(2026, 12, 31))
    assert office.act(case, handler, "no_statement") == "stated"
    leader = another(office, case, handler)
    office.act(case, leader, "take")
    state = office.act(case, leader, "commitment_broken", reason="承诺不实", article="第六十九条")
    assert state == "refused"
    with transaction(office.node.database) as session:
        (found,) = credentials_of(session, ["91339900202600012U"])
        assert found.state == "annulled"
        facts = facts_of(session, office.matters.texts, found)
    assert facts is not None and facts.holder_name == "杭州西溪智造（示例）有限公司"


def test_nobody_decides_without_having_the_case(office: Office) -> None:
    case = office.sent("elder_card")
    (other,) = {"chen-xihu", "pan-xihu"} - {office.ground(case).position}
    principal = office.as_position(other)
    view = office.matters.read(principal, case)
    assert {rule.name for rule in office.matters.allowed(principal, view)} == {"take"}
    for event in ("accept", "grant_at_once"):
        command = Command(event, f"case-{next(KEYS):014d}", view.version)
        with pytest.raises(Conflict, match="take the case first"):
            office.matters.act(principal, case, command)


def test_what_is_written_fits_the_item_and_the_case(office: Office) -> None:
    case = office.begin("food_permit", FIRM)
    for said in ({"answers": "zzz"}, {"papers": ["lease:999"]}, {"papers": ["nothing:1"]}):
        with pytest.raises(BadInput):
            office.act(case, FIRM, "write", said)  # type: ignore[arg-type]


def test_a_supplement_has_something_in_it_and_what_follows_does_come(office: Office) -> None:
    case = office.sent("food_permit", FIRM)
    office.act(case, "sg-cases-1", "ask_completion", {"gaps": "缺平面图"})
    with pytest.raises(BadInput, match="nothing was supplied"):
        office.act(case, FIRM, "supply")
    office.act(case, FIRM, "write", {"at_counter": ["floor_plan", "rules", "lease"]})
    assert office.act(case, FIRM, "supply") == "received"


def test_papers_that_follow_are_files_or_the_office_says_that_they_came(office: Office) -> None:
    case = office.sent("firm_change", FIRM, "moves=yes new_representative=no")
    office.act(case, "sg-cases-1", "accept_tolerant", {"deferred": ["premises"]})
    with pytest.raises(BadInput, match="still missing: Proof of the right"):
        office.act(case, FIRM, "hand_in_deferred")
    with pytest.raises(Conflict):
        office.act(case, FIRM, "write", {"f_what": "别的"})  # accepted: no field changes any more
    assert office.act(case, "sg-cases-1", "papers_came") == "in_review"


def test_what_was_emptied_is_empty_and_what_is_brought_can_be_taken_back(office: Office) -> None:
    case = office.begin("elder_card")
    office.write_all(case, "elder_card")
    office.act(case, PERSON, "write", {"cleared": ["f_mobile", "at_counter"]})
    with transaction(office.node.database) as session:
        matters = office.matters
        read = read_case(session, matters.texts, item_versions(), matters.view(session, case))
    assert [one.id for one in read.empty] == ["mobile"]
    assert [one.id for one in read.lacking] == ["identity", "photo"]
    office.act(case, PERSON, "write", {"f_mobile": "13800001234", "at_counter": ["photo"]})
    with transaction(office.node.database) as session:
        read = read_case(session, matters.texts, item_versions(), matters.view(session, case))
    assert read.empty == [] and [one.id for one in read.lacking] == ["identity"]
    with pytest.raises(BadInput, match="no such field"):
        office.act(case, PERSON, "write", {"cleared": ["f_nothing"]})


def test_however_often_a_draft_was_saved_it_can_be_handed_in_and_decided(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step_limit, "EVENTS_LIMIT", 6)
    case = office.begin("elder_card")
    office.write_all(case, "elder_card")
    for number in range(4):
        office.act(case, PERSON, "write", {"f_mobile": f"1380000123{number}"})
    with pytest.raises(Conflict, match="no more can be added"):
        office.act(case, PERSON, "write", {"f_mobile": "13800001239"})
    office.act(case, PERSON, "submit")
    position = office.ground(case).position
    for event in ("accept", "grant", "deliver"):
        state = office.act(case, position, event)
    assert state == "delivered"
