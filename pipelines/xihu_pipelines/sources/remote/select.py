"""Checks a steward's SELECT against an allow-list before a source's database sees it.

Every node of the tree is on a list of what is allowed, as at the access gateway: functions that
read files, run programs, sleep or change settings are unknown to the parser and so refused by name.
The database's own system tables, where its accounts and secrets lie, are refused too.
"""

from collections.abc import Sequence

import sqlglot
from sqlglot import exp

from xihu_catalog.contracts.remote import Remote
from xihu_platform.errors import BadInput

DIALECTS = {"postgresql": "postgres", "mysql": "mysql", "sqlite": "sqlite"}
_STATEMENT: tuple[type[exp.Expr], ...] = (
    *(exp.Select, exp.Subquery, exp.From, exp.Join, exp.Table, exp.TableAlias, exp.Alias),
    *(exp.With, exp.CTE, exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered, exp.Limit),
    *(exp.Offset, exp.Fetch, exp.Union, exp.Intersect, exp.Except, exp.Distinct, exp.Exists),
    *(exp.Window, exp.WindowSpec, exp.Star, exp.Column, exp.Identifier, exp.Tuple, exp.Paren),
)
_EXPRESSIONS: tuple[type[exp.Expr], ...] = (
    *(exp.Literal, exp.Null, exp.Boolean, exp.Interval, exp.Var, exp.DataType, exp.DataTypeParam),
    *(exp.And, exp.Or, exp.Not, exp.Is, exp.Between, exp.In, exp.EQ, exp.NEQ, exp.LT, exp.LTE),
    *(exp.GT, exp.GTE, exp.Like, exp.ILike, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv),
    *(exp.Mod, exp.Neg, exp.DPipe, exp.Case, exp.If, exp.Coalesce, exp.Nullif, exp.Cast),
    *(exp.TryCast, exp.Filter),
)
_FUNCTIONS: tuple[type[exp.Expr], ...] = (
    *(exp.Count, exp.Sum, exp.Min, exp.Max, exp.Avg, exp.Abs, exp.Round, exp.Floor, exp.Ceil),
    *(exp.Greatest, exp.Least, exp.Length, exp.Lower, exp.Upper, exp.Trim, exp.Substring),
    *(exp.Left, exp.Right, exp.Concat, exp.ConcatWs, exp.Replace, exp.StrPosition),
    *(exp.Year, exp.Month, exp.Day, exp.Quarter, exp.Extract, exp.DateDiff, exp.DateTrunc),
    *(exp.TimestampTrunc, exp.TsOrDsToDate, exp.Date, exp.Hour, exp.TimeToStr, exp.StrToTime),
    *(exp.RowNumber, exp.Rank, exp.DenseRank, exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue),
)
_ALLOWED = (*_STATEMENT, *_EXPRESSIONS, *_FUNCTIONS)
_SYSTEM_SCHEMAS = {"information_schema", "mysql", "performance_schema", "sys"}
_SYSTEM_TABLES = ("pg_", "sqlite_", "pragma_", "dbstat")


def inner_query(remote: Remote) -> exp.Query:
    """What is read of the database: its one table, or the contract's query once checked."""
    dialect = DIALECTS[remote.kind]
    if remote.query is not None:
        return check_query(remote.query, dialect)
    parts = [exp.to_identifier(part, quoted=True) for part in str(remote.table).split(".")]
    if len(parts) > 2 or not all(part.name for part in parts):
        raise BadInput(
            "servers[0] 的 table 应为 表 或 模式.表",
            "table of servers[0] must read table or schema.table",
        )
    table = exp.Table(this=parts[-1], db=parts[0] if len(parts) == 2 else None)
    _check_table(table)
    return exp.select("*").from_(table)


def check_query(text: str, dialect: str) -> exp.Query:
    """One SELECT as a tree. Raises BadInput naming what is not allowed in it."""
    try:
        trees = sqlglot.parse(text, dialect=dialect)
    except (sqlglot.errors.SqlglotError, RecursionError):
        raise BadInput(
            "servers[0] 的 query 不是可以读懂的 SELECT",
            "query of servers[0] is no SELECT that can be read",
        ) from None
    tree = trees[0] if len(trees) == 1 else None
    if not isinstance(tree, exp.Query):
        raise BadInput(
            "servers[0] 的 query 须是一条 SELECT", "query of servers[0] must be one SELECT"
        )
    for node in tree.walk():
        if not isinstance(node, _ALLOWED):
            name = node.name if isinstance(node, exp.Anonymous) else node.key
            raise BadInput(
                f"servers[0] 的 query 不允许使用 {name}，只能用表、列、比较、算术和常用函数",
                f"query of servers[0] may not use {name}: tables, columns, comparison, arithmetic "
                "and the common functions only",
            )
        if isinstance(node, exp.Table):
            _check_table(node)
    return tree


def _check_table(table: exp.Table) -> None:
    name, schema = table.name.lower(), table.db.lower()
    plain = isinstance(table.this, exp.Identifier) and not table.catalog
    system = schema in _SYSTEM_SCHEMAS or schema.startswith("pg_")
    if not plain or system or name.startswith(_SYSTEM_TABLES):
        raise BadInput(
            f"不允许读取 {table.sql()[:100]}：只能读业务表",
            f"{table.sql()[:100]} may not be read: ordinary tables only",
        )


def names_sql(inner: exp.Query, dialect: str) -> str:
    """Asks for the columns and no row."""
    return _outer(inner, [exp.Star()]).limit(0).sql(dialect=dialect, comments=False)


def rows_sql(
    inner: exp.Query,
    dialect: str,
    columns: list[tuple[str, bool]],
    *,
    cursor_field: str | None = None,
    after: str | None = None,
    up_to: str | None = None,
) -> str:
    """Every column as text; a zoned time (True) as civil time of the session's zone."""
    chosen = [
        exp.alias_(_text(_civil(name) if zoned else _column(name), dialect), name, quoted=True)
        for name, zoned in columns
    ]
    query = _outer(inner, chosen)
    if cursor_field is not None:
        query = _between(query, cursor_field, after, up_to)
    return query.sql(dialect=dialect, comments=False)


def newest_sql(inner: exp.Query, dialect: str, cursor_field: str, after: str | None) -> str:
    """The largest cursor there is, as text, by the database's own order."""
    largest = exp.Max(this=_column(cursor_field))
    query = _between(_outer(inner, [_text(largest, dialect)]), cursor_field, after, None)
    return query.sql(dialect=dialect, comments=False)


def _outer(inner: exp.Query, chosen: Sequence[exp.Expr]) -> exp.Select:
    source = exp.Subquery(this=inner.copy(), alias=exp.TableAlias(this=exp.to_identifier("q")))
    return exp.select(*chosen).from_(source)


def _between(query: exp.Select, field: str, after: str | None, up_to: str | None) -> exp.Select:
    """A text literal takes the column's own type in every one of the three databases."""
    if after is not None:
        query = query.where(exp.GT(this=_column(field), expression=exp.Literal.string(after)))
    if up_to is not None:
        query = query.where(exp.LTE(this=_column(field), expression=exp.Literal.string(up_to)))
    return query


def _column(name: str) -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=True), table="q")


def _civil(name: str) -> exp.Cast:
    return exp.cast(_column(name), "TIMESTAMP")


def _text(value: exp.Expr, dialect: str) -> exp.Cast:
    return exp.cast(value, "CHAR" if dialect == "mysql" else "TEXT")
