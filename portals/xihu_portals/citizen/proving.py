"""How to prove who one is: a page of words."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from xihu_portals.pages.visitor import CitizenVisitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.render import render

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Proving:
    """How do I prove who I am?"""

    frame: PageFrame


@router.get("/proving")
def page(request: Request, visitor: CitizenVisitor) -> HTMLResponse:
    return render(request, "citizen/proving.html", Proving(visitor.frame))
