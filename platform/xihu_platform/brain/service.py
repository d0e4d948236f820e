"""Asking a metric: who may, the answer through the door out, small cells suppressed, all cited."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar
from weakref import WeakKeyDictionary

import pyarrow as pa

from xihu_platform.access.answers import Citation
from xihu_platform.access.door import DoorOut
from xihu_platform.access.policy import Policy
from xihu_platform.access.reasons import ORDER_25
from xihu_platform.brain.completeness import (
    WHOLE,
    Cells,
    Completeness,
    Fetch,
    QuarantinedCell,
    Span,
    read_span,
)
from xihu_platform.brain.periods import shift, year_before
from xihu_platform.brain.query import (
    SERIES_LIMIT,
    MetricQuery,
    Window,
    check_query,
    grain_of,
    metric_sql,
    region_prefix,
    window_of,
)
from xihu_platform.brain.spec import Grain, Level, MetricSpec
from xihu_platform.clock import civil_date
from xihu_platform.errors import Reason, Refused
from xihu_platform.identity.principal import Principal
from xihu_platform.lake.tables import Snapshot
from xihu_platform.words import Text

OFFICIALS_ONLY = Reason(
    "officials_only",
    Text("该指标只供履行职责使用。", "This metric serves official duties only."),
    ORDER_25,
    Text("请以公务岗位登录。", "Sign in and act in an official position."),
)
K = TypeVar("K")
V = TypeVar("V")
KEPT = 64  # sets of present cells kept for each door: a page asks for the same few again
_ZEROS: dict[Level, int] = {"province": 2, "city": 4, "county": 6}

Quarantined = Callable[[str], tuple[QuarantinedCell, ...]]
"""The cells of a dataset whose records were quarantined, newest load first."""


@dataclass(frozen=True, slots=True)
class Point:
    """One value of an answer. `value` is None when unknown, when missing, or when suppressed."""

    period: str | None
    region: str | None
    dimensions: dict[str, str | None]
    value: Decimal | None
    suppressed: bool
    year_on_year: Decimal | None = None
    period_on_period: Decimal | None = None
    completeness: Completeness = WHOLE


@dataclass(frozen=True, slots=True)
class Answer:
    """A metric's answer with all that it rests on."""

    metric: MetricSpec
    points: tuple[Point, ...]
    sql: str
    citation: Citation
    etag: str
    grain: Grain | None = None
    newest: str | None = None
    """The newest period that the answer may hold: a point of an earlier one is not the latest."""
    data_as_of: datetime | None = None
    """The newest value of the time field in the whole dataset."""


def ask(
    door: DoorOut,
    principal: Principal,
    spec: MetricSpec,
    query: MetricQuery,
    quarantined: Quarantined = lambda _: (),
) -> Answer:
    """Raises Refused for a metric of another audience, BadInput for a question it cannot answer."""
    check_audience(principal, spec)
    check_query(spec, query)
    policy = door.policy(spec.dataset)
    snapshot = door.snapshot(policy, query.snapshot_id)
    facts = _facts(door)
    span = facts.span(spec, policy, snapshot)
    grain = grain_of(spec, query)
    window = window_of(query, grain, span.last)
    cells = facts.cells(spec, policy, snapshot, span, query, window, quarantined)
    table, citation, sql, etag = door.aggregate(
        principal,
        metric=spec.id,
        basis="公开指标" if spec.audience == "public" else ORDER_25.zh,
        dataset=spec.dataset,
        sql=lambda relation: metric_sql(spec, policy, query, relation, window),
        details=_question(query),
        snapshot_id=snapshot.id,
    )
    points = _points(spec, query, grain, table, cells, window)
    newest = window.end or span.last
    return Answer(
        spec, points, sql, citation, etag, grain, _period(newest) if grain else None, span.last
    )


def check_audience(principal: Principal, spec: MetricSpec) -> None:
    if spec.audience == "official" and principal.kind not in {"official", "system"}:
        raise Refused(OFFICIALS_ONLY)


def _question(query: MetricQuery) -> dict[str, object]:
    """The whole question, for the log."""
    return {
        "grain": query.grain,
        "level": query.level,
        "parent": query.parent,
        "by": list(query.by),
        "filters": [list(pair) for pair in query.filters],
        "from": query.start.isoformat() if query.start else None,
        "to": query.end.isoformat() if query.end else None,
        "latest": query.latest,
        "compare": query.compare,
        "asked_snapshot": query.snapshot_id,
    }


class _Facts:
    """What is known of a snapshot and never leaves by itself: its span and its present cells."""

    def __init__(self, door: DoorOut) -> None:
        self._engine = door.engine
        self._clock = door.clock
        self._spans: OrderedDict[tuple[object, ...], Span] = OrderedDict()
        self._cells: OrderedDict[tuple[object, ...], Cells] = OrderedDict()

    def fetch(self, snapshot: Snapshot) -> Fetch:
        relation = self._engine.relation(snapshot)
        engine = self._engine

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
        span: Span,
        query: MetricQuery,
        window: Window,
        quarantined: Quarantined,
    ) -> Cells:
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
                span=span,
                snapshot=snapshot,
                now=now,
                quarantined=lambda: quarantined(spec.dataset),
            )
            found.read(policy, self.fetch(snapshot), window)
        return _keep(self._cells, key, found)


def _keep(kept: OrderedDict[K, V], key: K, value: V) -> V:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > KEPT:
        kept.popitem(last=False)
    return value


_KNOWN: WeakKeyDictionary[DoorOut, _Facts] = WeakKeyDictionary()


def _facts(door: DoorOut) -> _Facts:
    return _KNOWN.setdefault(door, _Facts(door))


def _points(
    spec: MetricSpec,
    query: MetricQuery,
    grain: Grain | None,
    table: pa.Table,
    cells: Cells,
    window: Window,
) -> tuple[Point, ...]:
    """At most SERIES_LIMIT rows of an aggregate, never rows of a dataset."""
    rows = table.to_pylist()
    hidden = _suppressed(spec, rows)
    rows += _missing_rows(spec, query, rows, cells, window)
    order = sorted(range(len(rows)), key=lambda i: _order(rows[i], query))
    return tuple(_point(spec, query, grain, rows[i], i in hidden, cells) for i in order)


def _missing_rows(
    spec: MetricSpec,
    query: MetricQuery,
    rows: list[dict[str, object]],
    cells: Cells,
    window: Window,
) -> list[dict[str, object]]:
    """A row without a value for each region and period that should have one and has none."""
    if spec.frame is None or query.by or query.filters or len(rows) >= SERIES_LIMIT:
        return []
    prefix = region_prefix(query.parent) if query.parent else ""
    leaves = [r for r in spec.frame.regions if r.startswith(prefix)]
    nodes: list[str | None] = [None]
    if query.level is not None:
        width = _ZEROS[query.level]
        nodes = list(dict.fromkeys(r[:width].ljust(6, "0") for r in leaves))
    there = {(row.get("period"), row.get("region")) for row in rows}
    there = {(_start(period), region) for period, region in there}
    return [
        {"period": period, "region": node, "value": None}
        for period, node in cells.absent(nodes, window)
        if (period, node) not in there
    ]


def _order(row: dict[str, object], query: MetricQuery) -> tuple[str, ...]:
    start = _start(row.get("period"))
    keys = [start.isoformat() if start else "", str(row.get("region") or "")]
    return (*keys, *(str(row.get(name) or "") for name in query.by))


def _suppressed(spec: MetricSpec, rows: list[dict[str, object]]) -> set[int]:
    """Cells below the threshold; where one alone is hidden among its siblings, the next smallest
    goes with it, or the total would give it away (complementary suppression).
    """
    if not spec.smallest_cell:
        return set()
    cells = [int(str(row["cell"])) for row in rows]
    hidden = {i for i, cell in enumerate(cells) if cell < spec.smallest_cell}
    siblings: dict[object, list[int]] = {}
    for index, row in enumerate(rows):
        siblings.setdefault(row.get("period"), []).append(index)
    for group in siblings.values():
        shown = [i for i in group if i not in hidden]
        if len(group) - len(shown) == 1 and shown:
            hidden.add(min(shown, key=lambda i: cells[i]))
    return hidden


def _point(
    spec: MetricSpec,
    query: MetricQuery,
    grain: Grain | None,
    row: dict[str, object],
    suppressed: bool,
    cells: Cells,
) -> Point:
    start = _start(row.get("period"))
    region = _text(row.get("region"))
    node = region or query.parent
    dimensions = {name: _text(row.get(name)) for name in query.by}
    known = dimensions | dict(query.filters)
    of = cells.of(start, node, known)
    small_before = int(str(row.get("least") or spec.smallest_cell)) < spec.smallest_cell
    compare = of.complete and not suppressed and not small_before and start is not None

    def whole(before: datetime | None) -> bool:
        return compare and before is not None and cells.of(before, node, known).complete

    year = start is not None and whole(year_before(start))
    earlier = start is not None and grain is not None and whole(shift(start, grain, -1))
    return Point(
        period=_period(row.get("period")),
        region=region,
        dimensions=dimensions,
        value=None if suppressed else _number(row["value"]),
        suppressed=suppressed,
        year_on_year=_number(row.get("year_on_year")) if year else None,
        period_on_period=_number(row.get("period_on_period")) if earlier else None,
        completeness=of,
    )


def _start(value: object) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    day = value if isinstance(value, date) else date.fromisoformat(str(value))
    return datetime(day.year, day.month, day.day)


def _period(value: object) -> str | None:
    if isinstance(value, datetime) and (value.hour or value.minute):
        return value.isoformat(timespec="minutes")
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else None


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _number(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))
