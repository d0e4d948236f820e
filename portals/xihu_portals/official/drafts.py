"""Drafts of entries that came through CKAN's API: what each says, and how it goes on."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from xihu_catalog.datasets.drafts import RESTORE_DAYS, EntryDraft, no_draft
from xihu_catalog.formats.ckan import ckan_package
from xihu_catalog.formats.ckan_draft import DRAFT_PAGE, compared, content_of_package
from xihu_platform.access.offices import DRAFTS, check, draft_refusal
from xihu_platform.errors import Conflict
from xihu_platform.words import Text
from xihu_portals.api.ckan.answers import WrongFields
from xihu_portals.api.ckan.writing import DraftDesk
from xihu_portals.pages.matter_acts import check_form
from xihu_portals.pages.matter_form import acting_as
from xihu_portals.pages.matter_view import position_named
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Link, State, Table, TableColumn, Words
from xihu_portals.web.render import render

SHOWN = 50
"""Drafts of a page."""
TEXT_SHOWN = 600
"""Characters of a field that are shown."""
FIELDS = {
    "title": Text("名称", "Title"),
    "notes": Text("摘要", "Description"),
    "url": Text("网址", "Address"),
    "version": Text("版本", "Version"),
    "author": Text("作者", "Author"),
    "author_email": Text("作者邮箱", "Author's e-mail"),
    "maintainer": Text("联系人", "Maintainer"),
    "maintainer_email": Text("联系邮箱", "Maintainer's e-mail"),
    "license_id": Text("许可", "Licence"),
    "tags": Text("关键词", "Keywords"),
    "groups": Text("主题", "Topics"),
    "extras": Text("其他属性", "Further attributes"),
    "resources": Text("资源", "Resources"),
}
router = APIRouter()


@dataclass(frozen=True, slots=True)
class ShownDraft:
    """One draft: of a new entry, or of a change of a dataset."""

    id: str
    title: str
    name: str
    of: Link | None
    """The dataset that it would change."""
    who: Words
    changed_at: datetime
    version: int
    fields: Table | State
    """What it says; of a change, what would differ from the entry in the catalogue."""


@dataclass(frozen=True, slots=True)
class DeletedDraft:
    id: str
    title: str
    until: datetime
    """As long as it can be restored."""


@dataclass(frozen=True, slots=True)
class DraftsPage:
    """What has my department drafted, and how does it become an entry?"""

    frame: PageFrame
    position: str
    organisation: str
    """USCC of the department."""
    drafts: tuple[ShownDraft, ...]
    more: int
    deleted: tuple[DeletedDraft, ...]
    empty: State
    days: int
    wrong: Text | None = None


def fill(visitor: Visitor, wrong: Text | None = None) -> DraftsPage:
    """Raises Refused for all but a department's stewards."""
    desk = _desk(visitor)
    drafts = desk.drafts.current()
    deleted = [
        DeletedDraft(one.id, one.content["title"], one.deleted_at + timedelta(days=RESTORE_DAYS))
        for one in desk.drafts.deleted()
        if one.deleted_at is not None
    ]
    return DraftsPage(
        frame=visitor.frame,
        position=acting_as(visitor.principal),
        organisation=desk.organisation,
        drafts=tuple(_shown(visitor, one) for one in drafts[:SHOWN]),
        more=max(0, len(drafts) - SHOWN),
        deleted=tuple(deleted[:SHOWN]),
        empty=State(
            "empty",
            Text("本部门没有目录条目草稿", "Your department has no drafts of entries"),
            Text(
                "用 CKAN 的工具写入的条目会出现在这里，在这里之前不对外公开。",
                "What tools for CKAN write appears here; nothing of it is public.",
            ),
        ),
        days=RESTORE_DAYS,
        wrong=wrong,
    )


def _desk(visitor: Visitor) -> DraftDesk:
    gateway = visitor.services.gateway
    reason = draft_refusal(visitor.principal, visitor.services.node.clock())
    check(gateway, visitor.principal, DRAFTS, reason)
    return DraftDesk(visitor.services, visitor.principal)


def _shown(visitor: Visitor, draft: EntryDraft) -> ShownDraft:
    contract = visitor.services.catalogue.contracts.find(draft.of) if draft.of else None
    href = f"/official/datasets/{draft.of}"
    return ShownDraft(
        id=draft.id,
        title=draft.content["title"],
        name=draft.name,
        of=Link(contract.title, href) if contract is not None else None,
        who=position_named(visitor, draft.author),
        changed_at=draft.changed_at,
        version=draft.number,
        fields=_fields(visitor, draft),
    )


def _fields(visitor: Visitor, draft: EntryDraft) -> Table | State:
    said = compared(draft.content)
    facts = visitor.services.entries.find(draft.of) if draft.of else None
    if facts is None:
        rows = tuple((FIELDS[one], _cut(value)) for one, value in said.items() if value)
        columns = (TableColumn(Text("项目", "Field")), TableColumn(Text("草稿", "Draft")))
        return Table(Text("草稿内容", "What the draft says"), columns, rows)
    zh, en = (compared(content_of_package(ckan_package(facts, one))) for one in ("zh", "en"))
    changed = [one for one, value in said.items() if value not in {zh[one], en[one]}]
    if not changed:
        same = Text("与目录中的条目相同", "The same as the entry in the catalogue")
        return State("empty", same)
    return Table(
        Text("与目录中条目的差异", "What differs from the entry in the catalogue"),
        (
            TableColumn(Text("项目", "Field")),
            TableColumn(Text("目录中", "In the catalogue")),
            TableColumn(Text("草稿", "Draft")),
        ),
        tuple((FIELDS[one], _cut(zh[one]), _cut(said[one])) for one in changed),
    )


def _cut(value: str) -> str:
    return value if len(value) <= TEXT_SHOWN else f"{value[:TEXT_SHOWN]}…"


@router.get(DRAFT_PAGE)
def page(request: Request, visitor: InOffice) -> HTMLResponse:
    return render(request, "official/drafts.html", fill(visitor))


@router.post(DRAFT_PAGE)
async def act(request: Request, visitor: InOffice) -> Response:
    """Delete a draft, or restore one that was deleted."""
    form = await request.form(max_files=0, max_fields=10)
    return await run_in_threadpool(_act, request, visitor, form)


def _act(request: Request, visitor: Visitor, form: FormData) -> Response:
    check_form(visitor, form)
    desk = _desk(visitor)
    reference = str(form.get("draft") or "")[:64]
    restores = form.get("do") == "restore"
    draft = desk.drafts.find_deleted(reference) if restores else desk.drafts.find(reference)
    if draft is None:
        raise no_draft(reference)
    try:
        if restores:
            desk.restore(draft)
        elif form.get("version") != str(draft.number):
            raise Conflict(
                "草稿已被修改，请看过新内容后再删除",
                "the draft was changed: read what it says now before you delete it",
            )
        else:
            desk.delete(draft)
    except Conflict as fault:
        return _again(request, visitor, fault.text, fault.status)
    except WrongFields:
        taken = Text(
            f"已有另一份名为“{draft.name}”的草稿，先删除它才能恢复",
            f"another draft has the name {draft.name}: delete it before you restore this one",
        )
        return _again(request, visitor, taken, 409)
    return RedirectResponse(DRAFT_PAGE, status_code=303)


def _again(request: Request, visitor: Visitor, wrong: Text, status: int) -> HTMLResponse:
    return render(request, "official/drafts.html", fill(visitor, wrong), status=status)
