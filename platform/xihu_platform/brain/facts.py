"""What is known of a snapshot and never leaves by itself: its span, its cells, what is hidden.

Worked out once and kept in the process for each snapshot; what is hidden, in the database.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar
from weakref import WeakKeyDictionary

from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.policy import Policy
from xihu_platform.brain.completeness import Cells, DataSpan, Fetch, QuarantinedCell, read_span
from xihu_platform.brain.patterns import Decided, family_digest
from xihu_platform.brain.periods import year_before
from xihu_platform.brain.protection import Pattern, Reader
from xihu_platform.brain.query import MetricQuery, Window, grain_of
from xihu_platform.brain.spec import MetricSpec
from xihu_platform.clock import civil_date
from xihu_platform.lake.snapshot import Snapshot
from xihu_platform.sql import Relation, Statement

K = TypeVar("K")
V = TypeVar("V")
KEPT = 64  # sets of present cells: a page asks for the same few again

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
    """The facts of one gateway's snapshots."""

    def __init__(self, gateway: AccessGateway) -> None:
        self._engine = gateway.engine
        self._lake = gateway.lake
        self._clock = gateway.clock
        self._spans: OrderedDict[tuple[object, ...], DataSpan] = OrderedDict()
        self._cells: OrderedDict[tuple[object, ...], Cells] = OrderedDict()
        self._database = gateway.database
        self._decided: dict[str, Decided] = {}
        self._deciding = threading.RLock()

    def fetch(self, snapshot: Snapshot) -> Fetch:
        relation, engine = self._engine.relation(snapshot), self._engine

        def run(make: Callable[[Relation], Statement]) -> list[dict[str, object]]:
            rows: list[dict[str, object]] = engine.fetch(make(relation)).to_pylist()
            return rows

        return run

    def span(self, spec: MetricSpec, policy: Policy, snapshot: Snapshot) -> DataSpan:
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
        """What is hidden in a snapshot: decided after each load before it, and then it stands."""
        digest = family_digest(family)
        with self._deciding:
            decided = self._decided.setdefault(
                snapshot.table, Decided(self._database, snapshot.table)
            )
            found = decided.find(digest, snapshot.id)
            if found is not None:
                return found
            for one in self._before(snapshot):
                if decided.find(digest, one.id) is None:
                    decided.decide(digest, one.id, Reader(family, policy, self.fetch(one)))
            return decided.decide(digest, snapshot.id, Reader(family, policy, self.fetch(snapshot)))

    def _before(self, snapshot: Snapshot) -> list[Snapshot]:
        """The loads before a snapshot that are still kept, oldest first."""
        history = iter(self._lake.history(snapshot.table))
        for one in history:
            if one.id == snapshot.id:
                break
        return [one for one in reversed(list(history)) if not one.maintained]


def _keep(kept: OrderedDict[K, V], key: K, value: V) -> V:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > KEPT:
        kept.popitem(last=False)
    return value


_KNOWN: WeakKeyDictionary[AccessGateway, Facts] = WeakKeyDictionary()


def facts_of(gateway: AccessGateway) -> Facts:
    return _KNOWN.setdefault(gateway, Facts(gateway))
