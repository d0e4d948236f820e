"""Claims that a contract lets be verified of a person: fixed conditions, at most one bounded value.

Whoever asks chooses a claim, never a condition: with free conditions any value could be found by
halving. The one argument is a month, a year or a day from 2000 on that has begun.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from xihu_platform.words import Text

ClaimOperator = Literal["eq", "in", "gte", "lte", "between"]
ClaimValue = str | int | Decimal | date | datetime
ArgumentKind = Literal["month", "year", "date"]
FIRST_YEAR = 2000
ARGUMENT_TYPES: dict[ArgumentKind, tuple[str, ...]] = {
    "month": ("DATE", "TIMESTAMP"),
    "year": ("DATE", "TIMESTAMP", "INTEGER", "BIGINT"),
    "date": ("DATE", "TIMESTAMP"),
}
"""Types of the fields that an argument of each kind can be compared with."""
_FORMS: dict[ArgumentKind, str] = {
    "month": r"(\d{4})-(\d{2})",
    "year": r"(\d{4})",
    "date": r"(\d{4})-(\d{2})-(\d{2})",
}


@dataclass(frozen=True, slots=True)
class ClaimCondition:
    """One fixed condition on one field; `values` are of the field's type."""

    field: str
    op: ClaimOperator
    values: tuple[ClaimValue, ...]


@dataclass(frozen=True, slots=True)
class ClaimArgument:
    """The one value that whoever asks gives, and the field that it is compared with."""

    name: str
    field: str
    kind: ArgumentKind


@dataclass(frozen=True, slots=True)
class Claim:
    """一致 of a person when a record of theirs that has the argument meets every condition; 不一致
    when they have such records and none does; 查无记录 when they have none."""

    id: str
    title: Text
    where: tuple[ClaimCondition, ...]
    argument: ClaimArgument | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that it says something about, each once."""
        last = (self.argument.field,) if self.argument is not None else ()
        return tuple(dict.fromkeys((*(one.field for one in self.where), *last)))


@dataclass(frozen=True, slots=True)
class ClaimPeriod:
    """The days of an argument: from `first` up to the day before `end`."""

    text: str
    """As it was given; each period has one form only."""
    kind: ArgumentKind
    first: date
    end: date


def find_period(
    argument: ClaimArgument | None, text: str | None, today: date
) -> ClaimPeriod | None:
    """What a claim without an argument takes is None. Raises ValueError for anything else that the
    claim does not take: another form, before 2000, not begun yet.

    >>> find_period(ClaimArgument("month", "period", "month"), "2026-09", date(2026, 11, 23)).end
    datetime.date(2026, 10, 1)
    """
    if argument is None:
        if text is not None:
            raise ValueError
        return None
    found = re.fullmatch(_FORMS[argument.kind], text or "", re.ASCII)
    if text is None or found is None:
        raise ValueError
    numbers = [int(part) for part in found.groups()]
    year, month, day = (*numbers, 1, 1)[:3]
    first = date(year, month, day)
    if year < FIRST_YEAR or first > today:
        raise ValueError
    return ClaimPeriod(text, argument.kind, first, _end(first, argument.kind))


def _end(first: date, kind: ArgumentKind) -> date:
    if kind == "date":
        return date.fromordinal(first.toordinal() + 1)
    months = 12 if kind == "year" else 1
    month = first.year * 12 + first.month - 1 + months
    return date(month // 12, month % 12 + 1, 1)
