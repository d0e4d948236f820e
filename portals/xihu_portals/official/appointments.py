"""今日预约: who comes to my organisation's counters today, by number and time; came or missed."""

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from xihu_catalog.registry.appointments import appointment_counters
from xihu_catalog.services.slots import bookings_on, mark
from xihu_platform.access.offices import MATTERS, check, matters_refusal
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.command import NUMBER_LIMIT
from xihu_platform.statute.published import read_calendar
from xihu_platform.words import Text
from xihu_portals.pages.counters import (
    ShownBooking,
    ShownCounter,
    day_words,
    shown_booking,
    shown_counter,
)
from xihu_portals.pages.matter_acts import check_form
from xihu_portals.pages.matter_form import acting_as
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import State
from xihu_portals.web.render import render

PATH = "/official/appointments"
MARKS: dict[str, Literal["came", "missed"]] = {"came": "came", "missed": "missed"}
router = APIRouter()


@dataclass(frozen=True, slots=True)
class ShownComing:
    """One appointment of today, and what can be marked now."""

    booking: ShownBooking
    waits: bool
    """Whether nobody has marked it."""
    begun: bool


@dataclass(frozen=True, slots=True)
class TodaysAppointments:
    """Who comes today, and did they come?"""

    frame: PageFrame
    position: str
    """As whom the page was opened."""
    day: Text
    counters: tuple[ShownCounter, ...]
    coming: tuple[ShownComing, ...]
    empty: State
    wrong: Text | None = None


_NONE_TODAY = State("empty", Text("今天没有预约", "Nobody comes by appointment today"))
_NO_COUNTER = State(
    "empty",
    Text("本单位没有预约窗口", "Your organisation has no counter that can be booked"),
    Text(
        "窗口、开放时间和每个时段的名额写在登记库 appointments 目录中。",
        "Counters, their hours and the places at each time are in the folder appointments of the "
        "registry.",
    ),
)


def own_counters(principal: Principal) -> tuple[str, ...]:
    """Those of the position's own organisation, by id."""
    position = principal.position
    own = position.organisation if position is not None else None
    return tuple(name for name, one in appointment_counters().items() if one.organisation == own)


def fill(visitor: Visitor, wrong: Text | None = None) -> TodaysAppointments:
    """Raises Refused for an auditor, who works with the log alone."""
    now, database = visitor.frame.now, visitor.services.node.database
    check(
        visitor.services.gateway,
        visitor.principal,
        MATTERS,
        matters_refusal(visitor.principal, now),
    )
    own = own_counters(visitor.principal)
    with transaction(database) as session:
        found = bookings_on(session, own, civil_date(now))
    calendar = read_calendar(database)
    return TodaysAppointments(
        frame=visitor.frame,
        position=acting_as(visitor.principal),
        day=day_words(civil_date(now)),
        counters=tuple(shown_counter(appointment_counters()[name]) for name in own),
        coming=tuple(
            ShownComing(shown_booking(one, calendar), one.state == "booked", one.at <= now)
            for one in found
        ),
        empty=_NONE_TODAY if own else _NO_COUNTER,
        wrong=wrong,
    )


@router.get(PATH)
def page(request: Request, visitor: InOffice) -> Response:
    return render(request, "official/appointments.html", fill(visitor))


@router.post(f"{PATH}/{{booking}}")
async def send(
    request: Request, visitor: InOffice, booking: Annotated[int, Path(ge=1, le=NUMBER_LIMIT)]
) -> Response:
    """Say whether somebody came. Raises NotFound for an appointment at another's counter."""
    form = await request.form(max_files=0, max_fields=20)
    return await run_in_threadpool(_send, request, visitor, booking, form)


@router.get(f"{PATH}/{{booking}}")
def form(visitor: InOffice, booking: Annotated[int, Path(ge=1, le=NUMBER_LIMIT)]) -> Response:
    """The address of a form that was not taken, asked again: back to the list."""
    return RedirectResponse(PATH, status_code=303)


def _send(request: Request, visitor: Visitor, booking: int, form: FormData) -> Response:
    services, principal = visitor.services, visitor.principal
    check(services.gateway, principal, MATTERS, matters_refusal(principal, visitor.frame.now))
    state = MARKS.get(str(form.get("state") or ""))
    try:
        check_form(visitor, form)
        if state is None:
            raise BadInput("请选择“已到”或者“未到”", "choose whether they came")
        with transaction(services.node.database) as session:
            position = acting_as(principal)
            own = own_counters(principal)
            mark(session, own, booking, state, position, services.node.clock())
    except (BadInput, Conflict) as wrong:
        shown = fill(visitor, wrong.text)
        return render(request, "official/appointments.html", shown, status=wrong.status)
    return RedirectResponse(PATH, status_code=303)
