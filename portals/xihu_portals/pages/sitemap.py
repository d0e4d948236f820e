"""The site map: the pages of a portal by section, as its navigation has them."""

from dataclasses import dataclass

from xihu_platform.words import Text
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.navigation import SMALL, prefix, sections
from xihu_portals.web.parts import Link
from xihu_portals.web.words import WORDS

DATASETS_LISTED = 200
"""Open datasets named one by one; beyond them the search has all."""


@dataclass(frozen=True, slots=True)
class SiteSection:
    title: Text
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class SiteMap:
    """What is on this site?"""

    frame: PageFrame
    sections: tuple[SiteSection, ...]


def fill(visitor: Visitor) -> SiteMap:
    frame = visitor.frame
    found = [
        SiteSection(WORDS[section.word], tuple(Link(WORDS[p.word], p.href) for p in section.pages))
        for section in sections(frame)
    ]
    if frame.portal == "citizen":
        found.append(SiteSection(Text("开放数据集", "Open datasets"), _datasets(visitor)))
    words = tuple(Link(WORDS[f"foot.{one}"], f"{prefix(frame.portal)}/{one}") for one in SMALL)
    api = Link(WORDS["foot.api"], "/api/docs")
    found.append(SiteSection(Text("说明", "About this site"), (*words, api)))
    return SiteMap(frame, tuple(found))


def _datasets(visitor: Visitor) -> tuple[Link, ...]:
    contracts = visitor.services.catalogue.contracts.all().values()
    there = sorted((c for c in contracts if c.is_open), key=lambda c: c.dataset)
    return tuple(Link(c.title, f"/datasets/{c.dataset}") for c in there[:DATASETS_LISTED])
