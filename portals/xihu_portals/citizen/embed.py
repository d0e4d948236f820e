"""One public number for other sites to show in a frame: no navigation, no cookie, no session.

Whoever looks is anonymous here. Every other page forbids to be framed; this one allows it and
holds no form and no script.
"""

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from xihu_platform.errors import PlatformError
from xihu_platform.identity.principal import ANONYMOUS
from xihu_platform.words import Text
from xihu_portals.api.auth import know_as
from xihu_portals.citizen.asker import METRIC_PATH, asker
from xihu_portals.edge.limited import limited_by_address
from xihu_portals.pages import figures
from xihu_portals.pages.describe import region_name
from xihu_portals.pages.metric_choice import choice_of, with_choice
from xihu_portals.pages.metric_page import open_metric
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Figure
from xihu_portals.web.render import render_framed

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Embedded:
    """What does this number say, here and now? Where it cannot be told, `refused` says why."""

    frame: PageFrame
    name: Text
    place: Text | None
    figure: Figure | None
    href: str
    refused: Text | None = None


def fill(visitor: Visitor, name: str, request: Request) -> Embedded:
    """The newest period that has ended. Raises Refused, NotFound, BadInput."""
    answers = open_metric(visitor, asker(visitor), name)
    spec = answers.spec
    choice = replace(choice_of(spec, request.query_params), as_of="")  # a frame is always of now
    found = answers.values(choice.query(spec))
    base = visitor.services.node.settings.base_url
    return Embedded(
        frame=visitor.frame,
        name=spec.name,
        place=region_name(choice.place),
        figure=figures.figure_of(
            answers.asker, spec, found, parent=choice.place, grain=choice.grain
        ),
        href=with_choice(f"{base}{METRIC_PATH}/{spec.id}", choice.pairs(spec)),
    )


def _visitor(request: Request) -> Visitor:
    """Anonymous, whatever session the browser may have."""
    services = know_as(request, ANONYMOUS)
    return Visitor(services, ANONYMOUS, PageFrame("citizen", services.node.clock()))


Framed = Annotated[Visitor, Depends(_visitor)]


@router.get("/embed/metrics/{metric}", dependencies=[Depends(limited_by_address)])
def page(request: Request, visitor: Framed, metric: str) -> HTMLResponse:
    """A fault is told within the frame: an error page of ours may not be framed."""
    try:
        return render_framed(request, "citizen/embed.html", fill(visitor, metric, request))
    except PlatformError as error:
        if error.status >= 500:
            raise
        base = visitor.services.node.settings.base_url
        href = f"{base}{METRIC_PATH}"
        told = Embedded(visitor.frame, Text("西湖", "Xihu"), None, None, href, error.text)
        return render_framed(request, "citizen/embed.html", told, status=error.status)
