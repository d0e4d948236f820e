"""Engines that read the lake: DuckDB here; another stands beside it behind the same protocol."""

import queue
import threading
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

    def remember_key(self, key_id: str, inner: bytes, outer: bytes) -> None:
        """Make the two pads of an HMAC key known under an id that SQL text may name."""
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
        self._root.execute("CREATE TABLE _keys (id VARCHAR PRIMARY KEY, inside BLOB, outside BLOB)")
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
        self._keys: set[str] = set()
        self._keys_lock = threading.Lock()

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

    def remember_key(self, key_id: str, inner: bytes, outer: bytes) -> None:
        with self._keys_lock:
            if key_id in self._keys:
                return
            row = [key_id, inner, outer]
            self._root.execute("INSERT OR IGNORE INTO _keys VALUES (?, ?, ?)", row)
            self._keys.add(key_id)


def _relation(cursor: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object]) -> Any:
    # Any: to_arrow_* return pyarrow objects, which have no types.
    return cursor.sql(sql, params=list(parameters)) if parameters else cursor.sql(sql)
