"""Searching: services, open datasets and public figures for some words; titles while typing."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from xihu_catalog.datasets.entries import is_stored
from xihu_catalog.datasets.facts import EntryFacts
from xihu_catalog.datasets.public_counts import public_count
from xihu_catalog.datasets.service import Entry
from xihu_catalog.registry.codes import code_list
from xihu_catalog.registry.people import organisation_name
from xihu_catalog.search.asking import SearchQuery
from xihu_catalog.search.documents import SearchPage, facet_label
from xihu_catalog.search.index import Found
from xihu_catalog.services.finding import service_finder
from xihu_catalog.services.item import ServiceItem
from xihu_catalog.services.items import service_items
from xihu_platform.access.decision import Allow
from xihu_platform.access.policy import Purpose
from xihu_platform.brain.spec import MetricSpec
from xihu_platform.errors import Reason
from xihu_platform.words import Text
from xihu_portals.citizen.asker import asker
from xihu_portals.pages import describe, figures
from xihu_portals.pages.describe import region_name
from xihu_portals.pages.figures import parent_of, place_with_values
from xihu_portals.pages.harvest_words import either
from xihu_portals.pages.listing import PUBLISHERS_PATH, TOPICS_PATH, publisher_href
from xihu_portals.pages.new_subscription import search_subscription
from xihu_portals.pages.places import find_places, with_region
from xihu_portals.pages.searching import (
    SearchAddress,
    address_of,
    chosen_links,
    facet_parts,
    kept,
    kind_options,
    notes,
    pages_found,
    search_datasets,
)
from xihu_portals.pages.visitor import CitizenVisitor, Visitor
from xihu_portals.services import Services
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import (
    Choice,
    Facet,
    FacetOption,
    Figure,
    Freshness,
    Link,
    Pager,
    SearchNotes,
    Words,
)
from xihu_portals.web.render import render

FIRST_SHOWN = 3
"""Of places, figures and pages, before the datasets."""
SERVICES_SHOWN = 5
"""Services come first: whoever has an event of life to deal with finds all of it at once."""
METRICS_PATH, PLACE_PATH = "/metrics", "/places"
CLOSED = (("open_class", "restricted"), ("open_class", "banned"))
FACETS_SHOWN = ("topic", "provider", "update_cycle", "format")
"""Whether a dataset is open is no filter here: the open ones come first, the others apart."""
FACET_PAGES = {"topic": TOPICS_PATH, "provider": PUBLISHERS_PATH}
NOT_SHARED = Reason(
    "attested",
    Text(
        "部门有这些数据，依法不予共享。",
        "Departments have this data and are forbidden to share it.",
    ),
    Text("《政务数据共享条例》第十五条", "Order 809 art. 15"),
    Text(
        "条目中写明了依据的规定和复核期限。",
        "Its entry names the provision and the day by which that is reviewed.",
    ),
)
STORED_CLOSED = 20
"""Entries without a contract that are looked for among what is not open."""
CLOSED_ELSEWHERE = Reason(
    "closed_elsewhere",
    Text(
        "数据在其他目录，那里不向公众开放。",
        "The data is in another catalogue, and is not open to the public there.",
    ),
    Text("其他目录的条目", "Entries of other catalogues"),
    Text("可以向来源机构申请。", "Ask its publisher for it."),
)
router = APIRouter()


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer of a search; the searched words are marked from `Search.terms`."""

    kind: Literal["service", "dataset", "figure", "place", "page"]
    id: str
    href: str
    title: Words
    line: Words
    owner: Text | None = None
    freshness: Freshness | None = None
    rows: int | None = None
    formats: tuple[str, ...] = ()
    cycle: Text | None = None
    figure: Figure | None = None
    """The number itself, when the hit is one."""
    harvested: bool = False
    """Its data is at another catalogue's."""


@dataclass(frozen=True, slots=True)
class ClosedGroup:
    """Datasets that are not open to all, for one and the same reason."""

    reason: Reason
    datasets: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """2 · Is there data on …?"""

    frame: PageFrame
    query: str
    terms: tuple[str, ...]
    hits: tuple[Hit, ...]
    facets: tuple[Facet, ...]
    pager: Pager
    kinds: tuple[FacetOption, ...] = ()
    """How much was found of each kind."""
    notes: SearchNotes = SearchNotes()
    closed: tuple[ClosedGroup, ...] = ()
    """What was found but is not open to all, by the reason."""
    chosen: tuple[Link, ...] = ()
    """The filters in force, each with the address that lifts it."""
    kept: tuple[Choice, ...] = ()
    """Filters the search form must carry on, as hidden fields: name and value."""
    about: tuple[Link, ...] = ()
    """The pages of the topics and publishers that were chosen."""
    everything: Link | None = None
    """All open datasets, when nothing was found."""
    subscribe: str | None = None
    """Where the search is subscribed to; None without words and facets."""


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Words for services and titles of data that begin like what has been typed."""

    frame: PageFrame
    titles: tuple[Words, ...]


def fill(visitor: Visitor, address: SearchAddress) -> Search:
    """Services, places, figures, pages, then the open datasets; the closed ones behind one line.

    With `address.kind` one kind alone, all of it.
    """
    services = visitor.services
    chosen = tuple(pair for pair in address.facets if pair[0] in FACETS_SHOWN)
    asked = SearchQuery(
        address.text, chosen, address.offset, address.limit, public=True, counts=True
    )
    found = search_datasets(visitor, asked)
    others = _others(visitor, found, address, narrowed=bool(chosen))
    datasets = address.kind in {"", "dataset"}
    ids = found.ids if datasets else ()
    shown = others.of(address.kind)
    typed = bool(found.ids) and found.corrected is None  # then no other spelling is looked for
    own = replace(asked, facets=(*chosen, *CLOSED), own=True, public=False, as_typed=typed)
    closed = _closed(visitor, replace(own, offset=0, limit=100, counts=False))
    return Search(
        frame=visitor.frame,
        query=address.text,
        terms=found.terms,
        hits=(
            *(_service_hit(item) for item in shown.services),
            *(_place_hit(code) for code in shown.places),
            *_figure_hits(visitor, shown.figures, found.place),
            *(_page_hit(page) for page in shown.pages),
            *dataset_hits(services, ids, found.place),
        ),
        facets=facet_parts(address, found, FACETS_SHOWN, FACET_PAGES) if datasets else (),
        pager=address.pager(len(ids), found.total) if datasets else Pager(0, found.total),
        kinds=kind_options(address, {"dataset": found.total, **others.counts}),
        notes=_notes(visitor, found, others),
        closed=closed if datasets else (),
        chosen=chosen_links(replace(address, facets=chosen), found),
        kept=kept(replace(address, facets=chosen)),
        about=tuple(_about(chosen)),
        everything=None if ids else _everything(visitor),
        subscribe=search_subscription(visitor, replace(address, facets=chosen))
        if datasets
        else None,
    )


def _about(chosen: tuple[tuple[str, str], ...]) -> Iterator[Link]:
    for name, value in chosen:
        label = Text(*facet_label(name, value))
        if name == "provider":
            yield Link(label, publisher_href(value))
        elif name == "topic" and value in code_list("topics"):
            yield Link(label, f"{TOPICS_PATH}/{value}")


@dataclass(frozen=True, slots=True)
class _Others:
    """What is found besides datasets."""

    places: tuple[str, ...] = ()
    figures: tuple[MetricSpec, ...] = ()
    pages: tuple[SearchPage, ...] = ()
    services: tuple[ServiceItem, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        return {
            "service": len(self.services),
            "figure": len(self.figures),
            "place": len(self.places),
            "page": len(self.pages),
        }

    def of(self, kind: str) -> "_Others":
        """All of one kind; without a kind the first of each."""
        if not kind:
            shown = (self.places[:FIRST_SHOWN], self.figures[:FIRST_SHOWN])
            return _Others(*shown, self.pages[:FIRST_SHOWN], self.services[:SERVICES_SHOWN])
        return _Others(
            self.places if kind == "place" else (),
            self.figures if kind == "figure" else (),
            self.pages if kind == "page" else (),
            self.services if kind == "service" else (),
        )


def _others(visitor: Visitor, found: Found, address: SearchAddress, *, narrowed: bool) -> _Others:
    """None on later pages, or under facets, which are of datasets alone."""
    if address.offset or narrowed:
        return _Others()
    places = found.places or tuple(one.code for one in find_places(address.text)[:1])
    items = _services(address.text, found)
    if not found.terms:
        return _Others(places=places, services=items)
    if found.former and found.place is None:  # no figure is that of a place that was divided
        return _Others(places, pages=pages_found(visitor, found.rest), services=items)
    text = found.corrected or address.text
    ids = visitor.services.search.search(SearchQuery(text, kind="figure", limit=100)).ids
    specs = (visitor.services.metrics[name] for name in ids)
    public = tuple(spec for spec in specs if spec.audience == "public")
    return _Others(places, public, pages_found(visitor, text), items)


def _services(text: str, found: Found) -> tuple[ServiceItem, ...]:
    """Service items; in another spelling only where there are no data for the words either."""
    answer = service_finder().find(text)
    if answer.corrected and found.total:
        return ()
    return tuple(service_items()[one] for one in answer.ids)


def _notes(visitor: Visitor, found: Found, others: _Others) -> SearchNotes:
    """Nobody who finds the service is told where else to ask for it."""
    said = notes(found, "/datasets", visitor.services.catalogue.contracts.find)
    return replace(said, service=False) if others.services else said


def _service_hit(item: ServiceItem) -> Hit:
    return Hit(
        kind="service",
        id=item.id,
        href=f"/services/{item.id}",
        title=item.name.text(),
        line=item.summary.text(),
        owner=organisation_name(item.body),
    )


def _place_hit(code: str) -> Hit:
    name = region_name(code)
    above = (
        Text("和所在市、全省放在一起看", "beside its city and the province")
        if (up := parent_of(code)) is not None and parent_of(up) is not None
        else Text("和全省放在一起看", "beside the province")
    )
    line = Text(f"{name.zh}的十个主要数字，{above.zh}", f"Ten figures of {name.en}, {above.en}")
    return Hit("place", code, f"{PLACE_PATH}/{code}", name, line)


def _page_hit(page: SearchPage) -> Hit:
    return Hit("page", page.href, page.href, page.title, page.text)


def _everything(visitor: Visitor) -> Link:
    total = visitor.services.search.search(SearchQuery(public=True, own=True, limit=1)).total
    label = Text(f"看全部 {total} 个开放数据集", f"See all {total} open datasets")
    return Link(label, "/search")


def dataset_hits(services: Services, ids: tuple[str, ...], place: str | None) -> list[Hit]:
    """In their order; an entry that was removed since the index was built is left out."""
    harvested = services.entries.find_many([one for one in ids if is_stored(one)])
    hits = []
    for one in ids:
        if not is_stored(one):
            hits.append(_hit(services.catalogue.get_entry(one), place))
        elif one in harvested:
            hits.append(_harvested_hit(harvested[one]))
    return hits


def _harvested_hit(facts: EntryFacts) -> Hit:
    return Hit(
        kind="dataset",
        id=facts.id,
        href=f"/datasets/{facts.id}",
        title=either(facts.title, facts.id),
        line=either(facts.description, ""),
        owner=either(facts.publisher.name, "—"),
        formats=tuple(dict.fromkeys(one.form for one in facts.distributions)),
        cycle=describe.label("update_cycle", facts.update_cycle) if facts.update_cycle else None,
        harvested=facts.origin is not None,
    )


def _hit(entry: Entry, place: str | None) -> Hit:
    contract = entry.contract
    return Hit(
        kind="dataset",
        id=contract.dataset,
        href=with_region(f"/datasets/{contract.dataset}", place),
        title=contract.title,
        line=contract.summary,
        owner=organisation_name(contract.provider),
        freshness=describe.freshness(entry.heartbeat),
        rows=public_count(contract, entry.heartbeat.rows),
        formats=describe.formats(entry.heartbeat.rows),
        cycle=describe.label("update_cycle", contract.update_cycle),
    )


def _figure_hits(
    visitor: Visitor, specs: tuple[MetricSpec, ...], place: str | None
) -> tuple[Hit, ...]:
    """The first with their numbers: each is a question to the lake and an entry in the log."""
    return tuple(
        Hit(
            kind="figure",
            id=spec.id,
            href=f"{METRICS_PATH}/{spec.id}{region_query(place_with_values(spec, place))}",
            title=spec.name,
            line=spec.definition,
            figure=figures.figure(asker(visitor), spec, parent=place_with_values(spec, place))
            if number < FIRST_SHOWN
            else None,
        )
        for number, spec in enumerate(specs)
    )


def _closed(visitor: Visitor, query: SearchQuery) -> tuple[ClosedGroup, ...]:
    """Found but not open to all, gathered under the reason the access decision gives."""
    services = visitor.services
    groups: dict[Reason, list[Link]] = {}
    for name in services.search.search(query).ids:
        decision = services.gateway.decide(visitor.principal, name, Purpose("open"))
        if not isinstance(decision, Allow):
            link = Link(services.catalogue.contracts.get(name).title, f"/datasets/{name}")
            groups.setdefault(decision.reason, []).append(link)
    for reason, link in _stored_closed(services, query):
        groups.setdefault(reason, []).append(link)
    return tuple(ClosedGroup(reason, tuple(links)) for reason, links in groups.items())


def _stored_closed(services: Services, query: SearchQuery) -> Iterator[tuple[Reason, Link]]:
    """Entries that no contract compiles into: what departments share with no other, and what is not
    open elsewhere."""
    asked = replace(query, own=False, limit=STORED_CLOSED)
    ids = services.search.search(asked).ids
    known = services.entries.find_many([one for one in ids if is_stored(one)])
    for facts in (known[one] for one in ids if one in known):
        reason = NOT_SHARED if facts.kind == "attestation" else CLOSED_ELSEWHERE
        yield reason, Link(either(facts.title, facts.id), f"/datasets/{facts.id}")


def region_query(place: str | None) -> str:
    return f"?region={place}" if place else ""


def suggestions(visitor: Visitor, text: str) -> Suggestions:
    services = visitor.services
    ids = services.search.search(SearchQuery(text, limit=8, typing=True, public=True)).ids
    known = services.entries.find_many(ids)
    titles = tuple(either(known[one].title, one) for one in ids if one in known)
    said = service_finder().beginning(text, SERVICES_SHOWN)
    return Suggestions(visitor.frame, (*said, *titles))


@router.get("/search")
def page(request: Request, visitor: CitizenVisitor) -> HTMLResponse:
    view = fill(visitor, address_of(request, "/search"))
    return render(request, "citizen/search.html", view, piece="citizen/search_results.html")


@router.get("/search/suggest")
def suggest(request: Request, visitor: CitizenVisitor, q: str = "") -> HTMLResponse:
    """Options for the box's datalist; asked for by htmx while typing."""
    return render(request, "citizen/suggestions.html", suggestions(visitor, q[:100]))
