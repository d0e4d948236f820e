"""The frame of every page: who is here, in which portal, at what time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from xihu_platform.words import Text
from xihu_portals.web.parts import Choice

Portal = Literal["citizen", "official"]


@dataclass(frozen=True, slots=True)
class Person:
    """The signed-in person as the header names them."""

    name: Text
    position: Text | None = None
    organisation: Text | None = None
    region: str | None = None
    """Division code the position answers for: where "my region" in the navigation leads."""
    duties: frozenset[str] = frozenset()
    """Of the position: the header leaves out what it cannot use."""
    positions: int = 1
    """How many positions the person holds: with more than one, the header offers to switch."""
    mandate: Text | None = None
    """Whom the person acts for just now, if not for themselves."""
    mandates: tuple[Choice, ...] = ()
    """Oneself and whom one may act for; empty where there is nothing to choose."""


@dataclass(frozen=True, slots=True)
class PageFrame:
    """The frame of one page; `csrf` goes into every form that changes something."""

    portal: Portal
    now: datetime
    """Aware; every relative time on the page is counted from it."""
    person: Person | None = None
    csrf: str = ""
    synthetic: bool = True
    """Whether the page shows demo data, and so carries the banner 合成数据."""
    hotline: str = "12345"
    acts: tuple[int, int] | None = None
    """While the demo's cast acts: how many of how many acts are played."""
    form_targets: tuple[str, ...] = ()
    """Origins a form may end up at besides ours: the issuer's, where sign-out leads there."""
