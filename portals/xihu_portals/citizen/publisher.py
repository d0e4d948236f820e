"""One publisher: who it is, its entries, and in which state their data is."""

from collections.abc import Iterable
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from xihu_catalog.datasets.facts import EntryFacts
from xihu_catalog.formats.clean import find_email, find_iri
from xihu_catalog.registry.people import organisations
from xihu_catalog.search.documents import facet_label
from xihu_platform.errors import NotFound
from xihu_platform.regions import Region
from xihu_platform.words import Text
from xihu_portals.pages.describe import region_name
from xihu_portals.pages.harvest_words import either
from xihu_portals.pages.listing import (
    PUBLISHERS_PATH,
    EntryListing,
    FacetValueAsked,
    ListAsked,
    asked_of,
    entries_of,
    publisher_href,
    values_of,
)
from xihu_portals.pages.visitor import CitizenVisitor, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import FacetOption, Link
from xihu_portals.web.render import render

CONTACTS = 5
"""Different contacts of the entries on the page that are shown."""
_LEVELS = {
    "province": Text("省级", "province"),
    "city": Text("市级", "city"),
    "county": Text("县级", "county"),
}
router = APIRouter()


@dataclass(frozen=True, slots=True)
class PublisherPage:
    """Who is this publisher, and what does it publish?"""

    frame: PageFrame
    name: Text
    uscc: str | None
    """Unified social credit code; None of a publisher that the registry does not know."""
    region: Text | None
    level: Text | None
    listing: EntryListing
    topics: tuple[FacetOption, ...]
    contacts: tuple[Link, ...]
    """As the entries on the page have them; an empty address where it is a name alone."""


def fill(visitor: Visitor, asked: FacetValueAsked) -> PublisherPage:
    """Raises NotFound for a publisher of no entry that the reader knows of."""
    known = organisations().get(asked.value)
    listing = entries_of(visitor, asked)
    if not listing.total:
        raise NotFound(
            f"没有发布单位“{asked.value[:64]}”，请在“发布单位”页查找",
            f"there is no publisher “{asked.value[:64]}”: look for it on the page of publishers",
        )
    ids = [entry.href.rpartition("/")[2] for entry in listing.entries]
    level = Region(known.region).level if known else None
    return PublisherPage(
        frame=visitor.frame,
        name=Text(*facet_label("provider", asked.value)),
        uscc=asked.value if known else None,
        region=region_name(known.region) if known else None,
        level=_LEVELS.get(level) if level else None,
        listing=listing,
        topics=values_of(listing.found, "topic", asked.pair),
        contacts=_contacts(visitor.services.entries.find_many(ids).values()),
    )


def _contacts(entries: Iterable[EntryFacts]) -> tuple[Link, ...]:
    """Of entries of other catalogues; that of our own entries is their page."""
    found: dict[str, Link] = {}
    for facts in entries:
        one = facts.contact
        if facts.origin is None or one is None or not (one.name.zh or one.name.en or one.email):
            continue
        email = find_email(one.email or "")
        href = f"mailto:{email}" if email else find_iri(one.url or "") or ""
        name = either(one.name, email or "—")
        found.setdefault(f"{name.zh} {href}", Link(name, href))
    return tuple(found.values())[:CONTACTS]


@router.get(f"{PUBLISHERS_PATH}/{{publisher:path}}")
def page(
    request: Request, visitor: CitizenVisitor, publisher: str, query: ListAsked
) -> HTMLResponse:
    """`publisher`: the value of the search's facet, a credit code or a name."""
    asked = asked_of(request, "provider", publisher, publisher_href(publisher), query)
    return render(request, "citizen/publisher.html", fill(visitor, asked))
