"""What a process was doing in matters when it was killed: the work, and the named points in it.

A victim opens its own small database and nothing else. At its point it says so and waits to be
killed; what it did not come to is done by the next run with the same keys.
"""

import os
import time
from collections.abc import Callable
from functools import cache, wraps
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from tests.test_platform.matters.test_moving import SECOND_VERSION, STATES
from tests.test_platform.matters.world import (
    CHIEF,
    CITIZEN,
    CITY,
    CLERK,
    HEAD,
    KEEPER,
    OFFICER,
    PERSON,
    MatterWorld,
)
from xihu_catalog.registry.matters import parse_definition
from xihu_catalog.sharing import acts
from xihu_platform.database import open_database
from xihu_platform.matters import engine, keeping, kernel, moving, outbox, settling
from xihu_platform.matters.book import DefinitionBook, publish_definitions
from xihu_platform.matters.command import Command
from xihu_platform.matters.definition import OPEN
from xihu_platform.matters.kernel import Opening
from xihu_platform.matters.moving import Migration, apply_migration, revert_migration
from xihu_platform.matters.outbox import Promised, deliver
from xihu_platform.matters.recording import LOG
from xihu_platform.matters.texts import MatterTexts
from xihu_platform.matters.ticking import tick
from xihu_platform.matters.who import MatterParty

RUNNING = 3
"""Permits that a migration moves."""
MIGRATION = Migration("permit", 1, 2, "leader-office", STATES)
Reached = Callable[[], None]
parse = cache(parse_definition)


class OpenedWorld(MatterWorld):
    """Matters on a database that is furnished already."""

    def __post_init__(self) -> None:
        self.matters = self.another()
        self.matters.book = DefinitionBook(parse)


def furnish(database: Engine) -> list[int]:
    """The kinds, and the running permits that a migration moves."""
    world = MatterWorld(database, keys=count(90_000_000))
    permits = [world.permit("2026-09-01") for _ in range(RUNNING)]
    for one in permits:
        world.do(OFFICER, one, "ask", reason="缺少证明")  # no clock runs: a tick says nothing
    newer = {"permit.2.yaml": SECOND_VERSION}
    publish_definitions(database, newer, parse_definition, world.clock)
    return permits


def opened(database: Engine, trial: int) -> OpenedWorld:
    """The same trial has the same keys whoever works on it."""
    return OpenedWorld(database, keys=count(trial * 100))


def act(world: OpenedWorld, _outside: Path, *, later: bool = False) -> int:
    """A request from its draft to the agreement that opens the data: five events."""
    world.clock.on("2026-09-24", 11 if later else 10)
    matter = world.request()
    world.do(CLERK, matter, "submit", version=1)
    world.do(CHIEF, matter, "approve_inside", version=2)
    world.do(KEEPER, matter, "assess", version=3, opinion="内部意见：同意")
    world.do(HEAD, matter, "agree", version=4)
    return matter


def let_pass(world: OpenedWorld, _outside: Path, *, later: bool = False) -> int:
    """A permit about which nobody says anything, and a tick a month later."""
    world.clock.on("2026-09-01", 11 if later else 10)
    two = (MatterParty("applicant", "person", PERSON), MatterParty("organ", "organisation", CITY))
    command = Command(OPEN, world.key(), values={"wish": "开一家面馆"})
    matter = world.matters.open(CITIZEN, Opening("permit", two, "330106"), command).matter
    world.clock.on("2026-10-08", 11 if later else 10)
    tick(world.matters, world.clock.now)
    return matter


def send(world: OpenedWorld, outside: Path, *, later: bool = False) -> int:
    """A request, and what it promised handed to a receiver that knows each key again."""
    matter = act(world, outside, later=later)

    def receive(promised: Promised) -> None:
        with (outside / "asked").open("a", encoding="utf-8") as asked:
            asked.write(f"{promised.key}\n")
        _asked()
        try:
            (outside / f"{promised.key:08d}").touch(exist_ok=False)
        except FileExistsError:
            return
        _received()

    deliver(world.matters, {LOG: receive})
    return matter


def _asked() -> None:
    """The receiver was asked and has done nothing."""


def _received() -> None:
    """The effect was done and nobody knows yet."""


def move(world: OpenedWorld, _outside: Path, *, later: bool = False) -> int:
    """Every running permit of version 1 to version 2."""
    world.clock.on("2026-09-02", 11 if later else 10)
    apply_migration(world.matters, MIGRATION)
    return 1


def move_back(world: OpenedWorld) -> int:
    return revert_migration(world.matters, MIGRATION)


WORKS: dict[str, Callable[..., int]] = {
    "act": act,
    "let_pass": let_pass,
    "send": send,
    "move": move,
}


def die(url: str, work: str, point: str, nth: int, trial: int, outside: Path, pipe: int) -> None:
    """Work until a point is reached for the nth time, say so, and wait to be killed."""
    left = [nth]

    def reached() -> None:
        left[0] -= 1
        if left[0] == 0:
            os.write(pipe, f"{point}\n".encode())
            time.sleep(60)

    POINTS[point](reached)
    WORKS[work](opened(open_database(url), trial), outside)
    os.write(pipe, b"ended\n")


def _after(owner: Any, name: str, reached: Reached) -> None:
    """Any: a module or a class, whose function is wrapped for this process."""
    original = getattr(owner, name)

    @wraps(original)
    def wrapped(*given: Any, **named: Any) -> Any:
        done = original(*given, **named)
        reached()
        return done

    setattr(owner, name, wrapped)


def _before(owner: Any, name: str, reached: Reached) -> None:
    original = getattr(owner, name)

    @wraps(original)
    def wrapped(*given: Any, **named: Any) -> Any:
        reached()
        return original(*given, **named)

    setattr(owner, name, wrapped)


POINTS: dict[str, Callable[[Reached], None]] = {
    "matter taken": lambda r: _after(kernel, "lock", r),
    "event written": lambda r: _before(MatterTexts, "write", r),
    "key of the texts written": lambda r: _after(MatterTexts, "new_key", r),
    "texts sealed": lambda r: _after(MatterTexts, "write", r),
    "clocks written": lambda r: _after(keeping.Counting, "keep", r),
    "work written": lambda r: _after(keeping, "keep_work", r),
    "grant written": lambda r: _after(acts, "give_grant", r),
    "all written": lambda r: _after(engine.MatterEngine, "apply", r),
    "committed": lambda r: _after(kernel.Matters, "_once", r),
    "law about to take effect": lambda r: _after(settling, "lock", r),
    "reminder written": lambda r: _after(settling, "_warn", r),
    "between two ticks": lambda r: _before(settling, "_speak_once", r),
    "promise claimed": lambda r: _after(outbox, "_claim", r),
    "effect begun": lambda r: _after(_this(), "_asked", r),
    "effect done": lambda r: _after(_this(), "_received", r),
    "version changed": lambda r: _before(engine.MatterEngine, "apply", r),
    "between two matters": lambda r: _after(moving, "_apply", r),
}


def _this() -> Any:
    import tests.harness.matter_victims

    return tests.harness.matter_victims
