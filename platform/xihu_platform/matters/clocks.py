"""Clocks of a matter, read from its events: nothing about a date is stored that cannot be found
again from the events, the duty and the calendar.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from xihu_platform.errors import Conflict
from xihu_platform.matters.definition import ClockAct
from xihu_platform.statute.calendar import WorkingCalendar
from xihu_platform.statute.due import DueDate, Pause, due
from xihu_platform.statute.duty import Duty


@dataclass(frozen=True, slots=True)
class Moved:
    """What one event did to a clock: on its day, in business time; `amount` of an extension."""

    seq: int
    day: date
    act: ClockAct
    amount: int = 0


@dataclass(frozen=True, slots=True)
class MatterClock:
    """One run of a duty's clock, from the event that started it."""

    duty: str
    start_seq: int
    start: date
    pauses: tuple[Pause, ...] = ()
    extended: int = 0
    stop_seq: int | None = None
    stopped: date | None = None

    @property
    def running(self) -> bool:
        return self.stopped is None

    @property
    def paused(self) -> bool:
        return self.running and bool(self.pauses) and self.pauses[-1].supplied is None

    def due(self, duties: Mapping[str, Duty], calendar: WorkingCalendar) -> DueDate:
        """The last day with each day's reason; None as its day while a pause lasts.

        An extension that was given stays, whatever the duty says now. Raises Conflict for a duty
        that the registry has no longer.
        """
        duty = duties.get(self.duty)
        if duty is None:
            raise Conflict(
                f"登记库中已没有期限 {self.duty}，在办事项仍用到它，请补回",
                f"the registry has no duty {self.duty} any more, and open matters need it: "
                "put it back",
            )
        if self.extended > (duty.extension or 0):
            duty = replace(duty, extension=self.extended)
        return due(duty, self.start, calendar, pauses=self.pauses, extended=self.extended)

    def overdue(self, last: date | None, today: date) -> bool:
        """Derived, never stored: `last` is its due day. On the due day itself there is time."""
        ended = self.stopped or today
        return last is not None and ended > last


def clocks_of(moves: Sequence[Moved]) -> list[MatterClock]:
    """Every clock that the events have started, in the order of their starts.

    The events are those of one matter in their order. Raises ValueError where one moves a clock
    that does not run, or starts one that does: a definition that was checked does neither.
    """
    ended, open_ones = list[MatterClock](), dict[str, MatterClock]()
    for move in moves:
        duty = move.act.duty
        clock = open_ones.get(duty)
        if (move.act.verb == "start") != (clock is None):
            raise ValueError(f"event {move.seq}: {move.act.verb} of {duty} is out of place")
        if clock is None:
            open_ones[duty] = MatterClock(duty, move.seq, move.day)
        elif move.act.verb == "stop":
            ended.append(_stopped(clock, move))
            del open_ones[duty]
        else:
            open_ones[duty] = _moved(clock, move)
    return sorted([*ended, *open_ones.values()], key=lambda clock: (clock.start_seq, clock.duty))


def _stopped(clock: MatterClock, move: Moved) -> MatterClock:
    """A pause that lasts ends with its clock."""
    resumed = _resumed(clock, move.day) if clock.paused else clock
    return replace(resumed, stop_seq=move.seq, stopped=move.day)


def _moved(clock: MatterClock, move: Moved) -> MatterClock:
    verb = move.act.verb
    if verb == "pause":
        if clock.paused:
            raise ValueError(f"event {move.seq}: {clock.duty} is paused already")
        return replace(clock, pauses=(*clock.pauses, Pause(move.day)))
    if verb == "resume":
        if not clock.paused:
            raise ValueError(f"event {move.seq}: {clock.duty} is not paused")
        return _resumed(clock, move.day)
    if verb == "restart":  # the whole period anew: what was taken out of the old one is past
        return replace(clock, start=move.day, pauses=(), extended=0)
    return replace(clock, extended=clock.extended + move.amount)


def _resumed(clock: MatterClock, day: date) -> MatterClock:
    *before, last = clock.pauses
    return replace(clock, pauses=(*before, Pause(last.asked, day)))
