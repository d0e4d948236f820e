"""Engines that read the lake, behind one protocol: DuckDB."""

import queue
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, Protocol

import duckdb
import pyarrow as pa

from xihu_platform.lake.engine_errors import ENGINE_ERRORS, EngineBusy, broken_off, translate
from xihu_platform.lake.pieces import BATCH_ROWS, PieceStream
from xihu_platform.lake.statements import run_statement
from xihu_platform.lake.tables import Column, Snapshot
from xihu_platform.sql import Relation, Statement, identifier, text_literal

WAIT_S = 30  # for a connection, or for other downloads to have sorted
DIALECT = "duckdb"
SCANS_KEPT = 256
"""Snapshots whose scan is kept as text: it names every file and field."""
SORTS = 2
"""Streams that may sort at the same time; each takes a good part of the engine's memory."""


class BatchStream(Protocol):
    """An answer batch by batch; the first item is an empty batch with the schema.

    Nothing is read before the first item is asked for. `close` frees everything, at any time.
    """

    def __iter__(self) -> Iterator[pa.RecordBatch]: ...

    def __next__(self) -> pa.RecordBatch: ...

    def close(self) -> None: ...

    def interrupt(self) -> None:
        """Make a running `__next__` end, from another thread."""
        ...


class Engine(Protocol):
    """Runs SQL that the access gateway has written; never a caller's own text."""

    def relation(self, snapshot: Snapshot) -> Relation:
        """A scan of one snapshot by field id."""
        ...

    def fetch(self, statement: Statement) -> pa.Table:
        """The whole answer, in memory."""
        ...

    def stream(self, statement: Statement) -> BatchStream:
        """The answer batch by batch, for a statement that sorts all of it first."""
        ...

    def stream_pieces(self, statements: Sequence[Statement]) -> BatchStream:
        """The answers of statements of one schema, one after the other, read as they are sent."""
        ...


class DuckDBEngine:
    """Two locked in-memory DuckDBs. Queries share cursors of one; each stream has a cursor of its
    own in the other: however many streams are open, queries have their connections and memory."""

    def __init__(
        self,
        folder: Path,
        *,
        memory_limit: str,
        threads: int,
        connections: int,
        temp: Path,
        sorts: int = SORTS,
    ) -> None:
        self._queries = _locked(folder, memory_limit, threads, temp)
        self._streams = _locked(folder, memory_limit, threads, temp / "streams")
        self._cursors: queue.SimpleQueue[duckdb.DuckDBPyConnection] = queue.SimpleQueue()
        for _ in range(connections):
            self._cursors.put(self._queries.cursor())
        self._sorting = threading.BoundedSemaphore(sorts)
        self._streaming: set[int] = set()
        self._spool = temp / "streams"

    def relation(self, snapshot: Snapshot) -> Relation:
        return _relation(snapshot.files, snapshot.columns)

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        try:
            cursor = self._cursors.get(timeout=WAIT_S)
        except queue.Empty:
            raise _too_many() from None
        try:
            yield cursor
        finally:
            self._cursors.put(cursor)

    def fetch(self, statement: Statement) -> pa.Table:
        with self._cursor() as cursor:
            try:
                return run_statement(cursor, statement).to_arrow_table()
            except ENGINE_ERRORS as error:
                raise translate(error) from None

    def stream(self, statement: Statement) -> "DuckDBStream":
        return DuckDBStream(self._streams, self._sorting, self._streaming, self._spool, statement)

    def stream_pieces(self, statements: Sequence[Statement]) -> PieceStream:
        return PieceStream(self._streams, self._streaming, statements)

    @property
    def streaming(self) -> int:
        """How many streams hold a cursor."""
        return len(self._streaming)


@lru_cache(SCANS_KEPT)
def _relation(files: tuple[str, ...], columns: tuple[Column, ...]) -> Relation:
    if not files:
        nulls = ", ".join(f"CAST(NULL AS {c.type}) AS {identifier(c.name)}" for c in columns)
        return Relation(f"(SELECT {nulls} WHERE false)", DIALECT)
    paths = ", ".join(text_literal(path) for path in files)
    fields = ", ".join(
        f"{c.id}: {{name: {text_literal(c.name)}, type: {text_literal(c.type)}, "
        "default_value: NULL}"
        for c in columns
    )
    return Relation(f"read_parquet([{paths}], schema=MAP {{{fields}}})", DIALECT)


def _locked(folder: Path, memory_limit: str, threads: int, temp: Path) -> duckdb.DuckDBPyConnection:
    """An instance that reads the lake's files and nothing else, and spills to `temp`."""
    temp.mkdir(parents=True, exist_ok=True)
    root = duckdb.connect(":memory:", config={"memory_limit": memory_limit, "threads": threads})
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
        root.execute(statement)
    return root


class DuckDBStream:
    """One streamed answer with a cursor of its own, closed with it: an abandoned result would
    hold its memory until Python collects it."""

    def __init__(
        self,
        root: duckdb.DuckDBPyConnection,
        sorting: threading.BoundedSemaphore,
        streaming: set[int],
        spool: Path,
        statement: Statement,
    ) -> None:
        self._root = root
        self._sorting = sorting
        self._streaming = streaming
        self._folder = spool
        self._spooled: IO[bytes] | None = None
        self._statement = statement
        self._cursor: duckdb.DuckDBPyConnection | None = None
        self._reader: Any = None  # Any: pyarrow has no types
        self._first: pa.RecordBatch | None = None
        self._stopped = threading.Event()
        self._closed = False

    def __iter__(self) -> "DuckDBStream":
        return self

    def __next__(self) -> pa.RecordBatch:
        if self._closed:
            raise StopIteration
        try:
            if self._stopped.is_set():
                raise broken_off()
            batch = self._begin() if self._reader is None else self._following()
        except ENGINE_ERRORS as error:
            self.close()
            raise translate(error) from None
        except BaseException:
            self.close()
            raise
        if batch is None:
            self.close()
            raise StopIteration
        return batch

    def close(self) -> None:
        """Free the result and its memory. Safe to call twice; never while `__next__` runs."""
        self._closed = True
        reader, self._reader, self._first = self._reader, None, None
        cursor, self._cursor = self._cursor, None
        if reader is not None:
            reader.close()
        spooled, self._spooled = self._spooled, None
        if spooled is not None:
            spooled.close()
        self._leave(cursor)

    def _leave(self, cursor: duckdb.DuckDBPyConnection | None) -> None:
        if cursor is not None:
            cursor.close()
        self._streaming.discard(id(self))

    def __del__(self) -> None:
        self.close()

    def interrupt(self) -> None:
        self._stopped.set()
        cursor = self._cursor
        if cursor is not None:
            cursor.interrupt()

    def _begin(self) -> pa.RecordBatch:
        """Sort and lay the rows down while few others do: a sorted result holds its memory until
        it is read, however slowly its client reads."""
        self._wait_for_memory()
        try:
            self._streaming.add(id(self))
            self._cursor = self._root.cursor()
            self._reader = run_statement(self._cursor, self._statement).to_arrow_reader(BATCH_ROWS)
            schema = self._reader.schema
            self._first = next(self._reader, None)
            self._lay_down(schema)
        finally:
            self._sorting.release()
        return pa.RecordBatch.from_pylist([], schema=schema)

    def _lay_down(self, schema: Any) -> None:  # Any: pyarrow has no types
        """What follows the first batch, in a file of this stream alone; the cursor is freed."""
        spooled = self._spooled = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 (close)
        with pa.ipc.new_stream(spooled, schema) as writer:
            while (batch := next(self._reader, None)) is not None:
                if self._stopped.is_set():
                    raise broken_off()
                writer.write_batch(batch)
        self._reader.close()
        cursor, self._cursor = self._cursor, None
        self._leave(cursor)
        spooled.seek(0)
        self._reader = pa.ipc.open_stream(spooled)

    def _following(self) -> pa.RecordBatch | None:
        first, self._first = self._first, None
        if first is not None:
            return first
        try:
            return self._reader.read_next_batch()
        except StopIteration:
            return None

    def _wait_for_memory(self) -> None:
        until = time.monotonic() + WAIT_S
        while not self._sorting.acquire(timeout=0.25):
            if self._stopped.is_set():
                raise broken_off()
            if time.monotonic() > until:
                raise _too_many()


def _too_many() -> EngineBusy:
    return EngineBusy("查询太多，请稍后再试", "too many queries at once: try again in a moment")
