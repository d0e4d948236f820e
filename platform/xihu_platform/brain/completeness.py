"""Whether a number is made of all its cells: expected against present, and what is missing.

A metric of cells (a county's quarter) declares a frame; each leaf region is expected in each
period of it. A metric of events has none: there, completeness concerns time alone.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from math import prod

from xihu_platform.access.policy import Policy
from xihu_platform.brain.periods import count_within, period_start, shift
from xihu_platform.brain.query import Window, presence_statement, span_statement
from xihu_platform.brain.spec import Frame, Grain, MetricSpec
from xihu_platform.clock import civil_date
from xihu_platform.lake.snapshot import Snapshot
from xihu_platform.regions import Region
from xihu_platform.sql import Relation, Statement

Fetch = Callable[[Callable[[Relation], Statement]], list[dict[str, object]]]
"""Runs a statement over the snapshot's relation and returns its rows."""


@dataclass(frozen=True, slots=True)
class QuarantinedCell:
    """A cell whose record was quarantined: why it is missing, and in which load's report."""

    region: str
    day: date | None
    load_id: str


@dataclass(frozen=True, slots=True)
class MissingCells:
    """A leaf region that lacks cells; `load_id` where its record was quarantined, else late."""

    region: str
    load_id: str | None
    absent: bool
    """None of the cells expected of it in the period is there."""


@dataclass(frozen=True, slots=True)
class Completeness:
    """What one point is made of. `expected` is None for events: absence is zero there."""

    complete: bool
    closed: bool
    expected: int | None = None
    present: int | None = None
    missing: tuple[MissingCells, ...] = ()
    """Every leaf region that lacks cells."""

    @property
    def missing_regions(self) -> int:
        return len(self.missing)

    @property
    def missing_cells(self) -> int:
        return (self.expected or 0) - (self.present or 0)


WHOLE = Completeness(complete=True, closed=True)


@dataclass(frozen=True, slots=True)
class DataSpan:
    """The first and the newest value of the time field: `last` is *data as of*."""

    first: datetime | None
    last: datetime | None


def read_span(spec: MetricSpec, policy: Policy, fetch: Fetch) -> DataSpan:
    if spec.time_field is None:
        return DataSpan(None, None)
    rows = fetch(lambda relation: span_statement(spec, policy, relation))
    return DataSpan(_moment(rows[0]["first"]), _moment(rows[0]["last"]))


class Cells:
    """The cells that are present, and the completeness of any point made of them."""

    def __init__(
        self,
        spec: MetricSpec,
        *,
        grain: Grain | None,
        by: tuple[str, ...],
        span: DataSpan,
        snapshot: Snapshot,
        now: datetime,
        quarantined: Callable[[], tuple[QuarantinedCell, ...]],
    ) -> None:
        self._spec = spec
        self._grain = grain
        self._dimensions = tuple(n for n, _ in spec.frame.by if n in by) if spec.frame else ()
        self._span = span
        self._loaded_on = civil_date(snapshot.loaded_at)
        self._today = civil_date(now)
        self._quarantined = quarantined
        self._present: dict[tuple[object, ...], int] = {}
        self._below: dict[str, list[str]] = {}
        """Leaf regions by the digits that they begin with."""

    def read(self, policy: Policy, fetch: Fetch, window: Window) -> None:
        """Count the present cells of each leaf region and period in the window."""
        frame = self._spec.frame
        if frame is None:
            return
        midnight = datetime(self._today.year, self._today.month, self._today.day)
        rows = fetch(
            lambda relation: presence_statement(
                self._spec, frame, policy, relation, self._grain, self._dimensions, window, midnight
            )
        )
        for row in rows:
            start = _moment(row.get("period"))
            key = (start, row["region"], *(row[n] for n in self._dimensions))
            if self._is_last(start, _moment(row.get("last"))):
                self._present[key] = int(str(row["n"]))

    def _is_last(self, start: datetime | None, last: datetime | None) -> bool:
        """A stock speaks for its period only by a value of the period's own end."""
        frame, grain = self._spec.frame, self._grain
        if self._spec.kind != "stock" or start is None or last is None or grain is None:
            return True
        if frame is None or frame.grain is None or not self._closed(start):
            return True
        return period_start(last, frame.grain) >= shift(shift(start, grain, 1), frame.grain, -1)

    def _closed(self, start: datetime | None) -> bool:
        if start is None or self._grain is None:
            return True
        return shift(start, self._grain, 1).date() <= self._today

    def absent(
        self, nodes: list[str | None], window: Window
    ) -> Iterator[tuple[datetime | None, str | None]]:
        """Each period of the window that has data, with each of the nodes."""
        return ((p, n) for p in self._periods if window.holds(p) for n in nodes)

    @property
    def _periods(self) -> frozenset[datetime | None]:
        """The periods in which at least one cell is present."""
        return frozenset(k[0] for k in self._present)  # type: ignore[misc]  # a start comes first

    def of(
        self, start: datetime | None, node: str | None, dimensions: dict[str, str | None]
    ) -> Completeness:
        """The completeness of one point: a region (all of them if None) in one period."""
        frame = self._spec.frame
        if frame is None:
            return self._of_events(start)
        each = self._expected(frame, start)
        prefix = Region(node).prefix if node else ""
        values = tuple(dimensions.get(n) for n in self._dimensions)
        expected = present = 0
        missing: list[MissingCells] = []
        for leaf in self._leaves(frame, prefix):
            there = min(self._present.get((start, leaf, *values), 0), each)
            expected, present = expected + each, present + there
            if there < each:
                missing.append(self._why(start, leaf, absent=there == 0))
        closed = self._closed(start)
        return Completeness(
            complete=closed and expected > 0 and present == expected,
            closed=closed,
            expected=expected,
            present=present,
            missing=tuple(missing),
        )

    def _leaves(self, frame: Frame, prefix: str) -> list[str]:
        if prefix not in self._below:
            self._below[prefix] = [r for r in frame.regions if r.startswith(prefix)]
        return self._below[prefix]

    def _of_events(self, start: datetime | None) -> Completeness:
        """The period is over, data was loaded after its end, and there is data before and in it."""
        closed = self._closed(start)
        if start is None or self._grain is None:
            return Completeness(closed, closed)
        first, last = self._span.first, self._span.last
        begun = first is not None and period_start(first, self._spec.grain or "day") <= start
        reached = last is not None and last >= start
        loaded = self._loaded_on >= shift(start, self._grain, 1).date()
        return Completeness(closed and begun and reached and loaded, closed)

    def _expected(self, frame: Frame, start: datetime | None) -> int:
        """Cells expected of one leaf region in a period: those whose own period has ended."""
        sizes = prod(len(values) for name, values in frame.by if name not in self._dimensions)
        if start is None or self._grain is None or frame.grain is None:
            return sizes
        ended = count_within(start, self._grain, frame.grain, self._today)
        return sizes * (min(ended, 1) if self._spec.kind == "stock" else ended)

    def _why(self, start: datetime | None, leaf: str, *, absent: bool) -> MissingCells:
        found = self._causes.get((leaf, start if self._grain else None))
        return MissingCells(leaf, found, absent)

    @cached_property
    def _causes(self) -> dict[tuple[str, datetime | None], str]:
        """The load that quarantined a record of a region and period; the newest one counts."""
        found: dict[tuple[str, datetime | None], str] = {}
        for cell in self._quarantined():
            if self._grain is None:
                found.setdefault((cell.region, None), cell.load_id)
            elif cell.day is not None:
                day = datetime(cell.day.year, cell.day.month, cell.day.day)
                found.setdefault((cell.region, period_start(day, self._grain)), cell.load_id)
        return found


def _moment(value: object) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    day = value if isinstance(value, date) else date.fromisoformat(str(value))
    return datetime(day.year, day.month, day.day)
