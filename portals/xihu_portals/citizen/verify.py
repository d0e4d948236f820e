"""What a stranger is told of a licence whose code they scanned, and the lists that say its state.

Kind, state, issuer and one character of the holder's name, and never more.
"""

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, Response

from xihu_catalog.registry.people import organisation_name
from xihu_platform.clock import civil_date
from xihu_platform.credentials.identity import open_identity
from xihu_platform.credentials.register import (
    STATES,
    find_credential,
    seen_by_anybody,
    status_list,
)
from xihu_platform.database import transaction
from xihu_platform.words import Text
from xihu_portals.pages.visitor import CitizenVisitor, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.render import render

router = APIRouter()
NUMBER_LIMIT = 1 << 20
Token = Annotated[str, Path(max_length=64)]
ListNumber = Annotated[int, Path(ge=1, le=NUMBER_LIMIT)]


@dataclass(frozen=True, slots=True)
class VerifiedLicence:
    """Is the licence in front of me valid?"""

    frame: PageFrame
    title: Text | None
    state: Text
    since: date
    issuer: Text
    holder: str | None


@router.get("/verify/{token}")
def page(request: Request, visitor: CitizenVisitor, token: Token) -> HTMLResponse:
    shown = render(request, "citizen/verify.html", fill(visitor, token))
    shown.headers["Cache-Control"] = "no-store"
    shown.headers["X-Robots-Tag"] = "noindex"
    return shown


def fill(visitor: Visitor, token: str) -> VerifiedLicence:
    """Raises NotFound for a token that no licence has."""
    services = visitor.services
    today = civil_date(services.node.clock())
    with transaction(services.node.database) as session:
        found = find_credential(session, token)
        seen = seen_by_anybody(session, services.matters.texts, found, today)
    return VerifiedLicence(
        frame=visitor.frame,
        title=seen.title,
        state=STATES[seen.state],
        since=seen.since,
        issuer=organisation_name(seen.issuer),
        holder=seen.holder,
    )


@router.get("/api/v1/credentials/status/{number}")
def status(visitor: CitizenVisitor, number: ListNumber) -> Response:
    """A status list, signed: whole, and the same for everybody. Raises NotFound."""
    node = visitor.services.node
    identity = partial(open_identity, node.settings, node.keyring)
    with transaction(node.database) as session:
        token = status_list(session, identity, node.settings.base_url, number, node.clock())
    return Response(
        token, media_type="application/vc+jwt", headers={"Cache-Control": "public, max-age=60"}
    )
