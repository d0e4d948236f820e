"""How departments answer each other: counted by the database from matters, reads and grounds.

Late is derived from clocks. What silence brought about counts as late, a period that began anew
counts again. Beside the figures are the signs of playing with them: periods closed within a
minute, more time asked for on the last day.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Float,
    Select,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased
from sqlalchemy.sql.selectable import CTE

from xihu_catalog.sharing import corrections
from xihu_platform.access.grounds import GroundRow
from xihu_platform.access.models import GrantRow
from xihu_platform.audit.models import AuditEntry
from xihu_platform.matters.engine import TIME
from xihu_platform.matters.keeping import WARNED
from xihu_platform.matters.models import MatterClockRow, MatterEventRow, MatterPartyRow, MatterRow

CORRECTIONS = (corrections.DEPARTMENT, corrections.PERSON)
ANSWERING = {
    "sharing_request": "provider",
    "sharing_registration": "provider",
    **dict.fromkeys(CORRECTIONS, "source"),
}
"""By kind: the party whose figures its periods are."""
GAINING = ("ask_completion", "ask_extension")
"""Steps that gain time, beside those that pause a clock."""
MINUTE_S = 60
READS = ("read", "intent")
"""Kinds of entries: a page, a stream."""


@dataclass(frozen=True, slots=True)
class DepartmentMetrics:
    """The figures of one department since a moment, all whole numbers but the median."""

    organisation: str
    begun: int = 0
    """Periods that began to run for it."""
    answered: int = 0
    """Of these, ended by the department, or by a law where it said nothing."""
    in_time: int = 0
    late: int = 0
    """Ended after the last day, or running on past it, or ended by a law."""
    deemed: int = 0
    reopened: int = 0
    """Periods of a matter that had run and ended before."""
    extended: int = 0
    median_days: float | None = None
    """Calendar days to an answer."""
    refusals: tuple[tuple[str, int], ...] = ()
    """The articles that refusals name, the most frequent first."""
    corrections: int = 0
    """Made by the department in its data after somebody found it wrong."""
    grants: int = 0
    unread: int = 0
    """Grants under which nobody has read."""
    reads: int = 0
    """Of its data, by departments that a request gave it to, since that request."""
    grounds: int = 0
    by_hand: int = 0
    within_minute: int = 0
    on_last_day: int = 0

    @property
    def on_time_rate(self) -> float | None:
        """Per cent of the periods that are answered or late."""
        return _per_cent(self.in_time, self.in_time + self.late)

    @property
    def extension_rate(self) -> float | None:
        return _per_cent(self.extended, self.begun)

    @property
    def refused(self) -> int:
        return sum(number for _, number in self.refusals)


def _per_cent(part: int, whole: int) -> float | None:
    """
    >>> _per_cent(2, 3), _per_cent(0, 0)
    (66.7, None)
    """
    return round(100 * part / whole, 1) if whole else None


def department_metrics(
    session: Session, since: datetime, today: date, *, organisation: str
) -> DepartmentMetrics:
    """A department's own figures, all zero where there is nothing."""
    found = _metrics(session, since, today, MatterPartyRow.key == organisation, organisation)
    return found.get(organisation, DepartmentMetrics(organisation))


def authority_metrics(
    session: Session, since: datetime, today: date, *, authority: str
) -> list[DepartmentMetrics]:
    """The figures of every department in whose matters an organisation is the data authority, by
    the department's code."""
    other = aliased(MatterPartyRow)
    mine = exists().where(
        other.matter == MatterPartyRow.matter, other.role == "authority", other.key == authority
    )
    found = _metrics(session, since, today, mine, None)
    return [found[one] for one in sorted(found)]


def _metrics(
    session: Session,
    since: datetime,
    today: date,
    whose: ColumnElement[bool],
    organisation: str | None,
) -> dict[str, DepartmentMetrics]:
    party, row = MatterPartyRow, MatterRow
    roles = or_(*(and_(row.kind == k, party.role == r) for k, r in ANSWERING.items()))
    mine = (
        select(party.matter, party.key.label("organisation"))
        .join(row, row.id == party.matter)
        .where(roles, whose)
        .cte("mine")
    )
    periods = _periods(session, mine, since, today)
    found: dict[str, dict[str, Any]] = {organisation: {}} if organisation else {}
    for query in (
        _counted(periods),
        _medians(periods),
        _corrections(mine, since),
        _uses(mine, since),
        _on_last_day(session, mine, since),
    ):
        _add(session, found, query)
    for one, article, number in session.execute(_refusals(mine, since)):
        named = found.setdefault(one, {})
        named["refusals"] = (*named.get("refusals", ()), (article or "", int(number)))
    _add(session, found, _grounds(list(found), since))
    return {one: DepartmentMetrics(one, **figures) for one, figures in found.items()}


def _add(session: Session, found: dict[str, dict[str, Any]], query: Select[Any]) -> None:
    """One line for each organisation; a column has the name of its figure. PostgreSQL's sums are
    decimals."""
    for row in session.execute(query).mappings():
        figures = {name: value for name, value in row.items() if name != "organisation"}
        median = figures.pop("median_days", None)
        said: dict[str, float] = {name: int(value or 0) for name, value in figures.items()}
        said |= {} if median is None else {"median_days": float(median)}
        found.setdefault(row["organisation"], {}).update(said)


def _sum(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.sum(case((condition, 1), else_=0))


def _periods(session: Session, mine: CTE, since: datetime, today: date) -> CTE:
    """One row for each period: whose it is, how it ended, and in how many days."""
    clock, first, last = MatterClockRow, aliased(MatterEventRow), aliased(MatterEventRow)
    moved, before = aliased(MatterEventRow), aliased(MatterClockRow)
    deemed = func.coalesce(last.sub == TIME.sub, False)
    own = func.coalesce(last.organisation == mine.c.organisation, False)
    extended = exists().where(
        moved.matter == clock.matter,
        moved.seq > clock.start_seq,
        or_(clock.stop_seq.is_(None), moved.seq <= clock.stop_seq),
        cast(moved.clocks, String).like('%"extend"%'),
    )
    reopened = exists().where(
        before.matter == clock.matter,
        before.duty == clock.duty,
        before.start_seq < clock.start_seq,
    )
    passed = func.coalesce(func.coalesce(clock.stopped_on, today) > clock.due_on, False)
    days = _days(session, _day(session, first.at), clock.stopped_on)
    quick = _seconds(session, first.recorded_at, last.recorded_at) < MINUTE_S
    return (
        select(
            mine.c.organisation,
            or_(deemed, own).label("answered"),
            or_(deemed, passed).label("late"),
            deemed.label("deemed"),
            reopened.label("reopened"),
            extended.label("extended"),
            func.coalesce(quick, False).label("quick"),
            days.label("days"),
        )
        .select_from(mine)
        .join(clock, clock.matter == mine.c.matter)
        .join(first, and_(first.matter == clock.matter, first.seq == clock.start_seq))
        .outerjoin(last, and_(last.matter == clock.matter, last.seq == clock.stop_seq))
        .where(first.at >= since)
        .cte("periods")
    )


def _counted(periods: CTE) -> Select[Any]:
    one = periods.c
    return select(
        one.organisation,
        func.count().label("begun"),
        _sum(one.answered).label("answered"),
        _sum(and_(one.answered, ~one.late)).label("in_time"),
        _sum(one.late).label("late"),
        _sum(one.deemed).label("deemed"),
        _sum(one.reopened).label("reopened"),
        _sum(one.extended).label("extended"),
        _sum(and_(one.answered, one.quick)).label("within_minute"),
    ).group_by(one.organisation)


def _medians(periods: CTE) -> Select[Any]:
    """The middle one, or the mean of the two in the middle."""
    one = periods.c
    place = func.row_number().over(partition_by=one.organisation, order_by=one.days)
    number = func.count().over(partition_by=one.organisation)
    ranked = (
        select(one.organisation, one.days, place.label("place"), number.label("number"))
        .where(one.answered)
        .cte("ranked")
    )
    middle = 2 * ranked.c.place
    return (
        select(ranked.c.organisation, func.avg(cast(ranked.c.days, Float)).label("median_days"))
        .where(middle.between(ranked.c.number, ranked.c.number + 2))
        .group_by(ranked.c.organisation)
    )


def _refusals(mine: CTE, since: datetime) -> Select[Any]:
    """Of the events that closed a matter with a refusal: organisation, article, number."""
    event, row = MatterEventRow, MatterRow
    return (
        select(mine.c.organisation, event.article, func.count())
        .select_from(mine)
        .join(row, row.id == mine.c.matter)
        .join(event, and_(event.matter == row.id, event.state == row.state))
        .where(row.outcome == "refused", event.at >= since)
        .group_by(mine.c.organisation, event.article)
        .order_by(func.count().desc(), event.article)
    )


def _corrections(mine: CTE, since: datetime) -> Select[Any]:
    row = MatterRow
    return (
        select(mine.c.organisation, func.count().label("corrections"))
        .select_from(mine)
        .join(row, row.id == mine.c.matter)
        .where(row.kind.in_(CORRECTIONS), row.outcome == "done", row.closed_at >= since)
        .group_by(mine.c.organisation)
    )


def _uses(mine: CTE, since: datetime) -> Select[Any]:
    """Grants given since then, and what was read under them."""
    grant, row, entry = GrantRow, MatterRow, AuditEntry
    number = (
        select(func.count())
        .where(
            entry.dataset == grant.dataset,
            entry.organisation == grant.organisation,
            entry.kind.in_(READS),
            entry.at >= row.opened_at,
        )
        .correlate(grant, row)
        .scalar_subquery()
    )
    uses = (
        select(mine.c.organisation, number.label("number"))
        .select_from(mine)
        .join(row, row.id == mine.c.matter)
        .join(grant, grant.matter == row.id)
        .where(row.opened_at >= since)
        .cte("uses")
    )
    return select(
        uses.c.organisation,
        func.count().label("grants"),
        _sum(uses.c.number == 0).label("unread"),
        func.sum(uses.c.number).label("reads"),
    ).group_by(uses.c.organisation)


def _on_last_day(session: Session, mine: CTE, since: datetime) -> Select[Any]:
    """Steps of the department that gain time, on a day that a reminder had named as the last."""
    event, told = MatterEventRow, aliased(MatterEventRow)
    reminded = exists().where(
        told.matter == event.matter,
        told.name == WARNED,
        told.seq < event.seq,
        told.data["due_on"].as_string() == _day(session, event.at),
    )
    gains = or_(event.name.in_(GAINING), cast(event.clocks, String).like('%"pause"%'))
    return (
        select(mine.c.organisation, func.count().label("on_last_day"))
        .select_from(mine)
        .join(event, event.matter == mine.c.matter)
        .where(event.at >= since, event.organisation == mine.c.organisation, gains, reminded)
        .group_by(mine.c.organisation)
    )


def _grounds(organisations: list[str], since: datetime) -> Select[Any]:
    row = GroundRow
    return (
        select(
            row.organisation,
            func.count().label("grounds"),
            _sum(row.origin == "hand").label("by_hand"),
        )
        .where(row.organisation.in_(organisations), row.opened >= since)
        .group_by(row.organisation)
    )


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _day(session: Session, moment: InstrumentedAttribute[datetime]) -> ColumnElement[str]:
    """The day of a moment in Shanghai, as 2026-12-31."""
    if _is_sqlite(session):
        return func.date(moment, "+8 hours")
    return func.to_char(func.timezone("Asia/Shanghai", moment), "YYYY-MM-DD")


def _days(
    session: Session, day: ColumnElement[str], last: InstrumentedAttribute[date | None]
) -> ColumnElement[Any]:
    if _is_sqlite(session):
        return func.julianday(last) - func.julianday(day)
    return last - cast(day, Date)


def _seconds(
    session: Session, one: InstrumentedAttribute[datetime], other: InstrumentedAttribute[datetime]
) -> ColumnElement[Any]:
    if _is_sqlite(session):
        return 86400 * (func.julianday(other) - func.julianday(one))
    return func.extract("epoch", other - one)
