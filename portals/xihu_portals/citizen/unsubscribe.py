"""The way out of a mail: ends one subscription, without a sign-in (RFC 8058). Opening it ends
nothing: a mail scanner opens every link."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from xihu_catalog.subscriptions.outgoing import PATH, open_end_token
from xihu_platform.access.limits import Limited
from xihu_platform.errors import NotFound
from xihu_platform.identity.address import caller_of
from xihu_portals.pages.subscriptions import room_of
from xihu_portals.pages.visitor import CitizenVisitor, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.render import render

LIMIT: Limited = "checks"
router = APIRouter()


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """End this one subscription?"""

    frame: PageFrame
    action: str
    ended: bool


def _subscription(visitor: Visitor, token: str) -> str:
    found = open_end_token(visitor.services.node.keyring, token[:200])
    if found is None:
        visitor.services.gateway.limits.spend(LIMIT, caller_of(visitor.principal))
        raise NotFound("退订链接无效", "this link ends no subscription")
    return found


@router.get(f"{PATH}/{{token}}")
def page(request: Request, visitor: CitizenVisitor, token: str) -> Response:
    _subscription(visitor, token)
    view = Unsubscribe(visitor.frame, f"{PATH}/{token}", ended=False)
    return render(request, "citizen/unsubscribe.html", view)


@router.post(f"{PATH}/{{token}}")
def end(request: Request, visitor: CitizenVisitor, token: str) -> Response:
    """Twice is once. The token is all that is asked for: mail programs send nothing else."""
    name = _subscription(visitor, token)
    room = room_of(visitor, request.app.state.services)
    room.end_by_link(name, visitor.services.node.clock())
    view = Unsubscribe(visitor.frame, f"{PATH}/{token}", ended=True)
    return render(request, "citizen/unsubscribe.html", view)
