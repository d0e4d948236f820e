"""Good rows from bad, batch after batch: while one is written, the next is read and checked."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from xihu_catalog.quality import quarantine
from xihu_pipelines.ingest import vault
from xihu_pipelines.ingest.compile import broken_rules
from xihu_pipelines.ingest.context import LoadContext, add_counts
from xihu_pipelines.ingest.duplicates import defer, flag_deferred, open_filter
from xihu_pipelines.ingest.parts import block_of, copy_rows, renumber
from xihu_pipelines.sources.records import by_place
from xihu_platform.lake.snapshot import RECORD
from xihu_platform.vault.sm3 import fill

if TYPE_CHECKING:  # numpy is for loads alone: a serving process should not carry it
    from xihu_pipelines.ingest.bloom import BloomFilter

_ROWS = 122_880
"""At least so many go through at once, one of DuckDB's row groups: while one batch is written, one
checked and one read, a load of any length stays below 900 MB."""


@dataclass(frozen=True, slots=True)
class WrittenBatch:
    """What one batch of the file has left behind."""

    part: Path
    blocks: tuple[pa.Table, ...]
    counts: Mapping[str, int]
    steps: Mapping[str, int]
    deferred: int


def split(context: LoadContext) -> LoadContext:
    """Good rows go to Parquet files, bad ones to blocks; what may repeat a key is kept back."""
    context.stage("decode")
    bloom, received, written = open_filter(context.checks), 0, list[WrittenBatch]()
    with (
        context.open_records() as batches,
        closing(context.connection.cursor()) as checker,
        ThreadPoolExecutor(1, "write") as writer,
    ):
        writing: Future[WrittenBatch] | None = None
        for number, batch in enumerate(gather(batches)):
            received += batch.num_rows
            checked = _check(context, checker, batch)
            if writing is not None:
                written.append(writing.result())
            context.stage("write")
            part = context.part_path(after=number)
            writing = writer.submit(_write, context, bloom, batch, checked, part)
            if context.progress is not None:
                context.progress(context.contract.dataset, received)
        if writing is not None:
            written.append(writing.result())
        decoded = batches.notes()
    context.stage("write")  # of a file without a record too
    return _add_up(replace(context, received=received, decoded=decoded), written)


def _add_up(context: LoadContext, written: Sequence[WrittenBatch]) -> LoadContext:
    return replace(
        context,
        files=context.files + len(written),
        parts=(*context.parts, *(each.part for each in written)),
        blocks=(*context.blocks, *(block for each in written for block in each.blocks)),
        counts=add_counts(context.counts, *(each.counts for each in written)),
        steps=add_counts(context.steps, *(each.steps for each in written)),
        deferred=context.deferred + sum(each.deferred for each in written),
    )


def gather(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Batches of a reader put together: each statement costs the same for few rows and many, and
    a table of several batches is read by several threads.
    """
    waiting, rows = list[pa.RecordBatch](), 0
    for batch in batches:
        waiting.append(batch)
        rows += batch.num_rows
        while rows >= _ROWS:
            whole = pa.Table.from_batches(waiting)
            yield whole.slice(0, _ROWS)
            waiting = whole.slice(_ROWS).to_batches()
            rows -= _ROWS
    if rows:
        yield pa.Table.from_batches(waiting)


def _check(context: LoadContext, checker: duckdb.DuckDBPyConnection, batch: pa.Table) -> pa.Table:
    checker.register("batch", by_place(batch))
    checked = checker.sql(context.checks.check_sql).to_arrow_table()
    checker.unregister("batch")
    return _in_order(checked)


def _in_order(checked: pa.Table) -> pa.Table:
    """The records in the file's order: the first of a key is the first of the file.

    DuckDB keeps an order through all that it does with one table but not through a join, and a
    look into a code list is one: the thread that is ready first hands its records on first.
    """
    numbers = checked[RECORD].combine_chunks()
    if pc.all(pc.less(numbers[:-1], numbers[1:])).as_py():
        return checked
    return checked.take(pc.array_sort_indices(numbers))


def _write(
    context: LoadContext,
    bloom: BloomFilter | None,
    batch: pa.Table,
    checked: pa.Table,
    part: Path,
) -> WrittenBatch:
    """All that a checked batch leaves behind. Only one thread at a time is in here."""
    connection, checks = context.connection, context.checks
    connection.register("checked", checked)
    checked = flag_deferred(context, bloom, checked)
    connection.register("checked", checked)
    if checks.messages_sql is not None:
        fill(connection, context.made, checks.messages_sql)
    copy_rows(connection, renumber(checks.keep_sql, context.offset), context.columns, part)
    steps = _count_steps(context)
    _collect_deletes(context)
    vault.collect(connection, checks)
    counts, blocks = _collect_bad(context, batch)
    deferred = defer(context, batch, checked)
    connection.unregister("checked")
    return WrittenBatch(part, blocks, counts, steps, deferred)


def _count_steps(context: LoadContext) -> dict[str, int]:
    """What the declared steps have put right, for the load's report."""
    if context.checks.steps_sql is None:
        return {}
    counts = context.connection.execute(context.checks.steps_sql).fetchall()[0]
    return {
        f"{field}.{step}": int(count)
        for (field, step), count in zip(context.checks.steps, counts, strict=True)
    }


def _collect_deletes(context: LoadContext) -> None:
    sql = context.checks.delete_sql
    if sql is None:
        return
    deletes = renumber(sql, context.offset)
    context.connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS deletes AS {deletes} LIMIT 0")
    context.connection.execute(f"INSERT INTO deletes {deletes}")


def _collect_bad(
    context: LoadContext, batch: pa.Table
) -> tuple[Mapping[str, int], tuple[pa.Table, ...]]:
    """The failing records: counted by rule, and as a block with the ids of the rules they broke."""
    counts = _count_broken(context)
    bad = context.connection.sql(context.checks.bad_sql).to_arrow_table()
    return counts, (block_of(context, batch, bad),) if bad.num_rows else ()


def _count_broken(context: LoadContext) -> Mapping[str, int]:
    """Count failing records by rule; the table `combined` says which rules their bits mean.

    Only the few distinct combinations of rules pass through Python, never the records.
    """
    connection, checks = context.connection, context.checks
    words = ", ".join(f"_bits{w}" for w in range(checks.words))
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE combined AS SELECT {words}, count(*) AS records, "
        f"CAST(NULL AS VARCHAR) AS {quarantine.RULES} FROM checked GROUP BY ALL"
    )
    counts = Counter[str]()
    for *bits, records, _ in connection.execute("SELECT * FROM combined").fetchall():
        combination = [int(str(word)) for word in bits]
        broken = broken_rules(checks, combination)
        counts.update(dict.fromkeys(broken, int(str(records))))
        same = " AND ".join(f"_bits{w} = ?" for w in range(checks.words))
        connection.execute(
            f"UPDATE combined SET {quarantine.RULES} = ? WHERE {same}",
            [json.dumps(broken), *combination],
        )
    return counts
