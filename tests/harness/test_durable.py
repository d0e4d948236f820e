"""Acknowledged means synchronised: a power cut right after loses nothing of it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness import power, victims
from tests.harness.test_killed import rows
from xihu_catalog.schema import upgrade
from xihu_pipelines.ingest.load import load_file
from xihu_pipelines.push import spool

pytestmark = pytest.mark.harness

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An installation with one load and the file of another."""
    data = tmp_path / "data"
    node = victims.node(data)
    upgrade(node.database)
    for name, amount in ((victims.FIRST, 1), (victims.SECOND, 2)):
        lines = "".join(f"E{n:08d},{amount}\n" for n in range(amount * 100, 3000))
        (data / name).write_text(f"number,amount\n{lines}bad,x\n", encoding="utf-8")
    load_file(node, victims.contract(), data / victims.FIRST)
    node.database.dispose()
    return data


def trace(what: str, folder: Path, tmp_path: Path) -> power.Disk:
    present = {str(p) for p in folder.rglob("*") if p.is_file()}
    log = tmp_path / "trace.txt"
    command = ["strace", "-f", "-y", "-s", "200", "-e", f"trace={power.CALLS}", "-o", str(log)]
    run = [sys.executable, "-m", "tests.harness.traced", what, str(folder)]
    subprocess.run([*command, *run], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return power.replay(log, folder, present)


def test_a_load_is_on_the_disk_before_it_is_acknowledged(folder: Path, tmp_path: Path) -> None:
    disk = trace("load", folder, tmp_path)
    synced = "\n".join(disk.synced)
    for needed in (
        "/lake/data/mz_people/data",
        "/lake/data/mz_people/metadata",
        "/lake/catalogue.db",
        "/xihu.db",
    ):
        assert f"{folder}{needed}" in synced
    assert any(s.endswith(".parquet") for s in disk.synced)
    assert any(s.endswith(".metadata.json") for s in disk.synced)
    assert not [p for p in disk.removed if "-journal" in p], "a journal that came back undoes it"

    lost = power.cut(disk, tmp_path / "image")
    assert not [p for p in lost if p.endswith((".parquet", ".avro", ".json"))]
    here, there = victims.node(folder), victims.node(tmp_path / "image")
    assert rows(there) == rows(here)
    again = load_file(there, victims.contract(), tmp_path / "image" / victims.SECOND)
    assert not again.fresh


def test_a_push_is_on_the_disk_before_it_is_acknowledged(folder: Path, tmp_path: Path) -> None:
    disk = trace("push", folder, tmp_path)
    power.cut(disk, tmp_path / "image")
    kept = spool.waiting(victims.node(tmp_path / "image"), victims.contract().dataset)
    assert len(kept) == 1
