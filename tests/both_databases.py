"""The platform's tables on SQLite and on a real PostgreSQL, for suites that run on both."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from tests.test_platform.audit.test_log import empty_database
from xihu_catalog.schema import METADATA
from xihu_platform.database import open_database

BOTH = ["sqlite", "postgresql"]
TEMPLATE = "xihu_empty"
"""A database with every table of ours: copied in a tenth of a second, made by the migrations in
one."""
_NUMBERS = count()


@pytest.fixture(scope="module")
def postgres(postgres_address: str) -> Iterator[Engine]:
    """One database for a module: what a test writes is there for the next."""
    name = f"module_{next(_NUMBERS)}"
    database = open_database(copied_database(postgres_address, name))
    yield database
    database.dispose()
    _command(postgres_address, f"DROP DATABASE {name} WITH (FORCE)")


def copied_database(address: str, name: str) -> str:
    """Makes a database with all tables, empty, and gives its address."""
    _command(address, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    return f"{address}/{name}"


def _command(address: str, statement: str) -> None:
    """One that runs outside of a transaction."""
    database = open_database(f"{address}/postgres")
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))
    database.dispose()


def empty_tables(database: Engine, names: Collection[str]) -> None:
    """Removes all rows of these tables, and of those that refer to them; ids begin at 1 again.

    As TRUNCATE does, which makes new files for each table and takes fifty times as long.
    """
    emptied = set(names)
    for table in METADATA.sorted_tables:  # what refers to a table comes behind it
        if any(key.column.table.name in emptied for key in table.foreign_keys):
            emptied.add(table.name)
    begun = text(
        "SELECT setval(s.oid::regclass, 1, false) FROM pg_class s"
        " JOIN pg_depend d ON d.objid = s.oid JOIN pg_class t ON t.oid = d.refobjid"
        " WHERE s.relkind = 'S' AND t.relname = ANY(:names)"
    )
    with database.begin() as connection:
        for table in reversed(METADATA.sorted_tables):
            if table.name in emptied:
                connection.execute(table.delete())
        connection.execute(begun, {"names": sorted(emptied)})


@contextmanager
def sqlite(folder: Path) -> Iterator[Engine]:
    """A file of its own."""
    file = folder / "xihu.db"
    file.write_bytes(empty_database())
    engine = open_database(f"sqlite:///{file}")
    yield engine
    engine.dispose()
