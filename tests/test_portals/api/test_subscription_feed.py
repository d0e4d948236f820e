"""The private feed of a subscription: by its address alone, decided at each request, valid Atom."""

import asyncio

import httpx
import pytest
from lxml import etree  # type: ignore[import-untyped]  # it has no stubs
from sqlalchemy import select, update

from tests.asking import acted_province
from tests.entries import unpublished_meanwhile
from tests.province import Province
from xihu_catalog.subscriptions.evaluation import evaluate
from xihu_catalog.subscriptions.model import Subscription, WatchedFor
from xihu_catalog.subscriptions.models import SubscriptionRow
from xihu_catalog.subscriptions.service import Subscriptions, Wanted
from xihu_platform.audit.models import AuditEntry
from xihu_platform.database import transaction

__all__ = ["acted_province"]  # a fixture
AIR = "hb_air_quality_hourly"
ATOM = "{http://www.w3.org/2005/Atom}"


def room(province: Province) -> Subscriptions:
    return Subscriptions(province.services.node.database, province.services)


def subscribed_to(province: Province, filters: tuple[str, ...] = ("aqi:ge:0",)) -> Subscription:
    """One with an event: as if it had been made before there was any data."""
    who, services = province.citizen("wang"), province.services
    wanted = Wanted("new_rows", AIR, WatchedFor(filters))
    one = room(province).subscribe(services.known_to(who), who, wanted, services.node.clock())
    with transaction(services.node.database) as session:
        session.execute(update(SubscriptionRow).where(SubscriptionRow.id == one.id).values(mark=""))
    evaluate(services.node.database, services, services.known_to, services.node.clock)
    return one


def feed(province: Province, token: str, **headers: str) -> httpx.Response:
    async def once() -> httpx.Response:
        async with province.client(**headers) as client:
            return await client.get(f"/feeds/{token}.atom")

    return asyncio.run(once())


def reads(province: Province) -> int:
    query = select(AuditEntry.body)
    with transaction(province.services.node.database) as session:
        return sum('"exit":"subscription"' in str(body) for body in session.scalars(query))


def test_the_feed_is_valid_atom_with_a_notice_that_is_read_and_logged(province: Province) -> None:
    one, who = subscribed_to(province), province.citizen("wang")
    token = room(province).make_feed(who, one.id)
    before = reads(province)
    answer = feed(province, token)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/atom+xml")
    assert answer.headers["cache-control"] == "private, no-store"
    assert "etag" not in answer.headers and "set-cookie" not in answer.headers
    assert reads(province) == before + 1
    root = etree.fromstring(answer.content)
    check_atom(root)
    (entry,) = root.findall(f"{ATOM}entry")
    rows = province.services.gateway.snapshot(province.services.catalogue.policy(AIR)).rows
    assert f"{rows:,}" in (entry.findtext(f"{ATOM}content") or "")
    assert token not in answer.text


def check_atom(root: etree._Element) -> None:
    """RFC 4287, 4.1: what a feed and an entry must have, once each."""
    assert root.tag == f"{ATOM}feed"
    for name in ("id", "title", "updated"):
        assert len(root.findall(f"{ATOM}{name}")) == 1
    assert root.find(f"{ATOM}author/{ATOM}name") is not None  # 4.1.1: else each entry needs one
    ids = []
    for entry in root.findall(f"{ATOM}entry"):
        for name in ("id", "title", "updated", "content"):
            assert len(entry.findall(f"{ATOM}{name}")) == 1
        ids.append(entry.findtext(f"{ATOM}id"))
        assert entry.find(f"{ATOM}link[@rel='alternate']") is not None
    assert len(ids) == len(set(ids))


def test_a_new_address_ends_the_one_before_and_none_ends_both(province: Province) -> None:
    one, who = subscribed_to(province, ("aqi:ge:1",)), province.citizen("wang")
    first = room(province).make_feed(who, one.id)
    second = room(province).make_feed(who, one.id)
    assert [feed(province, token).status_code for token in (first, second)] == [404, 200]
    room(province).end_feed(who, one.id)
    assert feed(province, second).status_code == 404


def test_a_right_that_is_lost_leaves_a_feed_that_says_so_and_no_more(province: Province) -> None:
    one, who = subscribed_to(province, ("aqi:ge:2",)), province.citizen("wang")
    token = room(province).make_feed(who, one.id)
    title = province.services.catalogue.contracts.get(AIR).title.zh
    assert title in feed(province, token).text
    with unpublished_meanwhile(province.services.node.database, AIR):
        answer = feed(province, token)
        assert answer.status_code == 200
        assert title not in answer.text and AIR not in answer.text and "aqi" not in answer.text
        check_atom(etree.fromstring(answer.content))
    after = feed(province, token)  # published again, it does not go on by itself
    assert title not in after.text
    assert room(province).get(who, one.id).reason == "gone"


def test_a_cookie_changes_nothing(province: Province) -> None:
    one, who = subscribed_to(province, ("aqi:ge:3",)), province.citizen("wang")
    token = room(province).make_feed(who, one.id)
    plain, other = feed(province, token), feed(province, token, Cookie="xihu_session=x")
    assert plain.content == other.content


@pytest.mark.parametrize("token", ["x", "é" * 10, "a" * 300])
def test_a_guess_is_answered_as_nothing(province: Province, token: str) -> None:
    assert feed(province, token).status_code == 404


def test_a_feed_that_was_made_is_a_hash_in_the_database(province: Province) -> None:
    one, who = subscribed_to(province, ("aqi:ge:4",)), province.citizen("wang")
    token = room(province).make_feed(who, one.id)
    with transaction(province.services.node.database) as session:
        row = session.get_one(SubscriptionRow, one.id)
        assert row.feed is not None and token not in row.feed and len(row.feed) == 64
