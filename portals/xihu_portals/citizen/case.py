"""One application: what is filled in and what is missing; handed in from here, read afterwards."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from xihu_catalog.services.handing_in import WITHDRAW_BUNDLE
from xihu_catalog.services.item import ServiceCounter
from xihu_catalog.services.mandate import AppliedFor
from xihu_catalog.services.situation import barred, spared
from xihu_platform.access.decision import FULL_LEVEL
from xihu_platform.credentials.register import credentials_of
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, Refused
from xihu_platform.matters.command import NUMBER_LIMIT, Command
from xihu_platform.matters.views import MatterView
from xihu_platform.notices.unread import mark_matter_read
from xihu_platform.words import Text
from xihu_portals.citizen.verification import verification
from xihu_portals.pages import matter_view
from xihu_portals.pages.bundle_view import (
    ShownPart,
    brought,
    bundle_left,
    bundle_of,
    parts_shown,
)
from xihu_portals.pages.case_after import ToBring, remedies
from xihu_portals.pages.case_answers import ANSWER_WORDS
from xihu_portals.pages.case_gaps import CaseGaps, case_gaps
from xihu_portals.pages.case_view import (
    CASES,
    WRITING,
    ShownCaseField,
    ShownPaper,
    case_of,
    fields_shown,
    papers_shown,
    service_item,
    who_applied,
)
from xihu_portals.pages.licence_view import LICENCES
from xihu_portals.pages.matter_acts import CITIZEN, check_form, record_refused
from xihu_portals.pages.matter_form import acting_as, new_key, seen_version
from xihu_portals.pages.visitor import SignedInCitizen, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Link, Words
from xihu_portals.web.render import render

DISCARD = "discard"
"""The step that gives a draft up."""
CaseNumber = Annotated[int, Path(ge=1, le=NUMBER_LIMIT)]
router = APIRouter()


@dataclass(frozen=True, slots=True)
class CasePage:
    """Is everything there, and what did I give?"""

    frame: PageFrame
    position: str
    number: str
    title: Text
    href: str
    matter: str
    """Its page as a matter."""
    writes: bool
    """Whether it can be changed and handed in now."""
    draft: bool
    state: Text
    answers: tuple[tuple[Text, Text], ...]
    situation: str
    """Where the answers are changed."""
    barred: tuple[Text, ...]
    """What an answer means for whether the service is for them."""
    fields: tuple[ShownCaseField, ...]
    papers: tuple[ShownPaper, ...]
    lacking: tuple[Text, ...]
    """What is still missing, by name."""
    gaps: Words | None
    """What the office said is missing."""
    bring: int
    """Papers that are asked for."""
    spared: int
    of: int
    key: str
    version: int
    counter: ServiceCounter
    """Where one is served in person."""
    discards: bool
    """Whether it is a draft that can be given up."""
    bundle: Link | None
    """The bundle that it is of."""
    parts: tuple[ShownPart, ...]
    """Of a bundle that was handed in, its cases in their order."""
    left: bool | None
    """Whether the whole bundle was withdrawn; None where that can still be done here."""
    brought: tuple[ToBring, ...] = ()
    """What the counter waits for."""
    remedies: Text | None = None
    """Of a case that was refused, what may be done against it."""
    asked: CaseGaps | None = None
    """What the office waits for, one by one."""
    wrong: Text | None = None
    applied_for: AppliedFor | None = None
    """Who has applied, where it was for somebody else."""
    licence: Link | None = None
    """The licence that it came to."""


def fill(
    visitor: Visitor, number: int, wrong: Text | None = None, key: str | None = None
) -> CasePage:
    """Raises NotFound for one who has no part in it, and for a matter that is no case."""
    matters = visitor.services.matters
    view = matters.read(visitor.principal, number)
    case, item = case_of(visitor, view), service_item(view)
    papers, saved = papers_shown(visitor, case, view), spared(item, case.papers)
    texts = matters.read_texts(visitor.principal, number)
    here = f"{CASES}/{view.id}"
    parts = parts_shown(visitor, view, case) if not view.unsent else ()
    return CasePage(
        frame=visitor.frame,
        position=acting_as(visitor.principal),
        number=view.number,
        title=item.name.text(),
        href=here,
        matter=f"{CITIZEN}/{view.id}",
        writes=view.state in WRITING and _is_mine(visitor, view),
        draft=view.state == "draft",
        state=matter_view.state_words(view.definition, view.state),
        answers=tuple(
            (one.text.text(), ANSWER_WORDS[case.answers[one.id]]) for one in item.questions
        ),
        situation=f"/services/{item.id}/apply",
        barred=tuple(one.bars.text() for one in barred(item, case.answers) if one.bars),
        fields=fields_shown(visitor, case),
        papers=papers,
        lacking=(
            *(one.title.text() for one in case.empty),
            *(one.name.text() for one in case.lacking),
        ),
        gaps=matter_view.newest_texts(texts).get("gaps") if view.state == "completing" else None,
        asked=case_gaps(visitor, view, case),
        bring=sum(one.how in {"to_bring", "uploaded", "at_counter"} for one in papers),
        spared=saved.papers,
        of=saved.of,
        key=key or new_key(),
        version=view.version,
        counter=item.counter,
        discards=any(one.name == DISCARD for one in matters.allowed(visitor.principal, view)),
        bundle=bundle_of(visitor, view),
        parts=parts,
        left=bundle_left(visitor, view, parts) if parts else False,
        brought=brought(visitor, view, parts),
        remedies=remedies(view),
        wrong=wrong,
        applied_for=who_applied(visitor, view),
        licence=_licence(visitor, view, item.result.text()),
    )


def _licence(visitor: Visitor, view: MatterView, title: Text) -> Link | None:
    holders = [one.key for one in view.parties if one.role == "applicant"]
    with transaction(visitor.services.node.database) as session:
        found = [one for one in credentials_of(session, holders) if one.matter == view.id]
    return Link(title, f"{LICENCES}/{found[0].id}") if found else None


def _is_mine(visitor: Visitor, view: MatterView) -> bool:
    allowed = visitor.services.matters.allowed(visitor.principal, view)
    return any(one.name == WRITING[view.state] for one in allowed)


@router.get(f"{CASES}/{{matter}}")
def page(request: Request, visitor: SignedInCitizen, matter: CaseNumber) -> Response:
    way = verification(visitor, FULL_LEVEL, f"{CASES}/{matter}")
    if way is not None:
        return RedirectResponse(way, status_code=303)
    shown = fill(visitor, matter)
    mark_matter_read(visitor.services.matters, visitor.principal, matter)
    return render(request, "citizen/case.html", shown)


@router.post(f"{CASES}/{{matter}}")
async def hand_in(request: Request, visitor: SignedInCitizen, matter: CaseNumber) -> Response:
    """Hand the application, or what was missing, in; withdraw a whole bundle; give a draft up."""
    form = await request.form(max_files=0, max_fields=20)
    return await run_in_threadpool(_hand_in, request, visitor, matter, form)


def _hand_in(request: Request, visitor: Visitor, number: int, form: FormData) -> Response:
    way = verification(visitor, FULL_LEVEL, f"{CASES}/{number}")
    if way is not None:
        return RedirectResponse(way, status_code=303)
    view = visitor.services.matters.read(visitor.principal, number)
    if form.get("event") == WITHDRAW_BUNDLE and service_item(view).parts:
        return _act(request, visitor, view, form, WITHDRAW_BUNDLE)
    if form.get("event") == DISCARD and view.state == "draft":
        return _act(request, visitor, view, form, DISCARD)
    if view.state not in WRITING:
        # handed in before, perhaps by this very form: its page says where it is
        return RedirectResponse(f"{CITIZEN}/{number}", status_code=303)
    return _act(request, visitor, view, form, WRITING[view.state])


def _act(
    request: Request, visitor: Visitor, view: MatterView, form: FormData, event: str
) -> Response:
    services, number = visitor.services, view.id
    try:
        check_form(visitor, form)
        command = Command(event, str(form.get("key") or ""), seen_version(form))
        acted = services.matters.act(visitor.principal, number, command)
    except (BadInput, Conflict, Refused) as wrong:
        record_refused(visitor, wrong)
        shown = fill(visitor, number, wrong.text)
        return render(request, "citizen/case.html", shown, status=wrong.status)
    services.write_down()
    if service_item(view).parts and event != DISCARD:
        return RedirectResponse(f"{CASES}/{number}", status_code=303)
    return RedirectResponse(f"{CITIZEN}/{number}?done={acted.seq}", status_code=303)
