"""When a duty is due: counted from its events day by day, so that each day can be explained.

The day of the event is day zero (民法典 201). A working day counts if it lies after the start and
in no pause. A pause lasts from the day after it was asked for to the day of supply: the day it is
asked still counts, the day of supply is a day zero again. A period of calendar days or months that
ends on a day off ends on the next working day (民法典 203), once, at its end. What must be kept for
years, or told within hours, moves for no holiday. An extension adds to the length, so that it does
not matter whether it comes before a pause or after it.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from xihu_platform.statute.calendar import WorkingCalendar
from xihu_platform.statute.duty import Duty

Why = Literal["start", "counted", "weekend", "holiday", "paused", "moved"]
ONE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Pause:
    """From the day it was asked for, which still counts, to the day of supply, which does not.

    Without a day of supply it has not ended. Raises ValueError where it ends before it begins.
    """

    asked: date
    supplied: date | None = None

    def __post_init__(self) -> None:
        if self.supplied is not None and self.supplied < self.asked:
            raise ValueError(f"a pause from {self.asked} cannot end before it, on {self.supplied}")

    def covers(self, day: date) -> bool:
        return self.asked < day and (self.supplied is None or day <= self.supplied)


@dataclass(frozen=True, slots=True)
class DayStep:
    """One day: its number within the period, or why it has none."""

    day: date
    why: Why
    number: int | None = None
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class DueDate:
    """The last day of a period, None while a pause lasts; firm where its calendar is published."""

    day: date | None
    firm: bool
    steps: tuple[DayStep, ...]


def begin(duty: Duty, start: date, asked: date, supplied: date) -> date:
    """The day zero of a duty whose papers were incomplete, asked for and supplied.

    Raises ValueError where the days are not in this order.
    """
    if not start <= asked <= supplied:
        raise ValueError(f"{start}, {asked} and {supplied} are not in the order of time")
    return start if duty.on_incomplete == "run" else supplied


def due(
    duty: Duty,
    start: date,
    calendar: WorkingCalendar,
    *,
    pauses: Sequence[Pause] = (),
    extended: int = 0,
) -> DueDate:
    """The last day of a duty whose clock starts on `start`, with each day's reason.

    `extended` is in the duty's own unit; a pause lengthens months by its days. Raises ValueError
    for an extension that the law does not give.
    """
    length = duty.extended(extended)
    if duty.unit == "working_day":
        return _ended(_count(start, calendar, pauses, length, working=True))
    if duty.unit == "day":
        return _ended(_on_a_working_day(_count(start, calendar, pauses, length), calendar))
    if duty.unit == "month":
        days = (months_on(start, length) - start).days
        return _ended(_on_a_working_day(_count(start, calendar, pauses, days), calendar))
    days = -(-length // 24)
    last = start + days * ONE if duty.unit == "hour" else months_on(start, 12 * length)
    return _ended([DayStep(start, "start"), DayStep(last, "counted", length)])


def months_on(start: date, months: int) -> date:
    """The same day of a later month, or the last of that month where it has no such day."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def _ended(steps: list[DayStep]) -> DueDate:
    """A pause that lasts is the last step: nothing is counted beyond it."""
    last = steps[-1]
    firm = not any(step.provisional for step in steps)
    return DueDate(None if last.why == "paused" else last.day, firm, tuple(steps))


def _count(
    start: date,
    calendar: WorkingCalendar,
    pauses: Sequence[Pause],
    length: int,
    *,
    working: bool = False,
) -> list[DayStep]:
    """The days from `start` to the one that is number `length`, or to a pause that lasts."""
    steps, day, number = [DayStep(start, "start")], start, 0
    while number < length:
        day += ONE
        within = [pause for pause in pauses if pause.covers(day)]
        if within:
            steps.append(DayStep(day, "paused"))
            if any(pause.supplied is None for pause in within):
                break
            continue
        works, guessed = calendar.is_working_day(day) if working else (True, False)
        number += works
        steps.append(DayStep(day, "counted", number, guessed) if works else _off(day, guessed))
    return steps


def _on_a_working_day(steps: list[DayStep], calendar: WorkingCalendar) -> list[DayStep]:
    """The same days; where the last is a day off, on to the next working day."""
    last = steps[-1]
    if last.why == "paused":
        return steps
    works, guessed = calendar.is_working_day(last.day)
    moved = [*steps[:-1], replace(last, provisional=guessed)]
    day = last.day
    while not works:
        day += ONE
        works, guessed = calendar.is_working_day(day)
        moved.append(DayStep(day, "moved", None, guessed))
    return moved


def _off(day: date, guessed: bool) -> DayStep:
    return DayStep(day, "weekend" if day.weekday() > 4 else "holiday", None, guessed)
