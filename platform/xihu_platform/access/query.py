"""What a caller may ask of one dataset: fields, filters, order, page; and its SQL.

Everything a caller hands in is bound or looked up; nothing of it becomes SQL text.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Literal, get_args

from sqlglot import exp

from xihu_platform.access.decision import Allow
from xihu_platform.access.parameters import Parameters
from xihu_platform.access.policy import Policy
from xihu_platform.clock import SHANGHAI
from xihu_platform.errors import BadInput, Refused
from xihu_platform.lake.snapshot import RECORD
from xihu_platform.lake.types import DECIMAL_DIGITS
from xihu_platform.sql import column, is_known, is_unknown, ordered

Operator = Literal["eq", "ne", "lt", "le", "gt", "ge", "in", "contains", "starts", "null"]
_COMPARE: dict[str, type[exp.Expression]] = {
    "eq": exp.EQ,
    "ne": exp.NEQ,
    "lt": exp.LT,
    "le": exp.LTE,
    "gt": exp.GT,
    "ge": exp.GTE,
    "contains": exp.Contains,
    "starts": exp.StartsWith,
}
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(E[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)
PAGE_LIMIT = 1000
IN_LIMIT = 200
CONDITIONS_LIMIT = 50
"""Filters of one query, and sorts: every one is checked in every row, and 5,000 took the engine
4 s to plan. A long list of values of one field is one `in`."""


@dataclass(frozen=True, slots=True)
class Filter:
    field: str
    operator: Operator
    value: str


@dataclass(frozen=True, slots=True)
class Sort:
    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class RowQuery:
    """Rows of one dataset; `fields` empty means every field the reader may see."""

    fields: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    sorts: tuple[Sort, ...] = ()
    snapshot_id: int | None = None


def parse_filter(text: str) -> Filter:
    """`field:operator:value`, as it stands in a URL.

    >>> parse_filter("county_code:eq:330106")
    Filter(field='county_code', operator='eq', value='330106')
    """
    field, _, rest = text.partition(":")
    operator, _, value = rest.partition(":")
    if operator not in get_args(Operator) or not field:
        raise BadInput(
            f"筛选“{text[:80]}”应写作 字段:运算:值，运算为 {'、'.join(get_args(Operator))} 之一",
            f"filter “{text[:80]}” must read field:operator:value, with an operator of "
            f"{', '.join(get_args(Operator))}",
        )
    if not value and operator != "null":  # an empty text is no value of any record
        raise BadInput(
            f"筛选“{text[:80]}”缺少值；没有值的记录请写 {field[:64]}:null:yes",
            f"filter “{text[:80]}” lacks a value; records without one are {field[:64]}:null:yes",
        )
    return Filter(field, operator, value)  # type: ignore[arg-type]  # it is in the list above


def parse_sort(text: str) -> Sort:
    """`field`, or `-field` for descending order."""
    return Sort(text.removeprefix("-"), text.startswith("-"))


def check_size(query: RowQuery) -> None:
    """Raises BadInput for more filters or sorts than are answered, before anything is looked up."""
    for zh, en, parts in (("筛选", "filters", query.filters), ("排序", "sorts", query.sorts)):
        if len(parts) > CONDITIONS_LIMIT:
            raise BadInput(
                f"{zh}最多 {CONDITIONS_LIMIT} 个，现有 {len(parts)} 个；同一字段的多个值请用 in",
                f"at most {CONDITIONS_LIMIT} {en}, not {len(parts)}: write several values of one "
                "field as one `in`",
            )


def visible_type(policy: Policy, allow: Allow, name: str) -> str:
    """The DuckDB type of a treated field. Raises BadInput or Refused for one not to be seen."""
    field, decided = policy.field(name), allow.field_decision(name)
    if field is None or decided is None:
        raise BadInput(
            f"数据集 {policy.dataset} 没有字段“{name[:64]}”，可用的字段："
            f"{'、'.join(v.name for v in allow.visible)}",
            f"dataset {policy.dataset} has no field “{name[:64]}”; there are "
            f"{', '.join(v.name for v in allow.visible)}",
        )
    if decided.reason is not None:
        raise Refused(decided.reason)
    return "VARCHAR" if decided.treatment == "rekey" else field.type


def parse_value(kind: str, text: str, where: str) -> object:
    """A value from a URL as the field's type; a moment with an offset in civil time, as the lake
    has them. Raises BadInput."""
    try:
        if kind in {"INTEGER", "BIGINT"}:
            return _within_bigint(int(_number(text)))
        if kind.startswith("DECIMAL"):
            return _within_decimal(Decimal(_number(text)))
        if kind == "DATE":
            return date.fromisoformat(text)
        if kind == "TIMESTAMP":
            moment = datetime.fromisoformat(text)
            return moment.astimezone(SHANGHAI).replace(tzinfo=None) if moment.tzinfo else moment
        if kind == "BOOLEAN":
            return {"true": True, "false": False}[text.lower()]
    except (ValueError, KeyError, InvalidOperation, OverflowError):
        raise BadInput(
            f"{where} 的值“{text[:80]}”不是 {kind}", f"“{text[:80]}” of {where} is no {kind}"
        ) from None
    if "\x00" in text:
        raise BadInput(f"{where} 的值含有空字符", f"the value of {where} holds a NUL")
    return text


def _number(text: str) -> str:
    """A number as programs write it: Python would also take 1_0 and digits of other scripts."""
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return text


def _within_decimal(number: Decimal) -> Decimal:
    """The engine has numbers of 38 digits; greater ones it would take for doubles."""
    if number.adjusted() >= DECIMAL_DIGITS:
        raise ValueError(number)
    return number


def _within_bigint(number: int) -> int:
    if not -(2**63) <= number < 2**63:
        raise ValueError(number)
    return number


def conditions_of(
    policy: Policy, allow: Allow, query: RowQuery, parameters: Parameters
) -> tuple[exp.Expr, ...]:
    """The filters of a query, which every row meets; none where all rows are asked for."""
    return tuple(condition_of(policy, allow, f, parameters) for f in query.filters)


def condition_of(policy: Policy, allow: Allow, wanted: Filter, parameters: Parameters) -> exp.Expr:
    """One filter over the treated fields. Raises BadInput, Refused."""
    kind = visible_type(policy, allow, wanted.field)
    field: exp.Expr = column(wanted.field)
    if wanted.operator == "null":
        return _presence(wanted, field)
    if wanted.operator == "in":
        values = wanted.value.split(",")
        if len(values) > IN_LIMIT:
            raise BadInput(f"in 最多列 {IN_LIMIT} 个值", f"`in` takes at most {IN_LIMIT} values")
        places = [parameters.place(parse_value(kind, v, wanted.field)) for v in values]
        return exp.In(this=field, expressions=places)
    if wanted.operator in {"contains", "starts"}:
        kind, field = "VARCHAR", exp.cast(field, "VARCHAR")
    value = parameters.place(parse_value(kind, wanted.value, wanted.field))
    return _COMPARE[wanted.operator](this=field, expression=value)


def _presence(wanted: Filter, field: exp.Expr) -> exp.Expr:
    if wanted.value not in {"", "yes", "no"}:
        raise BadInput(
            f"{wanted.field}:null 后应为 yes 或 no，不是“{wanted.value[:80]}”",
            f"{wanted.field}:null takes yes or no, not “{wanted.value[:80]}”",
        )
    return is_known(field) if wanted.value == "no" else is_unknown(field)


def order_of(policy: Policy, allow: Allow, query: RowQuery) -> list[exp.Ordered]:
    """A total order: the record number decides between equals. Raises BadInput, Refused.

    Pseudonyms are keyed again for each recipient: their order means nothing and costs a keyed hash
    of every row.
    """
    parts = []
    for sort in query.sorts:
        visible_type(policy, allow, sort.field)
        decided = allow.field_decision(sort.field)
        if decided is not None and decided.treatment == "rekey":
            raise BadInput(
                f"{sort.field} 在这里是脱敏编号，其顺序没有意义，请按其他字段排序",
                f"{sort.field} is a pseudonym here, whose order means nothing: sort by another "
                "field",
            )
        parts.append(ordered(sort.field, descending=sort.descending))
    return [*parts, ordered(RECORD)]


def rows_after(
    policy: Policy,
    allow: Allow,
    query: RowQuery,
    last: list[str | None],
    parameters: Parameters,
) -> exp.Expr:
    """Rows behind the last one of a page: `last` holds its sort values and its record number.

    In brackets, so that it may be joined to others as text.
    """
    parts: list[exp.Expr] = []
    same: list[exp.Expr] = []
    for sort, text in zip(query.sorts, last[:-1], strict=True):
        kind = visible_type(policy, allow, sort.field)
        field = column(sort.field)
        value = None if text is None else parse_value(kind, text, sort.field)
        if value is None:  # NULLS LAST: only other unknown values follow
            same.append(is_unknown(field))
            continue
        compare = exp.LT if sort.descending else exp.GT
        place = parameters.place(value)
        behind = exp.or_(compare(this=field, expression=place), is_unknown(field))
        parts.append(exp.and_(*same, behind))
        same.append(exp.EQ(this=field, expression=place))
    record = exp.GT(this=column(RECORD), expression=parameters.place(int(last[-1] or 0)))
    parts.append(exp.and_(*same, record))
    return exp.paren(exp.or_(*parts), copy=False)
