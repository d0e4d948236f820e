"""A case whose period has run out at its office: since when, who has to answer, and what its
applicant writes to the hotline about it, filled in with its number."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from xihu_catalog.registry.hotline import hotline_organisation
from xihu_catalog.services.hotline import HOTLINE
from xihu_platform.clock import civil_date
from xihu_platform.matters.views import MatterView
from xihu_platform.words import Language, Text
from xihu_portals.pages import matter_view
from xihu_portals.pages.case_view import is_case, service_item
from xihu_portals.pages.matter_acts import CITIZEN
from xihu_portals.pages.matter_form import Given
from xihu_portals.pages.matter_new import is_in_force
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web import formats
from xihu_portals.web.parts import Link

Ask = Literal["urge", "complain"]
_ASKS: tuple[tuple[Ask, str, Text], ...] = (
    ("urge", "help", Text("催办", "Urge it")),
    ("complain", "complaint", Text("投诉", "Complain")),
)
"""What may be asked, its classification at the hotline, and its name."""
_WISHES: dict[Ask, Text] = {
    "urge": Text("请督促尽快办理。", "Please urge the office to decide."),
    "complain": Text(
        "我对逾期不办提出投诉，请查明原因并答复。",
        "I complain of the delay: please find out why, and answer.",
    ),
}


@dataclass(frozen=True, slots=True)
class OverdueCase:
    """One line of a case that is late at its office."""

    since: date
    """The first day after its last one."""
    who: Text
    """The office that has to answer."""
    ways: tuple[Link, ...]


def overdue_case(visitor: Visitor, view: MatterView) -> OverdueCase | None:
    """None of what is no case, of one that is not late, and where somebody else has to act."""
    due = _last_day(visitor, view)
    if due is None:
        return None
    role = view.definition.states[view.state].owner
    offices = [one for one in view.parties if one.role == role and one.kind == "organisation"]
    if not offices:
        return None
    able = is_in_force(visitor, HOTLINE) and hotline_organisation() is not None
    way = f"{CITIZEN}/new/{HOTLINE}?case={view.id}&ask="
    return OverdueCase(
        since=due + timedelta(days=1),
        who=matter_view.parties_named(offices),
        ways=tuple(Link(label, f"{way}{ask}") for ask, _, label in _ASKS) if able else (),
    )


def hotline_words(visitor: Visitor, case: int, ask: Ask, language: Language) -> Given:
    """What the hotline's form is filled with, in a language: its reader changes it as they like.

    Raises NotFound for one who has no part in the case.
    """
    view = visitor.services.matters.read(visitor.principal, case)
    late = overdue_case(visitor, view)
    if late is None:
        return {}
    kind = next(code for name, code, _ in _ASKS if name == ask)
    return {"classification": kind, "wish": _wish(language, view, late, ask)}


def _wish(language: Language, view: MatterView, late: OverdueCase, ask: Ask) -> str:
    item, day = service_item(view).name.text(), formats.day(late.since, language)
    if language == "zh":
        return (
            f"办件 {view.number}（{item.zh}）自{day}起逾期，现由{late.who.zh}办理。"
            f"{_WISHES[ask].zh}"
        )
    return (
        f"Case {view.number} ({item.en}) is overdue since {day}; it is with {late.who.en}. "
        f"{_WISHES[ask].en}"
    )


def _last_day(visitor: Visitor, view: MatterView) -> date | None:
    """The earliest last day that has passed, of the clocks that run."""
    if not is_case(view) or view.closed_at is not None:
        return None
    today = civil_date(visitor.frame.now)
    shown = matter_view.clocks(view, visitor.services.matters.due_dates(view), today)
    return min((one.day for one in shown if one.running and one.overdue and one.day), default=None)
