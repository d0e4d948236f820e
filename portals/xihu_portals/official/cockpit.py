"""The cockpit: what waits for this position today, and how its region is."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from xihu_catalog.registry.codes import province
from xihu_catalog.registry.pages import page_choices
from xihu_platform.words import Text
from xihu_portals.official.asker import asker
from xihu_portals.official.maps import map_metric, metric_select, region_map, region_path
from xihu_portals.official.needs import NeedSection, sections, ways_on
from xihu_portals.pages import describe, figures
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Figure, Link, Select, State, TileMap
from xihu_portals.web.render import render

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Cockpit:
    """8 · What needs me today, how is my region?"""

    frame: PageFrame
    path: tuple[Link, ...]
    """From the province down to the region shown."""
    region: Text
    sections: tuple[NeedSection, ...]
    """What waits for the position, and what else it finds, by heading."""
    ways_on: tuple[Link, ...]
    """Where the rest of this duty's work is."""
    figures: tuple[Figure, ...]
    map: TileMap | State
    filters: tuple[Select, ...]
    """Indicator and period of the map, kept in the URL."""


def fill(visitor: Visitor, metric: str | None) -> Cockpit:
    position = visitor.principal.position
    home = position.region if position else province().code
    spec = map_metric(visitor, metric)
    named, known = page_choices().cockpit_figures, visitor.metrics()
    specs = [known[name] for name in named if name in known]
    who = asker(visitor)
    shown = tuple(
        figures.figure(who, s, parent=home, href=f"/official/region/{home}?metric={s.id}")
        for s in specs
    )
    return Cockpit(
        frame=visitor.frame,
        path=region_path(home),
        region=describe.region_name(home),
        sections=sections(visitor, shown),
        ways_on=ways_on(visitor),
        figures=shown,
        map=region_map(visitor, spec, home),
        filters=(metric_select(visitor, spec),) if spec else (),
    )


@router.get("/official/")
def page(request: Request, visitor: InOffice, metric: str | None = None) -> HTMLResponse:
    return render(request, "official/cockpit.html", fill(visitor, metric))
