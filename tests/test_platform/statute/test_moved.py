"""What moves when a year's arrangement becomes known, against a count by hand."""

from datetime import date, timedelta

from tests.test_platform.statute.test_due import CALENDAR, duty
from xihu_platform.statute.calendar import CalendarDay, CalendarYear, WorkingCalendar, with_year
from xihu_platform.statute.moved import EARLIEST_DAYS, moved_duties
from xihu_platform.words import Text

MONDAY = CalendarDay(date(2027, 3, 8), "holiday", Text("节", "day"))
BASE = WorkingCalendar({2026: 1, 2027: 1}, {})
WITH_MONDAY = with_year(BASE, CalendarYear(2027, "n", (MONDAY,)), 2)


def test_one_day_off_moves_the_periods_that_run_over_it() -> None:
    (found,) = moved_duties([duty(2, "working_day")], BASE, WITH_MONDAY, 2027)
    # Begun on Thursday it ends on Monday, from Friday to Sunday on Tuesday: each a day later.
    assert (found.starts, found.start) == (4, date(2027, 3, 4))
    assert (found.before, found.after) == (date(2027, 3, 8), date(2027, 3, 9))


def test_periods_in_other_units_and_years_alike_do_not_move() -> None:
    assert list(moved_duties([duty(60, "day")], BASE, WITH_MONDAY, 2027)) == []
    assert list(moved_duties([duty(2, "working_day")], BASE, BASE, 2027)) == []


def test_the_longest_period_of_a_law_is_within_what_is_looked_at() -> None:
    first = date(2026, 1, 1) - timedelta(days=EARLIEST_DAYS)
    assert CALENDAR.add_working_days(first, 60).day < date(2026, 1, 1)
