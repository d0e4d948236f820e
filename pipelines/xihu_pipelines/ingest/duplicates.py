"""Duplicate keys: a record whose key an earlier record has is quarantined.

Records that may repeat a key are kept back from the data files (see `bloom`) and compared when
all others are written; what turns out to be the first of its key gets a file of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from xihu_catalog.quality import quarantine
from xihu_pipelines.ingest import vault
from xihu_pipelines.ingest.compile import DEFERRED, Checks, unique_rules
from xihu_pipelines.ingest.context import SUPERSEDED, LoadContext, add_counts
from xihu_pipelines.ingest.existing import existing_sql
from xihu_pipelines.ingest.parts import (
    copy_rows,
    quarantine_records,
    renumber,
    rewrite_without,
    take_texts,
)
from xihu_pipelines.sources.records import place_name
from xihu_platform.lake.snapshot import RECORD
from xihu_platform.sql import identifier, text_literal

if TYPE_CHECKING:  # numpy is for loads alone: a serving process should not carry it
    from xihu_pipelines.ingest.bloom import BloomFilter


def open_filter(checks: Checks) -> BloomFilter | None:
    """The filter of one file, where the contract has a key or another rule of uniqueness."""
    if checks.hashes_sql is None:
        return None
    from xihu_pipelines.ingest.bloom import BloomFilter

    return BloomFilter()


def flag_deferred(context: LoadContext, bloom: BloomFilter | None, checked: pa.Table) -> pa.Table:
    """The checked batch, known as `checked`, with the flag of the records that are kept back."""
    flags = pa.repeat(pa.scalar(False), checked.num_rows)
    sql = context.checks.hashes_sql
    if bloom is not None and sql is not None:
        for hashes in context.connection.sql(sql).to_arrow_table().columns:
            flags = pc.or_(flags, pa.array(bloom.defer(hashes)))
    return checked.append_column(DEFERRED, flags)


def defer(context: LoadContext, batch: pa.Table, checked: pa.Table) -> int:
    """Collect the records kept back, protected and as handed in, and count them; `checked` is
    then a table of them alone.
    """
    few = checked.filter(checked[DEFERRED])
    if not few.num_rows:
        return 0
    connection, records = context.connection, few[RECORD]
    connection.register("checked", few)
    rows = renumber(context.checks.deferred_sql, context.offset)
    texts = take_texts(context, batch, records)
    # Columns by their places: names may be alike to DuckDB.
    names = [RECORD, *(place_name(i) for i in range(texts.num_columns - 1))]
    connection.register("texts", texts.rename_columns(names))
    for name, sql in (("held", rows), ("held_texts", "SELECT * FROM texts")):
        connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS {name} AS {sql} LIMIT 0")
        connection.execute(f"INSERT INTO {name} {sql}")
    connection.unregister("texts")
    return int(few.num_rows)


def quarantine_repeats(context: LoadContext) -> LoadContext:
    """The first record of a key is kept, every later one quarantined.

    In an upsert the last of a key in the file wins, and the ones before it are only counted.
    """
    if not context.parts:
        return context
    if context.contract.loading.mode == "upsert":
        return _drop_superseded(context)
    rules = unique_rules(context.contract)
    if not rules or not (context.deferred or _adds(context)):
        return context
    empty = f"SELECT * FROM {context.written} LIMIT 0"
    context.connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS held AS {empty}")
    found = _find_repeats(context, rules)
    context = _settle_deferred(replace(context, counts=add_counts(context.counts, found)))
    if not found:
        return context
    if _adds(context):
        context = quarantine_records(context, "repeated")
    vault.keep_only(context.connection, context.contract, context.written)
    return context


def _adds(context: LoadContext) -> bool:
    """Whether the batch's rows join others, whose keys count too."""
    before = context.before
    return context.contract.loading.mode == "append" and before is not None and bool(before.files)


def _find_repeats(context: LoadContext, rules: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """Put their numbers and broken rules into the table `repeated`, and count them by rule."""
    broken = " UNION ALL ".join(
        f"SELECT {RECORD}, {text_literal(rule)} AS rule, min(first) - {context.offset} AS first, "
        f"min(standing) AS standing FROM ({_repeats(context, keys)}) GROUP BY {RECORD}"
        for rule, keys in rules.items()
    )
    context.connection.execute(f"CREATE TEMP TABLE broken AS {broken}")
    counted = context.connection.execute(
        "SELECT rule, count(*) FROM broken GROUP BY rule"
    ).fetchall()
    context.connection.execute(
        f"CREATE TEMP TABLE repeated AS SELECT {RECORD}, "
        f"to_json(list(rule))::VARCHAR AS {quarantine.RULES}, "
        f"to_json(list({{rule: rule, first: first, standing: standing}}))::VARCHAR "
        f"AS {quarantine.OTHERS} FROM broken GROUP BY {RECORD}"
    )
    return {str(rule): int(str(count)) for rule, count in counted}


def _repeats(context: LoadContext, keys: tuple[str, ...]) -> str:
    """Records whose key stands earlier in the file, or in the table that is added to, each with
    the number of that other record.

    Of a key that stands several times, all records but the first are among those kept back.
    """
    names = ", ".join(map(identifier, keys))
    rows = f"SELECT {RECORD}, {names} FROM {context.written}"
    rows = f"(SELECT {RECORD}, {names} FROM held UNION ALL {rows})"
    sql = (
        f"SELECT {RECORD}, _first AS first, CAST(NULL AS BIGINT) AS standing "
        f"FROM held JOIN (SELECT {names}, min({RECORD}) AS _first FROM {rows} "
        f"WHERE ({names}) IN (SELECT {names} FROM held) GROUP BY {names}) USING ({names}) "
        f"WHERE {RECORD} > _first"
    )
    if _adds(context) and context.before is not None:
        known = f"SELECT {names}, min({RECORD}) AS standing FROM {existing_sql(context.before)}"
        sql += (
            f" UNION ALL SELECT {RECORD}, NULL, standing FROM {rows} AS fresh "
            f"JOIN ({known} AS before GROUP BY {names}) AS known USING ({names})"
        )
    return sql


def _settle_deferred(context: LoadContext) -> LoadContext:
    """Repeated ones are quarantined; the others get a data file."""
    if not context.deferred:
        return context
    connection = context.connection
    repeated = connection.sql(
        f"SELECT {RECORD}, {quarantine.RULES}, {quarantine.OTHERS}, "
        f"held_texts.* EXCLUDE ({RECORD}) "
        f"FROM held_texts JOIN (SELECT * REPLACE ({RECORD} - {context.offset} AS {RECORD}) "
        f"FROM repeated) USING ({RECORD}) ORDER BY {RECORD}"
    ).to_arrow_table()
    if repeated.num_rows:
        names = [RECORD, quarantine.RULES, quarantine.OTHERS, *context.source_columns]
        context = replace(context, blocks=(*context.blocks, repeated.rename_columns(names)))
    stays = f"SELECT * FROM held ANTI JOIN repeated USING ({RECORD}) ORDER BY {RECORD}"
    if connection.execute(f"SELECT 1 FROM ({stays}) LIMIT 1").fetchall():
        part = context.part_path("held-")
        copy_rows(connection, stays, context.columns, part)
        context = context.with_part(part)
    connection.execute(f"DELETE FROM repeated WHERE {RECORD} IN (SELECT {RECORD} FROM held)")
    return context


def _drop_superseded(context: LoadContext) -> LoadContext:
    names = ", ".join(map(identifier, context.contract.key))
    rows = f"SELECT {RECORD}, {names} FROM {context.written}"
    if context.checks.delete_sql is not None:
        rows += f" UNION ALL SELECT {RECORD}, {names} FROM deletes"
    context.connection.execute(
        f"CREATE TEMP TABLE repeated AS SELECT {RECORD} FROM (SELECT {RECORD}, "
        f"row_number() OVER (PARTITION BY {names} ORDER BY {RECORD} DESC) AS nth FROM ({rows})) "
        "WHERE nth > 1"
    )
    dropped = context.connection.execute("SELECT count(*) FROM repeated").fetchall()
    count = int(dropped[0][0])
    if not count:
        return context
    context = rewrite_without(context, "repeated")
    if context.checks.delete_sql is not None:
        context.connection.execute(
            f"DELETE FROM deletes WHERE {RECORD} IN (SELECT {RECORD} FROM repeated)"
        )
    return replace(context, counts=add_counts(context.counts, {SUPERSEDED: count}))
