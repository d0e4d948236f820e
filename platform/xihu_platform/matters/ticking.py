"""What time does: it warns, says what is late, lets laws take effect, and counts again.

A tick may come at any moment, from anywhere, twice or a month late. What it writes has a key made
of the matter, the clock and the day, so that nothing is said twice; whether something is overdue
is never read from here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from xihu_platform.clock import SHANGHAI, civil_date
from xihu_platform.database import transaction
from xihu_platform.matters import keeping
from xihu_platform.matters.acts import promise
from xihu_platform.matters.clocks import MatterClock
from xihu_platform.matters.command import Command, Value, key_of
from xihu_platform.matters.definition import EventRule, WhoMay
from xihu_platform.matters.keeping import LATE, REDATED, WARNED
from xihu_platform.matters.kernel import TIME, Matters, hold, lock
from xihu_platform.matters.marks import Mark, mark_on
from xihu_platform.matters.models import MatterClockRow
from xihu_platform.matters.redating import redate
from xihu_platform.matters.views import MatterView
from xihu_platform.statute.due import DueDate
from xihu_platform.words import Text

_TIME = WhoMay("clock")
_WARNED = EventRule(
    WARNED,
    Text("期限提醒", "reminder of a period"),
    (),
    None,
    _TIME,
    takes={"duty": "code", "start_seq": "number", "mark": "code", "on": "date", "due_on": "date"},
)


@dataclass(frozen=True, slots=True)
class Ticked:
    """What a tick wrote down."""

    redated: int = 0
    """Clocks with another last day."""
    warned: int = 0
    lapsed: int = 0


def tick(matters: Matters, now: datetime) -> Ticked:
    """Everything that time has to say by a moment; the same again says nothing."""
    today = civil_date(now)
    redated = redate(matters)
    warned = lapsed = 0
    for matter in _waiting(matters, today):
        done = _tick_matter(matters, matter, today)
        warned, lapsed = warned + done.warned, lapsed + done.lapsed
    return Ticked(redated, warned, lapsed)


def _waiting(matters: Matters, today: date) -> Sequence[int]:
    query = select(MatterClockRow.matter).where(MatterClockRow.next_on <= today).distinct()
    with transaction(matters.database) as session:
        return session.scalars(query.order_by(MatterClockRow.matter)).all()


def _tick_matter(matters: Matters, matter: int, today: date) -> Ticked:
    warned = lapsed = 0
    while True:  # a period that a law ends may begin another one that has passed too
        try:
            with transaction(matters.database) as session:
                said = _say_next(matters, session, matter, today)
        except IntegrityError:  # another process says it at this moment
            return Ticked(0, warned, lapsed)
        if said is None:
            return Ticked(0, warned, lapsed)
        warned, lapsed = warned + (not said), lapsed + said


def _say_next(matters: Matters, session: Session, matter: int, today: date) -> bool | None:
    """Whether what was said is that a law took effect; None where there is nothing more to say."""
    hold(session, matter)
    view = matters.view(session, matter)
    _, calendar = matters.counting.calendar(session)
    for clock in view.clocks:
        if not clock.running:
            continue
        found = matters.counting.due(clock, calendar)
        untold = keeping.untold(view, clock, found)
        if untold is None or untold[0] > today:
            continue
        mark = mark_on(found, today) or untold
        lapse = _lapse_of(view, clock) if mark[1] == LATE else None
        if lapse is not None:
            _lapse(matters, session, view, clock, found, lapse)
            return True
        _warn(matters, session, view, clock, found, mark)
        return False
    return None


def _lapse_of(matter: MatterView, clock: MatterClock) -> EventRule | None:
    return next(
        (rule for rule in matter.definition.leaving(matter.state) if rule.lapse == clock.duty),
        None,
    )


def _lapse(
    matters: Matters,
    session: Session,
    matter: MatterView,
    clock: MatterClock,
    found: DueDate,
    rule: EventRule,
) -> None:
    """What a law deems to have happened, on the day it says."""
    assert found.day is not None
    lock(session, matter.id, matter.version)
    day = clock.start if rule.from_start else found.day + timedelta(days=1)
    acted = [one.at for one in matter.events if one.name not in {WARNED, REDATED}]
    at = max([datetime.combine(day, time(), SHANGHAI), *acted])
    key = _key(matter, clock, rule.name, found.day)
    fresh = matters.view(session, matter.id)
    receipt = matters.apply(session, fresh, rule, Command(rule.name, key, at=at), TIME)
    _notice(session, matter, receipt.seq, rule.name)


def _warn(
    matters: Matters,
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
    receipt = matters.apply(session, matter, _WARNED, Command(WARNED, key, values=values), TIME)
    told = matter.definition.escalations.get(clock.duty)
    if mark[1] == LATE and told is not None:
        keeping.escalate(session, matter, receipt.seq, clock.duty, told)
    _notice(session, matter, receipt.seq, mark[1])


def _notice(session: Session, matter: MatterView, seq: int, what: str) -> None:
    promise(session, matter.id, seq, "notice", {"what": what})


def _key(matter: MatterView, clock: MatterClock, what: str, day: date) -> str:
    return key_of("time", matter.id, clock.duty, clock.start_seq, what, day.isoformat())
