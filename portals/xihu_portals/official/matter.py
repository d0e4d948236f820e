"""One matter: where it is, what I may do, each day of its clocks, and all that happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from xihu_catalog.contracts.model import policy_of
from xihu_catalog.exchange.acts import BATCH_EXCHANGE
from xihu_catalog.sharing.disputes import is_disputable
from xihu_catalog.sharing.grounds import readers_of
from xihu_platform.access.decision import HANDLING, Allow
from xihu_platform.access.models import GrantRow
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.matters.command import NUMBER_LIMIT
from xihu_platform.matters.definition import EventRule
from xihu_platform.matters.views import MatterView
from xihu_platform.notices.unread import mark_matter_read
from xihu_platform.words import Text
from xihu_portals.official.access import DUTY
from xihu_portals.official.exchanges import PATH as EXCHANGES
from xihu_portals.official.inbox import PATH
from xihu_portals.pages import matter_view
from xihu_portals.pages.attachments import Attachments, attachments
from xihu_portals.pages.case_view import OFFICE_CASES, is_case
from xihu_portals.pages.data_needs import way_to_catalogue, way_to_request
from xihu_portals.pages.entry_content import EntryContent, entry_content
from xihu_portals.pages.matter_acts import (
    SentForm,
    act_in,
    done_step,
    known_values,
    last_step,
    lost_words,
)
from xihu_portals.pages.matter_form import ActForm, FormOption, act_form, acting_as
from xihu_portals.pages.matter_options import known_options
from xihu_portals.pages.matter_subject import subject
from xihu_portals.pages.matter_view import ShownClock, ShownEvent, ShownValue
from xihu_portals.pages.rating import RatingPart, rating_part
from xihu_portals.pages.record import look_at, said_at_opening
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Link, Words
from xihu_portals.web.render import render

MatterNumber = Annotated[int, Path(ge=1, le=NUMBER_LIMIT)]
router = APIRouter()


@dataclass(frozen=True, slots=True)
class MatterPage:
    """Where is it, who has it, what do I have to do?"""

    frame: PageFrame
    position: str
    """In which the page was opened."""
    number: str
    href: str
    title: Text
    law: Text
    about: Link | None
    subject: Words | None
    """What it is about, in words."""
    state: Text
    outcome: str | None
    dispute: str | None
    """Where somebody of the requesting side raises a dispute."""
    linked: tuple[tuple[Link, Text], ...]
    """Matters that speak of this one or that it speaks of, each with its state."""
    request: str | None
    """Where the data that meets a need is asked for."""
    catalogue: str | None
    """Where the department that a need was given to draws an entry up."""
    exchange: str | None
    """Where a batch exchange is given its password, and its batches are."""
    agreement: str | None
    """Where what was agreed can be read and printed."""
    waits: bool
    """Whether somebody has to act."""
    last: ShownEvent | None
    """The last step, where it said something that whoever acts next needs to read."""
    private: bool
    """Nobody but those who write it know of it yet."""
    owner: Text | None
    since: datetime
    clocks: tuple[ShownClock, ...]
    acts: tuple[ActForm, ...]
    said: tuple[ShownValue, ...]
    parties: tuple[ShownValue, ...]
    events: tuple[ShownEvent, ...]
    attachments: Attachments
    rating: RatingPart
    done: ShownEvent | None = None
    """What was done just now."""
    wrong: Text | None = None
    lost: tuple[ShownValue, ...] = ()
    """What was typed in a form that is not there any longer."""
    look: Link | None = None
    """Where the records are that it is about, for whoever verifies them."""
    entry: EntryContent | None = None
    """What an entry of the catalogue says, and what a change of it changes."""
    expired: bool = False
    """Whether its last day has passed while it is still in use."""


def fill(
    visitor: Visitor,
    number: int,
    done: int | None = None,
    sent: SentForm | None = None,
    fault: Text | None = None,
    added: int | None = None,
) -> MatterPage:
    """Raises NotFound for one who has no part in it, as for one that does not exist."""
    matters = visitor.services.matters
    view = matters.read(visitor.principal, number)
    texts = matters.read_texts(visitor.principal, number)
    today = civil_date(visitor.frame.now)
    events = matter_view.line_of_time(visitor, view, texts)
    holding = matter_view.owners(view)
    newest = matter_view.newest_texts(texts)
    acts = _acts(visitor, view, newest, sent)
    return MatterPage(
        frame=visitor.frame,
        position=acting_as(visitor.principal),
        number=view.number,
        href=f"{PATH}/{view.id}",
        title=view.definition.title,
        law=view.definition.law,
        about=matter_view.about(visitor, view.about),
        subject=subject(visitor, view.definition.kind, view.id, view.about),
        state=matter_view.state_words(view.definition, view.state),
        outcome=view.outcome,
        dispute=_way_to_dispute(visitor, view),
        linked=tuple(
            (
                Link(one.number, f"{PATH}/{one.id}"),
                matter_view.state_words(one.definition, one.state),
            )
            for one in matters.linked(visitor.principal, number)
        ),
        request=way_to_request(visitor, view),
        catalogue=way_to_catalogue(visitor, view),
        exchange=EXCHANGES if view.definition.kind == BATCH_EXCHANGE else None,
        agreement=f"{PATH}/{view.id}/agreement" if _last_day(visitor, view) else None,
        waits=view.definition.states[view.state].waits,
        last=last_step(view, events),
        private=view.definition.states[view.state].private,
        owner=matter_view.parties_named(holding) if holding else None,
        since=matter_view.since(view),
        clocks=matter_view.clocks(view, matters.due_dates(view), today),
        acts=acts,
        said=said_at_opening(visitor, view, newest),
        look=look_at(visitor, view),
        parties=_parties(view),
        events=events,
        done=done_step(visitor, view, events, done),
        attachments=attachments(visitor, view, fault, added),
        rating=rating_part(visitor, view),
        wrong=sent.wrong if sent else None,
        lost=lost_words(visitor, view, acts, sent),
        entry=entry_content(visitor, view),
        expired=_grant_has_ended(visitor, view) and view.state == "active",
    )


def _parties(view: MatterView) -> tuple[ShownValue, ...]:
    return tuple(
        ShownValue(title, matter_view.parties_named(p for p in view.parties if p.role == role))
        for role, title in view.definition.parties.items()
        if view.keys(role)  # one that joins later is not there yet
    )


def _way_to_dispute(visitor: Visitor, view: MatterView) -> str | None:
    position = visitor.principal.position
    if position is None or not position.duties & {*HANDLING, "sharing_head"}:
        return None
    mine = position.organisation in view.keys("requester")
    return f"{PATH}/{view.id}/dispute" if mine and is_disputable(view) else None


def _last_day(visitor: Visitor, view: MatterView) -> date | None:
    query = select(GrantRow.valid_to).where(GrantRow.matter == view.id)
    with transaction(visitor.services.node.database) as session:
        return session.scalar(query)


def _grant_has_ended(visitor: Visitor, view: MatterView) -> bool:
    last = _last_day(visitor, view)
    return last is not None and last < civil_date(visitor.frame.now)


def _acts(
    visitor: Visitor, view: MatterView, texts: dict[str, str], sent: SentForm | None
) -> tuple[ActForm, ...]:
    rules = visitor.services.matters.allowed(visitor.principal, view)
    return tuple(_form(visitor, view, rule, texts, sent) for rule in rules)


def _form(
    visitor: Visitor,
    view: MatterView,
    rule: EventRule,
    texts: dict[str, str],
    sent: SentForm | None,
) -> ActForm:
    mine = sent if sent is not None and sent.event == rule.name else None
    options = known_options(visitor, rule, view)
    if "fields" in rule.takes:
        options["fields"] = _fields(visitor, view, rule)
    if "reader" in rule.takes:
        options["reader"] = _readers(visitor, view)
    return act_form(
        rule,
        view.definition,
        view.version,
        mine.typed if mine else known_values(view, texts),
        options,
        key=mine.key if mine else None,
        wrong=mine.wrong if mine else None,
    )


def _fields(visitor: Visitor, view: MatterView, rule: EventRule) -> Sequence[FormOption]:
    """Of the dataset while the request is written; afterwards, of those that were asked for."""
    every = field_options(visitor, view.about)
    if view.definition.states[view.state].private:
        return every
    return [one for one in every if one.value in view.facts["fields"]]


def _readers(visitor: Visitor, view: MatterView) -> Sequence[FormOption]:
    """Who of the office works with records; the kernel says which of them may read."""
    (office,) = view.keys("office")
    today = civil_date(visitor.frame.now)
    with transaction(visitor.services.node.database) as session:
        found = readers_of(session, office, today)
        return [FormOption(one.id, Text(one.title_zh, one.title_en)) for one in found]


def field_options(visitor: Visitor, dataset: str | None) -> Sequence[FormOption]:
    """The fields of a dataset, each with its grade and whether it is open already."""
    contract = visitor.services.catalogue.contracts.find(dataset or "")
    if contract is None:
        return ()
    decision = visitor.services.gateway.decide(visitor.principal, contract.dataset, DUTY)
    seen = {one.name for one in decision.visible} if isinstance(decision, Allow) else set()
    return [
        FormOption(
            field.name,
            field.title,
            Text(f"{field.grade} · 现在已可用", f"{field.grade} · yours already")
            if field.name in seen
            else Text(field.grade, field.grade),
        )
        for field in policy_of(contract).fields
    ]


@router.get(f"{PATH}/{{matter}}")
def page(
    request: Request,
    visitor: InOffice,
    matter: MatterNumber,
    done: Annotated[int | None, Query(ge=1, le=NUMBER_LIMIT)] = None,
    added: Annotated[int | None, Query(ge=1, le=NUMBER_LIMIT)] = None,
) -> Response:
    if is_case(visitor.services.matters.read(visitor.principal, matter)):
        return RedirectResponse(f"{OFFICE_CASES}/{matter}", status_code=303)
    shown = fill(visitor, matter, done, added=added)
    mark_matter_read(visitor.services.matters, visitor.principal, matter)
    return render(request, "official/matter.html", shown)


@router.post(f"{PATH}/{{matter}}")
async def act(request: Request, visitor: InOffice, matter: MatterNumber) -> Response:
    """Do one thing. What cannot be done so is said on the page, with all that was typed."""
    form = await request.form(max_files=0, max_fields=600)
    return await run_in_threadpool(_act, request, visitor, matter, form)


def _act(request: Request, visitor: Visitor, matter: int, form: FormData) -> Response:
    def again(sent: SentForm, status: int) -> Response:
        shown = fill(visitor, matter, sent=sent)
        return render(request, "official/matter.html", shown, status=status)

    return act_in(visitor, matter, form, again)
