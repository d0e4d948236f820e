"""DuckDB as the engine that reads the lake: locked, read-only, with limits."""

import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from xihu_platform.engines.duckdb import scan
from xihu_platform.engines.duckdb.errors import ENGINE_ERRORS, translate
from xihu_platform.engines.duckdb.statements import run_statement
from xihu_platform.engines.duckdb.streams import PieceStream, SortedStream
from xihu_platform.engines.errors import too_many
from xihu_platform.lake.snapshot import Snapshot
from xihu_platform.sql import Relation, Statement, text_literal

WAIT_S = 30  # for a connection
SORTS = 2
"""Streams that may sort at the same time; each takes a good part of the engine's memory."""


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
        return scan.relation(snapshot.files, snapshot.columns)

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        try:
            cursor = self._cursors.get(timeout=WAIT_S)
        except queue.Empty:
            raise too_many() from None
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

    def stream(self, statement: Statement) -> SortedStream:
        return SortedStream(self._streams, self._streaming, self._sorting, self._spool, statement)

    def stream_pieces(self, statements: Sequence[Statement]) -> PieceStream:
        return PieceStream(self._streams, self._streaming, statements)

    @property
    def streaming(self) -> int:
        """How many streams hold a cursor."""
        return len(self._streaming)


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
