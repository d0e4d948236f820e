"""Killed by SIGKILL at named points of acting, ticking, sealing, delivery and migration.

After each kill the same work is run again with the same keys. Then no event is lost and none is
there twice, no state is without its event, and each effect outside was done once, by its key.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, text

from tests.both_databases import BOTH, postgres, sqlite
from tests.harness import matter_victims as victims
from tests.harness.test_killed import FORK, PRELOADED, kill_in
from xihu_platform.access.models import GrantRow
from xihu_platform.database import transaction
from xihu_platform.matters.models import (
    MatterClockRow,
    MatterEventRow,
    MatterRow,
    MatterWorkRow,
    OutboxRow,
)
from xihu_platform.matters.views import broken_at

__all__ = ["postgres"]  # a fixture
pytestmark = [pytest.mark.harness, pytest.mark.timeout(300)]
KILLS = {"sqlite": 15, "postgresql": 3}
RUNNING = victims.RUNNING


@dataclass(frozen=True)
class Case:
    """A point, the work it belongs to, and how often the work comes to it."""

    point: str
    work: str
    times: int


ASKED = ["open", "submit", "approve_inside", "assess", "agree"]
CASES = [
    Case("matter taken", "act", 4),
    Case("event written", "act", 5),
    Case("key of the texts written", "act", 1),
    Case("texts sealed", "act", 5),
    Case("clocks written", "act", 5),
    Case("work written", "act", 5),
    Case("grant written", "act", 1),
    Case("all written", "act", 5),
    Case("committed", "act", 5),
    Case("law about to take effect", "let_pass", 1),
    Case("reminder written", "let_pass", 1),
    Case("between two ticks", "let_pass", 3),
    Case("promise claimed", "send", 5),
    Case("effect begun", "send", 5),
    Case("effect done", "send", 5),
    Case("version changed", "move", RUNNING),
    Case("between two matters", "move", RUNNING),
]


@dataclass
class Scene:
    """One database for all kills of a backend."""

    database: Engine
    outside: Path
    permits: list[int]
    trials: Iterator[int] = field(default_factory=itertools.count)
    moved: set[int] = field(default_factory=set)
    """How many moves each of the permits had after each kill."""

    @property
    def url(self) -> str:
        return self.database.url.render_as_string(hide_password=False)


@pytest.fixture(scope="module", autouse=True)
def _preloaded() -> None:
    FORK.set_forkserver_preload(PRELOADED)


@pytest.fixture(scope="module", params=BOTH)
def scene(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("killed")
    if request.param == "postgresql":
        yield furnish(request.getfixturevalue("postgres"), folder)
        return
    with sqlite(folder) as database:
        yield furnish(database, folder)


def furnish(database: Engine, folder: Path) -> Scene:
    outside = folder / "outside"
    outside.mkdir()
    return Scene(database, outside, victims.furnish(database))


@pytest.mark.parametrize("case", CASES, ids=lambda one: one.point)
def test_nothing_is_lost_and_nothing_is_done_twice(scene: Scene, case: Case) -> None:
    for kill in range(KILLS[scene.database.dialect.name]):
        trial, nth = next(scene.trials), kill % case.times + 1
        scene.database.dispose()
        die = partial(_die, scene.url, case.work, case.point, nth, trial)
        assert kill_in(die, scene.outside, case.point, 0), f"{case.point} was never reached"
        assert_sound(scene.database)
        world = victims.opened(scene.database, trial)
        matter = victims.WORKS[case.work](world, scene.outside, later=True)
        assert_sound(scene.database)
        CHECKS[case.work](scene, matter)


def _die(url: str, work: str, point: str, nth: int, trial: int, outside: Path, pipe: int) -> None:
    victims.die(url, work, point, nth, trial, outside, pipe)


def events(scene: Scene, matter: int) -> list[MatterEventRow]:
    query = select(MatterEventRow).where(MatterEventRow.matter == matter)
    with transaction(scene.database) as session:
        return list(session.scalars(query.order_by(MatterEventRow.seq)))


def was_agreed(scene: Scene, matter: int) -> None:
    assert [one.name for one in events(scene, matter)] == ASKED
    with transaction(scene.database) as session:
        grants = select(func.count()).where(GrantRow.matter == matter)
        assert session.scalar(grants) == 1
        world = victims.opened(scene.database, 0)
        texts = world.matters.texts.read(session, matter)
        waits = select(func.count()).where(
            MatterWorkRow.matter == matter, MatterWorkRow.closed_seq.is_(None)
        )
        assert session.scalar(waits) == 0
    assert texts[4, "opinion"] == "内部意见：同意"
    assert {name for seq, name in texts if seq == 1} == {"basis", "scene", "scope"}


def was_deemed(scene: Scene, matter: int) -> None:
    assert [one.name for one in events(scene, matter)] == ["open", "deem_accepted", "warned"]


def was_sent(scene: Scene, matter: int) -> None:
    """Every promise of the log that there is: each effect once, whatever it was asked for."""
    was_agreed(scene, matter)
    query = select(OutboxRow).where(OutboxRow.effect == "log").order_by(OutboxRow.id)
    with transaction(scene.database) as session:
        rows = session.scalars(query).all()
    assert {one.state for one in rows} == {"delivered"}
    done = sorted(path.name for path in scene.outside.glob("0*"))
    assert done == [f"{one.id:08d}" for one in rows]
    asked = (scene.outside / "asked").read_text("utf-8").split()
    assert {int(one) for one in asked} == {one.id for one in rows}


def was_moved(scene: Scene, _matter: int) -> None:
    """All are moved by one event each, and back for the next kill."""
    with transaction(scene.database) as session:
        versions = select(MatterRow.definition).where(MatterRow.id.in_(scene.permits))
        assert set(session.scalars(versions)) == {2}
    assert victims.move_back(victims.opened(scene.database, 0)) == RUNNING
    for permit in scene.permits:
        first, second, *moves = [one.name for one in events(scene, permit)]
        assert (first, second) == ("open", "ask")
        assert moves == ["migrated", "reverted"] * (len(moves) // 2)
        scene.moved.add(len(moves))
    assert len(scene.moved) == max(scene.moved) // 2


CHECKS = {
    "act": was_agreed,
    "let_pass": was_deemed,
    "send": was_sent,
    "move": was_moved,
}

ORPHANS = {
    "a state without its event": "SELECT m.id FROM matter m LEFT JOIN matter_event e "
    "ON e.matter = m.id AND e.seq = (SELECT max(seq) FROM matter_event WHERE matter = m.id) "
    "WHERE e.seq IS NULL OR e.state <> m.state OR e.version <> m.version",
    "an event without its promise": "SELECT e.matter FROM matter_event e LEFT JOIN matter_outbox o "
    "ON o.matter = e.matter AND o.seq = e.seq AND o.effect = 'log' WHERE o.id IS NULL",
    "two promises of one event": "SELECT matter FROM matter_outbox WHERE effect = 'log' "
    "GROUP BY matter, seq HAVING count(*) > 1",
    "a text without its key": "SELECT t.matter FROM matter_text t LEFT JOIN matter_key k "
    "ON k.matter = t.matter WHERE k.matter IS NULL",
    "a grant without its agreement": 'SELECT g.matter FROM "grant" g LEFT JOIN matter_event e '
    "ON e.matter = g.matter AND e.name = 'agree' WHERE g.matter IS NOT NULL AND e.seq IS NULL",
    "a notice without its event": "SELECT n.matter FROM notice n LEFT JOIN matter_event e "
    "ON e.matter = n.matter AND e.seq = n.seq WHERE e.seq IS NULL",
}


def assert_sound(database: Engine) -> None:
    """No half of a step anywhere, and no chain of digests that is broken."""
    with database.connect() as connection:
        for what, query in ORPHANS.items():
            assert connection.execute(text(query)).fetchall() == [], what
    order = select(MatterEventRow).order_by(MatterEventRow.matter, MatterEventRow.seq)
    with transaction(database) as session:
        newest = select(func.max(MatterRow.id)).scalar_subquery()
        last = session.scalars(order.where(MatterEventRow.matter == newest)).all()
        assert broken_at(last) is None
        clocks = select(MatterClockRow).where(MatterClockRow.matter == newest)
        kept = {(one.duty, one.start_seq) for one in session.scalars(clocks)}
    moves = [(one.seq, move) for one in last for move in one.clocks]
    assert kept == {(move["duty"], seq) for seq, move in moves if move["verb"] == "start"}
