"""One matter of mine: where it is and who has it, what I may do, what happened, by when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from xihu_platform.access.decision import OWN_LEVEL
from xihu_platform.clock import civil_date
from xihu_platform.matters.command import NUMBER_LIMIT
from xihu_platform.matters.definition import EventRule
from xihu_platform.matters.views import MatterView
from xihu_platform.notices.unread import mark_matter_read
from xihu_platform.words import Text
from xihu_portals.citizen.verification import verification
from xihu_portals.pages import matter_view
from xihu_portals.pages.attachments import Attachments, attachments
from xihu_portals.pages.bundle_view import ShownPart, brought, parts_shown
from xihu_portals.pages.case_after import ToBring, remedies
from xihu_portals.pages.case_view import CASES, case_of, is_case, on_its_page, without_saves
from xihu_portals.pages.matter_acts import (
    CITIZEN,
    SentForm,
    act_in,
    done_step,
    known_values,
    last_step,
    lost_words,
)
from xihu_portals.pages.matter_form import ActForm, act_form, acting_as
from xihu_portals.pages.matter_options import known_options
from xihu_portals.pages.matter_view import ShownClock, ShownEvent, ShownValue
from xihu_portals.pages.objection import way_to_object
from xihu_portals.pages.overdue import OverdueCase, overdue_case
from xihu_portals.pages.rating import RatingPart, SentRating, rating_part
from xihu_portals.pages.record import said_at_opening
from xihu_portals.pages.visitor import SignedInCitizen, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Link
from xihu_portals.web.render import render

MatterNumber = Annotated[int, Path(ge=1, le=NUMBER_LIMIT)]
router = APIRouter()


@dataclass(frozen=True, slots=True)
class MyMatterPage:
    """Where is it, whose turn is it, what can I do?"""

    frame: PageFrame
    position: str
    """As whom the page was opened."""
    number: str
    href: str
    title: Text
    law: Text
    about: Link | None
    state: Text
    turn: Text | None
    mine: bool
    since: datetime
    last: ShownEvent | None
    acts: tuple[ActForm, ...]
    said: tuple[ShownValue, ...]
    by_office: bool
    """Whether an office opened it, and not the reader or whom they act for."""
    clocks: tuple[ShownClock, ...]
    events: tuple[ShownEvent, ...]
    attachments: Attachments
    rating: RatingPart
    done: ShownEvent | None = None
    """What was done just now."""
    wrong: Text | None = None
    lost: tuple[ShownValue, ...] = ()
    """What was typed in a form that is not there any longer."""
    case: str | None = None
    """Where what was given in an application is read, or written."""
    parts: tuple[ShownPart, ...] = ()
    """Of a bundle, how each of its cases stands."""
    brought: tuple[ToBring, ...] = ()
    """Of an application, what the counter waits for."""
    overdue: OverdueCase | None = None
    """Of an application that is late at its office."""
    lasts: bool = False
    """Whether it is in force, so that nobody has to act."""
    objection: Link | None = None
    """Where the reader says that what an office has decided is wrong."""
    remedies: Text | None = None
    """Of one that was refused, what may be done against it."""


def fill(
    visitor: Visitor,
    number: int,
    done: int | None = None,
    sent: SentForm | None = None,
    fault: Text | None = None,
    added: int | None = None,
    rated: SentRating | None = None,
) -> MyMatterPage:
    """Raises NotFound for one who has no part in it, as for one that does not exist."""
    matters = visitor.services.matters
    view = matters.read(visitor.principal, number)
    texts = matters.read_texts(visitor.principal, number)
    events = matter_view.line_of_time(visitor, view, texts)
    newest = matter_view.newest_texts(texts)
    role = view.definition.states[view.state].owner
    owner = tuple(one for one in view.parties if one.role == role)
    waits = view.definition.states[view.state].waits
    mine = waits and matter_view.is_own(visitor.principal, owner)
    has_parts = is_case(view) and not view.unsent
    parts = parts_shown(visitor, view, case_of(visitor, view)) if has_parts else ()
    rules = [one for one in matters.allowed(visitor.principal, view) if not on_its_page(view, one)]
    acts = tuple(_form(visitor, view, rule, newest, sent) for rule in rules)
    return MyMatterPage(
        frame=visitor.frame,
        position=acting_as(visitor.principal),
        number=view.number,
        href=f"{CITIZEN}/{view.id}",
        title=view.definition.title,
        law=view.definition.law,
        about=matter_view.about(visitor, view.about),
        state=matter_view.state_words(view.definition, view.state),
        turn=matter_view.turn_words(owner, mine=mine) if owner and waits else None,
        lasts=bool(owner) and not waits,
        mine=mine,
        since=matter_view.since(view),
        last=last_step(view, events),
        acts=acts,
        said=said_at_opening(visitor, view, newest),
        by_office=any(
            one.kind == "organisation"
            for one in view.parties
            if one.role == view.definition.opening.actor.party
        ),
        clocks=matter_view.clocks(view, matters.due_dates(view), civil_date(visitor.frame.now)),
        events=without_saves(view, events),
        done=done_step(visitor, view, events, done),
        attachments=attachments(visitor, view, fault, added),
        rating=rating_part(visitor, view, rated),
        wrong=sent.wrong if sent else None,
        lost=lost_words(visitor, view, acts, sent),
        case=f"{CASES}/{view.id}" if is_case(view) else None,
        parts=parts,
        brought=brought(visitor, view, parts) if is_case(view) else (),
        overdue=overdue_case(visitor, view),
        objection=way_to_object(visitor, view),
        remedies=remedies(view) if is_case(view) else None,
    )


def _form(
    visitor: Visitor,
    view: MatterView,
    rule: EventRule,
    texts: dict[str, str],
    sent: SentForm | None,
) -> ActForm:
    mine = sent if sent is not None and sent.event == rule.name else None
    return act_form(
        rule,
        view.definition,
        view.version,
        mine.typed if mine else known_values(view, texts),
        known_options(visitor, rule),
        key=mine.key if mine else None,
        wrong=mine.wrong if mine else None,
    )


@router.get(f"{CITIZEN}/{{matter}}")
def page(
    request: Request,
    visitor: SignedInCitizen,
    matter: MatterNumber,
    done: Annotated[int | None, Query(ge=1, le=NUMBER_LIMIT)] = None,
    added: Annotated[int | None, Query(ge=1, le=NUMBER_LIMIT)] = None,
) -> Response:
    way = verification(visitor, OWN_LEVEL, f"{CITIZEN}/{matter}")
    if way is not None:
        return RedirectResponse(way, status_code=303)
    view = visitor.services.matters.read(visitor.principal, matter)
    if is_case(view) and view.definition.states[view.state].private:
        return RedirectResponse(f"{CASES}/{matter}", status_code=303)
    shown = fill(visitor, matter, done, added=added)
    mark_matter_read(visitor.services.matters, visitor.principal, matter)
    return render(request, "citizen/matter.html", shown)


@router.post(f"{CITIZEN}/{{matter}}")
async def act(request: Request, visitor: SignedInCitizen, matter: MatterNumber) -> Response:
    """Do one thing. What cannot be done so is said on the page, with all that was typed."""
    form = await request.form(max_files=0, max_fields=600)
    return await run_in_threadpool(_act, request, visitor, matter, form)


def _act(request: Request, visitor: Visitor, matter: int, form: FormData) -> Response:
    def again(sent: SentForm, status: int) -> Response:
        shown = fill(visitor, matter, sent=sent)
        return render(request, "citizen/matter.html", shown, status=status)

    return act_in(visitor, matter, form, again)
