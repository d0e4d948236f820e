"""更正申请: somebody says what is wrong with a record about themselves or about their firm."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from xihu_platform.access.row_keys import REF_LIMIT
from xihu_platform.words import Text
from xihu_portals.pages.correction import ROW, AskedCorrection, asked, opening_of
from xihu_portals.pages.matter_acts import check_form, open_matter
from xihu_portals.pages.matter_form import Given, acting_as
from xihu_portals.pages.visitor import SignedInCitizen, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.render import render

router = APIRouter()


@dataclass(frozen=True, slots=True)
class MyCorrection:
    """What is wrong with my record, and what happens now?"""

    frame: PageFrame
    position: str
    """As whom the page was opened."""
    asked: AskedCorrection


def fill(
    visitor: Visitor,
    dataset: str,
    given: Given,
    key: str | None = None,
    wrong: Text | None = None,
) -> MyCorrection:
    """Raises NotFound for a dataset that there is not, BadInput for a record that they were not
    shown."""
    contract = visitor.services.catalogue.contracts.get(dataset)
    shown = asked(visitor, contract, given, key=key, wrong=wrong)
    return MyCorrection(visitor.frame, acting_as(visitor.principal), shown)


@router.get("/my/data/{dataset}/correction")
def page(
    request: Request,
    visitor: SignedInCitizen,
    dataset: str,
    row: Annotated[str, Query(max_length=REF_LIMIT)] = "",
) -> HTMLResponse:
    return render(request, "citizen/correction.html", fill(visitor, dataset, {ROW: [row]}))


@router.post("/my/data/{dataset}/correction")
async def hand_in(request: Request, visitor: SignedInCitizen, dataset: str) -> Response:
    """A request for correction; the field is marked as being verified at once."""
    form = await request.form(max_files=0, max_fields=100)
    return await run_in_threadpool(_hand_in, request, visitor, dataset, form)


def _hand_in(request: Request, visitor: Visitor, dataset: str, form: FormData) -> Response:
    check_form(visitor, form)
    contract = visitor.services.catalogue.contracts.get(dataset)
    opening, definition = opening_of(visitor, contract)

    def again(given: Given, key: str, wrong: Text, status: int) -> Response:
        shown = fill(visitor, dataset, given, key, wrong)
        return render(request, "citizen/correction.html", shown, status=status)

    return open_matter(visitor, form, opening, definition.opening, again)
