"""A metric's question as SQL: dimensions, grain, region level, comparison with earlier periods.

The answer's rows hold numerators and denominators, which engines add up exactly; `exact.py` makes
the values of them. The formulas of a metric pass the same allow-list as any SQL; what a caller
hands in is bound or looked up. A region is the sum of its leaves, never of its own row and its
children's.
"""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from sqlglot import exp

from xihu_platform.access.allowlist import check_expression
from xihu_platform.access.parameters import Parameters
from xihu_platform.access.policy import Policy
from xihu_platform.brain.periods import period_start, shift
from xihu_platform.brain.spec import GRAINS, LEVELS, Frame, Grain, Level, MetricSpec
from xihu_platform.errors import BadInput
from xihu_platform.regions import WIDTHS, parse_region
from xihu_platform.sql import (
    Relation,
    Statement,
    column,
    integer,
    left_join,
    named,
    string,
    table,
    with_tables,
)

_STEP = {"hour": (1, "HOUR"), "day": (1, "DAY"), "month": (1, "MONTH"), "quarter": (3, "MONTH")}
SERIES_LIMIT = 20_000  # rows of one answer
STATEMENTS_KEPT = 1024  # some 2 kB each


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """What is asked of a metric. Periods are given by their first day, both ends included."""

    grain: Grain | None = None
    level: Level | None = None
    parent: str | None = None
    """Division code: only what lies within it."""
    by: tuple[str, ...] = ()
    filters: tuple[tuple[str, str], ...] = ()
    start: date | None = None
    end: date | None = None
    latest: int | None = None
    """Only so many periods, counted back from `end` or from the newest period with data."""
    compare: bool = False
    """Add 同比 (`year_on_year`) and 环比 (`period_on_period`): per cent, or percentage points of a
    rate."""
    snapshot_id: int | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """The first and the last period of an answer, by their starts; None is unbounded."""

    start: datetime | None
    end: datetime | None

    def holds(self, period: datetime | None) -> bool:
        if period is None:
            return True
        late_enough = self.start is None or self.start <= period
        return late_enough and (self.end is None or period <= self.end)


def window_of(query: MetricQuery, grain: Grain | None, newest: datetime | None) -> Window:
    """The periods a question means. `latest` counts back from the period of `end`, or from the
    newest period with data where that is earlier.

    >>> window_of(MetricQuery(end=date(2026, 9, 30), latest=2), "quarter", datetime(2026, 11, 1))
    Window(start=datetime.datetime(2026, 4, 1, 0, 0), end=datetime.datetime(2026, 7, 1, 0, 0))
    """
    if grain is None:
        return Window(None, None)
    start = _midnight(query.start) if query.start else None
    end = period_start(_last_moment(query.end), grain) if query.end else None
    if query.latest is not None and newest is not None:
        last = period_start(newest, grain)
        last = min(last, end) if end else last
        first = shift(last, grain, 1 - query.latest)
        return Window(max(first, start) if start else first, last)
    return Window(start, end)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)


def _last_moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 23)


def check_query(spec: MetricSpec, query: MetricQuery) -> None:
    """Raises BadInput for a question the metric cannot answer, saying what it can."""
    if query.grain is not None:
        _check_grain(spec, query.grain)
    if query.level is not None and (
        spec.region_field is None or LEVELS.index(query.level) > LEVELS.index(spec.finest_level)
    ):
        finest = spec.finest_level if spec.region_field else "—"
        raise BadInput(
            f"指标 {spec.id} 最细到 {finest}，没有 {query.level} 级",
            f"metric {spec.id} goes down to {finest}; it has no {query.level} level",
        )
    if query.parent is not None:
        _check_parent(spec, query.parent, query.level)
    known = {d.field for d in spec.dimensions}
    for name in (*query.by, *(field for field, _ in query.filters)):
        if name not in known:
            raise BadInput(
                f"指标 {spec.id} 没有维度“{name[:64]}”，可用：{'、'.join(sorted(known)) or '无'}",
                f"metric {spec.id} has no dimension “{name[:64]}”; it has "
                f"{', '.join(sorted(known)) or 'none'}",
            )
    if (query.start or query.end or query.latest or query.compare) and spec.time_field is None:
        raise BadInput(f"指标 {spec.id} 没有时间", f"metric {spec.id} has no time")
    if query.start and query.end and query.start > query.end:
        raise BadInput(
            f"开始日期 {query.start} 晚于结束日期 {query.end}，请调换",
            f"the first day, {query.start}, lies after the last, {query.end}: exchange them",
        )


def _check_parent(spec: MetricSpec, parent: str, asked: Level | None) -> None:
    if spec.region_field is None:
        raise BadInput(f"指标 {spec.id} 不分地区", f"metric {spec.id} has no regions")
    level = parse_region(parent).level
    if level not in LEVELS or LEVELS.index(level) > LEVELS.index(spec.finest_level):
        raise BadInput(
            f"指标 {spec.id} 最细到 {spec.finest_level}，没有 {parent} 的数值",
            f"metric {spec.id} goes down to {spec.finest_level}: it has no value for {parent}",
        )
    if asked is not None and LEVELS.index(asked) < LEVELS.index(level):
        # A part of a city would be answered under the name, and by the rules, of its city.
        raise BadInput(
            f"{parent} 之内没有 {asked} 级的数值，请去掉 level 或 parent",
            f"there is no {asked} level within {parent}: leave out level or parent",
        )


def _check_grain(spec: MetricSpec, grain: Grain) -> None:
    if spec.grain is None or GRAINS.index(grain) < GRAINS.index(spec.grain):
        raise BadInput(
            f"指标 {spec.id} 的最细时间粒度是 {spec.grain or '无'}，不能按 {grain} 查询",
            f"the finest grain of metric {spec.id} is {spec.grain or 'none'}, not {grain}",
        )


def grain_of(spec: MetricSpec, query: MetricQuery) -> Grain | None:
    """The grain of an answer: the one asked for, else the metric's default."""
    if spec.time_field is None:
        return None
    return query.grain or spec.grain_for(broken_down=bool(query.by or query.filters))


@lru_cache(maxsize=STATEMENTS_KEPT)
def metric_statement(
    spec: MetricSpec,
    policy: Policy,
    query: MetricQuery,
    relation: Relation,
    window: Window | None = None,
) -> Statement:
    """What finds one answer. Columns: `period`, `region`, the dimensions, `numerator`, where the
    metric has one `denominator`, and, when asked, the same of earlier periods: `numerator_y` a year
    before, `numerator_p` a period before. Rows outside `window` are left out.

    A question's text depends on nothing else, so that it is kept: building it is half the time of
    an answer whose rows are kept, and a page asks thirty.
    """
    check_query(spec, query)
    parameters = Parameters()
    grain = grain_of(spec, query)
    keys = _keys(spec, query, grain)
    rows = _rows(spec, policy, query, relation, parameters, grain)
    parts = _parts(spec, policy)
    bounds = _bounds(window or window_of(query, grain, None), parameters)
    tree = exp.Select(expressions=[column(name, "a") for name in (*keys, *parts)])
    tree.set("from_", exp.From(this=table("answer", "a")))
    if query.compare and grain is not None:
        _compare(tree, spec, grain, keys=tuple(keys), parts=tuple(parts))
    if bounds:
        tree.where(*bounds, copy=False)
    if keys:
        tree.order_by(*(column(name, "a") for name in keys), copy=False)
    tree.limit(SERIES_LIMIT + 1, copy=False)  # one more tells that there are more
    with_tables(tree, {"rows": rows, "answer": _grouped("rows", keys, parts)})
    tree.add_comments([formula(spec)])
    return parameters.statement(tree, relation.dialect)


def formula(spec: MetricSpec) -> str:
    """How a value is made of its numerator and denominator, for the reader of the statement."""
    scaled = "" if spec.scale == "1" else f" * {spec.scale}"
    divided = " / denominator" if spec.denominator else ""
    return f"value = round(numerator{scaled}{divided}, {spec.decimals}), half away from zero"


def _grouped(source: str, keys: dict[str, exp.Expr], parts: dict[str, exp.Expr]) -> exp.Select:
    chosen = [named(expression, name) for name, expression in (*keys.items(), *parts.items())]
    tree = exp.Select(expressions=chosen, from_=exp.From(this=table(source)))
    return tree.group_by(*(key.copy() for key in keys.values()), copy=False) if keys else tree


def _keys(spec: MetricSpec, query: MetricQuery, grain: Grain | None) -> dict[str, exp.Expr]:
    """What an answer is grouped by, by its name in the answer."""
    keys: dict[str, exp.Expr] = {}
    if grain is not None:
        keys["period"] = _period(spec, grain)
    if query.level is not None and spec.region_field is not None:
        keys["region"] = _region(spec.region_field, query.level)
    return keys | {name: column(name) for name in query.by}


def _region(field: str, level: Level) -> exp.Expr:
    """A third of the time that `rpad(left(…))` takes over a million rows."""
    width = WIDTHS[level]
    digits = exp.Substring(this=column(field), start=integer(1), length=integer(width))
    if level == "county":
        return digits
    return exp.DPipe(this=digits, expression=string("0" * (6 - width)), safe=True)


def _period(spec: MetricSpec, grain: Grain) -> exp.Expr:
    return period_of(spec.time_field or "", grain)


def period_of(field: str, grain: Grain) -> exp.Expr:
    """The start of the period that a moment lies in."""
    return exp.TimestampTrunc(this=column(field), unit=exp.var(grain.upper()))


def _parts(spec: MetricSpec, policy: Policy) -> dict[str, exp.Expr]:
    parts = {"numerator": check_formula(spec, policy, spec.numerator)}
    if spec.denominator:
        parts["denominator"] = check_formula(spec, policy, spec.denominator)
    return parts


def _rows(
    spec: MetricSpec,
    policy: Policy,
    query: MetricQuery,
    relation: Relation,
    parameters: Parameters,
    grain: Grain | None,
) -> exp.Select:
    """The rows that count: the metric's condition, leaves only, the asked region and slice."""
    conditions: list[exp.Expr] = []
    if spec.region_field is not None and query.parent is not None:
        prefix = parameters.place(parse_region(query.parent).prefix)
        conditions.append(exp.StartsWith(this=column(spec.region_field), expression=prefix))
    for field, value in query.filters:
        text = exp.cast(column(field), "VARCHAR")
        conditions.append(exp.EQ(this=text, expression=parameters.place(value)))
    counted = counted_rows(spec, policy, relation, grain)
    return _every_column(counted.subquery("counted", copy=False), conditions)


def _every_column(source: exp.Expr, conditions: list[exp.Expr]) -> exp.Select:
    tree = exp.Select(expressions=[exp.Star()], from_=exp.From(this=source))
    return tree.where(*conditions, copy=False) if conditions else tree


def counted_rows(
    spec: MetricSpec, policy: Policy, relation: Relation, grain: Grain | None
) -> exp.Select:
    """The rows of the metric's condition, leaf regions only; of a stock the last moment alone.

    Levels do not add up over time. The last moment is that of the whole dataset, so that a county
    which is late does not answer with an earlier day than its city.
    """
    conditions: list[exp.Expr] = []
    if spec.where:
        conditions.append(check_formula(spec, policy, spec.where))
    if spec.region_field is not None:
        region = column(spec.region_field)
        coarser = string("0000" if spec.finest_level == "city" else "00")
        conditions.append(exp.Not(this=exp.Is(this=region, expression=exp.Null())))
        conditions.append(exp.Not(this=exp.EndsWith(this=region.copy(), expression=coarser)))
    rows = _every_column(relation.table(), conditions)
    if spec.kind == "stock" and grain is not None:
        time = column(spec.time_field or "")
        last = exp.Window(this=exp.Max(this=time), partition_by=[_period(spec, grain)], over="OVER")
        rows.set("qualify", exp.Qualify(this=exp.EQ(this=time.copy(), expression=last)))
    return rows


def span_statement(spec: MetricSpec, policy: Policy, relation: Relation) -> Statement:
    """The first and the newest value of the time field."""
    time = column(spec.time_field or "")
    ends = [named(exp.Min(this=time), "first"), named(exp.Max(this=time.copy()), "last")]
    rows = counted_rows(spec, policy, relation, None).subquery("counted", copy=False)
    tree = exp.Select(expressions=ends).from_(rows, copy=False)
    return Parameters().statement(tree, relation.dialect)


def presence_statement(
    spec: MetricSpec,
    frame: Frame,
    policy: Policy,
    relation: Relation,
    grain: Grain | None,
    dimensions: tuple[str, ...],
    window: Window,
    today: datetime,
) -> Statement:
    """How many cells of the metric's frame are present, for each leaf region and period.

    Cells of periods that have not ended before `today` do not count. Records of a value that the
    frame does not expect do not either: they fill no gap of another.
    """
    keys: dict[str, exp.Expr] = {"region": column(spec.region_field or "")}
    keys |= {name: column(name) for name in dimensions}
    cells: list[exp.Expr] = [column(name) for name, _ in frame.by if name not in dimensions]
    last: exp.Expr = exp.Null()
    parameters = Parameters()
    of_frame: list[exp.Expr] = [
        exp.In(this=column(name), expressions=[parameters.place(value) for value in values])
        for name, values in frame.by
        if name not in dimensions  # one that is asked for is told value by value
    ]
    bounds: list[exp.Expr] = []
    if grain is not None and frame.grain is not None:
        keys["period"] = _period(spec, grain)
        finer = min(frame.grain, grain, key=GRAINS.index)
        cells.append(_period(spec, finer))
        last = exp.Max(this=column(spec.time_field or ""))
        until = parameters.place(period_start(today, finer))
        of_frame.append(exp.LT(this=_period(spec, finer), expression=until))
        bounds = _bounds(window, parameters)
    rows = counted_rows(spec, policy, relation, grain).subquery("counted", copy=False)
    counted = _grouped("rows", keys, {"n": _distinct(cells), "last": last})
    tree = _every_column(table("answer", "a"), bounds)
    with_tables(tree, {"rows": _every_column(rows, of_frame), "answer": counted})
    return parameters.statement(tree, relation.dialect)


def _distinct(cells: list[exp.Expr]) -> exp.Expr:
    """How many different cells there are; a row of none is one."""
    if not cells:
        return integer(1)
    cell = cells[0] if len(cells) == 1 else exp.Tuple(expressions=cells)
    return exp.Count(this=exp.Distinct(expressions=[cell]))


def check_formula(spec: MetricSpec, policy: Policy, expression: str) -> exp.Expr:
    """A formula of the metric as a tree. Raises BadInput for one that is not allowed."""
    names = frozenset(f.name for f in policy.fields)
    return check_expression(expression, names, where=f"metric {spec.id}")


def _compare(
    tree: exp.Select,
    spec: MetricSpec,
    grain: Grain,
    *,
    keys: tuple[str, ...],
    parts: tuple[str, ...],
) -> None:
    """Join the answer with its own earlier periods, of the same region and dimensions."""
    steps = {"y": (1, "YEAR")}
    if grain != "year" and not spec.seasonal:
        steps["p"] = _STEP[grain]
    for before, (number, unit) in steps.items():
        step = exp.Interval(this=string(str(number)), unit=exp.var(unit))
        earlier = exp.Sub(this=column("period", "a"), expression=step)
        same: list[exp.Expr] = [exp.EQ(this=column("period", before), expression=earlier)]
        same += [
            exp.NullSafeEQ(this=column(name, "a"), expression=column(name, before))
            for name in keys
            if name != "period"
        ]
        tree.append("joins", left_join(table("answer", before), same))
        found = (named(column(name, before), f"{name}_{before}") for name in parts)
        tree.select(*found, copy=False)


def _bounds(window: Window, parameters: Parameters) -> list[exp.Expr]:
    period, conditions = column("period", "a"), list[exp.Expr]()
    if window.start is not None:
        conditions.append(exp.GTE(this=period, expression=parameters.place(window.start)))
    if window.end is not None:
        conditions.append(exp.LTE(this=period.copy(), expression=parameters.place(window.end)))
    return conditions
