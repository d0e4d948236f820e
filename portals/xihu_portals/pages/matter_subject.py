"""What a matter is about, in a line: its dataset, what is needed, the item of a ground; no more
than its page tells the reader."""

from contextlib import suppress

from xihu_catalog.sharing.grounds import GROUND
from xihu_catalog.sharing.needs import DATA_NEED
from xihu_platform.errors import NotFound
from xihu_portals.pages import matter_view
from xihu_portals.pages.grounds import item_named
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.parts import Words

LIMIT = 40
"""Characters of what somebody wrote."""


def subject(visitor: Visitor, kind: str, matter: int, dataset: str | None) -> Words | None:
    """None of a kind that says it by its title alone, and for whoever has no part in it."""
    about = matter_view.about(visitor, dataset)
    if about is not None:
        return about.label
    with suppress(NotFound):
        return _said(visitor, kind, matter)
    return None


def _said(visitor: Visitor, kind: str, matter: int) -> Words | None:
    matters = visitor.services.matters
    if kind == GROUND:
        item = matters.read(visitor.principal, matter).facts.get("item")
        return item_named(str(item)) if item else None
    if kind == DATA_NEED:
        texts = matters.read_texts(visitor.principal, matter)
        written = matter_view.newest_texts(texts).get("what", "").split()
        return _short(" ".join(written)) or None
    return None


def _short(text: str) -> str:
    """
    >>> _short("字" * 50) == "字" * 39 + "…"
    True
    """
    return text if len(text) <= LIMIT else f"{text[: LIMIT - 1]}…"
