"""One data element: its attributes of DB33/T 2426, and which fields use it."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from xihu_catalog.registry.code_lists import get_code_list
from xihu_catalog.registry.elements import DataElement, get_element
from xihu_catalog.registry.people import organisation_name
from xihu_catalog.standards.uses import uses_of_element
from xihu_platform.words import Text
from xihu_portals.pages.standards import CODES_PATH, ELEMENTS_PATH, used_by
from xihu_portals.pages.visitor import CitizenVisitor, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Link, Table, Words
from xihu_portals.web.render import render

router = APIRouter()
TYPES = {
    "string": Text("字符型", "text"),
    "integer": Text("整数型", "whole number"),
    "number": Text("数值型", "number"),
    "boolean": Text("布尔型", "yes or no"),
    "date": Text("日期型", "date"),
    "datetime": Text("日期时间型", "date and time"),
}
REPRESENTATIONS = {
    "name": Text("名称", "name"),
    "identifier": Text("号码", "identifier"),
    "code": Text("代码", "code"),
    "text": Text("文本", "text"),
    "date": Text("日期", "date"),
    "datetime": Text("时间", "time"),
    "amount": Text("金额", "amount"),
    "quantity": Text("数量", "quantity"),
    "ratio": Text("比率", "ratio"),
    "flag": Text("标志", "flag"),
}
_ANY = Text("该类型的任意值", "any value of the type")


@dataclass(frozen=True, slots=True)
class ElementPage:
    """What does a data element mean, and where is it used?"""

    frame: PageFrame
    element: DataElement
    type: Text
    range: Words | Link
    representation: Text
    related: tuple[Link, ...]
    source: Text
    successor: Link | None
    uses: Table | None


def fill(visitor: Visitor, name: str) -> ElementPage:
    """Raises NotFound."""
    one = get_element(name)
    uses = uses_of_element(visitor.services.catalogue.contracts.all().values(), name)
    return ElementPage(
        frame=visitor.frame,
        element=one,
        type=TYPES[one.type],
        range=_range(one),
        representation=REPRESENTATIONS[one.representation],
        related=tuple(_link(other) for other in one.related),
        source=organisation_name(one.source),
        successor=_link(one.successor) if one.successor else None,
        uses=used_by(visitor, uses) if uses else None,
    )


def _link(name: str) -> Link:
    return Link(get_element(name).name, f"{ELEMENTS_PATH}/{name}")


def _range(one: DataElement) -> Words | Link:
    """The range of values: a link to the code list, a pattern, or bounds."""
    of = one.range
    if of.code_list is not None:
        return Link(get_code_list(of.code_list).name, f"{CODES_PATH}/{of.code_list}")
    if of.pattern is not None:
        return of.pattern
    bounds = [f"≥ {of.minimum}"] if of.minimum is not None else []
    bounds += [f"≤ {of.maximum}"] if of.maximum is not None else []
    if bounds:
        return Text("，".join(bounds), ", ".join(bounds))
    return _ANY


@router.get("/standards/elements/{element}")
def page(request: Request, visitor: CitizenVisitor, element: str) -> HTMLResponse:
    return render(request, "citizen/element.html", fill(visitor, element))
