"""Asking a metric: who may, the answer through the access gateway, small cells hidden, cited."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import product

from xihu_platform.access import reasons
from xihu_platform.access.answers import Citation
from xihu_platform.access.decision import Deny
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.metric_decision import decide_metric
from xihu_platform.access.offices import check
from xihu_platform.access.policy import Policy
from xihu_platform.access.unpublished import check_known, has_rows
from xihu_platform.brain.completeness import WHOLE, Cells, Completeness, DataSpan
from xihu_platform.brain.exact import answer_rows
from xihu_platform.brain.facts import Registered, facts_of
from xihu_platform.brain.periods import period_start, shift, year_before
from xihu_platform.brain.protection import Pattern, check_published, check_threshold
from xihu_platform.brain.query import (
    SERIES_LIMIT,
    MetricQuery,
    Window,
    check_query,
    grain_of,
    metric_statement,
    window_of,
)
from xihu_platform.brain.spec import Grain, MetricSpec
from xihu_platform.engines.errors import EngineFault
from xihu_platform.errors import BadInput, NotFound, Reason
from xihu_platform.identity.principal import Principal
from xihu_platform.regions import Region, parse_region

Row = dict[str, object]


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
    year_before: Completeness | None = None
    """Of the period it is compared with year on year; None where no comparison is asked for."""
    period_before: Completeness | None = None
    amount: Decimal | None = None
    """What shares and contributions are reckoned from (`exact.amount_of`); no answer tells it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A metric's answer with all that it rests on."""

    metric: MetricSpec
    points: tuple[Point, ...]
    sql: str
    citation: Citation
    etag: str
    """Of question and snapshot: what it is for one recipient is the gateway's to say."""
    rows: int
    """As the log has them: those of the query, before suppressed and missing ones are added."""
    grain: Grain | None = None
    newest: str | None = None
    """The newest period that the answer may hold: a point of an earlier one is not the latest."""
    data_as_of: datetime | None = None
    """The newest value of the time field in the whole dataset."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question with what its points are judged by."""

    spec: MetricSpec
    query: MetricQuery
    grain: Grain | None
    window: Window
    cells: Cells
    pattern: Pattern | None
    """None where nobody could be singled out."""

    def classes(self, row: Row) -> dict[str, str | None]:
        """The dimensions that a row is of: those it is broken down by and those filtered by."""
        return {n: _text(row.get(n)) for n in self.query.by} | dict(self.query.filters)

    def hides(self, row: Row, start: datetime | None) -> bool:
        if self.pattern is None:
            return False
        node = _text(row.get("region")) or self.query.parent
        return self.pattern.hides(self.spec, node, start, self.grain, self.classes(row))

    def completeness(self, row: Row, start: datetime | None) -> Completeness:
        node = _text(row.get("region")) or self.query.parent
        return self.cells.of(start, node, self.classes(row))


def check_fields(spec: MetricSpec, policy: Policy) -> None:
    """Raises BadInput for a metric whose fields its dataset does not have, or no longer has."""
    used = (spec.time_field, spec.region_field, *(one.field for one in spec.dimensions))
    missing = [name for name in used if name is not None and policy.field(name) is None]
    if missing:
        raise BadInput(
            f"指标 {spec.id} 无法计算：数据集 {policy.dataset} 没有字段 {'、'.join(missing)}，"
            "请运行 xihu doctor 并改正指标文件",
            f"metric {spec.id} cannot be computed: the dataset {policy.dataset} has no field "
            f"{', '.join(missing)}; run xihu doctor and correct the metric's file",
        )


@contextmanager
def _computable(spec: MetricSpec) -> Iterator[None]:
    """A formula that the engine refuses before it reads a row is a fault of the metric's file."""
    try:
        yield
    except EngineFault as fault:
        if fault.kind != "BinderException":
            raise
        raise BadInput(
            f"指标 {spec.id} 无法计算：公式与字段的类型不符，请运行 xihu doctor 并改正指标文件",
            f"metric {spec.id} cannot be computed: its formula does not fit the types of the "
            "fields; run xihu doctor and correct the metric's file",
        ) from fault


def ask(
    gateway: AccessGateway,
    principal: Principal,
    spec: MetricSpec,
    query: MetricQuery,
    registered: Registered,
) -> Answer:
    """Raises Refused for a metric of another audience, BadInput for a question it cannot answer."""
    check_decision(gateway, principal, spec)
    check_query(spec, query)
    grain = grain_of(spec, query)
    check_published(spec, grain, (*query.by, *(name for name, _ in query.filters)))
    policy = gateway.policy(spec.dataset)
    check_threshold(spec, policy)
    check_fields(spec, policy)
    snapshot = gateway.snapshot(policy, query.snapshot_id)
    with _computable(spec):
        facts = facts_of(gateway)
        span = facts.span(spec, policy, snapshot)
        window = window_of(query, grain, span.last)
        family = registered.family(spec)
        asked = _Asked(
            spec,
            query,
            grain,
            window,
            facts.cells(spec, policy, snapshot, query, window, registered.quarantined),
            facts.pattern(family, policy, snapshot) if spec.smallest_cell else None,
        )
        found = gateway.aggregate(
            principal,
            metric=spec.id,
            audience=spec.audience,
            dataset=spec.dataset,
            statement=lambda relation: metric_statement(spec, policy, query, relation, window),
            details=question(query),
            snapshot_id=snapshot.id,
        )
    _check_length(found.table.num_rows)
    newest = window.end or (period_start(span.last, grain) if span.last and grain else None)
    points = _points(asked, answer_rows(spec, found.table))
    return Answer(
        metric=spec,
        points=points,
        sql=found.sql,
        citation=found.citation,
        etag=found.key,
        rows=found.table.num_rows,
        grain=grain,
        newest=_period(newest),
        data_as_of=_as_of(spec, span),
    )


def _check_length(rows: int) -> None:
    """An answer that is cut would lack its newest periods without a word."""
    if rows > SERIES_LIMIT:
        raise BadInput(
            f"一次最多答复 {SERIES_LIMIT:,} 个数值，这个问题超出了：请用 from、to、latest、parent "
            "缩小范围，或少按一个维度细分",
            f"one answer holds at most {SERIES_LIMIT:,} values and this one has more: narrow it by "
            "from, to, latest or parent, or break it down by less",
        )


def check_decision(gateway: AccessGateway, principal: Principal, spec: MetricSpec) -> None:
    """Raises Refused, which is in the log then, and NotFound for one that is not published."""
    check(gateway, principal, spec.dataset, metric_refusal(gateway, principal, spec))


def metric_refusal(gateway: AccessGateway, principal: Principal, spec: MetricSpec) -> Reason | None:
    """Why a caller may not ask a metric. Raises NotFound for one that they may not know of."""
    policy = gateway.policy(spec.dataset)
    check_known(principal, policy)
    if not has_rows(principal, policy):
        return reasons.NOT_PUBLISHED
    decided = decide_metric(principal, spec.dataset, spec.audience, now=gateway.clock())
    return decided.reason if isinstance(decided, Deny) else None


def askable(
    gateway: AccessGateway, principal: Principal, specs: Iterable[MetricSpec]
) -> Iterator[MetricSpec]:
    """The metrics that a caller may ask, for lists that lead to their pages."""
    for spec in specs:
        with suppress(NotFound):
            if metric_refusal(gateway, principal, spec) is None:
                yield spec


def _as_of(spec: MetricSpec, span: DataSpan) -> datetime | None:
    """The newest value of the time field; of people or firms its day alone: it is one record's."""
    if span.last is None or not spec.smallest_cell:
        return span.last
    return period_start(span.last, "day")


def question(query: MetricQuery) -> dict[str, object]:
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


def _points(asked: _Asked, rows: list[Row]) -> tuple[Point, ...]:
    """At most SERIES_LIMIT rows of an aggregate, never rows of a dataset."""
    if asked.grain is None and not asked.query.by and asked.query.level is None:
        rows = rows or [{"value": None}]
    there = {_key(row, asked.query) for row in rows}
    absent = _hidden_rows(asked) if asked.pattern else _missing_rows(asked)
    if len(rows) < SERIES_LIMIT:
        rows = rows + [row for row in absent if _key(row, asked.query) not in there]
    return tuple(_point(asked, row) for row in sorted(rows, key=lambda r: _key(r, asked.query)))


def _key(row: Row, query: MetricQuery) -> tuple[str, ...]:
    start = _start(row.get("period"))
    keys = [start.isoformat() if start else "", str(row.get("region") or "")]
    return (*keys, *(str(row.get(name) or "") for name in query.by))


def _missing_rows(asked: _Asked) -> Iterator[Row]:
    """A row without a value for each region, period and framed dimension that should have one."""
    frame, query = asked.spec.frame, asked.query
    if frame is None or query.filters or not set(query.by) <= dict(frame.by).keys():
        return
    nodes = _nodes(query, frame.regions)
    each = product(*(dict(frame.by)[name] for name in query.by))
    classes = [dict(zip(query.by, values, strict=True)) for values in each]
    for period, node in asked.cells.absent(nodes, asked.window):
        for one in classes:
            yield {"period": period, "region": node, "value": None, **one}


def _hidden_rows(asked: _Asked) -> Iterator[Row]:
    """A row for each cell without records: to leave it out would say that it is empty."""
    pattern, query = asked.pattern, asked.query
    assert pattern is not None
    leaves = tuple(leaf.ljust(6, "0") for leaf in pattern.tree.leaves)
    classes = [
        {name: value} for name in query.by for value in sorted(pattern.classes(asked.spec, name))
    ]
    for period in pattern.periods(asked.spec, asked.grain):
        if not asked.window.holds(period):
            continue
        for node in _nodes(query, leaves):
            for one in classes or [{}]:
                yield {"period": period, "region": node, "value": None, **one}


def _nodes(query: MetricQuery, leaves: tuple[str, ...]) -> list[str | None]:
    """The regions that an answer is made of; None stands for all that was asked for."""
    if query.level is None:
        return [None]
    within = parse_region(query.parent) if query.parent else None
    inside = (leaf for leaf in leaves if within is None or within.contains(leaf))
    return list(dict.fromkeys(Region(leaf).at(query.level).code for leaf in inside))


def _point(asked: _Asked, row: Row) -> Point:
    start = _start(row.get("period"))
    of = asked.completeness(row, start)
    suppressed = asked.hides(row, start)

    year = earlier = None
    if start and asked.grain and asked.query.compare:
        year, earlier = year_before(start), shift(start, asked.grain, -1)
    before = {day: asked.completeness(row, day) for day in (year, earlier) if day}

    def compared(column: str, day: datetime | None) -> Decimal | None:
        if suppressed or not of.complete or day is None or not before[day].complete:
            return None
        return None if asked.hides(row, day) else _number(row.get(column))

    return Point(
        period=_period(row.get("period")),
        region=_text(row.get("region")),
        dimensions={name: _text(row.get(name)) for name in asked.query.by},
        value=None if suppressed else _number(row["value"]),
        suppressed=suppressed,
        year_on_year=compared("year_on_year", year),
        period_on_period=compared("period_on_period", earlier),
        completeness=of,
        year_before=before.get(year) if year else None,
        period_before=before.get(earlier) if earlier else None,
        amount=None if suppressed else _number(row.get("amount")),
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
