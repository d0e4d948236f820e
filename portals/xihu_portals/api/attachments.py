"""Files attached to matters, over HTTP: listed, fetched, added, by the rules of the page."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from xihu_catalog.registry.people import organisation_name
from xihu_platform.access.offices import MATTERS
from xihu_platform.access.policy import Purpose
from xihu_platform.errors import Conflict, Refused, TooLarge
from xihu_platform.files.check import SIZE_LIMIT, check_file
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.attachments import Attached, attach, attachments_of, open_attachment
from xihu_platform.matters.command import NUMBER_LIMIT
from xihu_platform.matters.kernel import Matters
from xihu_platform.matters.views import MatterView
from xihu_portals.api.auth import InOffice, services_of
from xihu_portals.api.errors import OF_CALLERS, OF_DECISIONS, errors
from xihu_portals.api.files import ATTACHED, ATTACHMENT
from xihu_portals.api.matters import Number
from xihu_portals.api.schemas.attachments import AttachmentAnswer, AttachmentEntry, AttachmentList
from xihu_portals.api.schemas.matters import InBoth
from xihu_portals.services import Services

router = APIRouter(prefix="/api/v1", tags=["matters"], responses={**OF_CALLERS, **OF_DECISIONS})
NAME_LIMIT = 200
Name = Annotated[
    str, Query(min_length=1, max_length=NAME_LIMIT, description="Name of the file, with its ending")
]
FileNumber = Annotated[int, Path(ge=1, le=NUMBER_LIMIT)]


@router.get("/matters/{matter}/attachments")
def list_attachments(request: Request, caller: InOffice, matter: Number) -> AttachmentList:
    """The files of a matter, for whoever handles it."""
    matters = services_of(request).matters
    view = matters.read(caller, matter)
    return AttachmentList(attachments=attachment_entries(matters, caller, view))


def attachment_entries(
    matters: Matters, caller: Principal, view: MatterView
) -> list[AttachmentEntry]:
    return [
        AttachmentEntry(
            id=one.id,
            name=one.name,
            media_type=one.media_type,
            size=one.size,
            side=InBoth.of(
                organisation_name(one.former) if one.former else view.definition.parties[one.role]
            ),
            added_at=one.added_at,
        )
        for one in attachments_of(matters, caller, view)
    ]


@router.get(
    "/matters/{matter}/attachments/{attachment}",
    response_class=Response,
    responses={200: ATTACHMENT},
)
def get_attachment(
    request: Request, caller: InOffice, matter: Number, attachment: FileNumber
) -> Response:
    """One file as it was attached; the look is in the log before it is sent."""
    return give_file(services_of(request), caller, matter, attachment)


def give_file(services: Services, caller: Principal, matter: int, attachment: int) -> Response:
    found, body = open_attachment(services.matters, services.log, caller, matter, attachment)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}",
        "Cache-Control": "no-store",
    }
    return Response(body, media_type=found.media_type, headers=headers)


@router.post(
    "/matters/{matter}/attachments",
    status_code=201,
    responses={200: {"model": AttachmentAnswer}, **errors(Conflict, TooLarge)},
    openapi_extra={"requestBody": ATTACHED},
)
async def add_attachment(
    request: Request, response: Response, caller: InOffice, matter: Number, name: Name
) -> AttachmentAnswer:
    """Attach a file, which is the body, to a matter whose turn is the caller's side.

    The same file once more is the same attachment: the answer is 200. PDF, JPEG and PNG are taken,
    by their content; 5 MB at most.
    """
    services = services_of(request)
    await run_in_threadpool(services.matters.read, caller, matter)  # before a byte is read
    body = await request.body()
    done = await run_in_threadpool(add_file, services, caller, matter, name, body)
    if done.again:
        response.status_code = 200
    return AttachmentAnswer(id=done.id, replayed=done.again)


def add_file(
    services: Services, caller: Principal, matter: int, name: str, body: bytes
) -> Attached:
    try:
        return attach(
            services.matters, services.log, caller, matter, check_file(name, body, caller.id)
        )
    except Refused as refused:
        services.gateway.refusals.record(caller, MATTERS, refused.reason, Purpose("duty"))
        raise


BODY_LIMIT = SIZE_LIMIT + (1 << 10)
"""Bytes that are read of a body: one too large is told so by its own words."""
