"""Duties as data: what a law asks for, in what time, and who may extend it."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from xihu_platform.statute.calendar import Due, WorkingCalendar
from xihu_platform.words import Text

Unit = Literal["working_day", "day", "year", "hour"]


@dataclass(frozen=True, slots=True)
class Duty:
    """One duty of one rule set. `verified` is false until the text itself was read."""

    id: str
    rule_set: str
    source: str
    article: str
    name: Text
    value: int
    unit: Unit
    extension: int | None
    extended_by: Text | None
    verified: bool

    def due(self, start: date, calendar: WorkingCalendar, *, extended: bool = False) -> Due:
        """The last day of the duty when its clock starts on `start`.

        Hours end on the calendar day they run into. Raises ValueError for an extension that the
        law does not give.
        """
        if extended and self.extension is None:
            raise ValueError(f"{self.rule_set} {self.id} cannot be extended")
        amount = self.value + ((self.extension or 0) if extended else 0)
        if self.unit == "working_day":
            return calendar.add_working_days(start, amount)
        if self.unit == "hour":
            return Due(start + timedelta(days=-(-amount // 24)), provisional=False)
        if self.unit == "year":
            return Due(_years_on(start, amount), provisional=False)
        return Due(start + timedelta(days=amount), provisional=False)


def _years_on(start: date, years: int) -> date:
    try:
        return start.replace(year=start.year + years)
    except ValueError:  # 29 February
        return start.replace(year=start.year + years, day=28)
