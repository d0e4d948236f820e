"""One case at the desk: what was given beside what the registers say, differences first."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Literal, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from xihu_catalog.services.case import CaseField
from xihu_catalog.services.licences import LICENCE_CHANGE
from xihu_catalog.services.mandate import AppliedFor
from xihu_catalog.services.prefill import MATERIAL, Registers, RegisterValue, opens
from xihu_platform.access.grounds import GroundRow
from xihu_platform.access.reasons import GRANT_NEEDED
from xihu_platform.clock import civil_date
from xihu_platform.credentials.register import ENDED, STATES, find_numbered
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, Refused
from xihu_platform.identity.models import PositionRow
from xihu_platform.matters.command import NUMBER_LIMIT, Value
from xihu_platform.matters.definition import EventRule
from xihu_platform.matters.views import MatterView
from xihu_platform.notices.unread import mark_matter_read
from xihu_platform.words import Text
from xihu_portals.official.desk import COLLEAGUE, NEXT, PATH
from xihu_portals.official.inbox import PATH as MATTERS_PATH
from xihu_portals.official.matter import MatterNumber
from xihu_portals.official.request import way_to
from xihu_portals.pages import matter_view
from xihu_portals.pages.attachments import Attachments, attachments
from xihu_portals.pages.case_view import (
    OFFICE_CASES,
    CaseSource,
    ShownPaper,
    can_be_posted,
    case_of,
    papers_shown,
    registers,
    service_item,
    source_of,
    value_shown,
    who_applied,
    without_saves,
)
from xihu_portals.pages.licence_view import LicenceInHand, applicant_licence_in_hand
from xihu_portals.pages.matter_acts import (
    SentForm,
    act_in,
    check_form,
    done_step,
    lost_words,
    record_refused,
)
from xihu_portals.pages.matter_form import ActForm, act_form, acting_as
from xihu_portals.pages.matter_view import ShownClock, ShownEvent, ShownValue
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Cell, Link
from xihu_portals.web.render import render

HERE = f"{OFFICE_CASES}/{{matter}}"
Agrees = Literal["differs", "refused", "missing", "not_yet", "same_part", "same", "unchecked"]
_ORDER: tuple[Agrees, ...] = get_args(Agrees)
MAIN: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("t", ("take", "take_on")),
    ("1", ("accept",)),
    ("2", ("ask_completion",)),
    (
        "3",
        (
            "grant",
            "grant_at_once",
            "review",
            "forward",
            "deliver",
            "commitment_met",
            "commitment_holds",
        ),
    ),
    ("4", ("refuse", "reject", "doubt_commitment", "commitment_broken")),
)
"""领办, 受理, 一次告知, 同意, 不予: the key of each button, and its events."""
UNSEEN = Text(
    "申请人免交，本单位没有核对到", "Not asked of the applicant, and not seen by this office"
)
"""Of a paper that a register has and that the office was not shown: nothing green about it."""
OPINION = "经审查，符合条件，拟同意。"
"""What the field of an opinion begins with: what an officer writes most often."""
NO_RECORD = Text("核对时查无记录", "no record when it was compared")
router = APIRouter()


@dataclass(frozen=True, slots=True)
class Compared:
    """One field: what the applicant gave, and what the register says."""

    title: Text
    given: Cell
    amended: bool
    """Whether the applicant was shown a register's value and gave another."""
    register: Cell
    source: CaseSource | None
    agrees: Agrees
    why: Text | None = None
    """Why the register was not shown."""
    request: str | None = None
    """Where its use is asked for."""


@dataclass(frozen=True, slots=True)
class KeyedForm:
    """An act with the key that does it."""

    form: ActForm
    key: str | None


@dataclass(frozen=True, slots=True)
class IssuedLicence:
    """The licence that a case came to, for the office that issued it."""

    number: str
    state: Text
    change: str | None
    """Where its change is proposed, by whoever may."""


@dataclass(frozen=True, slots=True)
class OfficeCase:
    """What was given, what do the registers say, and what do I decide?"""

    frame: PageFrame
    position: str
    id: int
    number: str
    title: Text
    href: str
    law: Text
    state: Text
    holder: Text | None
    mine: bool
    """Whether my position has it: only then are the registers' values shown."""
    since: datetime
    clocks: tuple[ShownClock, ...]
    compared: tuple[Compared, ...]
    papers: tuple[ShownPaper, ...]
    applied_for: AppliedFor | None
    """Who has applied, where it was for somebody else; for whoever has the case."""
    held: LicenceInHand | None
    """A valid licence of this kind that the applicant has already; for whoever has the case."""
    checked: datetime | None
    """When the registers were read for this case."""
    check_key: bool
    main: tuple[KeyedForm, ...]
    more: tuple[ActForm, ...]
    notice: str | None
    """Where its public notice is printed, for whoever has a case that is posted."""
    linked: tuple[tuple[Link, Text], ...]
    events: tuple[ShownEvent, ...]
    attachments: Attachments
    licence: IssuedLicence | None
    for_another: Text | None
    """Why there is nothing to decide for whoever did the step before."""
    next: str
    desk: str
    done: ShownEvent | None = None
    wrong: Text | None = None
    lost: tuple[ShownValue, ...] = ()
    """What was typed in a form that is not there any longer."""


def fill(
    visitor: Visitor,
    number: int,
    done: int | None = None,
    sent: SentForm | None = None,
    wrong: Text | None = None,
) -> OfficeCase:
    """Raises NotFound for an office that has no part in it, and for a matter that is no case."""
    matters = visitor.services.matters
    view = matters.read(visitor.principal, number)
    item, case = service_item(view), case_of(visitor, view)
    texts = matters.read_texts(visitor.principal, number)
    events = matter_view.line_of_time(visitor, view, texts)
    holder = holder_of(visitor, view)
    position = visitor.principal.position
    mine = holder is not None and position is not None and holder.id == position.id
    posted = can_be_posted(item, view)
    known = _read_by(visitor, view) if mine else {}
    rules = matters.allowed(visitor.principal, view)
    main, more = _acts(visitor, view, rules, sent, mine=mine)
    today = civil_date(visitor.frame.now)
    return OfficeCase(
        frame=visitor.frame,
        position=acting_as(visitor.principal),
        id=view.id,
        number=view.number,
        title=item.name.text(),
        href=f"{OFFICE_CASES}/{view.id}",
        law=item.law.text(),
        state=matter_view.state_words(view.definition, view.state),
        holder=Text(holder.title_zh, holder.title_en) if holder is not None else None,
        mine=mine,
        since=matter_view.since(view),
        clocks=matter_view.clocks(view, matters.due_dates(view), today),
        compared=_compared(visitor, case.fields, known, opens(item)),
        papers=_papers(visitor, papers_shown(visitor, case, view), known, opens(item))
        if mine
        else (),
        applied_for=who_applied(visitor, view) if mine else None,
        held=applicant_licence_in_hand(visitor, view, item) if mine else None,
        checked=max((one.read_at for one in known.values()), default=None),
        check_key=mine and view.closed_at is None and (not known or _awaits_grant(known)),
        main=main,
        more=more,
        notice=f"{OFFICE_CASES}/{view.id}/notice" if mine and posted else None,
        linked=tuple(
            (Link(one.number, ""), matter_view.state_words(one.definition, one.state))
            for one in matters.linked(visitor.principal, number)
        ),
        events=without_saves(view, events),
        attachments=attachments(visitor, view),
        licence=_licence(visitor, view),
        for_another=COLLEAGUE if matters.is_for_another(visitor.principal, view) else None,
        next=f"{NEXT}?after={view.id}",
        desk=PATH,
        done=done_step(visitor, view, events, done),
        wrong=wrong or (sent.wrong if sent else None),
        lost=lost_words(visitor, view, (*(one.form for one in main), *more), sent),
    )


def _read_by(visitor: Visitor, view: MatterView) -> dict[str, RegisterValue]:
    """What the visitor has read themselves under the case: each read is in the log."""
    found = registers(visitor, view, "desk")
    return {name: one for name, one in found.items() if one.read_by == visitor.principal.id}


def _awaits_grant(known: Mapping[str, RegisterValue]) -> bool:
    """Whether a register was not shown that the office may have been granted since."""
    return any(one.refused == GRANT_NEEDED.code for one in known.values())


def _licence(visitor: Visitor, view: MatterView) -> IssuedLicence | None:
    position = visitor.principal.position
    with transaction(visitor.services.node.database) as session:
        one = find_numbered(session, position.organisation, view.number) if position else None
    if one is None or position is None:
        return None
    able = one.state not in ENDED and "handler" in position.duties
    change = f"{MATTERS_PATH}/new/{LICENCE_CHANGE}?{urlencode({'licence': one.number})}"
    state = STATES[one.state_on(civil_date(visitor.frame.now))]
    return IssuedLicence(one.number, state, change if able else None)


def holder_of(visitor: Visitor, view: MatterView) -> PositionRow | None:
    """The position that has a case."""
    with transaction(visitor.services.node.database) as session:
        ground, row = GroundRow, PositionRow
        query = select(row).join(ground, ground.position == row.id)
        return session.scalar(query.where(ground.number == view.number))


def _acts(
    visitor: Visitor,
    view: MatterView,
    rules: Iterable[EventRule],
    sent: SentForm | None,
    *,
    mine: bool,
) -> tuple[tuple[KeyedForm, ...], tuple[ActForm, ...]]:
    """The buttons as far as they are there now, and everything else that can be done. Whoever has
    the case does not take it again."""
    forms = {one.name: _form(view, one, sent) for one in rules}
    main = []
    for key, events in MAIN:
        found = [forms.pop(one) for one in events if one in forms]
        if key != "t" or not mine:
            main += [KeyedForm(one, key if n == 0 else None) for n, one in enumerate(found)]
    return tuple(main), tuple(forms.values())


def _form(view: MatterView, rule: EventRule, sent: SentForm | None) -> ActForm:
    mine = sent if sent is not None and sent.event == rule.name else None
    known: dict[str, Value | None] = {"opinion": OPINION}
    form = act_form(
        rule,
        view.definition,
        view.version,
        mine.typed if mine else known,
        {},
        key=mine.key if mine else None,
        wrong=mine.wrong if mine else None,
    )
    return replace(form, at_once=not form.fields)


def _compared(
    visitor: Visitor,
    fields: Iterable[CaseField],
    known: Mapping[str, RegisterValue],
    opened: Mapping[str, list[str]],
) -> tuple[Compared, ...]:
    checked = bool(known)
    found = [
        _pair(visitor, one, known.get(one.field.id), opened, checked=checked) for one in fields
    ]
    return tuple(sorted(found, key=lambda one: (_ORDER.index(one.agrees), not one.amended)))


def _pair(
    visitor: Visitor,
    one: CaseField,
    register: RegisterValue | None,
    opened: Mapping[str, list[str]],
    *,
    checked: bool,
) -> Compared:
    words = one.register if one.register is not None else register
    return Compared(
        title=one.field.title.text(),
        given=value_shown(visitor, one.field, words, one.value),
        amended=one.state == "amended",
        register=value_shown(visitor, one.field, register, register.value if register else None),
        source=source_of(visitor, register),
        agrees=_agrees(one, register, checked=checked),
        why=register.why if register is not None else None,
        request=_request(visitor, register, opened),
    )


def _agrees(one: CaseField, register: RegisterValue | None, *, checked: bool) -> Agrees:
    if register is None:
        return "unchecked" if checked or one.field.from_ is None else "not_yet"
    if register.refused is not None:
        return "refused"
    if not register.found:
        return "missing"
    if not register.agrees_with(one.value):
        return "differs"
    return "same_part" if register.masked else "same"


def _request(
    visitor: Visitor, register: RegisterValue | None, opened: Mapping[str, list[str]]
) -> str | None:
    """Where the use of a dataset is asked for, its fields ticked, that the case needs."""
    if register is None or register.refused != GRANT_NEEDED.code:
        return None
    contract = visitor.services.catalogue.contracts.find(register.dataset)
    way = way_to(visitor, contract) if contract is not None else None
    asked = urlencode([("fields", one) for one in opened.get(register.dataset, ())])
    return f"{way}?{asked}" if way is not None else None


def _papers(
    visitor: Visitor,
    papers: tuple[ShownPaper, ...],
    known: Mapping[str, RegisterValue],
    opened: Mapping[str, list[str]],
) -> tuple[ShownPaper, ...]:
    """With what the office itself found, or was not shown, of those that are not asked for."""
    return tuple(_paper(visitor, one, known.get(MATERIAL + one.id), opened) for one in papers)


def _paper(
    visitor: Visitor,
    one: ShownPaper,
    register: RegisterValue | None,
    opened: Mapping[str, list[str]],
) -> ShownPaper:
    if register is None:
        return one
    if register.refused is not None:
        request = _request(visitor, register, opened)
        return replace(
            one, how="to_bring", words=UNSEEN, source=None, why=register.why, request=request
        )
    if not register.found:
        return replace(one, source=None, why=NO_RECORD)
    return replace(one, source=source_of(visitor, register))


@router.get(HERE)
def page(
    request: Request,
    visitor: InOffice,
    matter: MatterNumber,
    done: Annotated[int | None, Query(ge=1, le=NUMBER_LIMIT)] = None,
) -> Response:
    shown = fill(visitor, matter, done)
    mark_matter_read(visitor.services.matters, visitor.principal, matter)
    return render(request, "official/case.html", shown)


@router.post(HERE)
async def act(request: Request, visitor: InOffice, matter: MatterNumber) -> Response:
    """Do one thing. What cannot be done so is said on the page, with all that was typed."""
    form = await request.form(max_files=0, max_fields=600)
    return await run_in_threadpool(_act, request, visitor, matter, form)


def _act(request: Request, visitor: Visitor, number: int, form: FormData) -> Response:
    def again(sent: SentForm, status: int) -> Response:
        shown = fill(visitor, number, sent=sent)
        return render(request, "official/case.html", shown, status=status)

    service_item(visitor.services.matters.read(visitor.principal, number))
    answer = act_in(visitor, number, form, again)
    where = answer.headers.get("location", "")
    if answer.status_code == 303 and where:
        return RedirectResponse(f"{OFFICE_CASES}/{number}?{where.partition('?')[2]}", 303)
    return answer


@router.get(f"{HERE}/check")
def checked(visitor: InOffice, matter: MatterNumber) -> RedirectResponse:
    """The address of a form that was not taken, asked again: back to the case."""
    visitor.services.matters.read(visitor.principal, matter)
    return RedirectResponse(f"{OFFICE_CASES}/{matter}", status_code=303)


@router.post(f"{HERE}/check")
async def compare(request: Request, visitor: InOffice, matter: MatterNumber) -> Response:
    """Read the registers under this case: nothing is typed, the case says whom it is about."""
    form = await request.form(max_files=0, max_fields=10)
    return await run_in_threadpool(_compare, request, visitor, matter, form)


def _compare(request: Request, visitor: Visitor, number: int, form: FormData) -> Response:
    services = visitor.services
    view = services.matters.read(visitor.principal, number)
    item = service_item(view)
    try:
        check_form(visitor, form)
        holder, position = holder_of(visitor, view), visitor.principal.position
        if holder is None or position is None or holder.id != position.id:
            raise Conflict("请先领办，再核对登记信息", "take the case first, then compare")
        read = Registers(services.gateway, services.catalogue, services.matters)
        answers = case_of(visitor, view).answers
        read.fetch(visitor.principal, item, view, "desk", answers)
    except (BadInput, Conflict, Refused) as wrong:
        record_refused(visitor, wrong)
        shown = fill(visitor, number, wrong=wrong.text)
        return render(request, "official/case.html", shown, status=wrong.status)
    return RedirectResponse(f"{OFFICE_CASES}/{number}#compared", status_code=303)
