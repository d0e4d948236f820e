"""The embedded issuer over HTTP, at the very paths Keycloak serves its realm on."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

import httpx
from authlib.common.security import is_secure_transport
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool

from xihu_node.issuer import authorize, discovery, logout, pages, storage
from xihu_node.issuer.keys import ALGORITHM, SigningKeys
from xihu_node.issuer.server import Desk, IssuerForm, IssuerServer, Reply, person_claims
from xihu_platform.clock import Clock
from xihu_platform.database import transaction
from xihu_platform.errors import NotSignedIn, TerminalError
from xihu_platform.identity.models import PersonRow
from xihu_platform.identity.portal import (
    ELDER_COOKIE,
    THEME_COOKIE,
    Portal,
    embedded_issuer,
)
from xihu_platform.identity.principal import PortalName
from xihu_platform.identity.tokens import check_claims
from xihu_platform.settings import Settings
from xihu_platform.words import language_of

T = TypeVar("T")
SESSION_COOKIE = "xihu_issuer"
FORM_COOKIE = "xihu_issuer_form"


@dataclass(frozen=True, slots=True)
class Issuer:
    """The embedded issuer: everything its routes work with."""

    settings: Settings
    issuer: str
    engine: Engine
    clock: Clock
    keys: SigningKeys
    http: httpx.AsyncClient
    portals: tuple[Portal, ...]

    async def at_desk(self, work: Callable[[Desk], T]) -> T:
        """Run blocking work in one transaction of its own, off the event loop."""
        return await run_in_threadpool(self._in_transaction, work)

    def _in_transaction(self, work: Callable[[Desk], T]) -> T:
        with transaction(self.engine) as session:
            now = self.clock()
            return work(Desk(self.issuer, self.settings, self.portals, self.keys, session, now))


def issuer_router(
    *,
    settings: Settings,
    engine: Engine,
    clock: Clock,
    http: httpx.AsyncClient,
    portals: tuple[Portal, ...],
) -> APIRouter:
    """The routes of the embedded issuer. It is for development: production refuses to start."""
    issuer = embedded_issuer(settings)
    _may_start(settings, issuer)
    keys = SigningKeys(settings.data_dir / "identity" / "signing-keys.json", clock)
    desk = Issuer(settings, issuer, engine, clock, keys, http, portals)
    router = APIRouter(prefix=urlsplit(issuer).path, include_in_schema=False)
    _public_routes(router, desk)
    _signin_routes(router, desk)
    _token_routes(router, desk)
    return router


def _may_start(settings: Settings, issuer: str) -> None:
    if settings.profile == "production":
        raise TerminalError(
            "内置身份认证服务只供开发使用，正式环境拒绝启动。"
            "请在 XIHU_IDENTITY__ISSUER 中给出 Keycloak 的地址。",
            "The embedded issuer is for development and refuses to start in production. "
            "Give Keycloak's address in XIHU_IDENTITY__ISSUER.",
        )
    if not is_secure_transport(issuer):
        raise TerminalError(
            f"内置身份认证服务的地址 {issuer} 既非 https 也非本机。"
            "请在 XIHU_SERVE__PUBLIC_URL 中给出这样的地址。",
            f"The embedded issuer's address {issuer} is neither https nor loopback. "
            "Give such an address in XIHU_SERVE__PUBLIC_URL.",
        )


def _public_routes(router: APIRouter, issuer: Issuer) -> None:
    @router.get(discovery.WELL_KNOWN)
    async def metadata() -> JSONResponse:
        return JSONResponse(discovery.metadata(issuer.issuer))

    @router.get(discovery.CERTS)
    async def certs() -> JSONResponse:
        return JSONResponse(issuer.keys.public(), headers={"Cache-Control": "max-age=60"})


def _signin_routes(router: APIRouter, issuer: Issuer) -> None:
    @router.api_route(discovery.AUTH, methods=["GET", "POST"])
    async def auth(request: Request) -> Response:
        query = IssuerForm(request.method, request.headers, tuple(_query(request)))
        body = dict(await _body(request)) if request.method == "POST" else None
        page, cookie = _page(issuer, request), request.cookies.get(SESSION_COOKIE)

        def work(desk: Desk) -> tuple[authorize.AuthorizeOutcome, list[logout.LogoutNotice]]:
            outcome = authorize.authorize(desk, query, body, cookie, page)
            replaced = outcome.replaced_sid
            return outcome, logout.end(desk, replaced) if replaced else []

        outcome, notices = await issuer.at_desk(work)
        await logout.send(issuer.http, notices)
        _set_cookie(issuer, outcome.response, FORM_COOKIE, page.token)
        if outcome.cookie:
            _set_cookie(issuer, outcome.response, SESSION_COOKIE, outcome.cookie)
        return outcome.response

    @router.api_route(discovery.LOGOUT, methods=["GET", "POST"])
    async def end_session(request: Request) -> Response:
        body = await _body(request)
        params = dict(_query(request)) | dict(body)
        page, cookie = _page(issuer, request), request.cookies.get(SESSION_COOKIE)
        response, notices = await issuer.at_desk(lambda desk: _end(desk, params, cookie, page))
        await logout.send(issuer.http, notices)
        _set_cookie(issuer, response, FORM_COOKIE, page.token)
        return response


def _end(
    desk: Desk, params: dict[str, str], cookie: str | None, page: pages.IssuerPage
) -> tuple[Response, list[logout.LogoutNotice]]:
    """A genuine ID token ends its session at once; without one the person is asked."""
    hint = logout.read_hint(desk, params.get("id_token_hint"))
    address = logout.return_address(desk, params, hint)
    present = storage.find_session(desk.session, cookie, desk.now)
    confirmed = secrets.compare_digest(
        params.get("form_token", "").encode(), page.token.encode()
    ) and bool(params.get("confirm"))
    if hint is None and present is not None and not confirmed:
        return pages.confirm_page(page), []
    sid = hint.sid if hint else present.sid if present else ""
    notices = logout.end(desk, sid)
    if address is None:
        return pages.signed_out_page(page), notices
    state = params.get("state")
    query = f"{'&' if '?' in address else '?'}{urlencode({'state': state})}" if state else ""
    return RedirectResponse(address + query, status_code=302), notices


def _token_routes(router: APIRouter, issuer: Issuer) -> None:
    @router.post(discovery.TOKEN)
    async def token(request: Request) -> JSONResponse:
        form = IssuerForm("POST", request.headers, tuple(await _body(request)))
        reply = await issuer.at_desk(lambda desk: _token(desk, form))
        headers = {name: value for name, value in reply.headers.items() if name != "Content-Type"}
        return JSONResponse(reply.body, status_code=reply.status, headers=headers)

    @router.api_route(discovery.USERINFO, methods=["GET", "POST"])
    async def userinfo(request: Request) -> JSONResponse:
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        token_text = bearer.strip() if scheme.lower() == "bearer" else ""
        claims = await issuer.at_desk(lambda desk: _userinfo(desk, token_text, issuer.clock))
        if claims is None:
            header = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            return JSONResponse({"error": "invalid_token"}, status_code=401, headers=header)
        return JSONResponse(claims, headers={"Cache-Control": "no-store"})


def _token(desk: Desk, form: IssuerForm) -> Reply:
    try:
        reply: Reply = IssuerServer(desk).create_token_response(form)
    except ValueError:  # Authlib puts the caller's words into a text that bars them
        text = "A parameter holds characters that are not allowed."
        return Reply(400, {"error": "invalid_request", "error_description": text}, {})
    return reply


def _userinfo(desk: Desk, token: str, clock: Clock) -> dict[str, object] | None:
    try:
        keys = KeySet.import_key_set(desk.keys.public())
        claims = jwt.decode(token, keys, algorithms=[ALGORITHM]).claims
        check_claims(
            claims,
            clock,
            issuer=desk.issuer,
            audience=desk.settings.identity.audience,
            essential=("sub", "sid"),
        )
    except (JoseError, ValueError, NotSignedIn):
        return None
    if not storage.is_alive(desk.session, claims["sid"], desk.now):
        return None
    person = desk.session.get(PersonRow, claims.get("xihu_person", ""))
    return person_claims(person) if person else None


async def _body(request: Request) -> list[tuple[str, str]]:
    if request.method != "POST":
        return []
    form = await request.form()
    return _storable([(name, text) for name, text in form.multi_items() if isinstance(text, str)])


def _query(request: Request) -> list[tuple[str, str]]:
    return _storable(request.query_params.multi_items())


def _storable(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """PostgreSQL takes no NUL in a text."""
    return [(name, value.replace("\x00", "\ufffd")) for name, value in pairs]


def _page(issuer: Issuer, request: Request) -> pages.IssuerPage:
    """Language from `ui_locales`, else the browser's; the form token lives in its own cookie."""
    chosen = request.query_params.get("ui_locales", "").split(" ")[0].split("-")[0]
    language = language_of(request.headers.get("accept-language"), chosen)
    token = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)
    client = request.query_params.get("client_id")
    portal = next((one for one in issuer.portals if one.client_id == client), issuer.portals[0])
    look = _look(request, portal.name)
    return pages.IssuerPage(language, request.url.query, token, portal.name, portal.home, look)


def _look(request: Request, portal: PortalName) -> str:
    """The portal's own look, and what the person chose there; their cookies reach this page."""
    theme = request.cookies.get(THEME_COOKIE)
    elder = portal == "citizen" and request.cookies.get(ELDER_COOKIE) == "1"
    chosen = f"theme-{theme}" if theme in ("light", "dark") else ""
    return " ".join(filter(None, [portal, chosen, "elder" if elder else ""]))


def _set_cookie(issuer: Issuer, response: Response, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        path=urlsplit(issuer.issuer).path,
        httponly=True,
        samesite="lax",
        secure=issuer.issuer.startswith("https://"),
    )
