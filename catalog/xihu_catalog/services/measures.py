"""How services are handled: in time, in how many days, with how many visits, and what became of bad
ratings. Each is counted over events and what follows from them, of cases that were handed in.

- On time: closed cases none of whose periods the office has overrun / closed cases whose periods
  all have a last day. Closed: delivered, or refused; the applicant's own period is no office's.
- Days: the median over decided cases of the working days from the day of receipt to that of the
  first decision, the first day not counted; what an applicant took to complete is in it.
- Visits: cases that had no paper to bring to the counter / cases of which that was counted.
- Bad ratings: put right within their period / those whose period has ended, false ones left out.
- Channels: who began the case: on the portal, by a system, at a counter.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, get_args

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    and_,
    case,
    column,
    exists,
    func,
    or_,
    select,
    true,
    values,
)
from sqlalchemy.orm import Session, aliased

from xihu_catalog.registry.appointments import appointment_counters
from xihu_catalog.services.models import CaseMeasureRow
from xihu_catalog.services.ratings import BAD, RatingRow
from xihu_catalog.services.slots import BookingRow, SlotRow
from xihu_platform.clock import SHANGHAI, civil_date
from xihu_platform.database import UtcDateTime
from xihu_platform.matters.models import MatterClockRow, MatterEventRow, MatterRow
from xihu_platform.statute.calendar import WorkingCalendar

Channel = Literal["portal", "system", "counter"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)
LEAST = 10
"""Fewer cases tell of single people, and are not published."""
DECISIONS = ("grant", "grant_at_once", "refuse", "reject")
BAD_RATING_DUTY = "CN-others/bad_rating"
_SYSTEM = "system:%"
_ROW = CaseMeasureRow
_NO_CASES = (0, 0, 0)
"""Of an item whose first case was handed in between two of the questions."""


@dataclass(frozen=True, slots=True)
class Measured:
    """`n` of `of`; `every`: how many there would be, were all of them known."""

    n: int = 0
    of: int = 0
    every: int = 0

    @property
    def percent(self) -> float | None:
        return 100 * self.n / self.of if self.of else None

    @property
    def published(self) -> bool:
        return self.of >= LEAST


@dataclass(frozen=True, slots=True)
class ItemMeasures:
    """Of one item."""

    item: str
    on_time: Measured
    days: float | None
    """Working days, the median; None where nothing was decided."""
    decided: Measured
    """Decided cases among those that were handed in."""
    no_visit: Measured
    appointments: int
    """That were not cancelled."""
    rectified: Measured
    channels: Mapping[Channel, int]


def item_measures(
    session: Session,
    calendar: WorkingCalendar,
    today: date,
    *,
    organisation: str | None = None,
    item: str | None = None,
) -> list[ItemMeasures]:
    """Of each item that has cases, by its id: those of one implementing body, one item, or all."""
    chosen: ColumnElement[bool] = true()
    if organisation is not None:
        chosen = and_(chosen, _ROW.organisation == organisation)
    if item is not None:
        chosen = and_(chosen, _ROW.item == item)
    on_time = _by_item(session, _on_time(chosen))
    days = _by_item(session, _days(session, calendar, chosen))
    visits = _by_item(session, _visits(chosen))
    bad = _by_item(session, _rectified(chosen, today))
    channels = _by_item(session, _channels(chosen))
    booked = _appointments(session)
    return [
        ItemMeasures(
            item=name,
            on_time=Measured(*on_time.get(name, _NO_CASES)),
            days=float(days[name][0]) if name in days else None,
            decided=Measured(days[name][1], *[visits[name][2]] * 2)
            if name in days
            else Measured(0, visits[name][2], visits[name][2]),
            no_visit=Measured(*visits[name]),
            appointments=booked.get(name, 0),
            rectified=Measured(*bad.get(name, _NO_CASES)),
            channels=dict(zip(CHANNELS, channels.get(name, _NO_CASES), strict=True)),
        )
        for name in sorted(visits)
    ]


Counts = Select[str, int, int, int]


def _by_item(session: Session, query: Counts) -> dict[str, tuple[int, int, int]]:
    return {name: (a or 0, b or 0, c or 0) for name, a, b, c in session.execute(query)}


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _on_time(chosen: ColumnElement[bool]) -> Counts:
    clock, matter = MatterClockRow, MatterRow
    periods = (
        select(
            clock.matter,
            func.max(case((clock.stopped_on > clock.due_on, 1), else_=0)).label("late"),
            func.max(
                case((or_(clock.stopped_on.is_(None), clock.due_on.is_(None)), 1), else_=0)
            ).label("unknown"),
        )
        .where(clock.duty.not_like("%\\_papers", escape="\\"))
        .group_by(clock.matter)
        .subquery()
    )
    closed = and_(matter.closed_at.is_not(None), matter.outcome.in_(["done", "refused"]))
    known = and_(closed, periods.c.unknown == 0)
    event = MatterEventRow
    deemed = exists().where(event.matter == _ROW.matter, event.name == "deem_accepted")
    in_time = and_(known, periods.c.late == 0, ~deemed)
    return (
        select(_ROW.item, _sum(in_time), _sum(known), _sum(closed))
        .join(matter, matter.id == _ROW.matter)
        .outerjoin(periods, periods.c.matter == _ROW.matter)
        .where(chosen)
        .group_by(_ROW.item)
    )


def _days(session: Session, calendar: WorkingCalendar, chosen: ColumnElement[bool]) -> Counts:
    """Working days that began after the receipt, up to the decision: the median of each item."""
    receipt, decision = aliased(MatterEventRow), aliased(MatterEventRow)
    decided = (
        select(
            _ROW.item,
            _ROW.matter,
            func.min(receipt.at).label("received"),
            func.min(decision.at).label("decided"),
        )
        .join(receipt, and_(receipt.matter == _ROW.matter, receipt.name == "submit"))
        .join(decision, and_(decision.matter == _ROW.matter, decision.name.in_(DECISIONS)))
        .where(chosen)
        .group_by(_ROW.item, _ROW.matter)
        .subquery()
    )
    first, last = session.execute(
        select(func.min(decided.c.received), func.max(decided.c.decided))
    ).one()
    working = _working_days(calendar, first, last)
    began = and_(working.c.starts > decided.c.received, working.c.starts <= decided.c.decided)
    taken = (
        select(decided.c.item, decided.c.matter, func.count(working.c.starts).label("days"))
        .outerjoin(working, began)
        .group_by(decided.c.item, decided.c.matter)
        .subquery()
    )
    of, by_days = taken.c.item, (taken.c.days, taken.c.matter)
    ranked = select(
        taken.c.item,
        taken.c.days,
        func.row_number().over(partition_by=of, order_by=by_days).label("nth"),
        func.count().over(partition_by=of).label("count"),
    ).subquery()
    middle = ranked.c.nth.in_([(ranked.c.count + 1) // 2, (ranked.c.count + 2) // 2])
    return (
        select(ranked.c.item, func.avg(ranked.c.days), func.max(ranked.c.count), func.count())
        .where(middle)
        .group_by(ranked.c.item)
    )


def _working_days(calendar: WorkingCalendar, first: datetime | None, last: datetime | None) -> CTE:
    """When each working day of a span began; one day that is in no span, where there is none."""
    starts = values(column("starts", UtcDateTime()), name="working")
    days = [date(1970, 1, 1)]
    if first is not None and last is not None:
        begins, count = civil_date(first), (civil_date(last) - civil_date(first)).days
        span = [begins + timedelta(days=n) for n in range(count + 1)]
        days += [one for one in span if calendar.is_working_day(one)[0]]
    return starts.data([(datetime.combine(one, time.min, SHANGHAI),) for one in days]).cte(
        "working"
    )


def _visits(chosen: ColumnElement[bool]) -> Counts:
    known = _ROW.counter.is_not(None)
    return (
        select(_ROW.item, _sum(_ROW.counter == 0), _sum(known), func.count())
        .where(chosen)
        .group_by(_ROW.item)
    )


def _rectified(chosen: ColumnElement[bool], today: date) -> Counts:
    clock, rating = MatterClockRow, RatingRow
    late = or_(
        clock.stopped_on > clock.due_on, and_(clock.stopped_on.is_(None), clock.due_on < today)
    )
    runs = (
        select(
            clock.matter,
            func.max(case((late, 1), else_=0)).label("late"),
            func.max(case((clock.stopped_on.is_(None), 1), else_=0)).label("open"),
        )
        .where(clock.duty == BAD_RATING_DUTY)
        .group_by(clock.matter)
        .subquery()
    )
    in_time = and_(runs.c.late == 0, runs.c.open == 0)
    return (
        select(_ROW.item, _sum(in_time), _sum(or_(runs.c.late == 1, in_time)), func.count())
        .join(rating, rating.matter == _ROW.matter)
        .outerjoin(runs, runs.c.matter == rating.followed_by)
        .where(chosen, rating.level.in_(BAD), rating.counted)
        .group_by(_ROW.item)
    )


def _channels(chosen: ColumnElement[bool]) -> Counts:
    event = MatterEventRow
    system = event.position.like(_SYSTEM)
    return (
        select(
            _ROW.item,
            _sum(event.position.is_(None)),
            _sum(system),
            _sum(event.position.not_like(_SYSTEM)),
        )
        .join(event, and_(event.matter == _ROW.matter, event.seq == 1))
        .where(chosen)
        .group_by(_ROW.item)
    )


def _appointments(session: Session) -> dict[str, int]:
    """By item, as the registry says what a counter is for."""
    query = (
        select(SlotRow.counter, func.count())
        .join(BookingRow, BookingRow.slot == SlotRow.id)
        .where(BookingRow.state != "cancelled")
        .group_by(SlotRow.counter)
    )
    known = appointment_counters()
    return {known[name].item: n for name, n in session.execute(query) if name in known}
