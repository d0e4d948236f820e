"""The citizens' catalogue of metrics: the public numbers."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from xihu_portals.citizen.asker import METRIC_PATH
from xihu_portals.pages.metric_list import MetricCatalogue, fill_list
from xihu_portals.pages.visitor import CitizenVisitor, Visitor
from xihu_portals.web.render import render

router = APIRouter()


def fill(visitor: Visitor, brain: str = "", owner: str = "") -> MetricCatalogue:
    public = [s for s in visitor.metrics().values() if s.audience == "public"]
    return fill_list(visitor, public, METRIC_PATH, brain=brain, owner=owner)


@router.get("/metrics")
def page(
    request: Request,
    visitor: CitizenVisitor,
    brain: Annotated[str, Query(max_length=64)] = "",
    owner: Annotated[str, Query(max_length=64)] = "",
) -> HTMLResponse:
    return render(request, "citizen/metrics.html", fill(visitor, brain, owner))
