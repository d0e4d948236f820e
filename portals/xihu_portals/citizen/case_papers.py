"""The papers of an application: which are not asked for, which are added as a file or brought."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from xihu_catalog.services.case import file_number, said_last
from xihu_catalog.services.handing_in import CLEARED
from xihu_catalog.services.item import ServiceCounter
from xihu_platform.access.decision import FULL_LEVEL
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, NotFound, PlatformError, Refused, TooLarge
from xihu_platform.files.check import SIZE_LIMIT, check_file
from xihu_platform.identity.client import check_csrf
from xihu_platform.matters.attachments import attach, drop_unsent, unsent_files
from xihu_platform.matters.command import Command, Value
from xihu_platform.matters.kernel import StaleMatter
from xihu_platform.matters.views import MatterView
from xihu_platform.words import Text
from xihu_portals.citizen.case import CaseNumber
from xihu_portals.citizen.verification import verification
from xihu_portals.pages.attachments import SMALLER
from xihu_portals.pages.case_view import (
    CASES,
    WRITING,
    ShownPaper,
    as_seen,
    case_of,
    papers_shown,
    saving_key,
    service_item,
)
from xihu_portals.pages.matter_acts import CITIZEN, check_form, record_refused
from xihu_portals.pages.matter_form import acting_as, check_acting_as, new_key, seen_version
from xihu_portals.pages.visitor import SignedInCitizen, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.render import render
from xihu_portals.web.upload import Upload, read_upload

LIMIT_MB = SIZE_LIMIT >> 20
TRIES = 3
"""Times that which file is which paper is said anew, where another window was earlier."""
HERE = f"{CASES}/{{matter}}/papers"
PaperId = Annotated[str, Path(max_length=40, pattern="^[a-z][a-z0-9_]*$")]
router = APIRouter()


@dataclass(frozen=True, slots=True)
class CasePapersPage:
    """What do I still have to bring?"""

    frame: PageFrame
    position: str
    number: str
    title: Text
    href: str
    case: str
    files: str
    """Where a file that was added is opened, before its number."""
    papers: tuple[ShownPaper, ...]
    bring: tuple[ShownPaper, ...]
    """Those that are asked for, or that the applicant has added."""
    unsent: frozenset[int]
    """Files that were not handed in yet: they can be removed and replaced."""
    extra: tuple[ShownPaper, ...]
    """Those that a register has; whoever disagrees with it may add their own."""
    counter: ServiceCounter
    chooses: bool
    """Whether papers can be said to come to the counter; of what follows, the office says so."""
    key: str
    version: int
    limit_mb: int
    fault: tuple[str, Text] | None = None
    """The paper whose file was not taken, and why."""


def fill(visitor: Visitor, number: int, fault: tuple[str, Text] | None = None) -> CasePapersPage:
    """Raises NotFound for one who has no part in it, and for a matter that is no case."""
    view = visitor.services.matters.read(visitor.principal, number)
    item = service_item(view)
    papers = papers_shown(visitor, case_of(visitor, view), view)
    bring = {"to_bring", "uploaded", "at_counter", "deferred"}
    writes = view.state != "tolerated"
    return CasePapersPage(
        frame=visitor.frame,
        position=acting_as(visitor.principal),
        number=view.number,
        title=item.name.text(),
        href=f"{CASES}/{view.id}/papers",
        case=f"{CASES}/{view.id}",
        files=f"{CITIZEN}/{view.id}/attachments",
        papers=papers,
        bring=tuple(one for one in papers if one.how in bring),
        unsent=_unsent(visitor, view),
        extra=tuple(one for one in papers if one.how in {"shared", "licence"}),
        counter=item.counter,
        chooses=writes,
        key=new_key(),
        version=view.version,
        limit_mb=LIMIT_MB,
        fault=fault,
    )


@router.get(HERE)
def page(request: Request, visitor: SignedInCitizen, matter: CaseNumber) -> Response:
    way = verification(visitor, FULL_LEVEL, f"{CASES}/{matter}/papers")
    if way is not None:
        return RedirectResponse(way, status_code=303)
    view = visitor.services.matters.read(visitor.principal, matter)
    if service_item(view) is None or view.state not in WRITING:
        return RedirectResponse(f"{CASES}/{matter}", status_code=303)
    return render(request, "citizen/case_papers.html", fill(visitor, matter))


@router.post(HERE)
async def choose(request: Request, visitor: SignedInCitizen, matter: CaseNumber) -> Response:
    """Which papers are brought to the counter instead; `remove` names a file that goes."""
    form = await request.form(max_files=0, max_fields=60)
    return await run_in_threadpool(_choose, request, visitor, matter, form)


def _choose(request: Request, visitor: Visitor, number: int, form: FormData) -> Response:
    way = verification(visitor, FULL_LEVEL, f"{CASES}/{number}/papers")
    if way is not None:
        return RedirectResponse(way, status_code=303)
    view = visitor.services.matters.read(visitor.principal, number)
    chosen, saved = {str(one) for one in form.getlist("at_counter")}, said_last(view, "at_counter")
    key = str(form.get("key") or "")
    paper, _, removed = str(form.get("remove") or "").partition(":")
    before = said_last(as_seen(view, seen_version(form)), "at_counter")
    try:
        check_form(visitor, form)
        if saved not in (chosen, before):
            raise Conflict(
                "您在另一个窗口里改过到窗口交的材料，现在显示的是后来保存的；请核对后再继续",
                "you have changed in another window what you bring to the counter; shown is what "
                "was saved later: check it, then go on",
            )
        name = "at_counter" if chosen else CLEARED
        if chosen or saved:  # also as before: it answers what the office asked for
            codes = sorted(chosen) or ["at_counter"]
            _write(visitor, view, key, name, codes)
        if removed:
            _remove(visitor, number, file_number(removed))
            return RedirectResponse(f"{CASES}/{number}/papers#{paper}", status_code=303)
    except (BadInput, Conflict, NotFound, Refused) as wrong:
        return _again(request, visitor, number, "", wrong)
    return RedirectResponse(f"{CASES}/{number}", status_code=303)


@router.get(f"{HERE}/{{paper}}")
def form(visitor: SignedInCitizen, matter: CaseNumber, paper: PaperId) -> RedirectResponse:
    """The address of a form that was not taken, asked again: back to the papers."""
    visitor.services.matters.read(visitor.principal, matter)
    return RedirectResponse(f"{CASES}/{matter}/papers#{paper}", status_code=303)


@router.post(f"{HERE}/{{paper}}")
async def add(
    request: Request, visitor: SignedInCitizen, matter: CaseNumber, paper: PaperId
) -> Response:
    """A file for one paper. What cannot be taken is said beside it."""
    way = await run_in_threadpool(verification, visitor, FULL_LEVEL, f"{CASES}/{matter}/papers")
    if way is not None:
        return RedirectResponse(way, status_code=303)
    await run_in_threadpool(visitor.services.matters.read, visitor.principal, matter)
    try:
        upload = await read_upload(request, LIMIT_MB, SMALLER)
        await run_in_threadpool(_add, visitor, matter, paper, upload)
    except (BadInput, Conflict, Refused, TooLarge) as wrong:
        return await run_in_threadpool(_again, request, visitor, matter, paper, wrong)
    return RedirectResponse(f"{CASES}/{matter}/papers#{paper}", status_code=303)


def _again(
    request: Request, visitor: Visitor, number: int, paper: str, wrong: PlatformError
) -> Response:
    record_refused(visitor, wrong)
    shown = fill(visitor, number, (paper, wrong.text))
    return render(request, "citizen/case_papers.html", shown, status=wrong.status)


def _add(visitor: Visitor, number: int, paper: str, upload: Upload) -> None:
    services = visitor.services
    if visitor.session is not None:
        check_csrf(visitor.session, upload.csrf)
    check_acting_as(upload.position, visitor.principal)
    view = services.matters.read(visitor.principal, number)
    if paper not in {one.id for one in service_item(view).materials}:
        raise BadInput("这个事项没有这份材料", "the service has no such paper")
    if view.state not in WRITING:
        raise Conflict("已经提交，不能再添加", "it was handed in: nothing can be added any more")
    before = frozenset(case_of(visitor, view).files.get(paper, ())) if upload.replaces else ()
    replaced = _unsent(visitor, view).intersection(before)
    file = check_file(upload.name, upload.body, visitor.principal.id)
    attached = attach(
        services.matters, services.log, visitor.principal, number, file, replaces=replaced
    )
    try:
        _name_files(visitor, number, f"{paper}:{attached.id}", replaced | {attached.id})
    except PlatformError:
        if not attached.again:  # what is told to have failed is not handed in
            _drop(visitor, number, attached.id)
        raise


def _drop(visitor: Visitor, number: int, file: int) -> None:
    matters = visitor.services.matters
    with transaction(visitor.services.node.database) as session:
        drop_unsent(session, matters.view(session, number), {file})


def _name_files(visitor: Visitor, number: int, added: str, without: frozenset[int]) -> None:
    """Say which file is which paper. Whatever another window has added meanwhile stays."""
    for _ in range(TRIES):
        view = visitor.services.matters.read(visitor.principal, number)
        named = {
            f"{paper}:{one}"
            for paper, files in case_of(visitor, view).files.items()
            for one in files
            if one not in without
        } | ({added} if added else set())
        if named == said_last(view, "papers"):
            return
        try:
            _write(visitor, view, f"papers-{view.id}", "papers", sorted(named))
        except StaleMatter:
            continue
        return
    raise Conflict(
        "另一个窗口正在保存，请再试一次", "another window is saving just now: try once more"
    )


def _unsent(visitor: Visitor, view: MatterView) -> frozenset[int]:
    with transaction(visitor.services.node.database) as session:
        return unsent_files(session, view)


def _remove(visitor: Visitor, number: int, file: int) -> None:
    """Raises NotFound for a file that is not there, or that was handed in."""
    view = visitor.services.matters.read(visitor.principal, number)
    if file not in _unsent(visitor, view):
        raise NotFound(
            "没有这个文件，或者已经提交，不能删除",
            "there is no such file, or it was handed in and stays",
        )
    named = case_of(visitor, view).files.values()
    if not any(file in files for files in named):  # attached elsewhere, or left by what failed
        _drop(visitor, number, file)
        return
    _name_files(visitor, number, "", frozenset({file}))


def _write(visitor: Visitor, view: MatterView, key: str, value: str, codes: list[str]) -> None:
    services = visitor.services
    values: dict[str, Value] = {value: codes}
    event = "write_papers" if view.state == "tolerated" else "write"
    command = Command(event, saving_key(key, view.version, values), view.version, values)
    services.matters.act(visitor.principal, view.id, command)
    services.write_down()
