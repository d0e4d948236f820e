"""What is stored beside the events so that it can be asked for: clocks and days, open work."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from cachetools import LRUCache
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from xihu_platform.clock import civil_date
from xihu_platform.errors import BadInput
from xihu_platform.matters.clocks import MatterClock
from xihu_platform.matters.definition import EXTENSION, EventRule, WhoMay
from xihu_platform.matters.marks import Mark, mark_on, next_mark
from xihu_platform.matters.models import MatterClockRow, MatterWorkRow
from xihu_platform.matters.views import MatterView
from xihu_platform.statute.calendar import WorkingCalendar
from xihu_platform.statute.due import DueDate
from xihu_platform.statute.duty import Duty
from xihu_platform.statute.published import calendar_in, calendar_serial
from xihu_platform.statute.words import UNITS, article_named
from xihu_platform.words import Text

Duties = Callable[[], Mapping[str, Duty]]
"""By `rule_set/id`."""
WARNED = "warned"
REDATED = "redated"
LATE = "late"
CALL = "call"
"""Begins the name of work that an event calls for."""
CALENDARS = 16
"""Kept in memory: that in force, and those by which stopped clocks were counted."""


class Counting:
    """Counts clocks with the calendar in force, or with that of an earlier moment."""

    def __init__(self, duties: Duties) -> None:
        self.duties = duties
        self._calendars: LRUCache[int, WorkingCalendar] = LRUCache(CALENDARS)

    def calendar(self, session: Session) -> tuple[int, WorkingCalendar]:
        """The calendar in force, and the serial of its newest arrangement."""
        serial = calendar_serial(session)
        return serial, self.calendar_of(session, serial)

    def calendar_of(self, session: Session, serial: int) -> WorkingCalendar:
        """As it was when the arrangement `serial` came into force."""
        found = self._calendars.get(serial)
        if found is None:
            found = self._calendars[serial] = calendar_in(session, serial=serial)
        return found

    def due(self, clock: MatterClock, calendar: WorkingCalendar) -> DueDate:
        return clock.due(self.duties(), calendar)

    def due_dates(self, session: Session, matter: MatterView) -> dict[tuple[str, int], DueDate]:
        """Of each clock: a stopped one stays as it was counted when it stopped."""
        stopped = select(
            MatterClockRow.duty, MatterClockRow.start_seq, MatterClockRow.calendar
        ).where(MatterClockRow.matter == matter.id, MatterClockRow.stop_seq.is_not(None))
        serials = {(row[0], row[1]): row[2] for row in session.execute(stopped)}
        _, now = self.calendar(session)
        found = {}
        for clock in matter.clocks:
            place = clock.duty, clock.start_seq
            serial = serials.get(place)
            calendar = now if serial is None else self.calendar_of(session, serial)
            found[place] = self.due(clock, calendar)
        return found

    def acts(
        self, matter: MatterView, rule: EventRule, data: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """What an event does to clocks, as it is stored. Raises BadInput for an extension that the
        law does not give, or not for so long."""
        return [
            {"verb": act.verb, "duty": act.duty}
            | ({"reason": act.reason} if act.reason else {})
            | ({"amount": self._amount(matter, act.duty, data)} if act.verb == "extend" else {})
            for act in rule.clocks
        ]

    def _amount(self, matter: MatterView, name: str, data: Mapping[str, Any]) -> int:
        duty = self.duties()[name]
        before = sum(one.extended for one in matter.clocks if one.duty == name and one.running)
        amount = data.get(EXTENSION, 0)
        try:
            duty.extended(before + amount)
            if amount < 1:
                raise ValueError("an extension adds something")
        except ValueError:
            raise _too_long(duty, before, amount) from None
        return int(amount)

    def keep(self, session: Session, matter: MatterView) -> None:
        """Write the running clocks of a matter anew from its events; stopped ones stay."""
        serial, calendar = self.calendar(session)
        mine = MatterClockRow.matter == matter.id
        session.execute(delete(MatterClockRow).where(mine, MatterClockRow.stop_seq.is_(None)))
        left = select(MatterClockRow.duty, MatterClockRow.start_seq).where(mine)
        stopped = {(row[0], row[1]) for row in session.execute(left)}
        rows = [
            self._row(matter, clock, serial, calendar)
            for clock in matter.clocks
            if (clock.duty, clock.start_seq) not in stopped
        ]
        if rows:
            session.execute(insert(MatterClockRow), rows)

    def _row(
        self, matter: MatterView, clock: MatterClock, serial: int, calendar: WorkingCalendar
    ) -> dict[str, Any]:
        found = self.due(clock, calendar)
        mark = untold(matter, clock, found) if clock.running else None
        return {
            "matter": matter.id,
            "duty": clock.duty,
            "start_seq": clock.start_seq,
            "stop_seq": clock.stop_seq,
            "stopped_on": clock.stopped,
            "due_on": found.day,
            "firm": found.firm,
            "calendar": serial,
            "next_mark": mark[1] if mark else None,
            "next_on": mark[0] if mark else None,
        }


def lapse_of(matter: MatterView, clock: MatterClock) -> EventRule | None:
    """What a law deems to have happened in the present state once a period has passed."""
    leaving = matter.definition.leaving(matter.state)
    return next((rule for rule in leaving if rule.lapse == clock.duty), None)


def dated(matter: MatterView) -> tuple[date, EventRule] | None:
    """What the first date of the matter to pass brings about in its present state, and the day
    on which it does: the one after."""
    found = []
    for rule in matter.definition.leaving(matter.state):
        if rule.after is not None and (last := matter.date_of(rule.after)) is not None:
            found.append((last + timedelta(days=1), rule))
    return min(found, key=lambda one: one[0], default=None)


def untold(matter: MatterView, clock: MatterClock, found: DueDate) -> tuple[date, Mark] | None:
    """The next day on which time has something to say of a clock.

    What lies before the event that moved the clock last is not said any more, but that it is due
    or late.
    """
    told, moved = _told(matter, clock, found), _moved_on(matter, clock)
    if found.day is not None and lapse_of(matter, clock) and told and told[1] == LATE:
        return told  # the state in which a law takes effect was reached after the day
    come = mark_on(found, moved)
    if told is None and come is not None and come[1] in {"due", LATE}:
        return come
    return next_mark(found, _later(told, come))


def _later(
    one: tuple[date, Mark] | None, other: tuple[date, Mark] | None
) -> tuple[date, Mark] | None:
    return max((it for it in (one, other) if it is not None), default=None)


def _told(matter: MatterView, clock: MatterClock, found: DueDate) -> tuple[date, Mark] | None:
    """The last mark that was told of a clock with this last day."""
    last = found.day.isoformat() if found.day else ""
    told = [
        (date.fromisoformat(event.data["on"]), event.data["mark"])
        for event in matter.events
        if event.name == WARNED
        and event.data["duty"] == clock.duty
        and event.data["start_seq"] == clock.start_seq
        and event.data["due_on"] == last
    ]
    return max(told, default=None)


def _moved_on(matter: MatterView, clock: MatterClock) -> date:
    """The day on which the last move of a clock was written down."""
    days = [
        civil_date(event.recorded_at)
        for event in matter.events
        for move in event.clocks
        if move.act.duty == clock.duty and event.seq >= clock.start_seq
    ]
    return max(days)


def keep_work(
    session: Session,
    matter: MatterView,
    seq: int,
    today: date,
    called: Iterable[EventRule] = (),
) -> None:
    """Close the work that waits no longer, open what now does, and date all of it.

    `called`: events that wait for others than the owner of the state.
    """
    wanted = _wanted(matter)
    for rule in called:
        for key in matter.keys(rule.actor.party):
            wanted |= {(f"{CALL} {rule.name}", key, one) for one in rule.actor.duties or {""}}
    rows = session.scalars(
        select(MatterWorkRow).where(
            MatterWorkRow.matter == matter.id, MatterWorkRow.closed_seq.is_(None)
        )
    ).all()
    late = select(MatterClockRow.duty).where(
        MatterClockRow.matter == matter.id,
        MatterClockRow.stop_seq.is_(None),
        MatterClockRow.due_on < today,
    )
    overdue, there = set(session.scalars(late)), set()
    for row in rows:
        place = row.name, row.queue, row.duty
        escalated = row.name.startswith(f"{LATE} ") and row.name[len(LATE) + 1 :] in overdue
        if place in wanted or escalated:
            there.add(place)
        else:
            row.closed_seq = seq
    for name, queue, duty in sorted(wanted - there):
        add_work(session, matter, seq, name=name, queue=queue, duty=duty)
    session.flush()
    date_work(session, matter.id)


def _wanted(matter: MatterView) -> set[tuple[str, str, str]]:
    state = matter.definition.states[matter.state]
    if state.owner is None or not state.waits:
        return set()
    rules = [r for r in matter.definition.leaving(state.name) if r.actor.party == state.owner]
    duties: set[str] = set()
    for rule in rules:
        duties |= rule.actor.duties or {""}
    return {(state.name, key, duty) for key in matter.keys(state.owner) for duty in duties or {""}}


def escalate(session: Session, matter: MatterView, seq: int, duty: str, told: WhoMay) -> None:
    """Open the work of those who are told that a day has passed; the matter stays as it is."""
    name = f"{LATE} {duty}"
    open_ones = select(MatterWorkRow.id).where(
        MatterWorkRow.matter == matter.id,
        MatterWorkRow.name == name,
        MatterWorkRow.closed_seq.is_(None),
    )
    if session.scalar(open_ones.limit(1)) is not None:  # told of an earlier last day
        return
    for key in matter.keys(told.party):
        for position in told.duties or {""}:
            add_work(session, matter, seq, name=name, queue=key, duty=position)
    session.flush()
    date_work(session, matter.id)


def add_work(
    session: Session, matter: MatterView, seq: int, *, name: str, queue: str, duty: str
) -> None:
    session.add(
        MatterWorkRow(
            matter=matter.id,
            name=name,
            queue=queue,
            duty=duty,
            opened_seq=seq,
            closed_seq=None,
            due_on=None,
        )
    )


def date_work(session: Session, matter: int) -> None:
    """The day of the clock that ends first, on all open work of a matter."""
    first = select(func.min(MatterClockRow.due_on)).where(
        MatterClockRow.matter == matter, MatterClockRow.stop_seq.is_(None)
    )
    session.execute(
        update(MatterWorkRow)
        .where(MatterWorkRow.matter == matter, MatterWorkRow.closed_seq.is_(None))
        .values(due_on=first.scalar_subquery())
        .execution_options(synchronize_session=False)
    )


def _too_long(duty: Duty, before: int, amount: int) -> BadInput:
    """`before`: units that it was extended by already."""
    unit, article = UNITS[duty.unit], article_named(duty)
    most, en = duty.extension or 0, unit.en
    already = Text("", "")
    if before:
        already = Text(
            f"，已经延长了 {before} {unit.zh}", f"; it was extended by {before} {en} already"
        )
    return BadInput(
        f"{duty.name.zh}最多延长 {most} {unit.zh}（{article.zh}）{already.zh}，"
        f"不能{'再' if before else ''}延长 {amount} {unit.zh}",
        f"{duty.name.en}: an extension of {most} at most, in {en} ({article.en}){already.en}, "
        f"not {amount}{' more' if before else ''}",
    )
