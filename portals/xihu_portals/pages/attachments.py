"""The files of a matter on its page, in either portal: added, listed, opened."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from xihu_catalog.registry.people import organisation_name
from xihu_platform.errors import BadInput, Conflict, Refused, TooLarge
from xihu_platform.files.check import SIZE_LIMIT, check_file
from xihu_platform.identity.client import check_csrf
from xihu_platform.matters.attachments import (
    MATTER_LIMIT,
    attach,
    attachments_of,
    may_attach,
    open_attachment,
)
from xihu_platform.matters.views import MatterView
from xihu_platform.words import Text
from xihu_portals.pages.matter_acts import matters_path, record_refused
from xihu_portals.pages.matter_form import acting_as, check_acting_as
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.upload import Upload, read_upload

LIMIT_MB = SIZE_LIMIT >> 20
SMALLER = Text("请压缩或者分成几个文件。", "make it smaller, or hand it in in parts.")
Again = Callable[[Visitor, int, Text, int], Response]
"""Shows the page of a matter once more, with what was wrong and the status."""


@dataclass(frozen=True, slots=True)
class ShownAttachment:
    name: str
    href: str
    side: Text
    """Who attached it."""
    size: Text
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Attachments:
    """The files of a matter, and the form that adds one where the visitor may."""

    files: tuple[ShownAttachment, ...]
    action: str | None
    position: str
    limit: int = MATTER_LIMIT
    limit_mb: int = LIMIT_MB
    fault: Text | None = None
    added: str | None = None
    """The name of the file that was added just now."""


def attachments(
    visitor: Visitor, view: MatterView, fault: Text | None = None, added: int | None = None
) -> Attachments:
    matters, here = visitor.services.matters, f"{matters_path(visitor)}/{view.id}/attachments"
    found = attachments_of(matters, visitor.principal, view)
    able = len(found) < MATTER_LIMIT and may_attach(matters, visitor.principal, view)
    return Attachments(
        files=tuple(
            ShownAttachment(
                name=one.name,
                href=f"{here}/{one.id}",
                side=organisation_name(one.former)
                if one.former
                else view.definition.parties[one.role],
                size=_size(one.size),
                added_at=one.added_at,
            )
            for one in found
        ),
        action=here if able else None,
        position=acting_as(visitor.principal),
        fault=fault,
        added=next((one.name for one in found if one.id == added), None),
    )


def _size(size: int) -> Text:
    words = f"{size / (1 << 20):.1f} MB" if size >= 1 << 20 else f"{max(1, size >> 10)} KB"
    return Text(words, words)


async def add(request: Request, visitor: Visitor, matter: int, again: Again) -> Response:
    """A file to a matter. What cannot be taken is said on its page. Raises NotFound for one who has
    no part in it, Refused for a form of another session."""
    await run_in_threadpool(visitor.services.matters.read, visitor.principal, matter)
    try:
        upload = await read_upload(request, LIMIT_MB, SMALLER)
        number = await run_in_threadpool(_add, visitor, matter, upload)
    except (BadInput, Conflict, Refused, TooLarge) as fault:
        await run_in_threadpool(record_refused, visitor, fault)
        return await run_in_threadpool(again, visitor, matter, fault.text, fault.status)
    here = f"{matters_path(visitor)}/{matter}?added={number}#attachments"
    return RedirectResponse(here, status_code=303)


def _add(visitor: Visitor, matter: int, upload: Upload) -> int:
    services = visitor.services
    if visitor.session is not None:
        check_csrf(visitor.session, upload.csrf)
    check_acting_as(upload.position, visitor.principal)
    file = check_file(upload.name, upload.body, visitor.principal.id)
    return attach(services.matters, services.log, visitor.principal, matter, file).id


def opened(visitor: Visitor, matter: int, number: int) -> Response:
    """A file as a download, never shown in the page: no browser runs what is in it."""
    services = visitor.services
    found, body = open_attachment(services.matters, services.log, visitor.principal, matter, number)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return Response(body, media_type=found.media_type, headers=headers)
