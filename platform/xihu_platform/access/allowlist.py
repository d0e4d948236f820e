"""What SQL may say: allow-listed nodes and functions, known columns, nothing else.

Whatever comes from outside (a rule, a metric, a query) is parsed, every node of its tree is
checked here, and only the text generated from that tree is run. What is not on the list is
refused by name: there is no list of what is forbidden.
"""

from collections.abc import Iterable

from sqlglot import exp

from xihu_platform.access.written import read_sql
from xihu_platform.errors import BadInput

_NODES: tuple[type[exp.Expr], ...] = (
    *(exp.Column, exp.Identifier, exp.Literal, exp.Null, exp.Boolean, exp.Paren, exp.Star),
    *(exp.And, exp.Or, exp.Not, exp.Is, exp.Between, exp.In, exp.Tuple, exp.Interval, exp.Var),
    *(exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Like, exp.ILike),
    *(exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod, exp.Neg, exp.DPipe),
    *(exp.Case, exp.If, exp.Coalesce, exp.Nullif, exp.Cast, exp.TryCast, exp.DataType),
    *(exp.DataTypeParam, exp.Filter, exp.Where, exp.Distinct),
)
_FUNCTIONS: tuple[type[exp.Expr], ...] = (
    *(exp.Count, exp.Sum, exp.Min, exp.Max, exp.Avg, exp.CountIf),
    *(exp.Abs, exp.Round, exp.Floor, exp.Ceil, exp.Greatest, exp.Least, exp.Sign),
    *(exp.Length, exp.Lower, exp.Upper, exp.Trim, exp.Substring, exp.Left, exp.Right),
    *(exp.StartsWith, exp.EndsWith, exp.Contains, exp.RegexpLike, exp.RegexpFullMatch),
    *(exp.Year, exp.Month, exp.Day, exp.Quarter, exp.Extract, exp.DateDiff, exp.DateTrunc),
    *(exp.TimestampTrunc, exp.TsOrDsToDate, exp.Date, exp.Hour),
)

_QUERY_NODES: tuple[type[exp.Expr], ...] = (
    *(exp.Select, exp.From, exp.Join, exp.Table, exp.TableAlias, exp.Alias, exp.Subquery),
    *(exp.With, exp.CTE, exp.Union, exp.Except, exp.Intersect, exp.Group, exp.Having),
    *(exp.Order, exp.Ordered, exp.Limit, exp.Offset, exp.Qualify, exp.Window, exp.WindowSpec),
    *(exp.RowNumber, exp.Rank, exp.DenseRank, exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue),
    *(exp.Exists, exp.Any, exp.Median, exp.ArgMax, exp.ArgMin, exp.IntervalOp),
)


def check_query(tree: exp.Expr, *, where: str) -> None:
    """Raises BadInput naming the first node or function that a whole query may not hold."""
    for node in tree.walk():
        if not isinstance(node, (*_NODES, *_FUNCTIONS, *_QUERY_NODES)):
            name = node.name if isinstance(node, exp.Anonymous) else node.key
            raise BadInput(
                f"{where}：查询中不允许使用 {name}",
                f"{where}: {name} is not allowed in a query",
            )


def check_tree(
    tree: exp.Expr, columns: frozenset[str], *, where: str, also: Iterable[type] = ()
) -> None:
    """Raises BadInput naming the first node, function or column that is not allowed."""
    allowed = (*_NODES, *_FUNCTIONS, *also)
    for node in tree.walk():
        if not isinstance(node, allowed):
            name = node.name if isinstance(node, exp.Anonymous) else node.key
            raise BadInput(
                f"{where}：不允许使用 {name}，只能用列、常量、比较、算术和常用函数",
                f"{where}: {name} is not allowed; use columns, constants, comparison, "
                "arithmetic and the common functions",
            )
        if isinstance(node, exp.Column) and (node.table or node.name not in columns):
            raise BadInput(
                f"{where}：没有名为 {node.sql()} 的字段",
                f"{where}: there is no field called {node.sql()}",
            )


def check_expression(text: str, columns: frozenset[str], *, where: str) -> exp.Expr:
    """Parse one expression and check it. Raises BadInput; returns the tree."""
    tree = read_sql(text, where)
    if isinstance(tree, exp.Null) and text.strip().upper() != "NULL":
        raise BadInput(f"{where}：不是一个可以读懂的 SQL 表达式", f"{where}: not an SQL expression")
    check_tree(tree, columns, where=where)
    for column in tree.find_all(exp.Column):
        column.this.set("quoted", True)
    return tree
