"""What changed between two versions of a dataset, in what the position may read."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from xihu_platform.access.query import RowQuery, parse_filter
from xihu_portals.api.datasets import language
from xihu_portals.api.strict import known_parameters
from xihu_portals.api.versions import Asked, AskedDiff, DiffForm, export_diff
from xihu_portals.official.access import DUTY
from xihu_portals.pages.compare import fill_compare
from xihu_portals.pages.visitor import InOffice
from xihu_portals.web.address import number
from xihu_portals.web.render import render

router = APIRouter()


@router.get("/official/datasets/{dataset}/compare")
def page(
    request: Request,
    visitor: InOffice,
    dataset: str,
    before: Annotated[str, Query(alias="from", max_length=20)] = "",
    after: Annotated[str, Query(alias="to", max_length=20)] = "",
    kind: Annotated[str, Query(max_length=16)] = "",
    changed: Annotated[str, Query(max_length=64)] = "",
    filters: Annotated[list[str] | None, Query(alias="filter", max_length=50)] = None,
    cursor: Annotated[str | None, Query(max_length=4000)] = None,
) -> HTMLResponse:
    asked = AskedDiff(
        number(before or None, "from"),
        number(after or None, "to"),
        kind or None,
        changed or None,
        RowQuery(filters=tuple(parse_filter(text) for text in filters or ())),
    )
    view = fill_compare(visitor, dataset, DUTY, "/official/datasets", asked, filters or (), cursor)
    return render(request, "compare.html", view)


@router.get("/official/datasets/{dataset}/diff.{form}", dependencies=[Depends(known_parameters)])
def download(
    request: Request, visitor: InOffice, dataset: str, form: DiffForm, asked: Asked
) -> Response:
    return export_diff(
        visitor.services,
        visitor.principal,
        DUTY,
        dataset,
        form,
        asked,
        language(request),
    )
