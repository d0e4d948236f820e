"""HEAD: the answer of GET without its body (RFC 9110 section 9.3.2)."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from xihu_platform.audit.bodiless import BODILESS
from xihu_portals.edge.limited import signs_in


def not_by_head(path: str) -> bool:
    """What begins or ends a sign-in changes something by GET: a scanner of links would spend it."""
    return signs_in(path) or (path.startswith("/realms/") and path.endswith("/logout"))


class HeadAsGet:
    """Middleware that lets every route of GET answer HEAD. Routes see GET."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        if not_by_head(scope["path"]):  # its route answers 405
            await self._app(scope, receive, send)
            return
        as_get = {**scope, "method": "GET"}
        token = BODILESS.set(True)
        try:
            await self._app(as_get, receive, _without_body(send))
        finally:
            BODILESS.reset(token)
            if "route" in as_get:  # for those who observe the request
                scope["route"] = as_get["route"]


def _without_body(send: Send) -> Send:
    async def headers_only(message: Message) -> None:
        if message["type"] == "http.response.body":
            if message.get("more_body", False):
                return
            message = {"type": "http.response.body", "body": b""}
        await send(message)

    return headers_only


def add_head(request: Request, answer: Response) -> None:
    """Say HEAD beside GET in the `Allow` of a 405 (RFC 9110 section 15.5.6)."""
    allowed = answer.headers.get("Allow", "")
    if "GET" in allowed.split(", ") and not not_by_head(request.url.path):
        answer.headers["Allow"] = f"{allowed}, HEAD"


async def nothing_leaves(_request: Request, _error: Exception) -> Response:
    """The answer to HEAD where GET would give data: what it would be, by its length say, is not
    told without a record."""
    response = Response(headers={"Cache-Control": "private, no-store"})
    del response.headers["content-length"]
    return response
