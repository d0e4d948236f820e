"""SQL: statements, their parts as sqlglot trees, and the one place where a tree becomes text."""

from collections.abc import Iterable, Sequence
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
        table = exp.Table(this=raw_sql(self.sql))
        if alias is not None:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
        return table


def render(tree: exp.Expr, dialect: str) -> str:
    """The text of a tree. Raises sqlglot's UnsupportedError for what the dialect cannot say."""
    return tree.sql(dialect=dialect, unsupported_level=ErrorLevel.RAISE)


def raw_sql(text: str) -> exp.Var:
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


def is_among(name: str, numbers: Iterable[int]) -> exp.In:
    """Whether a column is one of the integers, which are one literal: a tree of ten thousand takes
    half a second to copy, write and parse.

    >>> print(render(is_among("n", [1, 2]), "duckdb"))
    "n" IN (SELECT UNNEST(CAST(STR_SPLIT('1,2', ',') AS BIGINT[])))
    """
    listed = exp.Split(this=string(",".join(map(str, numbers))), expression=string(","))
    each = exp.Explode(this=exp.cast(listed, "ARRAY<BIGINT>"))
    return exp.In(this=column(name), query=exp.Select(expressions=[each]).subquery())


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


def table(name: str, alias: str | None = None) -> exp.Table:
    """A table of the statement itself, as `with_tables` names them.

    This and the next two do what sqlglot's own builders do, which parse a name as SQL first.
    """
    found = exp.Table(this=exp.to_identifier(name))
    if alias is not None:
        found.set("alias", exp.TableAlias(this=exp.to_identifier(alias)))
    return found


def left_join(joined: exp.Table, conditions: Sequence[exp.Expr]) -> exp.Join:
    return exp.Join(this=joined, side="LEFT", on=conjunction(conditions))


def with_tables(tree: exp.Select, tables: dict[str, exp.Query]) -> exp.Select:
    """A tree that reads tables which the statement makes first, in their order.

    >>> made = {"x": exp.Select(expressions=[named(integer(1), "n")])}
    >>> tree = exp.Select(expressions=[exp.Star()], from_=exp.From(this=table("x")))
    >>> render(with_tables(tree, made), "duckdb")
    'WITH x AS (SELECT 1 AS "n") SELECT * FROM x'
    """
    ctes = [
        exp.CTE(this=query, alias=exp.TableAlias(this=exp.to_identifier(name)))
        for name, query in tables.items()
    ]
    tree.set("with_", exp.With(expressions=ctes))
    return tree


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
