"""A counter and when it can be booked: a working day, then a time, with the places left."""

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from xihu_catalog.registry.appointments import AppointmentCounter
from xihu_catalog.services.slots import OfferedTime, book, offered
from xihu_platform.access.decision import OWN_LEVEL
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict
from xihu_platform.statute.published import read_calendar
from xihu_platform.words import Text
from xihu_portals.citizen.appointments import PATH, check_within, is_within, whose
from xihu_portals.citizen.verification import unproven, verification
from xihu_portals.pages.counters import (
    ShownCounter,
    counter_named,
    day_words,
    shown_counter,
    time_words,
)
from xihu_portals.pages.matter_acts import check_form
from xihu_portals.pages.matter_form import acting_as
from xihu_portals.pages.visitor import SignedInCitizen, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Choice, State
from xihu_portals.web.render import render

HERE = f"{PATH}/new/{{counter}}"
Day = Annotated[str, Query(max_length=10)]
router = APIRouter()


@dataclass(frozen=True, slots=True)
class ShownTime:
    """A time, and how many places are left."""

    value: int
    words: str
    left: int


@dataclass(frozen=True, slots=True)
class NewAppointmentPage:
    """When can I come?"""

    frame: PageFrame
    position: str
    """As whom the page was opened."""
    counter: ShownCounter
    href: str
    days: tuple[Choice, ...]
    day: Text | None
    day_value: str
    times: tuple[ShownTime, ...]
    full: tuple[str, ...]
    """The times of the day at which no place is left."""
    wrong: Text | None = None
    state: State | None = None
    """In place of everything: real-name level too low."""


def fill(
    visitor: Visitor, name: str, chosen: str = "", wrong: Text | None = None
) -> NewAppointmentPage:
    """`chosen`: a day as 2026-11-24; one that is not offered shows the first that has a place.

    Raises NotFound for a counter that there is not."""
    counter = counter_named(name)
    if visitor.principal.level < OWN_LEVEL:
        return _page(visitor, counter, (), None, (), state=unproven())
    check_within(visitor.principal, counter.id)
    days = _offered(visitor, counter)
    day = next((one for one, _ in days if one.isoformat() == chosen), None)
    if day is None:
        day = next((one for one, times in days if any(t.left for t in times)), None)
    times = dict(days).get(day, ()) if day is not None else ()
    return _page(visitor, counter, tuple(one for one, _ in days), day, times, wrong=wrong)


def _offered(
    visitor: Visitor, counter: AppointmentCounter
) -> list[tuple[date, tuple[OfferedTime, ...]]]:
    database = visitor.services.node.database
    with transaction(database) as session:
        return offered(session, counter, read_calendar(database), visitor.frame.now)


def _page(
    visitor: Visitor,
    counter: AppointmentCounter,
    days: tuple[date, ...],
    day: date | None,
    times: tuple[OfferedTime, ...],
    *,
    wrong: Text | None = None,
    state: State | None = None,
) -> NewAppointmentPage:
    return NewAppointmentPage(
        frame=visitor.frame,
        position=acting_as(visitor.principal),
        counter=shown_counter(counter),
        href=f"{PATH}/new/{counter.id}",
        days=tuple(Choice(one.isoformat(), day_words(one), one == day) for one in days),
        day=day_words(day) if day is not None else None,
        day_value=day.isoformat() if day is not None else "",
        times=tuple(
            ShownTime(one.starts, time_words(one.starts, one.ends), one.left)
            for one in times
            if one.left
        ),
        full=tuple(time_words(one.starts, one.ends) for one in times if not one.left),
        wrong=wrong,
        state=state,
    )


@router.get(HERE)
def page(request: Request, visitor: SignedInCitizen, counter: str, day: Day = "") -> Response:
    way = verification(visitor, OWN_LEVEL, f"{PATH}/new/{counter}")
    if way is not None:
        return RedirectResponse(way, status_code=303)
    return render(request, "citizen/new_appointment.html", fill(visitor, counter, day))


@router.post(HERE)
async def send(request: Request, visitor: SignedInCitizen, counter: str) -> Response:
    """Book a time; the same form again is the same appointment."""
    form = await request.form(max_files=0, max_fields=20)
    return await run_in_threadpool(_send, request, visitor, counter, form)


def _send(request: Request, visitor: Visitor, name: str, form: FormData) -> Response:
    counter, person, node = counter_named(name), whose(visitor.principal), visitor.services.node
    check_within(visitor.principal, counter.id)
    said = str(form.get("day") or "")
    try:
        check_form(visitor, form)
        day, starts = _read(said, str(form.get("starts") or ""))
        calendar = read_calendar(node.database)
        with transaction(node.database) as session:
            booking = book(
                session,
                counter,
                calendar,
                day,
                starts,
                person=person,
                sub=visitor.principal.id,
                now=node.clock(),
                told=partial(is_within, visitor.principal),
            )
    except (BadInput, Conflict) as wrong:
        shown = fill(visitor, name, said, wrong.text)
        return render(request, "citizen/new_appointment.html", shown, status=wrong.status)
    return RedirectResponse(f"{PATH}?booked={booking.id}", status_code=303)


def _read(day: str, starts: str) -> tuple[date, int]:
    """Raises BadInput for what was not chosen."""
    try:
        chosen = date.fromisoformat(day)
    except ValueError:
        raise BadInput("请选择日期", "choose a day") from None
    if not starts.isascii() or not starts.isdigit() or len(starts) > 4:
        raise BadInput("请选择时间", "choose a time")
    return chosen, int(starts)
