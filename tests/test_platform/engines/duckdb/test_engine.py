"""What an engine's errors become, and what streams hold while others read."""

import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from xihu_platform.engines.duckdb.engine import DuckDBEngine
from xihu_platform.engines.errors import EngineBusy, EngineFault, OutOfMemory
from xihu_platform.errors import PlatformError
from xihu_platform.sql import Statement

ROWS = 500_000
WORDS = ("duckdb", "error:", "memory_limit", "parquet", "select", "/", "mib")


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows that need more memory to be sorted than one query of several has."""
    path = tmp_path_factory.mktemp("lake") / "rows.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT i, md5(i::VARCHAR) AS a, md5((i * 7)::VARCHAR) AS b, "
            f"md5((i * 13)::VARCHAR) AS c FROM range({ROWS}) AS t (i)) TO '{path}'"
        )
    return path


def engine_over(table: Path, memory: str, **options: int) -> DuckDBEngine:
    folder = table.parent
    return DuckDBEngine(
        folder, memory_limit=memory, threads=2, connections=1, temp=folder / "tmp", **options
    )


def sorted_rows(table: Path, column: str = "b") -> str:
    return f"SELECT * FROM read_parquet('{table}') ORDER BY {column}, i"


def all_at_once(engine: DuckDBEngine, sql: str, streams: int) -> list[int | Exception]:
    """What each of several readers gets: its number of rows or an error."""
    got: list[int | Exception] = []

    def read() -> None:
        try:
            got.append(sum(batch.num_rows for batch in engine.stream(Statement(sql))))
        except Exception as error:
            got.append(error)

    threads = [threading.Thread(target=read) for _ in range(streams)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


def said(error: PlatformError) -> str:
    assert error.__suppress_context__
    return f"{error.text.zh} {error.text.en}".lower()


def test_six_sorted_streams_wait_for_each_other(table: Path) -> None:
    engine = engine_over(table, "200MB")
    got = all_at_once(engine, sorted_rows(table), 6)
    assert all(one == ROWS or isinstance(one, EngineBusy) for one in got), got
    # How many of six get through is the scheduler's; who asks again alone does.
    assert all_at_once(engine, sorted_rows(table), 1) == [ROWS]


def test_too_little_memory_is_told_in_our_words(table: Path) -> None:
    (error,) = all_at_once(engine_over(table, "40MB"), sorted_rows(table), 1)
    assert isinstance(error, OutOfMemory)
    assert error.status == 503
    assert not [word for word in WORDS if word in said(error)]


@pytest.fixture
def engine(table: Path) -> Iterator[DuckDBEngine]:
    yield engine_over(table, "200MB")


def test_a_file_that_was_replaced_is_worth_another_try(engine: DuckDBEngine, table: Path) -> None:
    gone = sorted_rows(table.with_name("gone.parquet"))
    for ask in (engine.fetch, lambda statement: next(engine.stream(statement))):
        with pytest.raises(EngineBusy, match="being replaced") as caught:
            ask(Statement(gone))
        assert "gone" not in said(caught.value)


def test_a_query_that_fails_quotes_no_value(engine: DuckDBEngine) -> None:
    for ask in (engine.fetch, lambda statement: list(engine.stream(statement))):
        with pytest.raises(EngineFault, match="ConversionException") as caught:
            ask(Statement("SELECT CAST('secret' AS INTEGER) AS n"))
        assert "secret" not in said(caught.value)
        assert caught.value.status == 500


def test_an_interrupted_stream_ends_and_frees_its_cursor(engine: DuckDBEngine) -> None:
    stream = engine.stream(Statement("SELECT sum(hash(i)) AS n FROM range(4000000000) AS t (i)"))
    threading.Timer(0.3, stream.interrupt).start()
    with pytest.raises(EngineBusy, match="broken off"):
        list(stream)
    assert engine.streaming == 0


def test_a_stream_interrupted_between_batches_ends_and_one_at_its_end_stays_there(
    engine: DuckDBEngine, table: Path
) -> None:
    stream = engine.stream(Statement(f"SELECT * FROM read_parquet('{table}')"))
    next(stream)
    stream.interrupt()
    with pytest.raises(EngineBusy, match="broken off"):
        next(stream)
    short = engine.stream(Statement("SELECT 1 AS n"))
    assert [batch.num_rows for batch in short] == [0, 1]
    assert not list(short)
    abandoned = engine.stream(Statement(f"SELECT * FROM read_parquet('{table}')"))
    next(abandoned)
    del abandoned
    assert engine.streaming == 0


def test_open_streams_hold_nothing_of_the_engine(engine: DuckDBEngine, table: Path) -> None:
    few = f"SELECT * FROM read_parquet('{table}') WHERE i < 2000"
    streams = [engine.stream(Statement(few)) for _ in range(12)]
    for stream in streams:
        assert next(stream).num_rows == 0
        assert next(stream).num_rows > 0
    assert engine.fetch(Statement("SELECT 1 AS n"))["n"][0].as_py() == 1
    assert engine.streaming == 0
    for stream in streams:
        stream.close()
        stream.close()
    assert engine.streaming == 0


def test_twelve_sorted_streams_that_are_hardly_read_do_not_fill_the_memory(table: Path) -> None:
    """A sorted result held its memory until its reader had it all; six were enough."""
    engine = engine_over(table, "200MB")
    streams = []
    for _ in range(12):
        streams.append(engine.stream(Statement(sorted_rows(table, "a"))))
        next(streams[-1])
        assert next(streams[-1]).num_rows > 0
    top = f"{sorted_rows(table)} LIMIT 100"
    assert engine.fetch(Statement(top)).num_rows == 100
    for stream in streams:
        stream.close()


def test_a_stream_begins_with_its_schema_and_gives_every_row_once(
    engine: DuckDBEngine, table: Path
) -> None:
    batches = list(engine.stream(Statement(sorted_rows(table, "a"))))
    assert batches[0].num_rows == 0
    whole = pa.Table.from_batches(batches)
    assert whole.num_rows == ROWS
    with duckdb.connect() as other:
        assert whole.equals(other.sql(sorted_rows(table, "a")).to_arrow_table())
