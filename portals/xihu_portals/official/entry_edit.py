"""An entry of another catalogue, edited: what its source says, and what this node says instead."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from xihu_catalog.datasets.facts import EntryFacts
from xihu_catalog.harvest.edits import EditedEntry, EntryEdit, find_edited, replace_edit
from xihu_platform.access.offices import CATALOGUE, check, editing_refusal
from xihu_platform.access.record import actor
from xihu_platform.audit.drafting import EntryEdited
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict
from xihu_platform.words import Text
from xihu_portals.official.harvest import PATH
from xihu_portals.pages.harvest_words import either, source_title
from xihu_portals.pages.matter_acts import check_form
from xihu_portals.pages.matter_form import acting_as
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Words
from xihu_portals.web.render import render

TITLE_LIMIT, TEXT_LIMIT, WORDS_LIMIT, WORDS = 300, 5_000, 1_000, 50
_NAMES = {
    "title_zh": Text("中文名称", "Title in Chinese"),
    "title_en": Text("英文名称", "Title in English"),
    "description_zh": Text("中文摘要", "Description in Chinese"),
    "description_en": Text("英文摘要", "Description in English"),
    "keywords": Text("关键词（用顿号或逗号分开）", "Keywords (commas between them)"),
}
_LIMITS = {
    "title_zh": TITLE_LIMIT,
    "title_en": TITLE_LIMIT,
    "description_zh": TEXT_LIMIT,
    "description_en": TEXT_LIMIT,
    "keywords": WORDS_LIMIT,
}
EntryId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.~-]{3,128}$")]
router = APIRouter()


@dataclass(frozen=True, slots=True)
class EditedField:
    """One field of the form. `source` is what the source says; `is_own` where it is replaced."""

    name: str
    label: Text
    value: str
    source: str
    is_own: bool
    limit: int
    long: bool


@dataclass(frozen=True, slots=True)
class EntryEditPage:
    """What should our catalogue say of this entry?"""

    frame: PageFrame
    position: str
    entry: str
    title: Words
    source: Words
    page: str
    href: str
    version: str
    fields: tuple[EditedField, ...]
    wrong: Text | None = None
    saved: bool = False


def fill(
    visitor: Visitor,
    entry: str,
    given: dict[str, str] | None = None,
    wrong: Text | None = None,
    *,
    saved: bool = False,
) -> EntryEditPage:
    """Raises Refused for all but a data authority, NotFound for what was not harvested."""
    _check(visitor)
    with transaction(visitor.services.node.database) as session:
        found = find_edited(session, entry)
    said, own = _values(found.facts), _own(found)
    shown = said | own | (given or {})
    return EntryEditPage(
        frame=visitor.frame,
        position=acting_as(visitor.principal),
        entry=entry,
        title=either(found.edit.title or found.facts.title, entry),
        source=source_title(found.source),
        page=f"/datasets/{entry}",
        href=f"{PATH}/entries/{entry}",
        version=found.version,
        fields=tuple(
            EditedField(
                name=name,
                label=label,
                value=shown[name],
                source=said[name],
                is_own=name in own,
                limit=max(_LIMITS[name], len(shown[name])),
                long=name.startswith("description"),
            )
            for name, label in _NAMES.items()
        ),
        wrong=wrong,
        saved=saved,
    )


def _check(visitor: Visitor) -> None:
    reason = editing_refusal(visitor.principal, visitor.frame.now)
    check(visitor.services.gateway, visitor.principal, CATALOGUE, reason)


def _values(facts: EntryFacts) -> dict[str, str]:
    return {
        "title_zh": facts.title.zh,
        "title_en": facts.title.en,
        "description_zh": facts.description.zh,
        "description_en": facts.description.en,
        "keywords": "、".join(facts.keywords),
    }


def _own(found: EditedEntry) -> dict[str, str]:
    """What this node says instead; the two languages of a text belong together."""
    edit, own = found.edit, dict[str, str]()
    if edit.title is not None:
        own |= {"title_zh": edit.title.zh, "title_en": edit.title.en}
    if edit.description is not None:
        own |= {"description_zh": edit.description.zh, "description_en": edit.description.en}
    if edit.keywords is not None:
        own["keywords"] = "、".join(edit.keywords)
    return own


def _edit(found: EditedEntry, given: dict[str, str]) -> EntryEdit:
    """What differs from the source; of what is not in this form the edit stays as it was."""
    said = _values(found.facts)

    def changed(*names: str) -> bool:
        return any(given[one].strip() != said[one].strip() for one in names)

    title = Text(given["title_zh"], given["title_en"])
    text = Text(given["description_zh"], given["description_en"])
    return EntryEdit(
        title=title if changed("title_zh", "title_en") else None,
        description=text if changed("description_zh", "description_en") else None,
        keywords=_keywords(given["keywords"]) if changed("keywords") else None,
        topic=found.edit.topic,
        contact=found.edit.contact,
    )


def _keywords(text: str) -> tuple[str, ...]:
    """Raises BadInput for too many."""
    for mark in "，,;；\n":
        text = text.replace(mark, "、")
    words = tuple(dict.fromkeys(filter(None, (one.strip() for one in text.split("、")))))
    if len(words) > WORDS:
        raise BadInput(f"关键词最多 {WORDS} 个", f"there are at most {WORDS} keywords")
    return words


@router.get(f"{PATH}/entries/{{entry}}")
def page(request: Request, visitor: InOffice, entry: EntryId, saved: bool = False) -> Response:
    return render(request, "official/entry_edit.html", fill(visitor, entry, saved=saved))


@router.post(f"{PATH}/entries/{{entry}}")
async def send(request: Request, visitor: InOffice, entry: EntryId) -> Response:
    """Lay an edit over the entry, or take it off: every later harvest leaves it as it is."""
    form = await request.form(max_files=0, max_fields=20)
    return await run_in_threadpool(_send, request, visitor, entry, form)


def _send(request: Request, visitor: Visitor, entry: str, form: FormData) -> Response:
    _check(visitor)
    given = {name: str(form.get(name) or "").replace("\r\n", "\n") for name in _NAMES}
    try:
        check_form(visitor, form)
        restores = form.get("do") == "restore"
        said = _shown_before(visitor, entry)
        for name, text in given.items():
            if not restores and text.strip() != said[name].strip() and len(text) > _LIMITS[name]:
                label = _NAMES[name]
                raise BadInput(
                    f"{label.zh}最多 {_LIMITS[name]} 个字",
                    f"{label.en}: {_LIMITS[name]} characters at most",
                )
        _write(visitor, entry, None if restores else given, str(form.get("version") or ""))
    except (BadInput, Conflict) as wrong:
        shown = fill(visitor, entry, given, wrong.text)
        return render(request, "official/entry_edit.html", shown, status=wrong.status)
    return RedirectResponse(f"{PATH}/entries/{entry}?saved=true", status_code=303)


def _shown_before(visitor: Visitor, entry: str) -> dict[str, str]:
    """What the form had in it: a longer text of a source may stay as it is."""
    with transaction(visitor.services.node.database) as session:
        found = find_edited(session, entry)
    return _values(found.facts) | _own(found)


def _write(visitor: Visitor, entry: str, given: dict[str, str] | None, version: str) -> None:
    """`given`: None takes the edit off. In the log before it is done."""
    services = visitor.services
    with transaction(services.node.database) as session:
        found = find_edited(session, entry)
    edit = _edit(found, given) if given is not None else EntryEdit()
    fields = [n for n in ("title", "description", "keywords") if getattr(edit, n) is not None]
    services.log.record(EntryEdited(actor(visitor.principal), entry, tuple(fields)).entry())
    with transaction(services.node.database) as session:
        replace_edit(session, entry, edit, version, services.node.clock())
