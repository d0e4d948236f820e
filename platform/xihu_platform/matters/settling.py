"""What time has to say of one matter: dates that moved, laws that took effect, reminders."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from xihu_platform.clock import SHANGHAI, civil_date
from xihu_platform.database import transaction
from xihu_platform.matters import keeping
from xihu_platform.matters.clocks import MatterClock
from xihu_platform.matters.command import Command, Value, key_of
from xihu_platform.matters.definition import EventRule, WhoMay
from xihu_platform.matters.engine import OF_TIME, TIME, MatterEngine, hold, lock
from xihu_platform.matters.keeping import LATE, REDATED, WARNED, lapse_of
from xihu_platform.matters.marks import Mark, mark_on
from xihu_platform.matters.models import MatterClockRow
from xihu_platform.matters.views import MatterView
from xihu_platform.statute.due import DueDate
from xihu_platform.words import Text

AT_MOST = 20
"""Times that time may speak of one matter in one tick; the rest waits for the next."""
Spoken = Literal["redated", "lapsed", "warned"]
_TIME = WhoMay("clock")
_WARNED = EventRule(
    WARNED,
    Text("期限提醒", "reminder of a period"),
    (),
    None,
    _TIME,
    takes={"duty": "code", "start_seq": "number", "mark": "code", "on": "date", "due_on": "date"},
)
_REDATED = EventRule(
    REDATED,
    Text("日历变更，期限重新计算", "counted again with a new calendar"),
    (),
    None,
    _TIME,
    takes={"calendar": "number", "clocks": "codes", "before": "codes", "after": "codes"},
)


def has_to_speak(matters: MatterEngine, session: Session, view: MatterView) -> bool:
    """Whether a day has moved or a law has taken effect that no event says yet.

    Asked before anybody acts: whether a tick came decides nothing.
    """
    number, calendar = matters.counting.calendar(session)
    older = select(MatterClockRow.matter).where(
        MatterClockRow.matter == view.id,
        MatterClockRow.stop_seq.is_(None),
        MatterClockRow.calendar < number,
    )
    if session.scalar(older.limit(1)) is not None:
        return True
    today = civil_date(matters.clock())
    ahead = keeping.dated(view)
    if ahead is not None and ahead[0] <= today:
        return True
    return any(
        clock.running
        and lapse_of(view, clock) is not None
        and clock.overdue(matters.counting.due(clock, calendar).day, today)
        for clock in view.clocks
    )


def speak(matters: MatterEngine, matter: int, today: date, *, warn: bool = True) -> list[Spoken]:
    """Everything that time has to say of a matter by a day, each thing in a transaction."""
    said: list[Spoken] = []
    while len(said) < AT_MOST:
        try:
            with transaction(matters.database) as session:
                one = _speak_once(matters, session, matter, today, warn=warn)
        except IntegrityError:  # another process says it at this moment
            return said
        if one is None:
            return said
        said.append(one)
    return said


def _speak_once(
    matters: MatterEngine, session: Session, matter: int, today: date, *, warn: bool
) -> Spoken | None:
    hold(session, matter)
    view = matters.view(session, matter)
    if _redate(matters, session, view):
        return "redated"
    dates = matters.counting.due_dates(session, view)
    passed = [*_lapses(view, dates, today), *_passed_dates(view, today)]
    if passed:
        _deem(matters, session, view, min(passed, key=lambda one: one.on))
        return "lapsed"
    for clock in view.clocks if warn else ():
        found = dates[clock.duty, clock.start_seq]
        untold = keeping.untold(view, clock, found) if clock.running else None
        if untold is not None and untold[0] <= today:
            _warn(matters, session, view, clock, found, mark_on(found, today) or untold)
            return "warned"
    return None


def _redate(matters: MatterEngine, session: Session, view: MatterView) -> bool:
    """Count the running clocks with the calendar in force, in one event, and tell once."""
    number, calendar = matters.counting.calendar(session)
    rows = session.execute(
        select(
            MatterClockRow.duty,
            MatterClockRow.start_seq,
            MatterClockRow.due_on,
            MatterClockRow.calendar,
        ).where(MatterClockRow.matter == view.id, MatterClockRow.stop_seq.is_(None))
    ).all()
    if all(row[3] == number for row in rows):
        return False
    before_by = {(row[0], row[1]): row[2] for row in rows}
    moved: list[tuple[str, date, date]] = []
    for clock in view.clocks:
        before = before_by.get((clock.duty, clock.start_seq)) if clock.running else None
        after = matters.counting.due(clock, calendar).day
        if before is not None and after is not None and before != after:
            moved.append((f"{clock.duty}:{clock.start_seq}", before, after))
    if not moved:
        matters.counting.keep(session, view)
        return False
    values: dict[str, Value] = {
        "calendar": number,
        "clocks": [one[0] for one in moved],
        "before": [one[1].isoformat() for one in moved],
        "after": [one[2].isoformat() for one in moved],
    }
    told = Command(REDATED, key_of("time", view.id, REDATED, number), values=values)
    matters.apply(session, view, _REDATED, told, TIME)
    return True


@dataclass(frozen=True, slots=True)
class _Deemed:
    """What a law deems to have happened: on which day it came about, and since when it counts."""

    on: date
    rule: EventRule
    since: date
    key: str


def _lapses(
    matter: MatterView, dates: Mapping[tuple[str, int], DueDate], today: date
) -> Iterator[_Deemed]:
    for clock in matter.clocks:
        last = dates[clock.duty, clock.start_seq].day
        rule = lapse_of(matter, clock)
        if last is None or rule is None or not clock.running or not clock.overdue(last, today):
            continue
        on = last + timedelta(days=1)
        since = clock.start if rule.from_start else on
        yield _Deemed(on, rule, since, _key(matter, clock, rule.name, last))


def _passed_dates(matter: MatterView, today: date) -> Iterator[_Deemed]:
    ahead = keeping.dated(matter)
    if ahead is not None and ahead[0] <= today:
        on, rule = ahead
        key = key_of("time", matter.id, rule.name, on.isoformat(), len(matter.events))
        yield _Deemed(on, rule, on, key)


def _deem(matters: MatterEngine, session: Session, matter: MatterView, deemed: _Deemed) -> None:
    """Written with the day the law says, and the moment it was noticed as any event is."""
    lock(session, matter.id, matter.version)
    acted = [one.at for one in matter.events if one.name not in OF_TIME]
    at = max([datetime.combine(deemed.since, time(), SHANGHAI), *acted])
    fresh = matters.view(session, matter.id)
    command = Command(deemed.rule.name, deemed.key, at=at)
    matters.apply(session, fresh, deemed.rule, command, TIME)


def _warn(
    matters: MatterEngine,
    session: Session,
    matter: MatterView,
    clock: MatterClock,
    found: DueDate,
    mark: tuple[date, Mark],
) -> None:
    assert found.day is not None
    key = _key(matter, clock, mark[1], found.day)
    values: dict[str, Value] = {
        "duty": clock.duty,
        "start_seq": clock.start_seq,
        "mark": mark[1],
        "on": mark[0].isoformat(),
        "due_on": found.day.isoformat(),
    }
    done = matters.apply(session, matter, _WARNED, Command(WARNED, key, values=values), TIME)
    told = matter.definition.escalations.get(clock.duty)
    if mark[1] == LATE and told is not None:
        keeping.escalate(session, matter, done.seq, clock.duty, told)


def _key(matter: MatterView, clock: MatterClock, what: str, day: date) -> str:
    return key_of("time", matter.id, clock.duty, clock.start_seq, what, day.isoformat())
