"""Every route asks who is calling: one that does not must stand on the short public list."""

from collections.abc import Iterator

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from tests.province import Province
from xihu_portals.api import auth
from xihu_portals.web import visitor

GUARDS = {auth._caller, visitor._signed_in, visitor._official}
PUBLIC = {
    "/health": "whether the process lives; says nothing of any data",
    "/preferences": "keeps language, theme and elder mode in the reader's own cookie",
    "/api/docs": "the documentation of the API, without any data",
    "/signin": "begins a sign-in",
    "/callback": "ends a sign-in; the answer is bound to the browser that began it",
    "/signout": "asks for the session's own token",
    "/official/signin": "begins a sign-in",
    "/official/callback": "ends a sign-in; the answer is bound to the browser that began it",
    "/official/signout": "asks for the session's own token",
    "/oidc/backchannel": "takes a logout token that the issuer signed",
}
ISSUER = "/realms/xihu"  # the OIDC protocol's own endpoints, of the embedded issuer


def calls(dependant: Dependant) -> Iterator[object]:
    yield dependant.call
    for inner in dependant.dependencies:
        yield from calls(inner)


def is_guarded(route: APIRoute) -> bool:
    asked = set(calls(route.dependant))
    names = {getattr(call, "__qualname__", "") for call in asked}
    return bool(asked & GUARDS) or "_at.<locals>.visitor" in names


def routes(province: Province) -> list[APIRoute]:
    return [route for route in province.app.routes if isinstance(route, APIRoute)]


def test_every_route_asks_who_is_calling_or_is_on_the_public_list(province: Province) -> None:
    found = routes(province)
    assert len(found) > 30
    unguarded = {
        route.path for route in found if not is_guarded(route) and not route.path.startswith(ISSUER)
    }
    assert unguarded == PUBLIC.keys()


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/me",
        "/api/v1/me/uses",
        "/api/v1/me/uses/0/proof",
        "/api/v1/audit/entries/0/proof",
        "/api/v1/audit/head",
    ],
)
@pytest.mark.anyio
async def test_what_needs_a_token_refuses_none_and_wrong_ones(
    province: Province, path: str
) -> None:
    now = int(province.services.ground.clock().timestamp())
    tokens = [
        None,
        "not.a.token",
        province.token("wang", exp=now - 3600),
        province.token("wang", aud=["another"]),
        province.token("wang", iss="https://foreign.example/realms/xihu"),
    ]
    for token in tokens:
        async with province.client(token) as client:
            answer = await client.get(path)
        assert answer.status_code == 401, (token, answer.text)
        assert answer.json()["error"] == "NotSignedIn"


@pytest.mark.anyio
async def test_the_log_is_for_an_auditors_position(province: Province) -> None:
    for username, position, status in (
        ("wang", None, 403),
        ("sun", "sun-rs", 403),
        ("wu", None, 403),
        ("wu", "wu-sh", 200),
    ):
        headers = {"X_Xihu_Position": position} if position else {}
        async with province.client(province.token(username), **headers) as client:
            answer = await client.get("/api/v1/audit/head")
        assert answer.status_code == status, (username, answer.text)
