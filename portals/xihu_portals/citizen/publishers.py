"""Who publishes: every publisher of an entry, with how many entries it has."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from xihu_catalog.registry.people import organisations
from xihu_catalog.search.asking import BUCKETS, SearchQuery
from xihu_catalog.search.documents import facet_label
from xihu_platform.words import Language, Text
from xihu_portals.pages.listing import PUBLISHERS_PATH, publisher_href, sort_key
from xihu_portals.pages.visitor import CitizenVisitor, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import FacetOption
from xihu_portals.web.preferences import preferences
from xihu_portals.web.render import render

router = APIRouter()


@dataclass(frozen=True, slots=True)
class PublishersPage:
    """Who publishes data here?"""

    frame: PageFrame
    departments: tuple[FacetOption, ...]
    """Organisations of the registry, by name: a list of departments is no ranking."""
    others: tuple[FacetOption, ...]
    """Publishers of other catalogues' entries, by name."""
    limit: int | None
    """How many are listed, where there may be more of them."""


def fill(visitor: Visitor, language: Language) -> PublishersPage:
    counted = visitor.services.search.search(SearchQuery(limit=1, counts=True)).facets["provider"]
    listed = sorted(
        (
            (key, FacetOption(Text(*facet_label("provider", key)), count, publisher_href(key)))
            for key, count in counted
        ),
        key=lambda one: (sort_key(_name(one[1]), language), one[0]),
    )
    known = organisations()
    others = tuple(option for key, option in listed if key not in known)
    return PublishersPage(
        frame=visitor.frame,
        departments=tuple(option for key, option in listed if key in known),
        others=others,
        limit=len(others) if len(counted) >= BUCKETS else None,
    )


def _name(option: FacetOption) -> Text:
    label = option.label
    return label if isinstance(label, Text) else Text(label, label)


@router.get(PUBLISHERS_PATH)
def page(request: Request, visitor: CitizenVisitor) -> HTMLResponse:
    view = fill(visitor, preferences(request).language)
    return render(request, "citizen/publishers.html", view)
