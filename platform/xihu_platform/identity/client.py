"""The portals' side of sign-in: authorization code with PKCE, refresh one at a time, sign-out."""

import asyncio
import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar
from urllib.parse import quote, urlencode

import httpx
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from xihu_platform.clock import Clock, civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, NotSignedIn, TransientError
from xihu_platform.identity import people, sessions
from xihu_platform.identity.jwks import away
from xihu_platform.identity.models import SigninAttempt, SigninSession
from xihu_platform.identity.portal import Portal
from xihu_platform.identity.sessions import Tokens
from xihu_platform.identity.tokens import (
    Claims,
    TokenVerifier,
    check_claims,
    read_signed,
    token_refusal,
)
from xihu_platform.local_paths import safe_path
from xihu_platform.words import Language

T = TypeVar("T")
REFRESH_AHEAD = timedelta(seconds=30)
WAIT_FOR_REFRESH_S = 0.05


@dataclass(frozen=True, slots=True)
class SigninStart:
    """Where to send the person, and the cookie value that ties the sign-in to this browser."""

    url: str
    state: str
    browser: str


@dataclass(frozen=True, slots=True)
class SignedInNow:
    """A finished sign-in: the session cookie's value and where the person wanted to go."""

    cookie: str
    next_path: str
    claims: Claims


class PortalClient:
    """One portal's OIDC client. HTTP is async; each table access is one short transaction."""

    def __init__(
        self,
        portal: Portal,
        *,
        secret: str,
        verifier: TokenVerifier,
        engine: Engine,
        clock: Clock,
        http: httpx.AsyncClient,
    ) -> None:
        self.portal = portal
        self._secret = secret
        self._verifier = verifier
        self._engine = engine
        self._clock = clock
        self._http = http
        self.signed_in = 0
        """How many sign-ins this process has seen through."""

    async def start_signin(
        self,
        *,
        next_path: str = "/",
        level: int | None = None,
        browser: str | None = None,
        language: Language = "zh",
        anew: bool = False,
    ) -> SigninStart:
        """Begin a sign-in. `browser` is the cookie of an earlier start: tabs share it, while each
        has its own state, nonce and verifier."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        browser = browser or secrets.token_urlsafe(32)
        wanted = max(level or 0, self.portal.level)
        endpoint = await self._verifier.keys.endpoint("authorization_endpoint")
        now = self._clock()
        await self._in_transaction(
            lambda session: sessions.save_attempt(
                session,
                state=state,
                portal=self.portal.name,
                browser=browser,
                nonce=nonce,
                verifier=verifier,
                next_path=safe_path(next_path),
                level=wanted,
                now=now,
            )
        )
        query = {
            "response_type": "code",
            "client_id": self.portal.client_id,
            "redirect_uri": self.portal.redirect_uri,
            "scope": "openid profile",
            "state": state,
            "nonce": nonce,
            "code_challenge": _s256(verifier),
            "code_challenge_method": "S256",
            "acr_values": str(wanted),
            "ui_locales": "zh-CN" if language == "zh" else "en",
        } | ({"prompt": "login"} if anew else {})
        return SigninStart(f"{endpoint}?{urlencode(query)}", state, browser)

    async def finish_signin(
        self, answer: Mapping[str, str], *, browser: str | None, old_cookie: str | None = None
    ) -> SignedInNow:
        """Turn the issuer's answer at /callback into a session; NotSignedIn says what was wrong."""
        if answer.get("iss") != self._verifier.issuer:  # RFC 9207: no mix-up of issuers
            raise token_refusal("应答并非来自本平台的身份认证服务", "another issuer answered")
        attempt = await self._take_attempt(answer.get("state", ""), browser or "")
        if "error" in answer:
            raise _issuer_said(answer["error"])
        tokens = await self._request_tokens(
            grant_type="authorization_code",
            code=answer.get("code", ""),
            redirect_uri=self.portal.redirect_uri,
            code_verifier=attempt.verifier,
        )
        claims = await self._check(tokens, nonce=attempt.nonce)
        if claims.acr < attempt.level:  # an issuer may lower the level in silence
            raise token_refusal(
                f"登录等级 {claims.acr} 低于要求的 {attempt.level}",
                f"it reached level {claims.acr}, not the {attempt.level} that was asked for",
            )
        cookie = await self._in_transaction(
            lambda session: sessions.open_session(
                session, self.portal.name, claims, tokens, old_cookie, self._clock()
            )
        )
        self.signed_in += 1
        return SignedInNow(cookie, attempt.next_path, claims)

    async def session_claims(self, cookie: str | None) -> tuple[Claims, SigninSession] | None:
        """Who is signed in with this cookie, None where nobody is. Refreshes when needed; raises
        TransientError where it is needed and the issuer is away."""
        while True:
            row = await self.find(cookie)
            tokens = sessions.unseal(cookie, row.sealed_tokens) if cookie and row else None
            if cookie is None or row is None or tokens is None:
                return None
            if tokens.access_expires_at - REFRESH_AHEAD > self._clock():
                return await self._claims_of(row, tokens)
            if await self._lease(row):
                fresh = await self._refreshed(cookie, row, tokens)
                return await self._claims_of(row, fresh) if fresh else None
            await asyncio.sleep(WAIT_FOR_REFRESH_S)  # somebody else is at it

    async def choose_position(self, cookie: str, position_id: str | None) -> None:
        """Act in this position from now on; NotFound where the person does not hold it today."""

        def work(session: Session) -> None:
            row = self._row(session, cookie)
            people.find_position(session, row.person, position_id, civil_date(self._clock()))
            row.position_id = position_id

        await self._in_transaction(work)

    async def choose_mandate(self, cookie: str, mandate: str | None) -> None:
        """Act for this firm or person (`people.mandate_id`) from now on, None for oneself."""

        def work(session: Session) -> None:
            row = self._row(session, cookie)
            people.find_mandate(session, row.person, mandate, civil_date(self._clock()))
            row.mandate = mandate

        await self._in_transaction(work)

    async def sign_out(self, cookie: str | None) -> str:
        """End the session here and return the address that ends it at the issuer.

        The issuer's own session may outlive ours: without ours it is ended all the same, after
        the issuer has asked, since no ID token says whose it is.
        """
        row = await self.find(cookie)
        tokens = sessions.unseal(cookie, row.sealed_tokens) if cookie and row else None
        if row is not None:
            await self._in_transaction(lambda session: sessions.end_session(session, row.id))
        query = {
            "client_id": self.portal.client_id,
            "post_logout_redirect_uri": self.portal.home,
        }
        if tokens is not None:
            query["id_token_hint"] = tokens.id_token
        endpoint = await self._verifier.keys.endpoint("end_session_endpoint")
        return f"{endpoint}?{urlencode(query)}"

    def _row(self, session: Session, cookie: str) -> SigninSession:
        row = sessions.find_session(session, self.portal.name, cookie, self._clock())
        if row is None:
            raise NotSignedIn("您尚未登录，请先登录。", "You are not signed in; sign in first.")
        return row

    async def _take_attempt(self, state: str, browser: str) -> SigninAttempt:
        attempt = await self._in_transaction(
            lambda session: sessions.take_attempt(
                session, state=state, portal=self.portal.name, browser=browser, now=self._clock()
            )
        )
        if attempt is None:
            raise token_refusal(
                "本次登录已过期、已完成，或不是在这个浏览器中开始的",
                "this sign-in has expired, is finished already, or began in another browser",
            )
        return attempt

    async def find(self, cookie: str | None) -> SigninSession | None:
        """The session of a cookie, without asking whether its tokens still hold."""
        return await self._in_transaction(
            lambda session: sessions.find_session(session, self.portal.name, cookie, self._clock())
        )

    async def _lease(self, row: SigninSession) -> bool:
        return await self._in_transaction(
            lambda session: sessions.lease_refresh(session, row, self._clock())
        )

    async def _claims_of(
        self, row: SigninSession, tokens: Tokens
    ) -> tuple[Claims, SigninSession] | None:
        try:
            return await self._verifier.verify(tokens.access), row
        except NotSignedIn:  # the issuer's keys were replaced, or the settings changed
            await self._in_transaction(lambda session: sessions.end_session(session, row.id))
            return None

    async def _refreshed(self, cookie: str, row: SigninSession, tokens: Tokens) -> Tokens | None:
        try:
            # Shielded: a browser that goes away must not lose tokens already swapped.
            return await asyncio.shield(self._refresh(cookie, row.id, tokens))
        except TransientError:
            if tokens.access_expires_at > self._clock():
                return tokens  # the last seconds of the old token, while the issuer is away
            raise

    async def _refresh(self, cookie: str, session_id: str, tokens: Tokens) -> Tokens | None:
        """Swap the tokens; a refusal ends the session, an issuer that is away does not."""
        try:
            fresh = await self._request_tokens(
                grant_type="refresh_token", refresh_token=tokens.refresh
            )
            claims = await self._check(fresh, nonce=None)
        except NotSignedIn:
            await self._in_transaction(lambda session: sessions.end_session(session, session_id))
            return None
        except TransientError:
            await self._in_transaction(
                lambda session: sessions.release_refresh(session, session_id)
            )
            raise
        saved = await self._in_transaction(
            lambda session: sessions.save_refreshed(session, cookie, fresh, claims.level)
        )
        return fresh if saved else None

    async def _request_tokens(self, **form: str) -> Tokens:
        endpoint = await self._verifier.keys.endpoint("token_endpoint")
        # RFC 6749 §2.3.1: id and secret are form-encoded before they go into Basic.
        basic = httpx.BasicAuth(quote(self.portal.client_id, ""), quote(self._secret, ""))
        try:
            answer = await self._http.post(endpoint, data=form, auth=basic)
            body = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise away(endpoint) from error
        if answer.status_code >= 500 or not isinstance(body, dict):
            raise away(endpoint)
        if answer.status_code != 200:
            raise _issuer_said(str(body.get("error")))
        names = ("access_token", "refresh_token", "id_token")
        access, refresh, id_token = (body.get(name) for name in names)
        if not (isinstance(access, str) and isinstance(refresh, str) and isinstance(id_token, str)):
            raise token_refusal("认证服务的应答不完整", "the issuer's answer lacks a token")
        life = timedelta(seconds=int(body.get("expires_in", 0)))
        return Tokens(access, self._clock() + life, refresh, id_token)

    async def _check(self, tokens: Tokens, *, nonce: str | None) -> Claims:
        """ID token and access token, both in full, and that they speak of the same sign-in."""
        signed = await read_signed(tokens.id_token, self._verifier.keys)
        check_claims(
            signed.claims,
            self._clock,
            issuer=self._verifier.issuer,
            audience=self.portal.client_id,
            essential=("sub", "azp", "iat"),
        )
        # A token for somebody else that lists us among its audiences is not ours.
        if signed.claims["azp"] != self.portal.client_id or signed.claims.get("typ") != "ID":
            raise token_refusal(
                "身份令牌不是发给本门户的", "the ID token was not made for this portal"
            )
        if nonce is not None and signed.claims.get("nonce") != nonce:
            raise token_refusal(
                "身份令牌不属于本次登录", "the ID token is not of this sign-in (nonce)"
            )
        claims = await self._verifier.verify(tokens.access)
        same = (claims.sub, claims.sid) == (signed.claims["sub"], signed.claims.get("sid"))
        if claims.is_machine or claims.azp != self.portal.client_id or not same:
            raise token_refusal("两个令牌不属于同一次登录", "its two tokens are not of one sign-in")
        return claims

    async def _in_transaction(self, work: Callable[[Session], T]) -> T:
        return await run_in_threadpool(self._run, work)

    def _run(self, work: Callable[[Session], T]) -> T:
        with transaction(self._engine) as session:
            return work(session)


def check_csrf(row: SigninSession, given: str | None) -> None:
    """Every form POST carries `csrf` of its own session."""
    if not given or not hmac.compare_digest(row.csrf.encode(), given.encode()):
        raise BadInput(
            "本页的表单已失效，请刷新页面后重试。",
            "This form has expired; reload the page and retry.",
        )


def _s256(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _issuer_said(error: str) -> NotSignedIn:
    if error == "access_denied":
        return NotSignedIn(
            "登录未完成：已取消，或实名等级不够。请重新登录。",
            "Sign-in was not finished: cancelled, or the real-name level is too low. "
            "Sign in again.",
        )
    return token_refusal(f"认证服务拒绝（{error[:60]}）", f"the issuer refused ({error[:60]})")
