"""Values of a metric from the sums that an engine found: exact, and the same from every engine.

Engines add DECIMAL and integers up exactly, but they divide and scale each in its own way (DuckDB
divides DECIMAL as DOUBLE). So the last step is Python's `decimal`, for the at most
`query.SERIES_LIMIT` rows of an answer, never for the rows of a table. Rounding is half away from
zero, as it is in DuckDB's `round` of a DECIMAL.
"""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Context, Decimal

import pyarrow as pa

from xihu_platform.brain.spec import MetricSpec

_EXACT = Context(prec=250, rounding=ROUND_HALF_UP)
"""Sums have at most 38 digits, before and behind the point. A quotient of two that is no tie
differs from every tie within its first 200 digits: one of 250 digits rounds as the exact one."""
CHANGE_DECIMALS = 1


def answer_rows(spec: MetricSpec, table: pa.Table) -> list[dict[str, object]]:
    """The rows of a `metric_statement`, with `value` in place of its parts, and `year_on_year` and
    `period_on_period` where they were asked for."""
    return [dict(_row(spec, row)) for row in table.to_pylist()]


def _row(spec: MetricSpec, row: dict[str, object]) -> Iterator[tuple[str, object]]:
    for name in row:
        if name == "numerator":
            break
        yield name, row[name]
    now = value_of(spec, row["numerator"], row.get("denominator"))
    yield "value", now
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


def _rounded(amount: Decimal, decimals: int) -> Decimal:
    rounded = amount.quantize(Decimal(1).scaleb(-decimals), context=_EXACT)
    return rounded if rounded else abs(rounded)  # never a negative zero


def _number(found: object) -> Decimal | None:
    """A sum as the engine found it. A formula that divides within itself is a double."""
    if found is None:
        return None
    number = found if isinstance(found, Decimal) else Decimal(repr(found))
    return number if number.is_finite() else None
