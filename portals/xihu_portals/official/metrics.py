"""The officials' catalogue of metrics: every number there is."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from xihu_portals.pages.figures import METRIC_PATH
from xihu_portals.pages.metric_list import MetricCatalogue, fill_list
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.render import render

router = APIRouter()


def fill(visitor: Visitor, brain: str = "", owner: str = "") -> MetricCatalogue:
    specs = visitor.metrics().values()
    return fill_list(visitor, specs, METRIC_PATH, brain=brain, owner=owner)


@router.get("/official/metrics")
def page(
    request: Request,
    visitor: InOffice,
    brain: Annotated[str, Query(max_length=64)] = "",
    owner: Annotated[str, Query(max_length=64)] = "",
) -> HTMLResponse:
    return render(request, "official/metrics.html", fill(visitor, brain, owner))
