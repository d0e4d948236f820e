"""Signing out at the issuer, and telling every portal that took part (back-channel)."""

import asyncio
import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from xihu_node.issuer import storage
from xihu_node.issuer.clients import find_client
from xihu_node.issuer.keys import ALGORITHM
from xihu_node.issuer.server import Desk
from xihu_platform.identity.backchannel import LOGOUT_EVENT
from xihu_platform.telemetry.logs import failure_facts

log = logging.getLogger("xihu.identity")

TOKEN_LIFE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class LogoutNotice:
    """One logout token and where it goes."""

    uri: str
    logout_token: str


@dataclass(frozen=True, slots=True)
class Hint:
    """What a genuine ID token says of the session to end; it may have expired."""

    sid: str
    client_id: str


def read_hint(desk: Desk, token: str | None) -> Hint | None:
    if not token:
        return None
    try:
        keys = KeySet.import_key_set(desk.keys.public())
        claims = jwt.decode(token, keys, algorithms=[ALGORITHM]).claims
    except (JoseError, ValueError):
        return None
    sid, client_id = claims.get("sid"), claims.get("azp")
    genuine = claims.get("iss") == desk.issuer and claims.get("typ") == "ID"
    return Hint(sid, client_id) if genuine and sid and client_id else None


def return_address(desk: Desk, params: Mapping[str, str], hint: Hint | None) -> str | None:
    """Where to send the person afterwards: only an address registered for that very client."""
    uri = params.get("post_logout_redirect_uri")
    client_id = hint.client_id if hint else params.get("client_id", "")
    client = find_client(desk.session, desk.settings, desk.portals, client_id)
    return uri if uri and client and uri in client.post_logout_redirect_uris else None


def end(desk: Desk, sid: str) -> list[LogoutNotice]:
    """End a session and write the notices; sending them is for after the commit."""
    notices = []
    for client_id in storage.end_session(desk.session, sid):
        client = find_client(desk.session, desk.settings, desk.portals, client_id)
        if client and client.backchannel_logout_uri:
            notices.append(
                LogoutNotice(client.backchannel_logout_uri, _token(desk, client_id, sid))
            )
    return notices


def _token(desk: Desk, client_id: str, sid: str) -> str:
    now = int(desk.now.timestamp())
    claims: dict[str, object] = {
        "iss": desk.issuer,
        "aud": client_id,
        "iat": now,
        "exp": now + int(TOKEN_LIFE.total_seconds()),
        "jti": str(uuid.uuid4()),
        "sid": sid,
        "typ": "Logout",
        "events": {LOGOUT_EVENT: {}},
    }
    return desk.keys.sign(claims, typ="logout+jwt")


async def send(http: httpx.AsyncClient, notices: list[LogoutNotice]) -> None:
    """One POST for each; a portal that cannot be reached is logged, not asked again."""
    await asyncio.gather(*(_send(http, notice) for notice in notices))


async def _send(http: httpx.AsyncClient, notice: LogoutNotice) -> None:
    try:
        answer = await http.post(notice.uri, data={"logout_token": notice.logout_token})
        answer.raise_for_status()
    except httpx.HTTPError as error:
        log.warning("a portal could not be told of a sign-out", extra=failure_facts(error))
