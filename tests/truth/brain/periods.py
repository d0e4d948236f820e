"""Periods by the civil calendar of Shanghai, and what a relative word means at a moment."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

DAY = timedelta(days=1)


@dataclass(frozen=True, order=True)
class Period:
    """From the first to the last day, both within."""

    first: date
    last: date

    def __str__(self) -> str:
        return f"{self.first.isoformat()}/{self.last.isoformat()}"


def _month(year: int, month: int) -> Period:
    years, rest = divmod(month - 1, 12)
    first = date(year + years, rest + 1, 1)
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return Period(first, following - DAY)


def months(year: int, first: int, last: int) -> Period:
    """From one month of a year to another; numbers below 1 and above 12 run into other years."""
    return Period(_month(year, first).first, _month(year, last).last)


def parse(text: str) -> Period:
    """A period as the files write it.

    >>> str(parse("2026-Q3")), str(parse("2026-02")), str(parse("2025-12..2026-01"))
    ('2026-07-01/2026-09-30', '2026-02-01/2026-02-28', '2025-12-01/2026-01-31')
    """
    if ".." in text:
        first, last = text.split("..")
        return Period(parse(first).first, parse(last).last)
    parts = text.split("-")
    year = int(parts[0])
    if len(parts) == 1:
        return months(year, 1, 12)
    if parts[1].startswith("Q"):
        quarter = int(parts[1][1:])
        return months(year, 3 * quarter - 2, 3 * quarter)
    if len(parts) == 2:
        return _month(year, int(parts[1]))
    return Period(date.fromisoformat(text), date.fromisoformat(text))


def year_before(period: Period) -> Period:
    """The same days of the year before; a whole February stays whole."""
    first, last = period.first, period.last
    if first.day == 1 and (last + DAY).day == 1:
        span = 12 * (last.year - first.year) + last.month - first.month
        return months(first.year - 1, first.month, first.month + span)
    return Period(_back(first), _back(last))


def _back(day: date) -> date:
    return date(day.year - 1, day.month, 28 if (day.month, day.day) == (2, 29) else day.day)


def before(period: Period) -> Period:
    """The period of the same length that ends where this one begins."""
    first, last = period.first, period.last
    if first.day == 1 and (last + DAY).day == 1:
        span = 12 * (last.year - first.year) + last.month - first.month
        return months(first.year, first.month - span - 1, first.month - 1)
    return Period(first - (last - first + DAY), first - DAY)


def split(period: Period, unit: str) -> list[Period]:
    """The days, months, quarters or years that lie in a period, cut to it."""
    if unit == "day":
        count = (period.last - period.first).days + 1
        return [Period(day, day) for day in (period.first + DAY * n for n in range(count))]
    step = {"month": 1, "quarter": 3, "year": 12}[unit]
    start = period.first.month - (period.first.month - 1) % step
    marks = [date(period.first.year, start, 1)]
    while marks[-1] <= period.last:
        marks.append(months(marks[-1].year, marks[-1].month + step, marks[-1].month + step).first)
    return [
        Period(max(one, period.first), min(next_ - DAY, period.last))
        for one, next_ in pairwise(marks)
    ]


def name(period: Period, unit: str) -> str:
    """How a part of a period is written in the answers."""
    first = period.first
    if unit == "quarter":
        return f"{first.year}-Q{(first.month + 2) // 3}"
    return first.isoformat()[: {"day": 10, "month": 7, "year": 4}[unit]]


def said(word: str, today: date) -> Period:
    """What a relative word means on a day; "so far" ends with yesterday, the last day with data."""
    year, month = today.year, today.month
    quarter = 3 * ((month + 2) // 3) - 2
    monday = today - DAY * today.weekday()
    plain = {
        "today": Period(today, today),
        "yesterday": Period(today - DAY, today - DAY),
        "day_before_yesterday": Period(today - 2 * DAY, today - 2 * DAY),
        "last_week": Period(monday - 7 * DAY, monday - DAY),
        "last_7_days": Period(today - 7 * DAY, today - DAY),
        "last_30_days": Period(today - 30 * DAY, today - DAY),
        "this_month": _month(year, month),
        "last_month": months(year, month - 1, month - 1),
        "month_before_last": months(year, month - 2, month - 2),
        "last_2_months": months(year, month - 2, month - 1),
        "last_3_months": months(year, month - 3, month - 1),
        "last_6_months": months(year, month - 6, month - 1),
        "last_12_months": months(year, month - 12, month - 1),
        "last_month_a_year_ago": months(year - 1, month - 1, month - 1),
        "last_quarter": months(year, quarter - 3, quarter - 1),
        "quarter_before_last": months(year, quarter - 6, quarter - 4),
        "last_quarter_a_year_ago": months(year - 1, quarter - 3, quarter - 1),
        "last_4_quarters": months(year, quarter - 12, quarter - 1),
        "this_quarter_so_far": Period(date(year, quarter, 1), today - DAY),
        "this_year_so_far": Period(date(year, 1, 1), today - DAY),
        "first_half": months(year, 1, 6),
        "first_three_quarters": months(year, 1, 9),
        "last_year": months(year - 1, 1, 12),
        "year_before_last": months(year - 2, 1, 12),
        "first_quarter": months(year, 1, 3),
        "second_quarter": months(year, 4, 6),
        "third_quarter": months(year, 7, 9),
    }
    return plain[word]
