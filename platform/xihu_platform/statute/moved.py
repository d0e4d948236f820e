"""Which periods end on another day once a year's arrangement changes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from xihu_platform.statute.calendar import WorkingCalendar
from xihu_platform.statute.duty import Duty

EARLIEST_DAYS = 150
"""A period that begins so long before the year ends before it: 60 working days are the longest."""


@dataclass(frozen=True, slots=True)
class MovedDuty:
    """How many days of beginning lead to another last day, and the first of them."""

    duty: Duty
    starts: int
    start: date
    before: date
    after: date


def moved_duties(
    duties: Iterable[Duty], before: WorkingCalendar, after: WorkingCalendar, year: int
) -> Iterator[MovedDuty]:
    """The duties in working days whose dates move."""
    known: dict[int, list[tuple[date, date, date]]] = {}
    for duty in duties:
        if duty.unit != "working_day":
            continue
        if duty.value not in known:
            known[duty.value] = list(_moved(duty.value, before, after, year))
        if moved := known[duty.value]:
            yield MovedDuty(duty, len(moved), *moved[0])


def _moved(
    count: int, before: WorkingCalendar, after: WorkingCalendar, year: int
) -> Iterator[tuple[date, date, date]]:
    start = date(year, 1, 1) - timedelta(days=EARLIEST_DAYS)
    while start.year <= year:
        was, now = (one.add_working_days(start, count).day for one in (before, after))
        if was != now:
            yield start, was, now
        start += timedelta(days=1)
