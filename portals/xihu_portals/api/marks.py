"""Answers that may be asked again: marked for their recipient, 304 to whom has the same one.

The caller of `marked` has decided and recorded the answer already: a 304 is a read like any other.
"""

from fastapi import Request
from fastapi.responses import Response

from xihu_platform.access.gateway import AccessGateway
from xihu_platform.identity.principal import Principal

JSON = "application/json"


def may_keep(caller: Principal, *, about_persons: bool) -> bool:
    """Under an office, and of persons, an answer is stored nowhere; else it may be asked again."""
    return caller.position is None and not about_persons


def unmarked(content: bytes, media_type: str = JSON) -> Response:
    """An answer that no cache stores."""
    return Response(content, media_type=media_type, headers={"Cache-Control": "private, no-store"})


def marked(
    request: Request,
    gateway: AccessGateway,
    caller: Principal,
    content: bytes,
    digest: str,
    media_type: str = JSON,
) -> Response:
    """`digest` is of what is the same in two answers: not of the number of the log's entry."""
    etag = f'W/"{gateway.etag(caller.id, digest)}"'  # weak: that number differs
    headers = {"Cache-Control": "private, no-cache", "ETag": etag}
    if not _marks(request).isdisjoint({"*", etag.removeprefix("W/")}):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)


def _marks(request: Request) -> set[str]:
    """Compared weakly (RFC 9110 section 13.1.2), in one header line or several."""
    said = ",".join(request.headers.getlist("if-none-match"))
    return {mark.strip().removeprefix("W/") for mark in said.split(",")}
