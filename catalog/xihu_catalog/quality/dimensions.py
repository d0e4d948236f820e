"""The six dimensions of GB/T 36344-2018, measured from the records of a dataset's loads.

Each measure is A/B: of B checks, A passed. A check is one rule on one record, so that a record that
breaks two rules fails two checks; one that could not be read is checked by nothing else. What
cannot be measured says why; it is never 100 %. A load is measured by its own record and by the
contract that was in force for it, so that its values stay as they were. The six are not added up
to one score: the standard has none.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Literal, get_args

import sqlglot
from sqlglot import exp

from xihu_catalog.contracts.model import Contract, Rule
from xihu_catalog.datasets.as_of import CYCLES, as_of, due_at
from xihu_platform.clock import SHANGHAI
from xihu_platform.statute.calendar import WorkingCalendar
from xihu_platform.words import Text

Dimension = Literal[
    "conformity", "completeness", "accuracy", "consistency", "timeliness", "accessibility"
]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
OF_RULES: tuple[Dimension, ...] = ("conformity", "completeness", "accuracy", "consistency")
"""Those that the rules of a contract measure."""
_IMPLIED: dict[str, Dimension] = {
    "type": "conformity",
    "pattern": "conformity",
    "length": "conformity",
    "code": "conformity",
    "required": "completeness",
    "range": "accuracy",
    "check_digit": "accuracy",
    "digits_lost": "accuracy",
    "unique": "accuracy",
}
"""Rules that follow from a field's declaration. Duplicates belong to accuracy (0303, 0304)."""
UNREADABLE = ("row.shape", "row.object", "row.digits", "row.error")
"""Reasons why a record could not be read as the contract has it: one check of each record."""
READABLE, KEY = "row.readable", "key.unique"
Profile = Mapping[str, Mapping[str, str | int | None]]


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """Why a dimension has no value."""

    code: str
    text: Text


NO_LOAD = Unmeasured("no_load", Text("还没有装载过数据", "nothing has been loaded yet"))
NO_RECORDS = Unmeasured("no_records", Text("这次没有收到记录", "the load had no records"))
NO_RULES = Unmeasured(
    "no_rules",
    Text("数据契约没有这方面的规则", "the contract has no rule of this kind"),
)
NO_CONTRACT = Unmeasured(
    "no_contract",
    Text("当时的数据契约已无法读取", "the contract of that time cannot be read any more"),
)
NO_CYCLE = Unmeasured(
    "no_cycle", Text("按需更新，没有约定更新时间", "updated on demand, so no time was promised")
)
FIRST_LOAD = Unmeasured(
    "first_load",
    Text(
        "第一次装载，数据中又没有可用的时间，无从比较",
        "the first load, of data without a usable time: there is nothing to compare with",
    ),
)
NEWEST_IN_FUTURE = Unmeasured(
    "newest_in_future",
    Text("数据的最新时间晚于装载时间", "the newest time in the data lies after the load"),
)
NOT_RECORDED = Unmeasured(
    "not_recorded",
    Text("只在查看时检查，装载记录不含这一项", "checked when asked; no load records it"),
)
NOT_PUBLISHED = Unmeasured(
    "not_published",
    Text("还没有发布，只有本部门能看", "not published: its department alone sees it"),
)
NOTHING_READ = Unmeasured(
    "nothing_read", Text("没有一条记录能读出来检查", "no record could be read to be checked")
)
NO_CHECK = Unmeasured("no_check", Text("还没有检查过", "nothing has been checked yet"))


@dataclass(frozen=True, slots=True)
class DimensionCheck:
    """One rule, or another check: how often it was applied, and how often it was met."""

    id: str
    title: Text
    passed: int
    checked: int

    @property
    def failed(self) -> int:
        return self.checked - self.passed

    @property
    def share(self) -> Decimal:
        return Decimal(self.passed) / self.checked


@dataclass(frozen=True, slots=True)
class DimensionMeasure:
    """One dimension: its checks, or why it has no value."""

    checks: tuple[DimensionCheck, ...] = ()
    gap: Unmeasured | None = None
    informative: tuple[DimensionCheck, ...] = ()
    """Shown with it, and not part of the value."""

    @property
    def passed(self) -> int:
        return sum(one.passed for one in self.checks)

    @property
    def checked(self) -> int:
        return sum(one.checked for one in self.checks)

    @property
    def share(self) -> Decimal | None:
        """None where it is not measured."""
        return Decimal(self.passed) / self.checked if self.gap is None and self.checked else None


Measures = dict[Dimension, DimensionMeasure]


@dataclass(frozen=True, slots=True)
class LoadRecord:
    """What is on record of one load. `contract` is that of the load; None if it is unreadable."""

    load_id: str
    arrived_at: datetime
    """When its file was taken in: what the platform needs for a load makes no data late."""
    received: int
    accepted: int
    rule_counts: Mapping[str, int]
    profile: Profile
    contract: Contract | None
    stopped: bool = False
    """A blocking rule stopped it: its records are not in the dataset."""


def dimension_of(rule: Rule, contract: Contract) -> Dimension:
    """What a rule of a contract measures.

    A declared rule on several fields is consistency, one that a field is filled is completeness,
    one of a pattern or a list of values is conformity, any other on one field is accuracy.
    """
    if any(one.rule.id == rule.id for one in contract.references):
        return "consistency"
    field, _, kind = rule.id.rpartition(".")
    if rule.field is not None and field == rule.field and kind in _IMPLIED:
        return _IMPLIED[kind]
    return _of_declared(rule.condition, rule.field, tuple(f.name for f in contract.fields))


@lru_cache(4096)
def _of_declared(condition: str, own: str | None, names: tuple[str, ...]) -> Dimension:
    tree = sqlglot.parse_one(condition, dialect="duckdb")
    if isinstance(tree, exp.Is) and isinstance(tree.expression, exp.Null):
        return "completeness"
    read = {column.name for column in tree.find_all(exp.Column)} | {own}
    if len(read.intersection(names)) > 1:
        return "consistency"
    listed = tree.find(exp.RegexpLike, exp.In) is not None
    return "conformity" if listed else "accuracy"


def measure_load(
    record: LoadRecord, previous: datetime | None, calendar: WorkingCalendar
) -> Measures:
    """One load by its own record. `previous`: when the load before it arrived."""
    found = _of_rules(record)
    found["timeliness"] = _of_time(record, previous, calendar)
    return found


def _of_rules(record: LoadRecord) -> Measures:
    contract = record.contract
    if contract is None:
        return dict.fromkeys(OF_RULES, DimensionMeasure(gap=NO_CONTRACT))
    if not record.received:
        return dict.fromkeys(OF_RULES, DimensionMeasure(gap=NO_RECORDS))
    checks: dict[Dimension, list[DimensionCheck]] = {one: [] for one in OF_RULES}
    checks["conformity"].append(_readable(record))
    if contract.key:
        checks["accuracy"] += _check(record, KEY, contract.title_of(KEY))
    for rule in contract.all_rules:
        checks[dimension_of(rule, contract)] += _check(record, rule.id, rule.title, rule.field)
    nothing = NO_RULES if _read(record) else NOTHING_READ
    informative = {"completeness": _filled(record, contract)}
    return {
        one: DimensionMeasure(tuple(of), None if of else nothing, informative.get(one, ()))
        for one, of in checks.items()
    }


def _check(
    record: LoadRecord, rule: str, title: Text, field: str | None = None
) -> tuple[DimensionCheck, ...]:
    """None where no record came as far as this check: one that could not be read has no field, and
    a value that is of another type is not looked at further."""
    failed, checked = record.rule_counts.get(rule, 0), _read(record)
    if field is not None and rule not in {f"{field}.type", f"{field}.required"}:
        checked -= record.rule_counts.get(f"{field}.type", 0)
    checked = max(checked, 0)
    if not checked:
        return ()
    return (DimensionCheck(rule, title, checked - min(failed, checked), checked),)


def _unread(record: LoadRecord) -> int:
    return min(sum(record.rule_counts.get(one, 0) for one in UNREADABLE), record.received)


def _read(record: LoadRecord) -> int:
    """Records that could be read as the contract has them."""
    return record.received - _unread(record)


def _readable(record: LoadRecord) -> DimensionCheck:
    title = Text("记录无法按契约读出", "The record cannot be read as the contract has it")
    return DimensionCheck(READABLE, title, _read(record), record.received)


def _filled(record: LoadRecord, contract: Contract) -> tuple[DimensionCheck, ...]:
    """Fields that may be empty, by the profile of the accepted records."""
    found = []
    for field in contract.fields:
        nulls = record.profile.get(field.name, {}).get("nulls")
        if field.required or not isinstance(nulls, int) or not record.accepted:
            continue
        title = Text(f"{field.title.zh}（选填）已填写", f"{field.title.en} (optional) is given")
        passed = max(record.accepted - nulls, 0)
        found.append(DimensionCheck(f"{field.name}.filled", title, passed, record.accepted))
    return tuple(found)


def _of_time(
    record: LoadRecord, previous: datetime | None, calendar: WorkingCalendar
) -> DimensionMeasure:
    """Whether the load was in time: by how far its data reached, else by the load before it."""
    contract = record.contract
    if contract is None:
        return DimensionMeasure(gap=NO_CONTRACT)
    cycle = contract.update_cycle
    if CYCLES[cycle] is None:
        return DimensionMeasure(gap=NO_CYCLE)
    newest = _newest(record, contract)
    if newest is not None and newest > _like(newest, record.arrived_at):
        return DimensionMeasure(gap=NEWEST_IN_FUTURE)
    covered = previous if newest is None else as_of(newest, cycle).covers_until
    if covered is None:
        return DimensionMeasure(gap=FIRST_LOAD)
    due = due_at(covered, cycle, calendar)
    passed = due is None or record.arrived_at <= due
    title = (
        Text("数据在更新周期内送达", "The data arrived within its update cycle")
        if newest is not None
        else Text("距上次装载不超过更新周期", "No more than a cycle after the load before")
    )
    return DimensionMeasure((DimensionCheck("in_time", title, int(passed), 1),))


def _newest(record: LoadRecord, contract: Contract) -> date | datetime | None:
    """The greatest value of the time field; derived data has none of its own."""
    name = contract.time_field
    if name is None or contract.source.query is not None:
        return None
    field, text = contract.field(name), record.profile.get(name, {}).get("maximum")
    if field is None or not isinstance(text, str):
        return None
    try:
        return date.fromisoformat(text) if field.type == "DATE" else datetime.fromisoformat(text)
    except ValueError:  # infinity, or a year of five digits
        return None


def _like(value: date | datetime, moment: datetime) -> date | datetime:
    """A moment as a column writes it."""
    local = moment.astimezone(SHANGHAI)
    if not isinstance(value, datetime):
        return local.date()
    return moment if value.tzinfo else local.replace(tzinfo=None)


def timeliness_now(
    history: Sequence[DimensionMeasure], now: DimensionCheck | None
) -> DimensionMeasure:
    """Of a dataset: its loads that were in time, and whether its data is in time now."""
    measured = [one for one in history if one.gap is None]
    checks = []
    if measured:
        title = Text("按时装载的次数", "Loads that were in time")
        passed, checked = sum(m.passed for m in measured), sum(m.checked for m in measured)
        checks.append(DimensionCheck("loads_in_time", title, passed, checked))
    if now is not None:
        checks.append(now)
    if checks:
        return DimensionMeasure(tuple(checks))
    return next((one for one in history if one.gap), DimensionMeasure(gap=NO_LOAD))


def summed(found: Iterable[DimensionMeasure]) -> DimensionMeasure | None:
    """Several measures of one dimension as one, without those that have no value."""
    measured = [one for one in found if one.share is not None]
    if not measured:
        return None
    checks = tuple(check for one in measured for check in one.checks)
    return DimensionMeasure(checks)
