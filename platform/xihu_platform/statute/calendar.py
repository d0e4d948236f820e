"""Working days on the official calendar; beyond its last published year an answer is provisional.

The State Council publishes each year's holidays and make-up days in the autumn before. Where a
year is not published yet, Monday to Friday count as working days but for the days that the law
fixes (New Year, Labour Day, National Day), and the answer says that it may still change.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import chinese_calendar

_FIXED = {(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)}
"""《全国年节及纪念日放假办法》: the days that do not move with the moon."""


@dataclass(frozen=True, slots=True)
class Due:
    """The last day of a period, and whether the calendar for it is published."""

    day: date
    provisional: bool


def is_working_day(day: date) -> tuple[bool, bool]:
    """Whether a day is a working day, and whether that is provisional.

    >>> is_working_day(date(2026, 10, 1)), is_working_day(date(2026, 10, 10))
    ((False, False), (True, False))
    """
    try:
        return bool(chinese_calendar.is_workday(day)), False
    except NotImplementedError:
        return day.weekday() < 5 and (day.month, day.day) not in _FIXED, True


def add_working_days(start: date, count: int) -> Due:
    """The day on which a period of `count` working days ends; the first day is the next one.

    >>> add_working_days(date(2026, 9, 30), 1)
    Due(day=datetime.date(2026, 10, 8), provisional=False)
    >>> add_working_days(date(2026, 12, 31), 1).provisional
    True
    """
    day, provisional = start, False
    while count > 0:
        day += timedelta(days=1)
        works, guessed = is_working_day(day)
        provisional = provisional or guessed
        count -= works
    return Due(day, provisional)
