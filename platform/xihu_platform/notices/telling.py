"""Whom an event of a matter is told: every other side that may know of it, never whoever acted.

A side that only watches over the days is told of lateness alone. What time brings about is told to
whoever has to act and to the side that opened the matter, and
lateness to whoever the kind names as well. A draft's events and opinions among colleagues are told
to nobody. Of the side that opened a matter, the position that did is told, and of any side one that
an effect of the event names.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import insert

from xihu_platform.clock import civil_date
from xihu_platform.matters.acts import ActContext
from xihu_platform.matters.definition import Definition, EventRule
from xihu_platform.matters.engine import TIME
from xihu_platform.matters.keeping import LATE, REDATED, WARNED
from xihu_platform.matters.recording import SYSTEM
from xihu_platform.matters.views import MatterView
from xihu_platform.notices.channels import confirmed_channels
from xihu_platform.notices.models import NoticeRow
from xihu_platform.notices.outgoing import DUE, HAPPENED

ANY = "any"
"""Beside duties: whatever the position is for."""
POSITION = "position:"
"""Beside duties: one position, by its number."""


@dataclass(frozen=True, slots=True)
class NoticeRecipient:
    """One side that is told: its positions with one of the duties, and the one that opened it."""

    key: str
    duties: frozenset[str]
    position: str | None = None


_INSERT = insert(NoticeRow.__table__)  # type: ignore[arg-type]  # a Table


def tell(
    context: ActContext, rule: EventRule, after: MatterView, but: Collection[str] = ()
) -> None:
    """Write the notices of an event in its transaction; `after`: the matter with it; `but`: sides
    that are told of it otherwise."""
    told = [one for one in recipients(context, rule, after) if one.key not in but]
    if not told:
        return
    rows = [
        {
            "matter": after.id,
            "seq": context.seq,
            "recipient": one.key,
            "duties": f" {' '.join(sorted(one.duties))} ",
            "position": one.position,
            "event": rule.name,
            "created_at": context.now,
        }
        for one in told
    ]
    context.session.connection().execute(_INSERT, rows)
    for effect in _channels(context, told):
        context.promise(effect, what=DUE if rule.name == WARNED else HAPPENED)


def _channels(context: ActContext, told: Iterable[NoticeRecipient]) -> Iterator[str]:
    """The confirmed channels of those who are told: never whoever acted."""
    sides = {one.key: one for one in told}
    doer, today = context.doer, civil_date(context.now)
    own = doer.position.organisation if doer.position else None
    for one in confirmed_channels(context.session, sides, today):
        side = sides[one.organisation]
        if one.position is None:
            is_told = one.organisation != own
        else:
            is_told = one.position == side.position or bool(
                side.duties & {ANY, POSITION + one.position, *one.duties}
            )
            is_told = is_told and one.person != doer.sub and "auditor" not in one.duties
        if is_told:
            yield one.effect


def recipients(
    context: ActContext, rule: EventRule, after: MatterView
) -> tuple[NoticeRecipient, ...]:
    """Each side once, in the order of its keys."""
    if rule.inside or after.unsent:
        return ()
    by_time = context.doer is TIME
    said = _told_by_time(context, rule, after) if by_time else _others(context, rule, after)
    found: dict[str, NoticeRecipient] = {}
    for one in said:
        before = found.get(one.key, NoticeRecipient(one.key, frozenset()))
        position = before.position or one.position
        found[one.key] = NoticeRecipient(one.key, before.duties | one.duties, position)
    return tuple(found[key] for key in sorted(found))


def _others(context: ActContext, rule: EventRule, after: MatterView) -> Iterator[NoticeRecipient]:
    doer, opening = context.doer, after.events[0]
    own = {doer.position.organisation} if doer.position else set(after.keys(rule.actor.party))
    for party in after.known_to:
        if party.key not in own and has_part(after.definition, party.role):
            yield _side(after, party.role, party.key)
    for organisation, position in context.also_told:
        if position not in doer.positions:
            yield NoticeRecipient(organisation, frozenset({POSITION + position}))
    opener = _opener(after)
    if opener is None or opener.key not in own or opening.sub == doer.sub:
        return
    if opener.position not in doer.positions:
        yield opener


def has_part(definition: Definition, role: str) -> bool:
    """Whether a side ever acts or has a matter before it. Who only watches over the days is told
    of lateness, and not of each step."""
    if any(state.owner == role for state in definition.states.values()):
        return True
    return any(
        rule.actor.party == role for rule in (definition.opening, *definition.events.values())
    )


def _told_by_time(
    context: ActContext, rule: EventRule, after: MatterView
) -> Iterator[NoticeRecipient]:
    """The owner before and after, the side that opened it, and whoever is told of lateness."""
    if rule.name not in {WARNED, REDATED} and not (rule.lapse or rule.after):
        return  # another version of the rules is nobody's step
    definition = after.definition
    for key in after.keys(definition.opening.actor.party):
        yield _side(after, definition.opening.actor.party, key)
    for state in dict.fromkeys((context.matter.state, after.state)):
        owner = definition.states[state].owner
        for key in after.keys(owner) if owner else ():
            yield NoticeRecipient(key, _duties(definition, owner or ""))
    values = context.command.values
    late = definition.escalations.get(str(values.get("duty")))
    if late is not None and values.get("mark") == LATE:
        for key in after.keys(late.party):
            yield NoticeRecipient(key, frozenset(late.duties or {ANY}))


def _side(after: MatterView, role: str, key: str) -> NoticeRecipient:
    opener = _opener(after)
    if opener is not None and opener.key == key and role == after.definition.opening.actor.party:
        return opener
    return NoticeRecipient(key, _duties(after.definition, role))


def _duties(definition: Definition, role: str) -> frozenset[str]:
    """Of the positions that may act in a role, whatever the event, or are told of lateness."""
    rules = (definition.opening, *definition.events.values())
    actors = (*(one.actor for one in rules), *definition.escalations.values())
    every = [one.duties for one in actors if one.party == role]
    if not every or not all(every):
        return frozenset({ANY})
    return frozenset[str]().union(*every)


def _opener(matter: MatterView) -> NoticeRecipient | None:
    """The position that a matter was opened in, where a person has it."""
    opening = matter.events[0]
    position = opening.stands_in_for or opening.position
    if opening.organisation is None or position is None or position.startswith(SYSTEM):
        return None
    return NoticeRecipient(opening.organisation, frozenset(), position)
