"""A metric's page: what it means, how it is made, its series and breakdowns; and its values."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from xihu_catalog.registry.codes import code_list, province
from xihu_catalog.registry.people import organisation_name
from xihu_platform.brain.envelope import to_json
from xihu_platform.brain.query import MetricQuery
from xihu_platform.brain.service import ask
from xihu_platform.brain.spec import Grain, Level, MetricSpec
from xihu_platform.words import Text
from xihu_portals.api.datasets import language
from xihu_portals.official.asker import NO_SERIES, asker
from xihu_portals.official.lineage import Lineage
from xihu_portals.pages import describe, figures
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.datasets import DownloadLink
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Chart, Figure, Link, ShownSource, State, Words
from xihu_portals.web.render import render

_KINDS = {
    "flow": Text("流量：各期可以相加", "Flow: periods add up"),
    "stock": Text("存量：取期末", "Stock: the end of each period"),
    "ratio": Text("比率", "Ratio"),
}
GRAINS = {
    "hour": Text("小时", "hour"),
    "day": Text("日", "day"),
    "month": Text("月", "month"),
    "quarter": Text("季度", "quarter"),
    "year": Text("年", "year"),
}
AUDIENCES = {
    "public": Text("公开", "Public"),
    "official": Text("仅供履行职责", "For official duties"),
}
router = APIRouter()


@dataclass(frozen=True, slots=True)
class MetricPage:
    """10 · What is this number?"""

    frame: PageFrame
    id: str
    name: Text
    definition: Words
    kind: Text
    """流量, 存量 or 比率, in words."""
    formula: Words
    owner: Text
    unit: Text
    grain: Text
    audience: Text
    headline: Figure
    series: Chart | State
    breakdowns: tuple[Chart | State, ...]
    lineage: Lineage
    sql: str
    source: ShownSource
    citation: Words
    downloads: tuple[DownloadLink, ...]


def fill(visitor: Visitor, name: str) -> MetricPage:
    spec = visitor.services.get_metric(name)
    who = asker(visitor)
    position = visitor.principal.position
    parent = position.region if position and spec.region_field else None
    if spec.finest_level == "province":
        parent = None  # it has no value for any part of the province
    figure = figures.figure(who, spec, parent=parent)
    contract = visitor.services.catalogue.contracts.get(spec.dataset)
    place = describe.region_name(parent or province().code)
    answer = figures.series(who, spec, parent=parent)
    return MetricPage(
        frame=visitor.frame,
        id=spec.id,
        name=spec.name,
        definition=spec.definition,
        kind=_KINDS[spec.kind],
        formula=_formula(spec),
        owner=organisation_name(spec.owner),
        unit=spec.unit,
        grain=GRAINS[spec.finest_grain] if spec.finest_grain else Text("无时间", "no time"),
        audience=AUDIENCES[spec.audience],
        headline=figure,
        series=figures.trend(who, spec, chart_id="series", parent=parent, name=place)
        if spec.time_field
        else NO_SERIES,
        breakdowns=_breakdown_charts(visitor, spec, parent),
        lineage=Lineage(
            (Link(contract.title, f"/official/datasets/{spec.dataset}"),), spec.name, ()
        ),
        sql=answer.sql,
        source=figure.source,
        citation=_citation(figure),
        downloads=(DownloadLink("JSON", answer.href),),
    )


def _citation(figure: Figure) -> Text:
    cited = figure.source.citation
    return cited if isinstance(cited, Text) else Text("", "")


def _formula(spec: MetricSpec) -> Text:
    formula = spec.numerator if not spec.denominator else f"{spec.numerator} ÷ {spec.denominator}"
    if spec.scale not in {"1", "1.0"}:
        formula += f" × {spec.scale}"
    return Text(formula, formula)


def _breakdown_charts(
    visitor: Visitor, spec: MetricSpec, parent: str | None
) -> tuple[Chart | State, ...]:
    who = asker(visitor)
    made: list[Chart | State] = []
    for dimension in spec.dimensions[:2]:
        answer = figures.series(
            who, spec, parent=parent, latest=1, by=(dimension.field,), compare=False
        )
        made.append(_bars(visitor, spec, dimension.field, dimension.name, answer))
    return tuple(made)


def _bars(
    visitor: Visitor, spec: MetricSpec, field: str, name: Text, answer: figures.Values
) -> Chart | State:
    if not answer.points:
        return State("empty", Text("本期没有数据", "No data for this period"))
    dimension = next(d for d in spec.dimensions if d.field == field)
    names = code_list(dimension.code_list) if dimension.code_list else {}
    labels = [
        names.get(p.dimensions[field] or "") or p.dimensions[field] or "—" for p in answer.points
    ]
    return Chart(
        id=f"by-{field.replace('_', '-')}",
        title=Text(f"{spec.name.zh}：按{name.zh}", f"{spec.name.en} by {name.en.lower()}"),
        kind="rows",
        axis=name,
        labels=tuple(labels),
        series=(figures.values(spec, spec.name, answer.points),),
        unit=spec.unit,
        source=figures.source(asker(visitor), spec, answer),
        decimals=spec.decimals,
        gap=figures.lacks(asker(visitor), spec, answer.points),
    )


@router.get("/official/metrics/{metric}")
def page(request: Request, visitor: InOffice, metric: str) -> HTMLResponse:
    return render(request, "official/metric.html", fill(visitor, metric))


@router.get("/official/metrics/{metric}/values.json")
def values(
    request: Request,
    visitor: InOffice,
    metric: str,
    grain: Grain | None = None,
    level: Level | None = None,
    parent: str | None = None,
    by: Annotated[list[str] | None, Query()] = None,
    end: Annotated[date | None, Query(alias="to")] = None,
    latest: Annotated[int | None, Query(ge=1, le=1000)] = None,
    compare: Annotated[bool, Query()] = False,
) -> Response:
    """The points a page draws, as the metrics API gives them, for the session's position."""
    query = MetricQuery(
        grain=grain,
        level=level,
        parent=parent,
        by=tuple(by or ()),
        end=end,
        latest=latest,
        compare=compare,
    )
    services = visitor.services
    spec = services.get_metric(metric)
    answer = ask(services.gateway, visitor.principal, spec, query, services.registered)
    body = orjson.dumps(to_json(answer, language(request)), default=str, option=orjson.OPT_INDENT_2)
    headers = {
        "Content-Disposition": f'attachment; filename="{metric}.json"',
        "Cache-Control": "no-store",
    }
    return Response(body, media_type="application/json", headers=headers)
