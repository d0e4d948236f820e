"""The entries that have one value of a facet: those of a publisher, or of a topic. Both pages are
this list under a head of their own.

Entries of this node come first, by title or by their newest load. Entries without a contract, which
are of other catalogues or hold no data, follow in the order of the search index: it has no dates.
What is counted and listed is what the search finds for the same facet.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal, get_args
from urllib.parse import quote, urlencode

from fastapi import Depends, Request

from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.facts import EntryFacts
from xihu_catalog.datasets.service import Heartbeat
from xihu_catalog.registry.people import organisation_name, organisations
from xihu_catalog.search.asking import SearchQuery
from xihu_catalog.search.documents import facet_label
from xihu_catalog.search.index import OFFSET_LIMIT, Found
from xihu_platform.errors import BadInput, NotFound
from xihu_platform.words import Language, Text
from xihu_portals.pages import describe
from xihu_portals.pages.harvest_words import either
from xihu_portals.pages.new_subscription import search_subscription
from xihu_portals.pages.searching import SearchAddress
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.address import number
from xihu_portals.web.parts import Choice, FacetOption, Freshness, Pager, Select, Words
from xihu_portals.web.preferences import preferences

PUBLISHERS_PATH, TOPICS_PATH = "/publishers", "/topics"
PAGE = 20
VALUES_SHOWN = 50
Order = Literal["title", "newest"]
EntryState = Literal["live", "late", "broken", "unbound", "elsewhere", "attested"]
"""`unbound`: no data was ever loaded; `broken`: it was, and cannot be read. `elsewhere`: the data
is at another catalogue. `attested`: a department has it and may not share it."""
_ORDERS: dict[Order, Text] = {
    "title": Text("按名称", "by title"),
    "newest": Text("按装载时间，最新的在前", "by the newest load"),
}
_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FacetValueAsked:
    """A value of a facet, and how its entries are to be listed."""

    facet: Literal["provider", "topic"]
    value: str
    path: str
    order: Order = "title"
    page: int = 1
    language: Language = "zh"

    @property
    def pair(self) -> tuple[str, str]:
        return self.facet, self.value

    def href(self, page: int) -> str:
        said: dict[str, str] = {} if self.order == "title" else {"order": self.order}
        said |= {"page": str(page)} if page > 1 else {}
        return f"{self.path}?{urlencode(said)}" if said else self.path


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One entry: `opening` is its class, None where a source does not say it."""

    href: str
    title: Words
    line: Words
    owner: Words
    state: EntryState
    opening: Text | None
    freshness: Freshness | None = None


@dataclass(frozen=True, slots=True)
class EntryListing:
    """The entries of a facet's value, a page of them, counted by state."""

    total: int
    states: tuple[tuple[EntryState, int], ...]
    entries: tuple[EntryLine, ...]
    pager: Pager
    order: Select
    search: str
    """The same entries in the search."""
    feed: str
    found: Found
    """With the counts of the other facets."""
    mixed: bool
    """Whether there are entries of this node and others."""
    formats: tuple[FacetOption, ...]
    subscribe: str | None
    """Where new entries of these are subscribed to."""


@dataclass(frozen=True, slots=True)
class ListQuery:
    """The parameters of both pages."""

    order: str = ""
    page: str | None = None


ListAsked = Annotated[ListQuery, Depends()]


def asked_of(
    request: Request, facet: Literal["provider", "topic"], value: str, path: str, query: ListQuery
) -> FacetValueAsked:
    """What the address of a page asks for. Raises BadInput."""
    return FacetValueAsked(
        facet=facet,
        value=value,
        path=path,
        order=_order_in(query.order),
        page=number(query.page, "page") or 1,
        language=preferences(request).language,
    )


def _order_in(text: str) -> Order:
    found = next((one for one in _ORDERS if one == (text or "title")), None)
    if found is None:
        raise BadInput(
            "网址中的 order 应为 title 或 newest", "order in the address is title or newest"
        )
    return found


def entries_of(visitor: Visitor, asked: FacetValueAsked) -> EntryListing:
    """Raises NotFound for a page beyond the last."""
    own = _ordered(visitor, asked)
    first = (asked.page - 1) * PAGE
    here = own[first : first + PAGE]
    stored, others = _stored(visitor, asked, max(0, first - len(own)), PAGE - len(here))
    shown = (*(_own(*one) for one in here), *stored)
    if first and (first >= OFFSET_LIMIT or not shown):
        raise NotFound(f"没有第 {asked.page} 页", f"there is no page {asked.page}")
    total = len(own) + others
    found = visitor.services.search.search(SearchQuery(facets=(asked.pair,), limit=1, counts=True))
    return EntryListing(
        total=total,
        states=_states(own, others, _attested(visitor, asked, others)),
        entries=shown,
        pager=_pager(asked, len(shown), total),
        order=Select(
            "order",
            Text("排序", "Order"),
            tuple(Choice(name, words, name == asked.order) for name, words in _ORDERS.items()),
        ),
        search=f"/search?{urlencode([asked.pair])}",
        feed=f"/catalog.atom?{urlencode({'facet': ':'.join(asked.pair)})}",
        found=found,
        mixed=bool(own) and bool(others),
        formats=values_of(found, "format", asked.pair),
        subscribe=search_subscription(visitor, SearchAddress("/search", facets=(asked.pair,))),
    )


_Own = tuple[Contract, Heartbeat]


def _ordered(visitor: Visitor, asked: FacetValueAsked) -> list[_Own]:
    """The entries of this node's own data."""
    catalogue = visitor.services.catalogue
    there = [
        (one, catalogue.heartbeat(one))
        for one in catalogue.contracts.all().values()
        if (one.provider if asked.facet == "provider" else one.topic) == asked.value
    ]
    if asked.order == "newest":
        # By id first, so that two loads of one moment are in one order.
        there.sort(key=lambda one: one[0].dataset)
        return sorted(there, key=lambda one: one[1].loaded_at or _BEGINNING, reverse=True)
    return sorted(there, key=lambda one: (sort_key(one[0].title, asked.language), one[0].dataset))


def sort_key(title: Text, language: Language) -> bytes:
    """What a title is sorted by. GB 18030 has the 3,755 most frequent characters in the order of
    their pinyin, so that no dictionary has to be in memory.

    >>> names = [Text("人口", "People"), Text("空气", "Air"), Text("企业", "Firms")]
    >>> [one.zh for one in sorted(names, key=lambda one: sort_key(one, "zh"))]
    ['空气', '企业', '人口']
    """
    if language == "en":
        return title.en.casefold().encode(errors="replace")
    return title.zh.encode("gb18030", errors="replace")


def _stored(
    visitor: Visitor, asked: FacetValueAsked, offset: int, limit: int
) -> tuple[list[EntryLine], int]:
    """Entries that no contract compiles into, and how many there are in all."""
    services = visitor.services
    offset = min(offset, OFFSET_LIMIT)
    query = SearchQuery(facets=(asked.pair,), offset=offset, limit=max(limit, 1))
    hits = services.stored_index.ask(query, services.search.question(query))
    ids = [hit.id for hit in hits.best[offset : offset + limit]]
    known = services.entries.find_many(ids)
    return [_of_facts(known[one]) for one in ids if one in known], hits.total


def _attested(visitor: Visitor, asked: FacetValueAsked, others: int) -> int:
    """How many of the stored entries are data that a department of this node may not share."""
    if asked.facet == "provider" or not others:
        return others if asked.value in organisations() else 0
    services = visitor.services
    departments = tuple(("provider", uscc) for uscc in organisations())
    query = SearchQuery(facets=(asked.pair, *departments), limit=1)
    return services.stored_index.ask(query, services.search.question(query)).total


def _states(own: list[_Own], others: int, attested: int) -> tuple[tuple[EntryState, int], ...]:
    """Those of which there are none are left out."""
    counts = Counter(_state(heart) for _, heart in own)
    counts["attested"], counts["elsewhere"] = attested, others - attested
    return tuple((one, counts[one]) for one in get_args(EntryState) if counts[one])


def _state(heart: Heartbeat) -> EntryState:
    return "unbound" if heart.snapshot_id is None else heart.state


def _own(contract: Contract, heart: Heartbeat) -> EntryLine:
    return EntryLine(
        href=f"/datasets/{contract.dataset}",
        title=contract.title,
        line=contract.summary,
        owner=organisation_name(contract.provider),
        state=_state(heart),
        opening=describe.label("open_class", contract.open_class),
        freshness=describe.freshness(heart),
    )


def _of_facts(facts: EntryFacts) -> EntryLine:
    return EntryLine(
        href=f"/datasets/{facts.id}",
        title=either(facts.title, facts.id),
        line=either(facts.description, ""),
        owner=either(facts.publisher.name, "—"),
        state="attested" if facts.kind == "attestation" else "elsewhere",
        opening=describe.label("open_class", facts.open_class) if facts.open_class else None,
    )


def _pager(asked: FacetValueAsked, shown: int, total: int) -> Pager:
    first = (asked.page - 1) * PAGE
    more = first + PAGE < min(total, OFFSET_LIMIT)
    return Pager(
        shown=shown,
        total=total,
        previous_href=asked.href(asked.page - 1) if asked.page > 1 else None,
        next_href=asked.href(asked.page + 1) if more else None,
        first=first + 1,
    )


def values_of(found: Found, facet: str, chosen: tuple[str, str]) -> tuple[FacetOption, ...]:
    """The most frequent values of another facet among the entries, each leading to a search of
    both."""
    return tuple(
        FacetOption(
            Text(*facet_label(facet, value)),
            count,
            f"/search?{urlencode([chosen, (facet, value)])}",
        )
        for value, count in found.facets[facet][:VALUES_SHOWN]
    )


def publisher_href(key: str) -> str:
    """The page of a publisher, by the facet's value."""
    return f"{PUBLISHERS_PATH}/{quote(key, safe='')}"
