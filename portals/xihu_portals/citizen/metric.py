"""A public metric's page: what it means, its values for a place and time of one's choice."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from xihu_portals.citizen.asker import METRIC_PATH, asker
from xihu_portals.pages.metric_page import (
    MetricBody,
    NoDataThen,
    before_page,
    download,
    fill_body,
    open_metric,
)
from xihu_portals.pages.visitor import CitizenVisitor, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.render import render

router = APIRouter()


@dataclass(frozen=True, slots=True)
class PublicMetric:
    """What is this number?"""

    frame: PageFrame
    body: MetricBody


def fill(visitor: Visitor, name: str, asked: Mapping[str, str]) -> PublicMetric:
    answers = open_metric(visitor, asker(visitor), name, asked.get("as_of") or "")
    return PublicMetric(visitor.frame, fill_body(answers, asked, f"{METRIC_PATH}/{name}"))


@router.get("/metrics/{metric}")
def page(request: Request, visitor: CitizenVisitor, metric: str) -> HTMLResponse:
    try:
        view = fill(visitor, metric, request.query_params)
    except NoDataThen as missing:
        return before_page(request, visitor, metric, missing.before)
    return render(request, "citizen/metric.html", view)


@router.get("/metrics/{metric}/download.{form}")
def file(
    request: Request, visitor: CitizenVisitor, metric: str, form: Literal["csv", "xlsx"]
) -> Response:
    """The series that the page shows."""
    as_of = request.query_params.get("as_of") or ""
    answers = open_metric(visitor, asker(visitor), metric, as_of)
    return download(visitor, answers, request, form)
