"""Runs a statement with those of its bound values that its text names."""

import re
from collections.abc import Sequence
from typing import Any

import duckdb

_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
_PLACE = re.compile(r"\$(\d+)")


def used_parameters(sql: str, parameters: Sequence[object]) -> dict[str, object] | list[object]:
    """What a text names of the values that were bound for it and for other parts beside it.

    DuckDB refuses values that no text names.

    >>> used_parameters("SELECT $2, '$1'", ["a", "b"])
    {'2': 'b'}
    """
    numbers = set(_PLACE.findall(_QUOTED.sub("", sql)))
    if not numbers and "?" in sql:
        return list(parameters)
    return {number: parameters[int(number) - 1] for number in numbers}


def run_statement(cursor: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object]) -> Any:
    """A relation that is not executed yet. Any: what becomes of it is pyarrow's, without types."""
    used = used_parameters(sql, parameters) if parameters else None
    return cursor.sql(sql, params=used) if used else cursor.sql(sql)
