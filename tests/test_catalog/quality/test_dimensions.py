"""The six dimensions of a load, against a table of load records that was worked out by hand.

What is counted per record: `full` has 4 checks of conformity (the record can be read, county.code,
amount.type, at.type), 2 of completeness (id, county), 5 of accuracy (key.unique, amount.range, both
checks of uscc, amount_even) and 2 of consistency (both, county.reference).
"""

import csv
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest

from tests import contracts
from tests.contracts import field, refer
from xihu_catalog.contracts.model import Contract
from xihu_catalog.quality.dimensions import LoadRecord, measure_load
from xihu_platform.statute.calendar import DayKind, WorkingCalendar

TABLE = Path(__file__).with_name("dimensions.csv").read_text(encoding="utf-8")
CASES = list(csv.DictReader(TABLE.splitlines()))
HOLIDAYS: dict[date, DayKind] = {date(2026, 10, day): "holiday" for day in range(1, 8)}
CALENDAR = WorkingCalendar({2026: 1}, HOLIDAYS | {date(2026, 10, 10): "worked"})
"""The arrangement of 2026: National Day from 1 to 7 October, Saturday 10 October is worked."""
RECORDED = ("conformity", "completeness", "accuracy", "consistency", "timeliness")


def sql(name: str, condition: str) -> contracts.Part:
    return {
        "id": name,
        "type": "sql",
        "query": f"SELECT count(*) FROM ${{table}} WHERE {condition}",
        "mustBe": 0,
    }


def full() -> Contract:
    fields = [
        field("id", key=True, required=True),
        field("county", "VARCHAR", refer("gj_counties.code"), required=True, codeList="divisions"),
        field("amount", "INTEGER", logicalTypeOptions={"minimum": 0}),
        field("at", "DATE", time=True),
        field("uscc", identifier="uscc"),
    ]
    quality = [
        sql("both", "amount > 5 AND county IS NULL"),
        sql("amount_even", "amount % 2 = 1"),
    ]
    return contracts.contract("gj_lines", fields, quality=quality)


def bare() -> Contract:
    return contracts.contract("gj_lines", [field("name"), field("remark")])


def hourly() -> Contract:
    fields = [field("id", key=True), field("at", "TIMESTAMP", time=True)]
    return contracts.contract("gj_lines", fields, more={"updateCycle": "realtime"})


def monthly() -> Contract:
    given = {"id": "value.given", "type": "library", "metric": "nullValues", "mustBe": 0}
    value = field("value", "INTEGER") | {"quality": [given]}
    fields = [field("id", key=True), field("period", "DATE", time=True), value]
    return contracts.contract("gj_lines", fields, more={"updateCycle": "monthly"})


def on_demand() -> Contract:
    form = {
        "id": "name.form",
        "type": "library",
        "metric": "invalidValues",
        "arguments": {"pattern": "^[A-Z]+$"},
        "mustBe": 0,
    }
    fields = [field("name") | {"quality": [form]}]
    return contracts.contract("gj_lines", fields, more={"updateCycle": "on_demand"})


MADE: dict[str, Callable[[], Contract | None]] = {
    "full": full,
    "bare": bare,
    "hourly": hourly,
    "monthly": monthly,
    "on_demand": on_demand,
    "unknown": lambda: None,
}


def record_of(case: dict[str, str]) -> LoadRecord:
    counts = dict(one.split(":") for one in case["rule_counts"].split())
    contract = MADE[case["contract"]]()
    time = contract.time_field if contract else None
    return LoadRecord(
        load_id="one",
        arrived_at=datetime.fromisoformat(case["arrived_at"]),
        received=int(case["received"]),
        accepted=int(case["accepted"]),
        rule_counts={rule: int(count) for rule, count in counts.items()},
        profile={time: {"nulls": 0, "maximum": case["newest"] or None}} if time else {},
        contract=contract,
    )


@pytest.mark.parametrize("case", CASES, ids=[one["case"] for one in CASES])
def test_a_load_is_measured_as_by_hand(case: dict[str, str]) -> None:
    before = datetime.fromisoformat(case["previous"]) if case["previous"] else None
    found = measure_load(record_of(case), before, CALENDAR)
    said = {
        name: one.gap.code if one.gap else f"{one.passed}/{one.checked}"
        for name, one in found.items()
    }
    assert said == {name: case[name] for name in RECORDED}
