"""Exploring a dataset: what is open to everybody."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from xihu_platform.access.policy import Purpose
from xihu_portals.pages.explore import explore_page
from xihu_portals.pages.visitor import CitizenVisitor

router = APIRouter()


@router.get("/datasets/{dataset}/explore")
def page(request: Request, visitor: CitizenVisitor, dataset: str) -> Response:
    return explore_page(request, visitor, dataset, Purpose("open"), "/datasets")
