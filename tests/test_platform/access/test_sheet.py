"""Which numbers a workbook holds as numbers: those of whose digits it loses none."""

from decimal import Decimal

import pytest

from xihu_platform.access.sheet import _fits


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        (Decimal("1234567890123.45"), True),
        (Decimal("12345678901234.50"), True),
        (Decimal("12345678901234.56"), False),
        (Decimal("1.00000000000000000000000000000000001"), False),
        (Decimal("-999999999999999"), True),
        (Decimal("1e15"), False),
        (10**15 - 1, True),
        (10**15, False),
        (0.1, True),
    ],
)
def test_a_number_of_more_than_fifteen_digits_leaves_as_a_text(
    value: float | Decimal, fits: bool
) -> None:
    assert _fits(value) is fits
