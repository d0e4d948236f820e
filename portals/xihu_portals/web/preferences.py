"""Language, theme and elder mode: kept in cookies, switched by forms that need no script."""

from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse

from xihu_platform.local_paths import safe_path
from xihu_platform.words import LANGUAGES, Language, language_of

Theme = Literal["auto", "light", "dark"]
THEMES: tuple[Theme, ...] = ("auto", "light", "dark")
LANGUAGE_COOKIE, THEME_COOKIE, ELDER_COOKIE = "xihu_language", "xihu_theme", "xihu_elder"
_YEAR_S = 365 * 86400

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Preferences:
    language: Language
    theme: Theme
    elder: bool


def preferences(request: Request) -> Preferences:
    """What this reader chose: in the URL, else in a cookie, else in the browser's settings."""
    chosen = request.query_params.get("lang")
    if chosen not in LANGUAGES:
        chosen = request.cookies.get(LANGUAGE_COOKIE)
    theme = request.cookies.get(THEME_COOKIE)
    return Preferences(
        language_of(request.headers.get("accept-language"), chosen),
        next((known for known in THEMES if known == theme), "auto"),
        request.cookies.get(ELDER_COOKIE) == "1",
    )


def here(request: Request, **changed: str) -> str:
    """This page's address with some parameters of its query replaced."""
    pairs = [(k, v) for k, v in request.query_params.multi_items() if k not in changed]
    query = urlencode([*pairs, *changed.items()])
    path = "/" + request.url.path.lstrip("/\\")  # two slashes would name another host
    return f"{path}?{query}" if query else path


@router.post("/preferences")
def choose(
    request: Request,
    next_path: Annotated[str, Form(alias="next", max_length=2000)] = "/",
    theme: Annotated[str | None, Form()] = None,
    elder: Annotated[str | None, Form()] = None,
) -> RedirectResponse:
    """Keep a choice and go back. It changes a cookie and nothing else, so it takes no token."""
    answer = RedirectResponse(safe_path(next_path), status_code=303)
    secure = request.url.scheme == "https"

    def keep(name: str, value: str) -> None:
        answer.set_cookie(
            name, value, max_age=_YEAR_S, httponly=True, samesite="lax", secure=secure
        )

    if theme in THEMES:
        keep(THEME_COOKIE, theme)
    if elder in {"0", "1"}:
        keep(ELDER_COOKIE, elder)
    return answer
