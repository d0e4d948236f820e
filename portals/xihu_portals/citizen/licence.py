"""One licence of mine: what it says, its sealed file, and a code to show it to somebody present."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from xihu_catalog.services.licences import find_return, return_opening
from xihu_platform.access.decision import FULL_LEVEL
from xihu_platform.clock import SHANGHAI
from xihu_platform.credentials.register import ENDED, facts_of
from xihu_platform.credentials.showing import ShowingCode, make_code, showings_of
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, Erased, Refused
from xihu_platform.matters.command import NUMBER_LIMIT, Command, Value
from xihu_platform.matters.definition import OPEN
from xihu_platform.words import Text
from xihu_portals.citizen.verification import verification
from xihu_portals.pages.case_view import CASES
from xihu_portals.pages.licence_view import (
    LICENCES,
    ShownLicence,
    own_licence,
    record_credential,
    shown_licence,
)
from xihu_portals.pages.matter_acts import CITIZEN, check_form, record_refused
from xihu_portals.pages.matter_form import acting_as, new_key
from xihu_portals.pages.visitor import SignedInCitizen, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Link
from xihu_portals.web.render import render

LicenceNumber = Annotated[int, Path(ge=1, le=NUMBER_LIMIT)]
router = APIRouter()


@dataclass(frozen=True, slots=True)
class ReturnForm:
    """An application to deregister a licence, as it was filled in."""

    key: str
    why: str


@dataclass(frozen=True, slots=True)
class MyLicence:
    """What does my licence say, and how do I show it?"""

    frame: PageFrame
    position: str
    """As whom the page was opened."""
    licence: ShownLicence
    case: str
    """The page of the case that it came from."""
    verify: str
    """Where whoever is shown a code types it."""
    showings: tuple[datetime, ...]
    """When it was shown by a code, newest first."""
    code: str | None = None
    """A code that was made just now, in two groups."""
    until: str | None = None
    """When that code ends, as a clock in Shanghai says it, with seconds."""
    wrong: Text | None = None
    returns: ReturnForm | None = None
    """The application to deregister it; None where it has ended, or for a mandate for services."""
    waiting: Link | None = None
    """Such an application that is not decided yet."""


def fill(
    visitor: Visitor,
    number: int,
    code: ShowingCode | None = None,
    wrong: Text | None = None,
    asked: ReturnForm | None = None,
) -> MyLicence:
    """Raises NotFound for a licence of somebody else."""
    one = own_licence(visitor, number)
    record_credential(visitor, "look", one)
    with transaction(visitor.services.node.database) as session:
        licence = shown_licence(visitor, session, one)
        showings = showings_of(session, one)
        waiting = find_return(session, one)
    mandate = visitor.principal.mandate
    able = one.state not in ENDED and waiting is None and not (mandate and mandate.items)
    return MyLicence(
        frame=visitor.frame,
        position=acting_as(visitor.principal),
        licence=licence,
        case=f"{CASES}/{one.matter}",
        verify=f"/verify/{one.token}",
        showings=showings,
        code=f"{code.code[:4]} {code.code[4:]}" if code else None,
        until=f"{code.expires_at.astimezone(SHANGHAI):%H:%M:%S}" if code else None,
        wrong=wrong,
        returns=(asked or ReturnForm(new_key(), "")) if able else None,
        waiting=Link(_WAITING, f"{CITIZEN}/{waiting}") if waiting is not None else None,
    )


@router.get(f"{LICENCES}/{{licence}}")
def page(request: Request, visitor: SignedInCitizen, licence: LicenceNumber) -> Response:
    way = verification(visitor, FULL_LEVEL, f"{LICENCES}/{licence}")
    if way is not None:
        return RedirectResponse(way, status_code=303)
    return render(request, "citizen/licence.html", fill(visitor, licence))


@router.post(f"{LICENCES}/{{licence}}")
async def show(request: Request, visitor: SignedInCitizen, licence: LicenceNumber) -> Response:
    """Make a code that shows it for a minute, or ask for its deregistration."""
    form = await request.form(max_files=0, max_fields=20)
    return await run_in_threadpool(_show, request, visitor, licence, form)


def _show(request: Request, visitor: Visitor, number: int, form: FormData) -> Response:
    way = verification(visitor, FULL_LEVEL, f"{LICENCES}/{number}")
    if way is not None:
        return RedirectResponse(way, status_code=303)
    if form.get("event") == OPEN:
        return _return(request, visitor, number, form)
    one, node = own_licence(visitor, number), visitor.services.node
    try:
        check_form(visitor, form)
        record_credential(visitor, "code", one)
        with transaction(node.database) as session:
            code = make_code(session, visitor.services.matters.texts, one, node.clock)
    except (BadInput, Conflict, Erased) as wrong:
        shown = fill(visitor, number, wrong=wrong.text)
        return render(request, "citizen/licence.html", shown, status=wrong.status)
    answer = render(request, "citizen/licence.html", fill(visitor, number, code))
    answer.headers["Cache-Control"] = "no-store"
    return answer


_WAITING = Text("已申请注销，正在办理", "Deregistration was asked for")


def _return(request: Request, visitor: Visitor, number: int, form: FormData) -> Response:
    """The form that was sent twice is one application."""
    one, services = own_licence(visitor, number), visitor.services
    asked = ReturnForm(str(form.get("key") or ""), str(form.get("why") or "").strip())
    try:
        check_form(visitor, form)
        with transaction(services.node.database) as session:
            opening = return_opening(session, visitor.principal, one)
        values: dict[str, Value] = {"licence": one.number}
        values |= {"why": asked.why} if asked.why else {}
        command = Command(OPEN, asked.key, 0, values)
        acted = services.matters.open(visitor.principal, opening, command)
    except (BadInput, Conflict, Refused) as wrong:
        record_refused(visitor, wrong)
        shown = fill(visitor, number, wrong=wrong.text, asked=asked)
        return render(request, "citizen/licence.html", shown, status=wrong.status)
    services.write_down()
    return RedirectResponse(f"{CITIZEN}/{acted.matter}?done=1", status_code=303)


@router.get(f"{LICENCES}/{{licence}}/file")
def file(visitor: SignedInCitizen, licence: LicenceNumber) -> Response:
    """The sealed PDF, as a download. Raises NotFound for a licence of somebody else, Erased."""
    way = verification(visitor, FULL_LEVEL, f"{LICENCES}/{licence}")
    if way is not None:
        return RedirectResponse(way, status_code=303)
    one, services = own_licence(visitor, licence), visitor.services
    record_credential(visitor, "file", one)
    body = services.licence_files.pdf_of(one, services.node.clock())
    with transaction(services.node.database) as session:
        facts = facts_of(session, services.matters.texts, one)
    title = facts.title.zh if facts else "证照"
    name = quote(f"{title} {one.number}.pdf", safe="")
    return Response(
        body,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'attachment; filename="licence-{one.number}.pdf"; '
            f"filename*=UTF-8''{name}",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
        },
    )
