"""Answers batch by batch, each with a cursor of its own: sorted first, or read as they are sent."""

import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Self

import duckdb
import pyarrow as pa

from xihu_platform.engines.duckdb.errors import ENGINE_ERRORS, translate
from xihu_platform.engines.duckdb.statements import run_statement
from xihu_platform.engines.errors import broken_off, too_many
from xihu_platform.sql import Statement

BATCH_ROWS = 65_536
WAIT_S = 30  # for other downloads to have sorted


class EngineStream(ABC):
    """What both kinds share: the cursor, its end, and errors in our words.

    An abandoned result would keep its memory until Python collects it. `streaming` holds this
    stream while it has a cursor.
    """

    def __init__(self, root: duckdb.DuckDBPyConnection, streaming: set[int]) -> None:
        self._root = root
        self._streaming = streaming
        self._cursor: duckdb.DuckDBPyConnection | None = None
        self._reader: Any = None  # Any: pyarrow has no types
        self._stopped = threading.Event()
        self._closed = False

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> pa.RecordBatch:
        if self._closed:
            raise StopIteration
        try:
            self._check()
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
        """Free everything. Safe to call twice; never while `__next__` runs."""
        self._closed = True
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()
        self._free_cursor()

    def __del__(self) -> None:
        self.close()

    def interrupt(self) -> None:
        self._stopped.set()
        cursor = self._cursor
        if cursor is not None:
            cursor.interrupt()

    @abstractmethod
    def _begin(self) -> pa.RecordBatch:
        """Run the statement; the empty first batch."""

    @abstractmethod
    def _following(self) -> pa.RecordBatch | None:
        """The next batch; None at the end."""

    def _check(self) -> None:
        if self._stopped.is_set():
            raise broken_off()

    def _take_cursor(self) -> duckdb.DuckDBPyConnection:
        self._streaming.add(id(self))
        self._cursor = self._root.cursor()
        return self._cursor

    def _free_cursor(self) -> None:
        cursor, self._cursor = self._cursor, None
        if cursor is not None:
            cursor.close()
        self._streaming.discard(id(self))


class PieceStream(EngineStream):
    """The answers of statements of one schema, one after the other, read as they are sent.

    Each begins when the one before has ended. DuckDB works ahead by itself, as far as its streaming
    buffer reaches: a thread of ours that fetched the next batch made nothing faster.
    """

    def __init__(
        self,
        root: duckdb.DuckDBPyConnection,
        streaming: set[int],
        statements: Sequence[Statement],
    ) -> None:
        super().__init__(root, streaming)
        self._left = list(reversed(statements))

    def _begin(self) -> pa.RecordBatch:
        self._next_reader(self._take_cursor())
        return pa.RecordBatch.from_pylist([], schema=self._reader.schema)

    def _following(self) -> pa.RecordBatch | None:
        while True:
            batch = next(self._reader, None)
            if batch is not None:
                return batch
            if not self._left or self._cursor is None:
                return None
            self._check()
            self._reader.close()
            self._next_reader(self._cursor)

    def _next_reader(self, cursor: duckdb.DuckDBPyConnection) -> None:
        relation = run_statement(cursor, self._left.pop())
        self._reader = relation.to_arrow_reader(BATCH_ROWS)


class SortedStream(EngineStream):
    """An answer that is sorted as a whole, then spooled: a sorted result keeps its memory until it
    is read, however slowly its client reads."""

    def __init__(
        self,
        root: duckdb.DuckDBPyConnection,
        streaming: set[int],
        sorting: threading.BoundedSemaphore,
        folder: Path,
        statement: Statement,
    ) -> None:
        super().__init__(root, streaming)
        self._sorting = sorting
        self._folder = folder
        self._statement = statement
        self._first: pa.RecordBatch | None = None
        self._spooled: IO[bytes] | None = None

    def close(self) -> None:
        super().close()
        self._first = None
        spooled, self._spooled = self._spooled, None
        if spooled is not None:
            spooled.close()

    def _begin(self) -> pa.RecordBatch:
        """Sort and spool the rows while few others do."""
        self._wait_for_memory()
        try:
            cursor = self._take_cursor()
            self._reader = run_statement(cursor, self._statement).to_arrow_reader(BATCH_ROWS)
            schema = self._reader.schema
            self._first = next(self._reader, None)
            self._spool(schema)
        finally:
            self._sorting.release()
        return pa.RecordBatch.from_pylist([], schema=schema)

    def _spool(self, schema: Any) -> None:  # Any: pyarrow has no types
        """What follows the first batch, in a file of this stream alone; the cursor is freed."""
        spooled = self._spooled = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 (close)
        with pa.ipc.new_stream(spooled, schema) as writer:
            while (batch := next(self._reader, None)) is not None:
                self._check()
                writer.write_batch(batch)
        self._reader.close()
        self._free_cursor()
        spooled.seek(0)
        self._reader = pa.ipc.open_stream(spooled)

    def _following(self) -> pa.RecordBatch | None:
        first, self._first = self._first, None
        return first if first is not None else next(self._reader, None)

    def _wait_for_memory(self) -> None:
        until = time.monotonic() + WAIT_S
        while not self._sorting.acquire(timeout=0.25):
            self._check()
            if time.monotonic() > until:
                raise too_many()
