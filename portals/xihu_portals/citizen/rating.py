"""好差评: how a matter of mine was handled, rated on its page once it is closed."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from xihu_portals.citizen import matter as matter_page
from xihu_portals.citizen.matter import MatterNumber
from xihu_portals.pages.matter_acts import CITIZEN
from xihu_portals.pages.rating import SentRating, hand_in_rating
from xihu_portals.pages.visitor import SignedInCitizen, Visitor
from xihu_portals.web.render import render

HERE = f"{CITIZEN}/{{matter}}/rating"
router = APIRouter()


@router.get(HERE)
def form(visitor: SignedInCitizen, matter: MatterNumber) -> RedirectResponse:
    """The address of a form that was not taken, asked again: back to the matter."""
    visitor.services.matters.read(visitor.principal, matter)
    return RedirectResponse(f"{CITIZEN}/{matter}#rating", status_code=303)


@router.post(HERE)
async def send(request: Request, visitor: SignedInCitizen, matter: MatterNumber) -> Response:
    """Rate it; twice is once."""
    sent = await request.form(max_files=0, max_fields=20)
    return await run_in_threadpool(_send, request, visitor, matter, sent)


def _send(request: Request, visitor: Visitor, matter: int, form: FormData) -> Response:
    answer = hand_in_rating(visitor, matter, form)
    if isinstance(answer, SentRating):
        shown = matter_page.fill(visitor, matter, rated=answer)
        return render(request, "citizen/matter.html", shown, status=422)
    return answer
