"""The way out of a mail: one press, without a sign-in, of one subscription."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from tests.province import Province
from tests.test_portals.api.test_subscription_feed import subscribed_to
from tests.test_portals.official.test_request import words
from xihu_catalog.subscriptions.outgoing import end_token
from xihu_catalog.subscriptions.service import Subscriptions, forget_person


@pytest.fixture(autouse=True)
def _tidy(province: Province) -> Iterator[None]:
    yield
    forget_person(province.services.node.database, "p-citizen3")


def ask(province: Province, method: str, token: str) -> httpx.Response:
    """As a mail program does: without cookies, in the form of RFC 8058."""

    async def once() -> httpx.Response:
        data = {"List-Unsubscribe": "One-Click"} if method == "POST" else None
        async with province.client() as client:
            return await client.request(method, f"/subscriptions/end/{token}", data=data)

    return asyncio.run(once())


def state(province: Province, name: str) -> tuple[str, str | None]:
    found = Subscriptions(province.services.node.database, province.services).find(name)
    assert found is not None
    return found.state, found.reason


def test_a_link_that_is_opened_ends_nothing_and_one_press_does(province: Province) -> None:
    one, other = subscribed_to(province), subscribed_to(province, ("aqi:ge:1",))
    token = end_token(province.services.node.keyring, one.id)
    page = ask(province, "GET", token)
    assert page.status_code == 200 and "退订这一项提醒？" in words(page)
    assert state(province, one.id) == ("active", None)
    for _ in range(2):
        assert ask(province, "POST", token).status_code == 200
    assert state(province, one.id) == ("ended", "link")
    assert state(province, other.id) == ("active", None)


def test_it_says_nothing_of_what_was_subscribed_to(province: Province) -> None:
    one = subscribed_to(province)
    token = end_token(province.services.node.keyring, one.id)
    for method in ("GET", "POST"):
        text = words(ask(province, method, token))
        assert "空气" not in text and "aqi" not in text


@pytest.mark.parametrize("change", ["x", ".", "é"])
def test_another_token_ends_nothing(province: Province, change: str) -> None:
    one = subscribed_to(province)
    token = end_token(province.services.node.keyring, one.id) + change
    assert ask(province, "POST", token).status_code == 404
    assert state(province, one.id) == ("active", None)
