"""Files of a matter: one is added on the page of the matter, or opened."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response

from xihu_platform.matters.command import NUMBER_LIMIT
from xihu_platform.words import Text
from xihu_portals.official import matter as matter_page
from xihu_portals.official.matter import MatterNumber
from xihu_portals.pages import attachments
from xihu_portals.pages.matter_acts import OFFICIAL
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.render import render

HERE = f"{OFFICIAL}/{{matter}}/attachments"
router = APIRouter()


@router.get(HERE)
def form(visitor: InOffice, matter: MatterNumber) -> RedirectResponse:
    """The address of a form that was not taken, asked again: back to the matter."""
    visitor.services.matters.read(visitor.principal, matter)
    return RedirectResponse(f"{OFFICIAL}/{matter}#attachments", status_code=303)


@router.post(HERE)
async def add(request: Request, visitor: InOffice, matter: MatterNumber) -> Response:
    def again(visitor: Visitor, number: int, wrong: Text, status: int) -> Response:
        shown = matter_page.fill(visitor, number, fault=wrong)
        return render(request, "official/matter.html", shown, status=status)

    return await attachments.add(request, visitor, matter, again)


@router.get(f"{HERE}/{{attachment}}")
def opened(
    visitor: InOffice,
    matter: MatterNumber,
    attachment: Annotated[int, Path(ge=1, le=NUMBER_LIMIT)],
) -> Response:
    return attachments.opened(visitor, matter, attachment)
