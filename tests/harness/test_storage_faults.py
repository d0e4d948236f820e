"""A full disk and a foreign lock: a clear error that may be retried, and nothing has changed."""

import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import victims
from tests.harness.test_killed import rows
from xihu_catalog.schema import upgrade
from xihu_pipelines.ingest.load import load_file
from xihu_platform.errors import TransientError
from xihu_platform.start import Node

pytestmark = pytest.mark.harness


def prepare(folder: Path) -> Node:
    node = victims.node(folder)
    upgrade(node.database)
    for name, first in ((victims.FIRST, 0), (victims.SECOND, 50_000)):
        lines = "".join(f"E{n:08d},{n}\n" for n in range(first, first + 60_000))
        (folder / name).write_text("number,amount\n" + lines, encoding="utf-8")
    load_file(node, victims.contract(), folder / victims.FIRST)
    return node


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB, of its own."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("no right to mount a small disk here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_leaves_the_table_as_it_was_and_room_lets_it_go_on(small_disk: Path) -> None:
    data = small_disk / "data"
    node = prepare(data)
    before = rows(node)
    free = shutil.disk_usage(small_disk).free
    refused = 0
    for left in (free - 60_000, free - 400_000, free - 900_000):
        filler = small_disk / "filler"
        filler.write_bytes(b"x" * left)
        with pytest.raises(TransientError) as full:
            load_file(node, victims.contract(), data / victims.SECOND)
        refused += 1
        assert "disk space" in full.value.text.en
        assert rows(victims.node(data)) == before
        filler.unlink()
        free = shutil.disk_usage(small_disk).free
    assert refused == 3
    assert load_file(node, victims.contract(), data / victims.SECOND).fresh
    assert rows(node) != before


@pytest.mark.timeout(200)
def test_a_catalogue_locked_by_somebody_else_is_waited_for_then_refused(tmp_path: Path) -> None:
    node = prepare(tmp_path / "data")
    before = rows(node)
    foreign = sqlite3.connect(node.lake.folder / "catalogue.db", isolation_level=None)
    foreign.execute("BEGIN EXCLUSIVE")
    with pytest.raises(TransientError):
        load_file(node, victims.contract(), tmp_path / "data" / victims.SECOND)
    foreign.execute("ROLLBACK")
    foreign.close()
    assert rows(node) == before
    assert load_file(node, victims.contract(), tmp_path / "data" / victims.SECOND).fresh
