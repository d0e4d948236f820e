"""The small cells of a dataset: its published tables, and which of their cells are hidden.

Decided once for each snapshot, over all protected metrics of the dataset together:

- Totals are published by month at the finest; shares and breakdowns by quarter, one dimension at
  a time. A filter is a cell of the breakdown. Finer questions and crossed dimensions are refused.
- A cell's unit is the distinct person, else the distinct firm, else the record. These numbers are
  published nowhere: what is published are records and amounts, which add up exactly.
- A longer period is shown only where each of its months or quarters is: nothing then follows from
  time. The periods stand for themselves, so each is decided alone.
- A total hidden for one metric is hidden for all metrics of the dataset.
- Both parts of a share of records are cells. A share of amounts follows its totals.
- A cell whose records differ by fewer than the threshold from what any other snapshot showed is
  hidden too. That is coarse: the snapshots are compared cell by cell.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from sqlglot import exp, parse_one

from xihu_platform.access.parameters import Parameters
from xihu_platform.access.policy import Policy
from xihu_platform.brain.completeness import Fetch
from xihu_platform.brain.periods import period_start, shift
from xihu_platform.brain.query import check_formula, counted_rows, period_of
from xihu_platform.brain.spec import GRAINS, Grain, MetricSpec
from xihu_platform.brain.suppression import Cell, Node, Split, Tree, hide_totals, node_of
from xihu_platform.errors import BadInput
from xihu_platform.sql import (
    WRITTEN_IN,
    Relation,
    Statement,
    column,
    identifier,
    integer,
    named,
    string,
    table,
    with_tables,
)

SPECS_KEPT = 1024
TOTALS: Grain = "month"
BREAKDOWNS: Grain = "quarter"
_LEAF, _CITY, _PERIOD, _CLASS = "_leaf", "_city", "_period", "_class"
"""Columns beside a record's own; no field's name begins with `_`."""
IN, OUT = "in", "out"
"""The two parts of a share: the records that its numerator counts, and the others."""

Period = datetime | None


@dataclass(frozen=True, slots=True)
class Population:
    """The records that some metrics count, with their clock."""

    time_field: str | None
    condition: str


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A population by classes: the values of a dimension, or the two parts of a share."""

    population: Population
    classes: str
    """SQL of the class of a record."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """Hidden cells of one table: by period, with all regions and classes it has."""

    periods: dict[Period, frozenset[Cell]]
    classes: frozenset[str]


@dataclass(frozen=True)
class Pattern:
    """What is hidden in one snapshot of a dataset."""

    tree: Tree
    threshold: int
    totals: dict[Period, frozenset[Node]]
    populations: dict[Population, frozenset[Period]]
    breakdowns: dict[Breakdown, Hidden]
    shown: dict[str, int] = field(default_factory=dict)
    """Records of each shown cell, by its name in all snapshots."""

    def hides(
        self,
        spec: MetricSpec,
        region: str | None,
        start: Period,
        grain: Grain | None,
        classes: dict[str, str | None],
    ) -> bool:
        """Whether one point of an answer is hidden."""
        node = node_of(region)
        months = _within(self.populations.get(population_of(spec), ()), start, grain)
        if node not in self.tree.nodes or any(node in self.totals[p] for p in months):
            return True
        return any(
            self._hides_class(self.breakdowns[one], node, v, _within_table(self, one, start, grain))
            for one, values in _asked(spec, classes)
            for v in values
        )

    def _hides_class(self, table: Hidden, node: Node, value: str, periods: list[Period]) -> bool:
        if value not in table.classes:
            return True
        return any((node, value) in table.periods[p] for p in periods)

    def classes(self, spec: MetricSpec, dimension: str) -> frozenset[str]:
        found = self.breakdowns.get(_breakdown(spec, dimension))
        return found.classes if found else frozenset()

    def periods(self, spec: MetricSpec, grain: Grain | None) -> list[Period]:
        """The periods of a grain in which the metric has any record."""
        known = self.populations.get(population_of(spec), frozenset())
        if grain is None:
            return list(known)
        starts = {period_start(p, grain) for p in known if p is not None}
        return [*sorted(starts)]


def _within_table(
    pattern: Pattern, one: Breakdown, start: Period, grain: Grain | None
) -> list[Period]:
    return _within(pattern.breakdowns[one].periods, start, grain)


def _within(periods: Iterable[Period], start: Period, grain: Grain | None) -> list[Period]:
    """The periods that one of a grain is made of."""
    if start is None or grain is None:
        return list(periods)
    end = shift(start, grain, 1)
    return [p for p in periods if p is not None and start <= p < end]


def check_threshold(spec: MetricSpec, policy: Policy) -> None:
    """Raises BadInput for a metric without a threshold over closed data of people or firms, or over
    a closed field of open data about them: its cells would be exact beside those that the other
    metrics of the dataset hide.
    """
    closed = policy.closed_fields
    if not spec.smallest_cell and (policy.hides_counts or (closed and closed & _reads(spec))):
        raise BadInput(
            f"指标 {spec.id} 涉及未开放的个人或企业数据，须在指标文件中写明 smallest_cell",
            f"metric {spec.id} is over closed data of people or firms: its file must state a "
            "smallest_cell",
        )


@lru_cache(SPECS_KEPT)
def _reads(spec: MetricSpec) -> frozenset[str]:
    """The fields that a metric is made of, counts or breaks down by."""
    formulas = filter(None, (spec.numerator, spec.denominator, spec.where))
    columns = (
        one.name
        for formula in formulas
        for one in parse_one(formula, read=WRITTEN_IN).find_all(exp.Column)
    )
    return frozenset(columns) | {one.field for one in spec.dimensions}


def check_published(spec: MetricSpec, grain: Grain | None, dimensions: tuple[str, ...]) -> None:
    """Raises BadInput for a table that a protected metric does not publish."""
    if not spec.smallest_cell:
        return
    finest = BREAKDOWNS if dimensions or spec.kind == "ratio" else TOTALS
    if grain is not None and GRAINS.index(grain) < GRAINS.index(finest):
        raise BadInput(
            f"指标 {spec.id} 涉及个人或企业，只按 {finest} 及更长的时间公布",
            f"metric {spec.id} is about people or firms: it is published by {finest} or longer",
        )
    if len(dimensions) > 1 or (dimensions and spec.kind == "ratio"):
        raise BadInput(
            f"指标 {spec.id} 涉及个人或企业，一次只能按一个维度拆分或筛选，比率不能拆分",
            f"metric {spec.id} is about people or firms: one dimension at a time, none of a share",
        )


def population_of(spec: MetricSpec) -> Population:
    """The records behind a metric; of a share of records, those of its denominator."""
    conditions = [spec.where] if spec.where else []
    counted = _counted(spec.denominator) if spec.denominator else None
    if counted not in {None, "TRUE"}:
        conditions.append(str(counted))
    condition = " AND ".join(f"({c})" for c in conditions) or "TRUE"
    return Population(spec.time_field, condition)


def _counted(expression: str) -> str | None:
    """The condition of the records that a count counts; None of an amount.

    >>> _counted("count(*)"), _counted("count(*) FILTER (a = 1)"), _counted("count(b)")
    ('TRUE', 'a = 1', 'NOT b IS NULL')
    >>> _counted("sum(b)") is None
    True
    """
    tree: exp.Expr = parse_one(expression, dialect=WRITTEN_IN)
    condition = "TRUE"
    if isinstance(tree, exp.Filter):
        condition, tree = tree.expression.this.sql(dialect=WRITTEN_IN), tree.this
    if not isinstance(tree, exp.Count):
        return None
    if isinstance(tree.this, exp.Star):
        return condition
    present = f"NOT {tree.this.sql(dialect=WRITTEN_IN)} IS NULL"
    return present if condition == "TRUE" else f"{condition} AND {present}"


def _share(spec: MetricSpec) -> Breakdown | None:
    """The two parts of a share of records; None of a share of amounts, and of anything else."""
    if spec.kind != "ratio" or not spec.denominator or _counted(spec.denominator) is None:
        return None
    counted = _counted(spec.numerator)
    if counted is None:
        return None
    classes = f"CASE WHEN {counted} THEN '{IN}' ELSE '{OUT}' END"
    return Breakdown(population_of(spec), classes)


def _breakdown(spec: MetricSpec, dimension: str) -> Breakdown:
    return Breakdown(population_of(spec), f"coalesce(CAST({identifier(dimension)} AS VARCHAR), '')")


def _asked(
    spec: MetricSpec, classes: dict[str, str | None]
) -> list[tuple[Breakdown, tuple[str, ...]]]:
    share = _share(spec)
    found: list[tuple[Breakdown, tuple[str, ...]]] = [(share, (IN, OUT))] if share else []
    found += [(_breakdown(spec, name), (value or "",)) for name, value in classes.items()]
    return found


def check_family(family: tuple[MetricSpec, ...]) -> None:
    """Raises BadInput where the difference of two published numbers would be a cell of its own:
    of two totals of different records, or of a share that is tied to another metric of the
    dataset. A share of the whole province alone is free.
    """
    _check_totals(family)
    for spec in family:
        share = _share(spec)
        if share is None or spec.finest_level == "province":
            continue
        mine = _fields(share.classes)
        for other in family:
            if other is not spec and mine & _named(other):
                names = ", ".join(sorted(mine & _named(other)))
                raise BadInput(
                    f"指标 {spec.id} 与 {other.id} 都用到 {names}，只能在省级公布",
                    f"metrics {spec.id} and {other.id} both rest on {names}: the share can be "
                    "published for the province only (finest_level: province)",
                )


def _check_totals(family: tuple[MetricSpec, ...]) -> None:
    published = [s for s in family if s.kind != "ratio"]
    for spec in published[1:]:
        first = published[0]
        same = population_of(spec) == population_of(first)
        if not same or (spec.kind == "stock") != (first.kind == "stock"):
            raise BadInput(
                f"指标 {first.id} 与 {spec.id} 统计的记录不同，相减会露出小格子，不能同时公布",
                f"metrics {first.id} and {spec.id} count different records: their difference "
                "would give small cells away, so they cannot both be published",
            )


def _named(spec: MetricSpec) -> set[str]:
    """Fields that sort a metric's records: its condition, its dimensions, the parts of a share."""
    share = _share(spec)
    where = _fields(spec.where) if spec.where else set()
    return where | {d.field for d in spec.dimensions} | (_fields(share.classes) if share else set())


def _fields(sql: str) -> set[str]:
    return {c.name for c in parse_one(sql, dialect=WRITTEN_IN).find_all(exp.Column)}


class Reader:
    """Counts persons and records of the tables of one snapshot."""

    def __init__(self, family: tuple[MetricSpec, ...], policy: Policy, fetch: Fetch) -> None:
        self.family = family
        self._policy = policy
        self._fetch = fetch

    def count(
        self, spec: MetricSpec, table: Population | Breakdown, base: Grain
    ) -> list[dict[str, object]]:
        """Persons (`u`) and records (`n`) by region at every level, period and class."""
        return self._fetch(lambda relation: self._statement(spec, table, base, relation))

    def _statement(
        self, spec: MetricSpec, counted: Population | Breakdown, base: Grain, relation: Relation
    ) -> Statement:
        key = self._policy.subject_key or self._policy.firm_key
        unit: exp.Expr = exp.Distinct(expressions=[column(key)]) if key else exp.Star()
        node = exp.Coalesce(this=column(_LEAF), expressions=[column(_CITY), string("")])
        tree = exp.Select(
            expressions=[
                named(node, "node"),
                named(column(_PERIOD), "period"),
                named(column(_CLASS), "class"),
                named(exp.Count(this=unit), "u"),
                named(exp.Count(this=exp.Star()), "n"),
            ]
        )
        tree.set("from_", exp.From(this=table("rows")))
        levels = [(_LEAF, _PERIOD, _CLASS), (_CITY, _PERIOD, _CLASS), (_PERIOD, _CLASS)]
        sets = [exp.Tuple(expressions=[column(name) for name in level]) for level in levels]
        tree.set("group", exp.Group(expressions=[exp.GroupingSets(expressions=sets)]))
        with_tables(tree, {"rows": self._rows(spec, counted, base, relation)})
        return Parameters().statement(tree, relation.dialect)

    def _rows(
        self, spec: MetricSpec, table: Population | Breakdown, base: Grain, relation: Relation
    ) -> exp.Select:
        """The records of a table with their leaf, city, period and class."""
        time = spec.time_field
        leaf: exp.Expr = column(spec.region_field) if spec.region_field else string("")
        city = exp.Left(this=leaf.copy(), expression=integer(4))
        period: exp.Expr = period_of(time, base) if time else exp.Null()
        counted = counted_rows(spec, self._policy, relation, base if time else None)
        tree = exp.Select(
            expressions=[
                exp.Star(),
                named(leaf, _LEAF),
                named(city, _CITY),
                named(exp.cast(period, "TIMESTAMP", dialect=WRITTEN_IN), _PERIOD),
                named(self._class(spec, table), _CLASS),
            ]
        )
        tree.from_(counted.subquery("counted", copy=False), copy=False)
        population = table if isinstance(table, Population) else table.population
        return tree.where(check_formula(spec, self._policy, population.condition), copy=False)

    def _class(self, spec: MetricSpec, table: Population | Breakdown) -> exp.Expr:
        """A population is one class."""
        if isinstance(table, Population):
            return string("")
        return check_formula(spec, self._policy, table.classes)


Counts = dict[Period, dict[Cell, tuple[int, int]]]


def _counts(rows: list[dict[str, object]]) -> Counts:
    found: Counts = defaultdict(dict)
    for row in rows:
        cell = (node_of(str(row["node"])), str(row["class"]))
        period = row["period"]
        assert period is None or isinstance(period, datetime)
        found[period][cell] = (int(str(row["u"])), int(str(row["n"])))
    return found


Shown = Mapping[str, frozenset[int]]
"""All numbers of records that the snapshots decided before have shown of a cell."""


def decide(reader: Reader, earlier: Shown) -> Pattern:
    """The pattern of one snapshot."""
    family = reader.family
    check_family(family)
    threshold = max(spec.smallest_cell for spec in family)
    counted = {
        population_of(spec): (spec, _counts(reader.count(spec, population_of(spec), TOTALS)))
        for spec in family
    }
    nodes = {
        node for _, counts in counted.values() for cells in counts.values() for node, _ in cells
    }
    tree = Tree(n for n in nodes if not any(m != n and m.startswith(n) for m in nodes))
    totals, shown = _hide_totals(tree, {p: c for p, (_, c) in counted.items()}, threshold, earlier)
    breakdowns: dict[Breakdown, Hidden] = {}
    for spec in family:
        for one in _tables(spec):
            counts = _counts(reader.count(spec, one, BREAKDOWNS))
            reached = tree.down_to(spec.finest_level)
            table = _Table(one, reached, counts, threshold)
            breakdowns[one], more = _hide_breakdown(table, totals, earlier)
            shown |= more
    populations = {p: frozenset(c) for p, (_, c) in counted.items()}
    return Pattern(tree, threshold, totals, populations, breakdowns, shown)


def _tables(spec: MetricSpec) -> list[Breakdown]:
    share = _share(spec)
    return ([share] if share else []) + [_breakdown(spec, d.field) for d in spec.dimensions]


def _hide_totals(
    tree: Tree, counted: dict[Population, Counts], threshold: int, earlier: Shown
) -> tuple[dict[Period, frozenset[Node]], dict[str, int]]:
    """One pattern for all populations: the fewest persons of any of them decide."""
    hidden: dict[Period, frozenset[Node]] = {}
    shown: dict[str, int] = {}
    for period in {p for counts in counted.values() for p in counts}:
        present = {one: c[period] for one, c in counted.items() if period in c}
        fewest = {
            node: min(cells.get((node, ""), (0, 0))[0] for cells in present.values())
            for node in tree.nodes
        }
        sensitive = frozenset(
            node
            for one, cells in present.items()
            for node in tree.nodes
            if _changed_little(
                earlier, cell_name(one, period, node), cells.get((node, ""), (0, 0))[1], threshold
            )
        )
        hidden[period] = hide_totals(tree, fewest, threshold, sensitive)
        for one, cells in present.items():
            for node in set(tree.nodes) - hidden[period]:
                shown[cell_name(one, period, node)] = cells[node, ""][1]
    return hidden, shown


@dataclass(frozen=True, slots=True)
class _Table:
    """One breakdown counted down to its finest level."""

    of: Breakdown
    tree: Tree
    counts: Counts
    threshold: int


def _hide_breakdown(
    table: _Table, totals: dict[Period, frozenset[Node]], earlier: Shown
) -> tuple[Hidden, dict[str, int]]:
    one, tree, threshold = table.of, table.tree, table.threshold
    classes = frozenset(c for cells in table.counts.values() for _, c in cells)
    periods: dict[Period, frozenset[Cell]] = {}
    shown: dict[str, int] = {}
    for period, cells in table.counts.items():
        months = _within(totals, period, BREAKDOWNS if period else None)
        rows = frozenset(n for m in months for n in totals[m])
        persons = {(n, c): cells.get((n, c), (0, 0))[0] for n in tree.nodes for c in classes}
        sensitive = frozenset(
            cell
            for cell in persons
            if _changed_little(
                earlier, cell_name(one, period, *cell), cells.get(cell, (0, 0))[1], threshold
            )
        )
        periods[period] = Split(tree, persons, threshold).hide(rows, sensitive)
        for cell in set(persons) - periods[period]:
            shown[cell_name(one, period, *cell)] = cells[cell][1]
    return Hidden(periods, classes), shown


def cell_name(table: Population | Breakdown, period: Period, node: Node, value: str = "") -> str:
    """One name for a cell in every snapshot, whatever metrics are registered."""
    population = table if isinstance(table, Population) else table.population
    classes = None if isinstance(table, Population) else table.classes
    start = None if period is None else period.isoformat()
    parts = [population.time_field, population.condition, classes, start, node, value]
    return json.dumps(parts, ensure_ascii=False)


def _changed_little(earlier: Shown, name: str, records: int, threshold: int) -> bool:
    """Whether the difference to anything shown would be a small cell of its own."""
    return any(0 < abs(records - before) < threshold for before in earlier.get(name, ()))
