"""Working days on the official calendar; beyond its last published year an answer is provisional.

The State Council publishes each year's holidays and make-up days in the autumn before. Where a
year is not published yet, Monday to Friday count as working days but for the days that the law
fixes (New Year, Labour Day, National Day), and the answer says that it may still change.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from xihu_platform.words import Text

DayKind = Literal["holiday", "worked"]
"""A day off, whatever day of the week; a Saturday or Sunday that is worked."""


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day that a notice names."""

    day: date
    kind: DayKind
    name: Text


@dataclass(frozen=True, slots=True)
class CalendarYear:
    """One year's arrangement: `source` is the document that published it."""

    year: int
    source: str
    days: tuple[CalendarDay, ...]


@dataclass(frozen=True, slots=True)
class Due:
    """The last day of a period, and whether the calendar for it is published."""

    day: date
    provisional: bool


def is_fixed_holiday(day: date) -> bool:
    """《全国年节及纪念日放假办法》: the days that do not move with the moon; 2 May since 2025."""
    fixed = {(1, 1), (5, 1), (10, 1), (10, 2), (10, 3)}
    return (day.month, day.day) in fixed or (day.year >= 2025 and (day.month, day.day) == (5, 2))


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """The published years as they are at one moment.

    >>> days = {date(2026, 10, 1): "holiday", date(2026, 10, 10): "worked"}
    >>> calendar = WorkingCalendar({2026: 1}, days)
    >>> [calendar.is_working_day(date(2026, 10, n))[0] for n in (1, 9, 10, 11)]
    [False, True, True, False]
    >>> calendar.add_working_days(date(2026, 9, 30), 1)
    Due(day=datetime.date(2026, 10, 2), provisional=False)
    >>> calendar.add_working_days(date(2026, 12, 31), 1)
    Due(day=datetime.date(2027, 1, 4), provisional=True)
    """

    versions: Mapping[int, int] = field(default_factory=dict)
    """By published year: the version of its arrangement."""
    days: Mapping[date, DayKind] = field(default_factory=dict)

    def is_working_day(self, day: date) -> tuple[bool, bool]:
        """Whether a day is a working day, and whether that is provisional."""
        weekday = day.weekday() < 5
        if day.year not in self.versions:
            return weekday and not is_fixed_holiday(day), True
        kind = self.days.get(day)
        return (weekday if kind is None else kind == "worked"), False

    def add_working_days(self, start: date, count: int) -> Due:
        """The day on which a period of `count` working days ends; the first day is the next one."""
        day, provisional = start, False
        while count > 0:
            day += timedelta(days=1)
            works, guessed = self.is_working_day(day)
            provisional = provisional or guessed
            count -= works
        return Due(day, provisional)


def with_year(calendar: WorkingCalendar, year: CalendarYear, version: int) -> WorkingCalendar:
    """The calendar after one year's arrangement was published or changed."""
    others = {day: kind for day, kind in calendar.days.items() if day.year != year.year}
    return WorkingCalendar(
        {**calendar.versions, year.year: version},
        others | {one.day: one.kind for one in year.days},
    )
