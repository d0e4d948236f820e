"""An installation with the demo's registry, made once for each process of the tests and copied:
making it takes half a second, and hundreds of tests begin with one."""

import tempfile
from functools import cache
from pathlib import Path
from shutil import copytree

from tests.province import NOW
from xihu_catalog.schema import upgrade
from xihu_pipelines.demo.province import settle
from xihu_platform.lake.relocate import relocate
from xihu_platform.settings import Settings
from xihu_platform.start import open_node

_FOLDERS: list[tempfile.TemporaryDirectory[str]] = []
"""Removed when the process ends."""


def settled_data(folder: Path) -> Path:
    """A data folder at `NOW`, for `open_node`; its keys are the same each time."""
    copytree(_made(), folder)
    relocate(folder / "lake")
    return folder


@cache
def _made() -> Path:
    made = tempfile.TemporaryDirectory(prefix="xihu-settled-")
    _FOLDERS.append(made)
    folder = Path(made.name) / "data"
    node = open_node(Settings(data_dir=folder), clock=lambda: NOW)
    upgrade(node.database)
    settle(node)
    node.database.dispose()  # the last one to close it writes the log ahead into the file
    return folder
