"""What was in force for a dataset is listed, and any version's text comes back as handed in."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.contracts import document, field
from xihu_catalog.contracts.store import ContractStore
from xihu_node.cli.contract import contract
from xihu_platform.errors import NotFound
from xihu_platform.start import Node

FIRST = document("stops", [field("id", key=True)])
SECOND = document("stops", [field("id", key=True), field("line")])


@pytest.fixture
def node_of_two(node: Node, monkeypatch: pytest.MonkeyPatch) -> Node:
    monkeypatch.setenv("XIHU_DATA_DIR", str(node.settings.data_dir))
    store = ContractStore(node.database)
    store.publish(FIRST)
    store.publish(SECOND)
    return node


def run(*words: object) -> Result:
    return CliRunner().invoke(contract, ["versions", *map(str, words)], obj="en")


def test_versions_are_listed_newest_first(node_of_two: Node) -> None:
    lines = run("stops").stdout.splitlines()
    digests = [one.digest for one in ContractStore(node_of_two.database).versions("stops")]
    assert [line.split()[2] for line in lines] == [(d or "")[:16] for d in digests]
    assert all(line.endswith("published") for line in lines)


def test_a_former_text_comes_back_byte_for_byte(node_of_two: Node, tmp_path: Path) -> None:
    former = run("stops").stdout.splitlines()[1].split()[2]
    target = tmp_path / "former.odcs.yaml"
    assert run("stops", "--digest", former, "-o", target).exit_code == 0
    assert target.read_bytes() == FIRST
    assert run("stops", "--digest", former).stdout.encode() == FIRST


def test_what_is_not_there_is_said(node_of_two: Node) -> None:
    for words in (("nothing",), ("stops", "--digest", "ffff"), ("stops", "--digest", "")):
        assert isinstance(run(*words).exception, NotFound)
