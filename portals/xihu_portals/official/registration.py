"""The application to register a dataset as a public data resource, to print or as Excel."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from xihu_catalog.datasets.service import Entry
from xihu_catalog.lineage.columns import inputs_of
from xihu_catalog.reports.registration import LAW, FormPart, registration_form, write_form
from xihu_platform.access.formats import MEDIA_TYPES
from xihu_platform.access.offices import check, steward_refusal
from xihu_platform.words import Text
from xihu_portals.api.datasets import language, named_file
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Words
from xihu_portals.web.render import render

TITLE = Text("公共数据资源登记申请表", "Application to register a public data resource")
BLANK = Text(
    "底色为浅黄的格子由登记主体填写，平台没有这些信息。",
    "Cells in light yellow are for the registrant to fill in: the platform does not know them.",
)
router = APIRouter()


@dataclass(frozen=True, slots=True)
class RegistrationPage:
    """What does the registry of data resources ask us, and what do we know already?"""

    frame: PageFrame
    dataset: str
    title: Words
    law: Text
    parts: tuple[FormPart, ...]
    sheet: str


def entry_for(visitor: Visitor, dataset: str) -> Entry:
    """For a steward of the department that provides it. Raises NotFound and Refused."""
    services = visitor.services
    entry = services.catalogue.get_entry(dataset)
    gateway, provider = services.gateway, entry.contract.provider
    refusal = steward_refusal(visitor.principal, provider, gateway.clock())
    check(gateway, visitor.principal, dataset, refusal)
    return entry


def form_of(visitor: Visitor, entry: Entry) -> tuple[FormPart, ...]:
    find = visitor.services.catalogue.contracts.find
    derived = entry.contract.source.query is not None
    found = [find(name) for name in inputs_of(entry.contract)] if derived else []
    return registration_form(entry, [one.title for one in found if one is not None])


def fill(visitor: Visitor, dataset: str) -> RegistrationPage:
    entry = entry_for(visitor, dataset)
    return RegistrationPage(
        frame=visitor.frame,
        dataset=dataset,
        title=entry.contract.title,
        law=LAW,
        parts=form_of(visitor, entry),
        sheet=f"/official/datasets/{dataset}/registration.xlsx",
    )


@router.get("/official/datasets/{dataset}/registration")
def page(request: Request, visitor: InOffice, dataset: str) -> HTMLResponse:
    return render(request, "official/registration.html", fill(visitor, dataset))


@router.get("/official/datasets/{dataset}/registration.xlsx")
def sheet(request: Request, visitor: InOffice, dataset: str) -> Response:
    entry, lang = entry_for(visitor, dataset), language(request)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "registration.xlsx"
        write_form(form_of(visitor, entry), TITLE, target, lang, BLANK)
        content = target.read_bytes()
    name = f"{TITLE.zh}-{entry.contract.title.zh}.xlsx"
    headers = named_file(name, f"registration-{dataset}.xlsx")
    return Response(
        content, media_type=MEDIA_TYPES["xlsx"], headers=headers | {"Cache-Control": "no-store"}
    )
