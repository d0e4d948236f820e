"""The public list of services over HTTP: guides, as their pages have them."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request

from xihu_catalog.registry.appointments import AppointmentCounter, appointment_counters
from xihu_catalog.registry.people import organisation_name
from xihu_catalog.services.finding import service_finder
from xihu_catalog.services.guide import (
    FindContract,
    brought_papers,
    days,
    for_audience,
    is_on_line,
    spared_papers,
)
from xihu_catalog.services.item import ItemLimit, ItemPart, ServiceCounter, ServiceItem
from xihu_catalog.services.items import service_items
from xihu_catalog.services.slots import OfferedTime, moment, offered
from xihu_platform.database import transaction
from xihu_platform.errors import NotFound
from xihu_platform.statute.published import read_calendar
from xihu_platform.words import Text
from xihu_portals.api.auth import Caller, services_of
from xihu_portals.api.errors import OF_CALLERS
from xihu_portals.api.schemas.matters import InBoth
from xihu_portals.api.schemas.services import (
    NamedService,
    ServiceAnswer,
    ServiceBody,
    ServiceFee,
    ServiceListAnswer,
    ServiceNotAsked,
    ServicePaper,
    ServicePart,
    ServicePeriod,
    ServicePlace,
    SlotCounter,
    SlotsAnswer,
    SlotTime,
)

router = APIRouter(prefix="/api/v1/services", tags=["services"], responses=OF_CALLERS)


@router.get("")
def list_services(
    _caller: Caller,
    q: Annotated[str, Query(max_length=200)] = "",
    audience: Annotated[
        Literal["person", "firm"] | None, Query(description="Whom it is for: person or firm")
    ] = None,
    offset: Annotated[int, Query(ge=0, le=10_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> ServiceListAnswer:
    """The services that offices of this platform offer; with `q` the best first."""
    items, typed = service_items(), q.strip()
    found = service_finder().find(typed) if typed else None
    chosen = [items[one] for one in found.ids] if found else list(items.values())
    every = for_audience(chosen, audience or "")
    return ServiceListAnswer(
        total=len(every),
        offset=offset,
        corrected=found.corrected if found else None,
        services=[NamedService(**_named(one)) for one in every[offset : offset + limit]],
    )


@router.get("/{service}")
def get_service(
    request: Request, _caller: Caller, service: Annotated[str, Path(max_length=40)]
) -> ServiceAnswer:
    """The guide of a service: who may apply, what to bring, how long it takes, who helps."""
    found = service_items().get(service)
    if found is None:
        raise _no_service(service)
    return _guide(found, services_of(request).catalogue.contracts.find)


@router.get("/{service}/slots")
def list_slots(
    request: Request, _caller: Caller, service: Annotated[str, Path(max_length=40)]
) -> SlotsAnswer:
    """When one can come to a counter for a service: days, times, and the places that are left.

    Nothing of who has booked. A place is booked on the citizens' pages by whoever comes.
    """
    if service not in service_items():
        raise _no_service(service)
    node = services_of(request).node
    calendar, counters = read_calendar(node.database), appointment_counters().values()
    with transaction(node.database) as session:
        return SlotsAnswer(
            counters=[
                _counter(one, offered(session, one, calendar, node.clock()))
                for one in counters
                if one.item == service
            ]
        )


def _counter(
    one: AppointmentCounter, days_offered: list[tuple[date, tuple[OfferedTime, ...]]]
) -> SlotCounter:
    return SlotCounter(
        id=one.id,
        name=InBoth.of(one.title.text()),
        place=InBoth.of(one.place.text()),
        phone=one.telephone,
        slots=[
            SlotTime(starts=moment(day, at.starts), ends=moment(day, at.ends), left=at.left)
            for day, times in days_offered
            for at in times
        ],
    )


def _no_service(name: str) -> NotFound:
    return NotFound(
        f"没有事项“{name}”，请从 /api/v1/services 中选择",
        f"there is no service “{name}”: /api/v1/services lists all",
    )


def _named(item: ServiceItem) -> dict[str, object]:
    """What a list says of a service, by the names of its model."""
    return {
        "id": item.id,
        "version": item.version,
        "basic_code": item.basic_code,
        "name": InBoth.of(item.name.text()),
        "summary": InBoth.of(item.summary.text()),
        "body": ServiceBody(uscc=item.body, name=InBoth.of(organisation_name(item.body))),
        "audience": item.audience,
        "accepts_online": is_on_line(item),
    }


def _guide(item: ServiceItem, find: FindContract) -> ServiceAnswer:
    return ServiceAnswer.model_validate(
        _named(item)
        | {
            "implementation_code": item.implementation_code,
            "type": item.type,
            "way": item.way,
            "law": InBoth.of(item.law.text()),
            "channels": item.channels,
            "conditions": [InBoth.of(one.text()) for one in item.conditions],
            "legal": None if item.parts else _period(item.limit, item.limit.value),
            "parts": [_part(one) for one in item.parts],
            "promised": _period(item.limit, item.promise) if item.promise else None,
            "papers": _papers(item),
            "not_asked": _not_asked(item, find),
            "fee": _fee(item),
            "result": InBoth.of(item.result.text()),
            "counter": _place(item.counter),
        }
    )


def _part(part: ItemPart) -> ServicePart:
    return ServicePart(
        service=part.item,
        version=part.version,
        name=InBoth.of(service_items()[part.item].name.text()),
        after=part.after,
        depends=part.when is not None,
        fee=_fee(service_items()[part.item]),
    )


def _period(limit: ItemLimit, number: int) -> ServicePeriod:
    return ServicePeriod(value=number, unit=limit.unit, words=InBoth.of(days(limit, number)))


def _papers(item: ServiceItem) -> list[ServicePaper]:
    return [
        ServicePaper(
            id=one.id,
            name=InBoth.of(one.name),
            issuer=InBoth.of(one.issuer),
            only_if=_or_none(one.only_if),
            original=one.original,
            required=one.required,
            follow_days=one.follow_days,
            why=_or_none(one.why),
            or_licence=_or_none(one.or_licence),
        )
        for one in brought_papers(item)
    ]


def _not_asked(item: ServiceItem, find: FindContract) -> list[ServiceNotAsked]:
    return [
        ServiceNotAsked(
            id=one.id,
            name=InBoth.of(one.name),
            office=InBoth.of(one.office),
            only_if=_or_none(one.only_if),
        )
        for one in spared_papers(item, find)
    ]


def _fee(item: ServiceItem) -> ServiceFee | None:
    if item.fee_cny is None or item.fee_basis is None:
        return None
    return ServiceFee(amount_cny=item.fee_cny, basis=InBoth.of(item.fee_basis.text()))


def _place(counter: ServiceCounter) -> ServicePlace:
    return ServicePlace(
        name=InBoth.of(counter.name.text()),
        address=InBoth.of(counter.address.text()),
        hours=InBoth.of(counter.hours.text()),
        phone=counter.phone,
    )


def _or_none(words: Text | None) -> InBoth | None:
    return InBoth.of(words) if words is not None else None
