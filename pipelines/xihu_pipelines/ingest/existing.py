"""The rows that a table has before a load, as SQL for the load's own DuckDB."""

from xihu_platform.lake.tables import Snapshot
from xihu_platform.sql import identifier, text_literal

FILE = "_file"
"""Which data file a row lies in."""


def existing_sql(snapshot: Snapshot) -> str:
    """Scans by field id, so that a table whose schema has evolved is read right."""
    fields = ", ".join(
        f"{c.id}: {{name: {text_literal(c.name)}, type: {text_literal(c.type)}, "
        "default_value: NULL}"
        for c in snapshot.columns
    )
    files = ", ".join(map(text_literal, snapshot.files))
    return f"read_parquet([{files}], schema=MAP {{{fields}}}, filename={text_literal(FILE)})"


def names_of(snapshot: Snapshot) -> str:
    return ", ".join(identifier(c.name) for c in snapshot.columns)
