"""A page of data as it was at a moment: its notice, its form, the way back to now."""

from datetime import datetime

from xihu_portals.api.at_moment import in_beijing
from xihu_portals.web.parts import ShownMoment


def shown_moment(
    action: str,
    kept: tuple[tuple[str, str], ...],
    moment: datetime,
    snapshot: int | None,
    now_href: str,
) -> ShownMoment:
    """`kept`: the other parameters of the page; `now_href`: the same page of now."""
    at = in_beijing(moment)
    value = at.replace(tzinfo=None).isoformat(timespec="seconds")
    return ShownMoment(action, kept, value, at, str(snapshot), now_href)
