"""我的授权与代办: who may act for me, whom I may act for, and how one comes to be and ends."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from xihu_catalog.services.mandate_giving import (
    MOST_MONTHS,
    USUAL_MONTHS,
    check_agent,
    check_services,
    check_until,
    find_asked,
    mandate_opening,
    months_after,
    services_to_name,
)
from xihu_platform.access.decision import FULL_LEVEL
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, PlatformError, Refused
from xihu_platform.identity.address import caller_of
from xihu_platform.identity.mandate_codes import (
    CODE_LIVES,
    CODES_USE,
    MandateCodes,
    cancel_request,
)
from xihu_platform.matters.command import NUMBER_LIMIT, Command, Value
from xihu_platform.matters.definition import OPEN
from xihu_platform.words import Text
from xihu_portals.citizen.verification import PROVING, verification
from xihu_portals.pages.mandate_view import (
    MANDATES,
    AskedMandate,
    OpenCode,
    ShownMandate,
    asked_by,
    given_by,
    held_by,
    open_codes,
    waiting_for,
)
from xihu_portals.pages.matter_acts import check_form, record_refused
from xihu_portals.pages.matter_form import acting_as, new_key, seen_version
from xihu_portals.pages.visitor import SignedInCitizen, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Action, State
from xihu_portals.web.render import render

ENDING = {"agree", "decline", "take_back", "withdraw", "give_up"}
"""Events of a mandate's matter that the page sends."""
DONE = {"code", "cancel", *ENDING}
router = APIRouter()


@dataclass(frozen=True, slots=True)
class AskForm:
    """For which services, and until when, a mandate is asked for."""

    key: str
    chosen: tuple[tuple[str, Text], ...]
    others: tuple[tuple[str, Text], ...]
    """Those that are not chosen."""
    until: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class SentMandate:
    """A form of the page that was not taken, and what was wrong with it."""

    act: str
    form: FormData
    wrong: Text

    def text(self, name: str) -> str:
        return str(self.form.get(name) or "")

    def ids(self) -> frozenset[str]:
        return frozenset(str(one) for one in self.form.getlist("services"))


@dataclass(frozen=True, slots=True)
class MadeCode:
    """A code that was made just now, in two groups, and when it ends."""

    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class MyMandates:
    """Who may act for me, and whom may I act for?"""

    frame: PageFrame
    position: str
    """As whom the page was opened."""
    key: str = ""
    """Of the form that a code is typed into."""
    waiting: tuple[AskedMandate, ...] = ()
    """What waits for my answer."""
    asked: tuple[AskedMandate, ...] = ()
    """What I asked for, to be answered by the other."""
    codes: tuple[OpenCode, ...] = ()
    given: tuple[ShownMandate, ...] = ()
    held: tuple[ShownMandate, ...] = ()
    ask: AskForm | None = None
    made: MadeCode | None = None
    done: str | None = None
    sent: SentMandate | None = None
    state: State | None = None
    """In place of everything: identity not fully proven, or acting for somebody else."""
    back: str = MANDATES
    """Where to go on as oneself, for somebody who acts for another."""


def fill(
    visitor: Visitor,
    *,
    service: str = "",
    done: str = "",
    sent: SentMandate | None = None,
    made: MadeCode | None = None,
) -> MyMandates:
    position, state = acting_as(visitor.principal), _stands(visitor)
    if state is not None:
        return MyMandates(visitor.frame, position, state=state, back=_back(service))
    agreed = sent if sent is not None and sent.act == "agree" else None
    with transaction(visitor.services.node.database) as session:
        return MyMandates(
            frame=visitor.frame,
            position=position,
            key=sent.text("key") if sent is not None and sent.act == "code" else new_key(),
            waiting=waiting_for(visitor, session, agreed.ids(), agreed.text("until"))
            if agreed is not None
            else waiting_for(visitor, session),
            asked=asked_by(visitor, session),
            codes=open_codes(visitor, session),
            given=given_by(visitor, session),
            held=held_by(visitor, session),
            ask=_ask_form(visitor, service, sent),
            made=made,
            done=done if done in DONE else None,
            sent=sent,
        )


def _stands(visitor: Visitor) -> State | None:
    try:
        check_agent(visitor.principal)
    except Refused:
        return State(
            "proof",
            Text("授权和代办要先完成高级实名", "First, your identity must be fully proven"),
            Text(
                "授权别人代办，等于让对方以您的名义办事，所以双方都要完成高级实名核验。",
                "Whoever has a mandate acts in another's name, so both sides prove who they are at "
                "the highest level.",
            ),
            action=Action(Text("怎样做实名认证", "How to prove who I am"), PROVING),
        )
    except Conflict as wrong:
        return State("refused", wrong.text)
    return None


def _ask_form(visitor: Visitor, service: str, sent: SentMandate | None) -> AskForm:
    today = civil_date(visitor.services.node.clock())
    mine = sent if sent is not None and sent.act == "ask" else None
    wanted = mine.ids() if mine is not None else frozenset({service})
    every = [(one.id, one.name.text()) for one in services_to_name()]
    return AskForm(
        key=mine.text("key") if mine is not None else new_key(),
        chosen=tuple(one for one in every if one[0] in wanted),
        others=tuple(one for one in every if one[0] not in wanted),
        until=mine.text("until")
        if mine is not None
        else months_after(today, USUAL_MONTHS).isoformat(),
        first=today,
        last=months_after(today, MOST_MONTHS),
    )


@router.get(MANDATES)
def page(
    request: Request,
    visitor: SignedInCitizen,
    service: Annotated[str, Query(max_length=80)] = "",
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    way = verification(visitor, FULL_LEVEL, _back(service))
    if way is not None:
        return RedirectResponse(way, status_code=303)
    return _render(request, fill(visitor, service=service, done=done))


def _back(service: str) -> str:
    known = {one.id for one in services_to_name()}
    return f"{MANDATES}?service={service}" if service in known else MANDATES


@router.post(MANDATES)
async def send(request: Request, visitor: SignedInCitizen) -> Response:
    """Ask for a mandate by a code, type one in, answer it, or end one. Twice is once."""
    form = await request.form(max_files=0, max_fields=300)
    return await run_in_threadpool(_send, request, visitor, form)


def _send(request: Request, visitor: Visitor, form: FormData) -> Response:
    way = verification(visitor, FULL_LEVEL, MANDATES)
    if way is not None:
        return RedirectResponse(way, status_code=303)
    act = str(form.get("act") or "")
    try:
        check_form(visitor, form)
        check_agent(visitor.principal)
        if act == "ask":
            return _render(request, fill(visitor, made=_make(visitor, form)))
        _act(visitor, act, form)
    except (BadInput, Conflict, Refused) as wrong:
        record_refused(visitor, wrong)
        sent = SentMandate(act, form, _words(wrong))
        return _render(request, fill(visitor, sent=sent), wrong.status)
    visitor.services.write_down()
    return RedirectResponse(f"{MANDATES}?done={act}", status_code=303)


def _words(wrong: PlatformError) -> Text:
    """With the way on, where it is a refusal."""
    if not isinstance(wrong, Refused):
        return wrong.text
    said, way = wrong.reason.text, wrong.reason.remedy
    return Text(f"{said.zh}{way.zh}", f"{said.en} {way.en}")


def _act(visitor: Visitor, act: str, form: FormData) -> None:
    if act == "code":
        _type_in(visitor, form)
    elif act == "cancel":
        number = _number(form, "request")
        with transaction(visitor.services.node.database) as session:
            cancel_request(session, visitor.principal.id, number)
    elif act in ENDING:
        values: dict[str, Value] = {}
        if act == "agree":
            values = {"services": [str(one) for one in form.getlist("services")]}
            if not values["services"]:
                raise BadInput(
                    "请至少勾选一个事项；都不同意的，请选“不同意”",
                    "tick at least one service, or choose “Do not agree”",
                )
            values["until"] = str(form.get("until") or "")
        command = Command(act, str(form.get("key") or ""), seen_version(form), values)
        visitor.services.matters.act(visitor.principal, _number(form, "matter"), command)
    else:
        raise BadInput("请选择要办理的一步", "choose what is to be done")


def _codes(visitor: Visitor) -> MandateCodes:
    return MandateCodes(visitor.services.node.keyring.derive(CODES_USE))


def _make(visitor: Visitor, form: FormData) -> MadeCode:
    now, key = visitor.services.node.clock(), str(form.get("key") or "")
    if not 8 <= len(key) <= 80:
        raise BadInput("缺少表单编号，请重新打开页面", "the form has no key: open the page again")
    services = check_services(str(one) for one in form.getlist("services"))
    until = check_until(_day(str(form.get("until") or "")), civil_date(now))
    with transaction(visitor.services.node.database) as session:
        code = _codes(visitor).make(session, visitor.principal.id, key, services, until, now)
    return MadeCode(f"{code[:4]} {code[4:]}", now + CODE_LIVES)


def _type_in(visitor: Visitor, form: FormData) -> None:
    """The code, by whoever gives the mandate: a matter of theirs to answer."""
    services, principal = visitor.services, visitor.principal
    services.gateway.limits.spend("codes", caller_of(principal))
    typed, key = str(form.get("code") or ""), str(form.get("key") or "")
    with transaction(services.node.database) as session:
        asked = find_asked(session, _codes(visitor), typed[:40])
        opening, values = mandate_opening(session, asked, principal, principal.subject or "")
    services.matters.open(principal, opening, Command(OPEN, key, 0, values))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _number(form: FormData, name: str) -> int:
    text = str(form.get(name) or "")
    if not (text.isascii() and text.isdigit()) or not 0 < int(text[:12]) <= NUMBER_LIMIT:
        raise BadInput("请重新打开页面", "open the page again")
    return int(text)


def _render(request: Request, shown: MyMandates, status: int = 200) -> Response:
    answer = render(request, "citizen/mandates.html", shown, status=status)
    if shown.made is not None:
        answer.headers["Cache-Control"] = "no-store"
    return answer
