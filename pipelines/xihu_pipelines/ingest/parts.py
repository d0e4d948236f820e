"""A load's own data files: written from a query, and once more without some of their records."""

from dataclasses import replace

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from xihu_pipelines.ingest.context import LoadContext, read_files
from xihu_platform.lake.snapshot import RECORD, Column
from xihu_platform.lake.windows import ROW_GROUP
from xihu_platform.sql import identifier, text_literal

_LEVEL = 1
"""Of zstd. Measured on P1's rows: a tenth less time than its usual 3, and files no larger."""


def copy_rows(
    connection: duckdb.DuckDBPyConnection, sql: str, columns: tuple[Column, ...], part: object
) -> None:
    """Write a query's rows to a Parquet file whose columns bear the table's field ids."""
    ids = ", ".join(f"{identifier(c.name)}: {c.id}" for c in columns)
    connection.execute(
        f"COPY ({sql}) TO {text_literal(str(part))} (FORMAT parquet, COMPRESSION zstd, "
        f"COMPRESSION_LEVEL {_LEVEL}, ROW_GROUP_SIZE {ROW_GROUP}, FIELD_IDS {{{ids}}})"
    )


def renumber(sql: str, offset: int) -> str:
    """A query's rows with the table's record numbers instead of the file's."""
    return f"SELECT * REPLACE ({RECORD} + {offset} AS {RECORD}) FROM ({sql})"


def take_texts(context: LoadContext, batch: pa.Table, records: pa.ChunkedArray) -> pa.Table:
    """Some records of a batch as they were handed in: their numbers and each column once.

    Both are in the order of their numbers; the batch is as a reader gives it, and lacks none.
    """
    found = []
    chosen = batch.select([RECORD, *context.source_columns])
    for piece in chosen.to_batches():  # `take` of the whole would join them first
        places = pc.subtract(records, piece[RECORD][0])
        within = pc.and_(pc.greater_equal(places, 0), pc.less(places, piece.num_rows))
        found.append(pa.Table.from_batches([piece]).take(places.filter(within)))
    return pa.concat_tables(found)


def quarantine_records(context: LoadContext, table: str) -> LoadContext:
    """Take records out of the parts and into quarantine, as they were handed in.

    `table` is a temporary one: the record's number and the ids of the rules it broke, as JSON;
    its other columns go with them.
    """
    context = rewrite_without(context, table)
    return replace(context, blocks=(*context.blocks, *_blocks_of(context, table)))


def rewrite_without(context: LoadContext, table: str) -> LoadContext:
    """Parts that hold a record of the temporary table are written once more."""
    parts, written = list(context.parts), 0
    for index, part in enumerate(context.parts):
        source = read_files([str(part)])
        hit = context.connection.execute(
            f"SELECT 1 FROM {source} SEMI JOIN {table} USING ({RECORD}) LIMIT 1"
        ).fetchall()
        if hit:
            parts[index] = context.part_path("once-", written)
            written += 1
            sql = f"SELECT * FROM {source} ANTI JOIN {table} USING ({RECORD}) ORDER BY {RECORD}"
            copy_rows(context.connection, sql, context.columns, parts[index])
            part.unlink()
    return replace(context, parts=tuple(parts), files=context.files + written)


def _blocks_of(context: LoadContext, table: str) -> list[pa.Table]:
    """The file is decoded once more for the values of the records quarantined."""
    found = context.connection.sql(
        f"SELECT * REPLACE ({RECORD} - {context.offset} AS {RECORD}) FROM {table} ORDER BY {RECORD}"
    ).to_arrow_table()
    blocks = list[pa.Table]()
    with context.open_records() as batches:
        for batch in batches:
            first, last = batch[RECORD][0], batch[RECORD][-1]
            within = pc.and_(
                pc.greater_equal(found[RECORD], first), pc.less_equal(found[RECORD], last)
            )
            broken = found.filter(within)
            if broken.num_rows:
                blocks.append(block_of(context, pa.Table.from_batches([batch]), broken))
    return blocks


def block_of(context: LoadContext, batch: pa.Table, broken: pa.Table) -> pa.Table:
    """Some records of a batch for quarantine: `broken` has their numbers and the rules they
    broke, and is not empty.
    """
    texts = take_texts(context, batch, broken[RECORD])
    for place, name in enumerate(broken.column_names[1:], 1):
        texts = texts.add_column(place, name, broken[name])
    return texts
