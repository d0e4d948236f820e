"""What is due starts by itself while the platform serves, in a process of its own."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_portals.edge.clients import wait_until
from xihu_catalog.start import open_catalogue
from xihu_node import scheduler as module
from xihu_node.scheduler import CHECK, EXCHANGE, HARVEST, REPEATS, Scheduler
from xihu_platform.start import Node

PROGRAM = """
import sys, time
from pathlib import Path
Path({folder!r}, "-".join(sys.argv[1:])).touch()
time.sleep(float(Path({folder!r}, "seconds").read_text()))
"""


@pytest.fixture
def scheduler(node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scheduler]:
    """Whose commands leave a file of their name, and take as long as `seconds` says."""
    (tmp_path / "seconds").write_text("0")
    monkeypatch.setattr(module, "_PROGRAM", PROGRAM.format(folder=str(tmp_path)))
    made = Scheduler(node, open_catalogue(node), first_s=0.02, every_s=0.05)
    yield made
    made.close()


def due(
    monkeypatch: pytest.MonkeyPatch,
    sources: list[str],
    exchanges: list[str],
    *,
    repeats: bool = False,
    checks: bool = False,
) -> None:
    monkeypatch.setattr(module, "due_sources", lambda _node: sources)
    monkeypatch.setattr(module, "due_exchanges", lambda _node: exchanges)
    monkeypatch.setattr(module, "are_sketches_due", lambda _node, _catalogue: repeats)
    monkeypatch.setattr(module, "checks_due", lambda _node, _catalogue: checks)


@pytest.mark.parametrize(
    ("sources", "exchanges", "more", "started"),
    [
        (["a"], [], set(), {HARVEST}),
        ([], ["b"], set(), {EXCHANGE}),
        ([], [], {"repeats"}, {REPEATS}),
        ([], [], {"checks"}, {CHECK}),
        (["a"], ["b"], {"repeats", "checks"}, {HARVEST, EXCHANGE, REPEATS, CHECK}),
    ],
)
def test_what_is_due_is_started(
    scheduler: Scheduler,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sources: list[str],
    exchanges: list[str],
    more: set[str],
    started: set[tuple[str, ...]],
) -> None:
    due(monkeypatch, sources, exchanges, **dict.fromkeys(more, True))
    scheduler.start()
    names = {"-".join(one) for one in started}
    assert wait_until(lambda: names <= {one.name for one in tmp_path.iterdir()})
    others = {"-".join(one) for one in (HARVEST, EXCHANGE, REPEATS, CHECK)} - names
    assert not others & {one.name for one in tmp_path.iterdir()}


def test_where_nothing_is_due_nothing_starts(
    scheduler: Scheduler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []

    def look(_node: Node) -> list[str]:
        looks.append(1)
        return []

    due(monkeypatch, [], [])
    monkeypatch.setattr(module, "due_sources", look)
    scheduler.start()
    assert wait_until(lambda: len(looks) >= 3)
    started = {"-".join(one) for one in (HARVEST, EXCHANGE, REPEATS, CHECK)}
    assert not started & {one.name for one in tmp_path.iterdir()}


def test_a_look_that_fails_is_not_the_last(
    scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []

    def fail(_node: Node) -> list[str]:
        looks.append(1)
        raise OSError("disk")

    monkeypatch.setattr(module, "due_sources", fail)
    scheduler.start()
    assert wait_until(lambda: len(looks) >= 3)


def test_what_runs_is_ended_with_the_platform(
    scheduler: Scheduler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "seconds").write_text("60")
    monkeypatch.setattr(module, "POLL_S", 0.05)
    due(monkeypatch, ["a"], [])
    scheduler.start()
    assert wait_until((tmp_path / "-".join(HARVEST)).exists)
    begun = time.monotonic()
    scheduler.close()
    assert time.monotonic() - begun < 10


def test_a_check_that_takes_hours_delays_no_exchange(
    scheduler: Scheduler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "seconds").write_text("60")
    due(monkeypatch, [], [], checks=True)
    scheduler.start()
    assert wait_until((tmp_path / "-".join(CHECK)).exists)
    due(monkeypatch, ["a"], ["b"], checks=True)
    others = [tmp_path / "-".join(one) for one in (EXCHANGE, HARVEST)]
    assert wait_until(lambda: all(one.exists() for one in others))
