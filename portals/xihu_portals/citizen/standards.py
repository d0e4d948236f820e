"""Data standards: the code lists and the data elements of the platform, found by name or code."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from xihu_catalog.formats.skos import extent_words
from xihu_catalog.registry.code_lists import CodeListFacts, get_code_list
from xihu_catalog.registry.codes import code_list
from xihu_catalog.registry.elements import DataElement
from xihu_platform.errors import NotFound
from xihu_platform.words import Text
from xihu_portals.pages.standards import (
    CODES_PATH,
    ELEMENTS_PATH,
    STANDARDS_PATH,
    find_elements,
    find_lists,
)
from xihu_portals.pages.visitor import CitizenVisitor, Visitor
from xihu_portals.web.address import number
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Link, Pager, Table, TableColumn
from xihu_portals.web.render import render

ELEMENTS_SHOWN = 50
router = APIRouter()


@dataclass(frozen=True, slots=True)
class StandardsPage:
    """Which codes and data elements does the platform use?"""

    frame: PageFrame
    typed: str
    lists: Table | None
    """None where none was found."""
    list_count: int
    elements: Table | None
    element_count: int
    pager: Pager


def fill(visitor: Visitor, typed: str, page: int) -> StandardsPage:
    """Raises NotFound for a page beyond the last."""
    lists, elements = find_lists(typed), find_elements(typed)
    first = (page - 1) * ELEMENTS_SHOWN
    shown = elements[first : first + ELEMENTS_SHOWN]
    if page < 1 or (page > 1 and not shown):
        raise NotFound(f"没有第 {page} 页", f"there is no page {page}")
    more = first + ELEMENTS_SHOWN < len(elements)
    return StandardsPage(
        frame=visitor.frame,
        typed=typed,
        lists=_lists(lists) if lists else None,
        list_count=len(lists),
        elements=_elements(shown) if shown else None,
        element_count=len(elements),
        pager=Pager(
            shown=len(shown),
            total=len(elements),
            previous_href=_page(typed, page - 1) if page > 1 else None,
            next_href=_page(typed, page + 1) if more else None,
            first=first + 1,
        ),
    )


def _page(typed: str, page: int) -> str:
    asked = ({"q": typed} if typed else {}) | {"page": str(page)}
    return f"{STANDARDS_PATH}?{urlencode(asked)}#elements"


def _lists(found: Sequence[CodeListFacts]) -> Table:
    return Table(
        caption=Text("代码表", "Code lists"),
        columns=(
            TableColumn(Text("名称", "Name")),
            TableColumn(Text("标识", "Id"), code=True),
            TableColumn(Text("标准", "Standard")),
            TableColumn(Text("收录范围", "Extent")),
            TableColumn(Text("代码数", "Codes"), numeric=True),
        ),
        rows=tuple(
            (
                Link(one.name, f"{CODES_PATH}/{one.id}"),
                one.id,
                one.standard or Text("本登记库自定", "this registry"),
                extent_words(one),
                len(code_list(one.id)),
            )
            for one in found
        ),
    )


def _elements(found: Sequence[DataElement]) -> Table:
    return Table(
        caption=Text("数据元", "Data elements"),
        columns=(
            TableColumn(Text("名称", "Name")),
            TableColumn(Text("标识符", "Id"), code=True),
            TableColumn(Text("数据格式", "Format"), code=True),
            TableColumn(Text("代码表", "Code list")),
            TableColumn(Text("敏感级别", "Grade")),
        ),
        rows=tuple(
            (
                Link(_name(one), f"{ELEMENTS_PATH}/{one.id}"),
                one.id,
                one.format,
                _list_link(one.range.code_list),
                one.grade,
            )
            for one in found
        ),
    )


def _name(one: DataElement) -> Text:
    if one.valid_to is None:
        return one.name
    return Text(f"{one.name.zh}（已停用）", f"{one.name.en} (ended)")


def _list_link(name: str | None) -> Link | None:
    return Link(get_code_list(name).name, f"{CODES_PATH}/{name}") if name else None


@router.get("/standards")
def page(
    request: Request, visitor: CitizenVisitor, q: str = "", page: str | None = None
) -> HTMLResponse:
    view = fill(visitor, q.strip()[:100], number(page, "page") or 1)
    return render(request, "citizen/standards.html", view)
