"""Callers of every kind for the table of routes: with tokens for the API, sessions for pages."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import parse_qs

import httpx

from tests.province import NOW, Province
from xihu_platform.database import transaction
from xihu_platform.identity.sessions import Tokens, find_session, open_session
from xihu_platform.identity.tokens import Claims

Kind = Literal["no_token", "expired", "wrong_audience", "citizen", "other_department", "right"]
KINDS: tuple[Kind, ...] = (
    *("no_token", "expired", "wrong_audience", "citizen", "other_department", "right"),
)
POSITIONS = {
    "sun": "sun-rs",
    "wu": "wu-sh",
    "chen": "chen-xihu",
    "zhou": "zhou-sj",
    "he": "he-rs",
    "tang": "tang-yb",
    "shen": "shen-yb",
    "lin": "lin-sj",
    "gao": "gao-zw",
    "xu": "xu-yb",
    "luo": "luo-sj",
    "fang": "fang-rs",
    "ding": "ding-xihu",
    "pan": "pan-xihu",
    "mao": "mao-gs",
    "jin": "jin-zr",
    "hua": "hua-zr",
    "yao": "yao-cg",
    "tao": "tao-cg",
}
API = ("/api/", "/health")


@dataclass(frozen=True)
class Call:
    """One call of the table, its placeholders filled."""

    method: str
    address: str
    form: str
    right: str
    """Who has the right to it: a name, or `name/position` for another than their usual one; in
    the citizen portal `name/mandate`, as `people.mandate_id` writes it."""

    @property
    def portal(self) -> str:
        return "official" if self.address.startswith("/official") else "citizen"


def send(province: Province, call: Call, kind: Kind) -> httpx.Response:
    if call.address.startswith(API):
        return _send(province, call, headers=token_headers(province, kind, call.right))
    cookie, csrf = session_of(province, kind, call)
    name = province.services.identity.clients[call.portal].portal.cookie
    headers = {"Cookie": f"{name}={cookie}"} if cookie else {}
    return _send(province, call, headers=headers, csrf=csrf)


def _send(
    province: Province, call: Call, *, headers: Mapping[str, str], csrf: str = ""
) -> httpx.Response:
    data = parse_qs(call.form.replace("{csrf}", csrf), keep_blank_values=True)

    async def once() -> httpx.Response:
        async with province.client() as client:
            return await client.request(
                call.method, call.address, headers=dict(headers), data=data or None
            )

    return asyncio.run(once())


def _username(kind: Kind, right: str) -> str:
    return {"citizen": "li", "other_department": "chen"}.get(kind, right)


def token_headers(province: Province, kind: Kind, right: str) -> dict[str, str]:
    if kind == "no_token":
        return {}
    username = _username(kind, right)
    # Any: claims of each type stand beside token()'s own arguments.
    changed: dict[str, Any] = {}
    if kind == "expired":
        changed["exp"] = int(NOW.timestamp()) - 3600
    if kind == "wrong_audience":
        changed["aud"] = ["xihu-other"]
    if username == "dept-yb":
        return {"Authorization": f"Bearer {province.system_token(**changed)}"}
    headers = {"Authorization": f"Bearer {province.token(username, **changed)}"}
    if username in POSITIONS:
        headers["X-Xihu-Position"] = POSITIONS[username]
    return headers


def session_of(province: Province, kind: Kind, call: Call) -> tuple[str | None, str]:
    """A cookie and its form token. An ended session and one of the other portal are no session."""
    if kind == "no_token":
        return None, ""
    other = "citizen" if call.portal == "official" else "official"
    portal = other if kind == "wrong_audience" else call.portal
    username, _, chosen = _username(kind, call.right).partition("/")
    begun = NOW - timedelta(hours=9) if kind == "expired" else NOW
    with transaction(province.services.node.database) as session:
        access = province.token(username, azp=f"xihu-{portal}")
        tokens = Tokens(access, NOW + timedelta(hours=1), "refresh", "id")
        cookie = open_session(session, portal, _claims(province, username), tokens, None, begun)
        row = find_session(session, portal, cookie, begun)
        assert row is not None
        row.position_id = (chosen or POSITIONS.get(username)) if portal == "official" else None
        row.mandate = (chosen or None) if portal == "citizen" else None
        return cookie, row.csrf


def _claims(province: Province, username: str) -> Claims:
    who = province.citizen(username)
    return Claims(
        iss="issuer",
        sub=who.id,
        azp="portal",
        sid=f"sid-{username}",
        auth_time=datetime(2026, 11, 23, tzinfo=UTC),
        acr=3,
        level=who.level,
        person=who.id,
        username=username,
        expires_at=NOW + timedelta(hours=1),
        is_machine=False,
    )
