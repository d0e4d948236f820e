"""What people and desks of the demo have done over the past weeks: cases, calls, appointments,
comments on datasets and what was built with them.

Everything is made up. Days are counted back from the day on which it is played.
"""

import re
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, TypeAdapter, model_validator

from xihu_catalog.registry.reading import ContentPart, read_content

LIVES = Path(__file__).with_name("lives.yaml")
_STEP = re.compile(r"(?:-(\d+)|0) (\w+)")


class RatedAs(ContentPart):
    """How an applicant rated it, and what came of a bad rating: steps as those of the life."""

    day: int
    """Days ago."""
    level: int
    comment: str = ""
    acts: list[str] = []


class Life(ContentPart):
    """One matter from its beginning, or one appointment.

    `acts`: each as `-20 submit`, how many days ago and the event. `submit` begins a case, fills it
    in from registers and hands it in; `begin` leaves a draft. Of an appointment, `-7 book` and
    `-4 came`; booked for `days` after the day of booking at the earliest.
    """

    id: str
    who: str
    acts_for: Literal["firm", "elder", "child"] | None = None
    item: str | None = None
    topic: str | None = None
    """Of what was brought to the hotline."""
    dataset: str | None = None
    """What a comment is about; with an `address` of what was built with it, a reuse."""
    counter: str | None = None
    days: int = 0
    answers: str = ""
    write: dict[str, str] = {}
    """Fields that the applicant fills in otherwise than registers have them."""
    says: dict[str, str] = {}
    """Values of events: what was asked for, an opinion, the organisation that handles it."""
    acts: list[str]
    compared: bool = False
    """Whether the office reads what registers have, when it accepts."""
    rated: RatedAs | None = None
    reason: str = "材料与事实核对一致（演示）"
    article: str = "办事指南"
    ends: str
    """The state in which it is left."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = (self.item, self.topic, self.dataset, self.counter)
        if sum(one is not None for one in kinds) != 1:
            raise ValueError(f"{self.id}: one of item, topic, dataset, counter")
        return self


class LifeList(ContentPart):
    lives: list[Life] = Field(default=[])


def load_lives() -> list[Life]:
    return read_content(LIVES, TypeAdapter(LifeList), LifeList()).lives


def steps(acts: list[str]) -> list[tuple[int, str]]:
    """Days ago and event.

    >>> steps(["-20 submit", "0 accept"])
    [(20, 'submit'), (0, 'accept')]
    """
    found = [_STEP.fullmatch(one) for one in acts]
    assert all(found), acts  # the demo's own file
    return [(int(one[1] or 0), one[2]) for one in found if one]
