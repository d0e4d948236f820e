"""An exploration as its address, in the API's own words: filter, sort, fields, snapshot, cursor."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar
from urllib.parse import urlencode

from xihu_platform.access.decision import Allow
from xihu_platform.access.parameters import Parameters
from xihu_platform.access.policy import Policy
from xihu_platform.access.query import (
    Filter,
    RowQuery,
    Sort,
    check_size,
    condition_of,
    order_of,
    parse_filter,
    parse_sort,
    parse_value,
    visible_type,
)
from xihu_platform.errors import BadInput, Reason, Refused
from xihu_platform.words import Text
from xihu_portals.api.at_moment import MOMENT_LENGTH
from xihu_portals.pages.snippets import query_pairs
from xihu_portals.web.address import number

API_WORDS = ("filter", "sort", "fields", "snapshot", "as_of", "cursor")
CURSOR_LENGTH = 4000
Pairs = Sequence[tuple[str, str]]
Parsed = TypeVar("Parsed")


@dataclass(frozen=True, slots=True)
class ExploreAddress:
    """What is asked of one dataset, and the page that asks."""

    path: str
    filters: tuple[Filter, ...] = ()
    sorts: tuple[Sort, ...] = ()
    fields: tuple[str, ...] = ()
    snapshot: int | None = None
    cursor: str | None = None
    as_of: str = ""
    """The moment as it was asked for; `snapshot` is then the one of that moment."""

    @property
    def query(self) -> RowQuery:
        return RowQuery(self.fields, self.filters, self.sorts, self.snapshot)

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """All but the place in the rows."""
        if not self.as_of:
            return query_pairs(self.query)
        query = replace(self.query, snapshot_id=None)
        return (*query_pairs(query), ("as_of", self.as_of))

    def href(self) -> str:
        pairs = [*self.pairs, *([("cursor", self.cursor)] if self.cursor else [])]
        return f"{self.path}?{urlencode(pairs, safe=':,')}" if pairs else self.path

    def without(self, *lifted: Filter) -> "ExploreAddress":
        left = tuple(f for f in self.filters if f not in lifted)
        return replace(self, filters=left, cursor=None)

    def adding(self, *added: Filter) -> "ExploreAddress":
        new = tuple(f for f in added if f not in self.filters)
        return replace(self, filters=(*self.filters, *new), cursor=None)

    def of_field(self, field: str) -> tuple[Filter, ...]:
        return tuple(f for f in self.filters if f.field == field)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the address that cannot be done, beside the field it is about."""

    text: Text
    field: str | None = None
    refused: Reason | None = None
    """Why the field is refused: the log has to hold it."""


def read_address(path: str, pairs: Pairs) -> tuple[ExploreAddress, list[Problem]]:
    """What the API's words ask for; what is written wrongly is left out and told."""
    problems: list[Problem] = []
    said = {name: [v for n, v in pairs if n == name] for name in API_WORDS}
    for name in ("fields", "snapshot", "as_of", "cursor"):
        if len(said[name]) > 1:
            text = Text(f"参数 {name} 只能写一次", f"{name} can be given once only")
            problems.append(Problem(text))
    filters = (_try(partial(parse_filter, t), problems) for t in said["filter"])
    sorts = [parse_sort(t) for t in said["sort"] if t]
    snapshot = _try(lambda: number(_last(said["snapshot"]), "snapshot"), problems)
    cursor = _last(said["cursor"])
    fields = _last(said["fields"]).split(",")
    asked = ExploreAddress(
        path,
        tuple(f for f in filters if f is not None),
        tuple(sorts),
        tuple(dict.fromkeys(name for name in fields if name)),
        snapshot,
        cursor[:CURSOR_LENGTH] or None,
        _last(said["as_of"])[:MOMENT_LENGTH],
    )
    return asked, problems


def _last(values: list[str]) -> str:
    return values[-1] if values else ""


def _try(parse: Callable[[], Parsed], problems: list[Problem]) -> Parsed | None:
    try:
        return parse()
    except BadInput as wrong:
        problems.append(Problem(wrong.text))
        return None


def without_faults(
    address: ExploreAddress, policy: Policy, allow: Allow
) -> tuple[ExploreAddress, list[Problem]]:
    """The address with what the access gateway would answer; the rest is told.

    It asks the gateway's own functions, so that what passes here passes there.
    """
    problems: list[Problem] = []
    kept = replace(
        address,
        filters=tuple(f for f in address.filters if _holds_filter(policy, allow, f, problems)),
        sorts=tuple(s for s in address.sorts if _holds_sort(policy, allow, s, problems)),
        fields=tuple(n for n in address.fields if _holds_field(policy, allow, n, problems)),
    )
    try:
        check_size(kept.query)
    except BadInput as wrong:
        problems.append(Problem(wrong.text))
        kept = replace(kept, filters=(), sorts=())
    return (kept if not problems else replace(kept, cursor=None)), problems


def _holds_filter(policy: Policy, allow: Allow, one: Filter, problems: list[Problem]) -> bool:
    def check() -> None:
        visible_type(policy, allow, one.field)
        check_value(policy, one)
        condition_of(policy, allow, one, Parameters())

    return _holds(check, one.field, problems)


_KINDS = {
    "INTEGER": Text("整数", "a whole number"),
    "BIGINT": Text("整数", "a whole number"),
    "DECIMAL": Text("数", "a number"),
    "DATE": Text("日期，请写作 2026-10-31", "a date such as 2026-10-31"),
    "TIMESTAMP": Text("时间，请写作 2026-10-31T08:00", "a time such as 2026-10-31T08:00"),
    "BOOLEAN": Text("是否，请写作 true 或 false", "true or false"),
}


def check_value(policy: Policy, one: Filter) -> None:
    """The gateway's own check of one value, told by the field's title. Raises BadInput."""
    field = policy.field(one.field)
    if field is None or one.operator not in {"eq", "ne", "lt", "le", "gt", "ge"}:
        return
    kind = _KINDS.get(field.type.partition("(")[0])
    try:
        parse_value(field.type, one.value, one.field)
    except BadInput:
        if kind is None:
            raise
        shown = one.value[:40]
        raise BadInput(
            f"{field.title.zh}：“{shown}”不是{kind.zh}",
            f"{field.title.en}: “{shown}” is not {kind.en}",
        ) from None


def _holds_sort(policy: Policy, allow: Allow, one: Sort, problems: list[Problem]) -> bool:
    asked = RowQuery(sorts=(one,))
    return _holds(lambda: order_of(policy, allow, asked), one.field, problems)


def _holds_field(policy: Policy, allow: Allow, name: str, problems: list[Problem]) -> bool:
    return _holds(lambda: visible_type(policy, allow, name), name, problems)


def _holds(check: Callable[[], object], field: str, problems: list[Problem]) -> bool:
    try:
        check()
    except Refused as refused:
        problems.append(Problem(refused.text, field, refused.reason))
    except BadInput as wrong:
        problems.append(Problem(wrong.text, field))
    else:
        return True
    return False
