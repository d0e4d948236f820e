"""A file of the registry that nothing reads is told, for its name may be misspelt."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.registries import write_registry
from tests.registry import REGISTRY
from xihu_catalog.registry import folder
from xihu_catalog.registry.folder import use_registry
from xihu_catalog.registry.strays import strays


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(folder, "_chosen", [])
    yield use_registry(write_registry(tmp_path / "registry"))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("calender.csv", "calender.csv:1: is read by nothing: rename it to calendar.csv, or move"),
        ("grant.yaml", "grant.yaml:1: is read by nothing: rename it to grants.yaml, or move"),
        ("pages.yml", "pages.yml:1: is read by nothing: rename it to pages.yaml, or move"),
        ("statute/ZJ.yaml", "statute/:1: is read by nothing: rename it to statutes, or move"),
        ("codes/wood.tsv", "codes/wood.tsv:1: is read by nothing: rename it to *.csv, or move"),
        (
            "codes/changes/2016.csv",
            "codes/changes/2016.csv:1: is read by nothing: rename it to div",
        ),
        ("metrics/felled.yml", "metrics/felled.yml:1: is read by nothing: rename it to *.yaml, or"),
        ("contracts/a.yaml", "contracts/a.yaml:1: is read by nothing: rename it to *.odcs.yaml,"),
        (
            "old/calendar.csv",
            "old/:1: is read by nothing: rename it to appointments, bundles,",
        ),
    ],
)
def test_a_file_that_nothing_reads_is_told_with_the_likely_name(
    registry: Path, name: str, words: str
) -> None:
    path = registry / name
    path.parent.mkdir(exist_ok=True)
    path.touch()
    (finding,) = strays()
    assert finding.to("en").startswith(words)
    assert "不会被读取" in finding.to("zh")


def test_notes_and_hidden_files_are_nobodys_concern(registry: Path) -> None:
    for name in ("README.md", ".DS_Store", "codes/README.md", ".git/config"):
        (registry / name).parent.mkdir(exist_ok=True)
        (registry / name).touch()
    assert strays() == []


def test_every_file_of_the_demo_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "_chosen", [])
    use_registry(REGISTRY)
    assert strays() == []
