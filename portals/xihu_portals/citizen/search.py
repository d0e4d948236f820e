"""Searching: the open datasets and public figures for some words, and titles while typing."""

from dataclasses import dataclass, replace
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from xihu_catalog.datasets.public_counts import public_count
from xihu_catalog.datasets.service import Entry
from xihu_catalog.registry.people import organisation_name
from xihu_catalog.search.index import Found, SearchQuery
from xihu_platform.access.decision import Allow
from xihu_platform.access.policy import Purpose
from xihu_platform.brain.spec import MetricSpec
from xihu_platform.errors import Reason
from xihu_platform.words import Text
from xihu_portals.citizen.asker import asker
from xihu_portals.pages import describe, figures
from xihu_portals.pages.places import find_places, with_region
from xihu_portals.pages.searching import (
    SearchAddress,
    address_of,
    chosen_links,
    facet_parts,
    kept,
    notes,
)
from xihu_portals.pages.visitor import CitizenVisitor, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Choice, Facet, Figure, Freshness, Link, Pager, SearchNotes, Words
from xihu_portals.web.render import render

FIGURES_SHOWN = 3
OPEN = ("open_class", "unconditional")
CLOSED = (("open_class", "restricted"), ("open_class", "banned"))
FACETS_SHOWN = ("topic", "provider", "update_cycle", "format")
"""Whether a dataset is open is no filter here: the open ones come first, the others apart."""
router = APIRouter()


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer of a search; the searched words are marked from `Search.terms`."""

    kind: Literal["dataset", "figure"]
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
    figures: int = 0
    """How many public figures were found; the first of them are among the hits."""
    more_figures: tuple[Link, ...] = ()
    notes: SearchNotes = SearchNotes()
    closed: tuple[ClosedGroup, ...] = ()
    """What was found but is not open to all, by the reason."""
    chosen: tuple[Link, ...] = ()
    """The filters in force, each with the address that lifts it."""
    kept: tuple[Choice, ...] = ()
    """Filters the search form must carry on, as hidden fields: name and value."""
    everything: Link | None = None
    """All open datasets, when nothing was found."""
    place: Link | None = None
    """The place that was named, with its ten numbers."""


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Titles that begin like what has been typed."""

    frame: PageFrame
    titles: tuple[Words, ...]


def fill(visitor: Visitor, address: SearchAddress) -> Search:
    """Open datasets; on the first page figures before them; the closed ones behind one line."""
    services = visitor.services
    chosen = tuple(pair for pair in address.facets if pair[0] in FACETS_SHOWN)
    asked = SearchQuery(address.text, (*chosen, OPEN), address.offset, address.limit)
    found = services.search.search(asked)
    hits = [_hit(services.catalogue.get_entry(name), found.place) for name in found.ids]
    figure_specs = _figures_found(visitor, found, address, bool(chosen))
    closed = _closed(visitor, replace(asked, facets=(*chosen, *CLOSED), offset=0, limit=100))
    return Search(
        frame=visitor.frame,
        query=address.text,
        terms=found.terms,
        hits=(*_figure_hits(visitor, figure_specs, found.place), *hits),
        facets=facet_parts(address, found, FACETS_SHOWN),
        pager=address.pager(len(found.ids), found.total),
        figures=len(figure_specs),
        more_figures=tuple(
            Link(s.name, f"/datasets/{s.dataset}") for s in figure_specs[FIGURES_SHOWN:]
        ),
        notes=notes(found, "/datasets", services.catalogue.contracts.find),
        closed=closed,
        chosen=chosen_links(replace(address, facets=chosen), found),
        kept=kept(replace(address, facets=chosen)),
        everything=_everything(visitor),
        place=_place(address, found.place),
    )


def _place(address: SearchAddress, named: str | None) -> Link | None:
    """The page of the place that a text is the name of, or names among other words."""
    whole = find_places(address.text)
    code = whole[0].code if len(whole) == 1 else named
    if address.offset or code is None:
        return None
    return Link(describe.region_name(code), f"/places/{code}")


def _everything(visitor: Visitor) -> Link:
    total = visitor.services.search.search(SearchQuery(facets=(OPEN,), limit=1)).total
    label = Text(f"看全部 {total} 个开放数据集", f"See all {total} open datasets")
    return Link(label, "/search")


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


def _figures_found(
    visitor: Visitor, found: Found, address: SearchAddress, narrowed: bool
) -> list[MetricSpec]:
    """The public figures for the words; none on later pages or under facets of datasets."""
    if address.offset or narrowed or not found.terms:
        return []
    text = found.corrected or address.text
    ids = visitor.services.search.search(SearchQuery(text, kind="figure", limit=100)).ids
    specs = [visitor.services.metrics[name] for name in ids]
    return [spec for spec in specs if spec.audience == "public"]


def _figure_hits(visitor: Visitor, specs: list[MetricSpec], place: str | None) -> tuple[Hit, ...]:
    return tuple(
        Hit(
            kind="figure",
            id=spec.id,
            href=f"/datasets/{spec.dataset}",
            title=spec.name,
            line=spec.definition,
            figure=figures.figure(asker(visitor), spec, parent=place),
        )
        for spec in specs[:FIGURES_SHOWN]
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
    return tuple(ClosedGroup(reason, tuple(links)) for reason, links in groups.items())


def suggestions(visitor: Visitor, text: str) -> Suggestions:
    services = visitor.services
    ids = services.search.search(SearchQuery(text, (OPEN,), limit=8, typing=True)).ids
    titles = tuple(services.catalogue.contracts.get(i).title for i in ids)
    return Suggestions(visitor.frame, titles)


@router.get("/search")
def page(request: Request, visitor: CitizenVisitor) -> HTMLResponse:
    view = fill(visitor, address_of(request, "/search"))
    return render(request, "citizen/search.html", view, piece="citizen/search_results.html")


@router.get("/search/suggest")
def suggest(request: Request, visitor: CitizenVisitor, q: str = "") -> HTMLResponse:
    """Options for the box's datalist; asked for by htmx while typing."""
    return render(request, "citizen/suggestions.html", suggestions(visitor, q[:100]))
