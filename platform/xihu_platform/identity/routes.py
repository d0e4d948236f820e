"""Sign-in, callback and sign-out of each portal over HTTP, and the back-channel receiver."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from xihu_platform.errors import BadInput, PlatformError
from xihu_platform.identity.backchannel import LogoutReceiver
from xihu_platform.identity.client import PortalClient, check_csrf
from xihu_platform.identity.portal import BACKCHANNEL_PATH, LANGUAGE_COOKIE, Portal
from xihu_platform.identity.sessions import ATTEMPT_LIFE, SESSION_LIFE
from xihu_platform.identity.tokens import LEVELS
from xihu_platform.local_paths import safe_path
from xihu_platform.words import language_of


def signin_router(clients: Mapping[str, PortalClient], receiver: LogoutReceiver) -> APIRouter:
    """`GET <prefix>/signin?next=&level=`, `GET <prefix>/callback`, `POST <prefix>/signout` for each
    portal, and `POST /oidc/backchannel` for all. Errors are PlatformErrors for the app's handler.
    """
    router = APIRouter(include_in_schema=False)
    for client in clients.values():
        _portal_routes(router, client)

    @router.post(BACKCHANNEL_PATH)
    async def backchannel(request: Request) -> Response:
        token = (await request.form()).get("logout_token")
        try:
            await receiver.receive(token if isinstance(token, str) else "")
        except PlatformError as error:
            # The specification's own answer: 400 with a JSON body, never cached.
            body = {"error": "invalid_request", "error_description": error.text.en}
            status = 400 if isinstance(error, BadInput) else error.status
            return JSONResponse(body, status_code=status, headers={"Cache-Control": "no-store"})
        return Response(status_code=200, headers={"Cache-Control": "no-store"})

    return router


def _portal_routes(router: APIRouter, client: PortalClient) -> None:
    portal = client.portal

    @router.get(f"{portal.prefix}/signin", name=f"{portal.name}_signin")
    async def signin(request: Request) -> Response:
        query = request.query_params
        start = await client.start_signin(
            next_path=safe_path(query.get("next", f"{portal.prefix}/")),
            level=_level(query.get("level")),
            browser=request.cookies.get(_browser_cookie(portal)),
            language=language_of(
                request.headers.get("accept-language"),
                query.get("lang") or request.cookies.get(LANGUAGE_COOKIE),
            ),
            anew=query.get("anew") == "1",
        )
        response = _redirect(start.url)
        life_s = int(ATTEMPT_LIFE.total_seconds())
        _set_cookie(response, portal, _browser_cookie(portal), start.browser, life_s)
        return response

    @router.get(f"{portal.prefix}/callback", name=f"{portal.name}_callback")
    async def callback(request: Request) -> Response:
        done = await client.finish_signin(
            request.query_params,
            browser=request.cookies.get(_browser_cookie(portal)),
            old_cookie=request.cookies.get(portal.cookie),
        )
        response = _redirect(done.next_path)
        life_s = int(SESSION_LIFE.total_seconds())
        _set_cookie(response, portal, portal.cookie, done.cookie, life_s)
        return response

    @router.post(f"{portal.prefix}/signout", name=f"{portal.name}_signout")
    async def signout(request: Request) -> Response:
        cookie = request.cookies.get(portal.cookie)
        given = (await request.form()).get("csrf")
        row = await client.find(cookie)
        if row is not None:
            check_csrf(row, given if isinstance(given, str) else None)
        response = _redirect(await client.sign_out(cookie))
        response.delete_cookie(portal.cookie, path="/", secure=portal.is_secure, httponly=True)
        return response


def _level(text: str | None) -> int | None:
    if text is None:
        return None
    if text not in LEVELS:
        raise BadInput(
            f"level 是“{text[:20]}”，只能是 1、2 或 3。",
            f"level is {text[:20]!r}; it must be 1, 2 or 3.",
        )
    return LEVELS[text]


def _redirect(url: str) -> Response:
    # 303: a form that was POSTed is followed by a GET.
    return RedirectResponse(url, status_code=303, headers={"Cache-Control": "no-store"})


def _browser_cookie(portal: Portal) -> str:
    return f"{portal.cookie}_start"


def _set_cookie(response: Response, portal: Portal, name: str, value: str, max_age_s: int) -> None:
    response.set_cookie(
        name,
        value,
        max_age=max_age_s,
        path="/",
        secure=portal.is_secure,
        httponly=True,
        samesite="lax",
    )
