"""The application database says no value of a statement in what it raises."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from xihu_platform.database import KeptConnection, open_database, transaction
from xihu_platform.errors import TransientError
from xihu_platform.start import Node

SECRET = "canary7f3a"


@pytest.mark.parametrize(
    "sql",
    ["SELECT * FROM none WHERE name = :name", "INSERT INTO audit_node (level) VALUES (:name)"],
)
def test_an_error_does_not_quote_the_values(node: Node, sql: str) -> None:
    with pytest.raises(SQLAlchemyError) as caught, transaction(node.database) as session:
        session.execute(text(sql), {"name": SECRET})
    assert SECRET not in str(caught.value)


def test_a_kept_connection_says_that_the_database_does_not_answer_and_goes_on_later(
    tmp_path: Path,
) -> None:
    path = tmp_path / "some.db"
    kept = KeptConnection(open_database(f"sqlite:///{path}"))
    assert kept.ask("SELECT 1") == [(1,)]
    kept.ask("CREATE TABLE t (a)")
    path.rename(tmp_path / "away.db")
    path.mkdir()  # the connection is lost, and no other can be made
    kept.close()
    with pytest.raises(TransientError, match="try again"):
        kept.ask("SELECT a FROM t")
    path.rmdir()
    (tmp_path / "away.db").rename(path)
    assert kept.ask("SELECT a FROM t") == []
