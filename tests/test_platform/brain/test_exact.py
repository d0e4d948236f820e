"""Values of metrics against exact fractions over the raw rows, where doubles go wrong."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import floor

import duckdb
import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.test_platform.brain.test_query import FLOW, POLICY
from xihu_platform.access.policy import FieldPolicy
from xihu_platform.brain.envelope import _number
from xihu_platform.brain.exact import answer_rows, change_of, value_of
from xihu_platform.brain.query import MetricQuery, metric_statement
from xihu_platform.brain.spec import MetricSpec
from xihu_platform.engines.duckdb.statements import run_statement
from xihu_platform.sql import Relation
from xihu_platform.words import Text

MONEY = replace(
    POLICY,
    fields=(
        *POLICY.fields,
        FieldPolicy("paid", POLICY.title, "DECIMAL(18,2)", "L1"),
        FieldPolicy("owed", POLICY.title, "DECIMAL(24,6)", "L1"),
    ),
)
PAID = replace(FLOW, numerator="sum(paid)", region_field=None)
SHARE = replace(PAID, kind="ratio", denominator="sum(owed)", scale="100")
PERCENT = Text("%", "%")
Rows = list[tuple[int, Decimal, Decimal]]
"""Year, paid and owed."""


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def rounded(exact: Fraction, decimals: int) -> Decimal:
    """Half away from zero, by integers alone."""
    whole = floor(abs(exact) * 10**decimals + Fraction(1, 2))
    return Decimal(whole if exact >= 0 else -whole).scaleb(-decimals)


def answered(
    connection: duckdb.DuckDBPyConnection, spec: MetricSpec, rows: Rows, *, compare: bool = False
) -> list[dict[str, object]]:
    columns = {
        "day": pa.array([date(year, 6, 1) for year, _, _ in rows]),
        "paid": pa.array([paid for _, paid, _ in rows], pa.decimal128(18, 2)),
        "owed": pa.array([owed for _, _, owed in rows], pa.decimal128(24, 6)),
    }
    connection.register("raw", pa.table(columns))
    query = MetricQuery(grain="year", compare=compare)
    statement = metric_statement(spec, MONEY, query, Relation("raw", "duckdb"))
    return answer_rows(spec, run_statement(connection, statement).to_arrow_table())


CENTS = st.integers(-(10**17), 10**17).map(lambda n: Decimal(n).scaleb(-2))
MILLIONTHS = st.integers(-(10**20), 10**20).map(lambda n: Decimal(n).scaleb(-6))
SOME = st.lists(st.tuples(st.sampled_from([2025, 2026]), CENTS, MILLIONTHS), min_size=1, max_size=9)


@given(
    rows=SOME,
    scale=st.sampled_from(["1", "100", "0.0001", "0.00000001"]),
    decimals=st.integers(0, 4),
)
@settings(deadline=None, max_examples=60)
def test_sums_and_shares_are_those_of_exact_fractions(
    connection: duckdb.DuckDBPyConnection, rows: Rows, scale: str, decimals: int
) -> None:
    for spec in (PAID, SHARE):
        spec = replace(spec, scale=scale, decimals=decimals)
        for row in answered(connection, spec, rows):
            year = row["period"].year  # type: ignore[attr-defined]  # a period of a year
            amount = sum(Fraction(paid) for y, paid, _ in rows if y == year) * Fraction(scale)
            whole = sum(Fraction(owed) for y, _, owed in rows if y == year)
            if spec.denominator is None:
                assert row["value"] == rounded(amount, decimals)
            else:
                assert row["value"] == (rounded(amount / whole, decimals) if whole else None)


@given(rows=SOME, rate=st.booleans(), decimals=st.integers(0, 3))
@settings(deadline=None, max_examples=60)
def test_changes_are_those_of_the_published_values(
    connection: duckdb.DuckDBPyConnection, rows: Rows, rate: bool, decimals: int
) -> None:
    spec = replace(PAID, decimals=decimals, unit=PERCENT if rate else PAID.unit)
    told = answered(connection, spec, rows, compare=True)
    values = {row["period"].year: row["value"] for row in told}  # type: ignore[attr-defined]
    assert told[0]["year_on_year"] is None
    if len(told) < 2:
        return
    before, now = (Fraction(str(values[year])) for year in (2025, 2026))
    if rate:
        assert told[1]["year_on_year"] == rounded(now - before, max(decimals, 1))
    elif before:
        assert told[1]["year_on_year"] == rounded((now / before - 1) * 100, 1)
    else:
        assert told[1]["year_on_year"] is None


@pytest.mark.parametrize(
    ("numerator", "denominator", "scale", "decimals", "value"),
    [
        ("0.125", None, "1", 2, "0.13"),
        ("-0.125", None, "1", 2, "-0.13"),
        ("2.675", None, "1", 2, "2.68"),  # as a double 2.67499…
        ("1.005", None, "100", 0, "101"),  # as a double 100.49999…
        ("1000000000000000.01", None, "1", 2, "1000000000000000.01"),
        ("99999999999999999999999999999999.999999", None, "1", 6, None),
        ("1", "8", "100", 0, "13"),
        ("-1", "8", "100", 0, "-13"),
        ("1", "200", "1", 2, "0.01"),
        ("1", "3", "1", 3, "0.333"),
        ("-0.004", None, "1", 2, "0.00"),
    ],
)
def test_the_last_digit_is_rounded_half_away_from_zero(
    numerator: str, denominator: str | None, scale: str, decimals: int, value: str | None
) -> None:
    spec = replace(PAID, scale=scale, decimals=decimals, denominator=denominator)
    found = value_of(spec, Decimal(numerator), denominator and Decimal(denominator))
    assert str(found) == (value or numerator)


def test_a_quotient_next_to_a_tie_is_not_taken_for_one() -> None:
    """It differs from 0.005 in the 38th digit alone."""
    most = 10**38 - 1
    share = replace(SHARE, scale="1", decimals=2)
    assert value_of(share, most // 200, most) == Decimal("0.00")
    assert value_of(share, most // 200 + 1, most) == Decimal("0.01")


def test_what_cannot_be_worked_out_is_unknown() -> None:
    assert value_of(PAID, None, None) is None
    assert value_of(SHARE, Decimal(1), None) is None
    assert value_of(SHARE, Decimal(1), Decimal(0)) is None
    assert value_of(PAID, float("inf"), None) is None
    assert change_of(PAID, Decimal(1), None) is None
    assert change_of(PAID, None, Decimal(1)) is None
    assert change_of(PAID, Decimal(1), Decimal(0)) is None


def test_sums_of_integers_beyond_sixteen_digits_are_exact(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    large = 9_007_199_254_740_993
    relation = Relation(f"(SELECT DATE '2026-01-01' AS day, {large} AS n FROM range(3))", "duckdb")
    spec = replace(PAID, numerator="sum(n)", decimals=0)
    statement = metric_statement(spec, MONEY, MetricQuery(grain="year"), relation)
    (row,) = answer_rows(spec, run_statement(connection, statement).to_arrow_table())
    assert row["value"] == 3 * large


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("1000000000000000.01", b"1000000000000000.01"),
        ("12345678901234567890", b"12345678901234567890"),
        ("0.1", b"0.1"),
        ("15.0", b"15.0"),
        ("-27.35", b"-27.35"),
    ],
)
def test_an_answer_writes_every_digit(value: str, written: bytes) -> None:
    assert orjson.dumps({"value": _number(Decimal(value))}) == b'{"value":%b}' % written
