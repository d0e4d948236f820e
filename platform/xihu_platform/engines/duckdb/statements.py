"""Runs a statement with those of its bound values that its text names."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import duckdb

from xihu_platform.sql import Statement

_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
_PLACE = re.compile(r"\$(\d+)")
TEXTS_KEPT = 256
"""Texts whose placeholders are remembered: that of a page over many files takes a while to read."""


def used_parameters(sql: str, parameters: Sequence[object]) -> dict[str, object]:
    """What a text names of the values that were bound for it and for other parts beside it.

    DuckDB refuses values that no text names.

    >>> used_parameters("SELECT $2, '$1'", ["a", "b"])
    {'2': 'b'}
    """
    return {number: parameters[int(number) - 1] for number in _places(sql)}


@lru_cache(TEXTS_KEPT)
def _places(sql: str) -> frozenset[str]:
    return frozenset(_PLACE.findall(_QUOTED.sub("", sql)))


def run_statement(cursor: duckdb.DuckDBPyConnection, statement: Statement) -> Any:
    """A relation that is not executed yet. Any: what becomes of it is pyarrow's, without types."""
    used = used_parameters(statement.sql, statement.parameters) if statement.parameters else {}
    return cursor.sql(statement.sql, params=used or None)
