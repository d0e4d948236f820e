"""One subscription: its notices are decided and logged when the page is asked for."""

import re
from collections.abc import Iterator

import pytest

from tests.entries import unpublished_meanwhile
from tests.province import Province
from tests.test_portals.api.test_subscription_feed import AIR, feed, reads, subscribed_to
from tests.test_portals.official.test_request import get, post, words
from xihu_catalog.subscriptions.service import forget_person

PATH = "/my/subscriptions"


@pytest.fixture(autouse=True)
def _tidy(province: Province) -> Iterator[None]:
    yield
    forget_person(province.services.node.database, "p-citizen3")


def test_it_says_what_is_new_as_the_gateway_answers_now(province: Province) -> None:
    one = subscribed_to(province)
    before = reads(province)
    page = get(province, "wang", f"{PATH}/{one.id}")
    assert page.status_code == 200
    assert reads(province) == before + 1
    rows = province.services.gateway.snapshot(province.services.catalogue.policy(AIR)).rows
    assert f"新增 {rows:,} 条符合条件的记录" in words(page)
    assert "站内消息 · 已送达" in words(page)
    assert page.headers["cache-control"] == "no-store"
    english = words(get(province, "wang", f"{PATH}/{one.id}", "en"))
    assert f"New rows that match: {rows:,}" in english and "delivered" in english


def test_of_what_is_not_published_any_more_it_says_nothing(province: Province) -> None:
    one = subscribed_to(province)
    title = province.services.catalogue.contracts.get(AIR).title.zh
    with unpublished_meanwhile(province.services.node.database, AIR):
        page = words(get(province, "wang", f"{PATH}/{one.id}"))
    assert title not in page and "条符合条件" not in page
    assert "不能显示： 目录中没有这项数据" in page


def test_its_feed_is_shown_once_and_can_be_revoked(province: Province) -> None:
    one = subscribed_to(province)
    here = f"{PATH}/{one.id}"
    said = [("position", ""), ("subscription", one.id)]
    made = post(province, "wang", here, [*said, ("act", "feed")])
    assert made.status_code == 200
    found = re.search(r"/feeds/([\w-]+)\.atom", made.text)
    assert found is not None
    assert found[1] not in get(province, "wang", here).text
    assert feed(province, found[1]).status_code == 200
    post(province, "wang", here, [*said, ("act", "end_feed")])
    assert feed(province, found[1]).status_code == 404


def test_anothers_is_as_none(province: Province) -> None:
    one = subscribed_to(province)
    for name in (one.id, "none"):
        assert get(province, "zhao", f"{PATH}/{name}").status_code == 404
        said = [("position", ""), ("subscription", name), ("act", "feed")]
        assert post(province, "zhao", f"{PATH}/{name}", said).status_code == 404
