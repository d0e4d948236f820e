"""Counting clocks again with a new calendar: in small pieces, and the parties told once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, select, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from xihu_platform.database import transaction
from xihu_platform.matters.acts import promise
from xihu_platform.matters.clocks import MatterClock, clocks_of
from xihu_platform.matters.command import Command, Value, key_of
from xihu_platform.matters.definition import EventRule, WhoMay
from xihu_platform.matters.keeping import REDATED
from xihu_platform.matters.kernel import TIME, Matters, hold
from xihu_platform.matters.models import MatterClockRow, MatterEventRow
from xihu_platform.matters.views import read_event
from xihu_platform.statute.due import DueDate
from xihu_platform.statute.published import CalendarYearRow
from xihu_platform.words import Text

AT_ONCE = 1000
"""Clocks that are counted again in one transaction: more would keep other writers waiting."""
_REDATED = EventRule(
    REDATED,
    Text("日历变更，期限重新计算", "counted again with a new calendar"),
    (),
    None,
    WhoMay("clock"),
    takes={"duty": "code", "start_seq": "number", "before": "date", "after": "date"},
)
_PLACE = (MatterClockRow.matter, MatterClockRow.duty, MatterClockRow.start_seq)
Place = tuple[int, str, int]
"""Of a clock: its matter, its duty, the event that started it."""


@dataclass(frozen=True, slots=True)
class _Old:
    """A running clock as it was counted with an older calendar."""

    place: Place
    due_on: date | None


def redate(matters: Matters) -> int:
    """How many clocks have another last day. Closed ones stay as they are."""
    with transaction(matters.database) as session:
        number, _ = matters.counting.calendar(session)
        oldest = _oldest_changed(session, matters, number)
    if oldest is None:
        return 0
    while _stamp(matters, number, oldest):
        pass
    moved, told = 0, set[int]()
    while True:
        changed, counted = _count_again(matters, number)
        for place, before, after in changed:
            done = _write(matters, number, place, before, after, notice=place[0] not in told)
            told |= {place[0]} if done else set()
            moved += done
        if counted < AT_ONCE:
            return moved


def _oldest_changed(session: Session, matters: Matters, number: int) -> int | None:
    """The first year that was published since any running clock was counted; None of none."""
    query = select(MatterClockRow.calendar).where(
        MatterClockRow.stop_seq.is_(None), MatterClockRow.calendar < number
    )
    counted = session.scalar(query.order_by(MatterClockRow.calendar).limit(1))
    if counted is None:
        return None
    order = (CalendarYearRow.since, CalendarYearRow.version, CalendarYearRow.year)
    years = session.scalars(select(CalendarYearRow.year).order_by(*order)).all()
    return min(years[counted:], default=None)


def _stamp(matters: Matters, number: int, year: int) -> bool:
    """Clocks that end before the first year that changed cannot move. Whether there are more."""
    some = (
        select(*_PLACE)
        .where(
            MatterClockRow.stop_seq.is_(None),
            MatterClockRow.calendar < number,
            MatterClockRow.firm,
            MatterClockRow.due_on < date(year, 1, 1),
        )
        .limit(AT_ONCE)
    )
    stamped = (
        update(MatterClockRow)
        .where(tuple_(*_PLACE).in_(some))
        .values(calendar=number)
        .execution_options(synchronize_session=False)
    )
    with transaction(matters.database) as session:
        done = session.execute(stamped)
        return int(done.rowcount) == AT_ONCE  # type: ignore[attr-defined]  # a CursorResult


def _count_again(matters: Matters, number: int) -> tuple[list[tuple[Place, date, date]], int]:
    """The clocks of one piece that moved, with both days, and how many were counted."""
    with transaction(matters.database) as session:
        rows = session.execute(
            select(*_PLACE, MatterClockRow.due_on)
            .where(MatterClockRow.stop_seq.is_(None), MatterClockRow.calendar < number)
            .order_by(*_PLACE)
            .limit(AT_ONCE)
        ).all()
        old = [_Old((row[0], row[1], row[2]), row[3]) for row in rows]
        _, calendar = matters.counting.calendar(session)
        clocks = _clocks(session, sorted({one.place[0] for one in old}))
        known: dict[MatterClock, DueDate] = {}
        same, moved = [], []
        for one in old:
            clock = clocks[one.place]
            found = known.get(clock) or known.setdefault(
                clock, matters.counting.due(clock, calendar)
            )
            if one.due_on is not None and found.day is not None and found.day != one.due_on:
                moved.append((one.place, one.due_on, found.day))
            else:
                same.append(_bound(one.place, firm=found.firm, number=number))
        _restamp(session, same)
        return moved, len(old)


def _bound(place: Place, *, firm: bool, number: int) -> dict[str, object]:
    return {"m": place[0], "d": place[1], "s": place[2], "f": firm, "n": number}


def _restamp(session: Session, same: Sequence[Mapping[str, object]]) -> None:
    if not same:
        return
    table = MatterClockRow.__table__
    statement = (
        update(MatterClockRow)
        .where(
            table.c.matter == bindparam("m"),
            table.c.duty == bindparam("d"),
            table.c.start_seq == bindparam("s"),
            table.c.calendar < bindparam("n"),  # an event may have counted it meanwhile
        )
        .values(firm=bindparam("f"), calendar=bindparam("n"))
    )
    session.connection().execute(statement, [dict(one) for one in same])


def _clocks(session: Session, matters: Sequence[int]) -> dict[Place, MatterClock]:
    rows = session.scalars(
        select(MatterEventRow)
        .where(MatterEventRow.matter.in_(matters))
        .order_by(MatterEventRow.matter, MatterEventRow.seq)
    )
    moves: dict[int, list[MatterEventRow]] = {}
    for row in rows:
        if row.clocks:
            moves.setdefault(row.matter, []).append(row)
    return {
        (matter, clock.duty, clock.start_seq): clock
        for matter, events in moves.items()
        for clock in clocks_of([move for row in events for move in read_event(row).clocks])
    }


def _write(
    matters: Matters, number: int, place: Place, before: date, after: date, *, notice: bool
) -> bool:
    """Write that a clock moved; False where an event or another process came first."""
    matter, duty, start_seq = place
    try:
        with transaction(matters.database) as session:
            hold(session, matter)
            view = matters.view(session, matter)
            clock = next((c for c in view.clocks if (c.duty, c.start_seq) == place[1:]), None)
            if clock is None or not clock.running:
                return False
            values: dict[str, Value] = {
                "duty": duty,
                "start_seq": start_seq,
                "before": before.isoformat(),
                "after": after.isoformat(),
            }
            key = key_of("time", matter, duty, start_seq, REDATED, number)
            told = Command(REDATED, key, values=values)
            receipt = matters.apply(session, view, _REDATED, told, TIME)
            if notice:  # one for a matter, however many of its clocks moved
                promise(session, matter, receipt.seq, "notice", {"what": REDATED})
    except IntegrityError:
        return False
    return True
