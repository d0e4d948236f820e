"""SQL statements: a text with its bound values, and names and texts as SQL."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with the values of its placeholders: `$1` is the first of `parameters`.

    Statements made together may share one tuple of values of which each names a part.
    """

    sql: str
    parameters: tuple[object, ...] = ()


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
