"""Fixtures that every folder of tests may use."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from shutil import copyfile

import pytest

from tests.province import Province, make_province
from tests.registry import REGISTRY
from xihu_catalog.registry.folder import use_registry
from xihu_platform.database import open_database
from xihu_platform.settings import Settings
from xihu_platform.start import Node, open_node

use_registry(REGISTRY)
WORLDS = {"address", "browser", "node", "port", "province", "tmp_path_factory"}
"""Whoever asks for one of these needs an installation, a server, a browser or a shared world."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--unit", action="store_true", help="only tests that open no world")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `--unit` what a test costs is told by the fixtures that it asks for, not by a mark."""
    if not config.getoption("--unit"):
        return
    far = [item for item in items if _is_far(item)]
    config.hook.pytest_deselected(items=far)
    items[:] = [item for item in items if not _is_far(item)]


def _is_far(item: pytest.Item) -> bool:
    asked: Iterable[str] = getattr(item, "fixturenames", ())
    return not WORLDS.isdisjoint(asked) or item.get_closest_marker("harness") is not None


@pytest.fixture(scope="session")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    """The demo province at a fiftieth of its size; tests only read it."""
    yield from make_province(tmp_path_factory.mktemp("province"))


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SQLite with every table of ours: copied in a millisecond, made by the migrations in 80."""
    from xihu_catalog.schema import upgrade

    path = tmp_path_factory.mktemp("empty") / "xihu.db"
    database = open_database(f"sqlite:///{path}")
    upgrade(database)
    database.dispose()  # the last one to close it writes the log ahead into the file
    return path


@pytest.fixture
def node(tmp_path: Path, empty_database: Path) -> Node:
    """An empty installation."""
    opened = open_node(Settings(data_dir=tmp_path / "data"))
    copyfile(empty_database, tmp_path / "data" / "xihu.db")
    return opened
