"""Exploring a dataset: the rows of the position, as its duty opens them."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from xihu_portals.official.access import DUTY
from xihu_portals.pages.explore import explore_page
from xihu_portals.pages.visitor import InOffice

router = APIRouter()


@router.get("/official/datasets/{dataset}/explore")
def page(request: Request, visitor: InOffice, dataset: str) -> Response:
    return explore_page(request, visitor, dataset, DUTY, "/official/datasets")
