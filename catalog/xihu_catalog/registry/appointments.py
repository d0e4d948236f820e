"""Reads the counters where one can come by appointment: one YAML file for each."""

from datetime import time
from functools import lru_cache
from typing import Annotated

from pydantic import Field, StringConstraints, TypeAdapter, model_validator

from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.people import ORGANISATIONS, organisations
from xihu_catalog.registry.reading import (
    BothLanguages,
    ContentPart,
    bad,
    read_content,
    shown_path,
)

APPOINTMENTS = "appointments"
ClockTime = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class OpeningHours(ContentPart):
    """From when to when a counter serves on a working day."""

    opens: ClockTime = Field(alias="from")
    closes: ClockTime = Field(alias="to")

    @model_validator(mode="after")
    def _in_order(self) -> "OpeningHours":
        if self.opens >= self.closes:
            raise ValueError("closes before it opens")
        return self


class AppointmentCounter(ContentPart):
    """Where somebody is served at a time of their own choosing."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
    organisation: str
    """Its USCC."""
    item: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
    """What one comes for: a service item or a kind of matter, by id."""
    title: BothLanguages
    place: BothLanguages
    telephone: Annotated[str, StringConstraints(pattern=r"^[0-9-]{5,20}$")]
    hours: Annotated[list[OpeningHours], Field(min_length=1, max_length=6)]
    minutes: Annotated[int, Field(ge=5, le=240)]
    """Of one appointment."""
    capacity: Annotated[int, Field(ge=1, le=500)]
    """Places at each time."""
    days_ahead: Annotated[int, Field(ge=1, le=60)]
    """So many working days ahead one can book."""

    @model_validator(mode="after")
    def _apart(self) -> "AppointmentCounter":
        spans = sorted((one.opens, one.closes) for one in self.hours)
        if any(later[0] < sooner[1] for sooner, later in zip(spans, spans[1:], strict=False)):
            raise ValueError("opening hours overlap")
        return self

    @property
    def times(self) -> tuple[tuple[int, int], ...]:
        """From and to of each time it offers on a working day, in minutes of the day; what is left
        of an hour that holds no whole appointment is not offered."""
        found = []
        for one in self.hours:
            opens, closes = _minutes(one.opens), _minutes(one.closes)
            starts = range(opens, closes - self.minutes + 1, self.minutes)
            found += [(start, start + self.minutes) for start in starts]
        return tuple(sorted(found))


_COUNTER = TypeAdapter(AppointmentCounter)


def _minutes(clock: str) -> int:
    at = time.fromisoformat(clock)
    return at.hour * 60 + at.minute


@lru_cache
def appointment_counters() -> dict[str, AppointmentCounter]:
    """By id, in the order of their files; none where there is no folder. Raises BadRegistry."""
    found: dict[str, AppointmentCounter] = {}
    for path in sorted((registry_folder() / APPOINTMENTS).glob("*.yaml")):
        one = read_content(path, _COUNTER)
        if one.id in found:
            zh, en = f"窗口 {one.id} 已有，请换一个 id", f"there is a counter {one.id} already"
            raise bad(shown_path(path), 1, zh, en)
        if one.organisation not in organisations():
            zh = f"机构 {one.organisation} 不在 {ORGANISATIONS} 中"
            en = f"the organisation {one.organisation} is not in {ORGANISATIONS}"
            raise bad(shown_path(path), 1, zh, en)
        found[one.id] = one
    return found
