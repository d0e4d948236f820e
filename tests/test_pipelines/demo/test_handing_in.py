"""Files that are loaded while the others are still being written."""

import json
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
from click.testing import CliRunner

from tests.province import SCALE
from xihu_node.cli.data import load
from xihu_node.entries import load_and_publish
from xihu_pipelines.demo import province
from xihu_pipelines.demo.handing_in import handing_in
from xihu_pipelines.demo.layout import list_files
from xihu_platform.errors import BadInput
from xihu_platform.settings import Settings
from xihu_platform.start import Node, open_node

NAMES = [file.dataset for file in list_files()]


class Slow:
    """A generator of empty files that writes one more only when it is told to."""

    def __init__(self) -> None:
        self.go = {name: Event() for name in NAMES}
        self.written: list[str] = []
        self.fault: Exception | None = None

    def __call__(self, folder: Path, *, progress: Callable[[str, int], None], **_: object) -> None:
        folder.mkdir(exist_ok=True)
        for name in NAMES:
            assert self.go[name].wait(20)
            if self.fault is not None:
                raise self.fault
            self.written.append(name)
            progress(name, 0)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    made = Slow()
    monkeypatch.setattr(province, "generate", made)
    return made


def test_a_dataset_is_waited_for_and_no_other(node: Node, slow: Slow) -> None:
    with handing_in(node) as ready:
        ready("sg_supervision_monthly")  # is derived
        for name in NAMES:
            assert slow.written == NAMES[: NAMES.index(name)]
            slow.go[name].set()
            ready(name)
            assert name in slow.written
    assert json.loads((node.settings.data_dir / "intake" / ".generated.json").read_text())
    with handing_in(node) as ready:
        ready(NAMES[-1])
    assert slow.written == NAMES


def test_what_keeps_the_files_from_coming_is_raised_where_one_is_waited_for(
    node: Node, slow: Slow
) -> None:
    with handing_in(node) as ready:
        slow.go[NAMES[0]].set()
        ready(NAMES[0])
        slow.fault = BadInput("磁盘已满", "the disk is full")
        slow.go[NAMES[1]].set()
        for name in NAMES[1:]:
            with pytest.raises(BadInput, match="the disk is full"):
                ready(name)
        ready(NAMES[0])
    assert not (node.settings.data_dir / "intake" / ".generated.json").exists()


def test_whoever_leaves_early_waits_for_one_file_alone(node: Node, slow: Slow) -> None:
    with pytest.raises(KeyboardInterrupt), handing_in(node) as ready:
        slow.go[NAMES[0]].set()
        ready(NAMES[0])
        slow.go[NAMES[1]].set()
        raise KeyboardInterrupt
    assert slow.written in (NAMES[:1], NAMES[:2])
    assert not (node.settings.data_dir / "intake" / ".generated.json").exists()


def test_files_of_an_earlier_version_are_not_made_again(node: Node, slow: Slow) -> None:
    """Its mark had a name that is not hidden."""
    folder = node.settings.data_dir / "intake"
    folder.mkdir(parents=True)
    demo = node.settings.demo
    (folder / "generated.json").write_text(json.dumps({"scale": demo.scale, "seed": demo.seed}))
    assert province.files_of(node) == folder
    assert slow.written == []
    assert [path.name for path in folder.iterdir()] == [".generated.json"]


@pytest.mark.harness
def test_the_command_loads_what_a_load_of_finished_files_loads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XIHU_DEMO__SCALE", str(SCALE))
    node = open_node(Settings(data_dir=tmp_path / "before"))
    province.settle(node)
    province.files_of(node)
    outcomes, _ = load_and_publish(node)
    expected = {one.dataset: one.counts for one in outcomes}
    monkeypatch.setenv("XIHU_DATA_DIR", str(tmp_path / "meanwhile"))
    first, second = (CliRunner().invoke(load, obj="en").output for _ in range(2))
    for name, counts in expected.items():
        assert f"{name:<28}{counts.accepted:>12,}{counts.quarantined:>12,}" in first
    assert f"{len(expected)} loaded now" in first
    assert "; 0 loaded now" in second
