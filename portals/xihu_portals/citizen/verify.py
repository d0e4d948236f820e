"""What a stranger is told of a licence whose QR code they scanned.

Kind, state, issuer and one character of the holder's name, and never more without the code that
its holder makes: with it, all that the licence says, and the holder sees when.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse

from xihu_catalog.registry.people import organisation_name
from xihu_platform.clock import civil_date
from xihu_platform.credentials.register import (
    STATES,
    Credential,
    find_credential,
    seen_by_anybody,
)
from xihu_platform.credentials.showing import WRONG_LIMIT, show_by_code
from xihu_platform.database import transaction
from xihu_platform.errors import Erased
from xihu_platform.words import Text
from xihu_portals.pages.licence_view import ShownLicence, record_credential, shown_licence
from xihu_portals.pages.visitor import CitizenVisitor, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.render import render

router = APIRouter()
Token = Annotated[str, Path(max_length=64)]


@dataclass(frozen=True, slots=True)
class VerifiedLicence:
    """Is the licence in front of me valid?"""

    frame: PageFrame
    title: Text | None
    state: Text
    since: date
    issuer: Text
    holder: str | None
    href: str
    all: ShownLicence | None = None
    """What it says, shown by its holder's code."""
    wrong: Text | None = None


@router.get("/verify/{token}")
def page(request: Request, visitor: CitizenVisitor, token: Token) -> HTMLResponse:
    return _rendered(request, fill(visitor, token))


@router.post("/verify/{token}")
def show(
    request: Request,
    visitor: CitizenVisitor,
    token: Token,
    code: Annotated[str, Form(max_length=32)] = "",
) -> HTMLResponse:
    """All that it says, to whoever has its holder's code. It takes no token of a session: what it
    asks for is in the code. Raises NotFound."""
    services = visitor.services
    with transaction(services.node.database) as session:
        found = find_credential(session, token)
    wrong, status = _try(visitor, found, code)
    if wrong is not None:
        return _rendered(request, fill(visitor, token, wrong=wrong), status)
    record_credential(visitor, "shown", found)
    with transaction(services.node.database) as session:
        shown = shown_licence(visitor, session, found)
    return _rendered(request, fill(visitor, token, shown))


def _try(visitor: Visitor, found: Credential, code: str) -> tuple[Text | None, int]:
    """What is wrong with a code, and the status of the answer; None for a right one."""
    services = visitor.services
    try:
        with transaction(services.node.database) as session:
            clock = services.node.clock
            tried = show_by_code(session, services.matters.texts, found, code, clock)
    except Erased as erased:
        return erased.text, erased.status
    if tried == "too_many":
        return Text(
            f"这份证照一分钟内输错了 {WRONG_LIMIT} 次，请一分钟后请持证者重新生成亮证码再试",
            f"{WRONG_LIMIT} wrong codes were typed for this licence within a minute: wait a "
            "minute, then ask the holder for a new one",
        ), 429
    if tried == "wrong":
        return Text(
            "亮证码不对，或者已经过期；请持证者重新生成",
            "the code is wrong, or it has ended: ask the holder for a new one",
        ), 422
    return None, 200


def _rendered(request: Request, view: VerifiedLicence, status: int = 200) -> HTMLResponse:
    shown = render(request, "citizen/verify.html", view, status=status)
    shown.headers["Cache-Control"] = "no-store"
    shown.headers["X-Robots-Tag"] = "noindex"
    return shown


def fill(
    visitor: Visitor, token: str, shown: ShownLicence | None = None, wrong: Text | None = None
) -> VerifiedLicence:
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
        href=f"/verify/{token}",
        all=shown,
        wrong=wrong,
    )
