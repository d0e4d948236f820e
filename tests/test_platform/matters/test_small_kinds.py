"""Requests to open data, complaints and reports of incidents: who decides, who sees, by when."""

from datetime import date

import pytest
from sqlalchemy import select

from tests.entries import publish_entry
from tests.test_platform.matters.world import (
    ASKING,
    AUTHORITY,
    CITIZEN,
    CITY,
    CLERK,
    DATASET,
    GIVING,
    HEAD,
    HEALTH,
    JUDGE,
    KEEPER,
    PERSON,
    PUBLIC,
    STRANGER,
    MatterWorld,
    draw_up,
    official,
)
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, NotFound, Refused
from xihu_platform.identity.principal import Mandate, Position, Principal
from xihu_platform.matters.command import Command, Value
from xihu_platform.matters.definition import OPEN
from xihu_platform.matters.inbox import read_inbox
from xihu_platform.matters.kernel import Opening
from xihu_platform.matters.models import MatterEventRow
from xihu_platform.matters.who import MatterParty, party_as
from xihu_platform.notices.models import NoticeRow

AUTHORITY_PARTY = MatterParty("authority", "organisation", AUTHORITY)
RESPONDENT = official("respondent", HEALTH, "handler", "steward", "sharing_head", "authority")
ANOTHER = Principal("citizen", "p-other", level=3, subject="s1_other", portal="citizen")
ARTICLE = "《政务数据共享条例》第三十七条"
FLAW: dict[str, Value] = {
    "severity": "high",
    "found_on": "2026-09-24",
    "account": "接口未校验",
    "measures": "已下线",
}
INCIDENT: dict[str, Value] = {**FLAW, "severity": "grave", "nature": "leaked"}


def asked(
    world: MatterWorld, who: Principal = CITIZEN, dataset: str = DATASET, **more: Value
) -> int:
    parties = (party_as(who, "asker"), MatterParty("provider", "organisation", GIVING))
    values: dict[str, Value] = {"fields": ["name"], "use": "写论文", **more}
    opening = Opening("opening_request", (*parties, AUTHORITY_PARTY), "330000", dataset)
    return world.matters.open(who, opening, Command(OPEN, world.key(), values=values)).matter


def complained(world: MatterWorld, who: Principal = CITIZEN, **more: Value) -> int:
    said: dict[str, Value] = {"respondent": HEALTH, "subject": "leaked", "claim": "外泄了就诊记录"}
    opening = Opening("complaint", (party_as(who, "complainant"), AUTHORITY_PARTY), "330000")
    command = Command(OPEN, world.key(), values=said | more)
    return world.matters.open(who, opening, command).matter


def reported(
    world: MatterWorld, kind: str, values: dict[str, Value], who: Principal = CLERK
) -> int:
    opening = Opening(kind, (party_as(who, "reporter"), AUTHORITY_PARTY), "330000")
    return world.matters.open(who, opening, Command(OPEN, world.key(), values=values)).matter


def test_a_person_a_firm_and_an_office_are_parties_as_what_they_act_for() -> None:
    firm = Mandate("firm", "91330100F", "甲", "A")
    child = Mandate("child", "s1_child", "乙", "B")
    for mandate, party in (
        (None, MatterParty("asker", "person", PERSON)),
        (firm, MatterParty("asker", "firm", "91330100F")),
        (child, MatterParty("asker", "person", "s1_child")),
    ):
        who = Principal("citizen", "p", level=2, subject=PERSON, mandate=mandate)
        assert party_as(who, "asker") == party
    assert party_as(CLERK, "reporter") == MatterParty("reporter", "organisation", ASKING)
    for level, subject in ((1, PERSON), (3, None)):
        with pytest.raises(Refused) as refused:
            party_as(Principal("citizen", "p", level=level, subject=subject), "asker")
        assert refused.value.reason.code == "real_name"


def test_data_is_asked_for_and_the_answer_is_due_in_twenty_days(world: MatterWorld) -> None:
    world.clock.on("2026-09-24")
    matter = asked(world)
    assert world.due(matter, "LOCAL-targets/opening_answer") == date(2026, 10, 29)
    assert [one.id for one in read_inbox(world.matters, KEEPER, "todo").lines] == [matter]
    with pytest.raises(Conflict, match="you have asked for this dataset already"):
        asked(world)
    with pytest.raises(BadInput, match="has no field nothing"):
        asked(world, ANOTHER, fields=["nothing"])
    with pytest.raises(BadInput, match="open already"):
        asked(world, ANOTHER, PUBLIC)
    assert world.do(CITIZEN, matter, "withdraw").state == "withdrawn"
    assert world.view(asked(world)).state == "answering"


def test_an_answer_that_it_is_open_is_true_when_it_is_given(world: MatterWorld) -> None:
    whole = asked(world)
    with pytest.raises(BadInput, match=f"{DATASET} is not open"):
        world.do(KEEPER, whole, "open_up", opened=DATASET)
    with pytest.raises(BadInput, match="the catalogue has no dataset nothing"):
        world.do(KEEPER, whole, "open_up", opened="nothing")
    assert world.do(KEEPER, whole, "open_up", opened=PUBLIC).state == "opened"
    part = asked(world, CITIZEN, PUBLIC, fields=["name", "month"])
    with pytest.raises(BadInput, match="month is not open"):
        world.do(HEAD, part, "open_up", opened=PUBLIC)
    with pytest.raises(BadInput, match="give a reason; name the article"):
        world.do(HEAD, part, "open_partly", opened=PUBLIC)
    done = world.do(
        HEAD, part, "open_partly", opened=PUBLIC, reason="涉及商业秘密", article="第一条"
    )
    assert (done.state, world.view(part).outcome) == ("opened_partly", "done")
    refused = asked(world, ANOTHER)
    done = world.do(HEAD, refused, "refuse", reason="涉及个人隐私", article="第一条")
    assert (done.state, world.view(refused).outcome) == ("refused", "refused")


def test_a_draft_answers_nobody_and_is_named_by_no_incident(world: MatterWorld) -> None:
    """What is said of it is what is said of a dataset that there is not."""
    matter = asked(world)
    draw_up(world, PUBLIC)
    with pytest.raises(BadInput, match=f"the catalogue has no dataset {PUBLIC}"):
        world.do(KEEPER, matter, "open_up", opened=PUBLIC)
    with pytest.raises(BadInput, match=f"the catalogue has no dataset {PUBLIC}"):
        reported(world, "incident", INCIDENT | {"datasets": [PUBLIC]})
    publish_entry(world.database, PUBLIC)  # a database is shared by tests
    assert world.do(KEEPER, matter, "open_up", opened=PUBLIC).state == "opened"


def test_nobody_but_the_provider_answers(world: MatterWorld) -> None:
    matter = asked(world)
    for who in (CITIZEN, JUDGE):
        with pytest.raises(Refused):
            world.do(who, matter, "refuse", reason="x", article="第一条")
    for who in (ANOTHER, STRANGER):
        with pytest.raises(NotFound):
            world.do(who, matter, "withdraw")


def test_one_who_asked_as_a_citizen_does_not_answer_in_office(world: MatterWorld) -> None:
    as_citizen = Principal("citizen", KEEPER.id, level=3, subject="s1_keeper", portal="citizen")
    matter = asked(world, as_citizen)
    with pytest.raises(BadInput, match="somebody else has to do this"):
        world.do(KEEPER, matter, "open_up", opened=PUBLIC)
    assert world.do(HEAD, matter, "open_up", opened=PUBLIC).state == "opened"


def test_whoever_is_complained_about_sees_nothing(world: MatterWorld) -> None:
    matter = complained(world, contact="张三 13900000000")
    world.do(JUDGE, matter, "accept")
    for who in (RESPONDENT, STRANGER, ANOTHER):
        with pytest.raises(NotFound):
            world.matters.read(who, matter)
        with pytest.raises(NotFound):
            world.matters.read_texts(who, matter)
        with pytest.raises(NotFound):
            world.do(who, matter, "handle", finding="unfounded", result="没有")
        for box in ("todo", "started", "done", "open", "closed"):
            assert read_inbox(world.matters, who, box).lines == ()
    with transaction(world.database) as session:
        told = set(session.scalars(select(NoticeRow.recipient)))
        written = session.scalars(select(MatterEventRow.data)).all()
    assert told == {AUTHORITY, PERSON}
    assert written[0] == {"respondent": HEALTH, "subject": "leaked"}
    assert world.matters.read_texts(JUDGE, matter)[1, "contact"] == "张三 13900000000"


def test_a_complaint_and_its_two_targets(world: MatterWorld) -> None:
    world.clock.on("2026-09-24")
    matter = complained(world)
    assert world.due(matter, "LOCAL-targets/complaint_acceptance") == date(2026, 10, 9)
    world.do(JUDGE, matter, "accept", day="2026-09-28")
    assert world.due(matter, "LOCAL-targets/complaint_answer") == date(2026, 11, 13)
    world.do(JUDGE, matter, "ask", day="2026-10-12", question="请说明时间")
    assert world.due(matter, "LOCAL-targets/complaint_answer") is None
    world.do(CITIZEN, matter, "supply", day="2026-10-19", supplement="九月初")
    assert world.due(matter, "LOCAL-targets/complaint_answer") == date(2026, 11, 20)
    done = world.do(JUDGE, matter, "handle", finding="founded", result="已责令整改")
    assert (done.state, world.view(matter).outcome) == ("handled", "done")
    assert (done.seq, "result") in world.matters.read_texts(CITIZEN, matter)
    with pytest.raises(BadInput, match="give a reason; name the article"):
        world.do(JUDGE, complained(world), "not_accept")


def test_one_who_complained_does_not_decide(world: MatterWorld) -> None:
    as_citizen = Principal("citizen", JUDGE.id, level=3, subject="s1_judge", portal="citizen")
    matter = complained(world, as_citizen)
    with pytest.raises(BadInput, match="somebody else has to do this"):
        world.do(JUDGE, matter, "accept")
    other = official("judge-two", AUTHORITY, "authority")
    assert world.do(other, matter, "accept").state == "handling"


def test_the_authority_is_not_complained_about_before_itself(world: MatterWorld) -> None:
    with pytest.raises(BadInput, match="choose one of the list"):
        complained(world, respondent="nowhere")
    opening = Opening(
        "complaint",
        (party_as(CITIZEN, "complainant"), MatterParty("authority", "organisation", HEALTH)),
        "330000",
    )
    said: dict[str, Value] = {"respondent": HEALTH, "subject": "other", "claim": "不处理"}
    with pytest.raises(BadInput, match="is no party of the complaint"):
        world.matters.open(CITIZEN, opening, Command(OPEN, world.key(), values=said))


@pytest.mark.parametrize("later", [False, True])
def test_a_complaint_can_be_withdrawn(world: MatterWorld, later: bool) -> None:
    matter = complained(world)
    if later:
        world.do(JUDGE, matter, "accept")
        world.do(JUDGE, matter, "ask", question="？")
    event = "withdraw_later" if later else "withdraw"
    assert world.do(CITIZEN, matter, event).state == "withdrawn"


def test_an_incident_is_told_at_once_and_closed_by_another(world: MatterWorld) -> None:
    steward = official("a-steward", ASKING, "steward")
    matter = reported(world, "incident", INCIDENT)
    with transaction(world.database) as session:
        assert session.scalars(select(NoticeRow.recipient)).all() == [AUTHORITY]
    assert [one.id for one in read_inbox(world.matters, JUDGE, "todo").lines] == [matter]
    assert world.view(matter).clocks == []
    world.do(JUDGE, matter, "acknowledge")
    assert read_inbox(world.matters, JUDGE, "todo").lines == ()
    states = [
        world.do(steward, matter, "contain", measures="已断开").state,
        world.do(steward, matter, "review", causes="口令太弱", lessons="改用证书").state,
        world.do(JUDGE, matter, "return", reason="请查清影响范围").state,
        world.do(steward, matter, "contain", measures="已核对").state,
        world.do(steward, matter, "review", causes="口令太弱", lessons="已整改").state,
        world.do(JUDGE, matter, "close", result="同意").state,
    ]
    assert states == ["contained", "reviewed", "reported", "contained", "reviewed", "closed"]


def test_a_system_reports_and_a_person_contains(world: MatterWorld) -> None:
    place = Position("system:dept", "系统", "system", ASKING, "甲", "A", "330000")
    machine = Principal("system", "dept", level=3, position=place)
    matter = reported(world, "incident", INCIDENT, machine)
    assert {one.name for one in world.matters.allowed(machine, world.view(matter))} == {"update"}
    with pytest.raises(Refused):
        world.do(machine, matter, "contain", measures="已断开")
    with pytest.raises(Refused):
        complained(world, machine)


def test_what_is_found_lies_behind_and_names_datasets_that_there_are(world: MatterWorld) -> None:
    world.clock.on("2026-09-24")
    with pytest.raises(BadInput, match="2026-09-25, lies in the future"):
        reported(world, "incident", INCIDENT | {"found_on": "2026-09-25"})
    with pytest.raises(BadInput, match="the catalogue has no dataset nothing"):
        reported(world, "incident", INCIDENT | {"datasets": [DATASET, "nothing"]})
    assert reported(world, "incident", INCIDENT | {"datasets": [DATASET], "persons": 12})


def test_a_flaw_is_reported_on_within_a_day_and_a_holiday_moves_nothing(
    world: MatterWorld,
) -> None:
    world.clock.on("2026-09-24", hour=17)  # the 25th is a holiday
    matter = reported(world, "vulnerability", FLAW)
    assert world.due(matter, "CN-others/vulnerability_report") == date(2026, 9, 25)
    with pytest.raises(BadInput, match="add the evidence"):
        world.do(CLERK, matter, "report_on", receiver="cyberspace")
    with pytest.raises(Conflict):
        world.do(official("a-steward", ASKING, "steward"), matter, "contain", measures="x")
    done = world.do(CLERK, matter, "report_on", receiver="cyberspace", evidence="WX-2026-9")
    assert done.state == "notified"
    assert not any(one.running for one in world.view(matter).clocks)
    assert CITY not in {one.key for one in world.view(matter).parties}
