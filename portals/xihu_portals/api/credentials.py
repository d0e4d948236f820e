"""Licences over HTTP: what a stranger is told of one, and the lists that say the state of all."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from xihu_platform.clock import civil_date
from xihu_platform.credentials.identity import open_identity
from xihu_platform.credentials.register import (
    find_credential,
    seen_by_anybody,
    status_list,
)
from xihu_platform.database import transaction
from xihu_platform.errors import TooMany
from xihu_portals.api.auth import Caller, services_of
from xihu_portals.api.errors import OF_CALLERS, errors
from xihu_portals.api.schemas.credentials import CredentialState

router = APIRouter(prefix="/api/v1", tags=["credentials"], responses=OF_CALLERS | errors(TooMany))
LISTS_LIMIT = 1 << 20
Token = Annotated[
    str, Path(min_length=1, max_length=64, description="The last part of the licence's address")
]
ListNumber = Annotated[
    int, Path(ge=1, le=LISTS_LIMIT, description="Number of the list, as a licence names it")
]
_SIGNED: dict[str, Any] = {"content": {"application/vc+jwt": {"schema": {"type": "string"}}}}
"""A JWS in compact form. Any: a part of an OpenAPI document."""


@router.get("/credentials/{token}")
def get_credential(
    request: Request, response: Response, caller: Caller, token: Token
) -> CredentialState:
    """Kind, state, issuer and one character of the holder's name; public. 404 for a token that no
    licence has."""
    del caller
    services = services_of(request)
    today = civil_date(services.node.clock())
    with transaction(services.node.database) as session:
        found = find_credential(session, token)
        seen = seen_by_anybody(session, services.matters.texts, found, today)
    response.headers["Cache-Control"] = "no-store"
    return CredentialState(
        kind=found.kind,
        state=seen.state,
        since=seen.since,
        issuer=seen.issuer,
        holder=seen.holder,
    )


@router.get("/credentials/status/{list_number}", response_class=Response, responses={200: _SIGNED})
def get_status_list(request: Request, caller: Caller, list_number: ListNumber) -> Response:
    """A status list (W3C Bitstring Status List 1.0), signed: whole, and the same for everybody."""
    del caller
    node = services_of(request).node
    identity = partial(open_identity, node.settings, node.keyring)
    with transaction(node.database) as session:
        token = status_list(session, identity, node.settings.base_url, list_number, node.clock())
    return Response(
        token, media_type="application/vc+jwt", headers={"Cache-Control": "public, max-age=60"}
    )
