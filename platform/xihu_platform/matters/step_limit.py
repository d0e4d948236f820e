"""How many steps one matter may have: what one side adds keeps no other from deciding."""

from xihu_platform.matters.definition import RESERVED, EventRule
from xihu_platform.matters.views import MatterEvent, MatterView
from xihu_platform.matters.who import Doer

EVENTS_LIMIT = 300
"""Of one matter, by each side for itself."""


def is_private(view: MatterView, event: MatterEvent) -> bool:
    """Whether it left the matter with its owner alone. Of a state of an earlier version that this
    one no longer has, nothing is known."""
    state = view.definition.states.get(event.state)
    return state is not None and state.private


def has_too_many(view: MatterView, rule: EventRule, doer: Doer) -> bool:
    """Whether one side took so many steps that only one that ends it is left to them, or, of a
    draft, that hands it in."""
    after = view.definition.states[rule.lands(view.state)]
    private = [is_private(view, one) for one in view.events]
    if view.definition.states[view.state].private:
        writing = len(private) - max((n for n, one in enumerate(private, 1) if not one), default=0)
        return after.private and writing >= EVENTS_LIMIT
    side = doer.position.organisation if doer.position else None
    theirs = (
        one.organisation == side and one.name not in RESERVED and not hidden
        for one, hidden in zip(view.events, private, strict=True)
    )
    return not after.final and sum(theirs) >= EVENTS_LIMIT
