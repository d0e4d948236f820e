"""What search engines, browsers and feed readers ask a site for: sitemaps, OpenSearch, Atom.

Sitemaps list the pages of entries (sitemaps.org 0.9), 10,000 in a file. The Atom feed (RFC 4287)
has the entries that changed last; with words, or facets, those of a search.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Annotated
from urllib.parse import quote
from xml.etree import ElementTree as Xml

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from xihu_catalog.datasets.facts import EntryFacts
from xihu_catalog.formats.clean import clean, one_line, segment
from xihu_catalog.registry.codes import code_list
from xihu_catalog.search.asking import SearchQuery
from xihu_catalog.search.index import OFFSET_LIMIT
from xihu_platform.errors import NotFound
from xihu_platform.words import Language, Text
from xihu_portals.api.auth import Caller, services_of
from xihu_portals.api.datasets import FacetText, language, parse_facet
from xihu_portals.api.dcat import TITLE, document
from xihu_portals.services import Services

PAGES = 10_000
"""Addresses of one sitemap; the protocol allows 50,000."""
PORTAL = (
    *("/", "/services", "/search", "/metrics", "/places", "/standards"),
    *("/publishers", "/topics"),
)
FEED = 50
"""Entries of the Atom feed."""
ATOM, OPEN_SEARCH = "http://www.w3.org/2005/Atom", "http://a9.com/-/spec/opensearch/1.1/"
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
SHORT_NAME = Text("西湖公共数据", "Xihu data")  # OpenSearch allows 16 characters
SEARCH = Text("查找开放数据、指标和服务", "Find open data, figures and services")
router = APIRouter(include_in_schema=False)


@router.get("/sitemap.xml")
def get_sitemaps(request: Request, caller: Caller) -> Response:
    """The index of the sitemaps."""
    services = services_of(request)
    base, count = _base(services), services.entries.count()
    root = Xml.Element("sitemapindex", xmlns=SITEMAP)
    for number in range(1, max(1, -(-count // PAGES)) + 1):
        one = Xml.SubElement(root, "sitemap")
        Xml.SubElement(one, "loc").text = f"{base}/sitemap-{number}.xml"
    return document(request, caller, _xml(root), "application/xml")


@router.get("/sitemap-{number}.xml")
def get_sitemap(request: Request, caller: Caller, number: int) -> Response:
    """The pages of entries, in the order of their ids."""
    services = services_of(request)
    base = _base(services)
    ids = services.entries.ids((number - 1) * PAGES, PAGES) if 0 < number < OFFSET_LIMIT else []
    if not ids and number != 1:
        raise NotFound(f"没有第 {number} 个网站地图", f"there is no sitemap {number}")
    root = Xml.Element("urlset", xmlns=SITEMAP)
    first = (*PORTAL, *_grouped(services)) if number == 1 else ()
    for path in (*first, *(f"/datasets/{segment(one)}" for one in ids)):
        Xml.SubElement(Xml.SubElement(root, "url"), "loc").text = f"{base}{path}"
    return document(request, caller, _xml(root), "application/xml")


def _grouped(services: Services) -> list[str]:
    """The pages of topics and publishers that have an entry."""
    facets = services.search.search(SearchQuery(limit=1, counts=True)).facets
    topics = sorted(code for code, _ in facets["topic"] if code in code_list("topics"))
    publishers = sorted(key for key, _ in facets["provider"])
    return [
        *(f"/topics/{quote(code, safe='')}" for code in topics),
        *(f"/publishers/{quote(key, safe='')}" for key in publishers),
    ]


@router.get("/opensearch.xml")
def get_search_description(request: Request, caller: Caller) -> Response:
    """How a browser asks the search box of this site."""
    services, lang = services_of(request), language(request)
    base = _base(services)
    root = Xml.Element("OpenSearchDescription", xmlns=OPEN_SEARCH)
    Xml.SubElement(root, "ShortName").text = SHORT_NAME.to(lang)
    Xml.SubElement(root, "Description").text = SEARCH.to(lang)
    Xml.SubElement(root, "InputEncoding").text = "UTF-8"
    for kind, path in (("text/html", "/search"), ("application/atom+xml", "/catalog.atom")):
        template = f"{base}{path}?q={{searchTerms}}"
        Xml.SubElement(root, "Url", type=kind, template=template)
    kind = "application/opensearchdescription+xml"
    return document(request, caller, _xml(root), kind)


@router.get("/catalog.atom")
def get_feed(
    request: Request,
    caller: Caller,
    q: Annotated[str, Query(max_length=200)] = "",
    facet: Annotated[list[FacetText] | None, Query(description="name:value, repeated")] = None,
) -> Response:
    """The entries that changed last; with words or facets the best of a search, newest first."""
    services, lang = services_of(request), language(request)
    entries = services.entries
    if q.strip() or facet:
        pairs = tuple(parse_facet(text) for text in facet or ())
        ids = services.search.search(SearchQuery(q, pairs, limit=FEED, as_typed=True)).ids
        found: Iterable[EntryFacts] = entries.find_many(ids).values()
    else:
        found = entries.newest(FEED)
    address = f"{_base(services)}{request.url.path}"
    if request.url.query:
        address += f"?{request.url.query}"
    content = _xml(_feed(found, lang, address, _base(services), one_line(q)))
    return document(request, caller, content, "application/atom+xml")


def _feed(
    found: Iterable[EntryFacts], lang: Language, address: str, base: str, text: str
) -> Xml.Element:
    entries = sorted(found, key=lambda one: (changed_at(one), one.id), reverse=True)
    root = Xml.Element("feed", {"xmlns": ATOM, "xml:lang": lang})
    Xml.SubElement(root, "id").text = address
    title = TITLE.to(lang)
    Xml.SubElement(root, "title").text = f"{title}: {text}" if text else title
    Xml.SubElement(root, "updated").text = _moment(max(map(changed_at, entries), default=NEVER))
    Xml.SubElement(root, "link", rel="self", href=address)
    page = f"{base}/search" + (f"?q={quote(text)}" if text else "")
    Xml.SubElement(root, "link", rel="alternate", href=page)
    for one in entries:
        entry = Xml.SubElement(root, "entry")
        Xml.SubElement(entry, "id").text = one.iri
        Xml.SubElement(entry, "title").text = one_line(_said(one.title, lang)) or one.id
        Xml.SubElement(entry, "updated").text = _moment(changed_at(one))
        Xml.SubElement(entry, "link", rel="alternate", type="text/html", href=one.page)
        author = Xml.SubElement(entry, "author")
        Xml.SubElement(author, "name").text = one_line(_said(one.publisher.name, lang)) or "—"
        Xml.SubElement(entry, "summary").text = clean(_said(one.description, lang))
    return root


NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def changed_at(facts: EntryFacts) -> datetime:
    """When it was loaded, or when its source changed it; a day is its first moment in UTC."""
    harvested = facts.origin.harvested_at if facts.origin else None
    found: date | datetime | None = facts.state.loaded_at or facts.modified or harvested
    if found is None:
        return NEVER
    if not isinstance(found, datetime):
        return datetime.combine(found, time(), UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _said(text: Text, lang: Language) -> str:
    return text.to(lang) or text.zh or text.en


def _xml(root: Xml.Element) -> bytes:
    content: bytes = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
    return content


def _base(services: Services) -> str:
    return services.node.settings.base_url.rstrip("/")
