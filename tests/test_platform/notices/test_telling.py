"""Who is told of what: the lives of a request, of a correction and of a permit, by hand."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import func, select

from tests.test_platform.matters.world import (
    ASKING,
    AUTHORITY,
    CHIEF,
    CITIZEN,
    CLERK,
    DATASET,
    GIVING,
    HEAD,
    JUDGE,
    KEEPER,
    OFFICER,
    SECOND,
    MatterWorld,
    official,
    shown_row,
)
from tests.test_platform.notices.cast import COLLEAGUE, told, unread, unread_numbers
from xihu_platform.database import transaction
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.command import Command, Value
from xihu_platform.matters.definition import OPEN
from xihu_platform.matters.kernel import Opening
from xihu_platform.matters.models import SubstituteRow
from xihu_platform.matters.ticking import tick
from xihu_platform.matters.who import MatterParty
from xihu_platform.notices.models import NoticeRow
from xihu_platform.statute.calendar import CalendarDay, CalendarYear
from xihu_platform.statute.published import publish_year
from xihu_platform.words import Text

ARTICLE = "《政务数据共享条例》第二十一条"
Step = tuple[Principal, str, dict[str, object], str]
REQUEST: tuple[Step, ...] = (
    (CLERK, "amend", {"fields": ["name", "month"]}, ""),
    (CLERK, "submit", {}, ""),
    (CHIEF, "return_inside", {"reason": "依据不足"}, ""),
    (CLERK, "submit", {}, ""),
    (CHIEF, "approve_inside", {}, "clerk keeper head judge"),
    (KEEPER, "ask_completion", {"reason": "缺场景"}, "clerk judge"),
    (COLLEAGUE, "supply", {"supplement": "补"}, "clerk keeper head judge"),
    (KEEPER, "ask_extension", {"reason": "量大", "extension": 5}, "clerk judge"),
    (JUDGE, "consent_extension", {"extension": 5}, "clerk keeper head"),
    (KEEPER, "assess", {"opinion": "可以"}, ""),
    (HEAD, "send_back", {"reason": "再看"}, ""),
    (KEEPER, "assess", {"opinion": "可以"}, ""),
    (HEAD, "agree", {}, "clerk judge"),
    (HEAD, "suspend", {"reason": "泄露", "article": ARTICLE}, "clerk judge"),
    (HEAD, "resume", {}, "clerk judge"),
    (CLERK, "finish", {"reason": "办完"}, "keeper head judge"),
    (CLERK, "certify", {"evidence": "E-1"}, "keeper head judge"),
    (KEEPER, "reject_certificate", {"reason": "不全"}, "clerk judge"),
    (COLLEAGUE, "certify", {"evidence": "E-2"}, "clerk keeper head judge"),
    (KEEPER, "confirm_disposal", {}, "clerk judge"),
)
"""Who acts, how, and who has something to read then."""
FORM: dict[str, Value] = {
    "basis": "《社会救助暂行办法》第十一条",
    "scene": "低保审核",
    "scope": "本辖区申请人",
    "method": "page",
    "until": "2027-06-30",
}


def test_a_request_from_its_draft_to_the_disposal(world: MatterWorld) -> None:
    with told(world) as found:
        matter = world.request()
    assert found == set()
    for actor, event, said, expected in REQUEST:
        said = {**FORM, **said} if event == "amend" else said
        with told(world) as found:
            acted = world.do(actor, matter, event, **said)  # type: ignore[arg-type]
        assert found == set(expected.split()), event
        assert actor.id not in found
        assert actor.position is not None
        own = [one for one in sides(world, acted.seq) if one[0] == actor.position.organisation]
        assert own == ([(ASKING, "clerk-office")] if "clerk" in found and own else []), event


def sides(world: MatterWorld, seq: int) -> list[tuple[str, str | None]]:
    """Whom an event of the only matter was written for."""
    query = select(NoticeRow.recipient, NoticeRow.position).where(NoticeRow.seq == seq)
    with transaction(world.database) as session:
        return [(row[0], row[1]) for row in session.execute(query)]


def correction(world: MatterWorld, who: Principal = CLERK) -> int:
    sides = (
        MatterParty("reporter", "organisation", ASKING),
        MatterParty("source", "organisation", GIVING),
        MatterParty("authority", "organisation", AUTHORITY),
    )
    row = shown_row(who, DATASET)
    said: dict[str, Value] = {"row": row, "field": "name", "claimed": "章"}
    command = Command(OPEN, world.key(), values=said, reason="姓名有误", evidence="E-1")
    opening = Opening("correction_request", sides, "330000", DATASET)
    return world.matters.open(who, opening, command).matter


@pytest.mark.parametrize(
    ("actor", "event", "said", "expected"),
    [
        (KEEPER, "correct", {"snapshot": "S-2"}, "clerk judge"),
        (
            *(KEEPER, "keep"),
            {"reason": "无误", "article": ARTICLE, "evidence": "E-3"},
            "clerk judge",
        ),
        (CLERK, "withdraw", {}, "keeper judge"),
        (COLLEAGUE, "withdraw", {}, "clerk keeper judge"),
    ],
)
def test_a_correction(
    world: MatterWorld, actor: Principal, event: str, said: dict[str, str], expected: str
) -> None:
    with told(world) as found:
        matter = correction(world)
    assert found == {"keeper", "judge"}
    with told(world) as found:
        world.do(actor, matter, event, **said)  # type: ignore[arg-type]
    assert found == set(expected.split())


def test_a_citizen_is_told_of_the_answer_and_every_position_of_the_organ_of_the_question(
    world: MatterWorld,
) -> None:
    with told(world) as found:
        matter = world.permit("2026-09-01")
    assert found == {"stranger", "officer", "leader"}  # all of them are of that organ
    with told(world) as found:
        world.do(OFFICER, matter, "accept")
    assert found == {"p-citizen"}
    with told(world) as found:
        world.do(SECOND, matter, "grant")
    assert found == {"p-citizen"}


def test_of_a_draft_that_is_taken_back_nobody_is_told(world: MatterWorld) -> None:
    matter = world.request()
    with told(world) as found:
        world.do(COLLEAGUE, matter, "withdraw_draft")
    assert found == set()


def test_what_a_system_opened_is_told_to_the_positions_that_may_act(world: MatterWorld) -> None:
    post = official("robot", ASKING, "handler", position="system:robot").position
    matter = correction(world, Principal("system", "robot", level=3, position=post))
    with told(world) as found:
        world.do(KEEPER, matter, "correct", snapshot="S-2")
    assert found == {"clerk", "colleague", "judge"}


def ticked(world: MatterWorld, day: str) -> None:
    world.clock.on(day, 1)
    tick(world.matters, world.clock.now)


REMINDED = (
    ("2026-10-08", ""),
    ("2026-10-09", "clerk keeper head"),  # half
    ("2026-10-13", "clerk keeper head"),  # two days
    ("2026-10-14", "clerk keeper head"),
    ("2026-10-15", "clerk keeper head"),  # the last day
    ("2026-10-16", "clerk keeper head judge"),  # late
    ("2026-10-20", ""),
)


def test_reminders_and_lateness_once_each(world: MatterWorld) -> None:
    world.sent("2026-09-24")
    for day, expected in REMINDED:
        with told(world) as found:
            ticked(world, day)
        assert found == set(expected.split()), day
        with told(world) as found:
            ticked(world, day)
        assert found == set(), day


def test_what_a_law_deems_to_have_happened(world: MatterWorld) -> None:
    matter = world.permit("2026-09-01")
    before = unread_numbers(world)
    ticked(world, "2026-09-09")  # the day after the last: accepted by silence, and nothing more
    after = unread_numbers(world)
    assert {name for name in after if after[name] > before[name]} == {
        *("p-citizen", "stranger", "officer", "leader")
    }
    assert [one.event for one in unread(world, CITIZEN)] == ["deem_accepted"]
    assert [one.event for one in unread(world, OFFICER)] == ["deem_accepted", "open"]
    assert world.view(matter).state == "deciding"


def test_a_new_calendar_is_told_to_both_sides_of_what_it_moves(world: MatterWorld) -> None:
    world.sent("2026-12-24")
    year = CalendarYear(
        2027,
        "国办发明电〔2026〕号（测试）",
        (
            CalendarDay(date.fromisoformat("2027-01-01"), "holiday", Text("元旦", "New Year")),
            CalendarDay(
                date.fromisoformat("2027-01-03"), "worked", Text("调休上班", "worked in exchange")
            ),
        ),
    )
    publish_year(world.database, year, world.clock)
    with told(world) as found:
        ticked(world, "2026-12-25")
    assert found == {"clerk", "keeper", "head"}


def numbers(world: MatterWorld) -> int:
    with transaction(world.database) as session:
        return session.scalar(select(func.count()).select_from(NoticeRow)) or 0


def test_a_form_handed_in_again_tells_nobody_again(world: MatterWorld) -> None:
    matter = world.sent()
    world.do(KEEPER, matter, "ask_completion", key="form-once", version=3, reason="缺")
    before = numbers(world)
    again = world.do(KEEPER, matter, "ask_completion", key="form-once", version=3, reason="缺")
    assert again.replayed and numbers(world) == before


def test_ticks_at_the_same_moment_tell_once(world: MatterWorld) -> None:
    every = [world.sent("2026-09-24") for _ in range(4)]
    before = numbers(world)
    world.clock.on("2026-10-16", 1)
    now = world.clock.now
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: tick(world.another(), now), range(4)))
    assert numbers(world) == before + 3 * len(every)


def test_what_is_refused_tells_nobody(world: MatterWorld) -> None:
    """Notices come and go with the transaction of their event."""
    matter, before = world.sent(), numbers(world)

    def broken(*_: object) -> None:
        raise OSError

    matters = world.another()
    matters._tell = broken
    command = Command("ask_completion", world.key(), world.view(matter).version, reason="缺")
    with pytest.raises(OSError):
        matters.act(KEEPER, matter, command)
    assert numbers(world) == before
    assert [one.name for one in world.view(matter).events][-1] == "approve_inside"


def test_no_text_of_anybody_is_in_a_notice(world: MatterWorld) -> None:
    matter = world.sent()
    world.do(KEEPER, matter, "ask_completion", reason="缺少卡纳里亚证明")
    with transaction(world.database) as session:
        rows = session.execute(select(NoticeRow.__table__)).all()
    said = repr([tuple(row) for row in rows])
    assert rows and not [one for one in ("卡纳里亚", DATASET, "低保") if one in said]


def test_whoever_stands_in_for_the_opener_is_told(world: MatterWorld) -> None:
    with transaction(world.database) as session:
        session.add(
            SubstituteRow(
                position="clerk-office",
                substitute="colleague-office",
                valid_from=world.clock.today,
                valid_to=world.clock.today,
                set_by="clerk",
            )
        )
    matters = world.another()
    matters._stood_in = lambda _, place: [CLERK.position] if place.id == "colleague-office" else []  # type: ignore[list-item]
    world.matters = matters
    matter = world.sent()
    with told(world) as found:
        world.do(KEEPER, matter, "ask_completion", reason="缺")
    assert found == {"clerk", "colleague", "judge"}


def test_an_organisation_in_two_roles_is_told_once(world: MatterWorld) -> None:
    """The authority itself asks for data."""
    two = (
        MatterParty("requester", "organisation", AUTHORITY),
        MatterParty("provider", "organisation", GIVING),
        MatterParty("authority", "organisation", AUTHORITY),
    )
    asker = official("asker", AUTHORITY, "handler")
    chief = official("asking-chief", AUTHORITY, "sharing_head")
    said = {**FORM, "fields": ["name"]}
    opening = Opening("sharing_request", two, "330000", DATASET)
    matter = world.matters.open(asker, opening, Command(OPEN, world.key(), values=said)).matter
    world.do(asker, matter, "submit")
    world.do(chief, matter, "approve_inside")
    with told(world) as found:
        world.do(KEEPER, matter, "ask_completion", reason="缺")
    assert found == {"judge"}
    assert [one.event for one in unread(world, asker)] == ["ask_completion", "approve_inside"]
