"""Pages of words of this portal, and its site map."""

from collections.abc import Callable

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from xihu_portals.pages import leaflets, sitemap
from xihu_portals.pages.visitor import OfficialVisitor
from xihu_portals.web.render import render

router = APIRouter()


def _page(name: str) -> Callable[[Request, OfficialVisitor], HTMLResponse]:
    def page(request: Request, visitor: OfficialVisitor) -> HTMLResponse:
        return render(request, "leaflet.html", leaflets.fill(visitor, name))

    return page


for _name in leaflets.NAMES:
    router.get(f"/official/{_name}")(_page(_name))


@router.get("/official/sitemap")
def site(request: Request, visitor: OfficialVisitor) -> HTMLResponse:
    return render(request, "sitemap.html", sitemap.fill(visitor))
