"""Takes back-channel logouts: an issuer says that a session has ended."""

from collections.abc import Sequence

from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool

from xihu_platform.clock import Clock
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, NotSignedIn
from xihu_platform.identity import sessions
from xihu_platform.identity.portal import Portal
from xihu_platform.identity.tokens import TokenVerifier, check_claims, read_signed, token_refusal

LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


class LogoutReceiver:
    """Takes back-channel logouts for all portals."""

    def __init__(
        self,
        portals: tuple[Portal, ...],
        *,
        verifier: TokenVerifier,
        engine: Engine,
        clock: Clock,
    ) -> None:
        self._portals = portals
        self._verifier = verifier
        self._engine = engine
        self._clock = clock

    async def receive(self, logout_token: str) -> int:
        """End the sessions a logout token names; returns how many. BadInput where it is wrong."""
        try:
            return await self._receive(logout_token)
        except NotSignedIn as error:
            raise BadInput(
                f"退出通知无效：{error.text.zh}", f"The logout token does not hold: {error.text.en}"
            ) from error

    async def _receive(self, logout_token: str) -> int:
        signed = await read_signed(logout_token, self._verifier.keys)
        claims = signed.claims
        check_claims(
            claims,
            self._clock,
            issuer=self._verifier.issuer,
            audience=[portal.client_id for portal in self._portals],
            essential=("iat", "events"),
        )
        events, sid, sub = claims["events"], claims.get("sid"), claims.get("sub")
        if (
            signed.header.get("typ") != "logout+jwt"
            or not isinstance(events, dict)
            or LOGOUT_EVENT not in events
            or "nonce" in claims
            or not (sid or sub)
        ):
            raise token_refusal("不是退出通知", "it is no logout token")
        named = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        mine = [portal.name for portal in self._portals if portal.client_id in named]
        return await run_in_threadpool(
            self._end, mine, str(sid) if sid else None, str(sub) if sub else None
        )

    def _end(self, portals: Sequence[str], sid: str | None, sub: str | None) -> int:
        with transaction(self._engine) as session:
            return sum(
                sessions.end_by_issuer(session, portal=portal, sid=sid, sub=sub)
                for portal in portals
            )
