"""`xihu exchange`: what is printed, and the exit code, with a real receiver."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.harness.postgres import PASSWORD, running_postgres
from tests.test_pipelines.exchange.test_run import ROWS
from tests.test_pipelines.exchange.world import DATASET, NUMBER, World, exchange_world
from xihu_catalog.contracts.model import policy_of
from xihu_catalog.exchange.records import exchange_sealing, get_exchange
from xihu_node.cli import exchange as command
from xihu_platform.errors import NotFound
from xihu_platform.start import Node


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with running_postgres() as found:
        yield found


@pytest.fixture
def world(tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The command's own process finds the same node, and the contract of the test."""
    with exchange_world(tmp_path, port) as made:
        made.ask("DROP SCHEMA IF EXISTS jt CASCADE")
        made.ask("CREATE SCHEMA jt")
        made.load(ROWS)
        monkeypatch.setattr(command, "open_node", lambda _settings: made.node)

        class Catalogue:
            @staticmethod
            def policy(_dataset: str) -> object:
                return policy_of(made.current)

        monkeypatch.setattr("xihu_catalog.start.open_catalogue", lambda _node: Catalogue)
        yield made


def run(*words: str, **more: str) -> Result:
    return CliRunner().invoke(command.exchange, words, obj="en", catch_exceptions=False, **more)  # type: ignore[arg-type]


def test_what_is_due_is_sent_and_listed(world: World) -> None:
    place = f"127.0.0.1:{world.port}/postgres jt.stops"
    assert run("list").output == f"{NUMBER}  {DATASET}  {place}  daily\n  nothing sent yet\n"
    done = run("run")
    assert (done.exit_code, done.output) == (
        0,
        f"{NUMBER} batch 1: arrived; 3 added, 0 changed, 0 removed, 3 rows\n",
    )
    assert run("run").output == "no batch exchange is due\n"
    assert run("run", NUMBER).output == f"{NUMBER}: nothing has changed\n"
    assert "arrived" in run("list").output


def test_a_batch_that_does_not_arrive_is_an_exit_code(world: World) -> None:
    world.suspend()
    done = run("run", NUMBER)
    assert done.exit_code == 1 and "refused, nothing arrived. " in done.output
    assert run("run").output == "no batch exchange is due\n"  # it has just failed


def test_a_password_is_asked_for_and_kept_sealed(world: World) -> None:
    done = run("password", NUMBER, input="another-word\nanother-word\n")
    assert done.exit_code == 0 and "another-word" not in done.output
    kept = get_exchange(world.node.database, NUMBER, exchange_sealing(world.node.keyring))
    assert kept.password == "another-word" != PASSWORD
    assert "another-word" not in repr(kept)


def test_an_exchange_that_there_is_not_is_said(world: World) -> None:
    with pytest.raises(NotFound):
        run("run", "BX-000000")
    assert run("run", "--whole").exit_code == 2


def test_without_an_exchange_that_is_said(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "open_node", lambda _settings: node)
    assert run("list").output == "there is no batch exchange\n"
