"""What a claim takes as its argument, by a table typed by hand."""

from datetime import date

import pytest

from xihu_platform.access.claims import ArgumentKind, Claim, ClaimArgument, find_period
from xihu_platform.words import Text

TODAY = date(2026, 11, 23)


def argument(kind: ArgumentKind) -> ClaimArgument:
    return ClaimArgument("when", "day", kind)


@pytest.mark.parametrize(
    ("kind", "text", "first", "end"),
    [
        ("month", "2026-09", date(2026, 9, 1), date(2026, 10, 1)),
        ("month", "2025-12", date(2025, 12, 1), date(2026, 1, 1)),
        ("month", "2000-01", date(2000, 1, 1), date(2000, 2, 1)),
        ("month", "2026-11", date(2026, 11, 1), date(2026, 12, 1)),
        ("year", "2026", date(2026, 1, 1), date(2027, 1, 1)),
        ("date", "2026-11-23", date(2026, 11, 23), date(2026, 11, 24)),
        ("date", "2024-02-29", date(2024, 2, 29), date(2024, 3, 1)),
    ],
)
def test_a_period_is_its_days(kind: ArgumentKind, text: str, first: date, end: date) -> None:
    period = find_period(argument(kind), text, TODAY)
    assert period is not None
    assert (period.first, period.end, period.text) == (first, end, text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        *(("month", text) for text in ("2026-12", "2027-01", "1999-12", "2026-13", "2026-00")),
        *(("month", text) for text in ("2026-9", " 2026-09", "2026-09\n", "2026/09", "202609", "")),
        *(("month", text) for text in ("2026", "2026-09-01", "２０２６-09", "2026-09' OR 1=1 --")),
        *(("year", text) for text in ("2027", "1999", "26", "2026-01", "0000", "-2026")),
        *(("date", text) for text in ("2026-11-24", "2026-02-30", "2026-11", "1999-12-31")),
        ("month", None),
    ],
)
def test_anything_else_is_none(kind: ArgumentKind, text: str | None) -> None:
    with pytest.raises(ValueError):  # whatever is wrong with it
        find_period(argument(kind), text, TODAY)


def test_a_claim_without_an_argument_takes_none() -> None:
    assert find_period(None, None, TODAY) is None
    with pytest.raises(ValueError):
        find_period(None, "2026-09", TODAY)


def test_the_fields_of_a_claim_are_named_once() -> None:
    assert Claim("c", Text("题", "title"), (), argument("month")).fields == ("day",)
