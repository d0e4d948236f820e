"""窗口登记授权: a mandate that somebody gives at a counter, by a code and their document."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from xihu_catalog.services.mandate_giving import (
    check_card,
    find_asked,
    has_counter,
    mandate_opening,
)
from xihu_catalog.standards.documents import kind_of
from xihu_platform.access.offices import MATTERS, check, matters_refusal
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, Reason, Refused
from xihu_platform.identity.address import caller_of
from xihu_platform.identity.mandate_codes import CODES_USE, MandateCodes
from xihu_platform.matters.command import Command
from xihu_platform.matters.definition import OPEN
from xihu_platform.words import Text
from xihu_portals.pages.matter_acts import OFFICIAL, check_form, record_refused
from xihu_portals.pages.matter_form import acting_as, new_key
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import State
from xihu_portals.web.render import render

PATH = "/official/mandates/new"
TYPED = ("code", "name", "paper")
"""What stays in the form where it was not taken; the number of a document is typed anew."""
NO_COUNTER = Reason(
    "no_counter",
    Text(
        "只有设服务窗口的单位的经办人可以登记授权",
        "a mandate is registered by a handler of an office with a counter",
    ),
    Text("《民法典》第一百六十五条", "Civil Code art. 165"),
    Text("请由设窗口的单位办理", "Such an office does it."),
)
router = APIRouter()


@dataclass(frozen=True, slots=True)
class MandateAtCounter:
    """What do I type in for whoever stands here?"""

    frame: PageFrame
    position: str
    """As whom the page was opened."""
    key: str
    typed: dict[str, str]
    wrong: Text | None = None
    state: State | None = None
    """In place of the form: the office has no counter."""


def fill(
    visitor: Visitor, form: FormData | None = None, wrong: Text | None = None
) -> MandateAtCounter:
    given = form if form is not None else FormData()
    known = has_counter(visitor.principal)
    return MandateAtCounter(
        frame=visitor.frame,
        position=acting_as(visitor.principal),
        key=str(given.get("key") or "") or new_key(),
        typed={one: str(given.get(one) or "") for one in TYPED},
        wrong=wrong,
        state=None if known else State("refused", NO_COUNTER.text, reason=NO_COUNTER),
    )


@router.get(PATH)
def page(request: Request, visitor: InOffice) -> HTMLResponse:
    return render(request, "official/mandate_counter.html", fill(visitor))


@router.post(PATH)
async def send(request: Request, visitor: InOffice) -> Response:
    """A mandate to be checked by a second person of the office. Twice is once."""
    form = await request.form(max_files=0, max_fields=20)
    return await run_in_threadpool(_send, request, visitor, form)


def _send(request: Request, visitor: Visitor, form: FormData) -> Response:
    reason = matters_refusal(visitor.principal, visitor.frame.now)
    check(visitor.services.gateway, visitor.principal, MATTERS, reason)
    try:
        check_form(visitor, form)
        if not has_counter(visitor.principal):
            raise Refused(NO_COUNTER)
        number = _register(visitor, form)
    except (BadInput, Conflict, Refused) as wrong:
        record_refused(visitor, wrong)
        said = wrong.reason.text if isinstance(wrong, Refused) else wrong.text
        shown = fill(visitor, form, said)
        return render(request, "official/mandate_counter.html", shown, status=wrong.status)
    visitor.services.write_down()
    return RedirectResponse(f"{OFFICIAL}/{number}?done=1", status_code=303)


def _register(visitor: Visitor, form: FormData) -> int:
    services, official = visitor.services, visitor.principal
    services.gateway.limits.spend("codes", caller_of(official))
    ring = services.node.keyring
    today = civil_date(services.node.clock())
    number = check_card(str(form.get("document") or "")[:40], today)
    subject = ring.pseudonym(kind_of(number), number)
    codes = MandateCodes(ring.derive(CODES_USE))
    with transaction(services.node.database) as session:
        asked = find_asked(session, codes, str(form.get("code") or "")[:40])
        opening, values = mandate_opening(session, asked, official, subject)
    said = {one: str(form.get(one) or "").strip() for one in ("name", "paper")}
    command = Command(OPEN, str(form.get("key") or ""), 0, {**values, **said})
    return services.matters.open(official, opening, command).matter
