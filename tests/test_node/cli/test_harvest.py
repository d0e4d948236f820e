"""`xihu harvest`: what is printed, and the exit code."""

import json

import pytest
from click.testing import CliRunner, Result

from tests.test_pipelines.harvest.test_fetching import DATA, source
from xihu_catalog.harvest.job import FetchedDocument
from xihu_catalog.harvest.sources import HarvestSource
from xihu_node.cli import harvest as command
from xihu_pipelines.harvest.fetching import SourceFetch
from xihu_platform.errors import NotFound, TransientError
from xihu_platform.start import Node
from xihu_platform.words import Language

SOURCE = source("https://data.example.org/data.json")


@pytest.fixture(autouse=True)
def _settled(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIHU_DATA_DIR", str(node.settings.data_dir))


def run(*words: str, language: Language = "en") -> Result:
    return CliRunner().invoke(command.harvest, words, obj=language, catch_exceptions=False)


def serve(monkeypatch: pytest.MonkeyPatch, answer: FetchedDocument | Exception) -> None:
    def fetch(_self: SourceFetch, _address: str) -> FetchedDocument:
        if isinstance(answer, Exception):
            raise answer
        return answer

    def sources() -> dict[str, HarvestSource]:
        return {"src": SOURCE}

    monkeypatch.setattr(SourceFetch, "__call__", fetch)
    monkeypatch.setattr(command, "harvest_sources", sources)
    monkeypatch.setattr(command, "get_source", sources().__getitem__)


def test_the_demo_harvests_nothing() -> None:
    assert run("list").output == "the registry's harvest.yaml has no source\n"
    done = run("run")
    assert (done.exit_code, done.output) == (0, "the registry's harvest.yaml has no source\n")
    with pytest.raises(NotFound):
        run("run", "src")


def test_a_run_and_the_list_say_what_was_done(monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, FetchedDocument(json.dumps(DATA).encode()))
    assert run("list").output.splitlines()[1] == "  never harvested"
    done = run("run")
    assert done.exit_code == 0
    assert done.output == "Source: complete; 2 new, 0 changed, 0 same, 0 removed, 0 faulty\n"
    first, second = run("list").output.splitlines()
    assert first == "src  data_json  manual  https://data.example.org/data.json"
    assert second.endswith("Source: complete; 2 new, 0 changed, 0 same, 0 removed, 0 faulty")
    assert "完成；新增 0，变更 0，未变 2" in run("run", "src", language="zh").output


def test_a_source_that_does_not_answer_is_exit_code_one(monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, TransientError("网络中断", "the network is gone"))
    done = run("run", "src")
    assert done.exit_code == 1
    assert "interrupted, to be resumed" in done.output
    assert "the network is gone" in done.output


def test_removals_are_confirmed_for_one_source_only(monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, FetchedDocument(json.dumps(DATA).encode()))
    run("run")
    serve(monkeypatch, FetchedDocument(b'{"dataset": []}'))
    assert "too much missing, nothing removed" in run("run", "src").output
    assert run("run", "--confirm-removals").exit_code == 2
    done = run("run", "src", "--confirm-removals")
    assert (done.exit_code, "2 removed" in done.output) == (0, True)
