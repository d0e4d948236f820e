"""Turns a template and a view into a page: language, preferences, filters, security headers."""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import Any, Protocol

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from xihu_platform.words import Language, Text, language_of
from xihu_portals.web import charts, formats, statechart, tilemap
from xihu_portals.web.assets import asset
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.navigation import SMALL, prefix, section_at, sections
from xihu_portals.web.parts import Bar, Disputed, Link, Partial, Period, Suppressed, Words
from xihu_portals.web.preferences import LANGUAGE_COOKIE, here, preferences
from xihu_portals.web.words import word

ANSWERS = ("useful", "missing", "unclear", "wrong", "slow")
"""What the foot of a page asks; those that the answers' table knows."""
TEMPLATES = Path(__file__).parent / "templates"
_CHINESE = re.compile(r"[\u3400-\u9fff\uff00-\uffef\u3000-\u303f]")
_YEAR_S = 365 * 86400
_LARGE = 1_000_000
"""From here on a figure is written with a scale word; its exact value is in its title."""

_SHORT = 28
"""A cell of up to so many characters stays on one line, on a phone too."""


class View(Protocol):
    """Anything with a frame can be a page."""

    @property
    def frame(self) -> PageFrame: ...


FRAMED = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors *",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Vary": "Accept-Language",
}
"""Headers of the pages that other sites may show in a frame: without script, form and cookie."""


def security_headers(form_targets: tuple[str, ...] = ()) -> dict[str, str]:
    """Headers of every HTML answer: nothing inline, nothing from elsewhere, no framing.

    `form_targets`: origins a form's redirect may end at (the issuer's, at sign-out).
    """
    targets = " ".join(("'self'", *form_targets))
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action {targets}"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }


def _data(language: Language, value: str) -> str:
    """Data as it is; in the English interface, Chinese data is marked as Chinese."""
    if language == "en" and _CHINESE.search(value):
        return Markup('<span lang="zh">{}</span>').format(value)
    return value


def _mixed(language: Language, value: Text) -> str:
    """A message of ours that names data: in English, its Chinese pieces are marked as such."""
    text = value.to(language)
    if language == "zh":
        return text
    parts = re.split(f"({_CHINESE.pattern}+)", text)
    shown = (_data(language, part) if i % 2 else escape(part) for i, part in enumerate(parts))
    return Markup("").join(shown)


def _word_with_data(language: Language, key: str, **values: str) -> Markup:
    """A sentence with data put in, each piece marked as `_data` does: for text, not attributes."""
    pattern = Markup(escape(word(language, key)))
    return pattern.format(**{name: _data(language, value) for name, value in values.items()})


def _plain(language: Language, value: Words | Period | None) -> str:
    return formats.UNKNOWN if value is None else charts.words(value, language)


def _shown(language: Language, value: Words | Period | None) -> str:
    """A `Text` may hold data too: what another catalogue writes in Chinese alone."""
    if isinstance(value, str):
        return _data(language, value)
    if isinstance(value, Text) and language == "en" and _CHINESE.search(value.en):
        return _mixed(language, value)
    return _plain(language, value)


def _figure(language: Language, value: object, decimals: int = 0) -> str:
    """A headline number: a scale word from a million on."""
    if isinstance(value, int | float | Decimal):
        if abs(Decimal(value)) >= _LARGE:
            return formats.compact(value, language)
        return formats.number(value, decimals)
    return formats.UNKNOWN


def _cell(language: Language, value: object, decimals: int | None = None) -> str:
    """Any cell of a table as text; a Suppressed one is drawn by its macro."""
    if isinstance(value, Link):
        return Markup('<a href="{}">{}</a>').format(value.href, _shown(language, value.label))
    if isinstance(value, bool):
        return word(language, "yes" if value else "no")
    if isinstance(value, int | float | Decimal):
        return formats.number(value, decimals)
    if isinstance(value, datetime):
        return formats.moment(value, language)
    if isinstance(value, date):
        return formats.day(value, language)
    if isinstance(value, str | Text | Period):
        return _shown(language, value)
    return formats.UNKNOWN


def _reach(language: Language, value: date | datetime | Period | None) -> str:
    """How far data reaches: a period, a day or a moment."""
    if isinstance(value, Period):
        return formats.period(value, language)
    if isinstance(value, datetime):
        return formats.moment(value, language)
    return formats.day(value, language)


def _marked(language: Language, value: Words, terms: tuple[str, ...]) -> Markup:
    """The text with each searched term in a <mark>."""
    text = _plain(language, value)
    wanted = "|".join(re.escape(term) for term in sorted(terms, key=len, reverse=True) if term)
    parts = re.split(f"({wanted})", text, flags=re.IGNORECASE) if wanted else [text]
    shown = [
        Markup("<mark>{}</mark>").format(p) if i % 2 else escape(p) for i, p in enumerate(parts)
    ]
    joined = Markup("").join(shown)
    chinese_data = isinstance(value, str) and language == "en" and _CHINESE.search(text)
    return Markup('<span lang="zh">{}</span>').format(joined) if chinese_data else joined


def _filters(language: Language) -> dict[str, Callable[..., object]]:
    return {
        "t": partial(_shown, language),
        "plain": partial(_plain, language),
        "data": partial(_data, language),
        "mixed": partial(_mixed, language),
        "cell": partial(_cell, language),
        "figure": partial(_figure, language),
        "marked": partial(_marked, language),
        "number": formats.number,
        "compact": lambda value: formats.compact(value, language),
        "percent": lambda value, decimals=1: formats.percent(value, language, decimals),
        "day": lambda value: formats.day(value, language),
        "moment": lambda value: formats.moment(value, language),
        "short_moment": lambda value, now: formats.short_moment(value, now, language),
        "ago": lambda value, now: formats.relative(value, now, language),
        "month_words": lambda value: formats.period(Period(value), language),
        "on_tile": lambda name: tilemap.on_tile(name, language),
        "reach": partial(_reach, language),
        "period": lambda value: formats.period(value, language),
        "state_lines": lambda title: statechart.lines(
            title.to(language), statechart.LINE_LIMIT[language]
        ),
        "option": lambda chart: charts.option(chart, language),
    }


@cache
def environment(language: Language) -> Environment:
    """One environment for each language, so that filters and words know theirs."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(_filters(language))
    made.tests["suppressed"] = lambda value: isinstance(value, Suppressed)
    made.tests["disputed"] = lambda value: isinstance(value, Disputed)
    made.tests["partial"] = lambda value: isinstance(value, Partial)
    made.tests["bar"] = lambda value: isinstance(value, Bar)
    made.tests["short"] = lambda value: len(str(_cell(language, value))) <= _SHORT
    made.tests["link"] = lambda value: isinstance(value, Link)
    made.globals.update(
        w=partial(word, language),
        wd=partial(_word_with_data, language),
        lang=language,
        asset=asset,
        chart_table=charts.table,
        spark=charts.spark,
        draw=tilemap.draw,
        section_at=section_at,
        SMALL=SMALL,
        ANSWERS=ANSWERS,
    )
    return made


def is_partial(request: Request) -> bool:
    """Whether htmx asks for a piece of the page only."""
    return request.headers.get("HX-Request-Type") == "partial"


# Any: Jinja's context holds anything
def _context(request: Request, view: View, status: int) -> dict[str, Any]:
    chosen = preferences(request)
    elder = chosen.elder and view.frame.portal == "citizen"
    return {
        "view": view,
        "frame": view.frame,
        "theme": chosen.theme,
        "elder": elder,
        "asks": status == 200 and not elder,
        "here": here(request),
        "nav": sections(view.frame),
        "small": prefix(view.frame.portal),
        "partial": is_partial(request),
        "other_language_href": here(request, lang="en" if chosen.language == "zh" else "zh"),
    }


def render(
    request: Request, template: str, view: View, *, piece: str | None = None, status: int = 200
) -> HTMLResponse:
    """The page of a view in the reader's language; `?lang=` is kept for the next page.

    `piece` is the template of what htmx gets when it asks for a piece of the page.
    """
    chosen = preferences(request)
    name = piece if piece is not None and is_partial(request) else template
    page = environment(chosen.language).get_template(name)
    answer = HTMLResponse(page.render(_context(request, view, status)), status_code=status)
    answer.headers.update(security_headers(view.frame.form_targets))
    answer.headers["Content-Language"] = chosen.language
    answer.headers["Vary"] = "Accept-Language, Cookie, HX-Request-Type"
    if view.frame.person is not None:
        answer.headers["Cache-Control"] = "no-store"
    if request.query_params.get("lang") == chosen.language:
        answer.set_cookie(
            LANGUAGE_COOKIE,
            chosen.language,
            max_age=_YEAR_S,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
    return answer


def render_framed(
    request: Request, template: str, view: View, *, status: int = 200
) -> HTMLResponse:
    """A page for another site's frame: in the language of the address, else of the browser. No
    cookie is read or set."""
    language = language_of(request.headers.get("accept-language"), request.query_params.get("lang"))
    page = environment(language).get_template(template)
    text = page.render({"view": view, "frame": view.frame, "here": here(request)})
    answer = HTMLResponse(text, status_code=status)
    answer.headers.update(FRAMED)
    answer.headers["Content-Language"] = language
    return answer
