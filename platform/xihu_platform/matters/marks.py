"""On which days time has something to say about a period: halfway, before its end, at it, after."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal

from xihu_platform.statute.due import DueDate

Mark = Literal["half", "two_days", "one_day", "due", "late"]
HALF_FROM = 6
"""Shorter periods have no word at half: it would come with the others."""


def marks(found: DueDate) -> Iterator[tuple[date, Mark]]:
    """In the order of time; none while a pause lasts. `late` is the day after the last one."""
    if found.day is None:
        return
    counted = {step.number: step.day for step in found.steps if step.why == "counted"}
    length = max((number for number in counted if number), default=0)
    if len(counted) == length:  # counted day by day
        if length >= HALF_FROM:
            yield counted[-(-length // 2)], "half"
        if length >= 5:
            yield counted[length - 2], "two_days"
        if length >= 3:
            yield counted[length - 1], "one_day"
    yield found.day, "due"
    yield found.day + timedelta(days=1), "late"


def mark_on(found: DueDate, today: date) -> tuple[date, Mark] | None:
    """The last mark that has come by a day."""
    come = [one for one in marks(found) if one[0] <= today]
    return come[-1] if come else None


def next_mark(found: DueDate, after: tuple[date, Mark] | None) -> tuple[date, Mark] | None:
    """The mark that follows one that was told; the first of all where none was."""
    for one in marks(found):
        if after is None or one[0] > after[0]:
            return one
    return None
