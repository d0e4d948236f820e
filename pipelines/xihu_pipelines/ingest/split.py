"""Good rows from bad: each batch is checked once, the whole for what must stand only once."""

import json
from collections.abc import Iterable, Iterator

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from xihu_catalog.contracts.model import Contract
from xihu_catalog.quality import quarantine
from xihu_pipelines.ingest import vault
from xihu_pipelines.ingest.compile import broken_rules
from xihu_pipelines.ingest.existing import existing_sql
from xihu_pipelines.ingest.work import SUPERSEDED, Progress, Stage, Work, read_files
from xihu_pipelines.sources.files import open_records
from xihu_pipelines.sources.records import BATCH_ROWS
from xihu_platform.lake.engine import identifier, text_literal
from xihu_platform.lake.tables import RECORD, Column
from xihu_platform.vault.sm3 import fill


def split(work: Work, stage: Stage, progress: Progress | None) -> None:
    """Check batch after batch; good rows go to Parquet files, bad ones to blocks."""
    stage("decode")
    with open_records(work.batch.path, work.batch.source, work.source_columns) as batches:
        for batch in _gathered(batches):
            stage("write")
            work.received += batch.num_rows
            _check(work, batch)
            copy_rows(
                work.connection,
                f"SELECT * REPLACE ({RECORD} + {work.offset} AS {RECORD}) "
                f"FROM ({work.checks.keep_sql})",
                work.columns,
                work.next_part(),
            )
            _count_steps(work)
            _collect_deletes(work)
            vault.collect(work.connection, work.checks)
            _collect_bad(work)
            if progress is not None:
                progress(work.contract.dataset, work.received)
            stage("decode")
        work.decoded = batches.notes()


def _gathered(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Batches of a reader put together: each statement costs the same for few rows and many, and
    a table of several batches is read by several threads.
    """
    held, rows = list[pa.RecordBatch](), 0
    for batch in batches:
        held.append(batch)
        rows += batch.num_rows
        if rows >= BATCH_ROWS:
            yield pa.Table.from_batches(held)
            held, rows = [], 0
    if held:
        yield pa.Table.from_batches(held)


def _check(work: Work, batch: pa.Table) -> None:
    connection = work.connection
    connection.register("batch", batch)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE checked AS {work.checks.check_sql}")
    connection.unregister("batch")
    if work.checks.messages_sql is not None:
        fill(connection, work.secret, work.checks.messages_sql)


def _count_steps(work: Work) -> None:
    """What the declared steps have put right, for the load's report."""
    if work.checks.steps_sql is None:
        return
    counts = work.connection.execute(work.checks.steps_sql).fetchall()[0]
    for (field, step), count in zip(work.checks.steps, counts, strict=True):
        work.steps[f"{field}.{step}"] += int(count)


def copy_rows(
    connection: duckdb.DuckDBPyConnection, sql: str, columns: tuple[Column, ...], part: object
) -> None:
    """Write a query's rows to a Parquet file whose columns bear the table's field ids."""
    ids = ", ".join(f"{identifier(c.name)}: {c.id}" for c in columns)
    connection.execute(
        f"COPY ({sql}) TO {text_literal(str(part))} "
        f"(FORMAT parquet, COMPRESSION zstd, FIELD_IDS {{{ids}}})"
    )


def _collect_deletes(work: Work) -> None:
    sql = work.checks.delete_sql
    if sql is None:
        return
    renumbered = f"SELECT * REPLACE ({RECORD} + {work.offset} AS {RECORD}) FROM ({sql})"
    work.connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS deletes AS {renumbered} LIMIT 0")
    work.connection.execute(f"INSERT INTO deletes {renumbered}")


def _collect_bad(work: Work) -> None:
    """Count failing records by rule and set them aside with the ids of the rules they broke.

    Only the few distinct combinations of rules pass through Python, never the records.
    """
    connection, checks = work.connection, work.checks
    words = ", ".join(f"_bits{w}" for w in range(checks.words))
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE combined AS SELECT {words}, count(*) AS records, "
        f"CAST(NULL AS VARCHAR) AS {quarantine.RULES} FROM checked GROUP BY ALL"
    )
    for *bits, records, _ in connection.execute("SELECT * FROM combined").fetchall():
        combination = [int(str(word)) for word in bits]
        broken = broken_rules(checks, combination)
        work.counts.update(dict.fromkeys(broken, int(str(records))))
        same = " AND ".join(f"_bits{w} = ?" for w in range(checks.words))
        connection.execute(
            f"UPDATE combined SET {quarantine.RULES} = ? WHERE {same}",
            [json.dumps(broken), *combination],
        )
    bad = connection.sql(checks.bad_sql).to_arrow_table()
    if bad.num_rows:
        work.blocks.append(bad)


def unique_rules(contract: Contract) -> dict[str, list[str]]:
    """Rule id to the fields whose values together may stand only once."""
    single = {f"{f.name}.unique": [f.name] for f in contract.fields if f.unique}
    keys = list(contract.key)
    if not keys or (len(keys) == 1 and f"{keys[0]}.unique" in single):
        return single
    return single | {"key.unique": keys}


def set_duplicates_aside(work: Work) -> None:
    """The first record of a key is kept, every later one set aside; files are rewritten once.

    In an upsert the last of a key in the file wins, and the ones before it are only counted.
    """
    if not work.parts:
        return
    if work.contract.loading.mode == "upsert":
        _drop_superseded(work)
        return
    rules = unique_rules(work.contract)
    if not rules:
        return
    repeated = " UNION ALL ".join(
        f"SELECT {RECORD}, {text_literal(rule)} AS rule FROM ({_repeats(work, keys)})"
        for rule, keys in rules.items()
    )
    work.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE repeated AS SELECT {RECORD}, "
        f"to_json(list(rule))::VARCHAR AS {quarantine.RULES} FROM ({repeated}) GROUP BY 1"
    )
    counted = work.connection.execute(
        f"SELECT rule, count(*) FROM ({repeated}) GROUP BY rule"
    ).fetchall()
    if not counted:
        return
    work.counts.update({str(rule): int(str(count)) for rule, count in counted})
    _rewrite_without_repeated(work)
    _fetch_repeated(work)


def _repeats(work: Work, keys: list[str]) -> str:
    """Records whose key stands earlier in the file, or in the table that is added to."""
    names = ", ".join(map(identifier, keys))
    given = " AND ".join(f"{identifier(k)} IS NOT NULL" for k in keys)
    sql = (
        f"SELECT {RECORD} FROM (SELECT {RECORD}, row_number() OVER "
        f"(PARTITION BY {names} ORDER BY {RECORD}) AS nth FROM {work.written} WHERE {given}) "
        "WHERE nth > 1"
    )
    if work.contract.loading.mode == "append" and work.before is not None and work.before.files:
        known = f"SELECT {names} FROM {existing_sql(work.before)} AS before"
        again = f"SELECT {RECORD} FROM {work.written} AS fresh WHERE ({names}) IN ({known})"
        return f"{sql} UNION {again}"
    return sql


def _drop_superseded(work: Work) -> None:
    names = ", ".join(map(identifier, work.contract.key))
    rows = f"SELECT {RECORD}, {names} FROM {work.written}"
    if work.checks.delete_sql is not None:
        rows += f" UNION ALL SELECT {RECORD}, {names} FROM deletes"
    work.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE repeated AS SELECT {RECORD} FROM (SELECT {RECORD}, "
        f"row_number() OVER (PARTITION BY {names} ORDER BY {RECORD} DESC) AS nth FROM ({rows})) "
        "WHERE nth > 1"
    )
    dropped = work.connection.execute("SELECT count(*) FROM repeated").fetchall()
    if count := int(dropped[0][0]):
        work.counts[SUPERSEDED] = count
        _rewrite_without_repeated(work)
        if work.checks.delete_sql is not None:
            work.connection.execute(
                f"DELETE FROM deletes WHERE {RECORD} IN (SELECT {RECORD} FROM repeated)"
            )


def _rewrite_without_repeated(work: Work) -> None:
    for index, part in enumerate(work.parts):
        source = read_files([str(part)])
        hit = work.connection.execute(
            f"SELECT 1 FROM {source} SEMI JOIN repeated USING ({RECORD}) LIMIT 1"
        ).fetchall()
        if hit:
            fresh = work.next_part("once-")
            sql = f"SELECT * FROM {source} ANTI JOIN repeated USING ({RECORD}) ORDER BY {RECORD}"
            copy_rows(work.connection, sql, work.columns, fresh)
            part.unlink()
            work.parts[index] = work.parts.pop()


def _fetch_repeated(work: Work) -> None:
    """The values of repeated records as handed in: the file is decoded once more."""
    chosen = ", ".join(
        map(identifier, dict.fromkeys(f.source_column for f in work.contract.fields))
    )
    with open_records(work.batch.path, work.batch.source, work.source_columns) as batches:
        for batch in batches:
            numbered = batch.set_column(
                0, RECORD, pc.add(batch.column(0), pa.scalar(work.offset, pa.int64()))
            )
            work.connection.register("batch", pa.Table.from_batches([numbered]))
            found = work.connection.sql(
                f"SELECT {RECORD} - {work.offset} AS {RECORD}, {quarantine.RULES}, {chosen} "
                f"FROM batch JOIN repeated USING ({RECORD}) ORDER BY {RECORD}"
            ).to_arrow_table()
            work.connection.unregister("batch")
            if found.num_rows:
                work.blocks.append(found)
