"""How many rows there are of each value of a field: facets, and charts of counts.

Only of datasets that are neither about persons nor about what firms do not publish
(`Policy.is_counted`): under free conditions a count of those would tell of a single person. Counted
are the rows that the reader may see, under the reader's own conditions, by the treated values.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
from sqlglot import exp

from xihu_platform.access.answers import Citation, Plan
from xihu_platform.access.query import visible_type
from xihu_platform.errors import BadInput
from xihu_platform.sql import Statement, column, integer, named

CountGrain = Literal["year", "month", "day", "hour"]
FIELDS_LIMIT = 20
"""Fields of one question; each is one pass over the rows."""
VALUES_LIMIT = 2000
"""Values of one field that are told; a province has fewer townships."""
TIMES = ("DATE", "TIMESTAMP")


@dataclass(frozen=True, slots=True)
class CountBy:
    """A field to count by; of a time field the first moment of each `grain`."""

    field: str
    grain: CountGrain | None = None


@dataclass(frozen=True, slots=True)
class ValueCount:
    """`value` is None for the rows that have none."""

    value: object
    rows: int


@dataclass(frozen=True, slots=True)
class FieldCounts:
    """The counts of one field, the greatest first, then by value."""

    by: CountBy
    values: tuple[ValueCount, ...]
    more: bool = False
    """There are more values than are told."""


@dataclass(frozen=True, slots=True)
class GroupedCounts:
    """The rows that meet the conditions, by each field that was asked for."""

    total: int
    fields: tuple[FieldCounts, ...]
    citation: Citation


def check_groups(plan: Plan, groups: tuple[CountBy, ...]) -> None:
    """Raises BadInput for what cannot be counted by, Refused for a field that is not seen."""
    if len(groups) > FIELDS_LIMIT:
        raise BadInput(
            f"一次最多按 {FIELDS_LIMIT} 个字段计数，现有 {len(groups)} 个",
            f"rows are counted by {FIELDS_LIMIT} fields at most, not by {len(groups)}",
        )
    for group in groups:
        kind = visible_type(plan.policy, plan.allow, group.field)
        decided = plan.allow.field_decision(group.field)
        if decided is not None and decided.treatment == "rekey":
            raise BadInput(
                f"{group.field} 在这里是脱敏编号，不能按它计数，请按其他字段计数",
                f"{group.field} is a pseudonym here and not counted by: count by another field",
            )
        if group.grain is not None and kind not in TIMES:
            raise BadInput(
                f"{group.field} 不是日期或时间，不能按{group.grain}计数",
                f"{group.field} is neither a date nor a time: no {group.grain} to count by",
            )


def count_groups(
    plan: Plan, groups: tuple[CountBy, ...], fetch: Callable[[Statement], pa.Table]
) -> tuple[FieldCounts, ...]:
    """`fetch` may give an answer from before: it is a function of the statement and its values."""
    return tuple(_counts(group, fetch(_statement(plan, group))) for group in groups)


def _statement(plan: Plan, group: CountBy) -> Statement:
    value: exp.Expr = column(group.field)
    if group.grain is not None:
        moment = exp.cast(value, "TIMESTAMP")
        value = exp.TimestampTrunc(this=moment, unit=exp.var(group.grain.upper()))
    tree = plan.select(named(value, "value"), named(exp.Count(this=exp.Star()), "n"))
    tree.group_by(integer(1), copy=False)
    order = [
        exp.Ordered(this=column("n"), desc=True),
        exp.Ordered(this=column("value"), nulls_first=False),
    ]
    tree.order_by(*order, copy=False).limit(VALUES_LIMIT + 1, copy=False)
    return plan.statement(tree)


def _counts(group: CountBy, table: pa.Table) -> FieldCounts:
    told = table.slice(0, VALUES_LIMIT)
    pairs = zip(told["value"].to_pylist(), told["n"].to_pylist(), strict=True)
    values = tuple(ValueCount(value, int(rows)) for value, rows in pairs)
    return FieldCounts(group, values, more=table.num_rows > VALUES_LIMIT)
