"""Files of a matter: one is added on the page of the matter, or opened."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from xihu_catalog.services.kind import item_of
from xihu_platform.access.decision import FULL_LEVEL
from xihu_platform.matters.command import NUMBER_LIMIT
from xihu_platform.words import Text
from xihu_portals.citizen import matter as matter_page
from xihu_portals.citizen.matter import MatterNumber
from xihu_portals.citizen.verification import verification
from xihu_portals.pages import attachments
from xihu_portals.pages.matter_acts import CITIZEN
from xihu_portals.pages.visitor import SignedInCitizen, Visitor
from xihu_portals.web.render import render

HERE = f"{CITIZEN}/{{matter}}/attachments"
router = APIRouter()


@router.get(HERE)
def form(visitor: SignedInCitizen, matter: MatterNumber) -> RedirectResponse:
    """The address of a form that was not taken, asked again: back to the matter."""
    visitor.services.matters.read(visitor.principal, matter)
    return RedirectResponse(f"{CITIZEN}/{matter}#attachments", status_code=303)


def _further(visitor: Visitor, number: int) -> Response | None:
    """The check that a case of a service asks for, as its own pages do; None if none is left."""
    view = visitor.services.matters.read(visitor.principal, number)
    if item_of(view.definition.kind) is None:
        return None
    way = verification(visitor, FULL_LEVEL, f"{CITIZEN}/{number}")
    return RedirectResponse(way, status_code=303) if way is not None else None


@router.post(HERE)
async def add(request: Request, visitor: SignedInCitizen, matter: MatterNumber) -> Response:
    further = await run_in_threadpool(_further, visitor, matter)
    if further is not None:
        return further

    def again(visitor: Visitor, number: int, wrong: Text, status: int) -> Response:
        shown = matter_page.fill(visitor, number, fault=wrong)
        return render(request, "citizen/matter.html", shown, status=status)

    return await attachments.add(request, visitor, matter, again)


@router.get(f"{HERE}/{{attachment}}")
def opened(
    visitor: SignedInCitizen,
    matter: MatterNumber,
    attachment: Annotated[int, Path(ge=1, le=NUMBER_LIMIT)],
) -> Response:
    return _further(visitor, matter) or attachments.opened(visitor, matter, attachment)
