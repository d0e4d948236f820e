"""A bundle as its page shows it: each of its cases, whose turn it is, and what is asked of whom."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from xihu_catalog.services.case import Case
from xihu_catalog.services.handing_in import WITHDRAW_BUNDLE
from xihu_catalog.services.items import item_versions
from xihu_catalog.services.parts import (
    PartState,
    can_be_withdrawn,
    is_blocked,
    is_withdrawn,
    part_states,
)
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import NotFound
from xihu_platform.matters.views import MatterView
from xihu_platform.words import Text
from xihu_portals.pages import matter_view
from xihu_portals.pages.case_after import ToBring, by_counter, to_bring
from xihu_portals.pages.case_view import CASES, WRITING, check_item
from xihu_portals.pages.matter_acts import CITIZEN
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web import formats
from xihu_portals.web.parts import Link, Words


@dataclass(frozen=True, slots=True)
class ShownPart:
    """One case of a bundle, or why there is none."""

    name: Text
    number: Link | None
    """Its page; None before it has begun."""
    turn: Literal["waits", "begins", "blocked", "left"] | None
    """Of what has not begun, why."""
    state: Text | None
    mine: bool
    """Whether it waits for the applicant."""
    due: Text | None
    """The last day of what the law or the item gives its office."""
    gaps: Words | None
    """What its office said is missing."""
    withdrawn: bool
    """Whether it is not gone on with, since the whole bundle or its case was withdrawn."""
    leaves: bool
    """Whether it goes with the bundle where the whole of it is withdrawn now."""
    brings: ToBring | None = None
    """What its office waits for at its counter."""


def bundle_of(visitor: Visitor, view: MatterView) -> Link | None:
    """The bundle that a case is of, for its applicant."""
    if view.parent is None:
        return None
    try:
        above = visitor.services.matters.read(visitor.principal, view.parent)
    except NotFound:  # whoever acts in one of its services has no part in the whole
        return None
    return Link(above.definition.title, f"{CASES}/{above.id}")


def parts_shown(visitor: Visitor, view: MatterView, case: Case) -> tuple[ShownPart, ...]:
    """Those that the situation asks for, in the order of the bundle; none of what is no bundle."""
    with transaction(visitor.services.node.database) as session:
        states = part_states(session, case.item, view.id, case.answers)
    return tuple(_part(visitor, view, states, one) for one in states if one.needed)


def bundle_left(visitor: Visitor, view: MatterView, parts: tuple[ShownPart, ...]) -> bool | None:
    """Whether the whole bundle was withdrawn; None where the visitor may still do it."""
    if is_withdrawn(view):
        return True
    allowed = visitor.services.matters.allowed(visitor.principal, view)
    able = any(one.name == WITHDRAW_BUNDLE for one in allowed)
    return None if able and any(one.leaves for one in parts) else False


def _not_begun(view: MatterView, states: tuple[PartState, ...], one: PartState) -> ShownPart:
    turn: Literal["waits", "begins", "blocked", "left"] = "waits" if one.part.after else "begins"
    if is_withdrawn(view):
        turn = "left"
    elif view.closed_at is not None or is_blocked(states, one):
        turn = "blocked"
    return ShownPart(
        name=check_item(one.part.item).name.text(),
        number=None,
        turn=turn,
        state=None,
        mine=False,
        due=None,
        gaps=None,
        withdrawn=turn == "left",
        leaves=turn in {"waits", "begins"},
    )


def _part(
    visitor: Visitor, view: MatterView, states: tuple[PartState, ...], one: PartState
) -> ShownPart:
    if one.matter is None:
        return _not_begun(view, states, one)
    matters, today = visitor.services.matters, civil_date(visitor.frame.now)
    case = matters.read(visitor.principal, one.matter)
    mine = case.state in WRITING
    running = [
        shown
        for shown in matter_view.clocks(case, matters.due_dates(case), today)
        if shown.running and shown.day is not None
    ]
    gaps = None
    if case.state == "completing":
        texts = matters.read_texts(visitor.principal, case.id)
        gaps = matter_view.newest_texts(texts).get("gaps")
    return ShownPart(
        name=check_item(one.part.item).name.text(),
        number=Link(Text(case.number, case.number), f"{CASES if mine else CITIZEN}/{case.id}"),
        turn=None,
        state=matter_view.state_words(case.definition, case.state),
        mine=mine,
        due=_due(min(shown.day for shown in running if shown.day)) if running else None,
        gaps=gaps,
        withdrawn=case.state == "withdrawn",
        leaves=can_be_withdrawn(item_versions(), states, one),
        brings=to_bring(visitor, case),
    )


def brought(
    visitor: Visitor, view: MatterView, parts: tuple[ShownPart, ...]
) -> tuple[ToBring, ...]:
    """What is to be brought to which counter: for an application, or for each of a bundle's."""
    found = [to_bring(visitor, view), *(one.brings for one in parts)]
    return by_counter(one for one in found if one is not None)


def _due(day: date) -> Text:
    zh, en = formats.day(day, "zh"), formats.day(day, "en")
    return Text(f"最迟 {zh}", f"due {en}")
