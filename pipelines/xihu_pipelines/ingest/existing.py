"""The rows that a table has before a load, as SQL for the load's own DuckDB."""

from xihu_platform.engines.duckdb.scan import scan_sql
from xihu_platform.lake.snapshot import Snapshot
from xihu_platform.sql import identifier

FILE = "_file"
"""Which data file a row lies in."""


def existing_sql(snapshot: Snapshot) -> str:
    """Scans by field id, so that a table whose schema has evolved is read right."""
    return scan_sql(snapshot.files, snapshot.columns, file_column=FILE)


def names_of(snapshot: Snapshot) -> str:
    return ", ".join(identifier(c.name) for c in snapshot.columns)
