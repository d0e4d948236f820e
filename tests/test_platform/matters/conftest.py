"""Every test of the kernel runs on both databases."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import Engine, text

from tests.harness.postgres import PASSWORD, running_postgres
from tests.test_platform.audit.test_log import empty_database
from tests.test_platform.matters.world import MatterWorld, database_file
from xihu_catalog.schema import METADATA, upgrade
from xihu_platform.database import open_database

ROOMS = ("matter", "notice")
EMPTIED = [
    *(
        table.name
        for table in METADATA.sorted_tables
        if table.name.startswith(("matter", "notice"))
    ),
    *("grant", "position_substitute", "calendar_year", "calendar_day"),
]


@pytest.fixture(scope="module")
def postgres() -> Iterator[Engine]:
    with running_postgres() as port:
        address = f"steward:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/postgres"
        database = open_database(f"postgresql+psycopg://{address}")
        upgrade(database)
        yield database
        database.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "postgresql":
        found: Engine = request.getfixturevalue("postgres")
        with found.begin() as connection:
            names = ", ".join(f'"{name}"' for name in EMPTIED)
            connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
        yield found
        return
    engine = open_database(database_file(tmp_path, empty_database()))
    yield engine
    engine.dispose()


@pytest.fixture
def world(database: Engine) -> MatterWorld:
    return MatterWorld(database)
