"""What the data is about: every topic of the registry, with how many entries it has."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from xihu_catalog.registry.codes import code_list
from xihu_catalog.search.asking import SearchQuery
from xihu_portals.pages.listing import TOPICS_PATH
from xihu_portals.pages.visitor import CitizenVisitor, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import FacetOption
from xihu_portals.web.render import render

router = APIRouter()


@dataclass(frozen=True, slots=True)
class TopicsPage:
    """Which topics is there data on?"""

    frame: PageFrame
    topics: tuple[FacetOption, ...]
    """In the order of the code list, those without an entry too."""


def fill(visitor: Visitor) -> TopicsPage:
    counted = dict(
        visitor.services.search.search(SearchQuery(limit=1, counts=True)).facets["topic"]
    )
    return TopicsPage(
        frame=visitor.frame,
        topics=tuple(
            FacetOption(name, counted.get(code, 0), f"{TOPICS_PATH}/{code}")
            for code, name in code_list("topics").items()
        ),
    )


@router.get(TOPICS_PATH)
def page(request: Request, visitor: CitizenVisitor) -> HTMLResponse:
    return render(request, "citizen/topics.html", fill(visitor))
