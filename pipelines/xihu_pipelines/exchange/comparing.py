"""Which rows of a spooled answer differ from what a receiver has, by digests alone.

A row is named by its key where the receiver sees all of it, else by all its values; equal names are
counted up. So a corrected value is a change of one row, and a dataset without a key works too.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from xihu_pipelines.exchange.target import DIGEST, DISPUTED, ROW
from xihu_platform.sql import identifier, text_literal

BATCH_ROWS = 65_536


@dataclass(frozen=True, slots=True)
class RowsToWrite:
    """Numbers of rows: in all, and by what has to happen to them."""

    rows: int
    added: int
    changed: int
    removed: int


class Comparison:
    """Of the rows in a Parquet file, which has the sent fields and `_disputed`, with what is known
    elsewhere."""

    def __init__(self, session: duckdb.DuckDBPyConnection, spool: Path, key: Sequence[str]) -> None:
        self._session = session
        file = f"read_parquet({text_literal(str(spool))}, file_row_number = true)"
        self._names = tuple(
            name for (name, *_) in session.execute(f"DESCRIBE FROM {file}").fetchall()
        )[:-1]
        row, digest = _digest(key or self._names), _digest(self._names)
        session.execute(
            "CREATE TABLE present AS SELECT place, digest, "
            "name || CASE WHEN nth = 1 THEN '' ELSE '-' || nth END AS name FROM ("
            f"SELECT file_row_number AS place, {row} AS name, {digest} AS digest, "
            f"row_number() OVER (PARTITION BY {row} ORDER BY file_row_number) AS nth FROM {file})"
        )
        self._file = file

    def known(self, blocks: Iterable[pa.RecordBatch]) -> None:
        """What the receiver has: names and digests."""
        self._session.execute("CREATE TABLE known (name VARCHAR, digest VARCHAR)")
        for block in blocks:
            self._session.register("receiver", block)
            self._session.execute("INSERT INTO known SELECT * FROM receiver")
            self._session.unregister("receiver")

    def difference(self) -> RowsToWrite:
        found = self._session.execute(
            "SELECT (SELECT count(*) FROM present), count(p.name) FILTER (k.name IS NULL), "
            "count(p.name) FILTER (k.name IS NOT NULL AND k.digest IS DISTINCT FROM p.digest), "
            "count(k.name) FILTER (p.name IS NULL) "
            "FROM present p FULL JOIN known k ON p.name = k.name"
        ).fetchone()
        assert found is not None  # an aggregate has one row
        return RowsToWrite(*map(int, found))

    @property
    def schema(self) -> pa.Schema:
        """Of the rows to write."""
        return self.changed(whole=True).schema

    def changed(self, *, whole: bool = False) -> pa.RecordBatchReader:
        """The rows to write, as the table has them; `whole`: all of them."""
        fields = ", ".join(f"s.{identifier(name)}" for name in self._names if name != "_disputed")
        joined = f"FROM {self._file} s JOIN present p ON s.file_row_number = p.place"
        if not whole:
            joined += " LEFT JOIN known k ON k.name = p.name"
            joined += " WHERE k.digest IS DISTINCT FROM p.digest"
        tree = (
            f"SELECT {fields}, p.name AS {ROW}, p.digest AS {DIGEST}, "
            f"s._disputed AS {DISPUTED} {joined}"
        )
        return self._session.cursor().sql(tree).to_arrow_reader(BATCH_ROWS)

    def gone(self) -> pa.RecordBatchReader:
        """The names of rows that are no longer there."""
        found = f"SELECT k.name AS {ROW} FROM known k ANTI JOIN present p ON p.name = k.name"
        return self._session.cursor().sql(found).to_arrow_reader(BATCH_ROWS)


def _digest(names: Sequence[str]) -> str:
    """Of the values of some fields, each as text after its length: no two rows share one text."""
    parts = (f"CAST({identifier(name)} AS VARCHAR)" for name in names)
    said = " || ".join(f"coalesce(strlen({one}) || ':' || {one}, '-')" for one in parts)
    return f"md5({said})"


@contextmanager
def comparing(folder: Path, memory_limit: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A session whose tables go to the folder where they outgrow its memory."""
    session = duckdb.connect(":memory:", config={"memory_limit": memory_limit, "threads": 2})
    try:
        session.execute(f"SET temp_directory = {text_literal(str(folder.resolve()))}")
        yield session
    finally:
        session.close()
