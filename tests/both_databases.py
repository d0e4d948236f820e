"""The platform's tables on SQLite and on a real PostgreSQL, for suites that run on both."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import Engine

from tests.harness.postgres import PASSWORD, running_postgres
from tests.test_platform.audit.test_log import empty_database
from xihu_catalog.schema import upgrade
from xihu_platform.database import open_database

BOTH = ["sqlite", "postgresql"]


@pytest.fixture(scope="module")
def postgres() -> Iterator[Engine]:
    """One server for a module: what a test writes is there for the next."""
    with running_postgres() as port:
        address = f"steward:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/postgres"
        database = open_database(f"postgresql+psycopg://{address}")
        upgrade(database)
        yield database
        database.dispose()


@contextmanager
def sqlite(folder: Path) -> Iterator[Engine]:
    """A file of its own."""
    file = folder / "xihu.db"
    file.write_bytes(empty_database())
    engine = open_database(f"sqlite:///{file}")
    yield engine
    engine.dispose()
