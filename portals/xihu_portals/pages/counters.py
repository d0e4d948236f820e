"""Counters and appointments in words: what one comes for, where, on which day and at what time."""

from dataclasses import dataclass
from datetime import date

from xihu_catalog.registry.appointments import AppointmentCounter, appointment_counters
from xihu_catalog.registry.people import organisation_name
from xihu_catalog.services.slots import Booking
from xihu_platform.errors import NotFound
from xihu_platform.statute.calendar import WorkingCalendar
from xihu_platform.words import Text
from xihu_portals.web import formats
from xihu_portals.web.parts import Words

WEEKDAYS = (
    *(Text("星期一", "Mon"), Text("星期二", "Tue"), Text("星期三", "Wed"), Text("星期四", "Thu")),
    *(Text("星期五", "Fri"), Text("星期六", "Sat"), Text("星期日", "Sun")),
)
STATES = {
    "booked": Text("已预约", "Booked"),
    "cancelled": Text("已取消", "Cancelled"),
    "came": Text("已到", "Came"),
    "missed": Text("未到", "Missed"),
}


@dataclass(frozen=True, slots=True)
class ShownCounter:
    """Where one is served, and whom one rings instead."""

    id: str
    title: Text
    organisation: Words
    place: Text
    telephone: str


@dataclass(frozen=True, slots=True)
class ShownBooking:
    """One appointment; `counter` is None where the registry has it no longer."""

    id: int
    number: str
    counter: ShownCounter | None
    day: Text
    time: str
    state: Text
    closed: bool
    """Whether that day has become a day off since."""


def shown_counter(one: AppointmentCounter) -> ShownCounter:
    return ShownCounter(
        one.id,
        one.title.text(),
        organisation_name(one.organisation),
        one.place.text(),
        one.telephone,
    )


def counter_named(name: str) -> AppointmentCounter:
    """Raises NotFound."""
    found = appointment_counters().get(name)
    if found is None:
        raise NotFound("没有这个预约窗口", "there is no such counter")
    return found


def shown_booking(one: Booking, calendar: WorkingCalendar) -> ShownBooking:
    counter = appointment_counters().get(one.counter)
    return ShownBooking(
        id=one.id,
        number=one.number,
        counter=shown_counter(counter) if counter is not None else None,
        day=day_words(one.day),
        time=time_words(one.starts, one.ends),
        state=STATES[one.state],
        closed=one.state == "booked" and not calendar.is_working_day(one.day)[0],
    )


def day_words(day: date) -> Text:
    """
    >>> day_words(date(2026, 11, 23))
    Text(zh='2026年11月23日 星期一', en='Mon 23 Nov 2026')
    """
    name = WEEKDAYS[day.weekday()]
    zh, en = formats.day(day, "zh"), formats.day(day, "en")
    return Text(f"{zh} {name.zh}", f"{name.en} {en}")


def time_words(starts: int, ends: int) -> str:
    """
    >>> time_words(540, 570)
    '09:00–09:30'
    """
    return f"{starts // 60:02d}:{starts % 60:02d}–{ends // 60:02d}:{ends % 60:02d}"
