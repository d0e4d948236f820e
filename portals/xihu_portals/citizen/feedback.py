"""这页有用吗: an answer to a page, counted without a person."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from starlette.routing import Match

from xihu_catalog.quality.feedback import (
    ANSWERS,
    PAGE_CHARACTERS,
    FeedbackAnswer,
    count_answer,
)
from xihu_platform.clock import civil_date
from xihu_platform.errors import BadInput
from xihu_portals.pages.visitor import CitizenVisitor
from xihu_portals.web.preferences import local_address

THANKS = "#thanks"
"""The note that the address of the answer shows; it needs no script."""
router = APIRouter()


def page_of(request: Request, address: str) -> str:
    """The page of a local address, without its query. Raises BadInput for one that is none."""
    path = local_address(address).partition("?")[0].partition("#")[0]
    scope = {"type": "http", "method": "GET", "path": path, "root_path": ""}
    shown = any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)
    if not shown or len(path) > PAGE_CHARACTERS:
        raise BadInput("没有这个页面，意见没有记下", "there is no such page: nothing was counted")
    return path


@router.get("/feedback")
def form(visitor: CitizenVisitor) -> RedirectResponse:
    """The address of a refused answer, asked again or in the other language."""
    del visitor
    return RedirectResponse("/", status_code=303)


@router.post("/feedback")
def answer(
    request: Request,
    visitor: CitizenVisitor,
    given: Annotated[str, Form(alias="answer", max_length=12)],
    next_path: Annotated[str, Form(alias="next", max_length=2000)] = "/",
) -> RedirectResponse:
    """Count an answer and go back. It says nothing of anybody, so it takes no token."""
    known: dict[str, FeedbackAnswer] = {one: one for one in ANSWERS}
    if given not in known:
        raise BadInput(
            f"意见“{given}”不在可选之列：{'、'.join(ANSWERS)}",
            f"“{given}” is none of the answers: {', '.join(ANSWERS)}",
        )
    page = page_of(request, next_path)
    services = visitor.services
    count_answer(services.node.database, page, civil_date(services.node.clock()), known[given])
    return RedirectResponse(local_address(next_path).partition("#")[0] + THANKS, status_code=303)
