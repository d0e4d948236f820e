"""SQL as people write it in rules, metrics and derived datasets: read, with a bound on its size."""

import sqlglot
from sqlglot import exp

from xihu_platform.errors import BadInput
from xihu_platform.sql import WRITTEN_IN

CONDITIONS_LIMIT = 300
"""ANDs and ORs of one text that is published: 5,000 take 2 s in each check of a rule."""
FOLLOWED_LIMIT = 600
"""ANDs and ORs of a derived dataset's query: its columns are followed by recursion, which takes 9 s
for 5,000 and ends Python's stack at about 1,000."""
DEPTH_LIMIT = 350
"""Levels of a tree without its ANDs and ORs. Writing a tree as text recurses at every other one."""
_JOINING = {sqlglot.TokenType.AND, sqlglot.TokenType.OR}


def read_sql(text: str, where: str, *, conditions: int | None = None) -> exp.Expr:
    """The tree; NULL for what is no SQL. Raises BadInput for more than can be worked with.

    Without a limit of `conditions` any number is read: a rule that was published before there was
    a limit stays readable.
    """
    try:
        joined = sum(token.token_type in _JOINING for token in sqlglot.tokenize(text, WRITTEN_IN))
        if conditions is not None and joined > conditions:  # before the parser sees it
            raise _too_long(where, conditions)
        tree: exp.Expr = sqlglot.parse_one(text, dialect=WRITTEN_IN)
    except (sqlglot.errors.SqlglotError, RecursionError):
        return exp.Null()
    if depth_of(tree) > DEPTH_LIMIT:
        raise BadInput(
            f"{where}：嵌套太深（最多 {DEPTH_LIMIT} 层），请拆成几条",
            f"{where}: nested too deep (at most {DEPTH_LIMIT} levels): split it",
        )
    return tree


def depth_of(tree: exp.Expr) -> int:
    """The levels of a tree, counted without recursion; a chain of ANDs and ORs is one level.

    >>> depth_of(sqlglot.parse_one("a + 1")), depth_of(sqlglot.parse_one("a AND b AND c OR d"))
    (3, 3)
    """
    levels, here = 0, [tree]
    while here:
        levels += 1
        here = [child for node in _chained(here) for child in node.iter_expressions()]
        here = [child for child in here if not isinstance(child, exp.Connector)]
    return levels


def _chained(nodes: list[exp.Expr]) -> list[exp.Expr]:
    """The nodes, and all ANDs and ORs that hang together directly below them."""
    found = list(nodes)
    for node in found:  # it grows on the way
        found += [one for one in node.iter_expressions() if isinstance(one, exp.Connector)]
    return found


def _too_long(where: str, conditions: int) -> BadInput:
    return BadInput(
        f"{where}：条件太多（最多 {conditions} 个 AND/OR），请拆成几条，或用 IN (…) 列出取值",
        f"{where}: too many conditions (at most {conditions} AND/OR): split it, or list the values "
        "with IN (…)",
    )
