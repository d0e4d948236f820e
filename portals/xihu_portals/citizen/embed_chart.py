"""The course of a public metric for other sites to show in a frame, drawn by the server."""

from dataclasses import dataclass, replace
from decimal import Decimal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import QueryParams

from xihu_platform.brain.spec import MetricSpec
from xihu_platform.errors import BadInput, PlatformError
from xihu_platform.words import Language, Text, language_of
from xihu_portals.citizen.asker import METRIC_PATH, asker
from xihu_portals.citizen.embed import Framed, in_frame
from xihu_portals.edge.limited import limited_by_address
from xihu_portals.pages import describe, metric_series
from xihu_portals.pages.metric_choice import check_frame, choice_of, with_choice
from xihu_portals.pages.metric_page import open_metric
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web import formats
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Chart, Period, State, Words
from xihu_portals.web.plot import SHAPES, Plot, Shape, plot

NARROW, WIDE = (320, 220), (720, 300)
"""Sizes of the two drawings; the stylesheet shows the one that fits the frame."""
NO_VALUES = Text("这段时间没有可以画的数值", "There is no value to draw in these periods")
router = APIRouter()


@dataclass(frozen=True, slots=True)
class EmbeddedChart:
    """How did this number develop? Where it cannot be shown, `refused` says why."""

    frame: PageFrame
    name: Text
    href: str
    others: str
    """Where the other public figures are."""
    chart: Chart | None = None
    narrow: Plot | None = None
    wide: Plot | None = None
    first: Period | None = None
    last: Period | None = None
    value: str = ""
    """The newest value, as it is written at the end of the line."""
    marked: bool = False
    """Whether some period lacks cells or has not ended."""
    licence: Words = ""
    refused: Text | None = None


def fill(visitor: Visitor, name: str, asked: QueryParams, language: Language) -> EmbeddedChart:
    """Raises Refused, NotFound, BadInput."""
    shape = _shape(asked)
    answers = open_metric(visitor, asker(visitor), name)
    spec = answers.spec
    choice = choice_of(spec, asked)
    found = answers.values(choice.query(spec))
    metric_series.check_length(found.points)
    base = visitor.services.node.settings.base_url
    empty = EmbeddedChart(
        frame=replace(visitor.frame, synthetic=found.citation.synthetic),
        name=spec.name,
        href=with_choice(f"{base}{METRIC_PATH}/{spec.id}", choice.pairs(spec)),
        others=f"{base}{METRIC_PATH}",
    )
    chart = metric_series.chart(answers, choice, found)
    if isinstance(chart, State):
        return replace(empty, refused=chart.title)
    narrow, wide = (
        plot(chart, language, width=width, height=height, shape=shape)
        for width, height in (NARROW, WIDE)
    )
    if narrow is None or wide is None:
        return replace(empty, refused=NO_VALUES)
    series = chart.series[0]
    return replace(
        empty,
        chart=chart,
        narrow=narrow,
        wide=wide,
        first=_period(chart, 0),
        last=_period(chart, -1),
        value=_newest(chart),
        marked=bool(series.incomplete or series.running),
        licence=_licence(visitor, spec),
    )


def _shape(asked: QueryParams) -> Shape:
    check_frame(asked, "shape")
    said = asked.get("shape") or "line"
    found = next((one for one in SHAPES if one == said), None)
    if found is None:
        raise BadInput("shape 应为 line 或 bars", "shape is line or bars")
    return found


def _period(chart: Chart, at: int) -> Period | None:
    label = chart.labels[at]
    return label if isinstance(label, Period) else None


def _newest(chart: Chart) -> str:
    known = [one for one in chart.series[0].values if isinstance(one, int | float | Decimal)]
    return formats.number(known[-1], chart.decimals) if known else formats.UNKNOWN


def _licence(visitor: Visitor, spec: MetricSpec) -> Text:
    return describe.licence(visitor.services.catalogue.contracts.get(spec.dataset))


@router.get("/embed/charts/{metric}", dependencies=[Depends(limited_by_address)])
def page(request: Request, visitor: Framed, metric: str) -> HTMLResponse:
    others = f"{visitor.services.node.settings.base_url}{METRIC_PATH}"
    said = request.query_params.get("lang")
    language = language_of(request.headers.get("accept-language"), said)

    def refuse(error: PlatformError) -> EmbeddedChart:
        name = Text("西湖", "Xihu")
        return EmbeddedChart(visitor.frame, name, others, others, refused=error.text)

    return in_frame(
        request,
        "citizen/embed_chart.html",
        lambda: fill(visitor, metric, request.query_params, language),
        refuse,
    )
