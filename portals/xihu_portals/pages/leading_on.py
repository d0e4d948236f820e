"""Whether a way of a page of words leads on for a position, by the predicate of the page behind."""

from collections.abc import Iterable

from xihu_catalog.sharing.openings import OF_OFFICES
from xihu_portals.pages.matter_acts import OFFICIAL as MATTERS
from xihu_portals.pages.matter_new import may_open
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.navigation import OFFICIAL
from xihu_portals.web.parts import Link


def ways_of(visitor: Visitor, links: Iterable[Link]) -> tuple[Link, ...]:
    """Those of the links that open for the visitor."""
    return tuple(one for one in links if _opens(visitor, one.href))


def _opens(visitor: Visitor, href: str) -> bool:
    """True without a position: the way then leads to signing in, or to the choice of one."""
    if visitor.principal.position is None:
        return True
    kind = href.removeprefix(f"{MATTERS}/new/")
    if kind != href:
        return may_open(visitor, kind, OF_OFFICES)
    pages = (page for section in OFFICIAL for page in section.pages)
    known = next((page for page in pages if page.href == href), None)
    return known is None or known.is_for(visitor.frame.person)
