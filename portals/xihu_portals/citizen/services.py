"""The services: found by one's own words, by events of life, or by department."""

from collections.abc import Iterable
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from xihu_catalog.registry.people import organisation_name
from xihu_catalog.services.events import life_events
from xihu_catalog.services.finding import service_finder
from xihu_catalog.services.guide import for_audience
from xihu_catalog.services.item import ServiceItem
from xihu_catalog.services.items import service_items
from xihu_platform.words import Text
from xihu_portals.pages.visitor import CitizenVisitor, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Link
from xihu_portals.web.render import render
from xihu_portals.web.words import WORDS

SERVICES_PATH = "/services"
FOUND_SHOWN = 10
PERSONS, FIRMS = "person", "firm"
router = APIRouter()


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    """One item in a list."""

    href: str
    name: Text
    summary: Text
    office: Text


@dataclass(frozen=True, slots=True)
class ServiceGroup:
    """Items under a life event or a department."""

    name: Text
    items: tuple[ServiceEntry, ...]


@dataclass(frozen=True, slots=True)
class AudienceChoice:
    link: Link
    selected: bool


@dataclass(frozen=True, slots=True)
class ServiceList:
    """What do you want to get done?"""

    frame: PageFrame
    typed: str
    found: tuple[ServiceEntry, ...]
    """What the typed words may mean; none where nothing was typed or found."""
    corrected: str | None
    audience: str
    audiences: tuple[AudienceChoice, ...]
    bundles: tuple[ServiceEntry, ...]
    """Several items with one form."""
    events: tuple[ServiceGroup, ...]
    departments: tuple[ServiceGroup, ...]


def fill(visitor: Visitor, typed: str, audience: str) -> ServiceList:
    items = service_items()
    found = service_finder().find(typed) if typed else None
    return ServiceList(
        frame=visitor.frame,
        typed=typed,
        found=_entries(items[one] for one in found.ids[:FOUND_SHOWN]) if found else (),
        corrected=found.corrected if found else None,
        audience=audience,
        audiences=tuple(
            AudienceChoice(Link(WORDS[word], href), chosen == audience)
            for chosen, word, href in (
                ("", "services.everybody", f"{SERVICES_PATH}#all"),
                (PERSONS, "services.persons", f"{SERVICES_PATH}?for={PERSONS}#all"),
                (FIRMS, "services.firms", f"{SERVICES_PATH}?for={FIRMS}#all"),
            )
        ),
        bundles=_entries(one for one in items.values() if one.parts),
        events=tuple(
            ServiceGroup(
                event.name.text(), _entries(items[one] for one in event.items if one in items)
            )
            for event in life_events()
        ),
        departments=_departments(
            one for one in for_audience(items.values(), audience) if not one.parts
        ),
    )


def _departments(items: Iterable[ServiceItem]) -> tuple[ServiceGroup, ...]:
    """In the order of the organisations' codes."""
    groups: dict[str, list[ServiceItem]] = {}
    for one in items:
        groups.setdefault(one.body, []).append(one)
    return tuple(
        ServiceGroup(organisation_name(body), _entries(groups[body])) for body in sorted(groups)
    )


def _entries(items: Iterable[ServiceItem]) -> tuple[ServiceEntry, ...]:
    return tuple(entry_of(one) for one in items)


def entry_of(item: ServiceItem) -> ServiceEntry:
    return ServiceEntry(
        f"{SERVICES_PATH}/{item.id}",
        item.name.text(),
        item.summary.text(),
        organisation_name(item.body),
    )


@router.get("/services")
def page(request: Request, visitor: CitizenVisitor, q: str = "") -> HTMLResponse:
    asked = request.query_params.get("for", "")
    audience = asked if asked in {PERSONS, FIRMS} else ""
    view = fill(visitor, q.strip()[:200], audience)
    return render(request, "citizen/services.html", view)
