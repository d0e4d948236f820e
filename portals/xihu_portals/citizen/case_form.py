"""The form of an application: filled in from registers, confirmed or amended, never locked."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from xihu_catalog.services.case import Case, field_fault
from xihu_catalog.services.handing_in import CLEARED, FIELD
from xihu_platform.access.decision import FULL_LEVEL
from xihu_platform.errors import BadInput, Conflict, Refused
from xihu_platform.matters.command import Command, Value
from xihu_platform.words import Text
from xihu_portals.citizen.case import CaseNumber
from xihu_portals.citizen.verification import verification
from xihu_portals.pages.case_view import (
    CASES,
    ShownCaseField,
    case_of,
    fields_shown,
    papers_shown,
    saving_key,
    service_item,
)
from xihu_portals.pages.matter_acts import check_form, record_refused
from xihu_portals.pages.matter_form import acting_as, new_key
from xihu_portals.pages.visitor import SignedInCitizen, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.render import render

WRITES_FORM = frozenset({"draft", "completing"})
FIELD_LIMIT = 500
"""Characters of one field of a form."""
router = APIRouter()


@dataclass(frozen=True, slots=True)
class CaseFormPage:
    """Is what the registers say right, and what do I add?"""

    frame: PageFrame
    position: str
    number: str
    title: Text
    href: str
    case: str
    """The application that this is the form of."""
    fields: tuple[ShownCaseField, ...]
    known: int
    """Fields that registers have filled in."""
    key: str
    wrong: Text | None = None


def fill(
    visitor: Visitor,
    number: int,
    typed: Mapping[str, str] | None = None,
    key: str | None = None,
    wrong: Text | None = None,
) -> CaseFormPage:
    """Raises NotFound for one who has no part in it, and for a matter that is no case."""
    view = visitor.services.matters.read(visitor.principal, number)
    case = case_of(visitor, view)
    faults = _faults(case, typed) if typed is not None else {}
    fields = tuple(
        replace(one, wrong=faults.get(one.name)) for one in fields_shown(visitor, case, typed)
    )
    return CaseFormPage(
        frame=visitor.frame,
        position=acting_as(visitor.principal),
        number=view.number,
        title=service_item(view).name.text(),
        href=f"{CASES}/{view.id}/form",
        case=f"{CASES}/{view.id}",
        fields=fields,
        known=sum(one.source is not None for one in fields),
        key=key or new_key(),
        wrong=wrong,
    )


def _faults(case: Case, typed: Mapping[str, str]) -> dict[str, Text]:
    """By the name of the value, what is wrong with what was typed."""
    found = {}
    for one in case.item.form:
        name, value = f"{FIELD}{one.id}", typed.get(f"{FIELD}{one.id}", "")
        if len(value) > FIELD_LIMIT:
            found[name] = Text(
                f"最多 {FIELD_LIMIT} 字，现有 {len(value)} 字",
                f"{FIELD_LIMIT} characters at most; these are {len(value)}",
            )
        elif value and (fault := field_fault(one, value)) is not None:
            found[name] = Text(*fault)
        elif not value and one.required:
            found[name] = Text("请填写", "fill this in")
    return found


@router.get(f"{CASES}/{{matter}}/form")
def page(request: Request, visitor: SignedInCitizen, matter: CaseNumber) -> Response:
    way = verification(visitor, FULL_LEVEL, f"{CASES}/{matter}/form")
    if way is not None:
        return RedirectResponse(way, status_code=303)
    view = visitor.services.matters.read(visitor.principal, matter)
    if service_item(view) is None or view.state not in WRITES_FORM:
        return RedirectResponse(f"{CASES}/{matter}", status_code=303)
    return render(request, "citizen/case_form.html", fill(visitor, matter))


@router.post(f"{CASES}/{{matter}}/form")
async def save(request: Request, visitor: SignedInCitizen, matter: CaseNumber) -> Response:
    """Saved as it is, also where something is missing: that is said before it is handed in."""
    form = await request.form(max_files=0, max_fields=120)
    return await run_in_threadpool(_save, request, visitor, matter, form)


def _save(request: Request, visitor: Visitor, number: int, form: FormData) -> Response:
    services, key = visitor.services, str(form.get("key") or "")
    way = verification(visitor, FULL_LEVEL, f"{CASES}/{number}/form")
    if way is not None:
        return RedirectResponse(way, status_code=303)
    view = services.matters.read(visitor.principal, number)
    case = case_of(visitor, view)
    typed = {
        f"{FIELD}{one.id}": str(form.get(f"{FIELD}{one.id}") or "").strip()
        for one in case.item.form
    }
    later = form.get("later") is not None
    faults = _faults(case, typed)
    if faults and not later:
        wrong = Text(
            f"有 {len(faults)} 项需要修改", f"{len(faults)} fields have to be looked at again"
        )
        shown = fill(visitor, number, typed, key, wrong)
        return render(request, "citizen/case_form.html", shown, status=400)
    try:
        check_form(visitor, form)
        values: dict[str, Value] = {name: text for name, text in typed.items() if text}
        before = {f"{FIELD}{one.field.id}" for one in case.fields if one.value}
        if emptied := sorted(name for name in before if not typed.get(name)):
            values[CLEARED] = emptied
        command = Command("write", saving_key(key, values), view.version, values)
        services.matters.act(visitor.principal, number, command)
    except (BadInput, Conflict, Refused) as wrong:
        record_refused(visitor, wrong)
        shown = fill(visitor, number, typed, key, wrong.text)
        return render(request, "citizen/case_form.html", shown, status=wrong.status)
    services.write_down()
    if later:
        return RedirectResponse(f"{CASES}/{number}", status_code=303)
    view = services.matters.read(visitor.principal, number)
    papers = papers_shown(visitor, case_of(visitor, view), view)
    next_page = "/papers" if any(one.how == "to_bring" for one in papers) else ""
    return RedirectResponse(f"{CASES}/{number}{next_page}", status_code=303)
