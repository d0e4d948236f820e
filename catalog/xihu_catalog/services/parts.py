"""The cases that a bundle is made of: when each begins, and when the bundle is over.

What needs nothing else begins with the bundle, and was received with it; what comes after another
one begins when that is granted. One that is refused or withdrawn keeps only those from beginning
that come after it. Each case has its law's own clock; the bundle has a promise.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from xihu_catalog.services.case import (
    Case,
    Items,
    case_opening,
    doer_of,
    handed_in_by,
    item_of_case,
    read_case,
    said_last,
)
from xihu_catalog.services.handing_in import FIELD, WITHDRAW_BUNDLE
from xihu_catalog.services.item import ItemPart, ServiceItem
from xihu_catalog.services.kind import item_of, item_version
from xihu_catalog.services.mandate import covers
from xihu_catalog.services.prefill import MATERIAL, hand_on
from xihu_catalog.services.situation import Answer, Answers, is_needed, known_answers, written
from xihu_catalog.services.steps import withdrawals
from xihu_platform.audit.log import AuditLog
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, PlatformError, Refused
from xihu_platform.files.check import CheckedFile, MediaType
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.attachments import attach, open_attachment
from xihu_platform.matters.command import Command, Value
from xihu_platform.matters.definition import OPEN
from xihu_platform.matters.engine import hold, lock
from xihu_platform.matters.kernel import Matters
from xihu_platform.matters.models import MatterEventRow, MatterRow
from xihu_platform.matters.outbox import Promised, Receiver
from xihu_platform.matters.recording import SYSTEM
from xihu_platform.matters.texts import MatterTexts
from xihu_platform.matters.views import MatterView
from xihu_platform.matters.who import Doer
from xihu_platform.notices.models import NoticeReadRow, NoticeRow

PARTS = "bundle_parts"
"""Promised when a bundle was handed in, and when one of its cases was granted or is over."""
GRANTS = frozenset({"grant", "grant_at_once"})
PLATFORM = Doer(f"{SYSTEM}services", own_position=f"{SYSTEM}services")
"""Who says that a bundle is over: the platform itself."""


@dataclass(frozen=True, slots=True)
class PartState:
    """One part of a bundle as it is now."""

    part: ItemPart
    needed: bool
    """Whether the situation asks for it."""
    matter: int | None
    """Its case; None before it has begun."""
    written: bool
    """Whether what the bundle says is in its case."""
    over: bool
    state: str | None
    """That of its case."""
    granted: datetime | None
    """Since when it counts as granted; None of what was not, or is no longer."""


def part_states(
    session: Session, item: ServiceItem, bundle: int, answers: Answers
) -> tuple[PartState, ...]:
    """In the order of the bundle."""
    row, event = MatterRow, MatterEventRow
    columns = (row.kind, row.id, row.closed_at, row.outcome, row.state)
    query = select(*columns).where(row.parent == bundle)
    cases = {
        item_of(kind): (number, closed, out, state)
        for kind, number, closed, out, state in session.execute(query)
    }
    numbers = [one[0] for one in cases.values()]
    done = session.execute(
        select(event.matter, event.name, event.at).where(
            event.matter.in_(numbers), event.name.in_({*GRANTS, "write"})
        )
    ).all()
    granted = {matter: at for matter, name, at in done if name in GRANTS}
    written = {matter for matter, name, _ in done if name == "write"}
    found = []
    for part in item.parts:
        number, closed, outcome, state = cases.get(part.item, (None, None, None, None))
        is_granted = number is not None and outcome not in {"refused", "withdrawn"}
        found.append(
            PartState(
                part=part,
                needed=is_needed(part, answers),
                matter=number,
                written=number in written,
                over=closed is not None,
                state=state,
                granted=granted.get(number) if is_granted and number is not None else None,
            )
        )
    return tuple(found)


def begins(states: tuple[PartState, ...]) -> list[PartState]:
    """Those whose turn it is: nothing of the bundle is in their case yet, which may have been begun
    before a crash, and all that they come after is granted."""
    needed = {one.part.item: one for one in states if one.needed}
    return [
        one
        for one in needed.values()
        if not (one.written or one.over)
        and all(needed[o].granted is not None for o in one.part.after if o in needed)
    ]


def is_blocked(states: tuple[PartState, ...], one: PartState) -> bool:
    """Whether it cannot begin any more: what it comes after is over and was not granted."""
    needed = {o.part.item: o for o in states if o.needed}
    before = [needed[o] for o in one.part.after if o in needed]
    return one.matter is None and any(
        (o.over and o.granted is None) or is_blocked(states, o) for o in before
    )


def is_over(states: tuple[PartState, ...], *, acts: bool) -> bool:
    """`acts`: whether somebody may still act for the applicant; what has not begun never does
    where nobody may."""
    return all(
        one.over or is_blocked(states, one) or (one.matter is None and not acts)
        for one in states
        if one.needed
    )


def can_be_withdrawn(items: Items, states: tuple[PartState, ...], one: PartState) -> bool:
    """Whether the applicant may still take it back: it is not decided, or has not begun."""
    if one.matter is None:
        return one.needed and not is_blocked(states, one)
    return not one.over and one.state in withdrawals(items[one.part.item, one.part.version])


def is_withdrawn(view: MatterView) -> bool:
    """Whether the whole bundle was: none of its items begins any more."""
    return any(one.name == WITHDRAW_BUNDLE for one in view.events)


def received_at(
    session: Session, bundle: int, part: ItemPart, states: tuple[PartState, ...]
) -> datetime | None:
    """When a case of a bundle was received: with the bundle, or when what it comes after was
    granted. None where it is not its turn."""
    needed = {one.part.item: one for one in states if one.needed}
    moments = [needed[one].granted for one in part.after if one in needed]
    if not moments:
        event = MatterEventRow
        query = select(event.at).where(event.matter == bundle, event.name == "submit")
        return session.scalar(query)
    known = [one for one in moments if one is not None]
    return max(known) if len(known) == len(moments) else None


def parts_receiver(matters: Matters, log: AuditLog, items: Items) -> Receiver:
    """Begins the cases whose turn it is, and says when a bundle is over. What cannot be handed in
    as it was written stays a draft, for the applicant to complete."""

    def receive(promised: Promised) -> None:
        with transaction(matters.database) as session:
            view = said = matters.view(session, promised.matter)
            if view.parent is not None:
                view = matters.view(session, view.parent)
            case = read_case(session, matters.texts, items, view)
            acts = {"submit", WITHDRAW_BUNDLE}
            last = [one for one in view.events if one.name in acts][-1]
            own = last.name == WITHDRAW_BUNDLE or (said is view and promised.seq == last.seq)
            principal = handed_in_by(session, view, last, civil_date(matters.clock()))
            if principal is not None and principal.mandate is not None:
                principal = principal if covers(principal.mandate, case.item) else None
            if principal is None and own:
                principal = doer_of(session, case.item, view, last)
            states = part_states(session, case.item, view.id, case.answers)
        if said.events[promised.seq - 1].name == "ask_completion":
            _tell_gaps(matters, view, said)
        failed = None
        if principal is not None:
            of = _Beginning(matters, log, items, principal, view, case)
            failed = _go_on(of, states)
        _finish(matters, items, view.id, case.answers, acts=principal is not None)
        if failed is not None:
            raise failed

    return receive


@dataclass(frozen=True, slots=True)
class _Beginning:
    """A bundle whose cases begin, and as whom."""

    matters: Matters
    log: AuditLog
    items: Items
    principal: Principal
    view: MatterView
    case: Case


def _go_on(of: _Beginning, states: tuple[PartState, ...]) -> PlatformError | None:
    """Begin what can begin, or withdraw what can be withdrawn; what failed keeps no other part of
    the bundle waiting."""
    failed = None
    for one in () if is_withdrawn(of.view) else begins(states):
        try:
            _begin(of, one.part)
        except PlatformError as fault:
            failed = fault
    with transaction(of.matters.database) as session:  # it may have been withdrawn meanwhile
        view = of.matters.view(session, of.view.id)
        states = part_states(session, of.case.item, view.id, of.case.answers)
    for one in states if is_withdrawn(view) else ():
        try:
            _withdraw(of, one)
        except PlatformError as fault:
            failed = fault
    return failed


def _withdraw(of: _Beginning, one: PartState) -> None:
    """What is decided stays as it is."""
    ways = withdrawals(of.items[one.part.item, one.part.version])
    if one.matter is None or one.over or one.state not in ways:
        return
    view = of.matters.read(of.principal, one.matter)
    key = f"bundle-{of.view.id}-withdraw-{one.matter}-{view.version}"
    of.matters.act(of.principal, one.matter, Command(ways[one.state], key, view.version))


def _begin(of: _Beginning, part: ItemPart) -> None:
    """Again after a crash it goes on where it was: each step has a key of its own."""
    matters, principal, bundle = of.matters, of.principal, of.view.id
    item = of.items[part.item, part.version]
    answers: dict[str, Answer] = {**part.answers}
    answers |= {theirs: of.case.answers[ours] for theirs, ours in part.questions.items()}
    with transaction(matters.database) as session:
        opening = case_opening(session, item, principal, parent=bundle)
        states = part_states(session, of.case.item, bundle, of.case.answers)
        received = received_at(session, bundle, part, states)
    values: dict[str, Value] = {"answers": written(answers)} if answers else {}
    with_it = f"随一件事 {of.view.number} 收到"
    begun = Command(
        OPEN, f"bundle-{bundle}-{part.item}-open", 0, values, reason=with_it, at=received
    )
    number = matters.open(principal, opening, begun).matter
    view = matters.read(principal, number)
    if view.state == "draft" and not any(one.name == "write" for one in view.events):
        hand_on(matters, of.view, view, _names(part))
        key, said = f"bundle-{bundle}-{part.item}-write", _said(of, part, number)
        command = Command("write", key, view.version, said, reason=with_it, at=received)
        matters.act(principal, number, command)
        view = matters.read(principal, number)
    if view.state == "draft":
        key = f"bundle-{bundle}-{part.item}-submit-{view.version}"
        try:
            command = Command("submit", key, view.version, reason=with_it, at=received)
            matters.act(principal, number, command)
        except (BadInput, Conflict, Refused):
            # a newer version of the item asks for more, or nobody is there to receive it
            _tell_gaps(matters, of.view, view)


def _names(part: ItemPart) -> dict[str, str]:
    """Of what registers said: by the name in the case, that in the bundle."""
    papers = {MATERIAL + theirs: MATERIAL + ours for theirs, ours in part.papers.items()}
    return part.fields | papers


def _said(of: _Beginning, part: ItemPart, number: int) -> dict[str, Value]:
    """What the applicant wrote and gave in the bundle, as the case has it."""
    fields = {one.field.id: one.value for one in of.case.fields}
    said: dict[str, Value] = {
        f"{FIELD}{theirs}": fields[ours] for theirs, ours in part.fields.items() if fields.get(ours)
    }
    given: Mapping[str, tuple[int, ...]] = of.case.files
    papers = list[str]()
    for theirs, ours in part.papers.items():
        if of.case.papers[ours] == "uploaded":
            papers += [f"{theirs}:{_copied(of, one, number)}" for one in given.get(ours, ())]
    counter = said_last(of.view, "at_counter")
    return said | {
        "papers": papers,
        "at_counter": sorted(theirs for theirs, ours in part.papers.items() if ours in counter),
    }


def _copied(of: _Beginning, file: int, number: int) -> int:
    """The number of a file of the bundle among those of the case: sealed under the case's key."""
    found, body = open_attachment(of.matters, of.log, of.principal, of.view.id, file)
    kind = cast(MediaType, found.media_type)  # as it was found to be when the bundle was written
    checked = CheckedFile(found.name, kind, body)
    return attach(of.matters, of.log, of.principal, number, checked, copied=True).id


def _tell_gaps(matters: Matters, bundle: MatterView, asked: MatterView) -> None:
    """One message however many offices ask: none is sent while the last one is unread, since the
    page that it leads to has all that is asked for."""
    with transaction(matters.database) as session:
        hold(session, bundle.id)
        view = matters.view(session, bundle.id)
        key = f"bundle-{bundle.id}-gaps-{asked.id}"
        event, notice, read = MatterEventRow, NoticeRow, NoticeReadRow
        said = exists().where(event.command_key == key)
        unread = exists().where(
            notice.matter == bundle.id,
            notice.event == "tell_gaps",
            ~exists().where(read.notice == notice.id),
        )
        if view.state != "under_way" or session.scalar(select(or_(said, unread))):
            return
        lock(session, bundle.id, view.version)
        view = matters.view(session, bundle.id)
        rule = view.definition.events["tell_gaps"]
        matters.apply(session, view, rule, Command("tell_gaps", key, view.version), PLATFORM)


def _finish(matters: Matters, items: Items, bundle: int, answers: Answers, *, acts: bool) -> None:
    with transaction(matters.database) as session:
        hold(session, bundle)
        view = matters.view(session, bundle)
        states = part_states(session, item_of_case(items, view), bundle, answers)
        withdrawn = is_withdrawn(view)
        if view.state != "under_way" or not is_over(states, acts=acts and not withdrawn):
            return
        lock(session, bundle, view.version)
        view = matters.view(session, bundle)
        nothing = withdrawn and all(one.state in {None, "withdrawn"} for one in states)
        name = "finish_withdrawn" if nothing else "finish"
        rule = view.definition.events[name]
        command = Command(name, f"bundle-{bundle}-finish", view.version)
        matters.apply(session, view, rule, command, PLATFORM)


def check_received(
    session: Session, texts: MatterTexts, items: Items, view: MatterView, at: datetime
) -> None:
    """A case is received earlier than it is entered only with the bundle that it comes with.

    Raises BadInput.
    """
    received, row = None, session.get(MatterRow, view.parent or 0)
    bundle = None
    if row is not None:
        bundle = items.get((item_of(row.kind) or "", item_version(row.definition)))
    parts = {one.item: one for one in bundle.parts} if bundle is not None else {}
    part = parts.get(item_of(view.definition.kind) or "")
    if row is not None and bundle is not None and part is not None:
        said = {name: text for (_, name), text in sorted(texts.read(session, row.id).items())}
        answers = known_answers(bundle, said.get("answers", ""))
        states = part_states(session, bundle, row.id, answers)
        received = received_at(session, row.id, part, states)
    if received is None or at.astimezone(UTC) != received.astimezone(UTC):
        raise BadInput(
            "申请在提交时即为收到，不能补记日期",
            "an application is received when it is handed in: no other day can be entered",
        )
