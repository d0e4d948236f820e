"""Fills the view of one metric: what it means, how it is made, its series and breakdowns."""

import orjson

from xihu_catalog.registry.codes import code_list
from xihu_platform.brain.envelope import to_json
from xihu_platform.brain.query import MetricQuery
from xihu_platform.brain.service import ask
from xihu_platform.brain.spec import MetricSpec
from xihu_platform.words import Language, Text
from xihu_portals.official import views
from xihu_portals.official.build import NO_SERIES, PROVINCE, asker
from xihu_portals.web import describe, figures
from xihu_portals.web.datasets import DownloadLink
from xihu_portals.web.parts import Chart, Figure, Link, State
from xihu_portals.web.visitor import Visitor

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
_AUDIENCES = {
    "public": Text("公开", "Public"),
    "official": Text("仅供履行职责", "For official duties"),
}


def metric(visitor: Visitor, name: str) -> views.MetricPage:
    spec = visitor.services.get_metric(name)
    who = asker(visitor)
    position = visitor.principal.position
    parent = position.region if position and spec.region_field else None
    if spec.finest_level == "province":
        parent = None  # it has no value for any part of the province
    figure = figures.figure(who, spec, parent=parent)
    contract = visitor.services.catalogue.contracts.get(spec.dataset)
    place = describe.region_name(parent or PROVINCE)
    answer = figures.series(who, spec, parent=parent)
    return views.MetricPage(
        frame=visitor.frame,
        id=spec.id,
        name=spec.name,
        definition=spec.definition,
        kind=_KINDS[spec.kind],
        formula=_formula(spec),
        owner=figures.owner_of(spec),
        unit=spec.unit,
        grain=GRAINS[spec.finest_grain] if spec.finest_grain else Text("无时间", "no time"),
        audience=_AUDIENCES[spec.audience],
        headline=figure,
        series=figures.trend(who, spec, chart_id="series", parent=parent, name=place)
        if spec.time_field
        else NO_SERIES,
        breakdowns=_breakdown_charts(visitor, spec, parent),
        lineage=views.Lineage(
            (Link(contract.title, f"/official/datasets/{spec.dataset}"),), spec.name, ()
        ),
        sql=answer.sql,
        source=figure.source,
        citation=_citation(figure),
        downloads=(DownloadLink("JSON", answer.href),),
    )


def values(visitor: Visitor, metric: str, query: MetricQuery, lang: Language) -> bytes:
    """What `/api/v1/brain` answers, for a page's visitor. Raises Refused and BadInput."""
    services = visitor.services
    spec = services.get_metric(metric)
    answer = ask(services.gateway, visitor.principal, spec, query, services.registered)
    return orjson.dumps(to_json(answer, lang), default=str, option=orjson.OPT_INDENT_2)


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
