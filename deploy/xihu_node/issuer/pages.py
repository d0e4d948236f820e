"""The issuer's own pages, in the frame of the portal that somebody signs in to: cards of the demo
people, the second step, and what went wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from xihu_platform.identity.models import PersonRow
from xihu_platform.identity.principal import PortalName
from xihu_platform.words import Language, Text
from xihu_portals.web.assets import asset
from xihu_portals.web.words import word

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_PAGES.globals["asset"] = asset
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class IssuerPage:
    """What every page of one request shares: its language, its address, its form token."""

    language: Language
    query: str
    token: str
    portal: PortalName = "citizen"
    """The portal that somebody signs in to: the page has its frame."""
    home: str = "/"
    """That portal's first page."""
    look: str = ""
    """Classes of the page: the portal, `theme-light` or `theme-dark`, `elder`."""
    level: int = 1

    def word(self, key: str) -> str:
        return word(self.language, key)

    def switch(self) -> str:
        """The query of the same page in the other language."""
        other = "en" if self.language == "zh" else "zh-CN"
        pairs = [pair for pair in self.query.split("&") if not pair.startswith("ui_locales=")]
        return "&".join([*filter(None, pairs), f"ui_locales={other}"])


def people_page(
    page: IssuerPage,
    people: Sequence[PersonRow],
    posts: Mapping[str, Text],
    *,
    refusal: Text | None = None,
) -> HTMLResponse:
    """`posts`: the post of each person who has no card of their own; they stand folded away."""
    status = 403 if refusal else 200
    return _render("people.html", page, status, people=people, posts=posts, refusal=refusal)


def second_step_page(
    page: IssuerPage, person: PersonRow, shown_code: str, *, wrong: bool = False
) -> HTMLResponse:
    return _render(
        "second.html", page, 400 if wrong else 200, person=person, code=shown_code, wrong=wrong
    )


def signed_out_page(page: IssuerPage) -> HTMLResponse:
    return _render("signed_out.html", page, 200)


def confirm_page(page: IssuerPage) -> HTMLResponse:
    return _render("confirm.html", page, 200)


def error_page(page: IssuerPage, error: Text, status: int = 400) -> HTMLResponse:
    return _render("error.html", page, status, error=error)


def _render(template: str, page: IssuerPage, status: int, **values: object) -> HTMLResponse:
    html = _PAGES.get_template(template).render(page=page, zh=page.language == "zh", **values)
    return HTMLResponse(html, status_code=status, headers=_HEADERS)
