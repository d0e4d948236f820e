"""我的订阅: what I, in this position, subscribed to and what has happened, the newest first."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from xihu_platform.errors import BadInput, Conflict, Refused
from xihu_portals.pages.matter_acts import check_form
from xihu_portals.pages.subscriptions import OFFICIAL, act_on, fill_list, room_of, said_wrong
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.render import render

LAST_PAGE = 200
router = APIRouter()


@router.get(OFFICIAL)
def page(
    request: Request,
    visitor: InOffice,
    page: Annotated[int, Query(ge=1, le=LAST_PAGE)] = 1,
    done: Annotated[str, Query(max_length=20)] = "",
    of: Annotated[str, Query(max_length=20)] = "",
    was: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    room = room_of(visitor, request.app.state.services)
    return render(request, "subscriptions.html", fill_list(visitor, room, page, done, of, was))


@router.post(OFFICIAL)
async def send(request: Request, visitor: InOffice) -> Response:
    """Pause, go on, end, delete, or mark all as read. Twice is once."""
    form = await request.form(max_files=0, max_fields=20)
    return await run_in_threadpool(_send, request, visitor, form)


def _send(request: Request, visitor: Visitor, form: FormData) -> Response:
    room = room_of(visitor, request.app.state.services)
    try:
        check_form(visitor, form)
        after = act_on(visitor, room, form)
    except (BadInput, Conflict, Refused) as wrong:
        shown = fill_list(visitor, room, wrong=said_wrong(wrong))
        return render(request, "subscriptions.html", shown, status=wrong.status)
    return RedirectResponse(f"{OFFICIAL}?{after}", status_code=303)
