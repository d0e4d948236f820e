"""Acting on matters: one transaction for event, state, clocks, open work, grants and promises."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from xihu_platform.clock import Clock, civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, NotFound
from xihu_platform.identity.principal import Position, Principal
from xihu_platform.matters import keeping
from xihu_platform.matters.acts import ActContext, ActFunctions
from xihu_platform.matters.book import DefinitionBook
from xihu_platform.matters.command import Command, Said, check_command
from xihu_platform.matters.definition import OPEN, Definition, EventRule
from xihu_platform.matters.models import MatterEventRow, MatterPartyRow, MatterRow
from xihu_platform.matters.texts import MatterTexts
from xihu_platform.matters.views import FIRST, MatterView, digest_of, load_view
from xihu_platform.matters.who import (
    Doer,
    MatterParty,
    doers,
    find_doer,
    may,
    takes_part,
)
from xihu_platform.statute.due import DueDate
from xihu_platform.words import Text

TIME = Doer("clock")
"""Who acts where time itself does."""


class StaleMatter(Conflict):
    """Somebody acted since the form was opened; `since` is what happened."""

    def __init__(self, matter: MatterView, seen: int) -> None:
        super().__init__(
            f"{matter.number} 在您打开表单之后有了变化，请看新的状态后再办理；您填写的内容没有丢失",
            f"{matter.number} has changed since you opened the form: look at its new state, then "
            "act; what you wrote is not lost",
        )
        self.matter = matter
        self.seen = seen


@dataclass(frozen=True, slots=True)
class Acted:
    """What an act came to. `replayed`: it was handed in before, and this is the first answer."""

    matter: int
    seq: int
    state: str
    version: int
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Opening:
    """What a new matter is about and who takes part in it."""

    kind: str
    parties: tuple[MatterParty, ...]
    region: str
    about: str | None = None
    parent: int | None = None


class Matters:
    """All matters of an installation."""

    def __init__(
        self,
        database: Engine,
        clock: Clock,
        book: DefinitionBook,
        duties: keeping.Duties,
        acts: ActFunctions,
        texts: MatterTexts,
        stood_in: Callable[[Session, Position], Iterable[Position]] = lambda *_: (),
    ) -> None:
        self.database = database
        self.clock = clock
        self.book = book
        self.texts = texts
        self.counting = keeping.Counting(database, duties)
        self._acts = acts
        self._stood_in = stood_in

    def open(self, principal: Principal, opening: Opening, command: Command) -> Acted:
        """A new matter. The same command once more answers what the first answered.

        Raises Refused for somebody who is not the party that opens such matters, BadInput for
        what is missing or wrong, and for a key that another act has used.
        """
        return self._once(command, None, lambda s: self._open(s, principal, opening, command))

    def act(self, principal: Principal, matter: int, command: Command) -> Acted:
        """One event. Raises NotFound for one who has no part in the matter, StaleMatter where it
        has changed since, Conflict where its state does not know the event, Refused and BadInput
        as `open`, and whatever a guard raises.
        """
        return self._once(command, matter, lambda s: self._act(s, principal, matter, command))

    def read(self, principal: Principal, matter: int) -> MatterView:
        """Raises NotFound for one who has no part in it, as for one that does not exist."""
        with transaction(self.database) as session:
            view = self.view(session, matter)
            self._check_part(view, principal, self._doers(session, principal))
            return view

    def allowed(self, principal: Principal, matter: MatterView) -> tuple[EventRule, ...]:
        """The events that somebody may hand in now, guards aside: what `act` checks first."""
        with transaction(self.database) as session:
            as_whom = self._doers(session, principal)
        return tuple(offered(matter, principal, as_whom))

    def read_texts(self, principal: Principal, matter: int) -> dict[tuple[int, str], str]:
        """What the parties wrote, by event and name, for one of them. Raises NotFound."""
        self.read(principal, matter)
        with transaction(self.database) as session:
            return self.texts.read(session, matter)

    def due_dates(self, matter: MatterView) -> dict[tuple[str, int], DueDate]:
        """The last day of each clock, by duty and first event, with its steps: counted now."""
        number, calendar = self.counting.calendar()
        del number
        return {
            (one.duty, one.start_seq): self.counting.due(one, calendar) for one in matter.clocks
        }

    def view(self, session: Session, matter: int) -> MatterView:
        """Raises NotFound."""
        row = session.get(MatterRow, matter, populate_existing=True)
        if row is None:
            raise _not_found(matter)
        return load_view(session, row, self.book.get(session, row.kind, row.definition))

    def apply(
        self,
        session: Session,
        matter: MatterView,
        rule: EventRule,
        command: Command,
        doer: Doer,
    ) -> Acted:
        """Write an event that was found to be allowed, with all that follows from it."""
        said = check_command(command, rule, matter.definition)
        now = self.clock().astimezone(UTC)
        at = _taken_effect(matter, command, now) if doer != TIME else command.at or now
        seq = len(matter.events) + 1
        context = ActContext(session, matter, command, doer, seq, now)
        for name in rule.guards:
            self._acts.guards[name](context)
        state = rule.lands(matter.state)
        row = self._event_row(matter, rule, command, said, doer, seq=seq, at=at, now=now)
        before = matter.events[-1].seq if matter.events else 0
        row.digest = digest_of(row, _digest(session, matter.id, before))
        session.add(row)
        session.flush()
        self.texts.write(session, matter.id, seq, said.texts)
        after = self._moved(session, matter, rule, state, now)
        self._keep(session, after, seq)
        for name in rule.effects:
            self._acts.effects[name](context)
        context.promise("log", event=rule.name, state=state)
        session.flush()
        return Acted(matter.id, seq, state, after.version)

    def _once(self, command: Command, matter: int | None, act: Callable[[Session], Acted]) -> Acted:
        digest = command.digest(matter)
        for _ in range(2):
            try:
                with transaction(self.database) as session:
                    if (before := _replay(session, command.key, digest)) is not None:
                        return before
                    return act(session)
            except IntegrityError:  # the same form, handed in at the same moment: answered above
                with transaction(self.database) as session:
                    if not _is_used(session, command.key):
                        raise
        raise _key_used()

    def _open(
        self, session: Session, principal: Principal, opening: Opening, command: Command
    ) -> Acted:
        definition = self.book.newest(session, opening.kind)
        unknown = {one.role for one in opening.parties} - definition.parties.keys()
        if unknown or command.event != OPEN:
            raise ValueError(f"{opening.kind}: no party {unknown}, or not the event {OPEN}")
        rule = definition.opening
        doer = find_doer(
            rule.actor,
            principal,
            self._doers(session, principal),
            opening.parties,
            (),
            law=definition.law,
            titles=definition.parties,
        )
        row = self._new_row(session, definition, opening)
        view = load_view(session, row, definition)
        return self.apply(session, view, rule, command, doer)

    def _new_row(self, session: Session, definition: Definition, opening: Opening) -> MatterRow:
        root = None
        if opening.parent is not None:
            parent = self.view(session, opening.parent)
            if parent.closed_at is not None:
                raise _closed(parent)
            root = _root_of(session, opening.parent)
        row = MatterRow(
            kind=definition.kind,
            definition=definition.version,
            state=definition.initial,
            version=0,
            about=opening.about,
            region=opening.region,
            opened_at=self.clock().astimezone(UTC),
            closed_at=None,
            outcome=None,
            parent=opening.parent,
            root=root,
        )
        session.add(row)
        session.flush()
        session.add_all(
            MatterPartyRow(matter=row.id, role=one.role, key=one.key, kind=one.kind)
            for one in opening.parties
        )
        session.flush()
        return row

    def _act(self, session: Session, principal: Principal, matter: int, command: Command) -> Acted:
        found = lock(session, matter, command.version)
        view = self.view(session, matter)
        as_whom = self._doers(session, principal)
        self._check_part(view, principal, as_whom)
        if not found:
            raise StaleMatter(view, command.version)
        rule, doer = judge(view, command.event, principal, as_whom)
        return self.apply(session, view, rule, command, doer)

    def _doers(self, session: Session, principal: Principal) -> tuple[Doer, ...]:
        position = principal.position
        others = self._stood_in(session, position) if position else ()
        return doers(principal, others, self.clock())

    def _check_part(
        self, view: MatterView, principal: Principal, as_whom: Collection[Doer]
    ) -> None:
        if not takes_part(principal, as_whom, view.parties):
            raise _not_found(view.id)

    def _event_row(
        self,
        matter: MatterView,
        rule: EventRule,
        command: Command,
        said: Said,
        doer: Doer,
        *,
        seq: int,
        at: datetime,
        now: datetime,
    ) -> MatterEventRow:
        return MatterEventRow(
            matter=matter.id,
            seq=seq,
            name=rule.name,
            at=at,
            recorded_at=now,
            state=rule.lands(matter.state),
            version=matter.version + (rule.name == OPEN),
            sub=doer.sub,
            position=doer.own_position or (doer.position.id if doer.position else None),
            organisation=doer.position.organisation if doer.position else None,
            stands_in_for=doer.stands_in_for,
            command_key=command.key,
            command_sha256=command.digest(None if rule.name == OPEN else matter.id),
            article=command.article or rule.statute,
            data=dict(said.data),
            clocks=self.counting.acts(matter, rule, said.data),
            digest="",
        )

    def _moved(
        self, session: Session, matter: MatterView, rule: EventRule, state: str, now: datetime
    ) -> MatterView:
        """The matter after its event. A final state needs every child closed."""
        final = matter.definition.states[state].outcome
        if final is not None:
            _check_children(session, matter)
        values: dict[str, object] = {"state": state, "outcome": final}
        if final is not None:
            values["closed_at"] = now
        if rule.name == OPEN:
            values["version"] = 1
        session.execute(update(MatterRow).where(MatterRow.id == matter.id).values(values))
        return self.view(session, matter.id)

    def _keep(self, session: Session, matter: MatterView, seq: int) -> None:
        self.counting.keep(session, matter)
        keeping.keep_work(session, matter, seq)


def offered(
    matter: MatterView, principal: Principal, as_whom: Collection[Doer]
) -> Iterator[EventRule]:
    """What `judge` lets somebody do in a matter as it stands."""
    for rule in matter.definition.leaving(matter.state):
        if not _is_spent(rule, matter) and may(
            rule.actor, principal, as_whom, matter.parties, matter.done
        ):
            yield rule


def judge(
    matter: MatterView, event: str, principal: Principal, as_whom: Collection[Doer]
) -> tuple[EventRule, Doer]:
    """The rule of an event, and as whom somebody may do it, guards aside.

    Raises Conflict where the state does not know the event or it was done and can be done once
    only, Refused and BadInput as `find_doer`.
    """
    rule = matter.definition.events.get(event)
    if rule is None or matter.state not in rule.sources or _is_spent(rule, matter):
        raise _out_of_place(matter, event)
    doer = find_doer(
        rule.actor,
        principal,
        as_whom,
        matter.parties,
        matter.done,
        law=matter.definition.law,
        titles=matter.definition.parties,
    )
    return rule, doer


def lock(session: Session, matter: int, version: int) -> bool:
    """Take the row of a matter for this transaction and raise its version, if it is this one."""
    raised = update(MatterRow).where(MatterRow.id == matter, MatterRow.version == version)
    found = session.execute(raised.values(version=MatterRow.version + 1))
    return bool(found.rowcount)  # type: ignore[attr-defined]  # of an update it is a CursorResult


def hold(session: Session, matter: int) -> None:
    """Take the row of a matter for this transaction; its version stays: no form grows stale."""
    held = update(MatterRow).where(MatterRow.id == matter).values(version=MatterRow.version)
    session.execute(held)


def _replay(session: Session, key: str, digest: str) -> Acted | None:
    """The first answer to a command. Raises BadInput for a key that another command has used."""
    row = session.scalar(select(MatterEventRow).where(MatterEventRow.command_key == key))
    if row is None:
        return None
    if row.command_sha256 != digest:
        raise _key_used()
    return Acted(row.matter, row.seq, row.state, row.version, replayed=True)


def _is_used(session: Session, key: str) -> bool:
    query = select(func.count()).where(MatterEventRow.command_key == key)
    return bool(session.scalar(query))


def _taken_effect(matter: MatterView, command: Command, now: datetime) -> datetime:
    """Business time. Raises BadInput for a moment before the last event, or after now."""
    last = matter.events[-1].at if matter.events else None
    if command.at is None:
        return max(now, last) if last else now
    at = command.at.astimezone(UTC)
    if at > now:
        raise BadInput("日期在将来，请改正", "the day lies in the future: correct it")
    if last is not None and at < last:
        day = civil_date(last)
        raise BadInput(
            f"日期早于上一步（{day.isoformat()}），请改正",
            f"the day lies before the last step, {day.isoformat()}: correct it",
        )
    return at


def _digest(session: Session, matter: int, seq: int) -> str:
    if seq == 0:
        return FIRST
    row = session.get(MatterEventRow, (matter, seq))
    assert row is not None
    return row.digest


def _is_spent(rule: EventRule, matter: MatterView) -> bool:
    return rule.once and any(one.name == rule.name for one in matter.events)


def _check_children(session: Session, matter: MatterView) -> None:
    query = select(MatterRow.id).where(MatterRow.parent == matter.id, MatterRow.closed_at.is_(None))
    if open_ones := session.scalars(query).all():
        raise Conflict(
            f"{matter.number} 还有 {len(open_ones)} 个下级事项未办结，不能办结",
            f"{matter.number} has {len(open_ones)} open matters below it: it cannot be closed",
        )


def _root_of(session: Session, parent: int) -> int:
    return session.scalar(select(MatterRow.root).where(MatterRow.id == parent)) or parent


def _not_found(matter: int) -> NotFound:
    return NotFound(
        f"没有编号为 {matter} 的事项，或您不是当事方",
        f"there is no matter {matter}, or you have no part in it",
    )


def _closed(matter: MatterView) -> Conflict:
    return Conflict(f"{matter.number} 已办结", f"{matter.number} is closed")


def _key_used() -> BadInput:
    return BadInput(
        "这个表单已提交过，内容不同；请重新打开页面",
        "this form was handed in before with other content: open the page again",
    )


def _out_of_place(matter: MatterView, event: str) -> Conflict:
    state = matter.definition.states[matter.state].title
    rule = matter.definition.events.get(event)
    title = rule.title if rule else Text(event[:40], event[:40])
    if rule is not None and _is_spent(rule, matter):
        return Conflict(
            f"“{title.zh}”只能办理一次（{matter.definition.law.zh}）",
            f"“{title.en}” can be done once only ({matter.definition.law.en})",
        )
    return Conflict(
        f"{matter.number} 现为“{state.zh}”，不能“{title.zh}”",
        f"{matter.number} is now “{state.en}”: “{title.en}” is not possible",
    )
