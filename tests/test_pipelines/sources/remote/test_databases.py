"""Real databases: what lands is exact text, incremental by cursor, read-only and within limits."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from tests.harness.postgres import PASSWORD, running_postgres
from tests.test_pipelines.sources.remote.world import contract, rows, settings
from xihu_catalog.contracts.model import Contract
from xihu_pipelines.sources.files import open_records
from xihu_pipelines.sources.remote.fetch import fetch
from xihu_platform.errors import BadInput, TerminalError, TransientError
from xihu_platform.settings import RemoteSettings, Settings

POSTGRES = "type: postgresql, host: settings, port: 0, database: settings, schema: public"
SQLITE = "type: custom"
TABLE = """
CREATE TABLE people (
  id bigint PRIMARY KEY, name text, amount numeric(20, 4), ratio double precision,
  born date, seen timestamptz, good boolean, raw bytea, tags text[]
);
INSERT INTO people VALUES
  (1, '张三', 12345678901234.5678, 0.1, '1990-01-02', '2024-03-01 00:30:00+00', true, '\\x01',
   '{a,b}'),
  (2, E'李''四\\n', NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE big AS SELECT i AS id, repeat('x', 100) AS words FROM generate_series(1, 200000) i;
"""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with running_postgres() as found:
        with psycopg.connect(
            host="127.0.0.1", port=found, user="steward", password=PASSWORD, dbname="postgres"
        ) as connection:
            connection.execute(TABLE)
        yield found


def postgres(tmp_path: Path, port: int, limits: RemoteSettings | None = None) -> Settings:
    url = f"postgresql://steward:{quote(PASSWORD, safe='')}@localhost:{port}/postgres"
    return settings(tmp_path, url, limits=limits)


def wanted(**custom: str) -> Contract:
    return contract(POSTGRES, connection="bureau", **custom)


def test_a_table_lands_as_exact_text_and_goes_through_the_door(tmp_path: Path, port: int) -> None:
    made = postgres(tmp_path, port)
    fetched = fetch(made, wanted(table="people"), tmp_path / "in")
    assert fetched.path.name == "ga_remote.parquet" and fetched.rows == 2
    first, second = rows(fetched.path)
    assert first[:3] == ("1", "张三", "12345678901234.5678")
    assert first[3:8] == ("0.1", "1990-01-02", "2024-03-01 08:30:00", "true", "\\x01")
    assert second[1] == "李'四\n" and second[2] is None
    source = wanted(table="people").source
    with open_records(fetched.path, source, ["id", "name"]) as records:
        assert sum(batch.num_rows for batch in records) == 2


def test_a_query_lands_and_only_what_is_newer_comes_next_time(tmp_path: Path, port: int) -> None:
    made = postgres(tmp_path, port)
    query = wanted(query="SELECT id, words FROM big WHERE id <= 1000", cursorField="id")
    first = fetch(made, query, tmp_path / "in")
    assert (first.rows, first.cursor) == (1000, "1000")
    part = wanted(query="SELECT id, words FROM big WHERE id <= 1010", cursorField="id")
    second = fetch(made, part, tmp_path / "in", cursor=first.cursor)
    assert (second.rows, second.cursor) == (10, "1010")
    third = fetch(made, part, tmp_path / "in", cursor=second.cursor)
    assert (third.rows, third.cursor) == (0, "1010")


def test_a_time_is_a_cursor_too(tmp_path: Path, port: int) -> None:
    made = postgres(tmp_path, port)
    newer = wanted(table="people", cursorField="seen")
    first = fetch(made, newer, tmp_path / "in")
    assert first.cursor == "2024-03-01 08:30:00+08"
    again = fetch(made, newer, tmp_path / "in", cursor=first.cursor)
    assert again.rows == 0


@pytest.mark.parametrize("cursor", ["1' OR '1'='1", "1; DROP TABLE big", "x" * 65, "\\", ""])
def test_a_cursor_that_is_no_plain_word_is_refused(tmp_path: Path, port: int, cursor: str) -> None:
    with pytest.raises(BadInput, match="cannot be a cursor"):
        fetch(
            postgres(tmp_path, port), wanted(table="big", cursorField="id"), tmp_path, cursor=cursor
        )


def test_the_session_is_read_only_whatever_a_query_gets_past_the_check(
    tmp_path: Path, port: int
) -> None:
    with psycopg.connect(
        host="127.0.0.1", port=port, user="steward", password=PASSWORD, dbname="postgres"
    ) as admin:
        admin.execute(
            "CREATE OR REPLACE FUNCTION boom() RETURNS int LANGUAGE sql "
            "AS $$ INSERT INTO people (id) VALUES (99) RETURNING 1 $$"
        )
        admin.execute("CREATE OR REPLACE VIEW sly AS SELECT boom() AS id")
    with pytest.raises(TerminalError, match="read-only transaction"):
        fetch(postgres(tmp_path, port), wanted(table="sly"), tmp_path / "in")


def test_a_slow_query_is_stopped(tmp_path: Path, port: int) -> None:
    limits = RemoteSettings(statement_timeout_s=1, timeout_s=5)
    slow = wanted(query="SELECT count(*) AS id FROM big a JOIN big b ON a.words = b.words")
    with pytest.raises((TerminalError, TransientError), match="statement timeout"):
        fetch(postgres(tmp_path, port, limits), slow, tmp_path / "in")


def test_more_than_the_limit_is_refused_and_leaves_no_file(tmp_path: Path, port: int) -> None:
    limits = RemoteSettings(limit_mb=1, timeout_s=5)
    with pytest.raises(BadInput, match="LIMIT_MB"):
        fetch(postgres(tmp_path, port, limits), wanted(table="big"), tmp_path / "in")
    assert list((tmp_path / "in").iterdir()) == []


def test_an_error_says_what_and_no_value_and_no_secret(tmp_path: Path, port: int) -> None:
    made = postgres(tmp_path, port)
    cast = wanted(query="SELECT CAST(name AS integer) AS id FROM people")
    with pytest.raises(TerminalError) as caught:
        fetch(made, cast, tmp_path / "in")
    said = caught.value.text.zh + caught.value.text.en
    assert "张三" not in said and "invalid input syntax for type integer" in said
    with pytest.raises(TerminalError, match="no_such_table"):
        fetch(made, wanted(table="no_such_table"), tmp_path / "in")
    wrong = settings(tmp_path, f"postgresql://steward:wr0ng-pass@127.0.0.1:{port}/postgres")
    with pytest.raises((TerminalError, TransientError)) as refused:
        fetch(wrong, wanted(table="people"), tmp_path / "in")
    said = refused.value.text.zh + refused.value.text.en
    assert "wr0ng-pass" not in said and "steward" not in said
    assert refused.value.__cause__ is None


def test_a_database_that_is_down_may_be_tried_again(tmp_path: Path) -> None:
    made = settings(tmp_path, "postgresql://u:p@127.0.0.1:9/x")
    with pytest.raises(TransientError):
        fetch(made, wanted(table="people"), tmp_path / "in")


def test_a_cursor_field_must_be_a_column(tmp_path: Path, port: int) -> None:
    with pytest.raises(BadInput, match="none of the columns"):
        fetch(postgres(tmp_path, port), wanted(table="big", cursorField="nope"), tmp_path / "in")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "sqlite"
    folder.mkdir()
    with sqlite3.connect(folder / "a.db") as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, 金额 DECIMAL(10,2), at TEXT)")
        values = [(i, i / 4, f"2024-01-{i % 28 + 1:02d}") for i in range(1, 1001)]
        connection.executemany("INSERT INTO t VALUES (?, ?, ?)", values)
    connection.close()
    return folder


def test_sqlite_lands_incrementally(tmp_path: Path, library: Path) -> None:
    made = settings(tmp_path, "sqlite:///a.db", limits=RemoteSettings(sqlite_dir=library))
    wanted = contract(SQLITE, connection="bureau", engine="sqlite", table="t", cursorField="id")
    first = fetch(made, wanted, tmp_path / "in", cursor="990")
    assert (first.rows, first.cursor) == (10, "1000")
    assert {row[0] for row in rows(first.path)} == {str(i) for i in range(991, 1001)}
    assert fetch(made, wanted, tmp_path / "in").rows == 1000


def test_sqlite_is_opened_read_only(tmp_path: Path, library: Path) -> None:
    before = (library / "a.db").read_bytes()
    made = settings(tmp_path, "sqlite:///a.db", limits=RemoteSettings(sqlite_dir=library))
    fetch(made, contract(SQLITE, connection="bureau", engine="sqlite", table="t"), tmp_path / "in")
    assert (library / "a.db").read_bytes() == before
    assert [p.name for p in library.iterdir()] == ["a.db"]
