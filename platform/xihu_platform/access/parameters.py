"""Values bound to a statement, each under a number that its text names: `$1`, `$2`, ….

A number may be named several times, in any order, by any part of the text. A key enters a query
in this way only: it never lies in a table and never in the text.
"""

from sqlglot import exp

from xihu_platform.sql import Statement, render


class Parameters(list[object]):
    """The values of one statement. Part by part, the text of the statement is built beside it."""

    def bind(self, value: object) -> str:
        """The placeholder that stands for the value.

        >>> Parameters(["a"]).bind("b")
        '$2'
        """
        self.append(value)
        return f"${len(self)}"

    def place(self, value: object) -> exp.Placeholder:
        """The same for a tree."""
        self.append(value)
        return exp.Placeholder(this=str(len(self)))

    def statement(self, tree: exp.Expr, dialect: str) -> Statement:
        """The text of a tree, with all values bound until now."""
        return Statement(render(tree, dialect), tuple(self))
