"""A metric's page for officials: as the public one, and where it comes from; and its values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

import orjson
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from xihu_platform.brain.envelope import to_json
from xihu_platform.brain.query import MetricQuery
from xihu_platform.brain.service import ask
from xihu_platform.brain.spec import Grain, Level
from xihu_portals.api.at_moment import AsOfMoment, metric_snapshot
from xihu_portals.api.datasets import language
from xihu_portals.api.strict import known_parameters
from xihu_portals.official.asker import asker
from xihu_portals.official.lineage import Lineage
from xihu_portals.pages.figures import METRIC_PATH
from xihu_portals.pages.metric_page import (
    MetricBody,
    NoDataThen,
    before_page,
    download,
    fill_body,
    open_metric,
)
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Link
from xihu_portals.web.render import render

router = APIRouter()


@dataclass(frozen=True, slots=True)
class MetricPage:
    """10 · What is this number?"""

    frame: PageFrame
    body: MetricBody
    lineage: Lineage


def fill(visitor: Visitor, name: str, asked: Mapping[str, str]) -> MetricPage:
    """Without a place in the address, that of the position."""
    answers = open_metric(visitor, asker(visitor), name, asked.get("as_of") or "")
    contract = visitor.services.catalogue.contracts.get(answers.spec.dataset)
    href = f"/official/datasets/{answers.spec.dataset}"
    return MetricPage(
        frame=visitor.frame,
        body=fill_body(answers, asked, f"{METRIC_PATH}/{name}", _home(visitor)),
        lineage=Lineage((Link(contract.title, href),), answers.spec.name, ()),
    )


def _home(visitor: Visitor) -> str | None:
    position = visitor.principal.position
    return position.region if position else None


@router.get("/official/metrics/{metric}")
def page(request: Request, visitor: InOffice, metric: str) -> HTMLResponse:
    try:
        view = fill(visitor, metric, request.query_params)
    except NoDataThen as missing:
        return before_page(request, visitor, metric, missing.before, _home(visitor))
    return render(request, "official/metric.html", view)


@router.get("/official/metrics/{metric}/download.{form}")
def file(
    request: Request, visitor: InOffice, metric: str, form: Literal["csv", "xlsx"]
) -> Response:
    """The series that the page shows."""
    as_of = request.query_params.get("as_of") or ""
    answers = open_metric(visitor, asker(visitor), metric, as_of)
    return download(visitor, answers, request, form, _home(visitor))


@router.get("/official/metrics/{metric}/values.json", dependencies=[Depends(known_parameters)])
def values(
    request: Request,
    visitor: InOffice,
    metric: str,
    grain: Grain | None = None,
    level: Level | None = None,
    parent: str | None = None,
    by: Annotated[list[str] | None, Query()] = None,
    start: Annotated[date | None, Query(alias="from")] = None,
    end: Annotated[date | None, Query(alias="to")] = None,
    latest: Annotated[int | None, Query(ge=1, le=1000)] = None,
    compare: Annotated[bool, Query()] = False,
    as_of: AsOfMoment = None,
) -> Response:
    """The points a page draws, as the metrics API gives them, for the session's position."""
    services = visitor.services
    spec = services.get_metric(metric)
    query = MetricQuery(
        grain=grain,
        level=level,
        parent=parent,
        by=tuple(by or ()),
        start=start,
        end=end,
        latest=latest,
        compare=compare,
        snapshot_id=metric_snapshot(services, visitor.principal, spec, None, as_of),
    )
    answer = ask(services.gateway, visitor.principal, spec, query, services.registered)
    body = orjson.dumps(to_json(answer, language(request)), default=str, option=orjson.OPT_INDENT_2)
    headers = {
        "Content-Disposition": f'attachment; filename="{metric}.json"',
        "Cache-Control": "no-store",
    }
    return Response(body, media_type="application/json", headers=headers)
