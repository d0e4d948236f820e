"""The official portal over HTTP. Each route says who may come, fills a view and renders it."""

from dataclasses import replace
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from xihu_catalog.quality.blocked import find_load
from xihu_catalog.quality.released import FileFormat, rejected_file
from xihu_catalog.quality.whole import origin_of
from xihu_platform.access.formats import MEDIA_TYPES, Format
from xihu_platform.access.quarantine import check_steward
from xihu_platform.access.query import RowQuery
from xihu_platform.access.reasons import STEWARDS_ONLY
from xihu_platform.brain.query import MetricQuery
from xihu_platform.brain.spec import Grain, Level
from xihu_platform.errors import BadInput, Conflict, Refused, TooLarge
from xihu_platform.identity.address import caller_of
from xihu_platform.identity.client import check_csrf, safe_path
from xihu_portals.api.auth import purpose_for
from xihu_portals.api.datasets import Readers, export, language
from xihu_portals.edge.streams import Download
from xihu_portals.official import build, corrections, holdings, indicator, loads, pages
from xihu_portals.pages.searching import address_of
from xihu_portals.pages.visitor import InOffice, SignedInOfficial
from xihu_portals.web.address import number
from xihu_portals.web.upload import read_upload

router = APIRouter(prefix="/official", include_in_schema=False)


@router.get("/positions")
def positions(
    request: Request,
    visitor: SignedInOfficial,
    next: str = "/official/",  # noqa: A002  # URL
) -> HTMLResponse:
    return pages.choose_position(request, build.positions(visitor, safe_path(next)))


@router.post("/positions")
async def choose(
    request: Request,
    visitor: SignedInOfficial,
    position: Annotated[str, Form(max_length=64)],
    csrf: Annotated[str, Form(max_length=200)] = "",
    next_path: Annotated[str, Form(alias="next", max_length=500)] = "/official/",
) -> RedirectResponse:
    """Act in this position from now on."""
    client = visitor.services.identity.clients["official"]
    if visitor.session is not None:
        check_csrf(visitor.session, csrf)
    await client.choose_position(request.cookies.get(client.portal.cookie, ""), position)
    return RedirectResponse(safe_path(next_path), status_code=303)


@router.get("/")
def cockpit(request: Request, visitor: InOffice, metric: str | None = None) -> HTMLResponse:
    return pages.cockpit(request, build.cockpit(visitor, metric))


@router.get("/region/{code}")
def region(
    request: Request, visitor: InOffice, code: str, metric: str | None = None
) -> HTMLResponse:
    return pages.region(request, build.region(visitor, code, metric))


@router.get("/metrics/{metric}")
def metric(request: Request, visitor: InOffice, metric: str) -> HTMLResponse:
    return pages.metric(request, indicator.metric(visitor, metric))


@router.get("/metrics/{metric}/values.json")
def values(
    request: Request,
    visitor: InOffice,
    metric: str,
    grain: Grain | None = None,
    level: Level | None = None,
    parent: str | None = None,
    by: Annotated[list[str] | None, Query()] = None,
    end: Annotated[date | None, Query(alias="to")] = None,
    latest: Annotated[int | None, Query(ge=1, le=1000)] = None,
    compare: Annotated[bool, Query()] = False,
) -> Response:
    """The points a page draws, as the metrics API gives them, for the session's position."""
    query = MetricQuery(
        grain=grain,
        level=level,
        parent=parent,
        by=tuple(by or ()),
        end=end,
        latest=latest,
        compare=compare,
    )
    body = indicator.values(visitor, metric, query, language(request))
    headers = {
        "Content-Disposition": f'attachment; filename="{metric}.json"',
        "Cache-Control": "no-store",
    }
    return Response(body, media_type="application/json", headers=headers)


@router.get("/catalogue")
def catalogue(request: Request, visitor: InOffice) -> HTMLResponse:
    address = address_of(request, "/official/catalogue")
    return pages.catalogue(request, holdings.catalogue(visitor, address))


@router.get("/datasets/{dataset}")
def dataset(
    request: Request,
    visitor: InOffice,
    dataset: str,
    snapshot: str | None = None,
    case: Annotated[str, Query(max_length=64)] = "",
    subject: Annotated[str, Query(max_length=6)] = "",
) -> HTMLResponse:
    """`case` and `subject`: a look at one subject of a ground, on the same page."""
    chosen = number(subject or None, "subject")
    ground = purpose_for(visitor.principal, "case", case, subject=chosen) if case.strip() else None
    view = holdings.dataset(visitor, dataset, number(snapshot, "snapshot"), ground)
    return pages.dataset(request, view)


@router.get("/datasets/{dataset}/download.{form}")
def download(
    request: Request,
    visitor: InOffice,
    dataset: str,
    form: Format,
    readers: Readers = "programs",
) -> Response:
    return export(
        visitor.services,
        visitor.principal,
        holdings.DUTY,
        dataset,
        form,
        RowQuery(),
        language(request),
        readers=readers,
    )


@router.get("/loads/{load}")
def load_report(request: Request, visitor: InOffice, load: str) -> HTMLResponse:
    return pages.load_report(request, loads.load_report(visitor, load))


@router.get("/loads/{load}/corrections")
def corrections_of(visitor: InOffice, load: str) -> RedirectResponse:
    """Where a form that was refused stands: asked again, or in the other language."""
    _, summary = find_load(visitor.services.catalogue, visitor.services.node.database, load)
    return RedirectResponse(f"/official/loads/{summary.load_id}#corrections", status_code=303)


@router.post("/loads/{load}/corrections")
async def correct(request: Request, visitor: InOffice, load: str) -> Response:
    """Take a file of corrected records from the dataset's own steward; it is committed beside."""
    services = visitor.services
    contract, summary = await run_in_threadpool(
        find_load, services.catalogue, services.node.database, load
    )
    await run_in_threadpool(
        check_steward, services.gateway, visitor.principal, contract.dataset, contract.provider
    )
    if visitor.session is None:
        raise Refused(STEWARDS_ONLY)
    try:
        upload = await read_upload(request, services.node.settings.serve.upload_mb)
        check_csrf(visitor.session, upload.csrf)
        await run_in_threadpool(corrections.hand_in, visitor, contract, summary, upload)
    except (BadInput, Conflict, TooLarge) as fault:
        view = await run_in_threadpool(loads.load_report, visitor, load, fault.text)
        return pages.load_report(request, view, status=fault.status)
    return RedirectResponse(f"/official/loads/{summary.load_id}#corrections", status_code=303)


@router.get("/loads/{load}/quarantined.{form}")
def quarantined(
    visitor: InOffice,
    load: str,
    form: FileFormat,
    every: Annotated[bool, Query(alias="all")] = False,
) -> Response:
    """The quarantined records with the reasons beside each, for the steward's own position; those
    corrected since only with `all`."""
    services = visitor.services
    contract, summary = find_load(services.catalogue, services.node.database, load)
    slot = services.streams.take(caller_of(visitor.principal))
    try:
        origin = origin_of(services.node.database, summary.load_id)
        if every:
            origin = replace(origin, corrected=frozenset())
        keyring = services.node.keyring
        chunks = rejected_file(services.gateway, keyring, visitor.principal, contract, origin, form)
    except BaseException:
        slot.release()
        raise
    name = f"{contract.dataset}-quarantined.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Download(chunks, source=chunks, slot=slot, media_type=MEDIA_TYPES[form], headers=headers)
