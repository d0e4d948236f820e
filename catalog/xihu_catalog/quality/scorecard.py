"""The scorecard of a department: its datasets in the six dimensions, and what to do next.

Departments and datasets, never persons. How often data is read or called is no part of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from xihu_catalog.quality.dimensions import (
    DIMENSIONS,
    Dimension,
    DimensionCheck,
    DimensionMeasure,
    summed,
)
from xihu_catalog.quality.history import MeasuredDataset
from xihu_platform.clock import SHANGHAI

STEPS_SHOWN = 3
"""Of one dataset: the checks that fail most, which are to be put right first."""


@dataclass(frozen=True, slots=True)
class NextStep:
    """A check that fails."""

    dimension: Dimension
    check: DimensionCheck


@dataclass(frozen=True, slots=True)
class Trend:
    """The loads of this month so far, and those of the month before."""

    now: Decimal | None
    before: Decimal | None

    @property
    def points(self) -> Decimal | None:
        """In percentage points; None where one of the months has no value."""
        if self.now is None or self.before is None:
            return None
        return (self.now - self.before) * 100


@dataclass(frozen=True, slots=True)
class Scorecard:
    """One department."""

    provider: str
    datasets: tuple[MeasuredDataset, ...]
    """The one with the lowest value first."""

    def measure(self, dimension: Dimension) -> DimensionMeasure | None:
        """Of all its datasets together; None where none has a value."""
        return summed(one.now[dimension] for one in self.datasets)

    def trend(self, dimension: Dimension, now: datetime) -> Trend:
        return trend_of(self.datasets, dimension, now)


def scorecards(found: Iterable[MeasuredDataset]) -> list[Scorecard]:
    """By department, in the order of their codes: no list of merit."""
    groups: dict[str, list[MeasuredDataset]] = {}
    for one in found:
        groups.setdefault(one.contract.provider, []).append(one)
    return [
        Scorecard(provider, tuple(sorted(groups[provider], key=_worst_first)))
        for provider in sorted(groups)
    ]


def _worst_first(one: MeasuredDataset) -> tuple[Decimal, str]:
    shares = [share for each in DIMENSIONS if (share := one.now[each].share) is not None]
    return min(shares, default=Decimal(1)), one.contract.dataset


def next_steps(one: MeasuredDataset, limit: int = STEPS_SHOWN) -> tuple[NextStep, ...]:
    """The checks of a dataset that fail, the largest share of failures first."""
    steps = [
        NextStep(dimension, check)
        for dimension in DIMENSIONS
        for check in one.now[dimension].checks
        if check.failed and one.now[dimension].gap is None
    ]
    steps.sort(key=lambda s: (-Decimal(s.check.failed) / s.check.checked, s.check.id))
    return tuple(steps[:limit])


def trend_of(of: Sequence[MeasuredDataset], dimension: Dimension, now: datetime) -> Trend:
    """Each load by its own record, corrections left out, so that both months are alike."""
    this = _first_day(now)
    before = _first_day(this, back=1)
    return Trend(
        _share(of, dimension, this, _first_day(this, back=-1)),
        _share(of, dimension, before, this),
    )


def _share(
    of: Sequence[MeasuredDataset], dimension: Dimension, start: datetime, end: datetime
) -> Decimal | None:
    found = summed(
        load.measures[dimension]
        for one in of
        for load in one.course(dimension)
        if start <= load.arrived_at < end
    )
    return found.share if found else None


def _first_day(moment: datetime, back: int = 0) -> datetime:
    day = moment.astimezone(SHANGHAI).date()
    months = day.year * 12 + day.month - 1 - back
    first = date(months // 12, months % 12 + 1, 1)
    return datetime(first.year, first.month, first.day, tzinfo=SHANGHAI)
