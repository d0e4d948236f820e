"""Appointments at counters: booked once, never beyond the places there are, and given back.

What a counter offers follows from its opening hours (registry `appointments/`) and the official
calendar: working days alone. A time becomes a row with its first booking. A place is taken by
`UPDATE … SET taken = taken + 1 WHERE id = ? AND taken < capacity`, in one transaction with the
booking; whoever comes too late changes nothing. A booking has the pseudonym of its person or the
number of its firm and no name: at the counter one says its number.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Literal, get_args

from sqlalchemy import (
    ColumnElement,
    Date,
    ForeignKey,
    Integer,
    String,
    UniqueConstraint,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from xihu_catalog.registry.appointments import AppointmentCounter
from xihu_platform.clock import SHANGHAI, civil_date
from xihu_platform.database import Base, UtcDateTime
from xihu_platform.errors import BadInput, Conflict, NotFound
from xihu_platform.matters.models import ID
from xihu_platform.statute.calendar import WorkingCalendar

BookingState = Literal["booked", "cancelled", "came", "missed"]
_STATES: dict[str, BookingState] = {one: one for one in get_args(BookingState)}
AHEAD_LIMIT = 5
"""Appointments ahead of one person or firm: places are not hoarded."""
LISTED = 500
"""Appointments that a list shows at most."""


class SlotRow(Base):
    """One time of one counter that somebody has booked."""

    __tablename__ = "slot"
    __table_args__ = (UniqueConstraint("counter", "day", "starts"),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    counter: Mapped[str] = mapped_column(String(40))
    day: Mapped[date] = mapped_column(Date)
    starts: Mapped[int] = mapped_column(Integer)
    """Minutes of the day in Shanghai, as `ends`."""
    ends: Mapped[int] = mapped_column(Integer)
    capacity: Mapped[int] = mapped_column(Integer)
    taken: Mapped[int] = mapped_column(Integer)


class BookingRow(Base):
    """One appointment. `active` is true until it is cancelled, and null then: so a person has a
    time once, and can book it again."""

    __tablename__ = "booking"
    __table_args__ = (UniqueConstraint("person", "slot", "active"),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    slot: Mapped[int] = mapped_column(ForeignKey("slot.id"), index=True)
    person: Mapped[str] = mapped_column(String(80), index=True)
    """The first pseudonym of a person, or the number of a firm."""
    sub: Mapped[str] = mapped_column(String(80))
    """Who booked."""
    booked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(12))
    active: Mapped[bool | None]
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it was cancelled or marked."""
    marked_by: Mapped[str | None] = mapped_column(String(80))
    """The position that marked it."""


@dataclass(frozen=True, slots=True)
class OfferedTime:
    """A time of a day, in minutes of the day, and how many places are left."""

    starts: int
    ends: int
    left: int


@dataclass(frozen=True, slots=True)
class Booking:
    """An appointment, as its person and its counter know it."""

    id: int
    counter: str
    day: date
    starts: int
    ends: int
    state: BookingState

    @property
    def number(self) -> str:
        """What one says at the counter."""
        return f"AP-{self.id:06d}"

    @property
    def at(self) -> datetime:
        return moment(self.day, self.starts)


def moment(day: date, minutes: int) -> datetime:
    """A minute of a day in Shanghai."""
    start = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    return start + timedelta(minutes=minutes)


def offered_days(
    counter: AppointmentCounter, calendar: WorkingCalendar, today: date
) -> tuple[date, ...]:
    """The working days on which one can come: today, where it is one, and so many after it."""
    found, day = list[date](), today
    while len(found) < counter.days_ahead + 1 and day < today + timedelta(days=120):
        if calendar.is_working_day(day)[0]:
            found.append(day)
        day += timedelta(days=1)
    first = 1 if found and found[0] == today else 0
    return tuple(found[: counter.days_ahead + first])


def offered_times(
    session: Session, counter: AppointmentCounter, day: date, now: datetime
) -> tuple[OfferedTime, ...]:
    """The times of a day that have not begun, each with the places that are left."""
    rows = select(SlotRow.starts, SlotRow.taken).where(
        SlotRow.counter == counter.id, SlotRow.day == day
    )
    taken = {row.starts: row.taken for row in session.execute(rows)}
    return tuple(
        OfferedTime(starts, ends, max(0, counter.capacity - taken.get(starts, 0)))
        for starts, ends in counter.times
        if moment(day, starts) > now
    )


def offered(
    session: Session, counter: AppointmentCounter, calendar: WorkingCalendar, now: datetime
) -> list[tuple[date, tuple[OfferedTime, ...]]]:
    """The days with a time that has not begun, each with its times."""
    days = offered_days(counter, calendar, civil_date(now))
    found = [(day, offered_times(session, counter, day, now)) for day in days]
    return [(day, times) for day, times in found if times]


def book(
    session: Session,
    counter: AppointmentCounter,
    calendar: WorkingCalendar,
    day: date,
    starts: int,
    *,
    person: str,
    sub: str,
    now: datetime,
    told: Callable[[str], bool] = lambda _: True,
) -> Booking:
    """Book a time for a person or firm; the same again is the same appointment. `told`: of which
    counters whoever books may learn what else there is.

    `session` is in a transaction of its own, which a refusal ends. Raises BadInput for a time that
    the counter does not offer, Conflict where no place is left, where they have another appointment
    at that time, or too many ahead.
    """
    ends = _ends(counter, calendar, day, starts, now)
    _one_at_a_time(session, person)
    slot = _slot(session, counter, day, starts, ends)
    before = _bookings(session, BookingRow.person == person, BookingRow.active.is_(True))
    for one in before:
        if (one.counter, one.day, one.starts) == (counter.id, day, starts):
            return one
        if one.day == day and one.starts < ends and starts < one.ends:
            raise _at_that_time(one if told(one.counter) else None)
    if sum(one.at > now for one in before) >= AHEAD_LIMIT:
        raise Conflict(
            f"最多同时预约 {AHEAD_LIMIT} 个时间，请先取消用不着的",
            f"{AHEAD_LIMIT} appointments ahead at most: cancel what you do not need",
        )
    taken = update(SlotRow).where(SlotRow.id == slot, SlotRow.taken < SlotRow.capacity)
    done = session.execute(taken.values(taken=SlotRow.taken + 1))
    if not done.rowcount:  # type: ignore[attr-defined]  # of an update it is a CursorResult
        raise Conflict(
            "这个时间已经约满，请选择其他时间", "no place is left at that time: choose another"
        )
    row = BookingRow(slot=slot, person=person, sub=sub, booked_at=now, state="booked")
    row.active = True
    session.add(row)
    session.flush()
    return Booking(row.id, counter.id, day, starts, ends, "booked")


def _at_that_time(other: Booking | None) -> Conflict:
    if other is None:  # of whom somebody acts for, outside their mandate
        return Conflict(
            "这个时间已有其他预约，请选择其他时间",
            "there is another appointment at that time: choose another time",
        )
    return Conflict(
        f"您在这个时间已有预约（{other.number}），请先取消，或选择其他时间",
        f"you have an appointment at that time, {other.number}: cancel it, or choose another",
    )


def _ends(
    counter: AppointmentCounter,
    calendar: WorkingCalendar,
    day: date,
    starts: int,
    now: datetime,
) -> int:
    offered = dict(counter.times)
    days = offered_days(counter, calendar, civil_date(now))
    if day not in days or starts not in offered or moment(day, starts) <= now:
        raise BadInput(
            "这个时间不能预约，请从列表中选择", "that time is not offered: choose one of the list"
        )
    return offered[starts]


def _slot(session: Session, counter: AppointmentCounter, day: date, starts: int, ends: int) -> int:
    """The row of a time, made where there is none; taken for this transaction on either database.
    Its capacity is what the registry says now."""
    dialect = session.get_bind().dialect.name
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    said = {"counter": counter.id, "day": day, "starts": starts, "ends": ends}
    said |= {"capacity": counter.capacity, "taken": 0}
    found = (
        make(SlotRow)
        .values(said)
        .on_conflict_do_update(
            index_elements=["counter", "day", "starts"],
            set_={"capacity": counter.capacity, "ends": ends},
        )
    )
    return int(session.scalars(found.returning(SlotRow.id)).one())


def _one_at_a_time(session: Session, person: str) -> None:
    """What one person books and cancels is done one after the other. On SQLite every writer waits
    for the one before, from its first statement on (`_slot`, `cancel`)."""
    if session.get_bind().dialect.name == "postgresql":
        number = int.from_bytes(sha256(f"appointments {person}".encode()).digest()[:8], signed=True)
        session.execute(select(func.pg_advisory_xact_lock(number)))


def cancel(session: Session, person: str, booking: int, now: datetime) -> Booking:
    """Give a place back; cancelled twice it is given back once.

    Raises NotFound for another one's, Conflict once it has begun or was marked.
    """
    _one_at_a_time(session, person)
    row = BookingRow
    own = update(row).where(row.id == booking, row.person == person)
    session.execute(own.values(person=person))  # takes it: on SQLite, the whole database
    (one,) = _bookings(session, row.id == booking, row.person == person) or (None,)
    if one is None:
        raise no_booking()
    if one.state == "cancelled":
        return one
    if one.state != "booked" or one.at <= now:
        raise Conflict("预约的时间已到，不能取消", "its time has come: it cannot be cancelled")
    ended = update(row).where(row.id == booking, row.active.is_(True))
    session.execute(ended.values(state="cancelled", active=None, ended_at=now))
    slot = select(row.slot).where(row.id == booking).scalar_subquery()
    given = update(SlotRow).where(SlotRow.id == slot)
    session.execute(given.values(taken=SlotRow.taken - 1))
    return replace(one, state="cancelled")


def mark(
    session: Session,
    counters: Collection[str],
    booking: int,
    state: Literal["came", "missed"],
    position: str,
    now: datetime,
) -> Booking:
    """Say whether somebody came; `counters`: those of the position's own organisation.

    Raises NotFound for an appointment of another counter, Conflict for one that was cancelled, that
    is of another day, or whose time has not come.
    """
    row = BookingRow
    (one,) = _bookings(session, row.id == booking, SlotRow.counter.in_(counters)) or (None,)
    if one is None:
        raise no_booking()
    if one.state == "cancelled":
        raise Conflict("这个预约已取消", "this appointment was cancelled")
    if one.day != civil_date(now) or (state == "missed" and one.at > now):
        raise Conflict(
            "只能在预约当天登记，时间到了才能登记“未到”",
            "it is marked on its own day, and “missed” once its time has come",
        )
    found = update(row).where(row.id == booking, row.state != "cancelled")
    session.execute(found.values(state=state, ended_at=now, marked_by=position))
    return replace(one, state=state)


def bookings_of(session: Session, person: str) -> tuple[Booking, ...]:
    """Everything a person or firm has booked, the newest day first."""
    return _bookings(session, BookingRow.person == person)


def bookings_on(session: Session, counters: Collection[str], day: date) -> tuple[Booking, ...]:
    """Who comes to some counters on a day, by time: numbers alone, and nobody who cancelled."""
    row = BookingRow
    found = _bookings(
        session, SlotRow.counter.in_(counters), SlotRow.day == day, row.active.is_(True)
    )
    return tuple(sorted(found, key=lambda one: (one.starts, one.counter, one.id)))


def _bookings(session: Session, *conditions: ColumnElement[bool]) -> tuple[Booking, ...]:
    row, slot = BookingRow, SlotRow
    columns = (row.id, slot.counter, slot.day, slot.starts, slot.ends, row.state)
    query = select(*columns).join(slot, slot.id == row.slot).where(*conditions)
    found = session.execute(query.order_by(slot.day.desc(), slot.starts, row.id).limit(LISTED))
    return tuple(
        Booking(one.id, one.counter, one.day, one.starts, one.ends, _STATES[one.state])
        for one in found
    )


def no_booking() -> NotFound:
    return NotFound(
        "没有这个预约，或者不是您的", "there is no such appointment, or it is not yours"
    )
