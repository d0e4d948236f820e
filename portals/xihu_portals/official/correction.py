"""校核申请: an office says what is wrong with a record that it was shown."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from xihu_catalog.contracts.model import Contract
from xihu_platform.access.answers import Page
from xihu_platform.access.decision import HANDLING
from xihu_platform.access.row_keys import REF_LIMIT
from xihu_platform.words import Text
from xihu_portals.pages.correction import ROW, AskedCorrection, asked, opening_of, wrong_links
from xihu_portals.pages.matter_acts import check_form, open_matter
from xihu_portals.pages.matter_form import Given, acting_as
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Link
from xihu_portals.web.render import render

router = APIRouter()


@dataclass(frozen=True, slots=True)
class CorrectionPage:
    """What is wrong with this record, and who settles it?"""

    frame: PageFrame
    position: str
    asked: AskedCorrection


def links(visitor: Visitor, contract: Contract, page: Page) -> tuple[Link | None, ...]:
    """For each row the way to this page, where the position may write such a request."""
    position = visitor.principal.position
    if position is None or not position.duties & HANDLING:
        return ()
    if position.organisation == contract.provider:
        return ()
    return wrong_links(visitor, contract, page)


def fill(
    visitor: Visitor,
    dataset: str,
    given: Given,
    key: str | None = None,
    wrong: Text | None = None,
) -> CorrectionPage:
    """Raises NotFound for a dataset that there is not, BadInput for a record that they were not
    shown, Conflict for their own department's."""
    contract = visitor.services.catalogue.contracts.get(dataset)
    shown = asked(visitor, contract, given, key=key, wrong=wrong)
    return CorrectionPage(visitor.frame, acting_as(visitor.principal), shown)


@router.get("/official/datasets/{dataset}/correction")
def page(
    request: Request,
    visitor: InOffice,
    dataset: str,
    row: Annotated[str, Query(max_length=REF_LIMIT)] = "",
) -> HTMLResponse:
    return render(request, "official/correction.html", fill(visitor, dataset, {ROW: [row]}))


@router.post("/official/datasets/{dataset}/correction")
async def hand_in(request: Request, visitor: InOffice, dataset: str) -> Response:
    """A request for correction; the field is marked as being verified at once."""
    form = await request.form(max_files=0, max_fields=100)
    return await run_in_threadpool(_hand_in, request, visitor, dataset, form)


def _hand_in(request: Request, visitor: Visitor, dataset: str, form: FormData) -> Response:
    check_form(visitor, form)
    contract = visitor.services.catalogue.contracts.get(dataset)
    opening, definition = opening_of(visitor, contract)

    def again(given: Given, key: str, wrong: Text, status: int) -> Response:
        shown = fill(visitor, dataset, given, key, wrong)
        return render(request, "official/correction.html", shown, status=status)

    return open_matter(visitor, form, opening, definition.opening, again)
