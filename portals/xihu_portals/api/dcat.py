"""The catalogue for other catalogues and tools: DCAT-AP, DCAT-US, Croissant, Data Package, ODCS.

`/catalog` chooses a syntax by the Accept header; `/catalog.ttl`, `.jsonld` and `.rdf` name it.
`/id/…` are the IRIs of entries: they lead to the page or to the document, by the Accept header.
"""

import re
from hashlib import sha256
from typing import Annotated, Literal

import orjson
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import RedirectResponse, Response

from xihu_catalog.contracts.model import policy_of
from xihu_catalog.datasets.facts import AgentFacts, EntryFacts, PlaceFacts
from xihu_catalog.datasets.versions import gone_error
from xihu_catalog.formats.citation import (
    BIBTEX_MEDIA_TYPE,
    CFF_MEDIA_TYPE,
    CitedVersion,
    bibtex_entry,
    cff_document,
)
from xihu_catalog.formats.clean import segment
from xihu_catalog.formats.croissant import CROISSANT_MEDIA_TYPE, croissant_document
from xihu_catalog.formats.dcat import CatalogueFacts, EntriesPage, catalogue_graph, entry_graph
from xihu_catalog.formats.dcat_us import dcat_us_catalogue, dcat_us_dataset
from xihu_catalog.formats.dqv import QualityValue, add_quality
from xihu_catalog.formats.frictionless import frictionless_document
from xihu_catalog.formats.odcs import ODCS_MEDIA_TYPE, odcs_document, odcs_yaml
from xihu_catalog.formats.rdf import RDF_MEDIA_TYPES, RdfSyntax, write_graph
from xihu_catalog.quality.reported import NAMES, reported
from xihu_catalog.registry.codes import place_name
from xihu_catalog.registry.people import organisation_name, organisations, own_region
from xihu_catalog.sharing.requests import authority_in
from xihu_platform.access.policy import Purpose
from xihu_platform.access.unpublished import no_snapshot
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import Conflict, NotFound
from xihu_platform.identity.principal import Principal
from xihu_platform.regions import Region
from xihu_platform.words import Text
from xihu_portals.api.at_moment import find_version, versions_of
from xihu_portals.api.auth import Caller, services_of
from xihu_portals.api.datasets import language
from xihu_portals.api.marks import marked, may_keep, unmarked
from xihu_portals.services import Services

PAGE = 100
"""Entries of a page of the feed."""
Extension = Literal["ttl", "jsonld", "rdf"]
SYNTAXES: dict[Extension, RdfSyntax] = {"ttl": "turtle", "jsonld": "json-ld", "rdf": "rdf-xml"}
TITLE = Text("公共数据目录", "Catalogue of public data")
DESCRIPTION = Text("本平台已发布的数据集和数据接口", "Published datasets and data services")
Number = Annotated[int, Query(ge=1, le=1_000_000, description="Number of the page, from 1")]
EntryId = Annotated[str, Path(max_length=128)]
OdcsForm = Literal["yaml", "json"]
CitationForm = Literal["cff", "bib"]
CitedSnapshot = Annotated[int | None, Query(ge=1, description="Snapshot that is cited")]
router = APIRouter(include_in_schema=False)
"""The documents are described by their own standards and in `docs/how/formats.md`."""
_WEIGHT = re.compile(r"[01](\.[0-9]{0,3})?")


@router.get("/catalog")
def get_catalogue(request: Request, caller: Caller, page: Number = 1) -> Response:
    """A page of the catalogue in DCAT-AP 3.0.1, in the syntax that the Accept header prefers."""
    syntax = preferred_syntax(request.headers.get("accept", "")) or "turtle"
    answer = _catalogue(request, caller, syntax, page)
    answer.headers["Vary"] = "Accept"
    return answer


@router.get("/catalog.{extension}")
def get_catalogue_file(
    request: Request, caller: Caller, extension: Extension, page: Number = 1
) -> Response:
    """A page of the catalogue in DCAT-AP 3.0.1."""
    return _catalogue(request, caller, SYNTAXES[extension], page)


@router.get("/dcat-us.json")
def get_dcat_us_catalogue(request: Request, caller: Caller, page: Number = 1) -> Response:
    """A page of the catalogue in DCAT-US 3.0, in the language of the request; a `Link` header has
    the addresses of the pages before and after (RFC 8288)."""
    services = services_of(request)
    entries = _page_of_entries(services, page)
    about = about_catalogue(services, request.url.path)
    body = dcat_us_catalogue(about, entries, language(request))
    answer = document(request, caller, orjson.dumps(body), "application/json")
    found = {
        "prev": page - 1 if page > 1 else None,
        "next": page + 1 if page < entries.pages else None,
    }
    links = [f'<{about.url}?page={n}>; rel="{rel}"' for rel, n in found.items() if n is not None]
    if links:
        answer.headers["Link"] = ", ".join(links)
    return answer


@router.get("/datasets/{entry}/dcat-us.json")
def get_dcat_us(request: Request, caller: Caller, entry: EntryId) -> Response:
    """One entry in DCAT-US 3.0, in the language of the request."""
    facts = services_of(request).entries.get(entry)
    body = dcat_us_dataset(facts, language(request))
    return document(request, caller, orjson.dumps(body), "application/json")


@router.get("/datasets/{entry}/entry.{extension}")
def get_entry_document(
    request: Request, caller: Caller, entry: EntryId, extension: Extension
) -> Response:
    """One entry in DCAT-AP 3.0.1."""
    facts = services_of(request).entries.get(entry)
    return _entry(request, caller, facts, SYNTAXES[extension])


@router.get("/datasets/{entry}/croissant.json")
def get_croissant(request: Request, caller: Caller, entry: EntryId) -> Response:
    """One entry in Croissant 1.1, for machine-learning tools."""
    body = croissant_document(services_of(request).entries.get(entry))
    return document(request, caller, orjson.dumps(body), CROISSANT_MEDIA_TYPE)


@router.get("/datasets/{entry}/datapackage.json")
def get_data_package(request: Request, caller: Caller, entry: EntryId) -> Response:
    """One open entry as a Data Package 2.0, in the language of the request."""
    body = frictionless_document(services_of(request).entries.get(entry), language(request))
    if body is None:
        raise NotFound(
            f"{entry[:64]} 没有向社会开放的文件，因此没有数据包",
            f"{entry[:64]} has no open files, and therefore no data package",
        )
    return document(request, caller, orjson.dumps(body), "application/json")


@router.get("/datasets/{entry}/odcs.{form}")
def get_odcs(request: Request, caller: Caller, entry: EntryId, form: OdcsForm) -> Response:
    """One entry as a data contract in ODCS 3.1, of what its page shows."""
    facts = services_of(request).entries.get(entry)
    if form == "yaml":
        return document(request, caller, odcs_yaml(facts), ODCS_MEDIA_TYPE)
    return document(request, caller, orjson.dumps(odcs_document(facts)), "application/json")


@router.get("/datasets/{entry}/citation.{form}")
def get_citation(
    request: Request,
    caller: Caller,
    entry: EntryId,
    form: CitationForm,
    snapshot: CitedSnapshot = None,
) -> Response:
    """How an entry is cited, by a snapshot where it has one: CITATION.cff or BibTeX."""
    services, lang = services_of(request), language(request)
    facts = services.entries.get(entry)
    cited = _cited(services, caller, entry, snapshot)
    if form == "cff":
        text, kind = cff_document(facts, cited, lang), CFF_MEDIA_TYPE
    else:
        text, kind = bibtex_entry(facts, cited, lang), BIBTEX_MEDIA_TYPE
    answer = document(request, caller, text.encode(), kind)
    answer.headers["Content-Disposition"] = (
        f'attachment; filename="{"CITATION.cff" if form == "cff" else "citation.bib"}"'
    )
    return answer


def _cited(
    services: Services, caller: Principal, entry: str, snapshot: int | None
) -> CitedVersion | None:
    """The snapshot asked for, or the newest. Raises NotFound, Erased and Expired."""
    contract = services.catalogue.contracts.find(entry)
    if contract is None:
        if snapshot is not None:
            raise no_snapshot(entry, snapshot)
        return None
    purpose = Purpose("open" if caller.position is None else "duty")
    if snapshot is None:
        every = versions_of(services, caller, contract, purpose)
        found = next((one for one in every if one.fate == "kept"), None)
    else:
        found = find_version(services, caller, contract, purpose, snapshot)
        if found is None:
            raise no_snapshot(entry, snapshot)
        if found.fate != "kept":
            raise gone_error(entry, found)
    if found is None or found.loaded_at is None:
        return None
    return CitedVersion(found.snapshot_id, found.loaded_at)


@router.get("/id/dataset/{entry}")
def resolve_entry(
    request: Request, caller: Caller, entry: EntryId, snapshot: CitedSnapshot = None
) -> RedirectResponse:
    """The IRI of an entry leads to its page, or to its document where RDF is preferred; with a
    snapshot, as a citation has it, to what is there of that snapshot or why it is gone."""
    del caller
    if snapshot is not None:
        facts = services_of(request).entries.get(entry)
        to = f"/datasets/{segment(facts.id)}/versions?snapshot={snapshot}"
        return RedirectResponse(to, status_code=303)
    facts = services_of(request).entries.get(entry)
    syntax = preferred_syntax(request.headers.get("accept", ""))
    extension = next((one for one, name in SYNTAXES.items() if name == syntax), None)
    page = f"/datasets/{segment(facts.id)}"
    to = f"{page}/entry.{extension}" if extension else page
    return RedirectResponse(to, status_code=303, headers={"Vary": "Accept"})


def preferred_syntax(accept: str) -> RdfSyntax | None:
    """The RDF syntax that an Accept header prefers to a page; None where it prefers the page.

    >>> preferred_syntax("text/html,application/xml;q=0.9"), preferred_syntax("")
    (None, None)
    >>> preferred_syntax("application/ld+json"), preferred_syntax("text/html;q=0.5, text/turtle")
    ('json-ld', 'turtle')
    """
    weights = _weights(accept)
    known = {kind.partition(";")[0]: name for name, kind in RDF_MEDIA_TYPES.items()}
    best = max(known, key=lambda kind: weights.get(kind, 0.0))
    page = max(weights.get("text/html", 0.0), weights.get("application/xhtml+xml", 0.0))
    return known[best] if weights.get(best, 0.0) > page else None


def _weights(accept: str) -> dict[str, float]:
    """By media type; a weight that is not a number counts as 0 (RFC 9110, section 12.5.1)."""
    found: dict[str, float] = {}
    for part in accept.split(","):
        kind, *parameters = (one.strip().lower() for one in part.split(";"))
        weight = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        found[kind] = float(weight) if _WEIGHT.fullmatch(weight) else 0.0
    return found


def _catalogue(request: Request, caller: Principal, syntax: RdfSyntax, number: int) -> Response:
    services = services_of(request)
    entries = _page_of_entries(services, number)
    graph = catalogue_graph(about_catalogue(services, request.url.path), entries)
    return document(request, caller, write_graph(graph, syntax), RDF_MEDIA_TYPES[syntax])


def _page_of_entries(services: Services, number: int) -> EntriesPage:
    """Raises NotFound for a page behind the last one."""
    total = services.entries.count()
    pages = max(1, -(-total // PAGE))
    if number > pages:
        raise NotFound(
            f"目录共 {pages} 页，没有第 {number} 页",
            f"the catalogue has {pages} pages: there is no page {number}",
        )
    entries = services.entries.page((number - 1) * PAGE, PAGE)
    return EntriesPage(entries, number, pages, total)


def _entry(request: Request, caller: Principal, facts: EntryFacts, syntax: RdfSyntax) -> Response:
    graph = entry_graph(facts)
    add_quality(graph, facts.iri, _quality(services_of(request), caller, facts.id))
    content = write_graph(graph, syntax)
    return document(request, caller, content, RDF_MEDIA_TYPES[syntax])


def _quality(services: Services, caller: Principal, entry: str) -> list[QualityValue]:
    """As the public has it; nothing of an entry of another catalogue."""
    contract = services.catalogue.contracts.find(entry)
    if contract is None:
        return []
    unreadable = policy_of(contract).closed_fields
    found = reported(
        services.quality().measure(contract, caller), public=True, unreadable=unreadable
    )
    return [
        QualityValue(one.id, NAMES[one.id], one.share)
        for one in found.dimensions
        if one.share is not None
    ]


def document(request: Request, caller: Principal, content: bytes, media_type: str) -> Response:
    if not may_keep(caller, about_persons=False):
        return unmarked(content, media_type)
    digest = sha256(content).hexdigest()
    gateway = services_of(request).gateway
    return marked(request, gateway, caller, content, digest, media_type)


def about_catalogue(services: Services, path: str = "/catalog") -> CatalogueFacts:
    """The catalogue of this node; `path` is the address at which its pages are requested."""
    base = services.node.settings.base_url.rstrip("/")
    region = own_region()
    name = place_name(region)
    return CatalogueFacts(
        iri=f"{base}/id/catalogue",
        url=f"{base}{path}",
        homepage=f"{base}/",
        title=TITLE,
        description=DESCRIPTION,
        publisher=_publisher(services, base, region),
        place=PlaceFacts(region, name) if name else None,
    )


def _publisher(services: Services, base: str, region: str) -> AgentFacts:
    """The data authority of the node's region, else the first organisation of the registry."""
    try:
        with transaction(services.node.database) as session:
            uscc = authority_in(session, region, civil_date(services.node.clock()))
    except Conflict:
        uscc = min(organisations(), default="-")
    level = Region(region).level if region else None
    return AgentFacts(f"{base}/id/organisation/{segment(uscc)}", organisation_name(uscc), level)
