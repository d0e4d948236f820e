"""公示单: the public notice of a case, to print and post: what the law has people told, no more."""

from dataclasses import dataclass
from datetime import date, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from xihu_catalog.registry.people import organisation_name
from xihu_catalog.services.case import Case
from xihu_catalog.services.mandate import is_under_age, proven_name, was_for_a_child
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import NotFound
from xihu_platform.matters.views import MatterView
from xihu_platform.words import Text
from xihu_portals.official.case import holder_of
from xihu_portals.official.matter import MatterNumber
from xihu_portals.pages.case_view import (
    OFFICE_CASES,
    can_be_posted,
    case_of,
    notice_step,
    service_item,
)
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.render import render

MEMBERS, BIRTH_DATE = "members", "birth_date"
"""Fields of a form whose meaning is the same in each: how many a household has, and the day on
which the applicant was born."""
router = APIRouter()


@dataclass(frozen=True, slots=True)
class NoticePage:
    """What is posted?"""

    frame: PageFrame
    number: str
    href: str
    item: Text
    law: Text
    name: str | None
    """Of the applicant; None of somebody under age."""
    members: str | None
    office: Text
    decides: Text
    first: date
    last: date
    days: int
    is_up: bool
    """Whether the case says that it was posted: then its days are counted from there."""
    counter: Text
    address: Text
    phone: str


def fill(visitor: Visitor, number: int) -> NoticePage:
    """Raises NotFound for whoever does not have the case, where nothing is posted, and before it
    can be."""
    view = visitor.services.matters.read(visitor.principal, number)
    item = service_item(view)
    step = notice_step(item)
    holder, position = holder_of(visitor, view), visitor.principal.position
    if step is None or holder is None or position is None or holder.id != position.id:
        raise NotFound(
            f"{view.number} 没有可由您打印的公示单",
            f"{view.number} has no notice that you print: whoever has the case does",
        )
    if not can_be_posted(item, view):
        raise NotFound(
            f"{view.number} 还没有受理、查完，不能公示",
            f"{view.number} is not examined yet, so there is nothing to post",
        )
    posted = next((one for one in view.events if one.name == f"do_{step.id}"), None)
    first = civil_date(posted.at) if posted is not None else civil_date(visitor.frame.now)
    case = case_of(visitor, view)
    return NoticePage(
        frame=visitor.frame,
        number=view.number,
        href=f"{OFFICE_CASES}/{view.id}",
        item=item.name.text(),
        law=item.law.text(),
        name=_name(visitor, view, case),
        members=_value(case, MEMBERS),
        office=organisation_name(position.organisation),
        decides=organisation_name(item.body),
        first=first,
        last=first + timedelta(days=step.days),
        days=step.days,
        is_up=posted is not None,
        counter=item.counter.name.text(),
        address=item.counter.address.text(),
        phone=item.counter.phone,
    )


def _name(visitor: Visitor, view: MatterView, case: Case) -> str | None:
    with transaction(visitor.services.node.database) as session:
        if was_for_a_child(session, view) or is_minor(case, civil_date(visitor.frame.now)):
            return None
        (applicant,) = (one for one in view.parties if one.role == "applicant")
        return proven_name(session, view, applicant)


def is_minor(case: Case, today: date) -> bool:
    """As far as a form says when the applicant was born."""
    return is_under_age(_value(case, BIRTH_DATE) or "", today)


def _value(case: Case, field: str) -> str | None:
    return next((one.value for one in case.fields if one.field.id == field), None) or None


@router.get(f"{OFFICE_CASES}/{{matter}}/notice")
def page(request: Request, visitor: InOffice, matter: MatterNumber) -> HTMLResponse:
    return render(request, "official/case_notice.html", fill(visitor, matter))
