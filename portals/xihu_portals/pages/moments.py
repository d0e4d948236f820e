"""A page of data as it was at a moment: its notice, its form, the way back to now."""

from datetime import datetime, timedelta

from xihu_platform.words import Text
from xihu_portals.api.at_moment import BeforeFirst, in_beijing, moment_text
from xihu_portals.web.parts import ShownMoment, State

Pairs = tuple[tuple[str, str], ...]


def shown_moment(
    action: str, kept: Pairs, moment: datetime, snapshot: int | None, now_href: str
) -> ShownMoment:
    """`kept`: the other parameters of the page; `now_href`: the same page of now."""
    at = in_beijing(moment)
    return ShownMoment(action, kept, _value(at), at, str(snapshot), now_href)


def before_first(action: str, kept: Pairs, before: BeforeFirst, now_href: str) -> ShownMoment:
    """The form of a page that has nothing to show: it asks for the first version's moment."""
    if before.first is None:
        return ShownMoment(action, kept, now_href=now_href)
    first = in_beijing(before.first)
    if first.microsecond:  # the control has whole seconds, and this one must be of the version
        first = first.replace(microsecond=0) + timedelta(seconds=1)
    return ShownMoment(action, kept, _value(first), now_href=now_href, first=_value(first))


def nothing_then(before: BeforeFirst) -> State:
    """The notice of that page."""
    at, since = moment_text(before.at), before.since
    return State(
        "empty",
        Text(f"{at.zh}（北京时间）时还没有数据", f"There was no data at {at.en} Beijing time"),
        Text(f"{since.zh}。", f"{since.en[0].upper()}{since.en[1:]}."),
    )


def _value(at: datetime) -> str:
    """As a control of date and time has it."""
    return at.replace(tzinfo=None).isoformat(timespec="seconds")
