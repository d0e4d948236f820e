"""CKAN's envelope around a result, and its errors: their types, their statuses, their words."""

from typing import Any

import orjson
from fastapi import Request
from fastapi.responses import Response

from xihu_platform.errors import (
    BadInput,
    Conflict,
    NotFound,
    NotSignedIn,
    PlatformError,
    Refused,
    TooMany,
    TransientError,
)
from xihu_platform.words import Language
from xihu_portals.api.ckan.addresses import action_of

Json = Any
"""Any: it is JSON."""
HEADERS = {"Cache-Control": "private, no-store"}


class CkanFault(PlatformError):
    """An error of CKAN's own: `kind` is what its clients know it by."""

    status = 409
    kind = "Search Error"

    def __init__(self, message: str) -> None:
        super().__init__(message, message)


class SearchFault(CkanFault):
    """A search that CKAN does not do."""


class SearchQueryFault(CkanFault):
    """A query that cannot be parsed."""

    status = 400
    kind = "Search Query Error"


class UnknownAction(CkanFault):
    status = 400


class UnreadBody(CkanFault):
    status = 400


class NotAvailable(CkanFault):
    status = 501
    kind = "Not Implemented Error"


class NotAllowed(CkanFault):
    status = 403
    kind = "Authorization Error"


class WrongParameter(CkanFault):
    """What is wrong with one parameter."""

    kind = "Validation Error"

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.details = {name[:64]: [message]}


class WrongFields(CkanFault):
    """What is wrong with each field: lists of messages, or a list of such objects for a list."""

    kind = "Validation Error"

    def __init__(self, details: dict[str, Json]) -> None:
        super().__init__("; ".join(sorted(details)))
        self.details = details


class NoSuchThing(CkanFault):
    status = 404
    kind = "Not Found Error"


_KINDS: tuple[tuple[type[PlatformError], int, str], ...] = (
    (NotFound, 404, "Not Found Error"),
    (NotSignedIn, 403, "Authorization Error"),
    (Refused, 403, "Authorization Error"),
    (BadInput, 409, "Validation Error"),
    (Conflict, 409, "Validation Error"),
    (TooMany, 429, "Too Many Requests"),
    (TransientError, 503, "Service Unavailable"),
)


def help_address(base_url: str, action: str) -> str:
    return f"{base_url.rstrip('/')}/api/3/action/help_show?name={action}"


def success_head(base_url: str, action: str) -> bytes:
    """An answer up to its result; a `}` ends it."""
    address = orjson.dumps(help_address(base_url, action))
    return b'{"help": ' + address + b', "success": true, "result": '


def success(base_url: str, action: str, result: Json) -> Response:
    content = success_head(base_url, action) + dump(result) + b"}"
    return Response(content, media_type="application/json", headers=HEADERS)


def dump(value: Json) -> bytes:
    return orjson.dumps(value, default=str)


def fault_of(request: Request, base_url: str, error: PlatformError, lang: Language) -> Response:
    """An error of any kind as CKAN answers it; one of our own in the caller's language."""
    message = error.text.to(lang).encode("utf-8", "replace").decode()
    if isinstance(error, UnknownAction | UnreadBody):
        return _answer(f"Bad request: {message}", error.status)
    status, kind = error.status, "Internal Server Error"
    if isinstance(error, CkanFault):
        kind = error.kind
    else:
        for known, its_status, its_kind in _KINDS:
            if isinstance(error, known) and (known is not BadInput or error.status == 422):
                status, kind = its_status, its_kind
                break
        else:
            kind = kind if status >= 500 else "Validation Error"
    body: dict[str, Json] = {"__type": kind, "message": _message(kind, message)}
    if isinstance(error, WrongParameter | WrongFields):
        body = {"__type": kind, **error.details}
    whole = {"help": help_address(base_url, action_of(request.url.path))}
    return _answer(whole | {"success": False, "error": body}, status)


def _message(kind: str, message: str) -> str:
    """With CKAN's own beginning, behind which its client reads the rest."""
    beginnings = {"Not Found Error": "Not found", "Authorization Error": "Access denied"}
    return f"{beginnings[kind]}: {message}" if kind in beginnings else message


def _answer(body: Json, status: int) -> Response:
    return Response(dump(body), status, media_type="application/json", headers=HEADERS)
