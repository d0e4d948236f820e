"""The versions of a dataset, as the position knows them."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from xihu_portals.official.access import DUTY
from xihu_portals.pages.versions import fill_versions
from xihu_portals.pages.visitor import InOffice
from xihu_portals.web.address import number
from xihu_portals.web.render import render

router = APIRouter()


@router.get("/official/datasets/{dataset}/versions")
def page(
    request: Request,
    visitor: InOffice,
    dataset: str,
    snapshot: Annotated[str, Query(max_length=20)] = "",
    page: Annotated[int, Query(ge=1, le=100)] = 1,
    counts: str = "",
) -> HTMLResponse:
    """`snapshot`: the one that a citation names."""
    view = fill_versions(
        visitor,
        dataset,
        DUTY,
        "/official/datasets",
        snapshot=number(snapshot or None, "snapshot"),
        page=page,
        counted=counts == "yes",
    )
    return render(request, "versions.html", view)
