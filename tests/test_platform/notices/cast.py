"""Everybody who could be told, and who of them has something new to read."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.test_platform.matters.world import (
    ASKING,
    AUTHORITY,
    CHIEF,
    CITIZEN,
    CLERK,
    GIVING,
    HEAD,
    JUDGE,
    KEEPER,
    LEADER,
    OFFICER,
    STRANGER,
    MatterWorld,
    official,
)
from xihu_platform.identity.principal import Principal
from xihu_platform.notices.unread import NoticeLine, read_notices

COLLEAGUE = official("colleague", ASKING, "handler")
PORTER = official("porter", GIVING, "handler")
USHER = official("usher", AUTHORITY, "handler")
AUDITOR = official("auditor", GIVING, "auditor", "steward")
EVERYBODY = {
    one.id: one
    for one in (
        *(CLERK, CHIEF, COLLEAGUE, KEEPER, HEAD, PORTER, JUDGE, USHER, STRANGER, AUDITOR),
        *(CITIZEN, OFFICER, LEADER),
    )
}


def unread(world: MatterWorld, who: Principal) -> tuple[NoticeLine, ...]:
    return read_notices(world.matters, who).lines


def unread_numbers(world: MatterWorld) -> dict[str, int]:
    """How many notices wait, by reader."""
    return {name: len(unread(world, who)) for name, who in EVERYBODY.items()}


@contextmanager
def told(world: MatterWorld) -> Iterator[set[str]]:
    """Who has one more notice after the block; nobody may have two, or one less."""
    before, found = unread_numbers(world), set[str]()
    yield found
    for name, number in unread_numbers(world).items():
        assert number - before[name] in {0, 1}, name
        if number > before[name]:
            found.add(name)
