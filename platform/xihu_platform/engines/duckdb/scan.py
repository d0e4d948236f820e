"""Parquet files read by field id, as DuckDB's SQL.

`read_parquet(files)` alone goes by names: after a rename it reads wrongly, and a column that was
dropped and added again shows its former values.
"""

from collections.abc import Sequence
from functools import lru_cache

from xihu_platform.lake.snapshot import Column
from xihu_platform.sql import Relation, identifier, text_literal

DIALECT = "duckdb"
SCANS_KEPT = 256
"""Snapshots whose scan is kept as text: it names every file and field."""


def scan_sql(files: Sequence[str], columns: Sequence[Column], *, file_column: str = "") -> str:
    """A table expression over the files; `file_column` is to tell which of them a row lies in.

    >>> scan_sql(["a.parquet"], [Column("n", "BIGINT", 2)])
    "read_parquet(['a.parquet'], schema=MAP {2: {name: 'n', type: 'BIGINT', default_value: NULL}})"
    """
    fields = ", ".join(
        f"{c.id}: {{name: {text_literal(c.name)}, type: {text_literal(c.type)}, "
        "default_value: NULL}"
        for c in columns
    )
    also = f", filename={text_literal(file_column)}" if file_column else ""
    return f"read_parquet([{', '.join(map(text_literal, files))}], schema=MAP {{{fields}}}{also})"


@lru_cache(SCANS_KEPT)
def relation(files: tuple[str, ...], columns: tuple[Column, ...]) -> Relation:
    """The same to read from in a tree; no rows where there are no files."""
    if files:
        return Relation(scan_sql(files, columns), DIALECT)
    nulls = ", ".join(f"CAST(NULL AS {c.type}) AS {identifier(c.name)}" for c in columns)
    return Relation(f"(SELECT {nulls} WHERE false)", DIALECT)
