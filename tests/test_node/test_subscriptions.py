"""The keeper looks at subscriptions by itself while the platform serves, and ends when it does."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_catalog.subscriptions.conftest import STOPS, Room, open_room
from xihu_catalog.subscriptions.service import Wanted
from xihu_node.subscriptions import SubscriptionKeeper


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    found = open_room(tmp_path)
    yield found
    found.services.close()


def test_what_was_loaded_is_noticed_without_anyone_asking(room: Room) -> None:
    one = room.subscribe(room.citizen(), Wanted("new_rows", STOPS))
    room.load("a,330106,1")
    keeper = SubscriptionKeeper(room.services, 0.02)
    keeper.start()
    try:
        end = time.monotonic() + 20
        while not room.events(one) and time.monotonic() < end:
            time.sleep(0.02)
    finally:
        keeper.close()
    assert [what for what, _ in room.events(one)] == ["new_rows"]
    room.load("a,330106,1", "b,330106,1")
    time.sleep(0.1)
    assert len(room.events(one)) == 1  # it was closed
