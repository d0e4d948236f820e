"""A log of the second format as it was before its settled rows were sealed."""

from pathlib import Path

from alembic import command
from sqlalchemy import text

from xihu_catalog.schema import alembic_config, upgrade
from xihu_platform.database import open_database

_BEFORE = (
    "INSERT INTO audit_pin (digest, seq, body, key, day, dataset, snapshot_id, region, whole) "
    "VALUES ('w', 0, x'00', x'01', '2026-11-23', 'd', 7, '', 1), "
    "('p', 1, x'00', x'02', '2026-11-23', 'd', 7, '', 0)",
    "INSERT INTO audit_replay (seq, dataset, snapshot_id, recipient, sql, parameters) "
    "VALUES (3, 'd', 7, 'r', 'SELECT 1', '[]')",
    "INSERT INTO audit_subject (seq, place, subject, salt, leaf) VALUES "
    "(2, 0, 'listed', NULL, NULL), (3, 0, 'settled', NULL, NULL), (4, 0, 'new', x'00', x'00')",
    "INSERT INTO audit_region VALUES ('s', 'd', 7, '-')",
    "INSERT INTO audit_counted VALUES ('s', 'p', 0)",
)


def test_what_no_hash_covered_is_dropped_and_asked_again(tmp_path: Path) -> None:
    """Keys that open nothing, whom a kept read was found to show, and rows without a seal."""
    database = open_database(f"sqlite:///{tmp_path / 'xihu.db'}")
    config = alembic_config()
    with database.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        for statement in _BEFORE:
            connection.execute(text(statement))
    upgrade(database)
    with database.begin() as connection:

        def rows(query: str) -> list[tuple[object, ...]]:
            return [tuple(row) for row in connection.execute(text(query))]

        assert rows("SELECT digest, key FROM audit_pin ORDER BY 1") == [("p", b"\2"), ("w", None)]
        assert rows("SELECT subject FROM audit_subject ORDER BY 1") == [("listed",), ("new",)]
        assert rows("SELECT subject, seal FROM audit_region") == []
        assert rows("SELECT subject, seal FROM audit_counted") == []
    database.dispose()
