"""A service's guide: who may apply, what to bring, how long it takes, who helps."""

from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from xihu_catalog.registry.people import organisation_name
from xihu_catalog.services.guide import (
    Fees,
    GuidePaper,
    LicensedPaper,
    SparedPaper,
    brought_papers,
    days,
    fees_of,
    is_on_line,
    licensed_papers,
    spared_papers,
)
from xihu_catalog.services.item import ItemPart, ServiceCounter, ServiceItem
from xihu_catalog.services.items import service_items
from xihu_catalog.services.limits import check_of, decision_of
from xihu_catalog.services.start import all_duties
from xihu_platform.clock import civil_date
from xihu_platform.errors import NotFound
from xihu_platform.statute.due import due
from xihu_platform.statute.published import read_calendar
from xihu_platform.statute.words import article_named
from xihu_platform.words import Text
from xihu_portals.citizen.services import SERVICES_PATH
from xihu_portals.pages.licence_view import licences_serving
from xihu_portals.pages.measures import ShownMeasures, shown_measures
from xihu_portals.pages.visitor import CitizenVisitor, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Link
from xihu_portals.web.render import render

router = APIRouter()


@dataclass(frozen=True, slots=True)
class GuideStep:
    """A step of the office beside checking and deciding."""

    title: Text
    days: int


@dataclass(frozen=True, slots=True)
class GuideStage:
    """One period of an application that is handed in today and lacks nothing."""

    name: Text
    day: date
    firm: bool
    article: Text


@dataclass(frozen=True, slots=True)
class GuidePart:
    """One item of a bundle."""

    item: Link
    after: tuple[Text, ...]
    """What is granted before it begins."""
    depends: bool
    """Whether the situation may leave it out."""
    fee: str | None
    """In yuan; None of what is free."""
    basis: Text | None


@dataclass(frozen=True, slots=True)
class ServiceGuide:
    """Am I eligible, what do I bring, how long does it take, who helps me?"""

    frame: PageFrame
    item: ServiceItem
    name: Text
    summary: Text
    conditions: tuple[Text, ...]
    brought: tuple[GuidePaper, ...]
    licensed: tuple[LicensedPaper, ...]
    """Those in whose place a licence of the reader serves."""
    spared: tuple[SparedPaper, ...]
    most: int
    """How many papers there are to bring at most, whoever applies."""
    depends: bool
    """Whether the situation may leave out some of what is brought."""
    legal: Text
    promised: Text | None
    intake: tuple[Text, Text] | None
    """The office that receives it first, and its period."""
    office: Text
    counter: ServiceCounter
    steps: tuple[GuideStep, ...]
    stages: tuple[GuideStage, ...]
    """By when, if it is handed in today: each begins on the last day of the one before it."""
    parts: tuple[GuidePart, ...]
    """Of a bundle, what it is made of."""
    fees: Fees | None
    """Of a bundle, what its items cost together; None where that is not known."""
    measured: ShownMeasures | None
    """How it is handled; None where nobody has applied yet."""
    apply_href: str | None


def fill(visitor: Visitor, item: ServiceItem) -> ServiceGuide:
    intake, licences = item.intake, licences_serving(visitor, item)
    brought = brought_papers(item, licences)
    spared = spared_papers(item, visitor.services.catalogue.contracts.find)
    return ServiceGuide(
        frame=visitor.frame,
        item=item,
        name=item.name.text(),
        summary=item.summary.text(),
        conditions=tuple(one.text() for one in item.conditions),
        brought=brought,
        licensed=licensed_papers(item, licences),
        spared=spared,
        most=len(brought) + sum(one.for_some is not None for one in spared),
        depends=any(one.only_if for one in brought),
        legal=days(item.limit, item.limit.value),
        promised=days(item.limit, item.promise) if item.promise is not None else None,
        intake=(organisation_name(intake.body), days(intake.limit, intake.limit.value))
        if intake
        else None,
        office=organisation_name(item.body),
        counter=item.counter,
        steps=tuple(GuideStep(one.title.text(), one.days) for one in item.steps),
        fees=fees_of(item),
        stages=_stages(visitor, item),
        parts=tuple(_part(one) for one in item.parts),
        measured=next(iter(shown_measures(visitor, item=item.id, public=True)), None),
        apply_href=f"{SERVICES_PATH}/{item.id}/apply" if is_on_line(item) else None,
    )


def _stages(visitor: Visitor, item: ServiceItem) -> tuple[GuideStage, ...]:
    """None of a bundle, whose items have their own. Of a request for information the answer's days
    begin with its receipt."""
    names = [decision_of(item)]
    if item.intake is not None:
        names.insert(0, f"{decision_of(item)}_intake")
    if item.way != "information":
        names.insert(0, check_of(item))
    day, found = civil_date(visitor.frame.now), list[GuideStage]()
    calendar, duties = read_calendar(visitor.services.node.database, since=day.year), all_duties()
    for duty in (duties[one] for one in names if not item.parts):
        last = due(duty, day, calendar)
        if last.day is None:
            break
        day = last.day
        found.append(GuideStage(duty.name, day, last.firm, article_named(duty)))
    return tuple(found)


def _part(part: ItemPart) -> GuidePart:
    items = service_items()
    basis = items[part.item].fee_basis
    return GuidePart(
        fee=items[part.item].fee_cny,
        basis=basis.text() if basis is not None else None,
        item=Link(items[part.item].name.text(), f"{SERVICES_PATH}/{part.item}"),
        after=tuple(items[one].name.text() for one in part.after),
        depends=part.when is not None,
    )


@router.get("/services/{item}")
def page(request: Request, visitor: CitizenVisitor, item: str) -> HTMLResponse:
    found = service_items().get(item)
    if found is None:
        raise NotFound(
            f"没有事项“{item[:40]}”，请从办事页面选择",
            f"there is no service “{item[:40]}”: choose one on the page of services",
        )
    return render(request, "citizen/service.html", fill(visitor, found))
