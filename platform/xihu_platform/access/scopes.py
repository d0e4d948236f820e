"""Which tables a query reads: a question of scope, never of the set of names.

`WITH t AS (SELECT * FROM t)` reads the table t, though t is also a name that the query makes.
"""

from sqlglot import exp
from sqlglot.optimizer.normalize_identifiers import normalize_identifiers
from sqlglot.optimizer.scope import traverse_scope

from xihu_platform.sql import WRITTEN_IN


def normalize(tree: exp.Query) -> exp.Query:
    """Names as DuckDB compares them, so that `T` and `t` are one."""
    normalized = normalize_identifiers(tree, dialect=WRITTEN_IN)
    assert isinstance(normalized, exp.Query)
    return normalized


def tables_read(tree: exp.Query) -> list[exp.Table]:
    """The nodes of a normalized query that stand for tables; those for its own WITH are left out.

    Raises ValueError for a table that no scope accounts for: it could be anything.
    """
    found: list[exp.Table] = []
    made: list[exp.Expr] = []
    for scope in traverse_scope(tree):
        for node, source in scope.selected_sources.values():
            if isinstance(source, exp.Table):
                found.append(source)
            else:
                made.append(node)
    known = {id(node) for node in (*found, *made)}
    if any(id(table) not in known for table in tree.find_all(exp.Table)):
        raise ValueError("a table stands where no scope accounts for it")
    return found


def table_names(tree: exp.Query) -> list[str]:
    """The names of the tables a normalized query reads, sorted, each once. Raises ValueError."""
    return sorted({table.name for table in tables_read(tree)})
