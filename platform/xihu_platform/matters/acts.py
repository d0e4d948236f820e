"""Guards and effects: the named functions by which a definition reaches the rest of the platform.

Both run inside the transaction of the event. A guard raises where something else does not allow
the event, with words and article. An effect changes rows (a grant, a ground) in the same commit,
or promises something outside, which the outbox then does once.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from xihu_platform.matters.command import Command
from xihu_platform.matters.definition import EventRule
from xihu_platform.matters.models import OutboxRow
from xihu_platform.matters.views import MatterView
from xihu_platform.matters.who import Doer


@dataclass(frozen=True, slots=True)
class ActContext:
    """What a guard or an effect sees: the matter as it was before the event."""

    session: Session
    matter: MatterView
    command: Command
    doer: Doer
    seq: int
    """Of the event."""
    now: datetime
    also_told: list[tuple[str, str]] = field(default_factory=list)
    """Positions that learn of it whoever else does: organisation and position."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """With what this event says."""
        return {**self.matter.facts, **self.command.values}

    def promise(self, effect: str, **payload: str | int) -> None:
        """Something outside, done once after the commit; its row's id is its key."""
        promise(self.session, self.matter.id, self.seq, effect, payload)


def promise(
    session: Session, matter: int, seq: int, effect: str, payload: Mapping[str, str | int]
) -> None:
    session.add(
        OutboxRow(
            matter=matter,
            seq=seq,
            effect=effect,
            payload=dict(payload),
            state="created",
            lease_until=None,
            attempts=0,
        )
    )


ActFunction = Callable[[ActContext], None]
Bar = Callable[[Session, MatterView, Doer], bool]
"""Whether somebody is one who may not."""
Tell = Callable[[ActContext, EventRule, MatterView], None]
"""Tells of an event in its transaction: what an act sees, its rule, and the matter afterwards."""


MayRead = Callable[[Session, MatterView, Collection[Doer], str], bool]
"""Whether an office may read what was written under a name, or a file where the name is empty."""


def all_may_read(_session: Session, _matter: MatterView, _doers: Collection[Doer], _n: str) -> bool:
    """For an installation whose offices read all that is written to them."""
    return True


def tell_nobody(_context: ActContext, _rule: EventRule, _after: MatterView) -> None:
    """For an installation without notices."""


@dataclass(frozen=True, slots=True)
class ActFunctions:
    """By name, as definitions have them."""

    guards: Mapping[str, ActFunction] = field(default_factory=dict)
    effects: Mapping[str, ActFunction] = field(default_factory=dict)
    conditions: Mapping[str, Callable[[MatterView], bool]] = field(default_factory=dict)
    bars: Mapping[str, Bar] = field(default_factory=dict)
    """By guard: what it asks of who acts, so that nobody is offered what it then refuses them."""

    def __or__(self, others: "ActFunctions") -> "ActFunctions":
        """Those of two rooms together."""
        return ActFunctions(
            {**self.guards, **others.guards},
            {**self.effects, **others.effects},
            {**self.conditions, **others.conditions},
            {**self.bars, **others.bars},
        )

    def has(self, rule: EventRule, matter: MatterView) -> bool:
        """Whether there is such an event in a matter as it is."""
        return rule.when is None or self.conditions[rule.when](matter)

    def meant(self, event: str, matter: MatterView) -> str:
        """Of the events that are one act, the one that there is in a matter as it is."""
        definition = matter.definition
        if event not in definition.events:
            return event
        same = definition.one_act(definition.events[event])
        return next((one.name for one in same if self.has(one, matter)), event)
