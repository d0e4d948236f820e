"""An answer in pieces, read as it is sent: nothing of it is laid down, little is held in memory."""

import threading
from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa

from xihu_platform.lake.engine_errors import ENGINE_ERRORS, broken_off, translate
from xihu_platform.lake.statements import run_statement
from xihu_platform.sql import Statement

BATCH_ROWS = 65_536


class PieceStream:
    """The answers of statements of one schema, one after the other, batch by batch.

    Each is begun when the one before has ended. `streaming` holds this stream while it is open.
    """

    def __init__(
        self,
        root: duckdb.DuckDBPyConnection,
        streaming: set[int],
        statements: Sequence[Statement],
    ) -> None:
        self._root = root
        self._streaming = streaming
        self._left = list(reversed(statements))
        self._cursor: duckdb.DuckDBPyConnection | None = None
        self._reader: Any = None  # Any: pyarrow has no types
        self._stopped = threading.Event()
        self._closed = False

    def __iter__(self) -> "PieceStream":
        return self

    def __next__(self) -> pa.RecordBatch:
        if self._closed:
            raise StopIteration
        try:
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
        cursor, self._cursor = self._cursor, None
        if reader is not None:
            reader.close()
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
        self._check()
        self._streaming.add(id(self))
        self._cursor = self._root.cursor()
        return pa.RecordBatch.from_pylist([], schema=self._next_reader().schema)

    def _following(self) -> pa.RecordBatch | None:
        while True:
            self._check()
            batch = next(self._reader, None)
            if batch is not None:
                return batch
            if not self._left:
                return None
            self._reader.close()
            self._next_reader()

    def _next_reader(self) -> Any:  # Any: pyarrow has no types
        assert self._cursor is not None  # it was made when the stream began
        relation = run_statement(self._cursor, self._left.pop())
        self._reader = relation.to_arrow_reader(BATCH_ROWS)
        return self._reader

    def _check(self) -> None:
        if self._stopped.is_set():
            raise broken_off()
