"""Corrected records handed in on a load's report, by the dataset's own steward."""

from hashlib import sha256

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.service import LoadSummary
from xihu_catalog.quality.blocked import find_load
from xihu_catalog.quality.whole import whole_of
from xihu_platform.access.quarantine import check_steward
from xihu_platform.access.reasons import STEWARDS_ONLY
from xihu_platform.access.record import actor
from xihu_platform.audit.entries import ReceivedRecords
from xihu_platform.errors import BadInput, Conflict, Refused, TooLarge
from xihu_platform.identity.client import check_csrf
from xihu_platform.words import Text
from xihu_portals.official import load_report
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.upload import Upload, read_upload

_BLOCKED = Text(
    "这一批没有装载，请在原文件中改正后整份重交。",
    "This load was stopped: correct the file and submit the whole file again.",
)
router = APIRouter()


def hand_in(visitor: Visitor, contract: Contract, load: LoadSummary, upload: Upload) -> None:
    """Logged first, then durable. At the report of a correction, the load that it corrects is
    meant. Raises Conflict, BadInput, AuditUnavailable.
    """
    services = visitor.services
    load = whole_of(services.catalogue, services.node.database, contract, load).load
    if load.blocked:
        raise Conflict(_BLOCKED.zh, _BLOCKED.en)
    _log(visitor, contract, load, upload)
    visitor.services.intake.correct(contract, load.load_id, upload.name, upload.body)


def _log(visitor: Visitor, contract: Contract, load: LoadSummary, upload: Upload) -> None:
    """Who handed what in: the digest says which file, its name could say anything."""
    who = actor(visitor.principal)
    corrections = ReceivedRecords(
        kind="correction",
        actor=who,
        dataset=contract.dataset,
        sender=who.organisation,
        contract=contract.digest,
        records=sha256(upload.body).hexdigest(),
        size_bytes=len(upload.body),
        load=load.load_id,
    )
    visitor.services.log.record(corrections.entry())


@router.get("/official/loads/{load}/corrections")
def form(visitor: InOffice, load: str) -> RedirectResponse:
    """The address of a refused form, asked again or in the other language: back to the report."""
    _, summary = find_load(visitor.services.catalogue, visitor.services.node.database, load)
    return RedirectResponse(f"/official/loads/{summary.load_id}#corrections", status_code=303)


@router.post("/official/loads/{load}/corrections")
async def correct(request: Request, visitor: InOffice, load: str) -> Response:
    """Take a file of corrected records from the dataset's own steward; it is committed later."""
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
        await run_in_threadpool(hand_in, visitor, contract, summary, upload)
    except (BadInput, Conflict, TooLarge) as fault:
        view = await run_in_threadpool(load_report.fill, visitor, load, fault.text)
        return load_report.render_report(request, view, status=fault.status)
    return RedirectResponse(f"/official/loads/{summary.load_id}#corrections", status_code=303)
