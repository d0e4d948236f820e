"""Bodies, archives and uploads that unpack to gigabytes are refused before they cost anything."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil
import pytest

from tests.test_pipelines.sources.bombs import BOMBS
from xihu_platform.settings import Settings, child_environment

MEMORY_LIMIT = 200 << 20  # bytes above the resting memory, all processes together
DISK_LIMIT = 80 << 20  # bytes; 64 MB may be unpacked of anything


@dataclass(frozen=True)
class Child:
    process: psutil.Process
    ask: IO[str]
    answer: Path
    folder: Path


@pytest.fixture(scope="module")
def child(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    folder = tmp_path_factory.mktemp("bombs")
    answer = folder / "answer"
    (folder / "tmp").mkdir()
    environment = child_environment(Settings(), {"TMPDIR": str(folder / "tmp")})
    command = [sys.executable, "-m", "tests.test_pipelines.sources.bombs", str(folder)]
    with subprocess.Popen(command, env=environment, text=True, stdin=subprocess.PIPE) as started:
        assert started.stdin is not None
        while not answer.exists():
            assert started.poll() is None
            time.sleep(0.02)
        yield Child(psutil.Process(started.pid), started.stdin, answer, folder)
        started.stdin.close()


def _memory(process: psutil.Process) -> int:
    """A child that has not yet begun its program still shows its parent's memory: not counted."""
    own = process.cmdline()
    total = int(process.memory_info().rss)
    for child in process.children(recursive=True):
        try:
            command, memory = child.cmdline(), int(child.memory_info().rss)
        except psutil.NoSuchProcess:
            continue
        total += memory if command and command != own else 0
    return total


def _disk(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            continue
    return total


def every_bomb() -> Iterator[object]:
    """The harness takes all; `make test` one for each reader."""
    known: set[str] = set()
    for name, (reader, _) in BOMBS.items():
        yield pytest.param(name, marks=pytest.mark.harness) if reader in known else name
        known.add(reader)


@pytest.mark.parametrize("name", [*every_bomb()])
def test_a_bomb_is_refused_in_words_with_little_memory_and_disk(name: str, child: Child) -> None:
    reader, make = BOMBS[name]
    (child.folder / "bomb").write_bytes(make())
    child.answer.unlink()
    resting, before = _memory(child.process), _disk(child.folder)
    memory = disk = 0
    child.ask.write(f"{reader}\n")
    child.ask.flush()
    while not child.answer.exists():
        memory = max(memory, _memory(child.process) - resting)
        disk = max(disk, _disk(child.folder) - before)
        assert child.process.is_running() and memory < 10 * MEMORY_LIMIT
        time.sleep(0.005)
    said = child.answer.read_text(encoding="utf-8")
    assert said.startswith("refused: ")
    assert memory < MEMORY_LIMIT
    assert disk < DISK_LIMIT
