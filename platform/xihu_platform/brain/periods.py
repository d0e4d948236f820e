"""Calendar periods: where one begins and ends, and how many finer ones it contains."""

from datetime import date, datetime, timedelta

from xihu_platform.brain.spec import GRAINS, Grain

_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def period_start(moment: datetime, grain: Grain) -> datetime:
    """The first moment of the period that holds `moment`.

    >>> period_start(datetime(2026, 8, 17, 9, 30), "quarter")
    datetime.datetime(2026, 7, 1, 0, 0)
    """
    if grain == "hour":
        return moment.replace(minute=0, second=0, microsecond=0)
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if grain == "day":
        return day
    months = _MONTHS[grain]
    return day.replace(month=(day.month - 1) // months * months + 1, day=1)


def shift(start: datetime, grain: Grain, periods: int) -> datetime:
    """The start of the period so many periods later, within the years that dates have.

    >>> shift(datetime(2026, 1, 1), "quarter", -1), shift(datetime(2026, 2, 28), "day", 1)
    (datetime.datetime(2025, 10, 1, 0, 0), datetime.datetime(2026, 3, 1, 0, 0))
    """
    if grain in {"hour", "day"}:
        try:
            return start + timedelta(**{f"{grain}s": periods})
        except OverflowError:
            return datetime.min if periods < 0 else datetime.max
    months = start.year * 12 + start.month - 1 + _MONTHS[grain] * periods
    if not 12 <= months < 120_000:
        return datetime.min if periods < 0 else datetime.max
    return start.replace(year=months // 12, month=months % 12 + 1)


def year_before(start: datetime) -> datetime:
    """The same period of the year before; 29 February has the 28th, as in DuckDB."""
    if start.year == 1:
        return start
    day = 28 if (start.month, start.day) == (2, 29) else start.day
    return start.replace(year=start.year - 1, day=day)


def count_within(start: datetime, grain: Grain, finer: Grain, until: date) -> int:
    """How many periods of `finer` lie in the period and have ended by the morning of `until`.

    >>> count_within(datetime(2026, 1, 1), "quarter", "month", date(2026, 3, 5))
    2
    """
    if GRAINS.index(finer) > GRAINS.index(grain):
        finer = grain
    end = min(shift(start, grain, 1), datetime(until.year, until.month, until.day))
    if end <= start:
        return 0
    if finer in {"hour", "day"}:
        return (end - start) // timedelta(**{f"{finer}s": 1})
    months = (end.year - start.year) * 12 + end.month - start.month
    return months // _MONTHS[finer]
