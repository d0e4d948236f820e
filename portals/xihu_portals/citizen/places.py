"""Choosing a place: by typing its name, or from the list by city."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from xihu_catalog.registry.codes import divisions, province
from xihu_portals.pages.describe import region_name
from xihu_portals.pages.places import find_places
from xihu_portals.pages.visitor import CitizenVisitor, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Link
from xihu_portals.web.render import render

PLACES_PATH = "/places"
router = APIRouter()


@dataclass(frozen=True, slots=True)
class PlaceChoice:
    """Which place do you want to see?"""

    frame: PageFrame
    typed: str
    found: tuple[Link, ...]
    """What the typed text may mean; none where nothing was typed or found."""
    province: Link
    cities: tuple[tuple[Link, tuple[Link, ...]], ...]
    """Each city with its counties, in the order of the codes."""


def fill(visitor: Visitor, typed: str) -> PlaceChoice:
    known = sorted(divisions().values(), key=lambda one: one.code)
    return PlaceChoice(
        frame=visitor.frame,
        typed=typed,
        found=tuple(_link(one.code) for one in find_places(typed)),
        province=_link(province().code),
        cities=tuple(
            (_link(city.code), tuple(_link(one.code) for one in known if one.parent == city.code))
            for city in known
            if city.level == "city"
        ),
    )


def _link(code: str) -> Link:
    return Link(region_name(code), f"{PLACES_PATH}/{code}")


@router.get("/places")
def page(request: Request, visitor: CitizenVisitor, q: str = "") -> Response:
    """A text that means one place leads straight to it."""
    view = fill(visitor, q.strip()[:100])
    if len(view.found) == 1:
        return RedirectResponse(view.found[0].href, status_code=303)
    answer: HTMLResponse = render(request, "citizen/places.html", view)
    return answer
