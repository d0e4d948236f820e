"""The catalogue: search over all that the position may know of."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from xihu_catalog.datasets.entries import is_stored
from xihu_catalog.datasets.public_counts import public_count
from xihu_catalog.datasets.service import Entry
from xihu_catalog.registry.people import organisation_name
from xihu_catalog.search.asking import SearchQuery
from xihu_catalog.search.index import Found
from xihu_catalog.sharing.needs import DATA_NEED
from xihu_platform.words import Text
from xihu_portals.official.access import DUTY, Access, access_of, is_told_counts
from xihu_portals.pages import describe
from xihu_portals.pages.data_needs import way_to_say
from xihu_portals.pages.describe import region_name
from xihu_portals.pages.matter_new import ways_to_open
from xihu_portals.pages.new_subscription import search_subscription
from xihu_portals.pages.searching import (
    KIND_NAMES,
    PAGE,
    SearchAddress,
    address_of,
    chosen_links,
    facet_parts,
    kept,
    notes,
    pages_found,
    search_datasets,
)
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Choice, Facet, Freshness, Link, Pager, SearchNotes, Words
from xihu_portals.web.render import render

router = APIRouter()
ELSEWHERE = Text("其他目录", "Other catalogues")
ATTESTED = Text("不予共享的数据", "Data that is not shared")
ELSEWHERE_SHOWN = 5


@dataclass(frozen=True, slots=True)
class CatalogueHit:
    id: str
    href: str
    title: Words
    line: Words
    owner: Text
    freshness: Freshness
    rows: int
    cycle: Text
    share_class: Text
    grades: tuple[str, ...]
    """The grades of its fields: L1 … L4."""
    access: Access
    """For this position: may be used now, may be requested, may not be shared."""


@dataclass(frozen=True, slots=True)
class CataloguePage:
    """11 · Search over all that the position may know of."""

    frame: PageFrame
    query: str
    terms: tuple[str, ...]
    hits: tuple[CatalogueHit, ...]
    facets: tuple[Facet, ...]
    pager: Pager
    notes: SearchNotes = SearchNotes()
    others: tuple[tuple[Text, tuple[Link, ...]], ...] = ()
    """Figures, places and pages found for the same words, by kind."""
    chosen: tuple[Link, ...] = ()
    kept: tuple[Choice, ...] = ()
    need: str | None = None
    """Where nothing was found: the way to say what is needed, for those who may."""
    subscribe: str | None = None
    """Where the search is subscribed to; None without words and facets."""


def fill(visitor: Visitor, address: SearchAddress) -> CataloguePage:
    services = visitor.services
    asked = SearchQuery(
        address.text, address.facets, address.offset, address.limit, own=True, counts=True
    )
    found = search_datasets(visitor, asked)
    entries = [services.catalogue.get_entry(name) for name in found.ids]
    return CataloguePage(
        frame=visitor.frame,
        query=address.text,
        terms=found.terms,
        hits=tuple(_hit(visitor, entry) for entry in entries),
        facets=facet_parts(address, found),
        pager=address.pager(len(entries), found.total),
        notes=notes(found, "/official/datasets", services.catalogue.contracts.find),
        others=_others(visitor, found, address),
        chosen=chosen_links(address, found),
        kept=kept(address),
        need=_way_to_need(visitor, address, found),
        subscribe=search_subscription(visitor, address),
    )


def _way_to_need(visitor: Visitor, address: SearchAddress, found: Found) -> str | None:
    if found.ids or address.facets or not address.text.strip():
        return None
    return way_to_say(address.text) if ways_to_open(visitor, (DATA_NEED,)) else None


def _others(
    visitor: Visitor, found: Found, address: SearchAddress
) -> tuple[tuple[Text, tuple[Link, ...]], ...]:
    """None on later pages, or under facets, which are of datasets alone."""
    if address.offset or address.facets:
        return ()
    places = [Link(region_name(code), f"/official/region/{code}") for code in found.places]
    figures: list[Link] = []
    pages: list[Link] = []
    if found.terms:
        text = found.corrected or address.text
        ids = visitor.services.search.search(SearchQuery(text, kind="figure")).ids
        metrics = visitor.metrics()
        figures = [
            Link(metrics[name].name, f"/official/metrics/{name}") for name in ids if name in metrics
        ]
        pages = [Link(page.title, page.href) for page in pages_found(visitor, text)]
    groups = {
        KIND_NAMES["figure"]: figures,
        KIND_NAMES["place"]: places,
        KIND_NAMES["page"]: pages,
        **_elsewhere(visitor, found, address),
    }
    return tuple((name, tuple(links)) for name, links in groups.items() if links)


def _elsewhere(visitor: Visitor, found: Found, address: SearchAddress) -> dict[Text, list[Link]]:
    """The best stored entries for the same words, harvested or attested: their pages are the public
    ones."""
    services, text = visitor.services, found.corrected or address.text
    if not found.terms:
        return {}
    ids = services.search.search(SearchQuery(text, limit=PAGE, as_typed=True)).ids
    stored = [one for one in ids if is_stored(one)][:ELSEWHERE_SHOWN]
    groups: dict[Text, list[Link]] = {}
    for one, known in services.entries.find_many(stored).items():
        name = ATTESTED if known.kind == "attestation" else ELSEWHERE
        groups.setdefault(name, []).append(Link(known.title, f"/datasets/{one}"))
    return groups


def _hit(visitor: Visitor, entry: Entry) -> CatalogueHit:
    contract = entry.contract
    decision = visitor.services.gateway.decide(visitor.principal, contract.dataset, DUTY)
    return CatalogueHit(
        id=contract.dataset,
        href=f"/official/datasets/{contract.dataset}",
        title=contract.title,
        line=contract.summary,
        owner=organisation_name(contract.provider),
        freshness=describe.freshness(entry.heartbeat),
        rows=public_count(
            contract, entry.heartbeat.rows, public=not is_told_counts(visitor, contract)
        ),
        cycle=describe.label("update_cycle", contract.update_cycle),
        share_class=describe.label("share_class", contract.share_class),
        grades=tuple(sorted({f.grade for f in contract.fields})),
        access=access_of(decision),
    )


@router.get("/official/catalogue")
def page(request: Request, visitor: InOffice) -> HTMLResponse:
    view = fill(visitor, address_of(request, "/official/catalogue"))
    return render(request, "official/catalogue.html", view, piece="official/catalogue_results.html")
