"""How services are handled: in time, in how many days, with how many visits, and what became of bad
ratings. Each is counted over events and what follows from them, of cases that were handed in.

- On time: closed cases none of whose periods the office has overrun / closed cases whose periods
  all have a last day. Closed: delivered, or refused; the applicant's own period is no office's.
- Days: the median over decided cases of the working days from the day of receipt to that of the
  first decision, the first day not counted; what an applicant took to complete is in it.
- Visits: cases that had no paper to bring to the counter / cases of which that was counted.
- Bad ratings: put right within their period / those whose period has ended, false ones left out.
- Called back: bad ratings after whose putting right somebody called back / those put right.
- Papers that followed: cases accepted with papers to follow (容缺) in which they came / those in
  which they came or the acceptance was revoked.
- Channels: who began the case: on the portal, by a system, at a counter.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, get_args

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
    values,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

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


By = Literal["item", "organisation", "place"]
"""Of an item; of an office that decides, by its USCC; of a place: the region of that office."""


@dataclass(frozen=True, slots=True)
class CaseMeasures:
    """Of one item, office or place, as `of` names it."""

    of: str
    on_time: Measured
    days: float | None
    """Working days, the median; None where nothing was decided."""
    decided: Measured
    """Decided cases among those that were handed in."""
    waits: Mapping[Channel, tuple[float, int]]
    """The same median of the decided cases that began on each way, and how many these are."""
    no_visit: Measured
    appointments: int
    """That were not cancelled; of an item alone."""
    followed: Measured
    rectified: Measured
    called_back: Measured
    channels: Mapping[Channel, int]


def case_measures(
    session: Session,
    calendar: WorkingCalendar,
    today: date,
    *,
    by: By = "item",
    organisation: str | None = None,
    item: str | None = None,
) -> list[CaseMeasures]:
    """Of each item, office or place that has cases, by its id: those of one implementing body, of
    one item, or all."""
    cases = _cases(by, organisation, item)
    on_time = _counted(session, _on_time(cases))
    days = _counted(session, _days(session, calendar, cases))
    visits = _counted(session, _visits(cases))
    bad = _counted(session, _rectified(cases, today))
    called = _counted(session, _called_back(cases))
    followed = _counted(session, _followed(cases))
    channels = _counted(session, _channels(cases))
    begun = [way for n, way in enumerate(CHANNELS) if any(of[n] for of in channels.values())]
    waits = {begun[0]: days} if len(begun) == 1 else {}  # all on one way: they are the same
    if len(begun) > 1:
        waits = {
            one: _counted(session, _days(session, calendar, _begun(cases, one))) for one in begun
        }
    booked = _appointments(session) if by == "item" else {}
    return [
        CaseMeasures(
            of=name,
            on_time=Measured(*on_time.get(name, _NO_CASES)),
            days=float(days[name][0]) if name in days else None,
            decided=Measured(days[name][1], *[visits[name][2]] * 2)
            if name in days
            else Measured(0, visits[name][2], visits[name][2]),
            waits={
                one: (float(of[name][0]), of[name][1]) for one, of in waits.items() if name in of
            },
            no_visit=Measured(*visits[name]),
            appointments=booked.get(name, 0),
            followed=Measured(*followed.get(name, _NO_CASES)),
            rectified=Measured(*bad.get(name, _NO_CASES)),
            called_back=Measured(*called.get(name, _NO_CASES)),
            channels=dict(zip(CHANNELS, channels.get(name, _NO_CASES), strict=True)),
        )
        for name in sorted(visits)
    ]


Counts = Select[str, int, int, int]


def _cases(by: By, organisation: str | None, item: str | None) -> CTE:
    """The cases that are counted, each with what it is counted under."""
    row, matter = CaseMeasureRow, MatterRow
    under = {"item": row.item, "organisation": row.organisation, "place": matter.region}[by]
    query = select(row.matter, row.counter, under.label("of")).join(matter, matter.id == row.matter)
    if organisation is not None:
        query = query.where(row.organisation == organisation)
    if item is not None:
        query = query.where(row.item == item)
    return query.cte("cases")


def _begun(cases: CTE, channel: Channel) -> CTE:
    """Those that began on one way."""
    began = and_(MatterEventRow.matter == cases.c.matter, MatterEventRow.seq == 1)
    return select(cases).join(MatterEventRow, began).where(_came_by()[channel]).cte(f"by_{channel}")


def _came_by() -> dict[Channel, ColumnElement[bool]]:
    """Of the event that began a case."""
    position = MatterEventRow.position
    return {
        "portal": position.is_(None),
        "system": position.like(_SYSTEM),
        "counter": position.not_like(_SYSTEM),
    }


def _counted(session: Session, query: Counts) -> dict[str, tuple[int, int, int]]:
    return {name: (a or 0, b or 0, c or 0) for name, a, b, c in session.execute(query)}


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _has(
    matter: ColumnElement[Any] | InstrumentedAttribute[Any], *events: str
) -> ColumnElement[bool]:
    # Any: a matter's number, which a column may lack
    event = MatterEventRow
    return exists().where(event.matter == matter, event.name.in_(events))


def _on_time(cases: CTE) -> Counts:
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
    in_time = and_(known, periods.c.late == 0, ~_has(cases.c.matter, "deem_accepted"))
    return (
        select(cases.c.of, _sum(in_time), _sum(known), _sum(closed))
        .join(matter, matter.id == cases.c.matter)
        .outerjoin(periods, periods.c.matter == cases.c.matter)
        .group_by(cases.c.of)
    )


def _days(session: Session, calendar: WorkingCalendar, cases: CTE) -> Counts:
    """Working days that began after the receipt, up to the decision: the median of each."""
    receipt, decision = aliased(MatterEventRow), aliased(MatterEventRow)
    decided = (
        select(
            cases.c.of,
            cases.c.matter,
            func.min(receipt.at).label("received"),
            func.min(decision.at).label("decided"),
        )
        .join(receipt, and_(receipt.matter == cases.c.matter, receipt.name == "submit"))
        .join(decision, and_(decision.matter == cases.c.matter, decision.name.in_(DECISIONS)))
        .group_by(cases.c.of, cases.c.matter)
        .subquery()
    )
    first, last = session.execute(
        select(func.min(decided.c.received), func.max(decided.c.decided))
    ).one()
    working = _working_days(calendar, first, last)
    began = and_(working.c.starts > decided.c.received, working.c.starts <= decided.c.decided)
    taken = (
        select(decided.c.of, decided.c.matter, func.count(working.c.starts).label("days"))
        .outerjoin(working, began)
        .group_by(decided.c.of, decided.c.matter)
        .subquery()
    )
    of, by_days = taken.c.of, (taken.c.days, taken.c.matter)
    ranked = select(
        taken.c.of,
        taken.c.days,
        func.row_number().over(partition_by=of, order_by=by_days).label("nth"),
        func.count().over(partition_by=of).label("count"),
    ).subquery()
    middle = ranked.c.nth.in_([(ranked.c.count + 1) // 2, (ranked.c.count + 2) // 2])
    return (
        select(ranked.c.of, func.avg(ranked.c.days), func.max(ranked.c.count), func.count())
        .where(middle)
        .group_by(ranked.c.of)
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


def _visits(cases: CTE) -> Counts:
    known = cases.c.counter.is_not(None)
    return select(cases.c.of, _sum(cases.c.counter == 0), _sum(known), func.count()).group_by(
        cases.c.of
    )


def _followed(cases: CTE) -> Counts:
    came = _has(cases.c.matter, "hand_in_deferred", "papers_came")
    ended = or_(came, _has(cases.c.matter, "revoke_acceptance"))
    query = select(cases.c.of, _sum(came), _sum(ended), func.count())
    return query.where(_has(cases.c.matter, "accept_tolerant")).group_by(cases.c.of)


def _rectified(cases: CTE, today: date) -> Counts:
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
        select(cases.c.of, _sum(in_time), _sum(or_(runs.c.late == 1, in_time)), func.count())
        .join(rating, rating.matter == cases.c.matter)
        .outerjoin(runs, runs.c.matter == rating.followed_by)
        .where(rating.level.in_(BAD), rating.counted)
        .group_by(cases.c.of)
    )


def _called_back(cases: CTE) -> Counts:
    rating = RatingRow
    called = _has(rating.followed_by, "call_back", "call_back_unresolved")
    return (
        select(cases.c.of, _sum(called), _sum(_has(rating.followed_by, "rectify")), func.count())
        .join(rating, rating.matter == cases.c.matter)
        .where(rating.level.in_(BAD), rating.counted)
        .group_by(cases.c.of)
    )


def _channels(cases: CTE) -> Counts:
    began = and_(MatterEventRow.matter == cases.c.matter, MatterEventRow.seq == 1)
    counts = [_sum(_came_by()[one]) for one in CHANNELS]
    return select(cases.c.of, *counts).join(MatterEventRow, began).group_by(cases.c.of)


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
