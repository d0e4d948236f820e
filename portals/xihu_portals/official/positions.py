"""The choice of a position: in which role one is here."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.identity.client import check_csrf
from xihu_platform.identity.people import list_positions
from xihu_platform.identity.principal import DUTY_NAMES
from xihu_platform.local_paths import safe_path
from xihu_platform.words import Text
from xihu_portals.pages import describe
from xihu_portals.pages.visitor import SignedInOfficial, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.render import render

LAST_POSITION = "xihu_position"
"""Cookie: which position was chosen last in this browser. It orders a list and decides nothing."""
YEAR_S = 365 * 86400
router = APIRouter()


@dataclass(frozen=True, slots=True)
class PositionChoice:
    """One position the person has today."""

    id: str
    title: Text
    organisation: Text
    region: Text
    duties: tuple[Text, ...]
    current: bool = False


@dataclass(frozen=True, slots=True)
class ChoosePosition:
    """7 · In which role am I here?"""

    frame: PageFrame
    positions: tuple[PositionChoice, ...]
    next_path: str = "/official/"
    """Where to go once chosen."""


def fill(visitor: Visitor, back: str, last: str | None = None) -> ChoosePosition:
    """The position used last comes first, the others in the order of their ids."""
    today = civil_date(visitor.frame.now)
    with transaction(visitor.services.node.database) as session:
        positions = list_positions(session, visitor.principal.id, today)
    positions.sort(key=lambda one: one.id != last)
    return ChoosePosition(
        visitor.frame,
        tuple(
            PositionChoice(
                id=p.id,
                title=Text(p.title_zh, p.title_en),
                organisation=Text(p.organisation_zh, p.organisation_en),
                region=describe.region_name(p.region),
                duties=tuple(DUTY_NAMES[d] for d in sorted(p.duties)),
                current=visitor.principal.position is not None
                and p.id == visitor.principal.position.id,
            )
            for p in positions
        ),
        back,
    )


def _way_on(path: str | None) -> str:
    """Where one wanted to go; what leads elsewhere leads to the officials' first page."""
    way = safe_path(path)
    return way if way.startswith("/official") else "/official/"


@router.get("/official/positions")
def page(
    request: Request,
    visitor: SignedInOfficial,
    next: str = "/official/",  # noqa: A002  # URL
) -> HTMLResponse:
    last = request.cookies.get(LAST_POSITION)
    return render(request, "official/positions.html", fill(visitor, _way_on(next), last))


@router.post("/official/positions")
async def choose(
    request: Request,
    visitor: SignedInOfficial,
    position: Annotated[str, Form(max_length=64)],
    csrf: Annotated[str, Form(max_length=200)] = "",
    next_path: Annotated[str, Form(alias="next", max_length=500)] = "/official/",
) -> RedirectResponse:
    """Act in this position from now on."""
    client = visitor.services.identity.clients["official"]
    if visitor.session is not None:
        check_csrf(visitor.session, csrf)
    await client.choose_position(request.cookies.get(client.portal.cookie, ""), position)
    answer = RedirectResponse(_way_on(next_path), status_code=303)
    answer.set_cookie(
        LAST_POSITION,
        position,
        max_age=YEAR_S,
        path="/official/positions",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return answer
