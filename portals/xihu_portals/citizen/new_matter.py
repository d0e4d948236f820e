"""A request to open data, or a complaint: the form of a kind that a person or a firm opens."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from xihu_catalog.services.hotline import HOTLINE
from xihu_catalog.sharing.openings import COMPLAINT, OF_CITIZENS
from xihu_platform.access.decision import OWN_LEVEL
from xihu_platform.matters.command import NUMBER_LIMIT
from xihu_platform.words import Language
from xihu_portals.citizen.verification import IN_OWN_NAME, unproven, verification
from xihu_portals.pages.matter_acts import CITIZEN
from xihu_portals.pages.matter_new import (
    NewMatterPage,
    check_kind,
    fill_new,
    hand_in,
    unproven_page,
)
from xihu_portals.pages.objection import objection_words
from xihu_portals.pages.overdue import Ask, hotline_words
from xihu_portals.pages.visitor import SignedInCitizen, Visitor
from xihu_portals.web.preferences import preferences
from xihu_portals.web.render import render

Case = Annotated[int | None, Query(ge=1, le=NUMBER_LIMIT)]
Dataset = Annotated[str | None, Query(max_length=80)]
router = APIRouter()


def fill(
    visitor: Visitor,
    kind: str,
    dataset: str | None = None,
    case: int | None = None,
    ask: Ask | None = None,
    language: Language = "zh",
) -> NewMatterPage:
    """`case`: the late case about which the hotline is asked, or the matter whose decision is
    complained about, in the language of the page.

    Raises NotFound for a kind that nobody opens so as a citizen, and for somebody else's case."""
    if visitor.principal.level < OWN_LEVEL:
        return unproven_page(visitor, kind, OF_CITIZENS, unproven(IN_OWN_NAME))
    check_kind(visitor, kind, OF_CITIZENS)
    if kind == HOTLINE and case is not None and ask is not None:
        return fill_new(visitor, kind, given=hotline_words(visitor, case, ask, language))
    if kind == COMPLAINT and case is not None:
        return fill_new(visitor, kind, given=objection_words(visitor, case, language))
    return fill_new(visitor, kind, dataset)


@router.get(f"{CITIZEN}/new/{{kind}}")
def page(
    request: Request,
    visitor: SignedInCitizen,
    kind: str,
    dataset: Dataset = None,
    case: Case = None,
    ask: Annotated[Ask | None, Query()] = None,
) -> Response:
    asked = {"dataset": dataset, "case": case, "ask": ask}
    query = urlencode({name: one for name, one in asked.items() if one is not None})
    back = f"{CITIZEN}/new/{kind}" + (f"?{query}" if query else "")
    way = verification(visitor, OWN_LEVEL, back)
    if way is not None:
        return RedirectResponse(way, status_code=303)
    shown = fill(visitor, kind, dataset, case, ask, preferences(request).language)
    return render(request, "citizen/new_matter.html", shown)


@router.post(f"{CITIZEN}/new/{{kind}}")
async def send(
    request: Request, visitor: SignedInCitizen, kind: str, dataset: Dataset = None
) -> Response:
    """A new matter; the same form again is the same matter."""
    form = await request.form(max_files=0, max_fields=600)
    return await run_in_threadpool(_send, request, visitor, kind, dataset, form)


def _send(
    request: Request, visitor: Visitor, kind: str, dataset: str | None, form: FormData
) -> Response:
    check_kind(visitor, kind, OF_CITIZENS)

    def show(shown: NewMatterPage, status: int) -> Response:
        return render(request, "citizen/new_matter.html", shown, status=status)

    return hand_in(visitor, kind, dataset, form, show)
