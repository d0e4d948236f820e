"""A real MariaDB: exact text, cursor, read-only session, no local files, and its census."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pymysql
import pytest

from tests.harness.mariadb import PASSWORD, running_mariadb
from tests.test_pipelines.sources.remote.world import contract, rows, settings
from xihu_catalog.contracts.model import Contract
from xihu_catalog.drafting.scan import Place, scan
from xihu_pipelines.sources.remote.connections import connect_mysql, find_connection
from xihu_pipelines.sources.remote.engines import opened_engine
from xihu_pipelines.sources.remote.fetch import fetch
from xihu_platform.errors import TerminalError
from xihu_platform.settings import Settings

pytestmark = pytest.mark.harness
SERVER = "type: mysql, host: settings, port: 0, database: settings"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with running_mariadb() as found:
        connection = pymysql.connect(
            host="127.0.0.1", port=found, user="steward", password=PASSWORD, database="bureau"
        )
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE TABLE people (id BIGINT PRIMARY KEY, 姓名 VARCHAR(50) COMMENT '姓名', "
                "amount DECIMAL(20,4), seen DATETIME) COMMENT '名单' CHARACTER SET utf8mb4"
            )
            cursor.execute(
                "INSERT INTO people VALUES (2, '李四', NULL, NULL), "
                "(1, '张三', 12345678901234.5678, '2024-03-01 08:00:00')"
            )
        connection.commit()
        connection.close()
        yield found


def made(tmp_path: Path, port: int) -> Settings:
    return settings(tmp_path, f"mysql://steward:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/bureau")


def wanted(**custom: str) -> Contract:
    return contract(SERVER, connection="bureau", **custom)


def test_a_table_lands_as_exact_text_and_by_cursor(tmp_path: Path, port: int) -> None:
    fetched = fetch(made(tmp_path, port), wanted(table="people", cursorField="id"), tmp_path / "in")
    assert (fetched.rows, fetched.cursor) == (2, "2")
    assert rows(fetched.path)[0] == ("1", "张三", "12345678901234.5678", "2024-03-01 08:00:00")
    again = fetch(
        made(tmp_path, port), wanted(table="people", cursorField="id"), tmp_path / "in", cursor="1"
    )
    assert again.rows == 1


def test_the_session_writes_nothing_and_sends_no_local_file(tmp_path: Path, port: int) -> None:
    settings_made = made(tmp_path, port)
    source = find_connection(settings_made, "bureau", "113399001001000094")
    session = connect_mysql(source, settings_made.remote)
    (tmp_path / "local.csv").write_text("9,x,1,NULL\n")
    with session.cursor() as cursor:
        for statement in (
            "INSERT INTO people (id) VALUES (3)",
            f"LOAD DATA LOCAL INFILE '{tmp_path / 'local.csv'}' INTO TABLE people",
        ):
            with pytest.raises(pymysql.MySQLError):
                cursor.execute(statement)
    session.close()


def test_an_error_holds_no_secret(tmp_path: Path, port: int) -> None:
    with pytest.raises(TerminalError, match="doesn't exist"):
        fetch(made(tmp_path, port), wanted(table="nosuch"), tmp_path / "in")
    wrong = settings(tmp_path, f"mysql://steward:wr0ng@127.0.0.1:{port}/bureau")
    with pytest.raises(TerminalError) as caught:
        fetch(wrong, wanted(table="people"), tmp_path / "in")
    assert "wr0ng" not in caught.value.text.en and "steward" not in caught.value.text.en


def test_the_census_reads_comments_and_types(tmp_path: Path, port: int) -> None:
    settings_made = made(tmp_path, port)
    source = find_connection(settings_made, "bureau", "113399001001000094")
    with opened_engine(source, settings_made.remote, typed=False) as engine:
        found = scan(engine, Place("mysql", "bureau"), [])
    assert [(f.table, f.title, f.rows) for f in found] == [("people", "名单", 2)]
    assert found[0].personal == ("姓名:person_name",)
    assert found[0].draft is not None
    assert {f.header: f.type for f in found[0].draft.fields}["amount"] == "DECIMAL(20,4)"
