"""New rows between two snapshots of a dataset, decided and recorded as a read of its caller.

Counted only where the rows of the dataset may be counted by any value (`Policy.is_counted`): of a
dataset about persons, a number of new rows would be a fact about one of them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256

import pyarrow as pa
from sqlglot import exp

from xihu_platform.access.answers import Plan
from xihu_platform.access.disputed import DisputedRow
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.parameters import Parameters
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery
from xihu_platform.access.record import read_entry
from xihu_platform.errors import NotFound
from xihu_platform.identity.principal import Principal
from xihu_platform.lake.snapshot import RECORD
from xihu_platform.sql import (
    Statement,
    column,
    integer,
    named,
    ordered,
    render,
    table,
    with_tables,
)

COMPARED = 5_000_000
"""Rows of both snapshots that are compared for a notice; of more no number is given."""
EXIT = "subscription"
"""The exit that the log names for such a read."""


@dataclass(frozen=True, slots=True)
class NewRows:
    """What is new in `snapshot_id`; `count` is None where it may not be given, or is unknown."""

    dataset: str
    snapshot_id: int
    count: int | None
    rows: pa.Table | None = None
    """The first of them, with the visible fields; None where none were asked for."""
    disputed: tuple[DisputedRow, ...] = ()
    """Rows with fields that are being verified (核实中)."""
    audit_entry: int | None = None


def read_new_rows(
    gateway: AccessGateway,
    principal: Principal,
    dataset: str,
    purpose: Purpose,
    query: RowQuery,
    *,
    since: int,
    shown: int = 0,
) -> NewRows:
    """Rows of `query.snapshot_id` that meet the filters, whose key no matching row of the snapshot
    `since` has; without a primary key those of the files that were appended. All of them where
    `since` is 0: there was no data before.

    Raises Refused, NotFound, BadInput, AuditUnavailable.
    """
    parameters = Parameters()
    plan = gateway.plan(principal, dataset, purpose, query, parameters=parameters)
    rows = _rows(gateway, principal, plan, purpose, query, since, parameters)
    count = None if rows is None else int(_kept(gateway, plan, rows(0))["n"][0].as_py())
    first, disputed = None, tuple[DisputedRow, ...]()
    if rows is not None and shown and count:
        found = _kept(gateway, plan, rows(shown))
        first = found.select(list(plan.fields))
        known = gateway.disputes.of(plan.policy, plan.snapshot)
        disputed = known.rows(found[RECORD], plan.fields)
    read = 0 if first is None else first.num_rows
    entry = read_entry(principal, plan, purpose, query, exit_name=EXIT, rows=read)
    return NewRows(dataset, plan.snapshot.id, count, first, disputed, gateway.log.record(entry))


_Rows = Callable[[int], Statement]
"""The statement of the first so many new rows; of their number for 0."""


def _rows(
    gateway: AccessGateway,
    principal: Principal,
    plan: Plan,
    purpose: Purpose,
    query: RowQuery,
    since: int,
    parameters: Parameters,
) -> _Rows | None:
    """None where the number may not be given, or cannot be computed."""
    if not plan.policy.is_counted:
        return None
    if not since:
        return lambda first: _all_of(plan, first)
    before = replace(query, snapshot_id=since, sorts=())
    try:
        older = gateway.plan(principal, plan.policy.dataset, purpose, before, parameters=parameters)
    except NotFound:  # it has expired
        return None
    key = plan.policy.primary_key
    if key and gateway.rows_in(plan) + gateway.rows_in(older) > COMPARED:
        return None
    if key:
        readable = all(_is_clear(one, name) for one in (plan, older) for name in key)
        return (lambda first: _by_key(plan, older, key, first)) if readable else None
    known, files = set(older.snapshot.files), plan.snapshot.files
    if not known <= set(files):
        return None
    added = replace(plan.snapshot, files=tuple(one for one in files if one not in known))
    if not added.files:
        return None
    over = plan.over(gateway.engine.relation(added))
    return lambda first: _all_of(over, first)


def _is_clear(plan: Plan, name: str) -> bool:
    decided = plan.allow.field_decision(name)
    return decided is not None and decided.treatment == "clear"


def _by_key(plan: Plan, older: Plan, key: tuple[str, ...], first: int) -> Statement:
    names = dict.fromkeys((*key, *plan.fields, RECORD))
    same = [exp.EQ(this=column(k, "old"), expression=column(k, "now")) for k in key]
    known = exp.Select(expressions=[integer(1)], from_=exp.From(this=table("old")))
    known.set("where", exp.Where(this=exp.and_(*same, copy=False)))
    tree = _selected(table("now"), plan.fields, first)
    tree.set("where", exp.Where(this=exp.Not(this=exp.Exists(this=known))))
    made: dict[str, exp.Query] = {
        "old": older.select(*(column(k) for k in key)),
        "now": plan.select(*(column(name) for name in names)),
    }
    # The second plan's values are those of both: they share one list.
    return Statement(render(with_tables(tree, made), plan.dialect), older.parameters)


def _all_of(plan: Plan, first: int) -> Statement:
    names = dict.fromkeys((*plan.fields, RECORD))
    tree = _selected(table("now"), plan.fields, first)
    made: dict[str, exp.Query] = {"now": plan.select(*(column(name) for name in names))}
    return Statement(render(with_tables(tree, made), plan.dialect), plan.parameters)


def _selected(source: exp.Table, fields: tuple[str, ...], first: int) -> exp.Select:
    if not first:
        count = named(exp.Count(this=exp.Star()), "n")
        return exp.Select(expressions=[count], from_=exp.From(this=source))
    asked = [column(name) for name in (*fields, RECORD)]
    tree = exp.Select(expressions=asked, from_=exp.From(this=source))
    return tree.order_by(ordered(RECORD), copy=False).limit(first, copy=False)


def _kept(gateway: AccessGateway, plan: Plan, statement: Statement) -> pa.Table:
    """An answer is a function of the statement and its values, which name both snapshots' files:
    of many who ask the same, one makes the engine work."""
    content = f"{plan.snapshot.table}\0{statement.sql}\0{list(statement.parameters)!r}"
    key = sha256(content.encode()).hexdigest()[:40]
    found = gateway.answers.get(key)
    if found is None:
        found = gateway.engine.fetch(statement)
        gateway.answers.put(key, found)
    return found
