"""The calendar of the law: working days, holidays that move and that do not.

The dates were worked out by hand on the published calendars of 2025 and 2026; a second opinion
comes from the notices of the State Council, copied into this test: 2026 whole, of three years
before it the weekend days that are worked.
"""

from datetime import date, timedelta
from functools import reduce

import pytest

from xihu_catalog.registry.calendar import registry_calendar
from xihu_platform.statute.calendar import Due, WorkingCalendar, with_year

D = date.fromisoformat
CALENDAR = reduce(
    lambda calendar, year: with_year(calendar, year, 1), registry_calendar(), WorkingCalendar()
)
WORKED = {
    2023: {"01-28", "01-29", "04-23", "05-06", "06-25", "10-07", "10-08"},
    2024: {"02-04", "02-18", "04-07", "04-28", "05-11", "09-14", "09-29", "10-12"},
    2025: {"01-26", "02-08", "04-27", "09-28", "10-11"},
}
# 国务院办公厅关于2026年部分节假日安排的通知: days off on weekdays, and weekends that are worked.
OFF_2026 = {
    *("2026-01-01", "2026-01-02"),
    *("2026-02-16", "2026-02-17", "2026-02-18", "2026-02-19", "2026-02-20", "2026-02-23"),
    *("2026-04-06", "2026-05-01", "2026-05-04", "2026-05-05", "2026-06-19", "2026-09-25"),
    *("2026-10-01", "2026-10-02", "2026-10-05", "2026-10-06", "2026-10-07"),
}
WORKED_2026 = {"2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"}


def test_every_day_of_2026_is_what_the_notice_says() -> None:
    day = D("2026-01-01")
    while day.year == 2026:
        plain = day.weekday() < 5
        expected = (plain and day.isoformat() not in OFF_2026) or day.isoformat() in WORKED_2026
        assert CALENDAR.is_working_day(day) == (expected, False), day
        day += timedelta(days=1)


@pytest.mark.parametrize("year", WORKED)
def test_the_weekends_worked_are_those_of_the_notice(year: int) -> None:
    first = date(year, 1, 1)
    days = [first + timedelta(days=n) for n in range(365)]
    worked = {f"{d:%m-%d}" for d in days if d.weekday() > 4 and CALENDAR.is_working_day(d)[0]}
    assert worked == WORKED[year]


def test_the_calendar_has_every_year_from_2004_to_2026() -> None:
    assert list(CALENDAR.versions) == list(range(2004, 2027))


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        ("2026-09-24", 1, "2026-09-28"),
        ("2026-09-24", 10, "2026-10-15"),
        ("2026-09-24", 20, "2026-10-29"),
        ("2026-10-15", 20, "2026-11-12"),
        ("2025-09-30", 1, "2025-10-09"),
        ("2025-09-30", 10, "2025-10-21"),
        ("2025-09-30", 20, "2025-11-04"),
        ("2026-02-13", 10, "2026-03-05"),
        ("2026-02-13", 5, "2026-02-27"),
        ("2026-02-13", 2, "2026-02-24"),
        ("2026-10-03", 1, "2026-10-08"),
        ("2026-10-10", 1, "2026-10-12"),
        ("2026-10-09", 1, "2026-10-10"),
        ("2026-09-01", 60, "2026-11-30"),
        ("2026-09-21", 15, "2026-10-19"),
    ],
)
def test_a_period_of_working_days_ends_on_the_day_the_law_means(
    start: str, count: int, end: str
) -> None:
    due = CALENDAR.add_working_days(D(start), count)
    assert (due.day, due.provisional) == (D(end), False)


def test_beyond_the_published_calendar_the_fixed_holidays_still_count() -> None:
    """New Year's Day 2027 is a Friday: no working day, and the answer says it is provisional."""
    assert CALENDAR.is_working_day(D("2027-01-01")) == (False, True)
    due = CALENDAR.add_working_days(D("2026-12-24"), 10)
    assert (due.day, due.provisional) == (D("2027-01-08"), True)
    for fixed in ("2027-05-01", "2027-05-03", "2027-10-01", "2028-10-02", "2028-10-03"):
        works, provisional = CALENDAR.is_working_day(D(fixed))
        assert provisional
        assert works == (fixed == "2027-05-03")  # a Monday the law does not fix


FIXED = {"01-01", "05-01", "05-02", "10-01", "10-02", "10-03"}
# 《全国年节及纪念日放假办法》2024: New Year one day, Labour Day two, National Day three.


def test_every_day_of_2028_is_a_weekday_that_the_law_does_not_fix() -> None:
    """2028: both days of Labour Day fall on weekdays."""
    day = D("2028-01-01")
    while day.year == 2028:
        works = day.weekday() < 5 and day.isoformat()[5:] not in FIXED
        assert CALENDAR.is_working_day(day) == (works, True), day
        day += timedelta(days=1)


@pytest.mark.parametrize("count", [0, -1])
def test_a_period_of_no_days_ends_where_it_begins(count: int) -> None:
    assert CALENDAR.add_working_days(D("2026-10-01"), count) == Due(D("2026-10-01"), False)


def test_beyond_the_published_calendar_no_weekend_is_worked() -> None:
    for day in (D("2027-03-06"), D("2027-03-07")):
        assert CALENDAR.is_working_day(day) == (False, True)
    assert CALENDAR.is_working_day(D("2027-03-08")) == (True, True)
