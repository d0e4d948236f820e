"""Values of a metric from the sums that an engine found: exact, and the same from every engine.

Engines add DECIMAL and integers up exactly, but they divide and scale each in its own way (DuckDB
divides DECIMAL as DOUBLE). So the last step is Python's `decimal`, for the at most
`query.SERIES_LIMIT` rows of an answer, never for the rows of a table. Rounding is half away from
zero, as it is in DuckDB's `round` of a DECIMAL.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal

import pyarrow as pa

from xihu_platform.brain.spec import MetricSpec

_EXACT = Context(prec=250, rounding=ROUND_HALF_UP)
"""Sums have at most 38 digits, before and behind the point. A quotient of two that is no tie
differs from every tie within its first 200 digits: one of 250 digits rounds as the exact one."""
CHANGE_DECIMALS = 1
SHARE_DECIMALS = 1
POINT_DECIMALS = 2
"""Of contributions: a county's part of a province's growth is often below a tenth of a point."""


def answer_rows(spec: MetricSpec, table: pa.Table) -> list[dict[str, object]]:
    """The rows of a `metric_statement`, with `value` and `amount` in place of its parts, and
    `year_on_year` and `period_on_period` where they were asked for."""
    return [dict(_row(spec, row)) for row in table.to_pylist()]


def _row(spec: MetricSpec, row: dict[str, object]) -> Iterator[tuple[str, object]]:
    for name in row:
        if name == "numerator":
            break
        yield name, row[name]
    now = value_of(spec, row["numerator"], row.get("denominator"))
    yield "value", now
    yield "amount", amount_of(spec, row["numerator"], now)
    for before, name in (("y", "year_on_year"), ("p", "period_on_period")):
        if f"numerator_{before}" in row:
            parts = row[f"numerator_{before}"], row.get(f"denominator_{before}")
            yield name, change_of(spec, now, value_of(spec, *parts))


def value_of(spec: MetricSpec, numerator: object, denominator: object) -> Decimal | None:
    """None where a part is unknown or nothing is divided by nothing."""
    amount = _number(numerator)
    if amount is None:
        return None
    amount = _EXACT.multiply(amount, Decimal(spec.scale))
    if spec.denominator is not None:
        whole = _number(denominator)
        if not whole:
            return None
        amount = _EXACT.divide(amount, whole)
    return _rounded(amount, spec.decimals)


def change_of(spec: MetricSpec, now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """Between two published values: of a rate in percentage points (百分点), else in per cent."""
    if now is None or before is None:
        return None
    difference = _EXACT.subtract(now, before)
    if spec.is_rate:
        return _rounded(difference, max(spec.decimals, CHANGE_DECIMALS))
    if not before:
        return None
    hundredths = _EXACT.divide(_EXACT.multiply(difference, Decimal(100)), before)
    return _rounded(hundredths, CHANGE_DECIMALS)


def amount_of(spec: MetricSpec, numerator: object, value: Decimal | None) -> Decimal | None:
    """What shares and contributions are reckoned from: the amount before rounding. None of a
    ratio, which does not add up.

    Of a metric that hides small cells it is the published value: what is reckoned from published
    values alone says nothing new of a hidden one.
    """
    if spec.denominator is not None:
        return None
    amount = _number(numerator)
    if spec.smallest_cell or amount is None:
        return value
    return _EXACT.multiply(amount, Decimal(spec.scale))


def share_of(part: Decimal, whole: Decimal) -> Decimal | None:
    """A part's share of a whole in per cent; None of a whole that is not above zero.

    >>> share_of(Decimal(1), Decimal(3))
    Decimal('33.3')
    """
    return _quotient(_hundred(part), whole, SHARE_DECIMALS) if whole > 0 else None


def contribution_of(now: Decimal, before: Decimal, whole_before: Decimal) -> Decimal | None:
    """What a part adds to the growth of its whole, in percentage points: its own change over the
    whole a year before. The parts of a whole add up to its growth.

    >>> contribution_of(Decimal(12), Decimal(10), Decimal(40))
    Decimal('5.00')
    """
    if whole_before <= 0:
        return None
    return _quotient(_hundred(_EXACT.subtract(now, before)), whole_before, POINT_DECIMALS)


@dataclass(frozen=True, slots=True)
class Change:
    """An amount and that of a year before."""

    now: Decimal
    before: Decimal

    @property
    def step(self) -> Decimal:
        return _EXACT.subtract(self.now, self.before)


def region_excess(part: Change, whole: Change, above: Change) -> Decimal | None:
    """What a region of a place adds to the difference between the growth of the place and that
    `above`, in percentage points: weight a year before times own growth less growth above.

    The regions of a place add up to the difference:
    `sum(b_i / b * (g_i - G)) = g - G`, since the weights add up to one.
    """
    grown = _EXACT.multiply(part.step, above.before)
    expected = _EXACT.multiply(part.before, above.step)
    return _over(_EXACT.subtract(grown, expected), whole, above)


def class_excess(part: Change, whole: Change, part_above: Change, above: Change) -> Decimal | None:
    """What a class (an industry, say) adds to the same difference: its contribution to the growth
    of the place less its contribution to the growth above. The classes add up to the difference.
    """
    here = _EXACT.multiply(part.step, above.before)
    there = _EXACT.multiply(part_above.step, whole.before)
    return _over(_EXACT.subtract(here, there), whole, above)


def _over(amount: Decimal, whole: Change, above: Change) -> Decimal | None:
    """Divided once, so that it is rounded once."""
    if whole.before <= 0 or above.before <= 0:
        return None
    base = _EXACT.multiply(whole.before, above.before)
    return _quotient(_hundred(amount), base, POINT_DECIMALS)


def _hundred(amount: Decimal) -> Decimal:
    return _EXACT.multiply(amount, Decimal(100))


def _quotient(amount: Decimal, base: Decimal, decimals: int) -> Decimal:
    return _rounded(_EXACT.divide(amount, base), decimals)


def _rounded(amount: Decimal, decimals: int) -> Decimal:
    rounded = amount.quantize(Decimal(1).scaleb(-decimals), context=_EXACT)
    return rounded if rounded else abs(rounded)  # never a negative zero


def _number(found: object) -> Decimal | None:
    """A sum as the engine found it. A formula that divides within itself is a double."""
    if found is None:
        return None
    number = found if isinstance(found, Decimal) else Decimal(repr(found))
    return number if number.is_finite() else None
