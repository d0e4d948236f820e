"""How duties were kept: counted from the clocks of matters.

Late is derived: a clock that stopped after its last day, or runs on past it. What silence brought
about is late too, since nobody acted.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

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
    clock, event = MatterClockRow, MatterEventRow
    stopped = clock.stopped_on.is_not(None)
    late = func.coalesce(clock.stopped_on, today) > clock.due_on
    query = (
        select(
            clock.duty,
            func.count(),
            func.sum(case((stopped & ~late, 1), else_=0)),
            func.sum(case((late, 1), else_=0)),
        )
        .join(event, (event.matter == clock.matter) & (event.seq == clock.start_seq))
        .where(event.at >= since)
        .group_by(clock.duty)
    )
    return {
        duty: Kept(duty, started, in_time or 0, late or 0, started - (in_time or 0) - (late or 0))
        for duty, started, in_time, late in session.execute(query)
    }
