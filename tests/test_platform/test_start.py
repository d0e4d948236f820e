"""The data folder is its owner's alone."""

from pathlib import Path

import pytest

from tests.province import Province
from tests.test_pipelines.ingest.test_modes import contract
from xihu_catalog.schema import upgrade
from xihu_pipelines.push import spool
from xihu_pipelines.push.commit import commit_waiting
from xihu_platform.settings import Settings
from xihu_platform.start import Node, open_node


def open_to_others(folder: Path) -> list[str]:
    return [str(path) for path in (folder, *folder.rglob("*")) if path.stat().st_mode & 0o077]


def test_nobody_else_may_look_into_a_loaded_folder(province: Province) -> None:
    assert open_to_others(province.services.node.settings.data_dir) == []


def test_what_is_pushed_is_private_in_the_spool_and_in_the_lake(node: Node) -> None:
    stops = contract("upsert", more="  - {property: push, value: true}\n")
    body = '{"id": "1", "name": "甲", "county": null}'.encode()
    spool.accept(node, stops, "bureau", "a", body, "jsonl")
    assert open_to_others(node.settings.data_dir) == []
    commit_waiting(node, stops)
    assert list(node.settings.data_dir.rglob("*.parquet"))
    assert open_to_others(node.settings.data_dir) == []


def test_an_existing_folder_is_tightened_when_it_is_opened(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    upgrade(open_node(settings).database)
    for path in (settings.data_dir, *settings.data_dir.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    open_node(settings)
    assert open_to_others(settings.data_dir) == []
    assert settings.data_dir.stat().st_mode & 0o700 == 0o700


def test_a_folder_that_cannot_be_tightened_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(path: Path, mode: int) -> None:
        raise PermissionError(f"not the owner of {path}")

    (tmp_path / "data").mkdir(mode=0o755)
    (tmp_path / "data").chmod(0o755)
    monkeypatch.setattr(Path, "chmod", refuse)
    open_node(Settings(data_dir=tmp_path / "data"))
    assert "stays so" in caplog.text
