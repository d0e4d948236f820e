"""Whether a licence on paper is valid, by what stands on it: for who has no QR code to scan.

It tells what the code would, and no more. Numbers follow each other, so the holder's name is asked
for as well: whoever has the paper reads it there, whoever guesses numbers learns nothing. Whatever
does not fit has one answer, and each address asks a few times a minute at most.
"""

import hmac
import unicodedata
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse

from xihu_catalog.registry.people import organisation_name, organisations
from xihu_catalog.services.items import service_items
from xihu_platform.clock import civil_date
from xihu_platform.credentials.register import (
    STATES,
    SeenByAnybody,
    facts_of,
    find_numbered,
    seen_by_anybody,
)
from xihu_platform.database import transaction
from xihu_platform.words import Text
from xihu_portals.pages.visitor import CitizenVisitor, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.render import render

PATH = "/verify"
LONGEST = 80
_NONE = Text(
    "没有查到。请核对证照上的编号、发证机关和持证者，照原样填写；纸面上有二维码的，请扫码核验",
    "Nothing was found. Check the number, the issuing office and the holder's name, and write them "
    "as they are on the paper; where it has a QR code, scan that",
)
router = APIRouter()


@dataclass(frozen=True, slots=True)
class CheckLicence:
    """Is the licence on this paper valid?"""

    frame: PageFrame
    number: str
    issuer: str
    holder: str
    issuers: tuple[Text, ...]
    """Offices that issue licences here, to choose from while typing."""
    found: SeenByAnybody | None = None
    state: Text | None = None
    office: Text | None = None
    wrong: Text | None = None


def fill(
    visitor: Visitor, number: str | None = None, issuer: str = "", holder: str = ""
) -> CheckLicence:
    """With what was typed and its answer; without it the empty form."""
    bodies = dict.fromkeys(one.body for one in service_items().values() if one.licence)
    empty = CheckLicence(
        frame=visitor.frame,
        number=number or "",
        issuer=issuer,
        holder=holder,
        issuers=tuple(organisation_name(one) for one in bodies),
    )
    if number is None:
        return empty
    services = visitor.services
    today = civil_date(services.node.clock())
    with transaction(services.node.database) as session:
        one = find_numbered(session, _office(issuer), number)
        facts = facts_of(session, services.matters.texts, one) if one else None
        fits = _alike(holder, facts.holder_name if facts else "")
        seen = seen_by_anybody(session, services.matters.texts, one, today) if one else None
    if seen is None or not fits:
        return replace(empty, wrong=_NONE)
    return replace(
        empty, found=seen, state=STATES[seen.state], office=organisation_name(seen.issuer)
    )


def _alike(typed: str, name: str) -> bool:
    """As people write a name from a paper: in whatever width, case and with whatever spaces."""

    def bare(text: str) -> bytes:
        return "".join(unicodedata.normalize("NFKC", text).casefold().split()).encode()

    return bool(bare(name)) and hmac.compare_digest(bare(typed), bare(name))


def _office(typed: str) -> str:
    """The code of the office of that name; of no such name what was typed, which may be a code that
    the registry knows no more."""
    for uscc in organisations():
        name = organisation_name(uscc)
        if typed in {uscc, name.zh} or typed.casefold() == name.en.casefold():
            return uscc
    return typed


@router.get(PATH)
def page(request: Request, visitor: CitizenVisitor) -> HTMLResponse:
    return render(request, "citizen/check_licence.html", fill(visitor))


@router.post(PATH)
def check(
    request: Request,
    visitor: CitizenVisitor,
    number: Annotated[str, Form(max_length=LONGEST)] = "",
    issuer: Annotated[str, Form(max_length=LONGEST)] = "",
    holder: Annotated[str, Form(max_length=LONGEST)] = "",
) -> HTMLResponse:
    """It changes nothing and takes no token of a session; what was typed is in no address."""
    view = fill(visitor, number.strip(), issuer.strip(), holder)
    status = 200 if view.found is not None else 404
    answer = render(request, "citizen/check_licence.html", view, status=status)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
