"""Where the site lies and what every answer says about itself.

Addresses come from the settings: whatever `Host` a client or a proxy sends, redirects, `next` and
cookies are those of the configured address.
"""

from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STATIC = "/static/"
PERSONAL = ("/api/v1/me", "/api/v1/audit", "/my/", "/official/")
_CREDENTIALS = (b"authorization", b"cookie")


class Site:
    """Middleware over everything else."""

    def __init__(self, app: ASGIApp, base_url: str) -> None:
        parts = urlsplit(base_url)
        self._app = app
        self._scheme = parts.scheme
        self._host = parts.netloc.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        others = [(name, value) for name, value in scope["headers"] if name != b"host"]
        scope["headers"] = [(b"host", self._host), *others]
        scope["scheme"] = self._scheme

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                protect(scope, MutableHeaders(scope=message))
            await send(message)

        await self._app(scope, receive, with_headers)


def protect(scope: Scope, headers: MutableHeaders) -> None:
    """What browsers and caches must know of an answer; what a route said already stays.

    An answer to somebody who showed who they are, by token or cookie, is kept nowhere.
    """
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    path = scope["path"]
    if path.startswith(STATIC):
        return
    shown = any(name in _CREDENTIALS for name, _ in scope["headers"])
    personal = shown or path.startswith(PERSONAL)
    headers.setdefault("Cache-Control", "no-store" if personal else "private, no-cache")
    headers.add_vary_header("Authorization, Cookie, Accept-Language")
