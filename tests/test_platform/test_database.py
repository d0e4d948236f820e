"""The application database says no value of a statement in what it raises."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from xihu_platform.database import transaction
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
