"""The world that tests of rotation start from: made once, copied for each of them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_pipelines.housekeeping.rotating import World, make_world, open_world
from xihu_platform.lake.relocate import relocate


@pytest.fixture(scope="package")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared") / "data"
    make_world(folder).close()
    return folder


@pytest.fixture
def world(prepared: Path, tmp_path: Path) -> Iterator[World]:
    shutil.copytree(prepared, tmp_path / "data")
    relocate(tmp_path / "data" / "lake")
    made = open_world(tmp_path / "data")
    yield made
    made.close()
