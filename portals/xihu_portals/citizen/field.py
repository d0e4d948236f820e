"""One field of a dataset, as the public may know it."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from xihu_platform.access.policy import Purpose
from xihu_portals.citizen.asker import METRIC_PATH
from xihu_portals.pages.field import FieldBody, FieldPlace, fill_field
from xihu_portals.pages.visitor import CitizenVisitor, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.render import render

PLACE = FieldPlace("/datasets", METRIC_PATH, Purpose("open"), ("public",), public=True)
router = APIRouter()


@dataclass(frozen=True, slots=True)
class FieldPage:
    """What does this field mean, and who may read it?"""

    frame: PageFrame
    body: FieldBody


def fill(visitor: Visitor, dataset: str, field: str) -> FieldPage:
    """Raises NotFound."""
    return FieldPage(visitor.frame, fill_field(visitor, dataset, field, PLACE))


@router.get("/datasets/{dataset}/fields/{field}")
def page(request: Request, visitor: CitizenVisitor, dataset: str, field: str) -> HTMLResponse:
    return render(request, "citizen/field.html", fill(visitor, dataset, field))
