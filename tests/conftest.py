"""Fixtures that every folder of tests may use."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.province import Province, make_province
from xihu_platform.settings import Settings
from xihu_platform.start import Node, open_node


@pytest.fixture(scope="session")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    """The demo province at a fiftieth of its size; tests only read it."""
    yield from make_province(tmp_path_factory.mktemp("province"))


@pytest.fixture
def node(tmp_path: Path) -> Node:
    """An empty installation."""
    from xihu_catalog.schema import upgrade

    opened = open_node(Settings(data_dir=tmp_path / "data"))
    upgrade(opened.database)
    return opened
