"""The citizen portal over HTTP. Each route says who may come, fills a view and renders it."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from xihu_platform.access.decision import OWN_LEVEL
from xihu_platform.access.formats import Format
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery
from xihu_platform.identity.client import check_csrf, safe_path
from xihu_portals.api.datasets import Readers, export, language
from xihu_portals.api.people import own_proof
from xihu_portals.citizen import build, mine, pages, uses, views
from xihu_portals.pages.places import region_filters
from xihu_portals.pages.searching import address_of
from xihu_portals.pages.visitor import CitizenVisitor, SignedInCitizen
from xihu_portals.web.address import number
from xihu_portals.web.preferences import here

router = APIRouter(include_in_schema=False)


@router.get("/")
def home(request: Request, visitor: CitizenVisitor) -> HTMLResponse:
    return pages.home(request, build.home(visitor))


@router.get("/search")
def search(request: Request, visitor: CitizenVisitor) -> HTMLResponse:
    return pages.search(request, build.search(visitor, address_of(request, "/search")))


@router.get("/search/suggest")
def suggest(request: Request, visitor: CitizenVisitor, q: str = "") -> HTMLResponse:
    return pages.suggestions(request, build.suggestions(visitor, q[:100]))


@router.get("/datasets/{dataset}")
def dataset(
    request: Request,
    visitor: CitizenVisitor,
    dataset: str,
    snapshot: str | None = None,
    region: str | None = None,
) -> HTMLResponse:
    view = build.dataset(visitor, dataset, number(snapshot, "snapshot"), region)
    return pages.dataset(request, view)


@router.get("/datasets/{dataset}/download.{form}")
def download(
    request: Request,
    visitor: CitizenVisitor,
    dataset: str,
    form: Format,
    region: str | None = None,
    readers: Readers = "programs",
) -> Response:
    contract = visitor.services.catalogue.contracts.get(dataset)
    return export(
        visitor.services,
        visitor.principal,
        Purpose("open"),
        dataset,
        form,
        RowQuery(filters=region_filters(contract, region)),
        language(request),
        readers=readers,
    )


@router.post("/mandate")
async def choose_mandate(
    request: Request,
    visitor: SignedInCitizen,
    mandate: Annotated[str, Form(max_length=100)] = "",
    csrf: Annotated[str, Form(max_length=200)] = "",
    next_path: Annotated[str, Form(alias="next", max_length=500)] = "/my/data",
) -> RedirectResponse:
    """Act for this firm or person from now on; an empty choice is oneself."""
    client = visitor.services.identity.clients["citizen"]
    if visitor.session is not None:
        check_csrf(visitor.session, csrf)
    await client.choose_mandate(request.cookies.get(client.portal.cookie, ""), mandate or None)
    return RedirectResponse(safe_path(next_path), status_code=303)


@router.get("/my/data")
def my_data(request: Request, visitor: SignedInCitizen, later: str = "") -> Response:
    """`later=1` shows what this sign-in reaches, without asking for a further check."""
    check = None if later else mine.verification(visitor, mine.FULL_LEVEL, "/my/data")
    if check is not None:
        return RedirectResponse(check, status_code=303)
    return pages.my_data(request, mine.my_data(visitor))


@router.get("/proving")
def proving(request: Request, visitor: CitizenVisitor) -> HTMLResponse:
    return pages.proving(request, views.Proving(visitor.frame))


@router.get("/my/uses")
def my_uses(
    request: Request,
    visitor: SignedInCitizen,
    before: str | None = None,
    dataset: str | None = None,
    organisation: str | None = None,
    who: str | None = None,
) -> Response:
    check = mine.verification(visitor, OWN_LEVEL, here(request))
    if check is not None:
        return RedirectResponse(check, status_code=303)
    asked = uses.Asked(number(before, "before"), dataset, organisation, who == "all")
    return pages.my_uses(request, uses.my_uses(visitor, asked))


@router.get("/my/uses/{entry}/proof")
def proof(visitor: SignedInCitizen, entry: int) -> Response:
    """The proof as a file: what is hashed, the path, the signed head."""
    body = own_proof(visitor.services, visitor.principal, entry)
    headers = {"Content-Disposition": f'attachment; filename="xihu-proof-{entry}.json"'}
    content = orjson.dumps(body.model_dump(), option=orjson.OPT_INDENT_2)
    return Response(content, media_type="application/json", headers=headers)
