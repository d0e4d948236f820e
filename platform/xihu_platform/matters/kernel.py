"""Acting on matters: who may, once, at the version that was seen."""

import hmac
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from hashlib import sha256

from sqlalchemy import Engine, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from xihu_platform.access import reasons
from xihu_platform.clock import Clock, civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, Refused, TransientError
from xihu_platform.identity.principal import Mandate, Position, Principal
from xihu_platform.matters import step_limit
from xihu_platform.matters.acts import ActFunctions, MayRead, Tell, all_may_read, tell_nobody
from xihu_platform.matters.book import DefinitionBook
from xihu_platform.matters.command import NUMBER_LIMIT, Command, check_form
from xihu_platform.matters.definition import OPEN, Definition, EventRule, WhoMay
from xihu_platform.matters.engine import (
    Acted,
    MatterEngine,
    hold,
    judge,
    lock,
    no_matter,
    offered,
)
from xihu_platform.matters.keeping import Duties
from xihu_platform.matters.models import MatterEventRow, MatterLinkRow, MatterPartyRow, MatterRow
from xihu_platform.matters.settling import has_to_speak, speak
from xihu_platform.matters.step_limit import has_too_many, is_private
from xihu_platform.matters.texts import MatterTexts
from xihu_platform.matters.views import MatterView, handed_in, load_view, withheld
from xihu_platform.matters.who import (
    Doer,
    MatterParty,
    doers,
    find_doer,
    is_party,
    may,
    takes_part,
)
from xihu_platform.matters.within import Within, is_within, within_mandate
from xihu_platform.statute.due import DueDate

TRIES = 3
_Act = Callable[[Session], Acted]


class StaleMatter(Conflict):
    """Somebody acted since the form was opened, or time did."""

    def __init__(self, matter: MatterView, seen: int) -> None:
        super().__init__(
            f"{matter.number} 在您打开表单之后有了变化，请看新的状态后再办理；您填写的内容没有丢失",
            f"{matter.number} has changed since you opened the form: look at its new state, then "
            "act; what you wrote is not lost",
        )
        self.matter = matter
        self.seen = seen

    @property
    def changed(self) -> list[str]:
        """What was done since, by name: of a draft that is being written, nothing."""
        view = self.matter
        return [
            one.name for one in view.events if one.version > self.seen and not is_private(view, one)
        ]


class _TimeFirst(Exception):
    """Something happened by itself before: it is written first, and the act tried again."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What a new matter is about and who takes part in it: each role of its kind, once or more.

    Made by the program, never of what a person typed.
    """

    kind: str
    parties: tuple[MatterParty, ...]
    region: str
    about: str | None = None
    parent: int | None = None
    link: tuple[int, str] | None = None
    """Another matter that this one speaks of, and how: the opener takes part in it."""
    state: str | None = None
    """Where it begins instead of the kind's first state: of what was under way before."""


class Matters(MatterEngine):
    """All matters of an installation, as people act in them."""

    def __init__(
        self,
        database: Engine,
        clock: Clock,
        book: DefinitionBook,
        duties: Duties,
        acts: ActFunctions,
        texts: MatterTexts,
        stood_in: Callable[[Session, Position], Iterable[Position]] = lambda *_: (),
        tell: Tell = tell_nobody,
        may_read: MayRead = all_may_read,
        covers: Callable[[str, Mandate], bool] = lambda *_: True,
    ) -> None:
        super().__init__(database, clock, book, duties, acts, texts, tell)
        self._stood_in = stood_in
        self._may_read = may_read
        self._covers = covers

    def open(self, principal: Principal, opening: Opening, command: Command) -> Acted:
        """A new matter. The same command once more answers what the first answered.

        Raises Refused for somebody who is not the party that opens such matters, NotFound for a
        parent that they have no part in, BadInput for what is missing or wrong, and for a key
        that another act has used.
        """
        command = self._own(principal, command)
        parties = sorted((one.role, one.kind, one.key) for one in opening.parties)
        of = (opening.kind, parties, opening.region, opening.about, opening.parent, opening.link)
        later = () if opening.state is None else (opening.state,)
        mark = self.mark_of(command, *_whose(principal), *of, *later)

        def act(session: Session) -> Acted:
            return self._open(session, principal, opening, command, mark)

        return self._once(principal, command, mark, act)

    def act(self, principal: Principal, matter: int, command: Command) -> Acted:
        """One event. Raises NotFound for one who has no part in the matter, StaleMatter where it
        has changed since, Conflict where its state does not know the event, Refused and BadInput
        as `open`, and whatever a guard raises.

        What time had to say before is written first: whether a tick came decides nothing.
        """
        command = self._own(principal, command)
        if not 0 < matter <= NUMBER_LIMIT:
            raise no_matter(matter)
        mark = self.mark_of(command, *_whose(principal), *_reported(principal), matter)

        def act(session: Session) -> Acted:
            return self._act(session, principal, matter, command, mark)

        for _ in range(TRIES):
            try:
                return self._once(principal, command, mark, act)
            except _TimeFirst:
                speak(self, matter, civil_date(self.clock()), warn=False)
        raise TransientError(
            "这个事项正在由其他程序处理，请稍后重试",
            "another program is working on this matter: try again in a moment",
        )

    def read(self, principal: Principal, matter: int) -> MatterView:
        """Raises NotFound for one who has no part in it, as for one that does not exist."""
        with transaction(self.database) as session:
            view, as_whom = self.view(session, matter), self.doers(session, principal)
            self._check_part(session, view, principal, as_whom)
            view = self._as_far_as_read(session, principal, view, as_whom)
            return handed_in(view, owner=_owns(view, principal, as_whom))

    def allowed(self, principal: Principal, matter: MatterView) -> tuple[EventRule, ...]:
        """The events that somebody may hand in now: what `act` checks first, and of guards what
        they ask of who acts. Of those that are one act the first, whichever comes of it."""
        with transaction(self.database) as session:
            as_whom = self.doers(session, principal)
            found = [
                rule
                for rule in offered(matter, principal, as_whom)
                if self.acts.has(rule, matter)
                and not self._is_barred(session, matter, rule, principal, as_whom)
            ]
        return tuple(matter.definition.spoken(rule) for rule in found)

    def is_for_another(self, principal: Principal, matter: MatterView) -> bool:
        """Whether what has to be decided now is for somebody else of the same office, because the
        step before was this person's or this position's."""
        found = [one.actor for one in matter.definition.leaving(matter.state)]
        kept = [one for one in found if one.apart_from]
        with transaction(self.database) as session:
            as_whom = self.doers(session, principal)

        def able(who: WhoMay) -> bool:
            return may(who, principal, as_whom, matter.parties, matter.done)

        return any(able(replace(one, apart_from=())) for one in kept) and not any(map(able, kept))

    def _is_barred(
        self,
        session: Session,
        matter: MatterView,
        rule: EventRule,
        principal: Principal,
        as_whom: Collection[Doer],
    ) -> bool:
        bars = [self.acts.bars[one] for one in rule.guards if one in self.acts.bars]
        if not bars:
            return False
        _, doer = judge(matter, rule.name, principal, as_whom)
        return any(bar(session, matter, doer) for bar in bars)

    def read_texts(self, principal: Principal, matter: int) -> dict[tuple[int, str], str]:
        """What the parties wrote, by event and name, for one of them. Raises NotFound.

        What colleagues wrote to each other is for their own side.
        """
        view = self.read(principal, matter)
        with transaction(self.database) as session:
            as_whom = self.doers(session, principal)
            texts = self.texts.read(session, matter)
            texts = {
                at: text
                for at, text in texts.items()
                if self.office_reads(session, principal, view, as_whom, at[1])
            }
        barred = {
            event.seq
            for event in view.events
            if (rule := view.definition.events.get(event.name)) is not None
            and rule.inside
            and not any(is_party(principal, d, rule.actor.party, view.parties) for d in as_whom)
        }
        gone = withheld(view, texts, owner=_owns(view, principal, as_whom))
        return {at: text for at, text in texts.items() if at[0] not in barred and at not in gone}

    def office_reads(
        self,
        session: Session,
        principal: Principal,
        view: MatterView,
        as_whom: Collection[Doer],
        name: str = "",
    ) -> bool:
        """Whether what a person wrote under a name, or their file, is for this reader: of an office
        perhaps for the position alone that has the matter."""
        if principal.kind == "citizen":
            return True
        return self._may_read(session, view, as_whom, name)

    def _as_far_as_read(
        self,
        session: Session,
        principal: Principal,
        view: MatterView,
        as_whom: Collection[Doer],
    ) -> MatterView:
        """Without the codes of what a person gave that are not for this reader."""
        names = {name for one in view.events for name in one.data}
        hidden = {
            one for one in names if not self.office_reads(session, principal, view, as_whom, one)
        }
        if not hidden:
            return view
        events = (
            replace(one, data={n: v for n, v in one.data.items() if n not in hidden})
            for one in view.events
        )
        return replace(view, events=tuple(events))

    def digest(self, matter: int) -> str:
        """Of its newest event, over all before it: the log has the same."""
        newest = select(MatterEventRow.digest).where(MatterEventRow.matter == matter)
        with transaction(self.database) as session:
            return session.scalar(newest.order_by(MatterEventRow.seq.desc()).limit(1)) or ""

    def due_dates(self, matter: MatterView) -> dict[tuple[str, int], DueDate]:
        """The last day of each clock, by duty and first event, with its steps.

        A running clock is counted with the calendar of now, a stopped one as it was counted when
        it stopped.
        """
        with transaction(self.database) as session:
            return self.counting.due_dates(session, matter)

    def _own(self, principal: Principal, command: Command) -> Command:
        """The command under a key that is the caller's alone: nobody meets another's keys."""
        check_form(command)
        said = "\0".join([*(one or "" for one in _whose(principal)), command.key])
        mine = hmac.new(self.texts.mark_key, said.encode(), sha256).hexdigest()
        return replace(command, key=f"form:{mine}")

    def _once(self, principal: Principal, command: Command, mark: str, act: _Act) -> Acted:
        """The first answer to whoever has part in the matter still; to nobody else."""
        for _ in range(2):
            try:
                with transaction(self.database) as session:
                    before = _replay(session, command.key, mark)
                    if before is None:
                        return act(session)
                    as_whom = self.doers(session, principal)
                    self._check_part(session, self.view(session, before.matter), principal, as_whom)
                    return before
            except IntegrityError:  # the same form, handed in at the same moment: answered above
                with transaction(self.database) as session:
                    if not _is_used(session, command.key):
                        raise
        raise _key_used()

    def _open(
        self,
        session: Session,
        principal: Principal,
        opening: Opening,
        command: Command,
        mark: str,
    ) -> Acted:
        self._check_mandate(session, principal, opening)
        definition = self.book.newest(session, opening.kind)
        _check_opening(definition, opening, command)
        as_whom = self.doers(session, principal)
        root = self._root(session, principal, as_whom, opening.parent)
        doer = find_doer(
            definition.opening.actor,
            principal,
            as_whom,
            opening.parties,
            (),
            law=definition.law,
            titles=definition.parties,
        )
        row = _new_row(definition, opening, root)
        row.opened_at = self.clock()
        session.add(row)
        session.flush()
        session.add_all(
            MatterPartyRow(matter=row.id, role=one.role, key=one.key, kind=one.kind)
            for one in opening.parties
        )
        if opening.link is not None:
            other, kind = opening.link
            self._check_part(session, self.view(session, other), principal, as_whom)
            session.add(MatterLinkRow(source=row.id, target=other, kind=kind))
        session.flush()
        view = load_view(session, row, definition)
        rule = replace(definition.opening, target=row.state)
        return self.apply(session, view, rule, command, doer, mark)

    def linked(self, principal: Principal, matter: int) -> list[MatterView]:
        """The matters that one speaks of, and that speak of it, as far as somebody may know."""
        link = MatterLinkRow
        query = select(link.source, link.target).where(
            or_(link.source == matter, link.target == matter)
        )
        with transaction(self.database) as session:
            as_whom = self.doers(session, principal)
            ids = {one for pair in session.execute(query) for one in pair} - {matter}
            if (within := self.within(session, principal)) is not None:
                ids &= set(session.scalars(within))
            views = [self.view(session, one) for one in sorted(ids)]
            return [one for one in views if takes_part(principal, as_whom, one.known_to)]

    def _root(
        self,
        session: Session,
        principal: Principal,
        as_whom: Collection[Doer],
        parent: int | None,
    ) -> int | None:
        """The root over a child; its parent is locked, so that it is not closed meanwhile."""
        if parent is None:
            return None
        self._check_part(session, self.view(session, parent), principal, as_whom)
        hold(session, parent)
        view = self.view(session, parent)
        if view.closed_at is not None:
            raise Conflict(f"{view.number} 已办结", f"{view.number} is closed")
        return session.scalar(select(MatterRow.root).where(MatterRow.id == parent)) or parent

    def _act(
        self,
        session: Session,
        principal: Principal,
        matter: int,
        command: Command,
        mark: str,
    ) -> Acted:
        found = lock(session, matter, command.version)
        view = self.view(session, matter)
        as_whom = self.doers(session, principal)
        self._check_part(session, view, principal, as_whom)
        if has_to_speak(self, session, view):
            raise _TimeFirst
        if not found:
            raise StaleMatter(view, command.version)
        command = replace(command, event=self.acts.meant(command.event, view))
        rule, doer = judge(view, command.event, principal, as_whom)
        if has_too_many(view, rule, doer):
            raise Conflict(
                f"{view.number} 的步骤太多（{step_limit.EVENTS_LIMIT}），不能再办理",
                f"{view.number} has {step_limit.EVENTS_LIMIT} steps: no more can be added",
            )
        return self.apply(session, view, rule, command, doer, mark)

    def doers(self, session: Session, principal: Principal) -> tuple[Doer, ...]:
        """Everyone as whom somebody may act now: themselves, then whom they stand in for."""
        position = principal.position
        others = self._stood_in(session, position) if position else ()
        return doers(principal, others, self.clock())

    def _check_mandate(self, session: Session, principal: Principal, opening: Opening) -> None:
        """A mandate is for what it names, and for what follows from that: a bad rating of such a
        case, a correction of what it showed. Raises Refused."""
        mandate = principal.mandate
        if mandate is None or self._covers(opening.kind, mandate):
            return
        of = self.view(session, opening.link[0]) if opening.link is not None else None
        if of is None or not self._covers(of.definition.kind, mandate):
            raise Refused(reasons.MANDATE)

    def within(self, session: Session, principal: Principal) -> Within | None:
        """The matters that the mandate by which somebody acts is for: no list has another, as none
        is read. None without one, and where it is for everything."""
        mandate = principal.mandate
        if mandate is None:
            return None
        kinds = {one.kind for one in self.book.every(session)}
        covered = [one for one in kinds if self._covers(one, mandate)]
        return within_mandate(principal, covered) if len(covered) < len(kinds) else None

    def _check_part(
        self, session: Session, view: MatterView, principal: Principal, as_whom: Collection[Doer]
    ) -> None:
        part = takes_part(principal, as_whom, view.known_to)
        if not part or not is_within(session, view.id, self.within(session, principal)):
            raise no_matter(view.id)


def _owns(view: MatterView, principal: Principal, as_whom: Collection[Doer]) -> bool:
    """Whether somebody is of the party that has the matter now."""
    owner = view.definition.states[view.state].owner
    return owner is not None and any(is_party(principal, d, owner, view.parties) for d in as_whom)


def _whose(principal: Principal) -> tuple[str | None, ...]:
    position, mandate = principal.position, principal.mandate
    return (
        *(principal.kind, principal.id, position.id if position else None),
        mandate.key if mandate else None,
    )


def _reported(principal: Principal) -> tuple[str | None, ...]:
    """For whom a system reports, and whose decision: another one is another act."""
    said = principal.reported_for
    return () if said is None else (said.position.id, said.decided_by)


def _check_opening(definition: Definition, opening: Opening, command: Command) -> None:
    """Raises ValueError: the program has put the parties together wrongly."""
    roles = {one.role for one in opening.parties}
    if roles != definition.parties.keys() - definition.late or command.event != OPEN:
        raise ValueError(f"{opening.kind}: parties {sorted(roles)}, event {command.event}")
    if opening.state is not None and opening.state not in definition.states:
        raise ValueError(f"{opening.kind}: there is no state {opening.state}")
    if len(set(opening.parties)) != len(opening.parties) or len(opening.region) != 6:
        raise ValueError(f"{opening.kind}: a party twice, or region {opening.region}")


def _new_row(definition: Definition, opening: Opening, root: int | None) -> MatterRow:
    return MatterRow(
        kind=definition.kind,
        definition=definition.version,
        state=opening.state or definition.initial,
        version=0,
        about=opening.about,
        region=opening.region,
        closed_at=None,
        outcome=None,
        parent=opening.parent,
        root=root,
    )


def _replay(session: Session, key: str, mark: str) -> Acted | None:
    """The first answer to a command. Raises BadInput for a key that another command has used."""
    row = session.scalar(select(MatterEventRow).where(MatterEventRow.command_key == key))
    if row is None:
        return None
    if row.command_sha256 != mark:
        raise _key_used()
    return Acted(row.matter, row.seq, row.state, row.version, replayed=True)


def _is_used(session: Session, key: str) -> bool:
    query = select(func.count()).where(MatterEventRow.command_key == key)
    return bool(session.scalar(query))


def _key_used() -> BadInput:
    return BadInput(
        "这个表单已提交过，内容不同；请重新打开页面",
        "this form was handed in before with other content: open the page again",
    )
