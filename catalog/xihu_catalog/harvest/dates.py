"""Dates as sources write them; one that can be read in two ways is left out."""

import re
from calendar import monthrange
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from unicodedata import normalize

_FIRST_YEAR, _LAST_YEAR = 1000, 2200
_YEAR_FIRST = re.compile(
    r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)?|年)?(?:Z|[+-]\d\d:?\d\d)?"
)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)")
_DAY_FIRST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_EPOCH = re.compile(r"\d{10}(?:\d{3})?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED = re.compile(r"(?:(\d{1,2})\s+([a-z]+)|([a-z]+)\s+(\d{1,2}))\.?,?\s+(\d{4})")


def read_moment(text: str, *, utc: bool = False, end: bool = False) -> date | datetime | None:
    """A day, or a moment with its zone; None for what is none.

    A year or a month is its first day, as the end of a period its last. A time without a zone is
    UTC where `utc` says so, else its day alone is kept.

    >>> read_moment("2024年3月5日"), read_moment("2024"), read_moment("2024-02", end=True)
    (datetime.date(2024, 3, 5), datetime.date(2024, 1, 1), datetime.date(2024, 2, 29))
    >>> read_moment("05/04/2024"), read_moment("13/04/2024"), read_moment("R/P1D")
    (None, datetime.date(2024, 4, 13), None)
    """
    plain = normalize("NFKC", text).strip()[:64]
    if not plain:
        return None
    try:
        found = _read(plain, end=end)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    if found is None or not _FIRST_YEAR <= found.year < _LAST_YEAR:
        return None
    if isinstance(found, datetime) and found.tzinfo is None:
        return found.replace(tzinfo=UTC) if utc else found.date()
    return found


def _read(plain: str, *, end: bool) -> date | datetime | None:
    if _EPOCH.fullmatch(plain):
        return datetime.fromtimestamp(int(plain[:10]), UTC)
    if whole := _COMPACT.fullmatch(plain):
        return date(*map(int, whole.groups()))
    if whole := _YEAR_FIRST.fullmatch(plain):
        return _day(*whole.groups(), end=end)
    if whole := _DAY_FIRST.fullmatch(plain):
        return _ambiguous(*map(int, whole.groups()))
    if whole := _NAMED.fullmatch(plain.casefold()):
        return _named(*whole.groups())
    if plain[:4].isdecimal():
        return datetime.fromisoformat(plain.replace("/", "-"))
    return parsedate_to_datetime(plain)


def _day(year: str, month: str | None, day: str | None, *, end: bool) -> date:
    number = int(month) if month else 12 if end else 1
    last = monthrange(int(year), number)[1] if end else 1
    return date(int(year), number, int(day) if day else last)


def _ambiguous(first: int, second: int, year: int) -> date | None:
    """Day and month are known apart where one of them is over 12, or both are the same."""
    if first > 12 or first == second:
        return date(year, second, first)
    return date(year, first, second) if second > 12 else None


def _named(*parts: str | None) -> date:
    day, month, other_month, other_day, year = parts
    name = (month or other_month or "")[:3]
    return date(int(year or 0), _MONTHS.index(name) + 1, int(day or other_day or 0))
