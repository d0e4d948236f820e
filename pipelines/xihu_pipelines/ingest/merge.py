"""Merges a batch into its table, by load mode.

Each mode leaves the new data files in `context.parts`, and in `context.gone` which files of the
newest snapshot they replace; one commit exchanges them. Nothing in the table is changed before it.
"""

from collections.abc import Callable
from dataclasses import replace

from xihu_catalog.contracts.loading import LoadMode
from xihu_pipelines.ingest.context import LoadContext
from xihu_pipelines.ingest.existing import FILE, existing_sql, names_of
from xihu_pipelines.ingest.parts import copy_rows
from xihu_platform.lake.snapshot import RECORD, Snapshot
from xihu_platform.sql import identifier


def merge(context: LoadContext) -> LoadContext:
    """Which files go, and which the batch brings, by the contract's load mode."""
    return _MODES[context.contract.loading.mode](context)


def _replace(context: LoadContext) -> LoadContext:
    return replace(context, gone=None)


def _append(context: LoadContext) -> LoadContext:
    return context


def _upsert(context: LoadContext) -> LoadContext:
    """Rows of the batch's keys go, and those of the keys it deletes."""
    before = context.before
    keys = ", ".join(map(identifier, context.contract.key))
    touched = f"SELECT {keys} FROM {context.written}"
    if context.checks.delete_sql is not None:
        touched += f" UNION ALL SELECT {keys} FROM deletes"
        deleted = _count(context, "SELECT count(*) FROM deletes")
        context = replace(context, deleted=deleted)
    if before is None or not before.files:
        return context
    _mark_gone(context, before, f"({keys}) IN ({touched})")
    return _rewrite(context, before)


def _partition(context: LoadContext) -> LoadContext:
    """Rows of the partitions that the batch holds go."""
    before = context.before
    field = identifier(context.contract.loading.partition_field or "")
    if before is None or not before.files:
        return context
    _mark_gone(context, before, f"{field} IN (SELECT DISTINCT {field} FROM {context.written})")
    return _rewrite(context, before)


def _history(context: LoadContext) -> LoadContext:
    """The chains of the batch's keys are made anew: every event in the order of its day."""
    before = context.before
    loading = context.contract.loading
    keys = [k for k in context.contract.key if k != loading.valid_from]
    names = ", ".join(map(identifier, keys))
    touched = f"SELECT {names} FROM {context.written}"
    if context.checks.delete_sql is not None:
        touched += f" UNION ALL SELECT {names} FROM deletes"
        deleted = _count(context, "SELECT count(*) FROM deletes")
        context = replace(context, deleted=deleted)
    existing = before if before is not None and before.files else None
    if existing is not None:
        _mark_gone(context, existing, f"({names}) IN ({touched})")
    chains = _chains(context, _events(context, existing, keys), keys)
    part = context.part_path("chain-")
    copy_rows(context.connection, chains, context.columns, part)
    for one in context.parts:
        one.unlink()
    context = replace(context, parts=()).with_part(part)
    return _rewrite(context, existing) if existing is not None else context


def _events(context: LoadContext, existing: Snapshot | None, keys: list[str]) -> str:
    """What began and what ended, per key and day; of one day the newest word counts."""
    loading = context.contract.loading
    start, end = identifier(loading.valid_from or ""), identifier(loading.valid_to or "")
    names = ", ".join(identifier(c.name) for c in context.columns)
    parts = [f"SELECT {names}, false AS _ended, 2 AS _rank FROM {context.written}"]
    if context.checks.delete_sql is not None:
        given = {*keys, loading.valid_from, RECORD}
        nulls = ", ".join(
            identifier(c.name)
            if c.name in given
            else f"CAST(NULL AS {c.type}) AS {identifier(c.name)}"
            for c in context.columns
        )
        parts.append(f"SELECT {nulls}, true AS _ended, 3 AS _rank FROM deletes")
    if existing is not None:
        kept = f"(SELECT * FROM {existing_sql(existing)} SEMI JOIN gone USING ({RECORD}))"
        parts.append(f"SELECT {names}, false AS _ended, 1 AS _rank FROM {kept}")
        ends = f"SELECT {names} FROM (SELECT * REPLACE ({end} AS {start}) FROM {kept})"
        parts.append(
            f"SELECT *, true AS _ended, 0 AS _rank FROM ({ends}) WHERE {start} IS NOT NULL"
        )
    return " UNION ALL BY NAME ".join(parts)


def _chains(context: LoadContext, events: str, keys: list[str]) -> str:
    loading = context.contract.loading
    start, end = identifier(loading.valid_from or ""), identifier(loading.valid_to or "")
    names = ", ".join(map(identifier, keys))
    aside = {*keys, loading.valid_from, loading.valid_to, RECORD}
    content = ", ".join(
        f"{identifier(c.name)} := {identifier(c.name)}"
        for c in context.columns
        if c.name not in aside
    )
    chosen = ", ".join(identifier(c.name) for c in context.columns)
    return (
        f"WITH events AS ({events}), "
        "newest AS (SELECT * FROM events QUALIFY row_number() OVER "
        f"(PARTITION BY {names}, {start} ORDER BY _rank DESC, {RECORD} DESC) = 1), "
        f"said AS (SELECT *, CASE WHEN _ended THEN NULL ELSE struct_pack({content}) END AS _said, "
        f"FROM newest), "
        "changes AS (SELECT * FROM said QUALIFY _said IS DISTINCT FROM lag(_said) OVER "
        f"(PARTITION BY {names} ORDER BY {start}) "
        f"OR lag(_rank) OVER (PARTITION BY {names} ORDER BY {start}) IS NULL), "
        f"closed AS (SELECT * REPLACE (lead({start}) OVER (PARTITION BY {names} ORDER BY {start}) "
        f"AS {end}) FROM changes) "
        f"SELECT {chosen} FROM closed WHERE NOT _ended ORDER BY {RECORD}"
    )


def _mark_gone(context: LoadContext, before: Snapshot, condition: str) -> None:
    context.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE gone AS SELECT {RECORD}, {FILE} "
        f"FROM {existing_sql(before)} WHERE {condition}"
    )


def _rewrite(context: LoadContext, before: Snapshot) -> LoadContext:
    """Files that hold a row that goes are written once more, as one file without it."""
    files = frozenset(
        str(row[0])
        for row in context.connection.execute(f"SELECT DISTINCT {FILE} FROM gone").fetchall()
    )
    if not files:
        return context
    touched = Snapshot(
        before.table, before.id, before.committed_at, before.columns, tuple(sorted(files)), 0
    )
    stays = (
        f"SELECT {names_of(before)} FROM {existing_sql(touched)} ANTI JOIN gone USING ({RECORD})"
    )
    if _count(context, f"SELECT count(*) FROM ({stays})"):
        sql = f"SELECT {names_of(before)} FROM ({stays}) ORDER BY {RECORD}"
        columns = tuple(c for c in context.columns if c.name in {b.name for b in before.columns})
        part = context.part_path("stay-")
        copy_rows(context.connection, sql, columns, part)
        context = context.with_part(part)
    return replace(context, gone=files)


def _count(context: LoadContext, sql: str) -> int:
    return int(context.connection.execute(sql).fetchall()[0][0])


_MODES: dict[LoadMode, Callable[[LoadContext], LoadContext]] = {
    "replace": _replace,
    "append": _append,
    "upsert": _upsert,
    "partition": _partition,
    "history": _history,
}
