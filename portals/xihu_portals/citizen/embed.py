"""One public number for other sites to show in a frame: no navigation, no cookie, no session.

Every reader is anonymous here. Every page but the embedded ones forbids to be framed; those have no
form and no script.
"""

from collections.abc import Callable
from dataclasses import dataclass
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
from xihu_portals.pages.metric_choice import check_frame, choice_of, with_choice
from xihu_portals.pages.metric_page import open_metric
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Figure
from xihu_portals.web.render import View, render_framed

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
    check_frame(request.query_params)
    answers = open_metric(visitor, asker(visitor), name)
    spec = answers.spec
    choice = choice_of(spec, request.query_params)
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
    """Anonymous, in any session of the browser."""
    services = know_as(request, ANONYMOUS)
    return Visitor(services, ANONYMOUS, PageFrame("citizen", services.node.clock()))


Framed = Annotated[Visitor, Depends(_visitor)]


def in_frame(
    request: Request,
    template: str,
    fill: Callable[[], View],
    refuse: Callable[[PlatformError], View],
) -> HTMLResponse:
    """A fault is shown within the frame: an error page of ours may not be framed."""
    try:
        return render_framed(request, template, fill())
    except PlatformError as error:
        if error.status >= 500:
            raise
        return render_framed(request, template, refuse(error), status=error.status)


@router.get("/embed/metrics/{metric}", dependencies=[Depends(limited_by_address)])
def page(request: Request, visitor: Framed, metric: str) -> HTMLResponse:
    href = f"{visitor.services.node.settings.base_url}{METRIC_PATH}"

    def refuse(error: PlatformError) -> Embedded:
        return Embedded(visitor.frame, Text("西湖", "Xihu"), None, None, href, error.text)

    return in_frame(request, "citizen/embed.html", lambda: fill(visitor, metric, request), refuse)
