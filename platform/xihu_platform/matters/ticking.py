"""What time does in all matters: it warns, says what is late, lets laws take effect, counts again.

A tick may come at any moment, from anywhere, twice or a month late. What it writes has a key made
of the matter, the clock and the day, so that nothing is said twice; whether something is overdue
is never read from here. A matter of which nothing can be said keeps no other waiting.
"""

import logging
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, tuple_, update

from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import PlatformError
from xihu_platform.matters.engine import MatterEngine
from xihu_platform.matters.models import MatterClockRow, MatterRow
from xihu_platform.matters.settling import Spoken, speak
from xihu_platform.statute.published import years_since
from xihu_platform.telemetry.logs import failure_facts

log = logging.getLogger("xihu.matters")
AT_ONCE = 1000
"""Clocks that are stamped in one transaction: more would keep other writers waiting."""
_PLACE = (MatterClockRow.matter, MatterClockRow.duty, MatterClockRow.start_seq)


@dataclass(frozen=True, slots=True)
class Ticked:
    """What a tick wrote down, in events."""

    redated: int = 0
    """Matters of which a date moved."""
    warned: int = 0
    lapsed: int = 0
    failed: int = 0
    """Matters of which something could not be written; the log of the program says what."""


def tick(matters: MatterEngine, now: datetime) -> Ticked:
    """Everything that time has to say by a moment; the same again says nothing."""
    today = civil_date(now)
    waiting = dict.fromkeys([*_behind(matters), *_come(matters, today)])
    return _speak_of(matters, list(waiting), today, warn=True)


def redate(matters: MatterEngine) -> Ticked:
    """Count with the calendar in force whatever was counted with an older one."""
    today = civil_date(matters.clock())
    return _speak_of(matters, _behind(matters), today, warn=False)


def _speak_of(matters: MatterEngine, waiting: list[int], today: date, *, warn: bool) -> Ticked:
    said: list[Spoken] = []
    failed = 0
    for matter in waiting:
        try:
            said += speak(matters, matter, today, warn=warn)
        except PlatformError as fault:
            failed += 1
            log.error("a matter could not be ticked", extra=failure_facts(fault))
    return Ticked(said.count("redated"), said.count("warned"), said.count("lapsed"), failed)


def _come(matters: MatterEngine, today: date) -> list[int]:
    clocks = select(MatterClockRow.matter).where(MatterClockRow.next_on <= today)
    dates = select(MatterRow.id).where(MatterRow.next_on <= today)
    with transaction(matters.database) as session:  # sorted here: else every clock is walked
        return sorted({*session.scalars(clocks), *session.scalars(dates)})


def _behind(matters: MatterEngine) -> list[int]:
    """The matters whose running clocks a new calendar may have moved; the others are stamped."""
    with transaction(matters.database) as session:
        number, _ = matters.counting.calendar(session)
        older = (MatterClockRow.stop_seq.is_(None), MatterClockRow.calendar < number)
        oldest = select(MatterClockRow.calendar).where(*older).order_by(MatterClockRow.calendar)
        counted = session.scalar(oldest.limit(1))
        if counted is None:
            return []
        first = min(years_since(session, counted))
    while _stamp(matters, number, first):
        pass
    with transaction(matters.database) as session:
        return sorted(set(session.scalars(select(MatterClockRow.matter).where(*older))))


def _stamp(matters: MatterEngine, number: int, year: int) -> bool:
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
