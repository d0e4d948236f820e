"""Every test of the kernel runs on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.both_databases import BOTH, empty_tables, postgres, sqlite
from tests.test_platform.matters.world import MatterWorld
from xihu_catalog.schema import METADATA

__all__ = ["postgres"]  # a fixture
ROOMS = ("matter", "notice")
EMPTIED = [
    *(
        table.name
        for table in METADATA.sorted_tables
        if table.name.startswith(("matter", "notice", "rating"))
    ),
    *("grant", "position_substitute", "calendar_year", "calendar_day"),
]


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "postgresql":
        found: Engine = request.getfixturevalue("postgres")
        empty_tables(found, EMPTIED)
        yield found
        return
    with sqlite(tmp_path) as engine:
        yield engine


@pytest.fixture
def world(database: Engine) -> MatterWorld:
    return MatterWorld(database)
