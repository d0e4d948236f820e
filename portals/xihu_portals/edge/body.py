"""Limits the bytes of a request's body, counted while they arrive."""

import re
from collections.abc import Callable

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from xihu_platform.errors import BadInput, TooLarge
from xihu_platform.words import Text

FORM_LIMIT = 1 << 20
"""Bytes of a form, a token or a notice; no route but those that take files needs more."""
LimitOf = Callable[[str], int]
FILE_FORMS = re.compile(
    r"^/(?:official/loads/[^/]+/corrections|(?:official|my)/matters/[^/]+/attachments"
    r"|my/cases/[^/]+/papers/[^/]+)$"
)
"""Addresses of forms with a file; before the last part is the page of the form."""


FILE_BODIES = re.compile(r"^/api/v1/(?:matters/[^/]+/attachments|cases/[^/]+/files)$")
"""Addresses of the API whose body is a file."""


def page_under(path: str) -> str:
    """The page of a form with a file; of another path, itself.

    >>> page_under("/my/matters/7/attachments"), page_under("/mandate")
    ('/my/matters/7', '/mandate')
    """
    return path.rpartition("/")[0] if FILE_FORMS.match(path) else path


FORM = re.compile(rb"(?:multipart/|application/x-www-form-urlencoded)")
CHARSET = re.compile(rb"charset\s*=\s*[\"']?([\w.:-]+)")
UTF_8 = frozenset({b"utf-8", b"utf8", b"us-ascii"})
"""Charsets of forms that are read: in another one, a form could hold what no text can."""


class BodyLimit:
    """Middleware. What is too large is refused before it is parsed or laid down anywhere.

    The length that a client states is believed only where it is too large itself. A form in
    another charset than UTF-8 is refused when it is read; a file says its charset in its contract.
    """

    def __init__(self, app: ASGIApp, limit_of: LimitOf) -> None:
        self._app = app
        self._limit_of = limit_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limit_of(scope["path"])
        headers = dict(scope["headers"])
        stated = headers.get(b"content-length", b"")
        foreign = _in_another_charset(headers.get(b"content-type", b"").lower())
        too_large = stated.isdigit() and (len(stated) > 18 or int(stated) > limit)
        came = 0

        async def counted() -> Message:
            nonlocal came
            message = await receive()
            if message["type"] != "http.request":
                return message
            if foreign:
                raise _not_utf_8()
            came += len(message.get("body", b""))
            if too_large or came > limit:
                raise _too_large(limit)
            return message

        await self._app(scope, counted, send)


def _in_another_charset(content_type: bytes) -> bool:
    charset = CHARSET.search(content_type)
    return bool(FORM.match(content_type)) and charset is not None and charset[1] not in UTF_8


def _not_utf_8() -> BadInput:
    return BadInput(
        "表单须用 UTF-8 编码，请改用 UTF-8 提交",
        "the form must be UTF-8: send it in that charset",
    )


def _too_large(limit: int) -> TooLarge:
    shown = f"{limit >> 20} MB"
    return TooLarge(
        f"请求内容超过 {shown}，请分批提交",
        f"the request's body is larger than {shown}: hand it in in parts",
    )


async def read_plain(
    request: Request, limit: int, too_large: Text, wrong: type[BadInput] = BadInput
) -> bytes:
    """A body that is not compressed, given up as soon as it has more bytes than `limit`.

    Raises TooLarge with `too_large`, and `wrong`.
    """
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise wrong(
            "请求体不能压缩：请去掉 Content-Encoding，直接发送数据",
            "the body must not be compressed: send it without Content-Encoding",
        )
    parts, size = list[bytes](), 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise TooLarge(too_large.zh, too_large.en)
        parts.append(part)
    return b"".join(parts)
