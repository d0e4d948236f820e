"""Which columns a query's columns come from, and which decide what rows there are.

The kinds are OpenLineage's: a column enters another as it is (IDENTITY), changed
(TRANSFORMATION) or summed up (AGGREGATION); it decides without entering as FILTER, JOIN,
GROUP_BY, SORT (under a limit), WINDOW or CONDITIONAL.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Literal, NamedTuple, get_args

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from xihu_catalog.contracts.model import Contract
from xihu_platform.access.scopes import normalize, table_names
from xihu_platform.access.written import FOLLOWED_LIMIT, read_sql
from xihu_platform.errors import BadInput

Direct = Literal["IDENTITY", "TRANSFORMATION", "AGGREGATION"]
Indirect = Literal["FILTER", "JOIN", "GROUP_BY", "SORT", "WINDOW", "CONDITIONAL"]
Kind = Direct | Indirect
DIRECT: tuple[Direct, ...] = get_args(Direct)
INDIRECT: tuple[Indirect, ...] = get_args(Indirect)

QUERIES_KEPT = 256
"""Queries whose tables are known: the freshness of a derived dataset asks for them each time."""
_LAKE = "data"  # the lake's namespace may stand before a dataset's name


class ColumnOrigin(NamedTuple):
    """One column that another comes from."""

    table: str
    column: str
    kind: Kind


Lineage = dict[str, tuple[ColumnOrigin, ...]]
_Origins = frozenset[ColumnOrigin]
_NONE: _Origins = frozenset()
UNKNOWN = ColumnOrigin("", "", "IDENTITY")
"""A column whose origin cannot be told: it may be anything that the query reads."""
_UNKNOWN: _Origins = frozenset({UNKNOWN})


class _Result(NamedTuple):
    """Of one query: the origins of each column, and of the choice and number of its rows."""

    columns: dict[str, _Origins]
    rows: _Origins


def column_lineage(sql: str, tables: Mapping[str, tuple[str, ...]]) -> Lineage:
    """The origins of each column that `sql` (DuckDB's dialect) makes out of `tables`.

    What decides the rows stands at every column. Raises BadInput for what cannot be followed.

    >>> column_lineage("SELECT a + 1 AS b FROM t WHERE c", {"t": ("a", "c")})["b"]
    (ColumnOrigin(table='t', column='a', kind='TRANSFORMATION'), \
ColumnOrigin(table='t', column='c', kind='FILTER'))
    """
    scope = build_scope(_qualified(sql, tables))
    if scope is None:
        raise _not_followed("it is no query")
    result = _Reader().read(scope)
    return {
        name: tuple(sorted(origins | result.rows, key=_order))
        for name, origins in result.columns.items()
    }


@lru_cache(QUERIES_KEPT)
def tables_of(sql: str) -> tuple[str, ...]:
    """The datasets a query reads, sorted; names that it makes itself (WITH) are not among them.

    >>> tables_of("WITH w AS (SELECT * FROM data.b) SELECT * FROM w JOIN a USING (k)")
    ('a', 'b')
    """
    try:
        return tuple(name for name in table_names(normalize(_parsed(sql))) if name)
    except ValueError:
        raise _not_followed("a table stands where no scope accounts for it") from None


def inputs_of(contract: Contract) -> tuple[str, ...]:
    """The datasets a derived one reads; none where nobody can read its query."""
    try:
        return tables_of(contract.source.query) if contract.source.query else ()
    except BadInput:
        return ()


def _order(origin: ColumnOrigin) -> tuple[str, str, int]:
    return origin.table, origin.column, (*DIRECT, *INDIRECT).index(origin.kind)


def _parsed(sql: str) -> exp.Query:
    tree = read_sql(sql, "query", conditions=FOLLOWED_LIMIT)
    if not isinstance(tree, exp.Query):
        raise _not_followed("it is not one SQL query")
    return tree


def _qualified(sql: str, tables: Mapping[str, tuple[str, ...]]) -> exp.Query:
    tree = _parsed(sql)
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier) or table.args.get("pivots"):
            raise _not_followed("table functions and pivots cannot be followed")
        if table.db == _LAKE:
            table.set("db", None)
    schema: dict[str, object] = {
        table: dict.fromkeys(names, "unknown") for table, names in tables.items()
    }
    unknown = set(tables_of(sql)) - schema.keys()
    if unknown:
        raise _not_followed(f"there is no dataset {', '.join(sorted(unknown))}")
    try:
        whole = qualify(tree, schema=schema, dialect="duckdb", quote_identifiers=False)
    except SqlglotError:
        raise _not_followed("a column is unknown or ambiguous") from None
    if not isinstance(whole, exp.Query):
        raise _not_followed("it is no query")
    return whole


def _not_followed(why: str) -> BadInput:
    return BadInput(
        f"查询的字段血缘无法判定（{why}）。请核对表名和字段名，写出各列来自哪个表。",
        f"the query's column lineage cannot be told: {why}. Check the names of datasets and "
        "fields, and say of each column which table it is from.",
    )


def _under(origins: Iterable[ColumnOrigin], kind: Kind) -> _Origins:
    """The origins of a value once it is used in the way of `kind`."""
    return frozenset(o._replace(kind=_combined(o.kind, kind)) for o in origins)


def _all(sets: Iterable[_Origins]) -> _Origins:
    return frozenset[ColumnOrigin]().union(*sets)


def _combined(inner: Kind, outer: Kind) -> Kind:
    if inner not in DIRECT or outer not in DIRECT:
        return inner if inner not in DIRECT else outer
    return max(inner, outer, key=DIRECT.index)


class _Reader:
    """Reads scope after scope, each once."""

    def __init__(self) -> None:
        self._done: dict[int, _Result] = {}

    def read(self, scope: Scope) -> _Result:
        key = id(scope.expression)
        if key not in self._done:
            self._done[key] = _Result({}, _NONE)  # what a recursive query sees of itself
            self._done[key] = (
                self._union(scope) if scope.set_operation_scopes else self._select(scope)
            )
        return self._done[key]

    def _union(self, scope: Scope) -> _Result:
        """Columns meet by position (or name) and bear the first query's names; what EXCEPT and
        INTERSECT compare with decides rows and enters no column."""
        first, second = (self.read(branch) for branch in scope.set_operation_scopes)
        rows = first.rows | second.rows
        if not isinstance(scope.expression, exp.Union):
            compared = _all(second.columns.values())
            return _Result(first.columns, rows | _under(compared, "FILTER"))
        if scope.expression.args.get("by_name"):
            names = [*first.columns, *(n for n in second.columns if n not in first.columns)]
            both = [(first.columns.get(n, _NONE), second.columns.get(n, _NONE)) for n in names]
        else:
            names = list(first.columns)
            both = list(zip(first.columns.values(), second.columns.values(), strict=True))
        return _Result(
            {name: mine | other for name, (mine, other) in zip(names, both, strict=True)}, rows
        )

    def _select(self, scope: Scope) -> _Result:
        query = scope.expression
        if isinstance(query, exp.Subquery):
            query = query.unnest()
        if not isinstance(query, exp.Select):
            return _Result({}, _NONE)  # a table function or VALUES: no column of a dataset
        columns = {
            item.alias_or_name: self._of(item.unalias(), scope, "IDENTITY")
            for item in query.selects
        }
        rows = self._rows(query, scope)
        if query.args.get("distinct"):
            rows |= _under(_all(columns.values()), "GROUP_BY")
        return _Result(columns, rows)

    def _rows(self, query: exp.Expr, scope: Scope) -> _Origins:
        found: set[ColumnOrigin] = set()
        for _node, source in scope.selected_sources.values():
            if isinstance(source, Scope):
                found |= self.read(source).rows
        for clause, kind in _clauses(query):
            found |= self._of(clause, scope, kind)
        return frozenset(found)

    def _of(self, node: exp.Expr, scope: Scope, kind: Kind) -> _Origins:
        if isinstance(node, exp.Column):
            return _under(self._column(node, scope), kind)
        if isinstance(node, exp.Query):
            return self._nested(node, scope, kind)
        found: set[ColumnOrigin] = set()
        for child, way in _parts(node):
            found |= self._of(child, scope, _combined(kind, way))
        return frozenset(found)

    def _column(self, column: exp.Column, scope: Scope) -> _Origins:
        """Where a column's table stands in this scope or, in a correlated query, around it."""
        around: Scope | None = scope
        while around is not None and column.table not in around.sources:
            around = around.parent
        if around is None:
            return _UNKNOWN
        source = around.sources[column.table]
        if not isinstance(source, Scope):
            return frozenset({ColumnOrigin(source.name, column.name, "IDENTITY")})
        if isinstance(source.expression, exp.UDTF):
            return self._of_udtf(source.expression, around)
        return self.read(source).columns.get(column.name, _UNKNOWN)

    def _of_udtf(self, made: exp.Expr, scope: Scope) -> _Origins:
        inside = (c for c in made.find_all(exp.Column) if c.table != made.alias)
        found = (_under(self._column(c, scope), "TRANSFORMATION") for c in inside)
        return _all(found)

    def _nested(self, query: exp.Query, scope: Scope, kind: Kind) -> _Origins:
        """A query inside an expression: its columns are used as `kind`, its rows decide."""
        inner = query.unnest()
        found = next((s for s in scope.subquery_scopes if s.expression is inner), None)
        if found is None:
            raise _not_followed("a nested query cannot be followed")
        result = self.read(found)
        used = _all(result.columns.values())
        way: Kind = "TRANSFORMATION" if kind == "IDENTITY" else kind
        return _under(used, way) | _under(result.rows, way if way in INDIRECT else "FILTER")


def _clauses(query: exp.Expr) -> Iterable[tuple[exp.Expr, Kind]]:
    """The parts of a SELECT that decide its rows."""
    ways: tuple[tuple[str, Kind], ...] = (
        ("where", "FILTER"),
        ("having", "FILTER"),
        ("qualify", "FILTER"),
        ("group", "GROUP_BY"),
    )
    yield from ((query.args[name], kind) for name, kind in ways if query.args.get(name))
    group = query.args.get("group")
    if group and group.args.get("all") and isinstance(query, exp.Select):
        yield from ((item, "GROUP_BY") for item in query.selects if not item.find(exp.AggFunc))
    yield from ((j.args["on"], "JOIN") for j in query.args.get("joins") or () if j.args.get("on"))
    if query.args.get("limit") and query.args.get("order"):
        yield query.args["order"], "SORT"


def _parts(node: exp.Expr) -> Iterable[tuple[exp.Expr, Kind]]:
    """The children of an expression, each with the way it enters its parent."""
    ways: dict[str, Kind] = {}
    way: Kind = "TRANSFORMATION"
    if isinstance(node, exp.Window):
        ways = {"partition_by": "WINDOW", "order": "WINDOW"}
    elif isinstance(node, exp.Filter):
        ways = {"expression": "FILTER"}
    elif isinstance(node, exp.Case | exp.If):
        ways = {"this": "CONDITIONAL"}
    elif isinstance(node, exp.AggFunc):
        way = "AGGREGATION"
    elif isinstance(node, exp.Paren | exp.Alias):
        way = "IDENTITY"
    for name, value in node.args.items():
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, exp.Expr):
                yield child, ways.get(name, way)
