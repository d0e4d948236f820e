"""Push: a department sends records over HTTP, a few at a time."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from starlette.concurrency import run_in_threadpool

from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.intake import PushFormat, Receipt
from xihu_platform.access.offices import check, push_refusal
from xihu_platform.access.record import actor
from xihu_platform.audit.entries import ReceivedRecords
from xihu_platform.audit.log import LogEntry
from xihu_platform.errors import BadInput, Conflict, TooLarge
from xihu_platform.identity.principal import Principal
from xihu_platform.words import Text
from xihu_portals.api.auth import SignedIn, services_of
from xihu_portals.api.errors import OF_CALLERS, OF_DECISIONS, errors
from xihu_portals.api.files import RECORDS
from xihu_portals.api.schemas.ingest import PushReceipt
from xihu_portals.edge.body import read_plain

router = APIRouter(
    prefix="/api/v1/ingest",
    tags=["ingest"],
    responses={**OF_CALLERS, **OF_DECISIONS, **errors(Conflict)},
)

BODY_LIMIT = 32 << 20
"""Bytes of one push; more is handed in as a file."""
_TOO_LARGE = Text(
    f"一次推送最多 {BODY_LIMIT >> 20} MB，请分批推送或以文件提交",
    f"a push has {BODY_LIMIT >> 20} MB at most: push in parts, or hand a file in",
)
_FORMS: dict[str, PushFormat] = {
    "application/vnd.apache.arrow.stream": "arrow",
    "application/vnd.apache.arrow.file": "arrow",
    "application/x-ndjson": "jsonl",
    "application/jsonl": "jsonl",
    "text/csv": "csv",
}
Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="Names this push: sent again under it, the same records are there once",
    ),
]


@dataclass(frozen=True, slots=True)
class Push:
    """A dataset, and the organisation that may push into it."""

    contract: Contract
    caller: Principal
    sender: str
    """Keys are an organisation's own: two of its systems share them, two organisations do not."""


def _publisher(request: Request, caller: SignedIn, dataset: str) -> Push:
    """Raises Refused for whoever does not publish the dataset, Conflict where none is pushed."""
    services = services_of(request)
    contract = services.catalogue.contracts.get(dataset)
    reason = push_refusal(caller, contract.provider, services.gateway.clock())
    check(services.gateway, caller, dataset, reason)
    if not contract.loading.push:
        raise Conflict(
            f"数据集 {dataset} 的契约未声明 push: true，请以文件提交或先修改契约",
            f"the contract of {dataset} does not say push: true: hand a file in, or change it",
        )
    return Push(contract, caller, contract.provider)


Publisher = Annotated[Push, Depends(_publisher)]


@router.post(
    "/{dataset}",
    status_code=202,
    responses={200: {"model": PushReceipt}, **errors(TooLarge)},
    openapi_extra={"requestBody": RECORDS},
)
async def push(request: Request, response: Response, publisher: Publisher, key: Key) -> PushReceipt:
    """Hand records in. They are durable when this answers, and in the dataset soon after.

    Arrow, JSON lines or CSV, by Content-Type, with the columns of the contract's source.
    """
    form = _form(request)
    body = await read_plain(request, BODY_LIMIT, _TOO_LARGE)
    await run_in_threadpool(services_of(request).log.record, _entry(publisher, body))
    accept = services_of(request).intake.accept
    receipt = await run_in_threadpool(accept, publisher.contract, publisher.sender, key, body, form)
    if receipt.state != "spooled":
        response.status_code = 200
    return _answer(receipt)


def _entry(publisher: Push, body: bytes) -> LogEntry:
    """Who handed what in, before it is taken: the digest says which records."""
    return ReceivedRecords(
        kind="push",
        actor=actor(publisher.caller),
        dataset=publisher.contract.dataset,
        sender=publisher.sender,
        contract=publisher.contract.digest,
        records=sha256(body).hexdigest(),
        size_bytes=len(body),
    ).entry()


@router.get("/{dataset}/{key}")
def get_push(
    request: Request, publisher: Publisher, key: Annotated[str, Path(max_length=200)]
) -> PushReceipt:
    """What became of a push of one's own."""
    intake = services_of(request).intake
    return _answer(intake.get(publisher.contract, publisher.sender, key))


def _form(request: Request) -> PushFormat:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _FORMS:
        raise BadInput(
            f"Content-Type 须为 {'、'.join(_FORMS)} 之一",
            f"Content-Type must be one of {', '.join(_FORMS)}",
        )
    return _FORMS[kind]


def _answer(receipt: Receipt) -> PushReceipt:
    return PushReceipt(
        dataset=receipt.dataset,
        push=receipt.entry,
        digest=receipt.digest,
        state=receipt.state,
        load=receipt.load_id,
    )
