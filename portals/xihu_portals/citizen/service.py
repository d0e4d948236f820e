"""A service's guide: who may apply, what to bring, how long it takes, who helps."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from xihu_catalog.registry.people import organisation_name
from xihu_catalog.services.items import (
    ItemLimit,
    Material,
    ServiceCounter,
    ServiceItem,
    service_items,
)
from xihu_platform.errors import NotFound
from xihu_platform.words import Text
from xihu_portals.citizen.services import SERVICES_PATH
from xihu_portals.pages.measures import MeasuredItem, measured_items
from xihu_portals.pages.visitor import CitizenVisitor, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.render import render

ON_LINE = {"2", "3"}
"""Channels: a computer, a phone."""
UNITS = {
    "working_day": (Text("个工作日", "working day"), Text("个工作日", "working days")),
    "day": (Text("天", "day"), Text("天", "days")),
}
router = APIRouter()


@dataclass(frozen=True, slots=True)
class GuidePaper:
    """A paper to bring, with when and how."""

    name: Text
    issuer: Text
    only_if: Text | None
    original: bool
    required: bool
    follow_days: int
    """Working days within which it may follow; 0: it may not."""
    why: Text | None
    """Why it is asked for although a dataset has what it proves."""


@dataclass(frozen=True, slots=True)
class SparedPaper:
    """What is not asked for, and the department that has it."""

    name: Text
    office: Text
    only_if: Text | None


@dataclass(frozen=True, slots=True)
class GuideStep:
    """A step of the office beside checking and deciding."""

    title: Text
    days: int


@dataclass(frozen=True, slots=True)
class ServiceGuide:
    """Am I eligible, what do I bring, how long does it take, who helps me?"""

    frame: PageFrame
    item: ServiceItem
    name: Text
    summary: Text
    conditions: tuple[Text, ...]
    brought: tuple[GuidePaper, ...]
    spared: tuple[SparedPaper, ...]
    legal: Text
    promised: Text | None
    intake: tuple[Text, Text] | None
    """The office that receives it first, and its period."""
    office: Text
    counter: ServiceCounter
    steps: tuple[GuideStep, ...]
    measured: MeasuredItem | None
    """How it is handled; None where nobody has applied yet."""
    apply_href: str | None


def fill(visitor: Visitor, item: ServiceItem) -> ServiceGuide:
    brought = [one for one in item.materials if one.source is None or one.asked is not None]
    intake = item.intake
    return ServiceGuide(
        frame=visitor.frame,
        item=item,
        name=item.name.text(),
        summary=item.summary.text(),
        conditions=tuple(one.text() for one in item.conditions),
        brought=tuple(_paper(item, one) for one in brought),
        spared=tuple(_spared(visitor, item, one) for one in item.materials if one not in brought),
        legal=days(item.limit, item.limit.value),
        promised=days(item.limit, item.promise) if item.promise is not None else None,
        intake=(organisation_name(intake.body), days(intake.limit, intake.limit.value))
        if intake
        else None,
        office=organisation_name(item.body),
        counter=item.counter,
        steps=tuple(GuideStep(one.title.text(), one.days) for one in item.steps),
        measured=next(iter(measured_items(visitor, item=item.id, public=True)), None),
        apply_href=f"{SERVICES_PATH}/{item.id}/apply" if ON_LINE & set(item.channels) else None,
    )


def days(limit: ItemLimit, number: int) -> Text:
    """A number of days in the unit of the limit."""
    one, many = UNITS[limit.unit]
    unit = one if number == 1 else many
    return Text(f"{number} {unit.zh}", f"{number} {unit.en}")


def _paper(item: ServiceItem, material: Material) -> GuidePaper:
    return GuidePaper(
        name=material.name.text(),
        issuer=material.issuer.text(),
        only_if=_only_if(item, material),
        original=material.original,
        required=material.required,
        follow_days=material.deferrable_days,
        why=material.asked.words.text() if material.asked else None,
    )


def _spared(visitor: Visitor, item: ServiceItem, material: Material) -> SparedPaper:
    """The dataset's publisher; the paper's issuer where the dataset is not published here."""
    source = material.source
    contract = visitor.services.catalogue.contracts.find(source.dataset) if source else None
    office = organisation_name(contract.provider) if contract else material.issuer.text()
    return SparedPaper(material.name.text(), office, _only_if(item, material))


def _only_if(item: ServiceItem, material: Material) -> Text | None:
    if material.when is None:
        return None
    question = material.when.removeprefix("not ")
    asked = next(one.text for one in item.questions if one.id == question)
    no = material.when.startswith("not ")
    return Text(
        f"{asked.zh}答“{'不是' if no else '是'}”的才要",
        f"{asked.en} Only if {'no' if no else 'yes'}.",
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
