"""Good rows from bad, batch after batch: while one is written, the next is read and checked."""

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing

import duckdb
import pyarrow as pa

from xihu_catalog.quality import quarantine
from xihu_pipelines.ingest import vault
from xihu_pipelines.ingest.compile import broken_rules
from xihu_pipelines.ingest.context import LoadContext, Progress, Stage
from xihu_pipelines.ingest.duplicates import keep_held, with_held
from xihu_pipelines.ingest.parts import add_block, copy_rows, renumbered
from xihu_pipelines.sources.records import by_place
from xihu_platform.vault.sm3 import fill

_ROWS = 122_880
"""At least so many go through at once, one of DuckDB's row groups: while one batch is written, one
checked and one read, a load of any length stays below 900 MB."""


def split(context: LoadContext, stage: Stage, progress: Progress | None) -> None:
    """Good rows go to Parquet files, bad ones to blocks; what may repeat a key is held back."""
    stage("decode")
    with (
        context.open_records() as batches,
        closing(context.connection.cursor()) as checker,
        ThreadPoolExecutor(1, "write") as writer,
    ):
        writing: Future[None] | None = None
        for batch in gathered(batches):
            context.received += batch.num_rows
            checked = _check(context, checker, batch)
            if writing is not None:
                writing.result()
            stage("write")
            writing = writer.submit(_write, context, batch, checked)
            if progress is not None:
                progress(context.contract.dataset, context.received)
        if writing is not None:
            writing.result()
        context.decoded = batches.notes()


def gathered(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Batches of a reader put together: each statement costs the same for few rows and many, and
    a table of several batches is read by several threads.
    """
    held, rows = list[pa.RecordBatch](), 0
    for batch in batches:
        held.append(batch)
        rows += batch.num_rows
        while rows >= _ROWS:
            whole = pa.Table.from_batches(held)
            yield whole.slice(0, _ROWS)
            held = whole.slice(_ROWS).to_batches()
            rows -= _ROWS
    if rows:
        yield pa.Table.from_batches(held)


def _check(context: LoadContext, checker: duckdb.DuckDBPyConnection, batch: pa.Table) -> pa.Table:
    checker.register("batch", by_place(batch))
    checked = checker.sql(context.checks.check_sql).to_arrow_table()
    checker.unregister("batch")
    return checked


def _write(context: LoadContext, batch: pa.Table, checked: pa.Table) -> None:
    """All that a checked batch leaves behind. Only one thread at a time is in here."""
    connection, checks = context.connection, context.checks
    connection.register("checked", checked)
    checked = with_held(context, checked)
    connection.register("checked", checked)
    if checks.messages_sql is not None:
        fill(connection, context.made, checks.messages_sql)
    rows = renumbered(checks.keep_sql, context.offset)
    copy_rows(connection, rows, context.columns, context.next_part())
    _count_steps(context)
    _collect_deletes(context)
    vault.collect(connection, checks)
    _collect_bad(context, batch)
    keep_held(context, batch, checked)
    connection.unregister("checked")


def _count_steps(context: LoadContext) -> None:
    """What the declared steps have put right, for the load's report."""
    if context.checks.steps_sql is None:
        return
    counts = context.connection.execute(context.checks.steps_sql).fetchall()[0]
    for (field, step), count in zip(context.checks.steps, counts, strict=True):
        context.steps[f"{field}.{step}"] += int(count)


def _collect_deletes(context: LoadContext) -> None:
    sql = context.checks.delete_sql
    if sql is None:
        return
    deletes = renumbered(sql, context.offset)
    context.connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS deletes AS {deletes} LIMIT 0")
    context.connection.execute(f"INSERT INTO deletes {deletes}")


def _collect_bad(context: LoadContext, batch: pa.Table) -> None:
    """Count failing records by rule and set them aside with the ids of the rules they broke.

    Only the few distinct combinations of rules pass through Python, never the records.
    """
    connection, checks = context.connection, context.checks
    words = ", ".join(f"_bits{w}" for w in range(checks.words))
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE combined AS SELECT {words}, count(*) AS records, "
        f"CAST(NULL AS VARCHAR) AS {quarantine.RULES} FROM checked GROUP BY ALL"
    )
    for *bits, records, _ in connection.execute("SELECT * FROM combined").fetchall():
        combination = [int(str(word)) for word in bits]
        broken = broken_rules(checks, combination)
        context.counts.update(dict.fromkeys(broken, int(str(records))))
        same = " AND ".join(f"_bits{w} = ?" for w in range(checks.words))
        connection.execute(
            f"UPDATE combined SET {quarantine.RULES} = ? WHERE {same}",
            [json.dumps(broken), *combination],
        )
    add_block(context, batch, connection.sql(checks.bad_sql).to_arrow_table())
