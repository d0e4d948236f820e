"""Errors as pages: what was wrong, why, what to do about it, with a way on."""

from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import HTMLResponse

from xihu_platform.errors import NotSignedIn, PlatformError, Reason, Refused
from xihu_platform.telemetry.logs import REQUEST
from xihu_platform.words import Text
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Action
from xihu_portals.web.render import render


@dataclass(frozen=True, slots=True)
class ErrorPage:
    frame: PageFrame
    status: int
    kind: str
    """Key of the heading: bad_input, not_found, signed_out, refused, conflict, too_large, later,
    broken."""
    text: Text
    reason: Reason | None
    actions: tuple[Action, ...]
    request: str | None
    """Number of the request, which is in the platform's log too."""


_KINDS = {
    401: "signed_out",
    403: "refused",
    404: "not_found",
    409: "conflict",
    413: "too_large",
    422: "bad_input",
    429: "later",
    503: "later",
}


def _way_on(frame: PageFrame, error: PlatformError, action: Action | None) -> tuple[Action, ...]:
    root = "/official/" if frame.portal == "official" else "/"
    home = Action(Text("回首页", "Go to the home page"), root)
    if action is not None:
        return (action, home)
    if isinstance(error, NotSignedIn):
        return (Action(Text("登录", "Sign in"), f"{root}signin"), home)
    return (home,)


def error_page(
    request: Request, frame: PageFrame, error: PlatformError, *, action: Action | None = None
) -> HTMLResponse:
    """The page of an error; `action` is a button that starts what would make it possible."""
    view = ErrorPage(
        frame,
        error.status,
        _KINDS.get(error.status, "broken"),
        error.text,
        error.reason if isinstance(error, Refused) else None,
        _way_on(frame, error, action),
        REQUEST.get(),
    )
    return render(request, "error.html", view, status=error.status)
