"""The form of an application: filled in from registers, confirmed or amended, never locked."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from xihu_catalog.services.case import Case, field_fault
from xihu_catalog.services.handing_in import CLEARED, FIELD
from xihu_platform.access.decision import FULL_LEVEL
from xihu_platform.clock import civil_date
from xihu_platform.errors import BadInput, Conflict, Refused
from xihu_platform.matters.command import Command, Value
from xihu_platform.matters.views import MatterView
from xihu_platform.words import Text
from xihu_portals.citizen.case import CaseNumber
from xihu_portals.citizen.verification import verification
from xihu_portals.pages.case_view import (
    CASES,
    ShownCaseField,
    case_at,
    case_of,
    fields_shown,
    papers_shown,
    said_by,
    saving_key,
    service_item,
)
from xihu_portals.pages.matter_acts import check_form, record_refused
from xihu_portals.pages.matter_form import FormOption, acting_as, new_key, seen_version
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
    version: int
    """Of the application, as the form shows it."""
    wrong: Text | None = None


def fill(
    visitor: Visitor,
    number: int,
    typed: Mapping[str, str] | None = None,
    key: str | None = None,
    wrong: Text | None = None,
    seen: int | None = None,
) -> CaseFormPage:
    """`seen`: the version of which a form was made that was not taken; None: the newest.

    Raises NotFound for one who has no part in it, and for a matter that is no case.
    """
    view = visitor.services.matters.read(visitor.principal, number)
    case = case_of(visitor, view)
    faults = _faults(case, typed, _today(visitor)) if typed is not None else {}
    fields = tuple(
        replace(one, wrong=faults.get(one.name)) for one in fields_shown(visitor, case, typed)
    )
    return _page(visitor, view, fields, key or new_key(), seen or view.version, wrong)


def _page(
    visitor: Visitor,
    view: MatterView,
    fields: tuple[ShownCaseField, ...],
    key: str,
    version: int,
    wrong: Text | None,
) -> CaseFormPage:
    return CaseFormPage(
        frame=visitor.frame,
        position=acting_as(visitor.principal),
        number=view.number,
        title=service_item(view).name.text(),
        href=f"{CASES}/{view.id}/form",
        case=f"{CASES}/{view.id}",
        fields=fields,
        known=sum(one.source is not None for one in fields),
        key=key,
        version=version,
        wrong=wrong,
    )


def _faults(case: Case, typed: Mapping[str, str], today: date) -> dict[str, Text]:
    """By the name of the value, what is wrong with what was typed."""
    found = {}
    for known in case.fields:
        one = known.field
        name, value = f"{FIELD}{one.id}", typed.get(f"{FIELD}{one.id}", "")
        if len(value) > FIELD_LIMIT:
            found[name] = Text(
                f"最多 {FIELD_LIMIT} 字，现有 {len(value)} 字",
                f"{FIELD_LIMIT} characters at most; these are {len(value)}",
            )
        elif value and (fault := field_fault(known, value, today)) is not None:
            found[name] = Text(*fault)
        elif not value and one.required:
            found[name] = Text("请填写", "fill this in")
    return found


def _today(visitor: Visitor) -> date:
    return civil_date(visitor.services.node.clock())


def _overtaken(
    visitor: Visitor, view: MatterView, case: Case, typed: Mapping[str, str], seen: int
) -> dict[str, ShownCaseField]:
    """The fields that another window has saved since a form was made, otherwise than the form has
    them: with both values to choose from."""
    if seen == view.version:
        return {}
    before = {one.name: one.value for one in fields_shown(visitor, case_at(visitor, view, seen))}
    mine = fields_shown(visitor, case, typed)
    found = {}
    for now, here in zip(fields_shown(visitor, case), mine, strict=True):
        then = before.get(now.name, "")
        if now.value in {here.value, then}:
            continue
        touched = here.value != then
        found[now.name] = replace(
            now,
            options=(
                _choice(visitor, case, now, _SAVED, chosen=not touched),
                _choice(visitor, case, here, _TYPED, chosen=touched),
            ),
            wrong=_CHOOSE,
        )
    return found


_SAVED = Text("另一个窗口里后来保存的", "saved later in another window")
_TYPED = Text("这个窗口里的", "in this window")
_CHOOSE = Text("两处不一样，请选择一个", "the two are not the same: choose one")


def _choice(
    visitor: Visitor, case: Case, one: ShownCaseField, note: Text, *, chosen: bool
) -> FormOption:
    register = next(o.register for o in case.fields if f"{FIELD}{o.field.id}" == one.name)
    words = next((o.label for o in one.options if o.value == one.value), None)
    shown = words or said_by(visitor, register, one.value or None) or Text("（空）", "(empty)")
    label = shown if isinstance(shown, Text) else Text(str(shown), str(shown))
    return FormOption(one.value, label, note, chosen=chosen)


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
    case, seen = case_of(visitor, view), seen_version(form)
    typed = {f"{FIELD}{one.field.id}": one.value for one in case.fields if one.value}
    names = (f"{FIELD}{one.id}" for one in case.item.form)
    typed |= {name: str(form[name]).strip() for name in names if name in form}
    later = form.get("later") is not None
    faults = _faults(case, typed, _today(visitor))
    if faults and not later:
        wrong = Text(
            f"有 {len(faults)} 项需要修改", f"{len(faults)} fields have to be looked at again"
        )
        shown = fill(visitor, number, typed, key, wrong, seen)
        return render(request, "citizen/case_form.html", shown, status=400)
    if overtaken := _overtaken(visitor, view, case, typed, seen):
        return _choose(request, visitor, view, typed, overtaken)
    try:
        check_form(visitor, form)
        values: dict[str, Value] = {name: text for name, text in typed.items() if text}
        before = {f"{FIELD}{one.field.id}" for one in case.fields if one.value}
        if emptied := sorted(name for name in before if not typed.get(name)):
            values[CLEARED] = emptied
        now = {f"{FIELD}{one.field.id}": one.value for one in case.fields if one.value}
        if emptied or values != now or view.state == "completing":
            save_as = saving_key(key, view.version, values)
            command = Command("write", save_as, view.version, values)
            services.matters.act(visitor.principal, number, command)
    except (BadInput, Conflict, Refused) as wrong:
        record_refused(visitor, wrong)
        shown = fill(visitor, number, typed, key, wrong.text, seen)
        return render(request, "citizen/case_form.html", shown, status=wrong.status)
    services.write_down()
    if later:
        return RedirectResponse(f"{CASES}/{number}", status_code=303)
    view = services.matters.read(visitor.principal, number)
    papers = papers_shown(visitor, case_of(visitor, view), view)
    next_page = "/papers" if any(one.how == "to_bring" for one in papers) else ""
    return RedirectResponse(f"{CASES}/{number}{next_page}", status_code=303)


def _choose(
    request: Request,
    visitor: Visitor,
    view: MatterView,
    typed: Mapping[str, str],
    overtaken: Mapping[str, ShownCaseField],
) -> Response:
    """Nothing is saved: both values are shown where they differ, and the rest as it was typed."""
    fields = fields_shown(visitor, case_of(visitor, view), typed)
    both = tuple(overtaken.get(one.name, one) for one in fields)
    wrong = Text(
        f"您在另一个窗口里保存过这份申请，有 {len(overtaken)} 项和这里不一样；"
        "现在还没有保存，请选择后再保存",
        "You have saved this application in another window meanwhile. Fields that differ: "
        f"{len(overtaken)}. Nothing is saved yet: choose, then save again",
    )
    shown = _page(visitor, view, both, new_key(), view.version, wrong)
    return render(request, "citizen/case_form.html", shown, status=409)
