"""A form that was sent after its session had ended, or before a position was chosen.

Nothing of it was taken: the page says so, and leads back to the page of the form.
"""

from contextlib import suppress
from urllib.parse import quote, urlsplit

from fastapi import Request
from starlette.requests import ClientDisconnect

from xihu_platform.errors import Conflict, NotSignedIn, PlatformError, TooLarge
from xihu_platform.local_paths import safe_path
from xihu_platform.words import Text
from xihu_portals.edge.body import FILE_FORMS, page_under
from xihu_portals.pages.visitor import NoPosition
from xihu_portals.web.parts import Action

READS = frozenset({"GET", "HEAD"})
_STANDS_ON = {"/mandate": "/my/data"}
"""The page of a form whose own address is none, where the browser does not say."""
_LOST = {
    "file": Text("文件没有提交", "your file was not submitted"),
    "choice": Text("您的选择没有保存", "your choice was not saved"),
}


def unsent(request: Request, error: PlatformError) -> tuple[PlatformError, Action] | None:
    """What to say of a form that was not taken, and the way on; None for any other error."""
    if request.method in READS or not isinstance(error, NotSignedIn | NoPosition):
        return None
    path = request.url.path
    lost = _LOST["file" if FILE_FORMS.match(path) else "choice"]
    back = quote(page_of(request))
    if isinstance(error, NoPosition):
        said: PlatformError = Conflict(
            f"还没有选择岗位，{lost.zh}。选好岗位后会回到原来的页面，请再提交一次。",
            f"No position is chosen, so {lost.en}. Choose one, then submit again on the page you "
            "come back to.",
        )
        label = Text("选择岗位", "Choose a position")
        return said, Action(label, f"/official/positions?next={back}")
    said = NotSignedIn(
        f"登录已过期，{lost.zh}。重新登录后会回到原来的页面，请再提交一次。",
        f"Your sign-in has expired, so {lost.en}. Sign in, then submit again on the page you come "
        "back to.",
    )
    gateway = "/official" if path.startswith("/official") else ""
    return said, Action(Text("重新登录", "Sign in again"), f"{gateway}/signin?next={back}")


def page_of(request: Request) -> str:
    """The page of a form, as the browser says, where that is one of the same portal."""
    path = request.url.path
    came = urlsplit(request.headers.get("referer", ""))
    official = came.path.startswith("/official/")
    if came.netloc == request.url.netloc and official == path.startswith("/official/"):
        found = safe_path(f"{came.path}?{came.query}" if came.query else came.path)
        return page_under(found)
    return _STANDS_ON.get(path, page_under(path))


async def take_in(request: Request) -> None:
    """Read what is still to come of a file, and drop it: a browser shows an answer only when it has
    sent everything. The limit of the body applies here too."""
    if request.method in READS or not FILE_FORMS.match(request.url.path):
        return
    with suppress(ClientDisconnect, RuntimeError, TooLarge):  # RuntimeError: it was read already
        async for _ in request.stream():
            pass
