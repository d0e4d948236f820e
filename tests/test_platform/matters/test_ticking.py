"""What time does to matters: it warns, escalates, lets laws take effect, and counts again."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import exists, func, select

from tests.test_platform.matters.test_kernel import inbox
from tests.test_platform.matters.world import (
    CITIZEN,
    CLERK,
    HEAD,
    JUDGE,
    KEEPER,
    OFFICER,
    SECOND,
    MatterWorld,
)
from xihu_catalog.registry.matters import named_duties
from xihu_platform.database import transaction
from xihu_platform.matters.models import MatterClockRow, MatterEventRow
from xihu_platform.matters.ticking import Ticked, tick
from xihu_platform.notices.models import NoticeRow
from xihu_platform.statute.calendar import CalendarDay, CalendarYear
from xihu_platform.statute.published import list_published, publish_year
from xihu_platform.words import Text

REPLY = "CN-809-2025/reply_conditional"
ACCEPTING, DECISION = "CN-permits/permit_completion", "CN-permits/permit_decision"
DAY = timedelta(days=1)


def ticked(world: MatterWorld, day: str) -> Ticked:
    world.clock.on(day, 1)
    return tick(world.matters, world.clock.now)


def warned(world: MatterWorld, matter: int) -> list[tuple[str, str, date]]:
    """Mark, the day it is for, the day it was written."""
    return [
        (event.data["mark"], event.data["on"], event.recorded_at.date())
        for event in world.view(matter).events
        if event.name == "warned"
    ]


def notices(world: MatterWorld) -> list[tuple[int, str]]:
    """What time has told somebody of, once for each matter and mark."""
    event, told = MatterEventRow, NoticeRow
    has_told = exists().where(told.matter == event.matter, told.seq == event.seq)
    query = select(event.matter, event.seq, event.name, event.data)
    query = query.where(event.sub == "clock", has_told).order_by(event.recorded_at)
    with transaction(world.database) as session:
        rows = session.execute(query).all()
    return [(row.matter, row.data.get("mark", row.name)) for row in rows]


def overdue(world: MatterWorld) -> set[int]:
    """Read from the clocks, whether or not anything has ticked."""
    with transaction(world.database) as session:
        matters = session.scalars(select(MatterClockRow.matter).distinct()).all()
    found = set()
    for matter in matters:
        view = world.view(matter)
        dates = world.matters.due_dates(view)
        for clock in view.clocks:
            last = dates[clock.duty, clock.start_seq].day
            if clock.running and clock.overdue(last, world.clock.today):
                found.add(matter)
    return found


def test_each_mark_is_told_on_its_day_and_once(world: MatterWorld) -> None:
    matter = world.sent("2026-09-24")  # 28, 29, 30 September; 8, 9, 10, 12, 13, 14, 15 October
    day = date(2026, 9, 24)
    while day <= date(2026, 10, 18):
        for _ in range(2):
            ticked(world, day.isoformat())
        day += DAY
    assert [one[:2] for one in warned(world, matter)] == [
        ("half", "2026-10-09"),
        ("two_days", "2026-10-13"),
        ("one_day", "2026-10-14"),
        ("due", "2026-10-15"),
        ("late", "2026-10-16"),
    ]
    assert notices(world) == [
        (matter, mark) for mark in ("half", "two_days", "one_day", "due", "late")
    ]


def test_a_month_without_a_tick_delays_notices_and_never_the_truth(world: MatterWorld) -> None:
    early, late = world.sent("2026-09-24"), world.sent("2026-10-10")
    answered = world.sent("2026-09-24")
    world.do(KEEPER, answered, "assess", opinion="好", day="2026-10-12")
    world.do(HEAD, answered, "agree")
    world.clock.on("2026-10-24")
    assert overdue(world) == {early, late}
    assert ticked(world, "2026-10-24") == Ticked(0, 2, 0)
    assert overdue(world) == {early, late}
    assert ticked(world, "2026-10-24") == Ticked()
    assert warned(world, early) == [("late", "2026-10-16", date(2026, 10, 23))]
    assert warned(world, late) == [("late", "2026-10-24", date(2026, 10, 23))]
    assert warned(world, answered) == []
    assert notices(world) == [(early, "late"), (late, "late")]


def test_whoever_is_late_keeps_the_matter_and_the_authority_is_told(world: MatterWorld) -> None:
    matter = world.sent("2026-09-24")
    version = world.view(matter).version
    assert inbox(world, JUDGE) == []
    ticked(world, "2026-10-16")
    assert inbox(world, JUDGE) == [(matter, f"late {REPLY}")]
    assert inbox(world, KEEPER) == [(matter, "review")]
    assert world.view(matter).state == "review"
    done = world.do(KEEPER, matter, "assess", version=version, opinion="好")  # no form grew stale
    assert done.state == "signing"
    assert inbox(world, JUDGE) == [(matter, f"late {REPLY}")]
    world.do(HEAD, matter, "agree")
    assert inbox(world, JUDGE) == []


def test_more_time_is_warned_of_anew(world: MatterWorld) -> None:
    matter = world.sent("2026-09-24")
    ticked(world, "2026-10-14")
    world.do(KEEPER, matter, "ask_extension", day="2026-10-14", reason="多", extension=10)
    world.do(JUDGE, matter, "consent_extension", extension=10)
    for day in ("2026-10-15", "2026-10-16", "2026-10-29"):
        ticked(world, day)
    assert [one[:2] for one in warned(world, matter)] == [
        ("one_day", "2026-10-14"),
        ("half", "2026-10-15"),
        ("due", "2026-10-29"),
    ]


def test_silence_accepts_a_permit_from_the_day_the_papers_came(world: MatterWorld) -> None:
    matter = world.permit("2026-09-01")
    assert world.due(matter, ACCEPTING) == date(2026, 9, 8)
    assert ticked(world, "2026-09-08").lapsed == 0
    assert ticked(world, "2026-09-20") == Ticked(0, 0, 1)
    view = world.view(matter)
    (deemed,) = [event for event in view.events if event.clocks and event.seq > 1]
    assert (view.state, deemed.name, deemed.sub) == ("deciding", "deem_accepted", "clock")
    assert deemed.article == "行政许可法第三十二条"
    assert deemed.at == view.events[0].at  # the hour at which they came
    assert deemed.recorded_at.date() == date(2026, 9, 19)
    assert world.due(matter, DECISION) == date(2026, 9, 29)
    assert ticked(world, "2026-09-20") == Ticked()
    assert world.do(SECOND, matter, "grant").state == "granted"


def test_a_permit_that_was_asked_about_is_not_deemed_accepted(world: MatterWorld) -> None:
    matter = world.permit("2026-09-01")
    world.do(OFFICER, matter, "ask", day="2026-09-03", reason="缺合同")
    assert ticked(world, "2026-11-01") == Ticked()
    world.do(CITIZEN, matter, "supply")
    assert world.due(matter, DECISION) == date(2026, 11, 27)


def test_a_paused_clock_says_nothing(world: MatterWorld) -> None:
    matter = world.permit("2026-09-01")
    world.do(OFFICER, matter, "accept")
    world.do(OFFICER, matter, "review", day="2026-09-02")
    assert ticked(world, "2027-03-01") == Ticked()


YEAR_2027 = CalendarYear(
    2027,
    "国办发明电〔2026〕号（测试）",
    (
        CalendarDay(date(2027, 1, 1), "holiday", Text("元旦", "New Year")),
        CalendarDay(date(2027, 1, 3), "worked", Text("调休上班", "worked in exchange")),
    ),
)


def test_a_year_imported_moves_dates_and_tells_once(world: MatterWorld) -> None:
    matter = world.sent("2026-12-24")
    closed = world.sent("2026-12-24")
    world.do(CLERK, closed, "withdraw", day="2026-12-25")
    before = world.view(closed)
    found = world.matters.due_dates(world.view(matter))[REPLY, 3]
    assert (found.day, found.firm) == (date(2027, 1, 8), False)
    publish_year(world.database, YEAR_2027, world.clock)
    found = world.matters.due_dates(world.view(matter))[REPLY, 3]  # nothing has ticked yet
    assert (found.day, found.firm) == (date(2027, 1, 7), True)
    assert ticked(world, "2026-12-26").redated == 1
    assert ticked(world, "2026-12-26").redated == 0
    assert notices(world) == [(matter, "redated")]
    event = world.view(matter).events[-1]
    assert (event.data["before"], event.data["after"]) == (["2027-01-08"], ["2027-01-07"])
    assert event.data["clocks"] == [f"{REPLY}:3"]
    assert world.view(closed) == before
    with transaction(world.database) as session:
        row = session.scalar(select(MatterClockRow).where(MatterClockRow.matter == matter))
        assert row is not None
        assert (row.due_on, row.firm) == (date(2027, 1, 7), True)


def test_dates_that_stay_are_made_firm_without_a_word(world: MatterWorld) -> None:
    early, later = world.sent("2026-09-24"), world.permit("2026-12-30")
    publish_year(world.database, YEAR_2027, world.clock)
    world.clock.on("2026-09-25")
    assert tick(world.matters, world.clock.now).redated == 1
    assert [one for one in notices(world) if one[0] == early] == []
    with transaction(world.database) as session:
        behind = select(func.count()).where(MatterClockRow.calendar < 3, MatterClockRow.firm)
        assert session.scalar(behind) == 0
        assert session.scalar(select(func.count()).where(~MatterClockRow.firm)) == 0
    assert world.due(later, ACCEPTING) == date(2027, 1, 6)


def test_two_ticks_at_a_time_say_everything_once(world: MatterWorld) -> None:
    every = [world.sent("2026-09-24") for _ in range(6)]
    world.clock.on("2026-10-16", 1)
    now = world.clock.now
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: tick(world.another(), now), range(4)))
    assert sum(one.warned for one in told) == len(every)
    assert sorted(notices(world)) == [(matter, "late") for matter in every]
    with transaction(world.database) as session:
        query = select(func.count()).where(MatterEventRow.name == "warned")
        assert session.scalar(query) == len(every)


@pytest.mark.parametrize(
    ("received", "day"),
    [("2026-09-24", "2026-10-15"), ("2025-09-30", "2025-10-21"), ("2026-10-03", "2026-10-20")],
)
def test_the_dates_that_must_come_out(world: MatterWorld, received: str, day: str) -> None:
    """From the events of a matter as from the bare duty."""
    assert world.due(world.sent(received), REPLY) == date.fromisoformat(day)


def test_a_matter_that_cannot_be_counted_keeps_no_other_waiting(world: MatterWorld) -> None:
    """Its duty was taken out of the registry while it ran."""
    permit, request = world.permit("2026-09-01"), world.sent("2026-09-24")
    matters = world.another()
    known = {name: one for name, one in named_duties().items() if name != ACCEPTING}
    matters.counting.duties = lambda: known
    world.clock.on("2026-10-16")
    assert tick(matters, world.clock.now) == Ticked(0, 1, 0, 1)
    assert [one[0] for one in warned(world, request)] == ["late"]
    assert world.view(permit).state == "received"
    assert tick(world.matters, world.clock.now).lapsed == 1


def test_an_extension_that_was_given_stays_when_the_law_gives_less(world: MatterWorld) -> None:
    matter = world.sent("2026-09-24")
    world.do(KEEPER, matter, "ask_extension", reason="多", extension=10)
    world.do(JUDGE, matter, "consent_extension", extension=10)
    matters = world.another()
    known = named_duties()
    shorter = {**known, REPLY: replace(known[REPLY], extension=5)}
    matters.counting.duties = lambda: shorter
    found = matters.due_dates(world.view(matter))[REPLY, 3]
    assert found.day == date(2026, 10, 29)


def test_more_time_after_the_day_takes_the_word_from_the_authority(world: MatterWorld) -> None:
    matter = world.sent("2026-09-24")
    world.do(KEEPER, matter, "ask_extension", day="2026-10-15", reason="多", extension=10)
    ticked(world, "2026-10-16")
    waits = [(matter, "call consent_extension"), (matter, f"late {REPLY}")]
    assert inbox(world, JUDGE) == waits
    world.do(JUDGE, matter, "consent_extension", extension=10)
    assert inbox(world, JUDGE) == []


def test_arrangements_are_in_the_order_in_which_they_came_whatever_clocks_say(
    world: MatterWorld,
) -> None:
    """2026 is published again by a process whose clock is a day behind."""
    matter = world.sent("2026-11-24")
    assert world.due(matter, REPLY) == date(2026, 12, 8)
    publish_year(world.database, YEAR_2027, world.clock)
    world.clock.on("2026-11-23")
    (published,) = [
        one.arrangement for one in list_published(world.database) if one.arrangement.year == 2026
    ]
    more = CalendarDay(date(2026, 12, 1), "holiday", Text("放假", "off"))
    again = CalendarYear(2026, "改（测试）", (*published.days, more))
    publish_year(world.database, again, world.clock)
    assert ticked(world, "2026-11-25").redated == 1
    assert world.due(matter, REPLY) == date(2026, 12, 9)
