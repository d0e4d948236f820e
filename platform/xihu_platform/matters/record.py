"""How duties were kept: counted from the clocks of matters.

Late is derived: a clock that stopped after its last day, or runs on past it. What silence brought
about is late too, since nobody acted.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session, aliased

from xihu_platform.matters.engine import TIME
from xihu_platform.matters.models import MatterClockRow, MatterEventRow


@dataclass(frozen=True, slots=True)
class Kept:
    """The clocks of one duty that were started in a span of days."""

    duty: str
    started: int
    in_time: int
    late: int
    running: int
    """Of those that run: not late yet."""


def kept_duties(session: Session, since: datetime, today: date) -> dict[str, Kept]:
    """By duty: every clock that was started since a moment."""
    clock, event, last = MatterClockRow, MatterEventRow, aliased(MatterEventRow)
    stopped = clock.stopped_on.is_not(None)
    deemed = func.coalesce(last.sub == TIME.sub, False)  # it may count from the first day
    passed = func.coalesce(func.coalesce(clock.stopped_on, today) > clock.due_on, False)
    late = or_(deemed, passed)
    query = (
        select(
            clock.duty,
            func.count(),
            func.sum(case((stopped & ~late, 1), else_=0)),
            func.sum(case((late, 1), else_=0)),
        )
        .join(event, (event.matter == clock.matter) & (event.seq == clock.start_seq))
        .outerjoin(last, (last.matter == clock.matter) & (last.seq == clock.stop_seq))
        .where(event.at >= since)
        .group_by(clock.duty)
    )
    return {
        duty: Kept(duty, started, in_time or 0, late or 0, started - (in_time or 0) - (late or 0))
        for duty, started, in_time, late in session.execute(query)
    }
