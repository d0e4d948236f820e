"""Fixtures that every folder of tests may use.

The platform is imported by the fixtures: the process that hands the tests out needs none of it.
"""

import gc
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from shutil import copyfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.registry import REGISTRY
from tests.tiers import mark_later
from xihu_catalog.registry.folder import use_registry

if TYPE_CHECKING:
    from tests.province import Province
    from xihu_platform.start import Node

use_registry(REGISTRY)
settings.register_profile("no deadline", deadline=None)  # a busy machine is no fault
settings.load_profile("no deadline")
gc.disable()  # until all is collected: see below
for _name in [name for name in os.environ if name.startswith("XIHU_")]:  # noqa: TID251
    del os.environ[_name]  # noqa: TID251  # what a shell says of a node of its own
os.environ["XIHU_DEMO__ACTS"] = "false"  # noqa: TID251  # a served demo says what the test did
WORLDS = {"address", "browser", "child", "node", "port", "province", "tmp_path_factory"}
"""Whoever asks for one of these needs an installation, a server, a browser or a shared world."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--unit", action="store_true", help="only tests that open no world")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With `--unit` folders without such tests are not even imported. None: let others decide."""
    far = collection_path.name in {"harness", "benchmarks"} and config.getoption("--unit")
    return True if far else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `--unit` what a test costs is told by the fixtures that it asks for, not by a mark."""
    mark_later(items)
    if not config.getoption("--unit"):
        return
    far = [item for item in items if _is_far(item)]
    config.hook.pytest_deselected(items=far)
    items[:] = [item for item in items if not _is_far(item)]


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is imported by now stays to the end: each full collection would walk a million objects
    of it again, a quarter of the suite's processor time."""
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)
    gc.enable()


def _is_far(item: pytest.Item) -> bool:
    asked: Iterable[str] = getattr(item, "fixturenames", ())
    return not WORLDS.isdisjoint(asked) or any(map(item.get_closest_marker, ("harness", "matrix")))


@pytest.fixture(scope="session")
def child() -> None:
    """Asked for by a test that starts a program: seconds in which nothing is computed."""


@pytest.fixture(scope="session")
def province(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Province]":
    """The demo province at a fiftieth of its size; tests only read it."""
    from tests.province import make_province

    yield from make_province(tmp_path_factory.mktemp("province"))


@pytest.fixture(scope="session")
def postgres_address() -> Iterator[str]:
    """Of a PostgreSQL for all tests of the process, without the name of a database; one that is
    there to be copied has every table of ours."""
    from sqlalchemy import text

    from tests.both_databases import TEMPLATE
    from tests.harness.postgres import running_postgres_address
    from xihu_catalog.schema import upgrade
    from xihu_platform.database import open_database

    with running_postgres_address() as address:
        first = open_database(f"{address}/postgres")
        with first.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"CREATE DATABASE {TEMPLATE}"))
        first.dispose()
        template = open_database(f"{address}/{TEMPLATE}")
        upgrade(template)
        template.dispose()
        yield address


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SQLite with every table of ours: copied in a millisecond, made by the migrations in 80."""
    from xihu_catalog.schema import upgrade
    from xihu_platform.database import open_database

    path = tmp_path_factory.mktemp("empty") / "xihu.db"
    database = open_database(f"sqlite:///{path}")
    upgrade(database)
    database.dispose()  # the last one to close it writes the log ahead into the file
    return path


@pytest.fixture
def node(tmp_path: Path, empty_database: Path) -> "Node":
    """An empty installation."""
    from xihu_platform.settings import Settings
    from xihu_platform.start import open_node

    opened = open_node(Settings(data_dir=tmp_path / "data"))
    copyfile(empty_database, tmp_path / "data" / "xihu.db")
    return opened
