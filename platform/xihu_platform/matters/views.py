"""A matter as it is read: its events in their order, and what follows from them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any, cast

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from xihu_platform.clock import civil_date
from xihu_platform.matters.clocks import MatterClock, Moved, clocks_of
from xihu_platform.matters.definition import (
    DECIDED_BY,
    OPEN,
    RESERVED,
    ClockAct,
    Definition,
    PartyKind,
    Verb,
)
from xihu_platform.matters.models import MatterEventRow, MatterPartyRow, MatterRow
from xihu_platform.matters.who import Done, MatterParty

FIRST = "0" * 64
"""The digest before that of a matter's first event."""


@dataclass(frozen=True, slots=True)
class MatterEvent:
    """What happened. `at` is when it took effect, `recorded_at` when it was written down."""

    seq: int
    name: str
    at: datetime
    recorded_at: datetime
    state: str
    version: int
    sub: str
    position: str | None
    organisation: str | None
    stands_in_for: str | None
    article: str | None
    data: Mapping[str, Any]
    """Any: codes, days and numbers, by name."""
    clocks: tuple[Moved, ...]
    decided_by: str | None = None
    """Of a step that a system reported: the person whose decision it was."""

    @property
    def done(self) -> Done:
        positions = frozenset(one for one in (self.position, self.stands_in_for) if one)
        persons = frozenset(one for one in (self.sub, self.decided_by) if one)
        return Done(self.name, persons, positions)


@dataclass(frozen=True, slots=True)
class MatterView:
    """One matter at one version."""

    id: int
    definition: Definition
    state: str
    version: int
    about: str | None
    region: str
    opened_at: datetime
    closed_at: datetime | None
    outcome: str | None
    parent: int | None
    parties: tuple[MatterParty, ...]
    events: tuple[MatterEvent, ...]

    @property
    def number(self) -> str:
        """How people name it: SR-000042."""
        return self.definition.number(self.id)

    @property
    def facts(self) -> Mapping[str, Any]:
        """What its events hold, each value as it was said last."""
        known: dict[str, Any] = {}
        for event in self.events:
            known |= event.data
        return known

    def date_of(self, value: str) -> date | None:
        """A date as somebody said it last; what the platform notes of itself is none."""
        told = [one.data for one in self.events if one.name not in RESERVED - {OPEN}]
        said = [data[value] for data in told if value in data]
        return date.fromisoformat(said[-1]) if said else None

    @property
    def clocks(self) -> list[MatterClock]:
        return clocks_of([move for event in self.events for move in event.clocks])

    @property
    def done(self) -> tuple[Done, ...]:
        return tuple(event.done for event in self.events)

    @property
    def known_to(self) -> tuple[MatterParty, ...]:
        """The parties who may know of it: of a draft that was never handed in, its owner alone."""
        return known_parties(self.definition, [one.state for one in self.events], self.parties)

    @property
    def unsent(self) -> bool:
        """Whether it is a draft, or was one to its end."""
        return _unsent(self.definition, [one.state for one in self.events]) is not None

    def keys(self, role: str) -> tuple[str, ...]:
        return tuple(one.key for one in self.parties if one.role == role)


def known_parties(
    definition: Definition, passed: Iterable[str], parties: tuple[MatterParty, ...]
) -> tuple[MatterParty, ...]:
    """Who may know of a matter that has been in these states."""
    owners = _unsent(definition, passed)
    return parties if owners is None else tuple(one for one in parties if one.role in owners)


def _unsent(definition: Definition, passed: Iterable[str]) -> set[str | None] | None:
    """Who owned the states of a draft that was never handed in; None of any other matter."""
    states = [definition.states[one] for one in passed if one in definition.states]
    if not states or any(not (one.private or one.final) for one in states):
        return None
    return {one.owner for one in states}


def drafts_of(view: MatterView) -> tuple[list[set[int]], set[int]]:
    """The events of each draft that was handed in, and of the one that is being written.

    What brings a matter back into a draft was said to its parties, and is no part of it.
    """
    done, writing, private = list[set[int]](), set[int](), True
    for event in view.events:
        state = view.definition.states.get(event.state)
        began, private = private, state is not None and state.private
        if began and private:
            writing.add(event.seq)
        elif writing:
            done.append(writing)
            writing = set()
    return done, writing


def withheld(
    view: MatterView, places: Iterable[tuple[int, str]], *, owner: bool
) -> set[tuple[int, str]]:
    """What the parties are not shown: of a draft, all that it said before it was changed, and of
    one that is still being written, for others than its owner, everything."""
    every = set(places)
    done, writing = drafts_of(view)
    gone = set() if owner else {at for at in every if at[0] in writing}
    for draft in (*done, writing):
        mine = sorted(at for at in every if at[0] in draft)
        last = {name: seq for seq, name in mine}
        gone |= {(seq, name) for seq, name in mine if last[name] != seq}
    return gone


def handed_in(view: MatterView, *, owner: bool) -> MatterView:
    """The matter as its parties see it: of a draft, what it said last; `owner`: to whoever has it,
    what is being written too."""
    places = [(event.seq, name) for event in view.events for name in event.data]
    gone = withheld(view, places, owner=owner)
    if not gone:
        return view
    events = tuple(
        replace(e, data={n: v for n, v in e.data.items() if (e.seq, n) not in gone})
        for e in view.events
    )
    return replace(view, events=events)


def party_of(row: MatterPartyRow) -> MatterParty:
    return MatterParty(row.role, cast("PartyKind", row.kind), row.key)


def load_view(session: Session, row: MatterRow, definition: Definition) -> MatterView:
    events = session.scalars(
        select(MatterEventRow)
        .where(MatterEventRow.matter == row.id)
        .order_by(MatterEventRow.seq)
        .execution_options(populate_existing=True)
    )
    parties = session.scalars(
        select(MatterPartyRow)
        .where(MatterPartyRow.matter == row.id)
        .order_by(MatterPartyRow.role, MatterPartyRow.key)
    )
    return MatterView(
        id=row.id,
        definition=definition,
        state=row.state,
        version=row.version,
        about=row.about,
        region=row.region,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        outcome=row.outcome,
        parent=row.parent,
        parties=tuple(party_of(one) for one in parties),
        events=tuple(read_event(one) for one in events),
    )


def read_event(row: MatterEventRow) -> MatterEvent:
    day = civil_date(row.at)
    moves = (
        Moved(
            row.seq,
            day,
            ClockAct(cast("Verb", one["verb"]), one["duty"], one.get("reason")),
            one.get("amount", 0),
        )
        for one in row.clocks
    )
    return MatterEvent(
        seq=row.seq,
        name=row.name,
        at=row.at,
        recorded_at=row.recorded_at,
        state=row.state,
        version=row.version,
        sub=row.sub,
        position=row.position,
        organisation=row.organisation,
        stands_in_for=row.stands_in_for,
        article=row.article,
        data={name: value for name, value in row.data.items() if name != DECIDED_BY},
        clocks=tuple(moves),
        decided_by=row.data.get(DECIDED_BY),
    )


_DIGESTED = (
    *(
        "matter",
        "seq",
        "name",
        "state",
        "version",
        "sub",
        "position",
        "organisation",
        "stands_in_for",
    ),
    *("command_key", "command_sha256", "article", "data", "clocks"),
)


def digest_of(row: MatterEventRow, before: str) -> str:
    """SHA-256 of the digest before it and of what the event says, in canonical JSON."""
    said = {name: getattr(row, name) for name in _DIGESTED}
    said |= {"at": row.at.isoformat(), "recorded_at": row.recorded_at.isoformat()}
    return sha256(before.encode() + orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def broken_at(rows: Sequence[MatterEventRow]) -> int | None:
    """The number of the first event that was changed, taken out or put in; None of sound ones."""
    before = FIRST
    for place, row in enumerate(rows, 1):
        if row.seq != place or row.digest != digest_of(row, before):
            return place
        before = row.digest
    return None
