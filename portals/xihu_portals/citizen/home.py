"""The home page: what one can do here, four public figures, and what is late."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.service import Heartbeat
from xihu_catalog.registry.pages import page_choices
from xihu_portals.citizen.asker import asker
from xihu_portals.citizen.matters import news_of
from xihu_portals.pages import figures
from xihu_portals.pages.visitor import CitizenVisitor, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Figure, Link, Words
from xihu_portals.web.render import render

router = APIRouter()


@dataclass(frozen=True, slots=True)
class HomeNotice:
    """Something that concerns everyone: open data that is late or cannot be read."""

    kind: Literal["late", "broken"]
    text: Words
    since: datetime | None
    href: str


@dataclass(frozen=True, slots=True)
class Home:
    """1 · What can I do here?"""

    frame: PageFrame
    popular: tuple[Link, ...]
    """Searches to start from, under the box."""
    figures: tuple[Figure, ...]
    """Four public indicators."""
    notices: tuple[HomeNotice, ...] = ()
    datasets: int | None = None
    """How many open datasets there are, for the third door."""
    news: int = 0
    """How many matters of the reader have news."""


def fill(visitor: Visitor) -> Home:
    services = visitor.services
    chosen = page_choices()
    metrics = [services.metrics[n] for n in chosen.home_figures if n in services.metrics]
    catalogue = services.catalogue
    public = [c for c in catalogue.contracts.all().values() if c.is_open]
    hearts = [(contract, catalogue.heartbeat(contract)) for contract in public]
    return Home(
        frame=visitor.frame,
        popular=tuple(Link(word.text(), f"/search?q={word.zh}") for word in chosen.popular),
        figures=tuple(figures.figure(asker(visitor), spec) for spec in metrics),
        notices=tuple(_notice(c, h) for c, h in hearts if h.state != "live"),
        datasets=len(public),
        news=news_of(visitor),
    )


def _notice(contract: Contract, heart: Heartbeat) -> HomeNotice:
    return HomeNotice(
        kind="late" if heart.state == "late" else "broken",
        text=contract.title,
        since=heart.due_at,
        href=f"/datasets/{contract.dataset}",
    )


@router.get("/")
def page(request: Request, visitor: CitizenVisitor) -> HTMLResponse:
    return render(request, "citizen/home.html", fill(visitor))
