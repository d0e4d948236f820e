"""One topic: what it is called elsewhere, its entries, and who publishes them."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from xihu_catalog.formats.authority import find_term
from xihu_catalog.registry.code_lists import get_code_list
from xihu_catalog.registry.codes import code_list
from xihu_catalog.search.documents import facet_label
from xihu_platform.errors import NotFound
from xihu_platform.words import Text
from xihu_portals.pages.listing import (
    TOPICS_PATH,
    VALUES_SHOWN,
    EntryListing,
    FacetValueAsked,
    ListAsked,
    asked_of,
    entries_of,
    publisher_href,
)
from xihu_portals.pages.standards import CODES_PATH
from xihu_portals.pages.visitor import CitizenVisitor, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import FacetOption, Link
from xihu_portals.web.render import render

router = APIRouter()


@dataclass(frozen=True, slots=True)
class TopicPage:
    """What is this topic, and what data is there on it?"""

    frame: PageFrame
    code: str
    name: Text
    scheme: Link
    """The code list that defines it."""
    theme: Link | None
    """The EU data theme that entries of this topic have in DCAT-AP."""
    listing: EntryListing
    publishers: tuple[FacetOption, ...]


def fill(visitor: Visitor, asked: FacetValueAsked) -> TopicPage:
    """Raises NotFound for a code that the list of topics lacks."""
    name = code_list("topics").get(asked.value)
    if name is None:
        raise NotFound(
            f"没有主题“{asked.value[:64]}”，请在“主题”页查找",
            f"there is no topic “{asked.value[:64]}”: look for it on the page of topics",
        )
    listing = entries_of(visitor, asked)
    theme = find_term("theme", asked.value)
    return TopicPage(
        frame=visitor.frame,
        code=asked.value,
        name=name,
        scheme=Link(get_code_list("topics").name, f"{CODES_PATH}/topics"),
        theme=Link(theme.label, theme.iri) if theme else None,
        listing=listing,
        publishers=tuple(
            FacetOption(Text(*facet_label("provider", key)), count, publisher_href(key))
            for key, count in listing.found.facets["provider"][:VALUES_SHOWN]
        ),
    )


@router.get(f"{TOPICS_PATH}/{{topic}}")
def page(request: Request, visitor: CitizenVisitor, topic: str, query: ListAsked) -> HTMLResponse:
    asked = asked_of(request, "topic", topic, f"{TOPICS_PATH}/{topic}", query)
    return render(request, "citizen/topic.html", fill(visitor, asked))
