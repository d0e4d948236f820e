"""我的办件: the matters of a person, or of the firm they act for, the open ones first."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from xihu_catalog.registry.hotline import hotline_organisation
from xihu_catalog.services.hotline import HOTLINE
from xihu_catalog.services.kind import KIND
from xihu_catalog.services.mandate import AppliedFor
from xihu_catalog.sharing.openings import COMPLAINT, OPENING_REQUEST
from xihu_catalog.voices.acts import VOICES
from xihu_catalog.voices.shown import first_words
from xihu_platform.access.decision import OWN_LEVEL
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.matters.inbox import LIMIT, Box, MatterLine, read_inbox
from xihu_platform.notices.unread import unread_matters
from xihu_platform.words import Text
from xihu_portals.citizen.verification import unproven, verification
from xihu_portals.pages import matter_view
from xihu_portals.pages.case_view import who_applied
from xihu_portals.pages.mandate_view import MANDATES
from xihu_portals.pages.matter_acts import CITIZEN
from xihu_portals.pages.matter_new import is_in_force
from xihu_portals.pages.visitor import SignedInCitizen, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Link, Pager, State, Words
from xihu_portals.web.render import render

LAST_PAGE = 200
router = APIRouter()


@dataclass(frozen=True, slots=True)
class MyMatter:
    """One matter: what it is, where it is, whose turn it is and since when, until when."""

    number: str
    href: str
    title: Text
    about: Words | None
    state: Text
    turn: Text | None
    """Who has to act; nobody once it has ended."""
    mine: bool
    """Whether that is the reader."""
    since: datetime
    due: Text | None
    overdue: bool
    lasts: bool = False
    """Whether it is in force, so that nobody has to act."""
    news: bool = False
    """Whether something has happened that the reader has not seen."""
    words: str | None = None
    """What the reader wrote for all to read begins so."""
    applied_for: AppliedFor | None = None
    """Who has applied, where it was for somebody else."""


@dataclass(frozen=True, slots=True)
class MyMatters:
    """What have I asked for, and how far is it?"""

    frame: PageFrame
    open: tuple[MyMatter, ...]
    settled: tuple[MyMatter, ...]
    """With a result, and steps that are possible: no step is due."""
    ended: tuple[MyMatter, ...]
    ways: tuple[Link, ...]
    """What can be opened from here."""
    pager: Pager
    empty: State | None = None
    state: State | None = None
    """In place of everything: real-name level too low."""
    mandate: Words | None = None
    """Whom the reader acts for: the list is then theirs."""


def fill(visitor: Visitor, page: int = 1) -> MyMatters:
    chosen = visitor.principal.mandate
    mandate = Text(chosen.name_zh, chosen.name_en) if chosen is not None else None
    if visitor.principal.level < OWN_LEVEL:
        return MyMatters(visitor.frame, (), (), (), (), Pager(0, None), state=unproven())
    matters, offset = visitor.services.matters, (page - 1) * LIMIT
    boxes: tuple[Box, ...] = ("open", "settled", "closed")
    found = [read_inbox(matters, visitor.principal, box, offset) for box in boxes]
    unread = unread_matters(matters, visitor.principal)
    every = [line for box in found for line in box.lines]
    lines, more, words = len(every), any(box.more for box in found), _own_words(visitor, every)
    under_way, settled, ended = (
        tuple(replace(_line(visitor, one, unread), words=words.get(one.id)) for one in box.lines)
        for box in found
    )
    return MyMatters(
        frame=visitor.frame,
        open=under_way,
        settled=settled,
        ended=ended,
        ways=_ways(visitor),
        pager=Pager(
            shown=lines,
            total=None,
            previous_href=f"{CITIZEN}?page={page - 1}" if page > 1 else None,
            next_href=f"{CITIZEN}?page={page + 1}" if more else None,
            first=None,
        ),
        empty=None if lines or page > 1 else _nothing(),
        mandate=mandate,
    )


def news_of(visitor: Visitor) -> int:
    """How many matters of the reader have news that they have not seen; none for whom the list of
    matters is not open."""
    principal = visitor.principal
    if principal.kind != "citizen" or principal.level < OWN_LEVEL:
        return 0
    return len(unread_matters(visitor.services.matters, principal))


def _nothing() -> State:
    return State(
        "empty",
        Text("您还没有办件", "You have no matters yet"),
        Text(
            "需要的数据还没有开放，可以在数据集页面申请开放；部门共享、使用数据有问题，可以投诉举报。"
            "提出之后，办到哪一步、由谁办，都在这里看。",
            "Data that is not open can be asked for on the page of its dataset; a department's "
            "handling of data can be complained about. How far it is and who has it is shown here.",
        ),
    )


def _ways(visitor: Visitor) -> tuple[Link, ...]:
    found = []
    if is_in_force(visitor, OPENING_REQUEST):
        label = Text("找数据，申请开放", "Find data, and ask for it to be opened")
        found.append(Link(label, "/search"))
    if is_in_force(visitor, COMPLAINT):
        found.append(Link(Text("投诉举报", "Complain"), f"{CITIZEN}/new/{COMPLAINT}"))
    if is_in_force(visitor, HOTLINE) and hotline_organisation() is not None:
        label = Text("向 12345 热线反映", "Turn to the 12345 hotline")
        found.append(Link(label, f"{CITIZEN}/new/{HOTLINE}"))
    found.append(Link(Text("授权与代办", "Mandates"), MANDATES))
    found.append(Link(Text("我的预约", "My appointments"), "/my/appointments"))
    return tuple(found)


def _own_words(visitor: Visitor, lines: Iterable[MatterLine]) -> dict[int, str]:
    """Of comments and reuses, by their numbers, what the reader's begin with: two queries."""
    ids = [one.id for one in lines if one.definition.kind in VOICES]
    with transaction(visitor.services.node.database) as session:
        return first_words(session, visitor.services.matters.texts, ids) if ids else {}


def _line(visitor: Visitor, line: MatterLine, unread: frozenset[int]) -> MyMatter:
    today = civil_date(visitor.frame.now)
    about = matter_view.about(visitor, line.about)
    waits = line.definition.states[line.state].waits
    mine = waits and matter_view.is_own(visitor.principal, line.owner)
    return MyMatter(
        number=line.number,
        href=f"{CITIZEN}/{line.id}",
        title=line.definition.title,
        about=about.label if about else None,
        state=matter_view.state_words(line.definition, line.state),
        turn=matter_view.turn_words(line.owner, mine=mine) if line.owner and waits else None,
        lasts=bool(line.owner) and not waits,
        mine=mine,
        since=line.since,
        due=matter_view.due_words(line, today),
        overdue=line.overdue(today),
        news=line.id in unread,
        applied_for=_who_applied(visitor, line),
    )


def _who_applied(visitor: Visitor, line: MatterLine) -> AppliedFor | None:
    if not line.definition.kind.startswith(KIND):
        return None
    return who_applied(visitor, visitor.services.matters.read(visitor.principal, line.id))


@router.get(CITIZEN)
def page(
    request: Request,
    visitor: SignedInCitizen,
    page: Annotated[int, Query(ge=1, le=LAST_PAGE)] = 1,
) -> Response:
    way = verification(visitor, OWN_LEVEL, CITIZEN)
    if way is not None:
        return RedirectResponse(way, status_code=303)
    return render(request, "citizen/matters.html", fill(visitor, page))
