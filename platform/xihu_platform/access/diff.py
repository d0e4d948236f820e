"""What changed between two snapshots of a dataset, for one reader: by key, through the gateway.

Both snapshots are read under the reader's decision of this moment, so that a row outside of it does
not exist and a field has its treated value. A difference leaves like a download: what may not leave
in bulk is refused. Each snapshot that was read has its entry in the log before the first byte.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256

import pyarrow as pa
from sqlglot import exp

from xihu_platform.access.answers import SUBJECTS_LISTED, Citation, Plan, Stream, cite
from xihu_platform.access.cursors import cursor_place, open_cursor, seal_cursor
from xihu_platform.access.declared import is_loaded
from xihu_platform.access.diff_sql import (
    ADDED,
    AFTER,
    BEFORE,
    CHANGED,
    COPIES,
    DUPLICATES,
    KIND,
    REMOVED,
    SUBJECTS_AFTER,
    SUBJECTS_BEFORE,
    UNCHANGED,
    DiffSql,
    differs_in,
    is_kind,
)
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.parameters import Parameters
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import PAGE_LIMIT, RowQuery
from xihu_platform.access.record import read_entry
from xihu_platform.access.still import StillAllowed, WhileAllowed
from xihu_platform.errors import BadInput, TooLarge
from xihu_platform.identity.principal import Principal
from xihu_platform.sql import Statement, integer

EXIT = "diff"
ROWS_LIMIT = 5_000_000
"""Rows of both snapshots together that are compared in one question."""
OFFSET_LIMIT = 100_000
"""Differences that are paged through; more of them are exported."""
KINDS = {"removed": REMOVED, "added": ADDED, "changed": CHANGED}


@dataclass(frozen=True, slots=True)
class DiffQuery:
    """Two snapshots, and which of their rows and differences are asked for."""

    before: int
    after: int
    rows: RowQuery = RowQuery()
    """Fields and filters; the filters hold for both sides. Its sorts and snapshot are not used."""
    kind: str | None = None
    """One of `KINDS`."""
    changed: str | None = None
    """Changed rows in which this field is another one."""


@dataclass(frozen=True, slots=True)
class RowChange:
    """One difference. `old` of an added row and `new` of a removed one are None."""

    kind: str
    key: dict[str, object]
    old: dict[str, object] | None
    new: dict[str, object] | None
    changed: tuple[str, ...] = ()
    """Of a changed row: the fields that differ."""
    copies: int = 1
    """How many such rows there are, where rows have no key or their key is not unique."""


@dataclass(frozen=True, slots=True)
class DiffCounts:
    """Of rows. `duplicate_keys`: keys that several rows of one side have, which nothing pairs."""

    removed: int
    added: int
    changed: int
    unchanged: int
    duplicate_keys: int


@dataclass(frozen=True, slots=True)
class DiffBasis:
    """What was compared and how."""

    before: Citation
    after: Citation
    key: tuple[str, ...]
    """Empty where rows are compared whole: no key, or one that the reader does not see as it is."""
    fields: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    """Pseudonyms of two key versions, which cannot be compared."""


@dataclass(frozen=True, slots=True)
class DiffPage:
    """A page of differences: the removed rows, then the added and the changed ones, each by key."""

    rows: tuple[RowChange, ...]
    counts: DiffCounts | None
    """None where more persons or firms differ than a count may be about."""
    next_cursor: str | None
    basis: DiffBasis
    about_persons: bool


@dataclass(frozen=True, slots=True)
class _Sides:
    """The plans of both snapshots: for the statement, and each by itself for the log."""

    sql: DiffSql
    parameters: Parameters
    before: Plan
    after: Plan
    query: RowQuery
    left_out: tuple[str, ...]

    @property
    def plans(self) -> tuple[Plan, Plan]:
        return self.before, self.after


def read_diff(
    gateway: AccessGateway,
    principal: Principal,
    dataset: str,
    purpose: Purpose,
    query: DiffQuery,
    *,
    limit: int = 100,
    cursor: str | None = None,
) -> DiffPage:
    """One page of differences. Raises Refused, NotFound, Erased, BadInput, TooLarge."""
    if not 0 <= limit <= PAGE_LIMIT:
        raise BadInput(
            f"limit 须在 0 到 {PAGE_LIMIT} 之间", f"limit must be between 0 and {PAGE_LIMIT}"
        )
    sides = _plan(gateway, principal, dataset, purpose, query)
    place = _place(principal, sides, query)
    offset = 0 if cursor is None else int(open_cursor(gateway.cursor_key, place, cursor)[0] or 0)
    table = gateway.cached(*_keyed(sides, _page_statement(sides, query, limit + 1, offset)))
    page = table.slice(0, limit)
    counts = _counts(gateway, principal, purpose, sides, page)
    following = None
    if table.num_rows > limit > 0:
        _check_offset(offset + limit)
        following = seal_cursor(gateway.cursor_key, place, [str(offset + limit)])
    return DiffPage(
        rows=tuple(_changes(sides.sql, page)),
        counts=counts.counts,
        next_cursor=following,
        basis=_basis(sides, counts.seqs),
        about_persons=sides.after.policy.subject_key is not None,
    )


def open_diff(
    gateway: AccessGateway, principal: Principal, dataset: str, purpose: Purpose, query: DiffQuery
) -> Stream:
    """All differences in a total order, batch by batch; columns as `DiffSql` names them."""
    sides = _plan(gateway, principal, dataset, purpose, query)
    read_id = secrets.token_hex(16)
    seqs = [
        gateway.write(
            gateway.intent(principal, plan, purpose, sides.query, exit_name=EXIT, read_id=read_id)
        )
        for plan in sides.plans
    ]
    tree = sides.sql.rows(subjects=False, names=True)
    tree.where(*_wanted(sides, query), copy=False).order_by(*sides.sql.order(), copy=False)
    rows = gateway.engine.stream(sides.parameters.statement(tree, sides.after.dialect))
    decide = partial(gateway.decide, principal, dataset, purpose)
    checks = [
        StillAllowed(gateway.policy_version, gateway.clock, gateway.keyring, plan, decide)
        for plan in sides.plans
    ]

    def check() -> None:
        for one in checks:
            one()

    both = WhileAllowed(WhileAllowed(rows, checks[0]), checks[1])
    inner = gateway.streamed(both, sides.before, read_id, EXIT)
    batches = gateway.streamed(inner, sides.after, read_id, EXIT)
    return Stream(batches, batches, sides.after.allow, cite(sides.after, seqs[1]), check)


def _plan(
    gateway: AccessGateway, principal: Principal, dataset: str, purpose: Purpose, query: DiffQuery
) -> _Sides:
    """Decide on both sides and choose what is compared. Raises what `read_diff` does."""
    if query.kind is not None and query.kind not in KINDS:
        raise BadInput(
            f"kind 应为 {'、'.join(KINDS)} 之一", f"kind must be one of {', '.join(KINDS)}"
        )
    asked = replace(query.rows, sorts=())
    if query.changed is not None and asked.fields:
        asked = replace(asked, fields=(*asked.fields, query.changed))
    ids = (query.before, query.after)
    first = [
        gateway.plan(principal, dataset, purpose, replace(asked, snapshot_id=one)) for one in ids
    ]
    left_out = _left_out(first, asked)
    visible = [v.name for v in first[1].allow.visible if v.name not in left_out]
    key = _key(first, left_out)
    wanted = [name for name in first[1].fields if name not in left_out and name not in key]
    fields = (*key, *wanted)
    if not fields or not visible:
        raise BadInput(
            "两个快照之间没有可以比较的数据项", "the two snapshots have no field to compare"
        )
    chosen = replace(asked, fields=fields)
    parameters = Parameters()
    shared = [
        gateway.plan(
            principal, dataset, purpose, replace(chosen, snapshot_id=one), parameters=parameters
        )
        for one in ids
    ]
    before, after = (replace(plan, fields=fields) for plan in first)
    for plan in (before, after):
        gateway.check_bulk(principal, plan, purpose)
    _check_rows(gateway.rows_in(before) + gateway.rows_in(after))
    _check_changed(query.changed, fields, key)
    sql = DiffSql(shared[0], shared[1], key, fields)
    return _Sides(sql, parameters, before, after, chosen, left_out)


def _left_out(plans: list[Plan], asked: RowQuery) -> tuple[str, ...]:
    """Pseudonyms where the snapshots have them of two key versions. Raises BadInput for a filter
    by one of them."""
    before, after = plans
    if before.snapshot.key_version == after.snapshot.key_version:
        return ()
    found = tuple(v.name for v in after.allow.visible if v.treatment == "rekey")
    if named := [f.field for f in asked.filters if f.field in found]:
        raise BadInput(
            f"两个快照的脱敏编号密钥版本不同，不能按 {named[0]} 筛选",
            f"the pseudonyms of the two snapshots are of two key versions: {named[0]} cannot be "
            "filtered by",
        )
    return found


def _key(plans: list[Plan], left_out: tuple[str, ...]) -> tuple[str, ...]:
    """The contract's key where the reader sees each of its fields as one value for one value."""
    key = plans[1].policy.primary_key
    for plan in plans:
        there = {one.name for one in plan.snapshot.columns if is_loaded(one)}
        for name in key:
            decided = plan.allow.field_decision(name)
            clear = decided is not None and decided.treatment in {"clear", "rekey"}
            if not clear or name in left_out or name not in there:
                return ()
    return key


def _check_rows(rows: int) -> None:
    if rows > ROWS_LIMIT:
        raise TooLarge(
            f"两个快照的行数超过一次比较的上限 {ROWS_LIMIT:,} 行；请加筛选条件，或分别下载后比较",
            f"the two snapshots have more than the {ROWS_LIMIT:,} rows that are compared at "
            "once: add a filter, or download both and compare them",
        )


def _check_offset(offset: int) -> None:
    if offset > OFFSET_LIMIT:
        raise TooLarge(
            f"翻页到第 {OFFSET_LIMIT:,} 处为止，请导出 CSV 或 Parquet，或加筛选条件",
            f"pages end after {OFFSET_LIMIT:,} differences: export them as CSV or Parquet, or "
            "add a filter",
        )


def _check_changed(changed: str | None, fields: tuple[str, ...], key: tuple[str, ...]) -> None:
    if changed is None:
        return
    if not key:
        raise BadInput(
            "没有主键可用，不能按“变更的数据项”筛选",
            "rows are compared without a key here: there is no changed field to filter by",
        )
    if changed in key or changed not in fields:
        raise BadInput(
            f"{changed[:64]} 是主键或不参与比较，不会有变更",
            f"{changed[:64]} is part of the key or not compared: it never changes",
        )


def _place(principal: Principal, sides: _Sides, query: DiffQuery) -> str:
    """What a cursor is sealed for: both snapshots, the fields, and what narrows the answer."""
    plans = (cursor_place(principal, plan, sides.query) for plan in sides.plans)
    return "\0".join((EXIT, *plans, repr((sides.sql.fields, query.kind, query.changed))))


def _wanted(sides: _Sides, query: DiffQuery) -> Iterator[exp.Expr]:
    if query.kind is not None:
        yield is_kind(KINDS[query.kind])
    if query.changed is not None:
        yield is_kind(CHANGED)
        yield differs_in(query.changed)


def _page_statement(sides: _Sides, query: DiffQuery, rows: int, offset: int) -> Statement:
    tree = sides.sql.rows(subjects=sides.after.policy.subject_key is not None)
    tree.where(*_wanted(sides, query), copy=False).order_by(*sides.sql.order(), copy=False)
    tree.set("limit", exp.Limit(expression=integer(rows)))
    tree.set("offset", exp.Offset(expression=integer(offset)))
    return sides.parameters.statement(tree, sides.after.dialect)


def _keyed(sides: _Sides, statement: Statement) -> tuple[str, Statement]:
    """The statement names both snapshots' files, fields and filters."""
    snapshots = [(plan.snapshot.table, plan.snapshot.id) for plan in sides.plans]
    content = f"{snapshots!r}\0{statement.sql}\0{list(statement.parameters)!r}"
    return sha256(content.encode()).hexdigest()[:40], statement


@dataclass(frozen=True, slots=True)
class _Counted:
    counts: DiffCounts | None
    seqs: tuple[int, int]


def _counts(
    gateway: AccessGateway, principal: Principal, purpose: Purpose, sides: _Sides, page: pa.Table
) -> _Counted:
    """Count what may be counted, and write both entries: the persons of the page, those of the
    counts, and a pin where all rows were compared."""
    counted = [gateway.count(plan, sides.query) for plan in sides.plans]
    columns = (SUBJECTS_BEFORE, SUBJECTS_AFTER)
    about = [_persons(gateway, sides, *one) for one in zip(sides.plans, columns, strict=True)]
    known = all(one.total is not None for one in counted) and None not in about
    counts = _count_rows(gateway, sides) if known else None
    if counts is not None and not sides.after.policy.is_counted:
        differing = counts.removed + counts.added + counts.changed
        counts = counts if differing <= SUBJECTS_LISTED else None
    seqs = []
    for plan, column, one, persons in zip(sides.plans, columns, counted, about, strict=True):
        shown = _subjects_shown(page, column)
        listed = dict.fromkeys((*shown[:SUBJECTS_LISTED], *one.subjects))
        if counts is not None:
            listed |= dict.fromkeys(persons or ())
        whole = plan.policy.subject_key is not None and plan.named_subjects is None
        pin = gateway.pins.of(principal, plan, purpose, sides.query) if whole else None
        entry = read_entry(
            *(principal, plan, purpose, sides.query),
            exit_name=EXIT,
            rows=page.num_rows,
            subjects=tuple(listed),
            pin=pin,
        )
        seqs.append(gateway.write(entry))
    return _Counted(counts, (seqs[0], seqs[1]))


def _persons(
    gateway: AccessGateway, sides: _Sides, plan: Plan, side: str
) -> tuple[str, ...] | None:
    """Whose rows differ on one side; None where there are more of them than an entry lists."""
    if plan.policy.subject_key is None:
        return ()
    if plan.named_subjects is not None:
        return plan.named_subjects
    tree = sides.sql.subjects(side, SUBJECTS_LISTED + 1)
    statement = sides.parameters.statement(tree, plan.dialect)
    found = gateway.cached(*_keyed(sides, statement))["subject"].to_pylist()
    return None if len(found) > SUBJECTS_LISTED else tuple(sorted(found))


def _count_rows(gateway: AccessGateway, sides: _Sides) -> DiffCounts:
    statement = sides.parameters.statement(sides.sql.counts(), sides.after.dialect)
    row = gateway.cached(*_keyed(sides, statement)).to_pylist()[0]
    names = ("removed", "added", "changed", UNCHANGED, DUPLICATES)
    return DiffCounts(*(int(row[name]) for name in names))


def _subjects_shown(page: pa.Table, column: str) -> list[str]:
    if column not in page.column_names:
        return []
    lists = page[column].to_pylist()
    return list(dict.fromkeys(one for some in lists for one in some or () if one is not None))


def _changes(sql: DiffSql, page: pa.Table) -> Iterator[RowChange]:
    names = {number: name for name, number in KINDS.items()}
    for row in page.to_pylist():
        kind = names[row[KIND]]
        key = {name: row[name] for name in sql.key}
        old = {name: row[BEFORE + name] for name in sql.others}
        new = {name: row[AFTER + name] for name in sql.others}
        differing = tuple(n for n in sql.others if kind == "changed" and old[n] != new[n])
        yield RowChange(
            kind,
            key,
            None if kind == "added" else old,
            None if kind == "removed" else new,
            differing,
            int(row[COPIES]),
        )


def _basis(sides: _Sides, seqs: tuple[int, int]) -> DiffBasis:
    before, after = (cite(plan, seq) for plan, seq in zip(sides.plans, seqs, strict=True))
    return DiffBasis(before, after, sides.sql.key, sides.sql.fields, sides.left_out)
