"""Which cells of a dataset are hidden: units, metrics together, shares, earlier snapshots."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

import duckdb
import pytest

from tests.test_platform.brain.test_query import FLOW, POLICY, T
from xihu_platform.access.policy import FieldPolicy, Policy
from xihu_platform.brain.protection import (
    Pattern,
    Reader,
    check_family,
    check_published,
    check_threshold,
    decide,
    population_of,
)
from xihu_platform.brain.spec import Dimension, Grain, MetricSpec
from xihu_platform.engines.duckdb.statements import run_statement
from xihu_platform.errors import BadInput
from xihu_platform.sql import Relation
from xihu_platform.words import Text

FIRMS: Policy = replace(
    POLICY,
    fields=(*POLICY.fields, FieldPolicy("firm", T, "VARCHAR", "L1")),
    firm_key="firm",
)
COUNT: MetricSpec = replace(
    FLOW, id="count", numerator="count(*)", smallest_cell=5, dimensions=(Dimension("kind", T),)
)
SHARE: MetricSpec = replace(
    COUNT,
    id="share",
    kind="ratio",
    numerator="count(*) FILTER (n > 0)",
    denominator="count(*)",
    unit=Text("%", "%"),
    dimensions=(),
)
JANUARY = datetime(2026, 1, 1)
Cellwise = dict[tuple[str, str, str], int]


def table(cells: Cellwise, firms: int = 1_000_000, n: int = 1) -> str:
    """Records of county, kind and day, each of another firm unless `firms` says how many."""
    counted = [
        f"SELECT DATE '{day}' AS day, '{place}' AS place, '{kind}' AS kind, "
        f"if(i % 2 = 1, {n}, 0) AS n, 1 AS \"of\", 'f' || (i % {firms}) AS firm "
        f"FROM range({count}) AS r(i)"
        for (place, kind, day), count in cells.items()
    ]
    return f"({' UNION ALL '.join(counted)}) AS t"


def pattern(
    relation: str,
    family: Iterable[MetricSpec] = (COUNT,),
    earlier: tuple[Pattern, ...] = (),
    policy: Policy = FIRMS,
) -> Pattern:
    def fetch(make: object) -> list[dict[str, object]]:
        statement = make(Relation(relation, "duckdb"))  # type: ignore[operator]  # the function of `Fetch`
        with duckdb.connect() as connection:
            return list(run_statement(connection, statement).to_arrow_table().to_pylist())

    shown: dict[str, frozenset[int]] = {}
    for one in earlier:
        for name, count in one.shown.items():
            shown[name] = shown.get(name, frozenset()) | {count}
    return decide(Reader(tuple(family), policy, fetch), shown)


FULL: Cellwise = {
    (place, kind, day): 20
    for place in ("330102", "330106", "330203", "330205")
    for kind in ("a", "b")
    for day in ("2026-01-10", "2026-02-10")
}


def hides(found: Pattern, region: str | None, spec: MetricSpec = COUNT, kind: str = "") -> bool:
    grain: Grain = "quarter" if kind or spec.kind == "ratio" else "month"
    return found.hides(spec, region, JANUARY, grain, {"kind": kind} if kind else {})


def test_nothing_is_hidden_where_every_cell_is_large() -> None:
    found = pattern(table(FULL), (COUNT, SHARE))
    assert not hides(found, "330106")
    assert not hides(found, "330106", kind="a")
    assert not hides(found, "330106", SHARE)


def test_the_unit_of_a_cell_is_the_firm_and_not_the_record() -> None:
    three_firms = table(FULL, firms=3)
    assert hides(pattern(three_firms), "330106")
    records = replace(FIRMS, firm_key=None)
    assert not hides(pattern(three_firms, policy=records), "330106")


def test_the_unit_is_the_person_where_there_is_one() -> None:
    people = replace(FIRMS, subject_key="kind")
    assert hides(pattern(table(FULL), policy=people), "330106")


def test_a_total_hidden_for_one_metric_is_hidden_for_all_of_its_dataset() -> None:
    few = replace(SHARE, id="few", where="of = 2")
    relation = table(FULL).replace('1 AS "of"', 'if(i = 1, 2, 1) AS "of"')
    assert hides(pattern(relation, (COUNT, few)), "330106")
    assert not hides(pattern(relation), "330106")


def test_two_totals_of_different_records_are_not_both_published() -> None:
    """Their difference would be a cell that nobody hides."""
    with pytest.raises(BadInput, match="different records"):
        check_family((COUNT, replace(COUNT, id="part", where="n > 0")))
    check_family((COUNT, replace(COUNT, id="amount", numerator="sum(n)")))


def test_both_parts_of_a_share_are_cells() -> None:
    found = pattern(table(FULL).replace(", 0) AS n", ", 1) AS n"), (COUNT, SHARE))
    assert not hides(found, "330106")
    assert hides(found, "330106", SHARE)


def test_a_longer_period_is_hidden_where_one_of_its_months_is() -> None:
    few = FULL | {("330106", kind, "2026-02-10"): 1 for kind in "ab"}
    found = pattern(table(few))
    assert found.hides(COUNT, "330106", datetime(2026, 2, 1), "month", {})
    assert found.hides(COUNT, "330106", JANUARY, "quarter", {})
    assert found.hides(COUNT, "330106", JANUARY, "year", {})
    assert not hides(found, "330106")
    assert not found.hides(COUNT, "330100", JANUARY, "year", {})


def test_a_region_or_a_class_that_no_table_has_is_hidden() -> None:
    found = pattern(table(FULL))
    assert hides(found, "330999")
    assert hides(found, "330106", kind="z")


def test_a_cell_that_grew_by_few_is_hidden_until_it_has_grown_by_enough() -> None:
    first = pattern(table(FULL))
    cell = ("330106", "a", "2026-01-10")
    second = pattern(table(FULL | {cell: 22}), earlier=(first,))
    assert hides(second, "330106") and hides(second, "330106", kind="a")
    third = pattern(table(FULL | {cell: 24}), earlier=(first, second))
    assert hides(third, "330106", kind="a")
    fourth = pattern(table(FULL | {cell: 25}), earlier=(first, second, third))
    assert not hides(fourth, "330106") and not hides(fourth, "330106", kind="a")


def test_a_cell_is_compared_with_every_number_shown_of_it_not_with_the_last_alone() -> None:
    first = pattern(table(FULL))
    cell = ("330106", "a", "2026-01-10")
    second = pattern(table(FULL | {cell: 30}), earlier=(first,))
    assert not hides(second, "330106")
    third = pattern(table(FULL | {cell: 21}), earlier=(first, second))
    assert hides(third, "330106") and hides(third, "330106", kind="a")


def test_a_metric_without_a_threshold_over_closed_data_of_firms_is_not_answered() -> None:
    exact, closed = replace(COUNT, smallest_cell=0), replace(FIRMS, open_class="restricted")
    with pytest.raises(BadInput, match="smallest_cell"):
        check_threshold(exact, closed)
    check_threshold(COUNT, closed)
    check_threshold(exact, FIRMS)
    check_threshold(exact, replace(POLICY, open_class="restricted"))


@pytest.mark.parametrize(
    "reads",
    [
        {"where": "contact IS NULL"},
        {"numerator": "count(contact)"},
        {"denominator": "count(*) FILTER (contact <> '')", "kind": "ratio"},
        {"dimensions": (Dimension("contact", T),)},
    ],
)
def test_a_closed_field_of_open_data_about_firms_is_counted_with_a_threshold_alone(
    reads: dict[str, Any],
) -> None:
    firms = replace(FIRMS, fields=(*FIRMS.fields, FieldPolicy("contact", T, "VARCHAR", "L3")))
    exact = replace(COUNT, smallest_cell=0)
    check_threshold(exact, firms)
    check_threshold(replace(COUNT, **reads), firms)
    with pytest.raises(BadInput, match="smallest_cell"):
        check_threshold(replace(exact, **reads), firms)


def test_the_population_of_a_share_is_that_of_its_denominator() -> None:
    part = replace(SHARE, where="n > 1", denominator="count(*) FILTER (kind = 'a')")
    assert population_of(part).condition == "(n > 1) AND (kind = 'a')"


def test_a_share_tied_to_another_metric_is_published_for_the_province_only() -> None:
    tied = replace(SHARE, numerator="count(*) FILTER (kind = 'a')")
    with pytest.raises(BadInput, match="kind"):
        check_family((COUNT, tied))
    check_family((COUNT, replace(tied, finest_level="province")))
    check_family((COUNT, SHARE))


@pytest.mark.parametrize(
    ("spec", "grain", "dimensions"),
    [
        (COUNT, "day", ()),
        (COUNT, "month", ("kind",)),
        (COUNT, "year", ("kind", "kind")),
        (SHARE, "month", ()),
        (SHARE, "year", ("kind",)),
    ],
)
def test_a_table_that_is_not_published_is_refused(
    spec: MetricSpec, grain: str, dimensions: tuple[str, ...]
) -> None:
    with pytest.raises(BadInput):
        check_published(spec, grain, dimensions)  # type: ignore[arg-type]  # a grain
    check_published(replace(spec, smallest_cell=0), grain, dimensions)  # type: ignore[arg-type]
