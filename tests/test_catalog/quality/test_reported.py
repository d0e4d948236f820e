"""What the public sees of the quality of open data about firms with fields that are not open."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from tests.contracts import contract, field, refer
from xihu_catalog.contracts.model import policy_of
from xihu_catalog.datasets.public_counts import count_of_fields, public_count
from xihu_catalog.datasets.service import Heartbeat
from xihu_catalog.quality.dimensions import (
    DIMENSIONS,
    Dimension,
    DimensionCheck,
    DimensionMeasure,
    Measures,
)
from xihu_catalog.quality.history import MeasuredDataset, MeasuredLoad
from xihu_catalog.quality.reported import reported
from xihu_platform.rough import Rough
from xihu_platform.words import Text

FIRMS = contract(
    "firms",
    [
        field("uscc", key=True, firmKey=True, identifier="uscc", required=True),
        field("loan", "INTEGER", refer("loans.id"), grade="L2", required=True),
        field("town", required=True),
    ],
    more={"openClass": "unconditional"},
)


def check(name: str, passed: int) -> DimensionCheck:
    return DimensionCheck(name, Text(name, name), passed, 1000)


def measures(**of: tuple[DimensionCheck, ...]) -> Measures:
    found: Measures = dict.fromkeys(DIMENSIONS, DimensionMeasure())
    names: dict[str, Dimension] = {one: one for one in DIMENSIONS}
    return found | {names[name]: DimensionMeasure(checks) for name, checks in of.items()}


NOW = measures(
    conformity=(check("loan.type", 997), check("row.readable", 999)),
    completeness=(check("loan.required", 900), check("town.required", 990)),
    accuracy=(check("key.unique", 1000), check("gone.range", 5)),
    consistency=(check("loan.reference", 800),),
)
LOAD = MeasuredLoad("one", datetime(2026, 11, 23, tzinfo=UTC), False, NOW)
MEASURED = MeasuredDataset(FIRMS, Heartbeat("live", None, None, 1000, 1), None, NOW, (LOAD,))


def test_the_closed_fields_of_an_open_dataset_about_firms() -> None:
    assert policy_of(FIRMS).closed_fields == {"loan"}
    of_nobody = contract("air", [field("kk", key=True), field("loan", grade="L2")])
    assert policy_of(of_nobody).closed_fields == frozenset()


def test_what_reads_a_closed_field_is_in_no_share_and_no_count() -> None:
    found = reported(MEASURED, public=True, unreadable=frozenset({"loan"}))
    counted = {
        one.id: [(c.id, c.passed) for c in one.measure.checks]
        for one in found.dimensions
        if one.measure is not None
    }
    assert counted["conformity"] == [("row.readable", 999)]
    assert counted["completeness"] == [("town.required", 990)]
    assert counted["accuracy"] == [("key.unique", 1000)], "and no rule of an earlier contract"
    assert "consistency" not in counted
    shares = {one.id: one.share for one in found.dimensions}
    assert shares["completeness"] == Decimal("0.990")
    gaps = {one.id: one.gap.code for one in found.dimensions if one.gap}
    assert gaps == {"consistency": "closed_fields"}
    (load,) = found.history
    assert load.measures["completeness"].share == Decimal("0.99")
    assert found.measured.history == found.history


def test_who_may_read_all_fields_gets_all() -> None:
    found = reported(MEASURED, public=False, unreadable=frozenset())
    assert found.measured is MEASURED
    assert next(one for one in found.dimensions if one.id == "completeness").share == Decimal(
        "0.945"
    )


def test_counts_of_closed_fields_are_rough_and_those_of_open_ones_exact() -> None:
    unreadable = policy_of(FIRMS).closed_fields
    both, town = (
        count_of_fields(FIRMS, fields, 123, public=True, unreadable=unreadable)
        for fields in (("loan", "town"), ("town",))
    )
    assert (type(both), int(both)) == (Rough, 120)
    assert (type(town), town) == (int, 123)
    assert public_count(FIRMS, 123) == 123


def test_the_rows_of_closed_data_about_firms_are_rough_whatever_their_grade() -> None:
    """As its metrics need a threshold, whatever the grade of its fields."""
    closed = replace(FIRMS, open_class="restricted", fields=(FIRMS.fields[0], FIRMS.fields[2]))
    assert not policy_of(closed).shows_sample_only
    assert isinstance(public_count(closed, 123), Rough)
    assert not isinstance(public_count(closed, 123, public=False), Rough)
