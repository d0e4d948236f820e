"""What search engines may read: open data and its pages, nothing of a person or an official."""

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, RedirectResponse

from xihu_portals.pages.visitor import CitizenVisitor
from xihu_portals.web.assets import asset

router = APIRouter()
RULES = """User-agent: *
Disallow: /my/
Disallow: /official/
Disallow: /api/
Disallow: /signin
Disallow: /callback
Disallow: /realms/
Disallow: /*/download.
Disallow: /*/explore
"""


@router.get("/robots.txt")
def rules(visitor: CitizenVisitor) -> PlainTextResponse:
    """The rules of RFC 9309, the same for everybody."""
    base = visitor.services.node.settings.base_url.rstrip("/")
    text = f"{RULES}Sitemap: {base}/sitemap.xml\n"
    return PlainTextResponse(text, headers={"Cache-Control": "public, max-age=3600"})


@router.get("/favicon.ico")
def icon(visitor: CitizenVisitor) -> RedirectResponse:
    """For those who ask for it without having read a page."""
    del visitor
    return RedirectResponse(asset("mark.svg"), status_code=303)
