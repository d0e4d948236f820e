"""我的预约: when and where I am served, and the way to cancel; the counters that can be booked."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from xihu_catalog.registry.appointments import appointment_counters
from xihu_catalog.services.slots import Booking, bookings_of, cancel
from xihu_platform.access import reasons
from xihu_platform.access.decision import OWN_LEVEL
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import Conflict, Refused
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.command import NUMBER_LIMIT
from xihu_platform.matters.who import party_as
from xihu_platform.statute.published import read_calendar
from xihu_platform.words import Text
from xihu_portals.citizen.verification import unproven, verification
from xihu_portals.pages.counters import ShownBooking, ShownCounter, shown_booking, shown_counter
from xihu_portals.pages.matter_acts import check_form
from xihu_portals.pages.matter_form import acting_as
from xihu_portals.pages.visitor import SignedInCitizen, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import State
from xihu_portals.web.render import render

PATH = "/my/appointments"
Number = Annotated[int | None, Query(ge=1, le=NUMBER_LIMIT)]
router = APIRouter()


@dataclass(frozen=True, slots=True)
class MyAppointments:
    """When am I expected, and where?"""

    frame: PageFrame
    position: str
    """As whom the page was opened."""
    ahead: tuple[ShownBooking, ...]
    past: tuple[ShownBooking, ...]
    counters: tuple[ShownCounter, ...]
    booked: str | None = None
    """The number of what was booked just now."""
    cancelled: str | None = None
    wrong: Text | None = None
    state: State | None = None
    """In place of everything: real-name level too low."""


def whose(principal: Principal) -> str:
    """Of whom appointments are: the person, or whom they act for. Raises Refused below level 2."""
    return party_as(principal, "applicant").key


def is_within(principal: Principal, counter: str) -> bool:
    """Whether somebody may come to a counter for whom they act: for what their mandate names."""
    mandate, known = principal.mandate, appointment_counters().get(counter)
    if mandate is None or not mandate.items:
        return True
    return known is not None and mandate.covers(known.item)


def check_within(principal: Principal, counter: str) -> None:
    """Raises Refused."""
    if not is_within(principal, counter):
        raise Refused(reasons.MANDATE)


def fill(
    visitor: Visitor,
    booked: int | None = None,
    cancelled: int | None = None,
    wrong: Text | None = None,
) -> MyAppointments:
    position = acting_as(visitor.principal)
    if visitor.principal.level < OWN_LEVEL:
        return MyAppointments(visitor.frame, position, (), (), (), state=unproven())
    database = visitor.services.node.database
    with transaction(database) as session:
        mine = bookings_of(session, whose(visitor.principal))
    found = [one for one in mine if is_within(visitor.principal, one.counter)]
    calendar = read_calendar(database)
    ahead = sorted((one for one in found if _is_ahead(visitor, one)), key=lambda one: one.at)
    numbers = {one.id: one.number for one in found}
    return MyAppointments(
        frame=visitor.frame,
        position=position,
        ahead=tuple(shown_booking(one, calendar) for one in ahead),
        past=tuple(shown_booking(one, calendar) for one in found if not _is_ahead(visitor, one)),
        counters=tuple(
            shown_counter(one)
            for one in appointment_counters().values()
            if is_within(visitor.principal, one.id)
        ),
        booked=numbers.get(booked or 0),
        cancelled=numbers.get(cancelled or 0),
        wrong=wrong,
    )


def _is_ahead(visitor: Visitor, one: Booking) -> bool:
    return one.state == "booked" and one.day >= civil_date(visitor.frame.now)


@router.get(PATH)
def page(
    request: Request, visitor: SignedInCitizen, booked: Number = None, cancelled: Number = None
) -> Response:
    way = verification(visitor, OWN_LEVEL, PATH)
    if way is not None:
        return RedirectResponse(way, status_code=303)
    return render(request, "citizen/appointments.html", fill(visitor, booked, cancelled))


@router.get(f"{PATH}/{{booking}}/cancel")
def form(
    visitor: SignedInCitizen, booking: Annotated[int, Path(ge=1, le=NUMBER_LIMIT)]
) -> Response:
    """The address of a form that was not taken, asked again: back to the list."""
    return RedirectResponse(PATH, status_code=303)


@router.post(f"{PATH}/{{booking}}/cancel")
async def give_back(
    request: Request,
    visitor: SignedInCitizen,
    booking: Annotated[int, Path(ge=1, le=NUMBER_LIMIT)],
) -> Response:
    """Cancel one; twice is once."""
    sent = await request.form(max_files=0, max_fields=20)
    return await run_in_threadpool(_give_back, request, visitor, booking, sent)


def _give_back(request: Request, visitor: Visitor, booking: int, form: FormData) -> Response:
    person, node = whose(visitor.principal), visitor.services.node
    try:
        with transaction(node.database) as session:
            check_form(visitor, form)
            for one in bookings_of(session, person):
                if one.id == booking:
                    check_within(visitor.principal, one.counter)
            cancel(session, person, booking, node.clock())
    except Conflict as wrong:
        shown = fill(visitor, wrong=wrong.text)
        return render(request, "citizen/appointments.html", shown, status=409)
    return RedirectResponse(f"{PATH}?cancelled={booking}", status_code=303)
