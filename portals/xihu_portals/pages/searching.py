"""A search as its address: words, facets, sort and page are all in the URL."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote_plus, urlencode

from fastapi import Request

from xihu_catalog.contracts.model import Contract
from xihu_catalog.registry.regions import FormerUnit, find_former
from xihu_catalog.search.asking import Kind, SearchQuery
from xihu_catalog.search.documents import FACETS, SearchPage, facet_label
from xihu_catalog.search.index import OFFSET_LIMIT, Found
from xihu_platform.words import Text
from xihu_portals.pages.describe import region_name
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.parts import (
    Choice,
    Facet,
    FacetOption,
    Lacking,
    Link,
    Pager,
    SearchNotes,
)

PAGE = 20
VALUES_SHOWN = 50
"""Of a facet; harvested entries have hundreds of publishers."""
KIND_NAMES = {
    "service": Text("办事", "Services"),
    "dataset": Text("数据", "Data"),
    "figure": Text("指标", "Figures"),
    "place": Text("地点", "Places"),
    "page": Text("页面", "Pages"),
}
FACET_NAMES = {
    "topic": Text("主题", "Topic"),
    "provider": Text("部门", "Department"),
    "update_cycle": Text("更新周期", "Update cycle"),
    "share_class": Text("共享类型", "Sharing"),
    "open_class": Text("开放类型", "Opening"),
    "format": Text("来源格式", "Source format"),
}


@dataclass(frozen=True, slots=True)
class SearchAddress:
    path: str
    text: str = ""
    facets: tuple[tuple[str, str], ...] = ()
    offset: int = 0
    limit: int = PAGE
    kind: str = ""
    """One kind of results alone; the first of each where it is empty."""

    def href(self) -> str:
        pairs = [("q", self.text)] if self.text else []
        pairs += [("kind", self.kind)] if self.kind else []
        pairs += list(self.facets)
        pairs += [("offset", str(self.offset))] if self.offset else []
        return f"{self.path}?{urlencode(pairs)}" if pairs else self.path

    def adding(self, name: str) -> Callable[[str], str]:
        """The address with one more value of a facet, for many values."""
        start = replace(self, offset=0).href()
        start += ("&" if "?" in start else "?") + name + "="
        return lambda value: start + quote_plus(value)

    def toggled(self, name: str, value: str) -> "SearchAddress":
        pair = (name, value)
        others = tuple(p for p in self.facets if p != pair)
        facets = others if pair in self.facets else (*others, pair)
        return replace(self, facets=facets, offset=0)

    def pager(self, shown: int, total: int) -> Pager:
        back = replace(self, offset=max(0, self.offset - self.limit))
        on = replace(self, offset=self.offset + self.limit)
        more = self.offset + self.limit < min(total, OFFSET_LIMIT)
        return Pager(
            shown,
            total,
            previous_href=back.href() if self.offset else None,
            next_href=on.href() if more else None,
            first=self.offset + 1,
        )


def address_of(request: Request, path: str) -> SearchAddress:
    """What the URL asks for; what it asks wrongly is left out."""
    query = request.query_params
    offset = query.get("offset", "0")
    return SearchAddress(
        path=path,
        text=query.get("q", "")[:200].strip(),
        facets=tuple((n, v) for n, v in query.multi_items() if n in FACETS)[:20],
        kind=query.get("kind", "") if query.get("kind") in KIND_NAMES else "",
        offset=min(int(offset), OFFSET_LIMIT) if offset.isdecimal() and len(offset) < 6 else 0,
    )


def facet_parts(
    address: SearchAddress,
    found: Found,
    names: tuple[str, ...] = FACETS,
    pages: Mapping[str, str] | None = None,
) -> tuple[Facet, ...]:
    """`pages`: by facet, where all of its values are."""
    shown = (name for name in names if found.facets[name])
    return tuple(
        Facet(FACET_NAMES[name], _options(address, found, name), (pages or {}).get(name))
        for name in shown
    )


def _options(address: SearchAddress, found: Found, name: str) -> tuple[FacetOption, ...]:
    adding = address.adding(name)

    def option(value: str, count: int) -> FacetOption:
        chosen = (name, value) in address.facets
        href = address.toggled(name, value).href() if chosen else adding(value)
        return FacetOption(Text(*facet_label(name, value)), count, href, chosen)

    return tuple(option(value, count) for value, count in _shown_values(address, found, name))


def _shown_values(address: SearchAddress, found: Found, name: str) -> list[tuple[str, int]]:
    """The most frequent ones, and those that are chosen."""
    chosen = {value for one, value in address.facets if one == name}
    every = enumerate(found.facets[name])
    return [pair for at, pair in every if at < VALUES_SHOWN or pair[0] in chosen]


def kind_options(address: SearchAddress, counts: dict[str, int]) -> tuple[FacetOption, ...]:
    """How much there is of each kind; those of which there is nothing are left out."""
    return tuple(
        FacetOption(
            name,
            counts[kind],
            replace(address, kind="" if address.kind == kind else kind, offset=0).href(),
            address.kind == kind,
        )
        for kind, name in KIND_NAMES.items()
        if counts.get(kind)
    )


def pages_found(visitor: Visitor, text: str) -> tuple[SearchPage, ...]:
    """The portal's own pages for some words as they are typed, the best first."""
    services, portal = visitor.services, visitor.frame.portal
    kind: Kind = "page_citizen" if portal == "citizen" else "page_official"
    ids = services.search.search(SearchQuery(text, kind=kind, limit=PAGE, as_typed=True)).ids
    known = {page.href: page for page in services.pages}
    return tuple(known[one] for one in ids)


def search_datasets(visitor: Visitor, query: SearchQuery) -> Found:
    """Datasets; in another spelling only where no page is found for the words as typed."""
    index = visitor.services.search
    found = index.search(query)
    if found.corrected and pages_found(visitor, query.text):
        return index.search(replace(query, as_typed=True))
    return found


def chosen_links(address: SearchAddress, found: Found) -> tuple[Link, ...]:
    """What narrows the results, the place in the text first; each link lifts one."""
    place: tuple[Link, ...] = ()
    if found.place:
        name = region_name(found.place)
        label = Text(f"地区：{name.zh}", f"Region: {name.en}")
        place = (Link(label, replace(address, text=found.rest, offset=0).href()),)
    facets = (
        Link(Text(*facet_label(name, value)), address.toggled(name, value).href())
        for name, value in address.facets
    )
    return (*place, *facets)


def notes(found: Found, dataset_path: str, find: Callable[[str], Contract | None]) -> SearchNotes:
    """What must be said about an answer: another spelling, what we lack, no service."""
    return SearchNotes(
        corrected=found.corrected,
        lacking=tuple(
            Lacking(
                one.what,
                one.ask,
                tuple(
                    Link(near.title, f"{dataset_path}/{near.dataset}")
                    for near in map(find, one.near)
                    if near is not None
                ),
            )
            for one in found.missing
        ),
        former=tuple(_became(unit) for unit in map(find_former, found.former) if unit is not None),
        service=found.service,
    )


def _became(unit: FormerUnit) -> Text:
    """What a former unit is part of now."""
    names = [region_name(code) for code in unit.codes]
    zh, en = "、".join(one.zh for one in names), " and ".join(one.en for one in names)
    day = f"{unit.day.year}年{unit.day.month}月{unit.day.day}日"
    return Text(
        f"{unit.name.zh}于{day}撤销，今属{zh}",
        f"{unit.name.en} ended on {unit.day.day} {unit.day:%B} {unit.day.year}; it is {en} now",
    )


def kept(address: SearchAddress) -> tuple[Choice, ...]:
    return tuple(Choice(name, value) for name, value in address.facets)
