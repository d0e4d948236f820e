"""One field of a dataset, with what this position may see of it."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from xihu_portals.official.access import DUTY, is_told_counts
from xihu_portals.pages.field import FieldBody, FieldPlace, fill_field
from xihu_portals.pages.figures import METRIC_PATH
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.render import render

router = APIRouter()


@dataclass(frozen=True, slots=True)
class OfficialField:
    """What does this field mean, and what does my position see of it?"""

    frame: PageFrame
    body: FieldBody


def fill(visitor: Visitor, dataset: str, field: str) -> OfficialField:
    """Raises NotFound."""
    contract = visitor.services.catalogue.contracts.get(dataset)
    public = not is_told_counts(visitor, contract)
    audiences = ("public", "official")
    place = FieldPlace("/official/datasets", METRIC_PATH, DUTY, audiences, public)
    body = fill_field(visitor, dataset, field, place)
    drawing = f"/official/lineage?{urlencode({'node': f'field:{dataset}.{body.name}'})}"
    return OfficialField(visitor.frame, replace(body, drawing=drawing))


@router.get("/official/datasets/{dataset}/fields/{field}")
def page(request: Request, visitor: InOffice, dataset: str, field: str) -> HTMLResponse:
    return render(request, "official/field.html", fill(visitor, dataset, field))
