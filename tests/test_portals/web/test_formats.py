"""Numbers on pages: every digit of a DECIMAL, grouped, and rounded half away from zero."""

from decimal import Decimal

import pytest

from xihu_portals.web.formats import number


@pytest.mark.parametrize(
    ("value", "decimals", "written"),
    [
        (
            "12345678901234567890123456789012.345678",
            None,
            "12,345,678,901,234,567,890,123,456,789,012.345678",
        ),
        (
            "-12345678901234567890123456789012.345678",
            2,
            "−12,345,678,901,234,567,890,123,456,789,012.35",
        ),
        ("1000000000000000.01", 2, "1,000,000,000,000,000.01"),
        ("26.25", 1, "26.3"),
        ("-26.25", 1, "−26.3"),
    ],
)
def test_a_number_keeps_the_digits_of_the_lake(
    value: str, decimals: int | None, written: str
) -> None:
    assert number(Decimal(value), decimals) == written
