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
TOKENS_LIMIT = 10_000
"""Words, numbers and signs of one text that is published: a list of 80,000 values took 12 s in
each check of a rule, one of 5,000 takes half a second."""
CHARACTERS_LIMIT = 200_000
_HEADROOM = 250
"""Frames that a text which is published leaves over when it is read: a later reader may be
that much deeper in the program."""
_JOINING = {sqlglot.TokenType.AND, sqlglot.TokenType.OR}


def read_new_sql(text: str, where: str) -> exp.Expr:
    """The tree of a text that is to be published. Raises BadInput for more than can be worked with,
    and for more than a later reader could parse deeper in the program."""
    return read_sql(text, where, conditions=CONDITIONS_LIMIT, headroom=_HEADROOM)


def read_sql(
    text: str, where: str, *, conditions: int | None = None, headroom: int = 0
) -> exp.Expr:
    """The tree; NULL for what is no SQL. Raises BadInput for more than can be worked with.

    Without a limit of `conditions` a text of any length is read: a rule that was published before
    there was a limit stays readable.
    """
    try:
        if conditions is not None:
            _check_length(text, where, conditions)  # before the parser sees it
        tree = _parsed(text, headroom)
    except sqlglot.errors.SqlglotError:
        return exp.Null()
    except RecursionError:
        raise _too_deep(where) from None
    if depth_of(tree) > DEPTH_LIMIT:
        raise _too_deep(where)
    return tree


def _parsed(text: str, frames: int) -> exp.Expr:
    """The tree, parsed so many frames deeper than here."""
    if frames:
        return _parsed(text, frames - 1)
    tree: exp.Expr = sqlglot.parse_one(text, dialect=WRITTEN_IN)
    return tree


def _check_length(text: str, where: str, conditions: int) -> None:
    if len(text) > CHARACTERS_LIMIT:
        raise _too_many_words(where)
    tokens = sqlglot.tokenize(text, WRITTEN_IN)
    if sum(token.token_type in _JOINING for token in tokens) > conditions:
        raise _too_long(where, conditions)
    if len(tokens) > TOKENS_LIMIT:
        raise _too_many_words(where)


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


def _too_deep(where: str) -> BadInput:
    return BadInput(
        f"{where}：嵌套太深，请拆成几条",
        f"{where}: nested too deep: split it",
    )


def _too_many_words(where: str) -> BadInput:
    return BadInput(
        f"{where}：太长（最多 {TOKENS_LIMIT:,} 个词），取值多时请用代码表",
        f"{where}: too long (at most {TOKENS_LIMIT:,} words): use a code list for many values",
    )


def _too_long(where: str, conditions: int) -> BadInput:
    return BadInput(
        f"{where}：条件太多（最多 {conditions} 个 AND/OR），请拆成几条，或用 IN (…) 列出取值",
        f"{where}: too many conditions (at most {conditions} AND/OR): split it, or list the values "
        "with IN (…)",
    )
