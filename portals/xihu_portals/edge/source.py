"""Notes the address of each request for what is counted by it."""

from starlette.types import ASGIApp, Receive, Scope, Send

from xihu_platform.identity.address import ADDRESS, source_of


class SourceAddress:
    """Middleware. `X-Forwarded-For` was taken in before it, from configured proxies alone."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        token = ADDRESS.set(source_of(client[0]) if client else "")
        try:
            await self._app(scope, receive, send)
        finally:
            ADDRESS.reset(token)
