"""SQL as people write it in rules, metrics and derived datasets: read, with a bound on its size."""

import sqlglot
from sqlglot import exp

from xihu_platform.errors import BadInput
from xihu_platform.sql import WRITTEN_IN

CONDITIONS_LIMIT = 300
"""ANDs and ORs of one text, and levels of its tree. Each is a level of recursion for sqlglot: 500
are read in 0.2 s, 5,000 took 9 s and ended the process's stack."""
_JOINING = {sqlglot.TokenType.AND, sqlglot.TokenType.OR}


def read_sql(text: str, where: str) -> exp.Expr:
    """The tree; NULL for what is no SQL. Raises BadInput for more than can be worked with."""
    try:
        joined = sum(token.token_type in _JOINING for token in sqlglot.tokenize(text, WRITTEN_IN))
        if joined > CONDITIONS_LIMIT:  # before the parser sees it
            raise _too_long(where)
        tree: exp.Expr = sqlglot.parse_one(text, dialect=WRITTEN_IN)
    except (sqlglot.errors.SqlglotError, RecursionError):
        return exp.Null()
    if depth_of(tree) > CONDITIONS_LIMIT + _FRAME:
        raise _too_long(where)
    return tree


_FRAME = 50
"""Levels above and below the conditions: of the query around them and of each comparison."""


def depth_of(tree: exp.Expr) -> int:
    """The levels of a tree, counted without recursion.

    >>> depth_of(sqlglot.parse_one("a + 1"))
    3
    """
    levels, here = 0, [tree]
    while here:
        levels += 1
        here = [child for node in here for child in node.iter_expressions()]
    return levels


def _too_long(where: str) -> BadInput:
    return BadInput(
        f"{where}：条件太多或嵌套太深（最多 {CONDITIONS_LIMIT} 个 AND/OR），请拆成几条，"
        "或用 IN (…) 列出取值",
        f"{where}: too many conditions, or nested too deep (at most {CONDITIONS_LIMIT} AND/OR): "
        "split it, or list the values with IN (…)",
    )
