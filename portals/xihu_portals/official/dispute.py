"""提出争议: a department disagrees with the answer to its request, and who coordinates then."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from xihu_catalog.registry.people import organisation_name
from xihu_catalog.sharing.disputes import DISPUTE, dispute_opening
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.matters.definition import Definition
from xihu_platform.matters.kernel import Opening
from xihu_platform.matters.views import MatterView
from xihu_platform.words import Text
from xihu_portals.official.inbox import PATH
from xihu_portals.official.matter import MatterNumber
from xihu_portals.pages import matter_view
from xihu_portals.pages.matter_acts import check_form, open_matter
from xihu_portals.pages.matter_form import (
    ActForm,
    Given,
    act_form,
    acting_as,
)
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Link
from xihu_portals.web.render import render

router = APIRouter()


@dataclass(frozen=True, slots=True)
class DisputePage:
    """What do I disagree with, and who decides?"""

    frame: PageFrame
    position: str
    number: str
    href: str
    about: Link | None
    provider: Text
    authority: Text
    law: Text
    form: ActForm


def fill(
    visitor: Visitor,
    number: int,
    given: Given | None = None,
    key: str | None = None,
    wrong: Text | None = None,
) -> DisputePage:
    view = visitor.services.matters.read(visitor.principal, number)
    opening, definition = _opening(visitor, view)
    keys = {one.role: one.key for one in opening.parties}
    return DisputePage(
        frame=visitor.frame,
        position=acting_as(visitor.principal),
        number=view.number,
        href=f"{PATH}/{view.id}",
        about=matter_view.about(visitor, view.about),
        provider=organisation_name(keys["provider"]),
        authority=organisation_name(keys["authority"]),
        law=definition.law,
        form=act_form(definition.opening, definition, 0, given or {}, {}, key=key, wrong=wrong),
    )


def _opening(visitor: Visitor, view: MatterView) -> tuple[Opening, Definition]:
    services = visitor.services
    today = civil_date(services.node.clock())
    with transaction(services.node.database) as session:
        opening = dispute_opening(session, view, today)
        return opening, services.matters.book.newest(session, DISPUTE)


@router.get(f"{PATH}/{{matter}}/dispute")
def page(request: Request, visitor: InOffice, matter: MatterNumber) -> HTMLResponse:
    return render(request, "official/dispute.html", fill(visitor, matter))


@router.post(f"{PATH}/{{matter}}/dispute")
async def hand_in(request: Request, visitor: InOffice, matter: MatterNumber) -> Response:
    """A dispute of its own, which the request and it name to each other."""
    form = await request.form(max_files=0, max_fields=600)
    return await run_in_threadpool(_hand_in, request, visitor, matter, form)


def _hand_in(request: Request, visitor: Visitor, matter: int, form: FormData) -> Response:
    view = visitor.services.matters.read(visitor.principal, matter)
    check_form(visitor, form)
    opening, definition = _opening(visitor, view)

    def again(given: Given, key: str, wrong: Text, status: int) -> Response:
        shown = fill(visitor, matter, given, key, wrong)
        return render(request, "official/dispute.html", shown, status=status)

    return open_matter(visitor, form, opening, definition.opening, again)
