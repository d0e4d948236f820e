"""Duties as data: what a law asks for, in what time, and what moves that time."""

from dataclasses import dataclass
from typing import Literal

from xihu_platform.words import Text

Unit = Literal["working_day", "day", "month", "year", "hour"]
OnIncomplete = Literal["run", "restart", "defer"]
"""What a clock does while papers are missing: it runs on; it begins anew when they are supplied; it
has not begun before they are complete."""


@dataclass(frozen=True, slots=True)
class PauseReason:
    """What a law takes out of a period, and the article that says so."""

    id: str
    article: str
    name: Text


@dataclass(frozen=True, slots=True)
class Duty:
    """One duty of one rule set. `verified` is false until the text itself was read."""

    id: str
    rule_set: str
    source: Text
    article: str
    name: Text
    value: int
    unit: Unit
    extension: int | None
    extended_by: Text | None
    verified: bool
    on_incomplete: OnIncomplete = "run"
    interpretive: bool = False
    """Whether the law itself does not say what missing papers do to the clock."""
    pauses: tuple[PauseReason, ...] = ()
    law: Text | None = None
    """The name of the rule set."""
    deemed: str | None = None
    """The article by which silence decides, where one does."""
    target: bool = False
    """Whether no law sets it: what the installation aims at."""

    def extended(self, amount: int) -> int:
        """The length with an extension of `amount` units, which the law gives once.

        Raises ValueError for an extension that the law does not give, or not for so long.
        """
        if amount == 0:
            return self.value
        if self.extension is None:
            raise ValueError(f"{self.rule_set} {self.id} cannot be extended")
        if not 0 < amount <= self.extension:
            raise ValueError(
                f"{self.rule_set} {self.id} can be extended by 1 to {self.extension}, not {amount}"
            )
        return self.value + amount
