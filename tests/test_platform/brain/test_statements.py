"""The SQL of each kind of metric, in DuckDB's words and in Spark's: fixtures to review like code.

`statements/<question>.<dialect>.sql` holds a text with a line break before each clause.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from tests.test_platform.brain.test_query import FLOW, POLICY
from xihu_platform.brain.completeness import Fetch
from xihu_platform.brain.protection import Reader, _tables, population_of
from xihu_platform.brain.query import (
    MetricQuery,
    Window,
    metric_statement,
    presence_statement,
    span_statement,
)
from xihu_platform.brain.spec import Frame, MetricSpec
from xihu_platform.sql import Relation, Statement

FOLDER = Path(__file__).parent / "statements"
STOCK: MetricSpec = replace(FLOW, kind="stock", where="n >= 0 AND NOT kind IS NULL")
SHARE: MetricSpec = replace(
    FLOW, kind="ratio", numerator="count(*) FILTER (n > 0)", denominator="count(*)", scale="100"
)
MONTHS = Window(datetime(2026, 1, 1), datetime(2026, 6, 1))
FRAME = Frame("month", ("330106", "330108"), (("kind", ("a", "b")),))
Ask = Callable[[Relation], Statement]


def asked(spec: MetricSpec, query: MetricQuery) -> Ask:
    return lambda relation: metric_statement(spec, POLICY, query, relation)


def counted(spec: MetricSpec, *, breakdown: bool) -> Ask:
    """The statement by which cells are counted, caught where it would be run."""
    caught: list[Statement] = []

    def of(relation: Relation) -> Statement:
        fetch: Fetch = lambda make: caught.append(make(relation)) or []  # type: ignore[func-returns-value]  # noqa: E731
        reader = Reader((spec,), replace(POLICY, subject_key="kind"), fetch)
        reader.count(spec, _tables(spec)[0] if breakdown else population_of(spec), "quarter")
        return caught[-1]

    return of


QUESTIONS: dict[str, Ask] = {
    "flow_whole": asked(replace(FLOW, time_field=None, grain=None), MetricQuery()),
    "flow_compared": asked(
        FLOW,
        MetricQuery(grain="month", level="county", parent="330100", by=("kind",), compare=True),
    ),
    "flow_filtered": asked(
        FLOW,
        MetricQuery(
            grain="day", filters=(("kind", "a"),), start=date(2026, 1, 1), end=date(2026, 2, 1)
        ),
    ),
    "stock_by_city": asked(STOCK, MetricQuery(grain="quarter", level="city")),
    "ratio_compared": asked(SHARE, MetricQuery(grain="year", compare=True)),
    "span": lambda relation: span_statement(STOCK, POLICY, relation),
    "presence": lambda relation: presence_statement(
        FLOW, FRAME, POLICY, relation, "quarter", (), MONTHS, datetime(2026, 5, 15)
    ),
    "presence_without_time": lambda relation: presence_statement(
        FLOW, Frame(None, ()), POLICY, relation, None, ("kind",), MONTHS, datetime(2026, 5, 15)
    ),
    "cells_of_totals": counted(FLOW, breakdown=False),
    "cells_of_a_share": counted(SHARE, breakdown=True),
}


def laid_out(sql: str) -> str:
    """A line for each clause."""
    words = r"FROM|WHERE|GROUP BY|ORDER BY|QUALIFY|LEFT JOIN|LIMIT|SELECT|/\*|answer AS \("
    return re.sub(rf"(?<!DISTINCT)(?<!\*/) (?={words})", "\n", sql) + "\n"


@pytest.mark.parametrize("dialect", ["duckdb", "spark"])
@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_is_said_in_each_engine_s_words(question: str, dialect: str) -> None:
    """What a dialect cannot say raises an error while the text is made."""
    statement = QUESTIONS[question](Relation("visits", dialect))
    expected = FOLDER / f"{question}.{dialect}.sql"
    assert laid_out(statement.sql) == expected.read_text(encoding="utf-8")


def test_no_fixture_is_left_over() -> None:
    names = {f"{name}.{dialect}.sql" for name in QUESTIONS for dialect in ("duckdb", "spark")}
    assert {path.name for path in FOLDER.iterdir()} == names
