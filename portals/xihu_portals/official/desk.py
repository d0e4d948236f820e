"""The desk: the cases that wait for me by their last day, what blocks the others, the next one."""

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy import select

from xihu_catalog.services.figures import item_figures
from xihu_catalog.services.items import service_items
from xihu_catalog.services.kind import KIND, PREFIX
from xihu_platform.access.grounds import GroundRow
from xihu_platform.access.offices import MATTERS, check, matters_refusal
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.matters.command import NUMBER_LIMIT
from xihu_platform.matters.inbox import MatterLine, read_inbox
from xihu_platform.words import Text
from xihu_portals.pages import matter_view
from xihu_portals.pages.case_view import OFFICE_CASES
from xihu_portals.pages.measures import FORMULAS, ShownMeasures, shown_measures
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.render import render

PATH = "/official/desk"
NEXT = f"{PATH}/next"
COLLEAGUE = Text(
    "上一步由您办理，须由本单位另一人办理", "The step before was yours: it is for a colleague now"
)
router = APIRouter()


@dataclass(frozen=True, slots=True)
class DeskLine:
    number: str
    href: str
    title: Text
    state: Text
    due: Text | None
    overdue: bool
    today: bool
    """Whether today is its last day."""
    mine: bool
    """Whether my position has it."""
    waits_for: Text | None
    """Whose turn it is, of one that waits for somebody else."""


@dataclass(frozen=True, slots=True)
class ShownFigures:
    """What cases of one item were not asked for."""

    title: Text
    cases: int
    spared: int
    papers: int
    filled: int
    fields: int


@dataclass(frozen=True, slots=True)
class DeskPage:
    """Which case do I take next, and what is stuck?"""

    frame: PageFrame
    due: tuple[DeskLine, ...]
    """Overdue, or due today."""
    waiting: tuple[DeskLine, ...]
    stuck: tuple[DeskLine, ...]
    """With the applicant, or with another office."""
    figures: tuple[ShownFigures, ...]
    """Of the items that my organisation implements."""
    measured: tuple[tuple[Text, ShownMeasures], ...]
    """How they are handled, by the name of the item."""
    formulas: tuple[tuple[Text, Text], ...]
    next: str | None
    more: bool


def fill(visitor: Visitor) -> DeskPage:
    lines, for_others, more = _queue(visitor)
    every = read_inbox(visitor.services.matters, visitor.principal, "open", kinds=KIND)
    ids = {one.id for one in (*lines, *for_others)}
    holders = _holders(visitor, [one.number for one in (*lines, *for_others, *every.lines)])
    shown = [_line(visitor, one, holders, waits=True) for one in lines]
    others = [
        replace(_line(visitor, one, holders, waits=True), waits_for=COLLEAGUE) for one in for_others
    ] + [
        _line(visitor, one, holders, waits=False)
        for one in every.lines
        if one.id not in ids and one.definition.prefix == PREFIX  # a bundle's cases, not itself
    ]
    return DeskPage(
        frame=visitor.frame,
        due=tuple(one for one in shown if one.overdue or one.today),
        waiting=tuple(one for one in shown if not (one.overdue or one.today)),
        stuck=tuple(others),
        figures=_figures(visitor),
        measured=_measured(visitor),
        formulas=FORMULAS,
        next=NEXT if lines else None,
        more=more or every.more,
    )


def _figures(visitor: Visitor) -> tuple[ShownFigures, ...]:
    position, items = visitor.principal.position, service_items()
    if position is None:
        return ()
    with transaction(visitor.services.node.database) as session:
        found = item_figures(session, position.organisation)
    return tuple(
        ShownFigures(
            items[one.item].name.text(), one.cases, one.spared, one.papers, one.filled, one.fields
        )
        for one in found
        if one.item in items
    )


def _measured(visitor: Visitor) -> tuple[tuple[Text, ShownMeasures], ...]:
    position, items = visitor.principal.position, service_items()
    if position is None:
        return ()
    found = shown_measures(visitor, organisation=position.organisation, public=False)
    return tuple((items[one.of].name.text(), one) for one in found if one.of in items)


def _queue(visitor: Visitor) -> tuple[list[MatterLine], list[MatterLine], bool]:
    """The cases that wait for the visitor, by their last day; those that wait for a colleague,
    since the step before was the visitor's; and whether there are more."""
    reason = matters_refusal(visitor.principal, visitor.frame.now)
    check(visitor.services.gateway, visitor.principal, MATTERS, reason)
    found = read_inbox(visitor.services.matters, visitor.principal, "todo", kinds=KIND)
    theirs = [one for one in found.lines if is_for_another(visitor, one)]
    return [one for one in found.lines if one not in theirs], theirs, found.more


def is_for_another(visitor: Visitor, line: MatterLine) -> bool:
    """Whether a matter that waits is for a colleague, since the step before was the visitor's."""
    if not any(one.actor.apart_from for one in line.definition.leaving(line.state)):
        return False
    matters = visitor.services.matters
    return matters.is_for_another(visitor.principal, matters.read(visitor.principal, line.id))


def _holders(visitor: Visitor, numbers: list[str]) -> dict[str, str]:
    with transaction(visitor.services.node.database) as session:
        row = GroundRow
        found = session.execute(select(row.number, row.position).where(row.number.in_(numbers)))
        return dict(found.all())


def _line(visitor: Visitor, line: MatterLine, holders: dict[str, str], *, waits: bool) -> DeskLine:
    today, position = civil_date(visitor.frame.now), visitor.principal.position
    return DeskLine(
        number=line.number,
        href=f"{OFFICE_CASES}/{line.id}",
        title=line.definition.title,
        state=matter_view.state_words(line.definition, line.state),
        due=matter_view.due_words(line, today),
        overdue=line.overdue(today),
        today=line.due_on == today,
        mine=position is not None and holders.get(line.number) == position.id,
        waits_for=None if waits else matter_view.turn_words(line.owner, mine=False),
    )


@router.get(PATH)
def page(request: Request, visitor: InOffice) -> HTMLResponse:
    return render(request, "official/desk.html", fill(visitor))


@router.get(NEXT)
def next_case(
    visitor: InOffice, after: Annotated[int, Query(ge=0, le=NUMBER_LIMIT)] = 0
) -> RedirectResponse:
    """The first case that waits, those of my position before others, each by their last day; after
    the case `after`, the one behind it."""
    lines, _, _ = _queue(visitor)
    holders, position = _holders(visitor, [one.number for one in lines]), visitor.principal.position
    mine = position.id if position is not None else ""
    lines.sort(key=lambda one: holders.get(one.number) != mine)
    ids = [one.id for one in lines]
    at = ids.index(after) + 1 if after in ids else 0
    ordered = [*ids[at:], *ids[:at]]
    chosen = next((one for one in ordered if one != after), None)
    where = PATH if chosen is None else f"{OFFICE_CASES}/{chosen}"
    return RedirectResponse(where, status_code=303)
