"""One code list: its standard, its entries on a day or all of them, and which fields use it."""

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from xihu_catalog.formats.skos import extent_words, fragment
from xihu_catalog.registry.code_lists import (
    CodeEntry,
    CodeListFacts,
    code_entries,
    get_code_list,
    in_force,
    successors,
)
from xihu_catalog.standards.uses import uses_of_list
from xihu_platform.errors import NotFound
from xihu_platform.words import Text
from xihu_portals.api.dcat import SYNTAXES, preferred_syntax
from xihu_portals.pages.standards import CODES_PATH, day_in, used_by
from xihu_portals.pages.visitor import CitizenVisitor, Visitor
from xihu_portals.web.address import number
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Link, Pager, Table
from xihu_portals.web.render import render

ENTRIES_SHOWN = 200
router = APIRouter()


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """One row: `since` None where the list does not go back to its first day."""

    anchor: str
    code: str
    name: Text
    parent: str | None
    since: date | None
    until: date | None
    after: tuple[Link, ...]
    """What took its place."""
    redrawn: tuple[tuple[date, str], ...]


@dataclass(frozen=True, slots=True)
class CodeListPage:
    """What does a code mean, today and on another day?"""

    frame: PageFrame
    facts: CodeListFacts
    extent: Text
    on: str
    """The day of the filter, as it was given; empty for all entries."""
    before: bool
    """Whether that day lies before what the list covers."""
    entries: tuple[ShownEntry, ...]
    nested: bool
    """Whether entries have one above them."""
    pager: Pager
    uses: Table | None
    documents: tuple[Link, ...]


def fill(visitor: Visitor, name: str, on: date | None, page: int) -> CodeListPage:
    """Raises NotFound for a list the registry lacks, and for a page beyond the last."""
    facts, every = get_code_list(name), code_entries(name)
    chosen = every if on is None else in_force(every, on)
    before = on is not None and facts.valid_from is not None and on < facts.valid_from
    chosen = () if before else chosen
    first = (page - 1) * ENTRIES_SHOWN
    shown = chosen[first : first + ENTRIES_SHOWN]
    if page < 1 or (page > 1 and not shown):
        raise NotFound(f"没有第 {page} 页", f"there is no page {page}")
    uses = uses_of_list(visitor.services.catalogue.contracts.all().values(), name)
    more = first + ENTRIES_SHOWN < len(chosen)
    return CodeListPage(
        frame=visitor.frame,
        facts=facts,
        extent=extent_words(facts),
        on=on.isoformat() if on else "",
        before=before,
        entries=tuple(_shown(name, every, one) for one in shown),
        nested=any(one.parent for one in shown),
        pager=Pager(
            shown=len(shown),
            total=len(chosen),
            previous_href=_page(name, on, page - 1) if page > 1 else None,
            next_href=_page(name, on, page + 1) if more else None,
            first=first + 1,
        ),
        uses=used_by(visitor, uses) if uses else None,
        documents=tuple(
            Link(words, f"{CODES_PATH}/{name}.{extension}")
            for extension, words in (
                ("ttl", Text("SKOS（Turtle）", "SKOS (Turtle)")),
                ("jsonld", Text("SKOS（JSON-LD）", "SKOS (JSON-LD)")),
                ("rdf", Text("SKOS（RDF/XML）", "SKOS (RDF/XML)")),
            )
        ),
    )


def _page(name: str, on: date | None, page: int) -> str:
    asked = ({"on": on.isoformat()} if on else {}) | {"page": str(page)}
    return f"{CODES_PATH}/{name}?{urlencode(asked)}"


def _shown(name: str, every: tuple[CodeEntry, ...], one: CodeEntry) -> ShownEntry:
    return ShownEntry(
        anchor=fragment(one),
        code=one.code,
        name=one.name,
        parent=one.parent,
        since=one.valid_from,
        until=one.valid_to,
        after=tuple(_link(name, every, after) for after in successors(every, one)),
        redrawn=tuple((day, "、".join(codes)) for day, codes in one.redrawn),
    )


def _link(name: str, every: tuple[CodeEntry, ...], to: CodeEntry) -> Link:
    """To an entry where the page of all entries has it."""
    page = every.index(to) // ENTRIES_SHOWN + 1
    asked = f"?page={page}" if page > 1 else ""
    label = Text(f"{to.code} {to.name.zh}", f"{to.code} {to.name.en}")
    return Link(label, f"{CODES_PATH}/{name}{asked}#{fragment(to)}")


@router.get("/standards/codes/{code_list}")
def page(
    request: Request,
    visitor: CitizenVisitor,
    code_list: str,
    on: str = "",
    page: str | None = None,
) -> Response:
    """The address is the IRI of the concept scheme: where RDF is preferred, it leads to that."""
    syntax = preferred_syntax(request.headers.get("accept", ""))
    extension = next((one for one, name in SYNTAXES.items() if name == syntax), None)
    if extension is not None:
        to = f"{CODES_PATH}/{get_code_list(code_list).id}.{extension}"
        return RedirectResponse(to, status_code=303, headers={"Vary": "Accept"})
    view = fill(visitor, code_list, day_in(on), number(page, "page") or 1)
    answer: HTMLResponse = render(request, "citizen/code_list.html", view)
    return answer
