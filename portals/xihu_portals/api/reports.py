"""The report of the catalogue to the superior node, as signed lines of JSON."""

from collections.abc import Callable, Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from xihu_catalog.registry.people import own_region
from xihu_catalog.reports.report import (
    MARKER_LENGTH,
    MARKER_PATTERN,
    CatalogueReport,
    PublishedContracts,
    ReportHead,
)
from xihu_platform.access.offices import REPORT, check, report_refusal
from xihu_platform.access.record import record_look
from xihu_platform.errors import Conflict
from xihu_platform.identity.address import caller_of
from xihu_platform.identity.principal import ANONYMOUS, Principal
from xihu_portals.api.auth import SignedIn, services_of
from xihu_portals.api.datasets import named_file
from xihu_portals.api.errors import OF_CALLERS, OF_DECISIONS, errors
from xihu_portals.edge.streams import Download
from xihu_portals.services import Services

REPORT_MEDIA_TYPE = "application/jsonl"
"""As `jsonlines.org` asks for."""
router = APIRouter(prefix="/api/v1", tags=["catalogue"], responses=OF_CALLERS)
_REPORT = {
    "description": "Lines of JSON: the head, an entry or a removal each, the signed end",
    "content": {REPORT_MEDIA_TYPE: {"schema": {"type": "string"}}},
}


def _report_reader(request: Request, caller: SignedIn) -> Principal:
    check_reader(services_of(request), caller)
    return caller


ReportReader = Annotated[Principal, Depends(_report_reader)]
Since = Annotated[
    str | None,
    Query(
        max_length=MARKER_LENGTH,
        pattern=f"^{MARKER_PATTERN}$",
        description="The `marker` of a report before: what has changed since; all if absent",
    ),
]


@router.get(
    "/catalogue-report",
    response_class=Response,
    responses={200: _REPORT, **OF_DECISIONS, **errors(Conflict)},
)
def get_catalogue_report(request: Request, caller: ReportReader, since: Since = None) -> Response:
    """Every published entry in the columns of the catalogue's sheet, or what has changed since a
    report before, signed by this node."""
    return report_answer(services_of(request), caller, since)


def check_reader(services: Services, caller: Principal) -> None:
    """Raises Refused, which the log then has."""
    gateway, receivers = services.gateway, services.node.settings.report.receivers
    check(gateway, caller, REPORT, report_refusal(caller, receivers, gateway.clock()))


def report_of(services: Services) -> CatalogueReport:
    """Of what every reader knows of, for any caller."""
    node = services.node
    return CatalogueReport(
        node.database,
        services.known_to(ANONYMOUS).entries,
        PublishedContracts(services.catalogue),
        services.signer,
        node.clock,
    )


def report_answer(services: Services, caller: Principal, since: str | None) -> Response:
    """Streamed; the log has the request before anything leaves. Raises Conflict and TooMany."""
    node, report = services.node, report_of(services)
    slot = services.streams.take(caller_of(caller))
    try:
        head = report.begin(node.settings.base_url, own_region(), since)
        record_look(services.log, caller, "catalogue_report", since=since or "")
    except BaseException:
        slot.release()
        raise
    body = _Body(report.chunks(head, caller.position.id if caller.position else caller.id))
    name = f"catalogue-report-{head.marker}.jsonl"
    headers = {**named_file(_han(head), name), "Cache-Control": "private, no-store"}
    return Download(body, source=body, slot=slot, media_type=REPORT_MEDIA_TYPE, headers=headers)


def _han(head: ReportHead) -> str:
    kind = "全量" if head.kind == "full" else "增量"
    return f"目录报告-{kind}-{head.marker}.jsonl"


class _Body(Iterator[bytes]):
    """The pieces of a report; one whose reader has gone ends with the piece that is being made."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._stopped = False

    def __next__(self) -> bytes:
        if self._stopped:
            raise StopIteration
        return next(self._pieces)

    def close(self) -> None:
        self._stopped = True

    def interrupt(self) -> None:
        self._stopped = True

    def when_interrupted(self, stop: Callable[[], object]) -> None:
        """Nothing runs elsewhere for it."""
