"""Writing events: one transaction for event, state, clocks, open work, grants and promises."""

import hmac
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Session

from xihu_platform.clock import Clock, civil_date
from xihu_platform.errors import BadInput, Conflict, NotFound
from xihu_platform.identity.principal import Principal
from xihu_platform.matters import keeping
from xihu_platform.matters.acts import ActContext, ActFunctions, Tell, tell_nobody
from xihu_platform.matters.book import DefinitionBook
from xihu_platform.matters.command import NUMBER_LIMIT, Command, Said, check_command
from xihu_platform.matters.definition import DECIDED_BY, OPEN, EventRule
from xihu_platform.matters.models import MatterEventRow, MatterPartyRow, MatterRow
from xihu_platform.matters.texts import MatterTexts
from xihu_platform.matters.views import FIRST, MatterView, digest_of, load_view, read_event
from xihu_platform.matters.who import Doer, MatterParty, find_doer, may
from xihu_platform.words import Text

TIME = Doer("clock")
"""Who acts where time itself does."""
OF_TIME = frozenset({keeping.WARNED, keeping.REDATED})
"""Events that say what day it is: no step of anybody's."""


@dataclass(frozen=True, slots=True)
class Acted:
    """What an act came to. `replayed`: it was handed in before, and this is the first answer."""

    matter: int
    seq: int
    state: str
    version: int
    replayed: bool = False


class MatterEngine:
    """Reads matters and writes their events; who may act is asked before (`kernel.py`)."""

    def __init__(
        self,
        database: Engine,
        clock: Clock,
        book: DefinitionBook,
        duties: keeping.Duties,
        acts: ActFunctions,
        texts: MatterTexts,
        tell: Tell = tell_nobody,
    ) -> None:
        self.database = database
        self.clock = clock
        self.book = book
        self.texts = texts
        self.counting = keeping.Counting(duties)
        self.acts = acts
        self._tell = tell

    def view(self, session: Session, matter: int) -> MatterView:
        """Raises NotFound."""
        row = None
        if 0 < matter <= NUMBER_LIMIT:
            row = session.get(MatterRow, matter, populate_existing=True)
        if row is None:
            raise no_matter(matter)
        return load_view(session, row, self.book.get(session, row.kind, row.definition))

    def mark_of(self, command: Command, *of: object) -> str:
        """Tells a command handed in again from another one; keyed, so that nobody can guess what
        was written from it."""
        return hmac.new(self.texts.mark_key, command.said(*of), sha256).hexdigest()

    def apply(
        self,
        session: Session,
        matter: MatterView,
        rule: EventRule,
        command: Command,
        doer: Doer,
        mark: str = "",
    ) -> Acted:
        """Write an event that was found to be allowed, with all that follows from it.

        Its transaction has taken the matter (`lock` or `hold`) and read it afterwards. Raises
        Conflict where the matter is none that has such an event.
        """
        said = check_command(command, rule, matter.definition)
        now = self.clock().astimezone(UTC)
        at = command.at or now if doer is TIME else _taken_effect(matter, rule, command, now)
        seq = len(matter.events) + 1
        context = ActContext(session, matter, command, doer, seq, now)
        for name in rule.guards:
            self.acts.guards[name](context)
        if not self.acts.has(rule, matter):
            raise _out_of_place(matter, rule.name)
        state = rule.lands(matter.state)
        row = self._event_row(matter, rule, command, said, doer, seq=seq, at=at, now=now)
        row.command_sha256 = mark or self.mark_of(command, matter.id)
        row.digest = digest_of(row, _digest(session, matter.id, seq - 1))
        session.add(row)
        session.flush()
        self.texts.write(session, matter.id, seq, said.texts)
        after = self._moved(session, _joined(session, matter, rule, said), row)
        self.counting.keep(session, after)
        called = [one for one in offered_to_all(after) if one.calls and self.acts.has(one, after)]
        keeping.keep_work(session, after, seq, civil_date(now), called)
        for name in rule.effects:
            self.acts.effects[name](context)
        context.promise("log", event=rule.name, state=state)
        self._tell(context, rule, after)
        session.flush()
        return Acted(matter.id, seq, state, after.version)

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
            command_sha256="",
            article=command.article or rule.statute,
            data=dict(said.data) | ({DECIDED_BY: doer.decided_by} if doer.decided_by else {}),
            clocks=self.counting.acts(matter, rule, said.data),
            digest="",
        )

    def _moved(self, session: Session, matter: MatterView, row: MatterEventRow) -> MatterView:
        """The matter after its event. A final state needs every child closed."""
        final = matter.definition.states[row.state].outcome
        if final is not None:
            _check_children(session, matter)
        closed_at = row.recorded_at if final is not None else None
        after = replace(
            matter,
            state=row.state,
            outcome=final,
            closed_at=closed_at,
            version=row.version,
            events=(*matter.events, read_event(row)),
        )
        ahead = keeping.dated(after)
        session.execute(
            update(MatterRow)
            .where(MatterRow.id == matter.id)
            .values(
                state=row.state,
                outcome=final,
                closed_at=closed_at,
                version=row.version,
                next_on=ahead[0] if ahead else None,
            )
            .execution_options(synchronize_session=False)
        )
        return after


def _joined(session: Session, matter: MatterView, rule: EventRule, said: Said) -> MatterView:
    """The matter with the parties that an event brings in."""
    if not rule.joins:
        return matter
    row, roles = MatterPartyRow, rule.joins.keys()
    new = [MatterParty(r, "organisation", str(said.data[value])) for r, value in rule.joins.items()]
    session.execute(delete(row).where(row.matter == matter.id, row.role.in_(roles)))
    session.add_all(row(matter=matter.id, role=one.role, key=one.key, kind=one.kind) for one in new)
    stay = [one for one in matter.parties if one.role not in roles]
    return replace(matter, parties=tuple(sorted([*stay, *new], key=lambda p: (p.role, p.key))))


def offered(
    matter: MatterView, principal: Principal, as_whom: Collection[Doer]
) -> Iterator[EventRule]:
    """What `judge` lets somebody do in a matter as it stands."""
    for rule in matter.definition.leaving(matter.state):
        if not _is_spent(rule, matter) and may(
            rule.actor, principal, as_whom, matter.parties, matter.done
        ):
            yield rule


def offered_to_all(matter: MatterView) -> Iterator[EventRule]:
    """The events that the state knows and that were not done as often as they may be."""
    return (r for r in matter.definition.leaving(matter.state) if not _is_spent(r, matter))


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
    locked = update(MatterRow).where(MatterRow.id == matter).values(version=MatterRow.version)
    session.execute(locked)


def _taken_effect(matter: MatterView, rule: EventRule, command: Command, now: datetime) -> datetime:
    """Business time. Raises BadInput for a moment before the last step, after now, or longer ago
    than the kind allows."""
    last = max((one.at for one in matter.events if one.name not in OF_TIME), default=None)
    if command.at is None:
        return max(now, last) if last else now
    at = command.at.astimezone(UTC)
    if at > now:
        raise BadInput("日期在将来，请改正", "the day lies in the future: correct it")
    if civil_date(at) < civil_date(now) - timedelta(days=rule.backdate_days):
        raise BadInput(
            f"最多补记 {rule.backdate_days} 天以内的日期",
            f"what happened more than {rule.backdate_days} days ago cannot be entered",
        )
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


def no_matter(matter: int) -> NotFound:
    return NotFound(
        f"没有编号为 {matter} 的事项，或您不是当事方",
        f"there is no matter {matter}, or you have no part in it",
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
