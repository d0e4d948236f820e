"""`xihu search` prints this node's datasets and the entries that other catalogues have."""

import pytest
from click.testing import CliRunner

from tests.contracts import document, field
from tests.province import NOW
from tests.test_catalog.harvest.portal import Portal
from tests.test_catalog.harvest.portal import run as harvest
from tests.test_catalog.sharing.test_requests import HEALTH
from xihu_catalog.start import open_contracts
from xihu_node.cli.commands import search
from xihu_pipelines.demo.province import settle
from xihu_platform.start import Node


@pytest.fixture(autouse=True)
def _settled(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIHU_DATA_DIR", str(node.settings.data_dir))


def printed(*words: str) -> list[str]:
    done = CliRunner().invoke(search, words, obj="en", catch_exceptions=False)
    assert done.exit_code == 0
    return done.output.splitlines()


def test_what_is_harvested_is_found_and_named(node: Node) -> None:
    portal = Portal()
    portal.add("benches", "Wooden benches of the parks")
    assert printed("benches") == ["Nothing was found."]
    harvest(node.database, portal, now=NOW)
    (line,) = printed("benches")
    assert "Wooden benches of the parks" in line


def test_a_dataset_that_is_a_draft_is_marked(node: Node) -> None:
    settle(node)
    fields = [field("id", key=True)]
    content = document("jt_stop_list", fields, provider=HEALTH, name="公交站名录")
    open_contracts(node).publish(content)
    (line,) = printed("公交站名录")
    assert line.startswith("jt_stop_list") and line.endswith("not published")
