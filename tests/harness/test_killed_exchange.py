"""Killed anywhere while it sends: the receiver's table is the one before or the one after, and the
next batch ends with every row as it should be."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import exchange_victims
from tests.harness.postgres import running_postgres
from tests.harness.test_killed import FORK, kill_in
from tests.test_pipelines.exchange.world import World, exchange_world
from xihu_pipelines.exchange.run import STEPS

pytestmark = [pytest.mark.harness, pytest.mark.timeout(600)]
LEAST = 10
"""Kills that land in the step they were meant for."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    FORK.set_forkserver_preload(["tests.harness.exchange_victims"])
    with running_postgres() as port, exchange_world(tmp_path, port) as made:
        (tmp_path / "port").write_text(str(port))
        made.ask("CREATE SCHEMA jt")
        yield made


def there(world: World) -> dict[str, tuple[object, ...]]:
    found = world.there("code", "name", "fare")
    return {code: (name, int(fare)) for code, name, fare in found}


def expected(version: int) -> dict[str, tuple[object, ...]]:
    return {code: values[:2] for code, values in exchange_victims.rows(version).items()}


def test_after_kills_in_every_step_each_row_is_as_it_should_be(world: World) -> None:
    chance, landed = random.Random(5), 0
    version = 1
    world.load(exchange_victims.rows(version))
    world.sent()
    for trial in range(3):
        for step in STEPS:
            before = expected(version)
            version += 1
            world.load(exchange_victims.rows(version))
            landed += kill_in(exchange_victims.send, world.folder, step, chance.random() * 0.05)
            assert there(world) in (before, expected(version)), (trial, step)
            again = world.send()
            assert again is None or again.state == "committed", again
            assert there(world) == expected(version), (trial, step)
    assert landed >= LEAST
    assert {one.state for one in world.batches()} <= {"committed", "failed"}
