"""One subscription of mine: its notices, the ways they took, and its private feed."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from xihu_platform.errors import BadInput, Conflict, Refused
from xihu_portals.pages.matter_acts import check_form
from xihu_portals.pages.subscriptions import (
    CITIZEN,
    act_on,
    feed_act,
    fill_one,
    room_of,
    said_wrong,
)
from xihu_portals.pages.visitor import SignedInCitizen, Visitor
from xihu_portals.web.render import render

Name = Annotated[str, Path(max_length=20)]
router = APIRouter()


@router.get(f"{CITIZEN}/{{name}}")
def page(request: Request, visitor: SignedInCitizen, name: Name) -> Response:
    room = room_of(visitor, request.app.state.services)
    return render(request, "subscription.html", fill_one(visitor, room, name))


@router.post(f"{CITIZEN}/{{name}}")
async def send(request: Request, visitor: SignedInCitizen, name: Name) -> Response:
    """A new address of its feed, or none; pause, go on, end, delete."""
    form = await request.form(max_files=0, max_fields=20)
    return await run_in_threadpool(_send, request, visitor, name, form)


def _send(request: Request, visitor: Visitor, name: str, form: FormData) -> Response:
    room = room_of(visitor, request.app.state.services)
    try:
        check_form(visitor, form)
        made = feed_act(visitor, room, name, form)
        if made is not None:
            shown = fill_one(visitor, room, name, made or None)
            return render(request, "subscription.html", shown)
        after = act_on(visitor, room, form)
    except (BadInput, Conflict, Refused) as wrong:
        shown = fill_one(visitor, room, name, wrong=said_wrong(wrong))
        return render(request, "subscription.html", shown, status=wrong.status)
    return RedirectResponse(f"{CITIZEN}?{after}", status_code=303)
