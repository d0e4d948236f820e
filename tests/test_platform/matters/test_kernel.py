"""Matters as people act in them: who may, in which state, once, and what follows in that commit."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256

import pytest
from sqlalchemy import func, select, update

from tests.test_platform.matters.world import (
    ASKING,
    AUTHORITY,
    CHIEF,
    CITIZEN,
    CITY,
    CLERK,
    DATASET,
    GIVING,
    HEAD,
    JUDGE,
    KEEPER,
    LEADER,
    OFFICER,
    OPENED,
    SECOND,
    STRANGER,
    MatterWorld,
    official,
    parties,
)
from xihu_platform.access.models import find_grants
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, NotFound, PlatformError, Refused
from xihu_platform.identity.principal import Mandate, Principal
from xihu_platform.matters.command import Command, Value
from xihu_platform.matters.definition import OPEN
from xihu_platform.matters.engine import Acted
from xihu_platform.matters.kernel import Opening, StaleMatter
from xihu_platform.matters.models import (
    MatterEventRow,
    MatterRow,
    MatterTextRow,
    OutboxRow,
    SubstituteRow,
)
from xihu_platform.matters.views import broken_at
from xihu_platform.matters.who import MatterParty, doers
from xihu_platform.matters.work import count_waiting, taken_part, waiting
from xihu_platform.statute.calendar import CalendarDay, CalendarYear
from xihu_platform.statute.published import publish_year
from xihu_platform.words import Text

REPLY = "CN-809-2025/reply_conditional"


def granted(world: MatterWorld) -> list[str]:
    with transaction(world.database) as session:
        found = find_grants(session, DATASET, ASKING, world.clock.today)
        return [one.id for one in found]


def inbox(world: MatterWorld, principal: Principal) -> list[tuple[int, str]]:
    with transaction(world.database) as session:
        as_whom = doers(principal, (), world.clock.now)
        return [(one.matter, one.name) for one in waiting(session, principal, as_whom)]


def test_a_request_from_its_draft_to_the_disposal(world: MatterWorld) -> None:
    matter = world.request()
    assert (inbox(world, CLERK), inbox(world, KEEPER)) == ([(matter, "draft")], [])
    world.do(CLERK, matter, "submit")
    assert inbox(world, CHIEF) == [(matter, "inside")]
    world.do(CHIEF, matter, "approve_inside")
    assert world.due(matter, REPLY) == date(2026, 10, 15)
    assert (inbox(world, CHIEF), inbox(world, KEEPER)) == ([], [(matter, "review")])
    world.do(KEEPER, matter, "assess", opinion="符合规定")
    assert granted(world) == []
    world.do(HEAD, matter, "agree", conditions=["no_bulk"])
    assert granted(world) == [world.view(matter).number]
    world.do(HEAD, matter, "suspend", reason="发现超范围使用", article="809-27")
    assert granted(world) == []
    world.do(HEAD, matter, "resume")
    assert len(granted(world)) == 1
    world.do(CLERK, matter, "finish", reason="审核结束")
    assert granted(world) == []
    world.do(CLERK, matter, "certify", evidence="file-1")
    done = world.do(KEEPER, matter, "confirm_disposal")
    view = world.view(matter)
    assert (done.state, view.outcome, view.closed_at is not None) == ("disposed", "done", True)
    assert not [clock for clock in view.clocks if clock.running]
    assert [inbox(world, one) for one in (CLERK, CHIEF, KEEPER, HEAD)] == [[], [], [], []]


def test_an_agreement_carries_what_was_asked_for(world: MatterWorld) -> None:
    world.agreed()
    with transaction(world.database) as session:
        (grant,) = find_grants(session, DATASET, ASKING, world.clock.today)
    assert grant.fields == {"name"}
    assert (grant.valid_from, grant.valid_to) == (date(2026, 9, 24), date(2027, 6, 30))


def test_use_of_unconditional_data_is_registered_and_cannot_be_refused(world: MatterWorld) -> None:
    matter = world.request(OPENED)
    world.do(CLERK, matter, "submit")
    with pytest.raises(Conflict, match="Approve; the use is registered” is not possible"):
        world.do(CHIEF, matter, "register")  # its provider has left no standing consent
    world.do(CHIEF, matter, "approve_inside")
    assert world.due(matter, "CN-809-2025/reply_unconditional") == date(2026, 9, 28)
    with pytest.raises(Conflict):
        world.do(HEAD, matter, "refuse", reason="不", article="14")
    assert world.do(KEEPER, matter, "agree").state == "active"


Act = Callable[[MatterWorld, int], Acted]
WRONG: dict[str, tuple[str, Act, type[PlatformError], str]] = {
    "a refusal without reason": (
        "signing",
        lambda w, m: w.do(HEAD, m, "refuse", article="809-21"),
        BadInput,
        "give a reason (Order 809",
    ),
    "a refusal without its article": (
        "signing",
        lambda w, m: w.do(HEAD, m, "refuse", reason="不同意"),
        BadInput,
        "name the article (Order 809",
    ),
    "a blank reason": (
        "signing",
        lambda w, m: w.do(HEAD, m, "refuse", reason="\u3000", article="809-21"),
        BadInput,
        "give a reason",
    ),
    "more time without consent": (
        "review",
        lambda w, m: w.do(JUDGE, m, "consent_extension", extension=10),
        BadInput,
        "has not asked for more time",
    ),
    "an end without filing": (
        "active",
        lambda w, m: w.do(HEAD, m, "terminate", reason="不再提供", article="809-25"),
        BadInput,
        "add the evidence (Order 809",
    ),
    "a text where an id belongs": (
        "review",
        lambda w, m: w.do(KEEPER, m, "assess", opinion=""),
        BadInput,
        "fill in “Opinion”",
    ),
    "a value that nobody asked for": (
        "review",
        lambda w, m: w.do(KEEPER, m, "assess", opinion="好", extra="1"),
        BadInput,
        "there is no “extra”",
    ),
    "an event of another state": (
        "review",
        lambda w, m: w.do(HEAD, m, "agree"),
        Conflict,
        "is now “Review by the provider”",
    ),
    "an event that there is not": (
        "review",
        lambda w, m: w.do(KEEPER, m, "invent"),
        Conflict,
        "“invent” is not possible",
    ),
    "another party": (
        "review",
        lambda w, m: w.do(CLERK, m, "assess", opinion="好"),
        Refused,
        "for the providing department",
    ),
    "another duty of the same party": (
        "review",
        lambda w, m: w.do(HEAD, m, "assess", opinion="好"),
        Refused,
        "another position of the providing department",
    ),
    "one who has no part in it": (
        "review",
        lambda w, m: w.do(STRANGER, m, "assess", opinion="好"),
        NotFound,
        "you have no part in it",
    ),
    "a matter that there is not": (
        "review",
        lambda w, m: w.do(STRANGER, m + 1000, "assess", version=1, opinion="好"),
        NotFound,
        "you have no part in it",
    ),
    "a form without a key": (
        "review",
        lambda w, m: w.do(KEEPER, m, "assess", key=" ", opinion="好"),
        BadInput,
        "the form has no key",
    ),
    "invisible characters": (
        "review",
        lambda w, m: w.do(KEEPER, m, "assess", opinion="好\u200b"),
        BadInput,
        "invisible",
    ),
    "conditions that nothing enforces": (
        "signing",
        lambda w, m: w.do(HEAD, m, "agree", conditions=["be_careful"]),
        BadInput,
        "has to be among per_case",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_is_refused_and_changes_nothing(world: MatterWorld, name: str) -> None:
    state, act, kind, words = WRONG[name]
    matter = world.agreed() if state == "active" else world.sent()
    if state == "signing":
        world.do(KEEPER, matter, "assess", opinion="同意")
    before = world.view(matter)
    with pytest.raises(kind, match=words.replace("(", r"\(")) as refused:
        act(world, matter)
    assert refused.value.status in {403, 404, 409, 422}
    assert world.view(matter) == before


@pytest.mark.parametrize("who", ["the same person", "the same position"])
def test_nobody_approves_what_they_asked_for(world: MatterWorld, who: str) -> None:
    matter = world.request()
    world.do(CLERK, matter, "submit")
    one = official("clerk", ASKING, "sharing_head", position="another-office")
    if who == "the same position":
        one = official("somebody", ASKING, "sharing_head", position="clerk-office")
    with pytest.raises(BadInput, match="somebody else has to do this") as refused:
        world.do(one, matter, "approve_inside")
    assert "Order 809" in str(refused.value)
    assert "approve_inside" not in [r.name for r in world.matters.allowed(one, world.view(matter))]
    world.do(CHIEF, matter, "approve_inside")


def test_more_time_is_asked_for_agreed_to_and_given_once(world: MatterWorld) -> None:
    matter = world.sent()
    world.do(KEEPER, matter, "ask_extension", reason="数据量大", extension=10)
    with pytest.raises(BadInput, match="for another number of days"):
        world.do(JUDGE, matter, "consent_extension", extension=9)
    world.do(JUDGE, matter, "consent_extension", extension=10)
    assert world.due(matter, REPLY) == date(2026, 10, 29)
    with pytest.raises(Conflict, match="once only"):
        world.do(KEEPER, matter, "ask_extension", reason="再延", extension=1)
    with pytest.raises(Conflict, match="once only"):
        world.do(JUDGE, matter, "consent_extension", extension=10)


def test_no_more_time_than_the_law_gives(world: MatterWorld) -> None:
    matter = world.sent()
    with pytest.raises(BadInput, match="10 at most"):
        world.do(KEEPER, matter, "ask_extension", reason="数据量大", extension=11)


def test_the_same_form_five_times_is_one_act(world: MatterWorld) -> None:
    matter, key = world.sent(), world.key()
    version = world.view(matter).version
    answers = [
        world.do(KEEPER, matter, "assess", key=key, version=version, opinion="好") for _ in range(5)
    ]
    assert [one.replayed for one in answers] == [False, True, True, True, True]
    assert len({(one.seq, one.state, one.version) for one in answers}) == 1
    with pytest.raises(BadInput, match="with other content"):
        world.do(KEEPER, matter, "assess", key=key, version=version, opinion="不好")
    with pytest.raises(BadInput, match="with other content"):
        world.do(KEEPER, world.sent(), "assess", key=key, opinion="好")


def test_a_form_handed_in_again_answers_nobody_whose_position_has_ended(world: MatterWorld) -> None:
    matter, key = world.sent(), world.key()
    version = world.view(matter).version
    assert KEEPER.position is not None
    ends = replace(KEEPER, position=replace(KEEPER.position, valid_to=date(2026, 9, 24)))
    said = Command("assess", key, version, {"opinion": "好"})
    first = world.matters.act(ends, matter, said)
    assert world.matters.act(ends, matter, said) == replace(first, replayed=True)
    world.clock.on("2026-09-25")
    with pytest.raises(NotFound):
        world.matters.act(ends, matter, said)
    assert world.matters.act(KEEPER, matter, said).replayed  # a position that was prolonged


def test_the_same_new_form_at_the_same_moment_is_one_matter(world: MatterWorld) -> None:
    said: dict[str, Value] = {
        "basis": "法",
        "scene": "景",
        "fields": ["name"],
        "until": "2027-06-30",
    }
    command = Command(OPEN, world.key(), values=said)
    opening = Opening("sharing_registration", parties(), "330000", OPENED)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: world.another().open(CLERK, opening, command), range(8)))
    assert len({one.matter for one in answers}) == 1
    assert sum(not one.replayed for one in answers) == 1
    with transaction(world.database) as session:
        assert session.scalar(select(func.count()).select_from(MatterRow)) == 1


def contested(world: MatterWorld, clients: int, number: int) -> None:
    """Each of the clients decides each matter: one of them does, the others are told."""
    every = [world.sent() for _ in range(number)]
    version = world.view(every[0]).version
    heads = [official(f"keeper-{one}", GIVING, "steward") for one in range(clients)]

    def decide(head: Principal) -> list[str]:
        told = []
        matters = world.another()
        for matter in every:
            command = Command("assess", f"{head.id}-{matter:08d}", version, {"opinion": "好"})
            try:
                matters.act(head, matter, command)
                told.append("done")
            except StaleMatter as stale:
                assert stale.matter.state == "signing"
                told.append("stale")
        return told

    with ThreadPoolExecutor(clients) as pool:
        told = [one for client in pool.map(decide, heads) for one in client]
    assert (told.count("done"), told.count("stale")) == (number, number * (clients - 1))
    with transaction(world.database) as session:
        assessed = select(func.count()).where(MatterEventRow.name == "assess")
        assert session.scalar(assessed) == number


def test_of_several_clients_one_decides(world: MatterWorld) -> None:
    contested(world, 4, 6)


@pytest.mark.harness
def test_of_eight_clients_one_decides_each_of_two_hundred(world: MatterWorld) -> None:
    contested(world, 8, 200)


def test_whoever_saw_another_version_is_told_what_it_is_now(world: MatterWorld) -> None:
    matter = world.sent()
    seen = world.view(matter).version
    world.do(KEEPER, matter, "ask_completion", reason="缺少使用依据")
    with pytest.raises(StaleMatter) as stale:
        world.do(KEEPER, matter, "assess", version=seen, opinion="好")
    assert stale.value.matter.state == "completing"
    assert stale.value.status == 409


def test_what_happened_before_is_entered_with_a_reason_and_in_its_order(
    world: MatterWorld,
) -> None:
    matter = world.permit("2026-09-01")
    world.clock.on("2026-09-08")

    def ask(at: datetime, reason: str | None = "缺材料") -> Acted:
        command = Command("ask", world.key(), 1, reason=reason, at=at)
        return world.matters.act(OFFICER, matter, command)

    for at, reason, words in (
        (datetime(2026, 8, 31, tzinfo=UTC), "晚记", "lies before the last step, 2026-09-01"),
        (datetime(2026, 9, 9, tzinfo=UTC), "晚记", "in the future"),
        (datetime(2026, 9, 3, tzinfo=UTC), None, "give a reason"),
        (datetime(2026, 8, 20, tzinfo=UTC), "晚记", "more than 10 days ago"),
        (datetime(2026, 9, 3), "晚记", "needs its zone"),
        (datetime(1, 1, 1, tzinfo=UTC), "晚记", "needs its zone"),
    ):
        with pytest.raises(BadInput, match=words):
            ask(at, reason)
    done = ask(datetime(2026, 9, 3, 8, tzinfo=UTC))
    event = world.view(matter).events[-1]
    assert event.at == datetime(2026, 9, 3, 8, tzinfo=UTC)
    assert event.recorded_at.date() == date(2026, 9, 8)
    assert done.state == "completing"


def test_an_answer_is_never_entered_for_an_earlier_day(world: MatterWorld) -> None:
    matter = world.sent("2026-09-24")
    world.do(KEEPER, matter, "assess", opinion="好")
    world.clock.on("2026-12-01")
    early = datetime(2026, 9, 30, tzinfo=UTC)
    command = Command("agree", world.key(), 4, reason="补记", at=early)
    with pytest.raises(BadInput, match="cannot be entered for an earlier day"):
        world.matters.act(HEAD, matter, command)


def test_what_people_write_is_sealed_and_read_by_the_parties_alone(world: MatterWorld) -> None:
    matter = world.sent()
    with transaction(world.database) as session:
        rows = session.scalars(select(MatterTextRow).where(MatterTextRow.matter == matter)).all()
        assert {row.name for row in rows} == {"basis", "scene", "scope"}
        assert not [row for row in rows if "低保".encode() in row.sealed]
        for event in session.scalars(select(MatterEventRow)).all():
            assert "低保" not in str(event.data)
    assert world.matters.read_texts(JUDGE, matter)[1, "scene"] == "低保审核"
    with pytest.raises(NotFound):
        world.matters.read_texts(STRANGER, matter)


def test_what_was_erased_is_gone_and_the_events_stay(world: MatterWorld) -> None:
    matter = world.sent()
    with transaction(world.database) as session:
        assert world.matters.texts.erase(session, matter) == 3
    assert world.matters.read_texts(JUDGE, matter) == {}
    assert world.view(matter).state == "review"
    assert world.due(matter, REPLY) == date(2026, 10, 15)


def test_an_event_that_was_changed_is_found(world: MatterWorld) -> None:
    matter = world.agreed()
    query = select(MatterEventRow).where(MatterEventRow.matter == matter)
    with transaction(world.database) as session:
        rows = session.scalars(query.order_by(MatterEventRow.seq)).all()
        assert broken_at(rows) is None
        assert broken_at([*rows[:2], *rows[3:]]) == 3
        session.execute(
            update(MatterEventRow)
            .where(MatterEventRow.matter == matter, MatterEventRow.seq == 2)
            .values(sub="somebody")
        )
    with transaction(world.database) as session:
        assert broken_at(session.scalars(query.order_by(MatterEventRow.seq)).all()) == 2


def test_a_substitute_acts_for_a_position_within_the_days(world: MatterWorld) -> None:
    """The position is one of the demo's people, since it has to be held by somebody."""
    matter = world.sent()
    deputy = official("deputy", GIVING, "handler")
    with pytest.raises(Refused):
        world.do(deputy, matter, "assess", opinion="好")
    assert KEEPER.position is not None
    matters = world.another()
    matters._stood_in = lambda *_: (KEEPER.position,)  # type: ignore[assignment]
    version = world.view(matter).version
    matters.act(deputy, matter, Command("assess", world.key(), version, {"opinion": "好"}))
    event = world.view(matter).events[-1]
    assert (event.sub, event.position, event.stands_in_for) == (
        *("deputy", "deputy-office"),
        "keeper-office",
    )


def test_nothing_is_closed_over_an_open_child(world: MatterWorld) -> None:
    parent = world.permit("2026-09-01")
    world.do(OFFICER, parent, "accept")
    child = world.matters.open(
        CITIZEN,
        Opening("permit", world.view(parent).parties, "330106", parent=parent),
        Command(OPEN, world.key(), values={"wish": "附带的许可"}),
    ).matter
    with pytest.raises(Conflict, match="has 1 open matters below it"):
        world.do(SECOND, parent, "grant")
    world.do(OFFICER, child, "accept")
    world.do(SECOND, child, "grant")
    assert world.do(SECOND, parent, "grant").state == "granted"
    with pytest.raises(Conflict, match="is closed"):
        world.matters.open(
            CITIZEN,
            Opening("permit", world.view(parent).parties, "330106", parent=parent),
            Command(OPEN, world.key(), values={"wish": "太晚了"}),
        )


def test_a_citizen_acts_for_themselves_alone(world: MatterWorld) -> None:
    matter = world.permit("2026-09-01")
    world.do(OFFICER, matter, "ask", reason="缺租赁合同")
    other = Principal("citizen", "p-other", level=3, subject="s1_other", portal="citizen")
    weak = Principal("citizen", "p-citizen", level=1, subject=CITIZEN.subject, portal="citizen")
    for one in (other, weak, CLERK):
        with pytest.raises(NotFound):
            world.do(one, matter, "supply")
    with pytest.raises(Refused):
        world.do(OFFICER, matter, "supply")
    assert inbox(world, CITIZEN) == [(matter, "completing")]
    assert (inbox(world, other), inbox(world, weak)) == ([], [])
    world.do(CITIZEN, matter, "supply")


def test_the_buttons_are_what_may_be_done(world: MatterWorld) -> None:
    """Every event by everybody: what is offered is done, what is not is refused."""
    people = (CLERK, CHIEF, KEEPER, HEAD, JUDGE)
    given = {
        "assess": {"opinion": "好"},
        "ask_extension": {"extension": 5},
        "consent_extension": {"extension": 5},
        "supply": {"supplement": "补"},
    }
    tried, matter = 0, world.sent()
    for principal in people:
        for event in world.view(matter).definition.events:
            if world.view(matter).version > 3:  # something was done to it
                matter = world.sent()
            offered = {r.name for r in world.matters.allowed(principal, world.view(matter))}
            try:
                needed = world.view(matter).definition.events[event].needs
                world.do(
                    principal,
                    matter,
                    event,
                    reason="理由" if "reason" in needed else None,
                    article="809-21" if "article" in needed else None,
                    evidence="file-1" if "evidence" in needed else None,
                    **given.get(event, {}),  # type: ignore[arg-type]
                )
                assert event in offered, (principal.id, event)
            except (Refused, Conflict):
                assert event not in offered, (principal.id, event)
            except BadInput as guard:  # why it is not offered, with its article
                assert event not in offered, (principal.id, event)
                assert "has not asked for more time" in str(guard)
            tried += 1
    assert tried == 5 * len(world.view(matter).definition.events)


def test_who_takes_part_finds_it_and_work_is_counted(world: MatterWorld) -> None:
    first, second = world.sent(), world.sent("2026-09-01")
    with transaction(world.database) as session:
        mine = doers(KEEPER, (), world.clock.now)
        assert [one.matter for one in waiting(session, KEEPER, mine)] == [second, first]
        assert count_waiting(session, KEEPER, mine) == 2
        assert taken_part(session, KEEPER, mine) == [second, first]
        assert waiting(session, STRANGER, doers(STRANGER, (), world.clock.now)) == []
        assert taken_part(session, STRANGER, doers(STRANGER, (), world.clock.now)) == []


def test_every_event_promises_an_entry_of_the_log(world: MatterWorld) -> None:
    matter = world.agreed()
    with transaction(world.database) as session:
        events = session.scalar(select(func.count()).where(MatterEventRow.matter == matter))
        promised = select(func.count()).where(OutboxRow.matter == matter, OutboxRow.effect == "log")
        assert session.scalar(promised) == events


def test_extension_and_review_of_a_permit_in_either_order(world: MatterWorld) -> None:
    decision = "CN-permits/permit_decision"
    for first in ("extend", "review"):
        matter = world.permit("2026-09-01")
        world.do(OFFICER, matter, "accept")
        if first == "extend":
            world.do(LEADER, matter, "extend", day="2026-09-22", reason="复杂", extension=10)
        world.do(OFFICER, matter, "review", day="2026-09-24")
        assert world.due(matter, decision) is None
        world.do(OFFICER, matter, "reviewed", day="2026-10-09")
        if first == "review":
            assert world.due(matter, decision) == date(2026, 10, 12)
            world.do(LEADER, matter, "extend", day="2026-10-11", reason="复杂", extension=10)
        assert world.due(matter, decision) == date(2026, 10, 26)
        assert AUTHORITY not in world.view(matter).keys("organ")


def test_substitutes_are_rows_with_days(world: MatterWorld) -> None:
    with transaction(world.database) as session:
        session.add(
            SubstituteRow(
                position="a",
                substitute="b",
                valid_from=date(2026, 9, 1),
                valid_to=date(2026, 9, 2),
                set_by="c",
            )
        )
        assert world.matters._stood_in(session, official("b", GIVING).position) == []  # type: ignore[arg-type]


def test_a_form_is_its_persons_own(world: MatterWorld) -> None:
    """Handed in by another, or for another dataset, it is no replay and tells nothing."""
    said: dict[str, Value] = {
        "basis": "法",
        "scene": "景",
        "fields": ["name"],
        "until": "2027-06-30",
    }
    command = Command(OPEN, world.key(), values=said)
    opening = Opening("sharing_registration", parties(), "330000", OPENED)
    first = world.matters.open(CLERK, opening, command)
    for other in (replace(opening, region="330100"), replace(opening, about=DATASET)):
        with pytest.raises(BadInput, match="with other content"):
            world.matters.open(CLERK, other, command)
    with pytest.raises(Refused):  # of the key nobody else learns anything
        world.matters.open(STRANGER, opening, command)
    second = official("clerk", ASKING, "handler", position="second-office")
    assert not world.matters.open(second, opening, command).replayed
    assert world.matters.open(CLERK, opening, command) == replace(first, replayed=True)
    version = world.view(world.sent()).version
    key, matter = world.key(), world.sent()
    world.do(KEEPER, matter, "assess", key=key, version=version, opinion="好")
    with pytest.raises(NotFound):
        world.do(STRANGER, matter, "assess", key=key, version=version, opinion="好")
    with pytest.raises(StaleMatter):
        another = official("keeper-2", GIVING, "steward")
        world.do(another, matter, "assess", key=key, version=version, opinion="好")


ODD: dict[str, Command] = {
    "a key of the platform": Command("assess", f"time:{'0' * 64}", 3, {"opinion": "好"}),
    "a key of nulls": Command("assess", "\0" * 12, 3, {"opinion": "好"}),
    "a surrogate in a key": Command("assess", "\ud800" * 12, 3, {"opinion": "好"}),
    "a surrogate in a text": Command("assess", "form-odd-1", 3, {"opinion": "\ud800"}),
    "a number of thirty digits": Command("ask_extension", "form-odd-2", 3, {"extension": 10**30}),
    "a version too large": Command("assess", "form-odd-3", 2**63, {"opinion": "好"}),
    "a version below zero": Command("assess", "form-odd-4", -1, {"opinion": "好"}),
    "an extension by nothing": Command("ask_extension", "form-odd-5", 3, {"extension": 0}, "多"),
    "an extension backwards": Command("ask_extension", "form-odd-6", 3, {"extension": -5}, "多"),
    "a sentence for an id": Command("assess", "form-odd-7", 3, {"opinion": "好"}, evidence="张 三"),
    "a number of a person for an article": Command(
        "assess", "form-odd-8", 3, {"opinion": "好"}, article="张三 13800000000"
    ),
    "a text that is too long": Command("assess", "form-odd-9", 3, {"opinion": "好" * 5001}),
    "a truth for a number": Command("ask_extension", "form-odd-0", 3, {"extension": True}, "多"),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_input_is_told_and_changes_nothing(world: MatterWorld, name: str) -> None:
    matter = world.sent()
    before = world.view(matter)
    with pytest.raises(BadInput):
        world.matters.act(KEEPER, matter, ODD[name])
    assert world.view(matter) == before


@pytest.mark.parametrize("matter", [0, -1, 2**31, 2**63, 10**30])
def test_a_number_that_no_matter_can_have_is_not_found(world: MatterWorld, matter: int) -> None:
    with pytest.raises(NotFound):
        world.matters.read(KEEPER, matter)
    with pytest.raises(NotFound):
        world.matters.act(KEEPER, matter, Command("assess", world.key(), 1, {"opinion": "好"}))


def test_nobody_hangs_a_matter_under_one_they_have_no_part_in(world: MatterWorld) -> None:
    request = world.sent()
    opening = Opening("permit", world.view(world.permit()).parties, "330106", parent=request)
    with pytest.raises(NotFound):
        world.matters.open(CITIZEN, opening, Command(OPEN, world.key(), values={"wish": "挂靠"}))
    world.do(CLERK, request, "withdraw")


def test_one_person_in_two_departments_does_not_agree_with_themselves(world: MatterWorld) -> None:
    matter = world.sent()
    world.do(KEEPER, matter, "assess", opinion="好")
    for who in ("clerk", "chief"):
        elsewhere = official(who, GIVING, "sharing_head", position=f"{who}-elsewhere")
        with pytest.raises(BadInput, match="somebody else has to do this"):
            world.do(elsewhere, matter, "agree")


def test_a_mandate_that_has_ended_acts_for_nobody(world: MatterWorld) -> None:
    firm = Mandate("firm", "91339900202600012U", "企业", "firm", valid_to=date(2026, 9, 10))
    agent = replace(CITIZEN, mandate=firm)
    both = (MatterParty("applicant", "firm", firm.key), MatterParty("organ", "organisation", CITY))
    world.clock.on("2026-09-01")
    matter = world.matters.open(
        agent, Opening("permit", both, "330106"), Command(OPEN, world.key(), values={"wish": "店"})
    ).matter
    assert world.view(matter).events[0].stands_in_for == firm.key
    world.do(OFFICER, matter, "ask", reason="缺合同")
    world.clock.on("2026-09-11")
    with pytest.raises(NotFound):
        world.do(agent, matter, "supply")


def test_whether_a_tick_came_decides_nothing(world: MatterWorld) -> None:
    """Silence has accepted the permit: whoever asks for papers afterwards is too late."""
    matter = world.permit("2026-09-01")
    world.clock.on("2026-09-20")
    with pytest.raises(StaleMatter) as stale:
        world.do(OFFICER, matter, "ask", reason="缺合同")
    assert stale.value.matter.state == "deciding"
    assert stale.value.matter.events[-1].name == "deem_accepted"


def test_an_act_after_a_new_calendar_writes_first_that_the_day_moved(world: MatterWorld) -> None:
    matter = world.sent("2026-12-24")
    day = CalendarDay(date(2027, 1, 3), "worked", Text("上班", "worked"))
    first = CalendarDay(date(2027, 1, 1), "holiday", Text("元旦", "New Year"))
    publish_year(world.database, CalendarYear(2027, "测试", (first, day)), world.clock)
    world.do(KEEPER, matter, "ask_extension", reason="多", extension=5)
    names = [event.name for event in world.view(matter).events]
    assert names[-2:] == ["redated", "ask_extension"]


def test_what_was_answered_in_time_stays_so_whatever_calendar_comes(world: MatterWorld) -> None:
    matter = world.sent("2026-12-24")
    world.do(KEEPER, matter, "assess", opinion="好")
    world.do(HEAD, matter, "agree", day="2027-01-08")
    day = CalendarDay(date(2027, 1, 3), "worked", Text("上班", "worked"))
    publish_year(world.database, CalendarYear(2027, "测试", (day,)), world.clock)
    world.do(HEAD, matter, "suspend", reason="查", article="《政务数据共享条例》第二十五条")
    (clock,) = world.view(matter).clocks
    found = world.matters.due_dates(world.view(matter))[clock.duty, clock.start_seq]
    assert found.day == date(2027, 1, 8)
    assert not clock.overdue(found.day, world.clock.today)


def test_nothing_of_what_was_written_can_be_guessed_from_an_event(world: MatterWorld) -> None:
    matter = world.sent()
    command = Command("assess", world.key(), world.view(matter).version, {"opinion": "同意"})
    world.matters.act(KEEPER, matter, command)
    guesses = {sha256(command.said(*of)).hexdigest() for of in ((), (matter,), (None,))}
    with transaction(world.database) as session:
        marks = set(session.scalars(select(MatterEventRow.command_sha256)))
    assert not marks & guesses


def test_a_draft_is_its_department_s_own_until_it_is_sent(world: MatterWorld) -> None:
    matter, dropped = world.request(), world.request()
    world.do(CLERK, dropped, "withdraw_draft")
    for one in (matter, dropped):
        assert world.matters.read(CHIEF, one).id == one
        for other in (KEEPER, HEAD, JUDGE):
            with pytest.raises(NotFound):
                world.matters.read_texts(other, one)
    world.do(CLERK, matter, "submit")
    with pytest.raises(NotFound):
        world.matters.read(KEEPER, matter)
    world.do(CHIEF, matter, "approve_inside")
    assert world.matters.read_texts(KEEPER, matter)[1, "scene"] == "低保审核"
    world.do(CLERK, matter, "withdraw")
    assert world.matters.read(KEEPER, matter).state == "withdrawn"


def test_a_system_asks_and_never_signs(world: MatterWorld) -> None:
    place = replace(HEAD.position, id="system:dept") if HEAD.position else None
    machine = Principal("system", "dept", position=place)
    matter = world.sent()
    world.do(KEEPER, matter, "assess", opinion="好")
    with pytest.raises(Refused, match="and for a person"):
        world.do(machine, matter, "agree")
    assert world.matters.allowed(machine, world.view(matter)) == ()
    asking = Principal(
        "system",
        "asker",
        position=replace(CLERK.position, id="system:asker"),  # type: ignore[type-var]
    )
    said: dict[str, Value] = {"basis": "法", "scene": "景", "until": "2027-06-30"}
    opening = Opening("sharing_registration", parties(), "330000", OPENED)
    command = Command(OPEN, world.key(), values={**said, "fields": ["name"]})
    assert world.matters.open(asking, opening, command).state == "draft"
