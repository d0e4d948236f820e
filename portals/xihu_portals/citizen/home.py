"""The home page: what one can do here, four public figures, and what is late."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from xihu_catalog.datasets.service import Entry
from xihu_platform.words import Text
from xihu_portals.citizen.asker import asker
from xihu_portals.pages import figures
from xihu_portals.pages.visitor import CitizenVisitor, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Figure, Link, Words
from xihu_portals.web.render import render

HOME_FIGURES = ("pm25_mean", "satisfaction_rate", "bus_passengers", "hospital_bed_occupancy")
POPULAR = (
    Text("空气质量", "air quality"),
    Text("公交", "bus"),
    Text("医院床位", "hospital"),
    Text("企业", "firms"),
)
router = APIRouter()


@dataclass(frozen=True, slots=True)
class HomeNotice:
    """Something that concerns everyone: late data, a closed office."""

    kind: Literal["late", "broken", "info"]
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


def fill(visitor: Visitor) -> Home:
    services = visitor.services
    metrics = [services.metrics[name] for name in HOME_FIGURES if name in services.metrics]
    public = [e for e in services.catalogue.entries() if e.contract.is_open]
    return Home(
        frame=visitor.frame,
        popular=tuple(Link(word, f"/search?q={word.zh}") for word in POPULAR),
        figures=tuple(figures.figure(asker(visitor), spec) for spec in metrics),
        notices=tuple(_notice(e) for e in public if e.heartbeat.state != "live"),
        datasets=len(public),
    )


def _notice(entry: Entry) -> HomeNotice:
    heart, contract = entry.heartbeat, entry.contract
    kind = "late" if heart.state == "late" else "broken"
    return HomeNotice(
        kind=kind,  # type: ignore[arg-type]  # one of the two just above
        text=contract.title,
        since=heart.due_at,
        href=f"/datasets/{contract.dataset}",
    )


@router.get("/")
def page(request: Request, visitor: CitizenVisitor) -> HTMLResponse:
    return render(request, "citizen/home.html", fill(visitor))
