"""A complaint or a report of an incident: the form of a kind that an office opens."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from xihu_catalog.sharing.openings import FROM_A_CASE, OF_OFFICES
from xihu_platform.access.offices import MATTERS, check, matters_refusal
from xihu_portals.official.inbox import PATH
from xihu_portals.pages.matter_new import NewMatterPage, check_kind, fill_new, hand_in
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.render import render

router = APIRouter()
WORDS_LIMIT = 200
"""Characters of a search, as its box takes them."""


def fill(visitor: Visitor, kind: str, words: str = "", chosen: str | None = None) -> NewMatterPage:
    """`chosen`: the dataset of an entry, or the licence that is to change, by its number.

    Raises NotFound for a kind that no office opens so, Refused for whoever may not open it."""
    _check(visitor, kind)
    return fill_new(visitor, kind, words=words, chosen=chosen)


def _check(visitor: Visitor, kind: str) -> None:
    reason = matters_refusal(visitor.principal, visitor.frame.now)
    check(visitor.services.gateway, visitor.principal, MATTERS, reason)
    check_kind(visitor, kind, (*OF_OFFICES, *FROM_A_CASE))


@router.get(f"{PATH}/new/{{kind}}")
def page(
    request: Request,
    visitor: InOffice,
    kind: str,
    q: Annotated[str, Query(max_length=WORDS_LIMIT)] = "",
    dataset: Annotated[str | None, Query(max_length=64)] = None,
    licence: Annotated[str | None, Query(max_length=80)] = None,
) -> HTMLResponse:
    """`q`: what was searched for and not found, of a need for data; `dataset`: of which one the
    entry is; `licence`: the number of the one that is to change."""
    chosen = licence if kind in FROM_A_CASE else dataset
    return render(request, "official/new_matter.html", fill(visitor, kind, q, chosen))


@router.post(f"{PATH}/new/{{kind}}")
async def send(request: Request, visitor: InOffice, kind: str) -> Response:
    """A new matter; whoever decides is told in its transaction."""
    form = await request.form(max_files=0, max_fields=600)
    return await run_in_threadpool(_send, request, visitor, kind, form)


def _send(request: Request, visitor: Visitor, kind: str, form: FormData) -> Response:
    _check(visitor, kind)

    def show(shown: NewMatterPage, status: int) -> Response:
        return render(request, "official/new_matter.html", shown, status=status)

    return hand_in(visitor, kind, None, form, show)
