"""Subscribe to a dataset or to a search: what to be notified of, how often, by which way."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from xihu_platform.errors import BadInput, Conflict, Refused
from xihu_portals.pages.matter_acts import check_form
from xihu_portals.pages.new_subscription import asked_of, fill_new, sent_asked, subscribe_all
from xihu_portals.pages.subscriptions import OFFICIAL, room_of, said_wrong
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.render import render

router = APIRouter()
Repeated = Annotated[list[str] | None, Query(max_length=20)]
Filters = Annotated[list[str] | None, Query(alias="filter", max_length=20)]


@router.get(f"{OFFICIAL}/new")
def page(
    request: Request,
    visitor: InOffice,
    dataset: Annotated[str, Query(max_length=128)] = "",
    filters: Filters = None,
    q: Annotated[str, Query(max_length=200)] = "",
    facet: Repeated = None,
) -> Response:
    asked = asked_of(dataset, filters or [], q, facet or [])
    return render(request, "new_subscription.html", fill_new(visitor, asked))


@router.post(f"{OFFICIAL}/new")
async def send(request: Request, visitor: InOffice) -> Response:
    """The same once more is the subscription that there is."""
    form = await request.form(max_files=0, max_fields=100)
    return await run_in_threadpool(_send, request, visitor, form)


def _send(request: Request, visitor: Visitor, form: FormData) -> Response:
    room = room_of(visitor, request.app.state.services)
    asked = sent_asked(form)
    try:
        check_form(visitor, form)
        subscribe_all(visitor, room, asked, form)
    except (BadInput, Conflict, Refused) as wrong:
        shown = fill_new(visitor, asked, form, said_wrong(wrong))
        return render(request, "new_subscription.html", shown, status=wrong.status)
    return RedirectResponse(f"{OFFICIAL}?done=subscribed", status_code=303)
