"""Engines that read the lake: DuckDB here; another stands beside it behind the same protocol."""

import queue
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa

from xihu_platform.errors import TransientError
from xihu_platform.lake.tables import Snapshot

BATCH_ROWS = 65_536


class Engine(Protocol):
    """Runs SQL that the door out has written; never a caller's own text."""

    dialect: str
    """sqlglot's name of the SQL this engine speaks."""

    def relation(self, snapshot: Snapshot) -> str:
        """SQL of a table expression that scans one snapshot by field id."""
        ...

    def fetch(self, sql: str, parameters: Sequence[object] = ()) -> pa.Table:
        """The whole answer, in memory."""
        ...

    def stream(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[pa.RecordBatch]:
        """The answer batch by batch; the first item is an empty batch with the schema."""
        ...


def text_literal(value: str) -> str:
    """A value of ours as an SQL literal.

    >>> text_literal("it's")
    "'it''s'"
    """
    return "'" + value.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name as a quoted SQL identifier.

    >>> identifier('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


class DuckDBEngine:
    """One locked in-memory DuckDB; each query has a cursor of its own from a fixed number."""

    dialect = "duckdb"

    def __init__(
        self, folder: Path, *, memory_limit: str, threads: int, connections: int, temp: Path
    ) -> None:
        temp.mkdir(parents=True, exist_ok=True)
        self._root = duckdb.connect(
            ":memory:", config={"memory_limit": memory_limit, "threads": threads}
        )
        for statement in (
            "SET TimeZone = 'Asia/Shanghai'",
            "SET parquet_metadata_cache = true",
            "SET preserve_insertion_order = true",
            f"SET temp_directory = {text_literal(str(temp))}",
            f"SET allowed_directories = [{text_literal(str(folder.resolve()))}, "
            f"{text_literal(str(temp.resolve()))}]",
            "SET enable_external_access = false",
            "SET autoinstall_known_extensions = false",
            "SET autoload_known_extensions = false",
            "SET lock_configuration = true",
        ):
            self._root.execute(statement)
        self._cursors: queue.SimpleQueue[duckdb.DuckDBPyConnection] = queue.SimpleQueue()
        for _ in range(connections):
            self._cursors.put(self._root.cursor())

    def relation(self, snapshot: Snapshot) -> str:
        if not snapshot.files:
            nulls = ", ".join(
                f"CAST(NULL AS {c.type}) AS {identifier(c.name)}" for c in snapshot.columns
            )
            return f"(SELECT {nulls} WHERE false)"
        files = ", ".join(text_literal(path) for path in snapshot.files)
        fields = ", ".join(
            f"{c.id}: {{name: {text_literal(c.name)}, type: {text_literal(c.type)}, "
            "default_value: NULL}"
            for c in snapshot.columns
        )
        return f"read_parquet([{files}], schema=MAP {{{fields}}})"

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        try:
            cursor = self._cursors.get(timeout=30)
        except queue.Empty:
            raise TransientError(
                "查询太多，请稍后再试", "too many queries at once: try again in a moment"
            ) from None
        try:
            yield cursor
        finally:
            self._cursors.put(cursor)

    def fetch(self, sql: str, parameters: Sequence[object] = ()) -> pa.Table:
        with self._cursor() as cursor:
            return _relation(cursor, sql, parameters).to_arrow_table()

    def stream(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[pa.RecordBatch]:
        with self._cursor() as cursor:
            reader = _relation(cursor, sql, parameters).to_arrow_reader(BATCH_ROWS)
            try:
                yield pa.RecordBatch.from_pylist([], schema=reader.schema)
                yield from reader
            finally:
                reader.close()


_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
_PLACE = re.compile(r"\$(\d+)")


def used_parameters(sql: str, parameters: Sequence[object]) -> dict[str, object] | list[object]:
    """What a text names of the values that were bound for it and for other parts beside it.

    DuckDB refuses values that no text names.

    >>> used_parameters("SELECT $2, '$1'", ["a", "b"])
    {'2': 'b'}
    """
    numbers = set(_PLACE.findall(_QUOTED.sub("", sql)))
    if not numbers and "?" in sql:
        return list(parameters)
    return {number: parameters[int(number) - 1] for number in numbers}


def _relation(cursor: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object]) -> Any:
    # Any: to_arrow_* return pyarrow objects, which have no types.
    used = used_parameters(sql, parameters) if parameters else None
    return cursor.sql(sql, params=used) if used else cursor.sql(sql)
