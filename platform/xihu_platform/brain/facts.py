"""What is known of a snapshot and never leaves by itself: its span, its cells, what is hidden.

Worked out once and kept in the process for each door and snapshot.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeVar
from weakref import WeakKeyDictionary

from xihu_platform.access.door import DoorOut
from xihu_platform.access.policy import Policy
from xihu_platform.brain.completeness import Cells, Fetch, QuarantinedCell, Span, read_span
from xihu_platform.brain.periods import year_before
from xihu_platform.brain.protection import Pattern, Reader, decide
from xihu_platform.brain.query import MetricQuery, Window, grain_of
from xihu_platform.brain.spec import MetricSpec
from xihu_platform.clock import civil_date
from xihu_platform.lake.tables import Snapshot

K = TypeVar("K")
V = TypeVar("V")
KEPT = 64  # sets of present cells, and patterns: a page asks for the same few again
EARLIER = 12  # loads before a snapshot that are decided first, when a process begins

Quarantined = Callable[[str], tuple[QuarantinedCell, ...]]
"""The cells of a dataset whose records were quarantined, newest load first."""


@dataclass(frozen=True, slots=True)
class Registered:
    """The metrics of an installation, all of them: small cells are hidden for the metrics of a
    dataset together."""

    metrics: Mapping[str, MetricSpec]
    quarantined: Quarantined = lambda _: ()

    def family(self, spec: MetricSpec) -> tuple[MetricSpec, ...]:
        """The metrics over the same dataset that protect small cells, this one among them."""
        known = {**self.metrics, spec.id: spec}.values()
        return tuple(m for m in known if m.dataset == spec.dataset and m.smallest_cell)


class Facts:
    """The facts of one door's snapshots."""

    def __init__(self, door: DoorOut) -> None:
        self._engine = door.engine
        self._lake = door.lake
        self._clock = door.clock
        self._spans: OrderedDict[tuple[object, ...], Span] = OrderedDict()
        self._cells: OrderedDict[tuple[object, ...], Cells] = OrderedDict()
        self._patterns: OrderedDict[tuple[object, ...], Pattern] = OrderedDict()
        self._deciding = threading.RLock()

    def fetch(self, snapshot: Snapshot) -> Fetch:
        relation, engine = self._engine.relation(snapshot), self._engine

        def run(make: Callable[[str], tuple[str, list[object]]]) -> list[dict[str, object]]:
            sql, parameters = make(relation)
            rows: list[dict[str, object]] = engine.fetch(sql, parameters).to_pylist()
            return rows

        return run

    def span(self, spec: MetricSpec, policy: Policy, snapshot: Snapshot) -> Span:
        key = (snapshot.table, snapshot.id, spec.time_field, spec.where)
        found = self._spans.get(key) or read_span(spec, policy, self.fetch(snapshot))
        return _keep(self._spans, key, found)

    def cells(
        self,
        spec: MetricSpec,
        policy: Policy,
        snapshot: Snapshot,
        query: MetricQuery,
        window: Window,
        quarantined: Quarantined,
    ) -> Cells:
        """The present cells of the periods asked for, and of those they are compared with."""
        now = self._clock()
        by = (*query.by, *(name for name, _ in query.filters))
        if query.compare and window.start is not None:
            window = replace(window, start=year_before(window.start))
        grain = grain_of(spec, query)
        key = (snapshot.table, snapshot.id, spec.id, grain, by, window, civil_date(now))
        found = self._cells.get(key)
        if found is None:
            found = Cells(
                spec,
                grain=grain,
                by=by,
                span=self.span(spec, policy, snapshot),
                snapshot=snapshot,
                now=now,
                quarantined=lambda: quarantined(spec.dataset),
            )
            found.read(policy, self.fetch(snapshot), window)
        return _keep(self._cells, key, found)

    def pattern(
        self, family: tuple[MetricSpec, ...], policy: Policy, snapshot: Snapshot
    ) -> Pattern:
        """What is hidden in a snapshot, looking back to what the loads before it showed."""
        with self._deciding:
            found: Pattern | None = None
            waiting: list[Snapshot] = []
            for one in self._back(snapshot):
                found = self._patterns.get((one.table, one.id, family))
                if found is not None:
                    break
                waiting.append(one)
            for one in reversed(waiting):
                found = decide(Reader(family, policy, self.fetch(one)), found)
                _keep(self._patterns, (one.table, one.id, family), found)
            assert found is not None
            return found

    def _back(self, snapshot: Snapshot) -> Iterator[Snapshot]:
        """A snapshot and the loads before it, newest first."""
        yield snapshot
        history = iter(self._lake.history(snapshot.table))
        for one in history:
            if one.id == snapshot.id:
                break
        yield from islice((one for one in history if not one.maintained), EARLIER)


def _keep(kept: OrderedDict[K, V], key: K, value: V) -> V:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > KEPT:
        kept.popitem(last=False)
    return value


_KNOWN: WeakKeyDictionary[DoorOut, Facts] = WeakKeyDictionary()


def facts_of(door: DoorOut) -> Facts:
    return _KNOWN.setdefault(door, Facts(door))
