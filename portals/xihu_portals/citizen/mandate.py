"""Whom one acts for: the choice in the header of every page."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse

from xihu_platform.identity.client import check_csrf
from xihu_platform.local_paths import safe_path
from xihu_portals.pages.visitor import SignedInCitizen

router = APIRouter()


@router.post("/mandate")
async def choose(
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
