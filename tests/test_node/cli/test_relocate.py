"""`xihu relocate` over a data folder: the copy works by itself, the original stays as it is."""

import shutil
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.test_pipelines.ingest.test_modes import contract
from xihu_node.cli.main import xihu
from xihu_pipelines.push import spool
from xihu_pipelines.push.commit import commit_waiting
from xihu_platform.errors import TerminalError
from xihu_platform.settings import Settings
from xihu_platform.start import Node, open_node


def push(node: Node, key: str) -> None:
    stops = contract("upsert", more="  - {property: push, value: true}\n")
    body = f'{{"id": "{key}", "name": "甲", "county": null}}'
    spool.accept(node, stops, "bureau", key, body.encode(), "jsonl")
    commit_waiting(node, stops)


def bytes_of(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path): sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_copied_installation_is_relocated_and_loads_into_itself(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(node, "1")
    node.database.dispose()
    original = node.settings.data_dir
    copy = tmp_path / "restored" / "data"
    shutil.copytree(original, copy)
    before = bytes_of(original)
    with pytest.raises(TerminalError, match="xihu relocate"):
        open_node(Settings(data_dir=copy))

    monkeypatch.setenv("XIHU_DATA_DIR", str(copy))
    done = CliRunner().invoke(xihu, ["--lang", "en", "relocate"])
    assert done.exit_code == 0, done.output
    assert "files rewritten" in done.output
    there = open_node(Settings(data_dir=copy))
    push(there, "2")
    assert there.lake.snapshot("data.jt_stops").rows == 2
    assert bytes_of(original) == before
    named = str(original).encode()
    assert [str(p) for p in copy.rglob("*") if p.is_file() and named in p.read_bytes()] == []
