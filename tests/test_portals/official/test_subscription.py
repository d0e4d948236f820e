"""One subscription of a position."""

from collections.abc import Iterator

import pytest

from tests.province import Province
from tests.test_portals.official.test_request import get, post, words
from tests.test_portals.official.test_subscriptions import PATH, late
from xihu_catalog.subscriptions.service import forget_person


@pytest.fixture(autouse=True)
def _tidy(province: Province) -> Iterator[None]:
    yield
    forget_person(province.services.node.database, "p-official-two")


def test_it_shows_its_state_and_an_empty_log(province: Province) -> None:
    one = late(province)
    page = words(get(province, "chen/chen-xihu", f"{PATH}/{one}"))
    assert "订阅中" in page and "还没有发送过" in page and "还没有变化" in page
    assert "Nothing was sent yet" in words(get(province, "chen/chen-xihu", f"{PATH}/{one}", "en"))


def test_it_is_paused_from_its_own_page(province: Province) -> None:
    one = late(province)
    said = [("position", "chen-xihu"), ("subscription", one), ("act", "paused")]
    sent = post(province, "chen/chen-xihu", f"{PATH}/{one}", said)
    assert sent.status_code == 303 and sent.headers["location"].startswith(f"{PATH}?done=paused")
