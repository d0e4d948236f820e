"""Whom a count names, at each of its bounds, over a small table that Python counts beside it."""

from dataclasses import replace
from datetime import UTC, datetime

import duckdb
import pyarrow as pa
import pytest

from xihu_platform.access.answers import SUBJECTS_LISTED, Plan
from xihu_platform.access.counted import SINGLED_OUT, Counted, count_rows, is_personal, subjects_of
from xihu_platform.access.decision import Allow, FieldDecision, RowFilter
from xihu_platform.access.parameters import Parameters
from xihu_platform.access.policy import FieldPolicy, Grade, Policy
from xihu_platform.access.query import Filter, RowQuery, conditions_of
from xihu_platform.access.treatments import Rekey
from xihu_platform.engines.duckdb.statements import run_statement
from xihu_platform.lake.snapshot import Snapshot
from xihu_platform.sql import Relation, Statement, render
from xihu_platform.vault.keys import Pads
from xihu_platform.words import Text

T = Text("题", "title")
GRADES: dict[str, Grade] = {"area": "L1", "kind": "L2", "me": "L1", "zone": "L1"}
POLICY = Policy(
    dataset="d",
    title=T,
    provider="x",
    share_class="unconditional",
    share_conditions=None,
    share_basis=None,
    open_class="unconditional",
    fields=tuple(FieldPolicy(name, T, "VARCHAR", grade) for name, grade in GRADES.items()),
    subject_key="me",
)
BY_KIND = Filter("kind", "eq", "flu")
BY_AREA = Filter("area", "eq", "north")


VIEW = """(
    SELECT 'p' || lpad(n::VARCHAR, 5, '0') AS _subject, 'north' AS area, 'flu' AS kind, 'x' AS me,
        'x' AS zone FROM range({persons}) r(n)
    UNION ALL SELECT 'south', 'south', 'cold', 'x', 'x'
    UNION ALL SELECT NULL, 'north', 'flu', 'x', 'x'
)"""
"""People in the north with flu, one more in the south with a cold, one row of nobody."""


def make_plan(
    persons: int,
    query: RowQuery,
    *,
    subject_key: str | None = "me",
    rows: tuple[RowFilter, ...] = (),
) -> Plan:
    policy = replace(POLICY, subject_key=subject_key)
    allow = Allow("d", T, rows, tuple(FieldDecision(name, "clear") for name in GRADES), "office")
    parameters = Parameters(())
    filters = conditions_of(policy, allow, query, parameters)
    conditions = tuple(render(one, "duckdb") for one in filters)
    return Plan(
        policy,
        allow,
        Snapshot("d", 1, datetime(2026, 1, 1, tzinfo=UTC), (), (), persons),
        tuple(GRADES),
        Relation("", "duckdb"),
        Relation(VIEW.format(persons=persons), "duckdb"),
        conditions,
        tuple(parameters),
        Rekey(Pads("key", b"", b""), 1),
    )


def fetch(statement: Statement) -> pa.Table:
    with duckdb.connect() as connection:
        return run_statement(connection, statement).to_arrow_table()


def rows(plan: Plan) -> int:
    found = fetch(plan.count())
    return int(found["n"][0].as_py())


def count(persons: int, *filters: Filter, **how: object) -> Counted:
    query = RowQuery(filters=filters)
    plan = make_plan(persons, query, **how)  # type: ignore[arg-type]
    return count_rows(plan, query, rows=rows, fetch=fetch)


def people(number: int) -> tuple[str, ...]:
    return tuple(f"p{n:05}" for n in range(number))


def test_a_thousand_persons_are_told_and_listed_and_one_more_are_not() -> None:
    assert (SUBJECTS_LISTED, SINGLED_OUT) == (1000, 20)
    told = count(SUBJECTS_LISTED, BY_KIND)
    assert told == Counted(SUBJECTS_LISTED + 1, people(SUBJECTS_LISTED), others=False)
    assert count(SUBJECTS_LISTED + 1, BY_KIND) == Counted(None, (), others=True)


@pytest.mark.parametrize("persons", [SINGLED_OUT - 1, SINGLED_OUT, SINGLED_OUT + 1])
def test_twenty_left_by_the_other_filter_are_asked_about_and_twenty_one_are_not(
    persons: int,
) -> None:
    """The total is zero: whoever is listed is so for being singled out."""
    found = count(persons, Filter("kind", "eq", "none"), BY_AREA)
    assert found == Counted(0, people(persons) if persons <= SINGLED_OUT else ())


@pytest.mark.parametrize("persons", [1, SINGLED_OUT])
def test_persons_are_counted_however_many_rows_each_has(persons: int) -> None:
    """Thirty rows of one person are one person, who has been asked about."""
    query = RowQuery(filters=(Filter("kind", "eq", "none"), BY_AREA))
    thirty = VIEW.replace("range({persons}) r(n)", "range({persons}) r(n), range(30) t(k)")
    assert thirty != VIEW
    plan = replace(
        make_plan(persons, query), view=Relation(thirty.format(persons=persons), "duckdb")
    )
    assert count_rows(plan, query, rows=rows, fetch=fetch) == Counted(0, people(persons))


def test_two_equal_filters_are_two() -> None:
    """Where one of them is left out the other still holds, and the south is not asked about."""
    again = Filter("kind", "eq", "flu")
    other = Filter("area", "eq", "south")
    assert count(3, BY_KIND, again, other) == Counted(0, people(3))


def test_nobody_is_named_where_a_dataset_is_about_nobody() -> None:
    assert count(3, BY_KIND, subject_key=None) == Counted(4)


def test_an_unfiltered_total_counts_everybody_by_a_pin() -> None:
    assert count(3) == Counted(5, others=True)
    assert count(3, BY_AREA) == Counted(4, others=True)


def test_whoever_the_decision_names_is_named() -> None:
    own = (RowFilter("me", ("x",)),)
    assert count(3, BY_KIND, rows=own).subjects == ("x",)


def test_a_filter_is_personal_by_the_key_or_by_the_grade_alone() -> None:
    key = "".join(["m", "e"])
    for name, personal in ((key, True), ("kind", True), ("area", False), ("zone", False)):
        assert is_personal(POLICY, Filter(name, "eq", "x")) is personal, name
    assert not is_personal(POLICY, Filter("absent", "eq", "x"))


def test_a_page_names_each_person_once_in_its_order_and_never_nobody() -> None:
    page = pa.table({"_subject": ["b", None, "a", "b"]})
    assert subjects_of(make_plan(1, RowQuery()), page) == ("b", "a")
    assert subjects_of(make_plan(1, RowQuery(), subject_key=None), page) == ()
