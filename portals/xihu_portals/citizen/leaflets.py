"""Pages of words of this portal, and its site map."""

from collections.abc import Callable

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from xihu_portals.pages import leaflets, sitemap
from xihu_portals.pages.visitor import CitizenVisitor
from xihu_portals.web.render import render

router = APIRouter()


def _page(name: str) -> Callable[[Request, CitizenVisitor], HTMLResponse]:
    def page(request: Request, visitor: CitizenVisitor) -> HTMLResponse:
        return render(request, "leaflet.html", leaflets.fill(visitor, name))

    return page


for _name in leaflets.NAMES:
    router.get(f"/{_name}")(_page(_name))


@router.get("/sitemap")
def site(request: Request, visitor: CitizenVisitor) -> HTMLResponse:
    return render(request, "sitemap.html", sitemap.fill(visitor))
