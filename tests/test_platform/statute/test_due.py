"""When duties are due: dates worked out by hand, and a count of our own over random histories.

The count below imports nothing of the clock. Its calendar is typed from the notices of the State
Council for 2025 and 2026, not read from the registry.
"""

import random
from collections.abc import Sequence
from datetime import date, timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xihu_catalog.registry.calendar import registry_calendar
from xihu_catalog.registry.statutes import duties
from xihu_platform.statute.calendar import CalendarDay, CalendarYear, WorkingCalendar, with_year
from xihu_platform.statute.due import Pause, begin, due, months_on
from xihu_platform.statute.duty import Duty, OnIncomplete, Unit
from xihu_platform.words import Text

D = date.fromisoformat
DAY = timedelta(days=1)
CALENDAR = reduce(
    lambda calendar, year: with_year(calendar, year, 1), registry_calendar(), WorkingCalendar()
)
# Days off from Monday to Friday, and weekend days that are worked, of both notices.
OFF = {
    *("2025-01-01", "2025-01-28", "2025-01-29", "2025-01-30", "2025-01-31"),
    *("2025-02-03", "2025-02-04", "2025-04-04", "2025-05-01", "2025-05-02", "2025-05-05"),
    *("2025-06-02", "2025-10-01", "2025-10-02", "2025-10-03", "2025-10-06", "2025-10-07"),
    *("2025-10-08", "2026-01-01", "2026-01-02", "2026-02-16", "2026-02-17", "2026-02-18"),
    *("2026-02-19", "2026-02-20", "2026-02-23", "2026-04-06", "2026-05-01", "2026-05-04"),
    *("2026-05-05", "2026-06-19", "2026-09-25", "2026-10-01", "2026-10-02", "2026-10-05"),
    *("2026-10-06", "2026-10-07"),
}
WORKED = {
    *("2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11", "2026-01-04"),
    *("2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"),
}
LAST = D("2026-12-31")
Span = tuple[date, date]


def works(day: date) -> bool:
    return (day.weekday() < 5 and str(day) not in OFF) or str(day) in WORKED


WORKS = {day: works(day) for day in (D("2024-12-01") + n * DAY for n in range(1_200))}


def counted(start: date, length: int, spans: Sequence[Span], *, working: bool) -> date:
    """The day that is number `length` among those that count."""
    days = [start + n * DAY for n in range(1, 400)]
    days = [d for d in days if not any(asked < d <= supplied for asked, supplied in spans)]
    if working:
        return [d for d in days if WORKS[d]][length - 1]
    last = days[length - 1]
    while not WORKS[last]:
        last += DAY
    return last


def duty(
    value: int, unit: Unit, extension: int | None = None, on_incomplete: OnIncomplete = "run"
) -> Duty:
    words = Text("期限", "term")
    return Duty(
        *("d", "R", words, "1", words, value, unit, extension, None, True),
        on_incomplete=on_incomplete,
    )


@pytest.mark.parametrize(
    ("rule", "start", "spans", "extended", "day"),
    [
        (("CN-809-2025", "reply_unconditional"), "2026-09-24", [], 0, "2026-09-28"),
        (("CN-809-2025", "reply_conditional"), "2026-09-24", [], 0, "2026-10-15"),
        (("CN-809-2025", "reply_conditional"), "2026-09-24", [], 10, "2026-10-29"),
        (("CN-809-2025", "delivery"), "2026-10-15", [], 0, "2026-11-12"),
        (("CN-809-2025", "reply_unconditional"), "2025-09-30", [], 0, "2025-10-09"),
        (("CN-809-2025", "reply_conditional"), "2025-09-30", [], 0, "2025-10-21"),
        (("CN-809-2025", "delivery"), "2025-09-30", [], 0, "2025-11-04"),
        (("CN-permits", "permit_decision"), "2026-09-01", [], 0, "2026-09-29"),
        *(
            (("CN-permits", "permit_decision"), "2026-09-01", spans, extended, day)
            for spans, extended, day in (
                ([("2026-09-24", "2026-10-09")], 0, "2026-10-12"),
                ([("2026-09-24", "2026-10-09")], 10, "2026-10-26"),
            )
        ),
        (("CN-809-2025", "correction"), "2026-02-13", [], 0, "2026-03-05"),
        (("ZJ-2022", "correction_citizen"), "2026-02-13", [], 0, "2026-02-27"),
        (("ZJ-2022", "correction_forward"), "2026-02-13", [], 0, "2026-02-24"),
        (("CN-809-2025", "reply_unconditional"), "2026-10-03", [], 0, "2026-10-08"),
        (("CN-809-2025", "reply_unconditional"), "2026-10-10", [], 0, "2026-10-12"),
        (("CN-petitions", "petition_settlement"), "2026-08-07", [], 0, "2026-10-08"),
        (("CN-petitions", "petition_settlement"), "2026-08-07", [], 30, "2026-11-05"),
        (("ZJ-once", "commitment_check"), "2026-09-01", [], 0, "2026-11-30"),
        (("CN-others", "bad_rating"), "2026-09-21", [], 0, "2026-10-19"),
    ],
)
def test_the_dates_that_must_come_out(
    rule: tuple[str, str], start: str, spans: list[tuple[str, str]], extended: int, day: str
) -> None:
    pauses = [Pause(D(asked), D(supplied)) for asked, supplied in spans]
    found = due(duties()[rule], D(start), CALENDAR, pauses=pauses, extended=extended)
    assert (found.day, found.firm) == (D(day), True)


def test_a_request_for_information_whose_papers_are_incomplete_has_three_dates_in_three_laws() -> (
    None
):
    asked, supplied = D("2026-09-15"), D("2026-10-12")
    law = duties()["CN-others", "ogi_reply"]
    assert law.on_incomplete == "restart"
    start = begin(law, D("2026-09-10"), asked, supplied)
    assert due(law, start, CALENDAR).day == D("2026-11-09")
    paused = due(law, D("2026-09-10"), CALENDAR, pauses=[Pause(asked, supplied)])
    assert paused.day == D("2026-11-04")
    running = duty(20, "working_day")
    start = begin(running, D("2026-09-10"), asked, supplied)
    assert due(running, start, CALENDAR).day == D("2026-10-14")
    deferred = duty(20, "working_day", on_incomplete="defer")
    assert begin(deferred, D("2026-09-10"), asked, supplied) == supplied


def test_a_year_that_is_published_makes_a_date_firm_and_may_move_it() -> None:
    law, start = duties()["CN-809-2025", "reply_conditional"], D("2026-12-24")
    before = due(law, start, CALENDAR)
    assert (before.day, before.firm) == (D("2027-01-08"), False)
    assert {s.day for s in before.steps if s.provisional} == {
        D("2027-01-01") + n * DAY for n in range(8)
    }
    names = Text("元旦", "New Year")
    days = (
        CalendarDay(D("2027-01-01"), "holiday", names),
        CalendarDay(D("2027-01-03"), "worked", names),
    )
    after = due(law, start, with_year(CALENDAR, CalendarYear(2027, "notice", days), 1))
    assert (after.day, after.firm) == (D("2027-01-07"), True)


def test_each_of_seven_hundred_days_leads_to_the_day_of_another_calendar() -> None:
    starts = [D("2025-01-01") + n * DAY for n in range(700)]
    checked = 0
    for length in (1, 5, 10, 20):
        for start in starts:
            day = counted(start, length, [], working=True)
            if day <= LAST:
                assert due(duty(length, "working_day"), start, CALENDAR).day == day, start
                checked += 1
    assert checked > 2_750


def test_ten_thousand_histories_end_on_the_day_that_is_counted_here() -> None:
    made = random.Random(809)
    for _ in range(10_000):
        start = D("2025-01-01") + made.randrange(420) * DAY
        unit: Unit = made.choice(["working_day", "day"])
        length, more = made.randrange(1, 61), made.choice([0, 0, 1, 10, 15])
        spans = []
        for _ in range(made.randrange(4)):
            asked = start + made.randrange(-3, 60) * DAY
            spans.append((asked, asked + made.randrange(30) * DAY))
        expected = counted(start, length + more, spans, working=unit == "working_day")
        found = due(
            duty(length, unit, 15),
            start,
            CALENDAR,
            pauses=[Pause(asked, supplied) for asked, supplied in spans],
            extended=more,
        )
        assert expected <= LAST, "the calendar typed here ends"
        assert (found.day, found.firm) == (expected, True)
        numbers = [step.number for step in found.steps if step.number is not None]
        assert numbers == list(range(1, length + more + 1))
        assert [step.day for step in found.steps] == [
            start + n * DAY for n in range((expected - start).days + 1)
        ]


@given(
    start=st.dates(D("2025-01-01"), D("2026-03-01")),
    asked=st.integers(0, 40),
    lasts=st.integers(0, 25),
    more=st.integers(1, 10),
)
def test_a_pause_and_an_extension_may_come_in_either_order(
    start: date, asked: int, lasts: int, more: int
) -> None:
    """An extension granted is as good as a law that gives so much from the beginning."""
    pauses = [Pause(start + asked * DAY, start + (asked + lasts) * DAY)]
    later = due(duty(20, "working_day", 10), start, CALENDAR, pauses=pauses, extended=more)
    first = due(duty(20 + more, "working_day"), start, CALENDAR, pauses=pauses)
    assert (later.day, later.steps) == (first.day, first.steps)


@pytest.mark.parametrize(
    ("asked", "supplied", "day"),
    [
        ("2026-10-01", "2026-10-12", "2026-10-14"),  # asked on a holiday
        ("2026-09-28", "2026-10-07", "2026-10-09"),  # supplied on one
        ("2026-10-01", "2026-10-07", "2026-09-30"),  # the period has ended
        ("2026-09-25", "2026-09-27", "2026-09-30"),  # nothing but days off
        ("2026-09-24", "2026-09-24", "2026-09-30"),  # asked and supplied on one day
    ],
)
def test_a_pause_may_begin_and_end_on_a_holiday(asked: str, supplied: str, day: str) -> None:
    length = 3 if asked != "2026-10-01" or supplied != "2026-10-12" else 5
    found = due(
        duty(length, "working_day"),
        D("2026-09-24"),
        CALENDAR,
        pauses=[Pause(D(asked), D(supplied))],
    )
    assert found.day == D(day)


def test_a_pause_that_lasts_has_no_last_day() -> None:
    for unit in ("working_day", "day"):
        found = due(duty(10, unit), D("2026-09-01"), CALENDAR, pauses=[Pause(D("2026-09-03"))])
        assert found.day is None
        assert found.steps[-1].day == D("2026-09-04")
        assert found.steps[-1].why == "paused"
    ended = due(duty(2, "working_day"), D("2026-09-01"), CALENDAR, pauses=[Pause(D("2026-09-03"))])
    assert ended.day == D("2026-09-03")  # asked on the last day


def test_a_pause_cannot_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="cannot end before it"):
        Pause(D("2026-09-03"), D("2026-09-02"))
    with pytest.raises(ValueError, match="not in the order of time"):
        begin(duty(1, "day"), D("2026-09-03"), D("2026-09-02"), D("2026-09-04"))
    with pytest.raises(ValueError, match="not in the order of time"):
        begin(duty(1, "day"), D("2026-09-03"), D("2026-09-05"), D("2026-09-04"))


@pytest.mark.parametrize(
    ("extension", "amount", "said"),
    [
        (None, 1, "cannot be extended"),
        (10, 11, "extended by 1 to 10, not 11"),
        (10, -1, "extended by 1 to 10, not -1"),
    ],
)
def test_an_extension_that_the_law_does_not_give_is_refused(
    extension: int | None, amount: int, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        due(duty(10, "working_day", extension), D("2026-09-01"), CALENDAR, extended=amount)


@pytest.mark.parametrize(
    ("hours", "end"),
    [(1, "2026-10-01"), (24, "2026-10-01"), (25, "2026-10-02"), (72, "2026-10-03")],
)
def test_hours_end_on_the_day_they_run_into_holiday_or_not(hours: int, end: str) -> None:
    found = due(duty(hours, "hour"), D("2026-09-30"), CALENDAR)
    assert (found.day, found.firm) == (D(end), True)


@pytest.mark.parametrize(
    ("start", "years", "end"),
    [
        ("2026-11-26", 3, "2029-11-26"),
        ("2028-02-29", 5, "2033-02-28"),
        ("2024-02-29", 4, "2028-02-29"),
        ("2023-10-01", 3, "2026-10-01"),
    ],
)
def test_years_end_on_the_same_day_holiday_or_not(start: str, years: int, end: str) -> None:
    assert due(duty(years, "year"), D(start), CALENDAR).day == D(end)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-06-30", 3, "2026-09-30"),
        ("2026-07-01", 3, "2026-10-08"),  # the last day is a holiday
        ("2025-11-30", 3, "2026-02-28"),  # a Saturday that is worked
        ("2025-12-31", 2, "2026-02-28"),
    ],
)
def test_months_end_on_the_same_day_and_move_on_from_a_day_off(
    start: str, months: int, end: str
) -> None:
    assert due(duty(months, "month"), D(start), CALENDAR).day == D(end)


def test_a_pause_lengthens_months_by_its_days() -> None:
    pauses = [Pause(D("2026-03-10"), D("2026-03-20"))]
    found = due(duty(1, "month"), D("2026-03-02"), CALENDAR, pauses=pauses)
    assert found.day == D("2026-04-13")  # 2 April and ten days: a Sunday


def test_months_on_end_with_the_month() -> None:
    assert months_on(D("2026-01-31"), 1) == D("2026-02-28")
    assert months_on(D("2026-12-15"), 1) == D("2027-01-15")
    assert months_on(D("2026-01-15"), 23) == D("2027-12-15")
    assert months_on(D("2026-05-31"), 0) == D("2026-05-31")


def test_calendar_days_move_on_to_a_provisional_day() -> None:
    found = due(duty(60, "day"), D("2026-11-02"), CALENDAR)  # 1 January 2027, a Friday
    assert (found.day, found.firm) == (D("2027-01-04"), False)
    assert [step.why for step in found.steps[-4:]] == ["counted", "moved", "moved", "moved"]
