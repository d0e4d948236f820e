"""A metric's question as SQL: dimensions, grain, region level, comparison with earlier periods.

The numerator, denominator and condition of a metric pass the same allow-list as any SQL; what a
caller hands in is bound or looked up. A region is the sum of its leaves, never of its own row
and its children's.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlglot import exp

from xihu_platform.access.allowlist import check_expression
from xihu_platform.access.parameters import Parameters
from xihu_platform.access.policy import Policy
from xihu_platform.brain.periods import period_start, shift
from xihu_platform.brain.spec import GRAINS, LEVELS, Frame, Grain, Level, MetricSpec
from xihu_platform.errors import BadInput
from xihu_platform.regions import WIDTHS, parse_region
from xihu_platform.sql import Statement, identifier, text_literal

_STEP = {"hour": "1 HOUR", "day": "1 DAY", "month": "1 MONTH", "quarter": "3 MONTH"}
SERIES_LIMIT = 20_000  # rows of one answer


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


def metric_statement(
    spec: MetricSpec,
    policy: Policy,
    query: MetricQuery,
    relation: str,
    window: Window | None = None,
) -> Statement:
    """What finds one answer. Columns: `period`, `region`, the dimensions,
    `value` and, when asked, the two comparisons. Rows outside `window` are left out.
    """
    check_query(spec, query)
    parameters = Parameters()
    grain = grain_of(spec, query)
    window = window or window_of(query, grain, None)
    keys = _keys(spec, query, grain)
    rows = _rows_sql(spec, policy, query, relation, parameters, grain)
    names = [name for name, _ in keys]
    group = f"GROUP BY {', '.join(names)}" if names else ""
    chosen = "".join(f"{sql} AS {name}, " for name, sql in keys)
    values = (
        f"WITH rows AS ({rows}), answer AS (SELECT {chosen}{_value(spec, policy)} AS value "
        f"FROM rows {group})"
    )
    text = f"{values} SELECT {_outer(spec, names, query, grain)} {_bounds(window, parameters)}"
    order = f" ORDER BY {', '.join('a.' + n for n in names)}" if names else ""
    return parameters.statement(f"{text}{order} LIMIT {SERIES_LIMIT}")


def _keys(spec: MetricSpec, query: MetricQuery, grain: Grain | None) -> list[tuple[str, str]]:
    keys = []
    if grain is not None:
        keys.append(("period", _period(spec, grain)))
    if query.level is not None and spec.region_field is not None:
        width = WIDTHS[query.level]
        column = identifier(spec.region_field)
        # A third of the time that rpad(left(…)) takes over a million rows.
        keys.append(("region", f"substring({column}, 1, {width}) || '{'0' * (6 - width)}'"))
    keys.extend((identifier(name), identifier(name)) for name in query.by)
    return keys


def _period(spec: MetricSpec, grain: Grain) -> str:
    return f"date_trunc({text_literal(grain)}, {identifier(spec.time_field or '')})"


def _rows_sql(
    spec: MetricSpec,
    policy: Policy,
    query: MetricQuery,
    relation: str,
    parameters: Parameters,
    grain: Grain | None,
) -> str:
    """The rows that count: the metric's condition, leaves only, the asked region and slice."""
    conditions = []
    if spec.region_field is not None and query.parent is not None:
        prefix = parameters.bind(parse_region(query.parent).prefix)
        conditions.append(f"starts_with({identifier(spec.region_field)}, {prefix})")
    for field, value in query.filters:
        conditions.append(f"CAST({identifier(field)} AS VARCHAR) = {parameters.bind(value)}")
    where = " AND ".join(conditions) or "TRUE"
    return f"SELECT * FROM ({counted_sql(spec, policy, relation, grain)}) WHERE {where}"


def counted_sql(spec: MetricSpec, policy: Policy, relation: str, grain: Grain | None) -> str:
    """The rows of the metric's condition, leaf regions only; of a stock the last moment alone.

    Levels do not add up over time. The last moment is that of the whole dataset, so that a county
    which is late does not answer with an earlier day than its city.
    """
    conditions = []
    if spec.where:
        conditions.append(f"({checked(spec, policy, spec.where)})")
    if spec.region_field is not None:
        column = identifier(spec.region_field)
        coarser = "0000" if spec.finest_level == "city" else "00"
        conditions.append(f"{column} IS NOT NULL AND NOT ends_with({column}, '{coarser}')")
    rows = f"SELECT * FROM {relation} WHERE {' AND '.join(conditions) or 'TRUE'}"
    if spec.kind == "stock" and grain is not None:
        time = identifier(spec.time_field or "")
        rows += f" QUALIFY {time} = max({time}) OVER (PARTITION BY {_period(spec, grain)})"
    return rows


def span_statement(spec: MetricSpec, policy: Policy, relation: str) -> Statement:
    """The first and the newest value of the time field."""
    time = identifier(spec.time_field or "")
    rows = counted_sql(spec, policy, relation, None)
    return Statement(f"SELECT min({time}) AS first, max({time}) AS last FROM ({rows})")


def presence_statement(
    spec: MetricSpec,
    frame: Frame,
    policy: Policy,
    relation: str,
    grain: Grain | None,
    dimensions: tuple[str, ...],
    window: Window,
    today: datetime,
) -> Statement:
    """How many cells of the metric's frame are present, for each leaf region and period; cells
    of periods that have not ended before `today` do not count.
    """
    keys = [(f"{identifier(spec.region_field or '')}", "region")]
    keys += [(identifier(name), identifier(name)) for name in dimensions]
    cells = [identifier(name) for name, _ in frame.by if name not in dimensions]
    last, ended, bounds = "NULL", "TRUE", ""
    parameters = Parameters()
    if grain is not None and frame.grain is not None:
        keys.append((_period(spec, grain), "period"))
        finer = min(frame.grain, grain, key=GRAINS.index)
        cells.append(_period(spec, finer))
        last = f"max({identifier(spec.time_field or '')})"
        ended = f"{_period(spec, finer)} < {parameters.bind(period_start(today, finer))}"
        bounds = _bounds(window, parameters)
    counted = f"count(DISTINCT ({', '.join(cells)}))" if cells else "1"
    chosen = ", ".join(f"{sql} AS {name}" for sql, name in keys)
    text = (
        f"SELECT * FROM (SELECT {chosen}, {counted} AS n, {last} AS last "
        f"FROM ({counted_sql(spec, policy, relation, grain)}) WHERE {ended} "
        f"GROUP BY {', '.join(name for _, name in keys)}) AS a {bounds}"
    )
    return parameters.statement(text)


def checked(spec: MetricSpec, policy: Policy, expression: str) -> str:
    names = frozenset(f.name for f in policy.fields)
    tree: exp.Expr = check_expression(expression, names, where=f"metric {spec.id}")
    return str(tree.sql(dialect="duckdb"))


def _value(spec: MetricSpec, policy: Policy) -> str:
    numerator = checked(spec, policy, spec.numerator)
    amount = f"CAST({numerator} AS DOUBLE) * {float(spec.scale)!r}"
    if spec.denominator:
        amount = f"{amount} / nullif(CAST({checked(spec, policy, spec.denominator)} AS DOUBLE), 0)"
    return f"CAST(round({amount}, {spec.decimals}) AS DECIMAL(38, {spec.decimals}))"


def _outer(spec: MetricSpec, names: list[str], query: MetricQuery, grain: Grain | None) -> str:
    columns = [f"a.{name}" for name in names] + ["a.value"]
    if not query.compare or grain is None:
        return f"{', '.join(columns)} FROM answer AS a"
    columns.append(f"{_change(spec, 'y')} AS year_on_year")
    same = " ".join(f"AND a.{n} IS NOT DISTINCT FROM {{0}}.{n}" for n in names if n != "period")
    joins = f"LEFT JOIN answer AS y ON y.period = a.period - INTERVAL 1 YEAR {same.format('y')}"
    if grain != "year" and not spec.seasonal:
        columns.append(f"{_change(spec, 'p')} AS period_on_period")
        joins += f" LEFT JOIN answer AS p ON p.period = a.period - INTERVAL {_STEP[grain]} "
        joins += same.format("p")
    return f"{', '.join(columns)} FROM answer AS a {joins}"


def _change(spec: MetricSpec, before: str) -> str:
    """A rate changes in percentage points (百分点), anything else in per cent."""
    if spec.is_rate:
        return f"CAST(a.value - {before}.value AS DECIMAL(18, {max(spec.decimals, 1)}))"
    return (
        f"CAST(round((CAST(a.value AS DOUBLE) / nullif(CAST({before}.value AS DOUBLE), 0) - 1) "
        "* 100, 1) AS DECIMAL(18, 1))"
    )


def _bounds(window: Window, parameters: Parameters) -> str:
    conditions = []
    if window.start is not None:
        conditions.append(f"a.period >= {parameters.bind(window.start)}")
    if window.end is not None:
        conditions.append(f"a.period <= {parameters.bind(window.end)}")
    return f"WHERE {' AND '.join(conditions)}" if conditions else ""
