"""我的订阅 in a position: bound to it, and to no one else's."""

from collections.abc import Iterator

import pytest

from tests.province import Province
from tests.test_portals.official.test_request import get, post, words
from xihu_catalog.subscriptions.service import Subscriptions, Wanted, forget_person
from xihu_platform.access.policy import Purpose

PATH = "/official/subscriptions"
OWN = "rs_social_insurance"


@pytest.fixture(autouse=True)
def _tidy(province: Province) -> Iterator[None]:
    yield
    forget_person(province.services.node.database, "p-official-two")


def late(province: Province) -> str:
    services, who = province.services, province.official("chen", "chen-xihu")
    room = Subscriptions(services.node.database, services)
    wanted = Wanted("late", OWN, purpose=Purpose("duty"))
    return room.subscribe(services.known_to(who), who, wanted, services.node.clock()).id


def test_it_is_of_one_position_alone(province: Province) -> None:
    one = late(province)
    assert one in get(province, "chen/chen-xihu", PATH).text
    other = get(province, "chen/chen-yb", PATH)
    assert other.status_code == 200 and one not in other.text
    assert get(province, "chen/chen-yb", f"{PATH}/{one}").status_code == 404
    assert "您还没有订阅" in words(get(province, "sun", PATH))


def test_ending_it_is_taken_back(province: Province) -> None:
    one = late(province)
    said = [("position", "chen-xihu"), ("subscription", one)]
    sent = post(province, "chen/chen-xihu", PATH, [*said, ("act", "ended")])
    assert "撤销" in words(get(province, "chen/chen-xihu", sent.headers["location"]))
    assert post(province, "chen/chen-xihu", PATH, [*said, ("act", "active")]).status_code == 303
    assert "订阅中" in words(get(province, "chen/chen-xihu", PATH))
