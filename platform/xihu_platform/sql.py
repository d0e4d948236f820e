"""SQL: statements, their parts as sqlglot trees, and the one place where a tree becomes text."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import ErrorLevel, exp

WRITTEN_IN = "duckdb"
"""The SQL in which people write: rules, metrics and derived datasets. Engines get it in theirs."""


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with the values of its placeholders: `$1` is the first of `parameters`.

    Statements made together may share one tuple of values of which each names a part.
    """

    sql: str
    parameters: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Relation:
    """A table expression in an engine's own SQL, such as a scan of files; no tree is made of it."""

    sql: str
    dialect: str
    """sqlglot's name of the SQL that the engine speaks."""

    def table(self, alias: str | None = None) -> exp.Table:
        """The relation to read from in a tree.

        >>> render(exp.select("*").from_(Relation("f(1)", "duckdb").table("t")), "duckdb")
        'SELECT * FROM f(1) AS "t"'
        """
        table = exp.Table(this=generated(self.sql))
        if alias is not None:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
        return table


def render(tree: exp.Expr, dialect: str) -> str:
    """The text of a tree. Raises sqlglot's UnsupportedError for what the dialect cannot say."""
    return tree.sql(dialect=dialect, unsupported_level=ErrorLevel.RAISE)


def generated(text: str) -> exp.Var:
    """A part of a tree that is text already: an engine's own, or what `render` gave before."""
    return exp.Var(this=text)


def column(name: str, table: str | None = None) -> exp.Column:
    """A column by its name, quoted.

    >>> render(column("place", "a"), "duckdb")
    '"a"."place"'
    """
    return exp.column(name, table=table, quoted=True)


def named(expression: exp.Expr, name: str) -> exp.Expr:
    """An expression under a name, quoted."""
    return exp.alias_(expression, name, quoted=True)


def string(value: str) -> exp.Literal:
    """A text of ours in a tree."""
    return exp.Literal.string(value)


def integer(value: int) -> exp.Literal | exp.Neg:
    return exp.Literal.number(value)


def is_unknown(expression: exp.Expr) -> exp.Expr:
    """`IS NULL`; the expression may be part of another tree."""
    return exp.Is(this=expression.copy(), expression=exp.Null())


def is_known(expression: exp.Expr) -> exp.Expr:
    return exp.Not(this=is_unknown(expression))


def ordered(name: str, *, descending: bool = False) -> exp.Ordered:
    """A column to sort by, unknown values last."""
    return exp.Ordered(this=column(name), desc=descending, nulls_first=False)


def conjunction(conditions: Sequence[exp.Expr]) -> exp.Expr:
    """All conditions joined; TRUE where there is none. They are not copied, which takes long."""
    return exp.and_(*conditions, copy=False) if conditions else exp.true()


def text_literal(value: str) -> str:
    """A value of ours as an SQL literal.

    >>> text_literal("it's")
    "'it''s'"
    """
    return "'" + value.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name as a quoted SQL identifier.

    >>> identifier('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'
