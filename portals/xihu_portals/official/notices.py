"""待阅: what happened in my matters since I looked, each event with the day and the way to it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from xihu_catalog.services.start import all_duties
from xihu_catalog.sharing.readers import CORRECTED
from xihu_platform.access.offices import MATTERS, check, matters_refusal
from xihu_platform.clock import civil_date
from xihu_platform.errors import BadInput, Conflict
from xihu_platform.identity.client import check_csrf
from xihu_platform.matters.inbox import count_inbox
from xihu_platform.matters.words import OF_THE_PLATFORM
from xihu_platform.notices.unread import (
    LIMIT,
    NoticeLine,
    mark_all_read,
    mark_read,
    read_notices,
)
from xihu_platform.words import Text
from xihu_portals.official.inbox import LAST_PAGE, NOTICES, PATH, tabs
from xihu_portals.pages import matter_view
from xihu_portals.pages.matter_subject import subject
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web import formats
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.happened import happened
from xihu_portals.web.parts import Link, Pager, State, Words
from xihu_portals.web.render import render

MARKS = {
    "half": Text("“{duty}”期限过半，最迟 {day}", "Half of “{duty}” has passed: it is due {day}"),
    "two_days": Text("“{duty}”即将到期，最迟 {day}", "“{duty}” ends soon: it is due {day}"),
    "one_day": Text("“{duty}”即将到期，最迟 {day}", "“{duty}” ends soon: it is due {day}"),
    "due": Text("“{duty}”的最后一天是 {day}", "The last day of “{duty}” is {day}"),
    "late": Text("“{duty}”已逾期，最迟应于 {day}", "“{duty}” is overdue: it was due {day}"),
}
router = APIRouter()


@dataclass(frozen=True, slots=True)
class ShownNotice:
    """One event: what happened, in which matter, and where that is now."""

    id: int
    what: Text
    number: str
    href: str
    title: Text
    about: Words | None
    state: Text
    at: datetime


@dataclass(frozen=True, slots=True)
class NoticesPage:
    """What happened that I have not seen?"""

    frame: PageFrame
    position: str
    tabs: tuple[Link, ...]
    lines: tuple[ShownNotice, ...]
    newest: int
    """The number of the newest one shown: what comes after it is not marked with all others."""
    empty: State
    pager: Pager


def fill(visitor: Visitor, page: int) -> NoticesPage:
    """Raises Refused for one who takes no part in matters as an office."""
    _check(visitor)
    matters, principal = visitor.services.matters, visitor.principal
    waiting, _ = count_inbox(matters, principal, civil_date(visitor.frame.now))
    found = read_notices(matters, principal, (page - 1) * LIMIT)
    return NoticesPage(
        frame=visitor.frame,
        position=principal.position.id if principal.position else "",
        tabs=tabs(visitor, waiting, current=NOTICES),
        lines=tuple(_shown(visitor, one) for one in found.lines),
        newest=max((one.id for one in found.lines), default=0),
        empty=State("live", Text("没有未读的通知", "You have read everything")),
        pager=Pager(
            shown=len(found.lines),
            total=None,
            previous_href=f"{NOTICES}?page={page - 1}" if page > 1 else None,
            next_href=f"{NOTICES}?page={page + 1}" if found.more else None,
            first=(page - 1) * LIMIT + 1,
        ),
    )


def _check(visitor: Visitor) -> None:
    reason = matters_refusal(visitor.principal, visitor.frame.now)
    check(visitor.services.gateway, visitor.principal, MATTERS, reason)


def _shown(visitor: Visitor, line: NoticeLine) -> ShownNotice:
    if line.event == CORRECTED:  # of the request itself they learn nothing: whoever made it
        about = matter_view.about(visitor, line.about)
        return ShownNotice(
            id=line.id,
            what=_what(line),
            number="",
            href=f"/official/datasets/{line.about}",
            title=Text("数据更正", "Correction of data"),
            about=about.label if about else None,
            state=Text("已更正", "Corrected"),
            at=line.at,
        )
    return ShownNotice(
        id=line.id,
        what=_what(line),
        number=line.number,
        href=f"{PATH}/{line.matter}",
        title=line.definition.title,
        about=subject(visitor, line.definition.kind, line.matter, line.about),
        state=matter_view.state_words(line.definition, line.state),
        at=line.at,
    )


def _what(line: NoticeLine) -> Text:
    """In the words of the kind; of a reminder, which period ends when."""
    duty = all_duties().get(str(line.data.get("duty")))
    mark = MARKS.get(str(line.data.get("mark")))
    if line.event == "warned" and duty is not None and mark is not None:
        day = date.fromisoformat(line.data["due_on"])
        return Text(
            mark.zh.format(duty=duty.name.zh, day=formats.day(day, "zh")),
            mark.en.format(duty=duty.name.en, day=formats.day(day, "en")),
        )
    if line.event in OF_THE_PLATFORM:
        return OF_THE_PLATFORM[line.event]
    rule = line.definition.opening if line.seq == 1 else line.definition.events.get(line.event)
    if rule is not None:
        return happened(rule.title)
    return OF_THE_PLATFORM.get(line.event, Text(line.event, line.event))


@router.get(NOTICES)
def page(
    request: Request,
    visitor: InOffice,
    page: Annotated[int, Query(ge=1, le=LAST_PAGE)] = 1,
) -> HTMLResponse:
    return render(request, "official/notices.html", fill(visitor, page))


@router.post(NOTICES)
def mark(
    visitor: InOffice,
    csrf: Annotated[str, Form(max_length=200)] = "",
    position: Annotated[str, Form(max_length=80)] = "",
    notice: Annotated[int | None, Form()] = None,
    up_to: Annotated[int | None, Form()] = None,
) -> RedirectResponse:
    """Mark one notice as read, or all that were shown. Raises NotFound for another's notice."""
    _check(visitor)
    if visitor.session is not None:
        check_csrf(visitor.session, csrf)
    own = visitor.principal.position
    if position != (own.id if own else ""):
        raise Conflict(
            "打开页面之后您换了岗位，没有标为已读；请刷新页面",
            "you have changed your position since you opened the page, so nothing was marked: "
            "reload it",
        )
    matters = visitor.services.matters
    if notice is not None:
        mark_read(matters, visitor.principal, notice)
    elif up_to is not None:
        mark_all_read(matters, visitor.principal, up_to)
    else:
        raise BadInput("请选择要标为已读的通知", "choose the notice to mark as read")
    return RedirectResponse(NOTICES, status_code=303)
