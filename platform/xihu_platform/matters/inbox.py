"""What somebody has to do with matters, as a list: 待办, 我发起的, 已办, and all that their
organisation takes part in: under way, settled (nothing waits and no clock runs, as of a comment
that is shown or a request in use), or closed. Each line says where a matter is, who has to act,
and until when.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select
from sqlalchemy.orm import Session

from xihu_platform.database import transaction
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.definition import Definition
from xihu_platform.matters.engine import OF_TIME
from xihu_platform.matters.keeping import CALL, LATE
from xihu_platform.matters.kernel import Matters
from xihu_platform.matters.models import (
    MatterClockRow,
    MatterEventRow,
    MatterPartyRow,
    MatterRow,
    MatterWorkRow,
)
from xihu_platform.matters.views import known_parties, party_of
from xihu_platform.matters.who import Doer, MatterParty, takes_part
from xihu_platform.matters.work import keys_of, mine

Box = Literal["todo", "started", "done", "open", "settled", "closed"]
BOXES: tuple[Box, ...] = get_args(Box)
LIMIT = 50
"""Lines on a page."""


@dataclass(frozen=True, slots=True)
class MatterLine:
    """One matter in a list."""

    id: int
    number: str
    definition: Definition
    about: str | None
    state: str
    owner: tuple[MatterParty, ...]
    """Who has to act now; nobody once it is closed."""
    since: datetime
    """When it came into the hands that it is in."""
    due_on: date | None
    firm: bool
    called_for: str | None = None
    """The event that it waits for somebody beside its owner with."""
    late_for: str | None = None
    """The duty whose day has passed, of one who is told of it and does not act themselves."""

    def overdue(self, today: date) -> bool:
        """Derived: on the last day itself there is time."""
        return self.due_on is not None and today > self.due_on


@dataclass(frozen=True, slots=True)
class Inbox:
    lines: tuple[MatterLine, ...]
    more: bool
    """Whether there are others after these."""


def read_inbox(
    matters: Matters, principal: Principal, box: Box, offset: int = 0, kinds: str = ""
) -> Inbox:
    """One page of a list. What waits comes in the order of its last day, else the newest first.
    `kinds`: what the kinds of its matters begin with."""
    with transaction(matters.database) as session:
        as_whom = matters.doers(session, principal)
        if not as_whom:
            return Inbox((), more=False)
        known, settled = (of(matters.book.every(session)) for of in (_known, _settled))
        query = _query(principal, as_whom, box, known, settled).limit(LIMIT + 1).offset(offset)
        of = [MatterRow.kind.startswith(kinds, autoescape=True)] if kinds else []
        if (within := matters.within(session, principal)) is not None:
            of.append(MatterRow.id.in_(within))
        if of:
            query = query.where(query.selected_columns[0].in_(select(MatterRow.id).where(*of)))
        found = {row[0]: row[1] for row in session.execute(query)}
        lines = _lines(session, matters, principal, as_whom, found)
    ordered = [lines[one] for one in found if one in lines]
    return Inbox(tuple(ordered[:LIMIT]), more=len(found) > LIMIT)


def count_inbox(matters: Matters, principal: Principal, today: date) -> tuple[int, int]:
    """How many matters wait for somebody, and how many of them are past their day."""
    with transaction(matters.database) as session:
        as_whom = matters.doers(session, principal)
        if not as_whom:
            return 0, 0
        waiting = _waiting(principal, as_whom).order_by(None)
        if (within := matters.within(session, principal)) is not None:
            waiting = waiting.where(MatterWorkRow.matter.in_(within))
        waits = waiting.subquery()
        late = select(func.count()).select_from(waits).where(waits.c.due < today)
        every = session.scalar(select(func.count()).select_from(waits)) or 0
        return every, session.scalar(late) or 0


def _known(definitions: Iterable[Definition]) -> ColumnElement[bool]:
    """Whether a party may know of a matter: of a draft that was never handed in, its owner alone.
    The same as `known_parties`, asked of the database, so that pages have no holes."""
    event, row = MatterEventRow, MatterRow
    alike: dict[tuple[frozenset[str], frozenset[str]], list[ColumnElement[bool]]] = {}
    for one in definitions:
        quiet = {state.name for state in one.states.values() if state.private or state.final}
        owners = {state.owner or "" for state in one.states.values() if state.private}
        those = alike.setdefault((frozenset(quiet), frozenset(owners)), [])
        those.append(and_(row.kind == one.kind, row.definition == one.version))
    found = []
    for (still, writers), those in alike.items():
        left = exists().where(event.matter == row.id, event.state.not_in(sorted(still)))
        found.append(and_(or_(*those), or_(left, MatterPartyRow.role.in_(sorted(writers)))))
    return or_(false(), *found)


def _settled(definitions: Iterable[Definition]) -> ColumnElement[bool]:
    """Whether a matter rests in its state, and no clock of it runs or is paused."""
    row, clock = MatterRow, MatterClockRow
    alike: dict[frozenset[str], list[ColumnElement[bool]]] = {}
    for one in definitions:
        resting = frozenset(state.name for state in one.states.values() if state.rests)
        of_kind = and_(row.kind == one.kind, row.definition == one.version)
        alike.setdefault(resting, []).append(of_kind)
    rests = [
        and_(or_(*those), row.state.in_(sorted(names))) for names, those in alike.items() if names
    ]
    runs = exists().where(clock.matter == row.id, clock.stop_seq.is_(None)).correlate(row)
    return and_(or_(false(), *rests), ~runs)


def _query(
    principal: Principal,
    as_whom: Collection[Doer],
    box: Box,
    known: ColumnElement[bool],
    settled: ColumnElement[bool],
) -> Select[int, str | None]:
    """Ids, each with the name of the work that waits where there is such."""
    if box == "todo":
        return _waiting(principal, as_whom).with_only_columns(
            MatterWorkRow.matter, func.min(MatterWorkRow.name)
        )
    nothing = select(MatterEventRow.matter, func.max(None)).group_by(MatterEventRow.matter)
    if box in {"started", "done"}:
        acted = [MatterEventRow.sub == principal.id]
        if box == "started":
            acted.append(MatterEventRow.seq == 1)
        return nothing.where(*acted).order_by(MatterEventRow.matter.desc())
    party, row, clock = MatterPartyRow, MatterRow, MatterClockRow
    of_mine = (
        select(party.matter, func.max(None))
        .join(row, row.id == party.matter)
        .where(party.key.in_(keys_of(principal, as_whom)), known)
        .group_by(party.matter)
    )
    if box == "closed":
        return of_mine.where(row.closed_at.is_not(None)).order_by(party.matter.desc())
    if box == "settled":
        return of_mine.where(row.closed_at.is_(None), settled).order_by(party.matter.desc())
    due = func.min(clock.due_on)
    running = and_(clock.matter == party.matter, clock.stop_seq.is_(None))
    return (
        of_mine.outerjoin(clock, running)
        .where(row.closed_at.is_(None), ~settled)
        .order_by(due.is_(None), due, party.matter)
    )


def _waiting(principal: Principal, as_whom: Collection[Doer]) -> Select[int, date | None]:
    work = MatterWorkRow
    due = func.min(work.due_on).label("due")
    return (
        select(work.matter, due)
        .where(work.closed_seq.is_(None), mine(principal, as_whom))
        .group_by(work.matter)
        .order_by(due.is_(None), due, work.matter)
    )


def _lines(
    session: Session,
    matters: Matters,
    principal: Principal,
    as_whom: Collection[Doer],
    wanted: dict[int, str | None],
) -> dict[int, MatterLine]:
    """Those of the matters that somebody may know of."""
    rows = session.scalars(select(MatterRow).where(MatterRow.id.in_(wanted))).all()
    parties = _parties(session, wanted)
    passed = _states(session, wanted)
    since = _since(session, wanted)
    due = _due(session, wanted)
    found = {}
    for row in rows:
        definition = matters.book.get(session, row.kind, row.definition)
        known = known_parties(definition, passed[row.id], parties[row.id])
        if not takes_part(principal, as_whom, known):
            continue
        owner = definition.states[row.state].owner
        name = wanted[row.id] or ""
        day, firm = due.get(row.id, (None, True))
        found[row.id] = MatterLine(
            id=row.id,
            number=definition.number(row.id),
            definition=definition,
            about=row.about,
            state=row.state,
            owner=tuple(one for one in parties[row.id] if one.role == owner),
            since=since[row.id],
            due_on=day,
            firm=firm,
            called_for=name.removeprefix(f"{CALL} ") if name.startswith(f"{CALL} ") else None,
            late_for=name.removeprefix(f"{LATE} ") if name.startswith(f"{LATE} ") else None,
        )
    return found


def _parties(session: Session, ids: Iterable[int]) -> dict[int, tuple[MatterParty, ...]]:
    query = select(MatterPartyRow).where(MatterPartyRow.matter.in_(ids))
    query = query.order_by(MatterPartyRow.role, MatterPartyRow.key)
    found: dict[int, tuple[MatterParty, ...]] = {}
    for row in session.scalars(query):
        found[row.matter] = (*found.get(row.matter, ()), party_of(row))
    return found


def _states(session: Session, ids: Iterable[int]) -> dict[int, list[str]]:
    event = MatterEventRow
    query = select(event.matter, event.state).where(event.matter.in_(ids)).distinct()
    found: dict[int, list[str]] = {}
    for matter, state in session.execute(query):
        found.setdefault(matter, []).append(state)
    return found


def _since(session: Session, ids: Iterable[int]) -> dict[int, datetime]:
    """The first event after the last one that was in another state."""
    event, row = MatterEventRow, MatterRow
    other = (
        select(event.matter, func.max(event.seq).label("seq"))
        .join(row, row.id == event.matter)
        .where(event.matter.in_(ids), event.state != row.state)
        .group_by(event.matter)
        .subquery()
    )
    query = (
        select(event.matter, func.min(event.at))
        .outerjoin(other, other.c.matter == event.matter)
        .where(
            event.matter.in_(ids),
            event.name.not_in(OF_TIME),
            event.seq > func.coalesce(other.c.seq, 0),
        )
        .group_by(event.matter)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _due(session: Session, ids: Iterable[int]) -> dict[int, tuple[date | None, bool]]:
    clock = MatterClockRow
    query = (
        select(clock.matter, clock.due_on, clock.firm)
        .where(and_(clock.matter.in_(ids), clock.stop_seq.is_(None), clock.due_on.is_not(None)))
        .order_by(clock.due_on.desc())
    )
    return {matter: (day, firm) for matter, day, firm in session.execute(query)}
