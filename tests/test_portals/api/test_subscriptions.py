"""Subscriptions over HTTP: one's own alone, and nothing about what is not published."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from tests.entries import unpublished_meanwhile
from tests.province import Province
from tests.test_portals.api.callers import token_headers
from xihu_catalog.subscriptions.service import forget_person

PATH = "/api/v1/subscriptions"
AIR = {"kind": "new_rows", "dataset": "hb_air_quality_hourly", "filters": ["aqi:ge:150"]}


@pytest.fixture(autouse=True)
def _tidy(province: Province) -> Iterator[None]:
    yield
    for person in ("p-citizen3", "p-firm-handler", "p-steward"):
        forget_person(province.services.node.database, person)


def ask(
    province: Province, who: str, method: str, path: str, body: object = None
) -> httpx.Response:
    async def once() -> httpx.Response:
        async with province.client() as client:
            headers = token_headers(province, "right", who)
            return await client.request(method, path, headers=headers, json=body)

    return asyncio.run(once())


def test_a_subscription_is_made_listed_paused_and_deleted(province: Province) -> None:
    made = ask(province, "wang", "POST", PATH, AIR)
    assert made.status_code == 201
    one = made.json()
    assert (one["state"], one["purpose"], one["filters"]) == ("active", "open", ["aqi:ge:150"])
    again = ask(province, "wang", "POST", PATH, AIR).json()
    assert again["id"] == one["id"]
    listed = ask(province, "wang", "GET", PATH).json()["subscriptions"]
    assert [found["id"] for found in listed] == [one["id"]]
    here = f"{PATH}/{one['id']}"
    for state in ("paused", "paused", "active", "ended"):
        said = ask(province, "wang", "POST", f"{here}/state", {"state": state}).json()
        assert said["state"] == state
    details = ask(province, "wang", "GET", here).json()
    assert (details["reason"], details["log"]) == ("owner", [])
    assert ask(province, "wang", "DELETE", here).status_code == 204
    assert ask(province, "wang", "GET", here).status_code == 404


def test_anothers_is_as_none(province: Province) -> None:
    one = ask(province, "wang", "POST", PATH, AIR).json()["id"]
    for method, path, body in (
        ("GET", f"{PATH}/{one}", None),
        ("DELETE", f"{PATH}/{one}", None),
        ("POST", f"{PATH}/{one}/state", {"state": "ended"}),
    ):
        answers = [
            ask(province, "zhao", method, path.replace(one, name), body)
            for name in (one, "0123456789abcdef")
        ]
        assert [found.status_code for found in answers] == [404, 404]
    assert ask(province, "zhao", "GET", PATH).json() == {"subscriptions": []}
    assert ask(province, "wang", "GET", f"{PATH}/{one}").json()["state"] == "active"


@pytest.mark.parametrize("kind", ["new_rows", "schema_change", "late", "quality_break"])
def test_what_is_not_published_is_as_what_there_is_not(province: Province, kind: str) -> None:
    said = []
    with unpublished_meanwhile(province.services.node.database, "fg_penalties"):
        for name in ("fg_penalties", "fg_nothing_at"):
            answer = ask(province, "wang", "POST", PATH, {"kind": kind, "dataset": name})
            said.append((answer.status_code, answer.text.replace(name, "")))
    assert said[0][0] == 404
    assert said[0] == said[1]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"kind": "new_rows", "dataset": "yb_hospital_visits"}, 403),
        (AIR | {"filters": ["aqi:ge:many"]}, 422),
        (AIR | {"filters": ["nothing:eq:1"]}, 422),
        (AIR | {"filters": ["aqi:ge:1"] * 21}, 422),
        (AIR | {"kind": "late"}, 422),
        (AIR | {"channels": ["abcdef123456"]}, 404),
        ({"kind": "search"}, 422),
        ({"kind": "search", "q": "空气", "dataset": "fg_penalties"}, 422),
        ({"kind": "search", "q": "空气", "facets": ["colour:red"]}, 422),
        ({"kind": "anything"}, 422),
    ],
)
def test_what_cannot_be_subscribed_to_is_refused(
    province: Province, body: dict[str, object], status: int
) -> None:
    answer = ask(province, "wang", "POST", PATH, body)
    assert answer.status_code == status, answer.text
    assert ask(province, "wang", "GET", PATH).json() == {"subscriptions": []}


def test_an_officials_belongs_to_the_position(province: Province) -> None:
    made = ask(province, "sun", "POST", PATH, {"kind": "late", "dataset": "rs_social_insurance"})
    assert made.status_code == 201 and made.json()["purpose"] == "duty"
    assert len(ask(province, "sun", "GET", PATH).json()["subscriptions"]) == 1

    async def as_a_person() -> httpx.Response:
        async with province.client(province.token("sun")) as client:
            return await client.get(PATH)

    assert asyncio.run(as_a_person()).json() == {"subscriptions": []}


def test_a_system_does_not_subscribe(province: Province) -> None:
    body = {"kind": "late", "dataset": "yb_hospital_visits"}
    assert ask(province, "dept-yb", "POST", PATH, body).status_code == 422
