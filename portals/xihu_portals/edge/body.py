"""Limits the bytes of a request's body, counted while they arrive."""

import re
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from xihu_platform.errors import TooLarge

FORM_LIMIT = 1 << 20
"""Bytes of a form, a token or a notice; no route but those that take files needs more."""
LimitOf = Callable[[str], int]
FILE_FORMS = re.compile(
    r"^/(?:official/loads/[^/]+/corrections|(?:official|my)/matters/[^/]+/attachments"
    r"|my/cases/[^/]+/papers/[^/]+)$"
)
"""Addresses of forms with a file; before the last part is the page of the form."""


FILE_BODIES = re.compile(r"^/api/v1/matters/[^/]+/attachments$")
"""Addresses of the API whose body is a file."""


def page_under(path: str) -> str:
    """The page of a form with a file; of another path, itself.

    >>> page_under("/my/matters/7/attachments"), page_under("/mandate")
    ('/my/matters/7', '/mandate')
    """
    return path.rpartition("/")[0] if FILE_FORMS.match(path) else path


class BodyLimit:
    """Middleware. What is too large is refused before it is parsed or laid down anywhere.

    The length that a client states is believed only where it is too large itself.
    """

    def __init__(self, app: ASGIApp, limit_of: LimitOf) -> None:
        self._app = app
        self._limit_of = limit_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limit_of(scope["path"])
        stated = dict(scope["headers"]).get(b"content-length", b"")
        too_large = stated.isdigit() and (len(stated) > 18 or int(stated) > limit)
        came = 0

        async def counted() -> Message:
            nonlocal came
            message = await receive()
            if message["type"] != "http.request":
                return message
            came += len(message.get("body", b""))
            if too_large or came > limit:
                raise _too_large(limit)
            return message

        await self._app(scope, counted, send)


def _too_large(limit: int) -> TooLarge:
    shown = f"{limit >> 20} MB"
    return TooLarge(
        f"请求内容超过 {shown}，请分批提交",
        f"the request's body is larger than {shown}: hand it in in parts",
    )
