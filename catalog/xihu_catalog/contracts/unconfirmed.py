"""What a draft leaves to people: marks that no load accepts until somebody has decided."""

from collections.abc import Iterator
from typing import Any

TO_CONFIRM = "TO CONFIRM 待确认"
"""Stands in a draft where only a person may decide; a contract that still holds it is refused."""


def is_open(value: object) -> bool:
    """Whether a value is still the mark, alone or followed by a hint.

    >>> is_open("TO CONFIRM 待确认: 提供方代码"), is_open("ga_residents")
    (True, False)
    """
    return isinstance(value, str) and value.lstrip().upper().startswith("TO CONFIRM")


def open_paths(raw: Any) -> Iterator[tuple[tuple[int | str, ...], str]]:
    """Where marks stand, with what has to be decided there: a custom property by its own name.

    Any: this is raw YAML.
    """
    if is_open(raw):
        yield (), ""
    elif isinstance(raw, dict):
        named = raw.get("property")
        for key, value in raw.items():
            for path, what in open_paths(value):
                yield (key, *path), what or str(named if named and key == "value" else key)
    elif isinstance(raw, list):
        for index, value in enumerate(raw):
            for path, what in open_paths(value):
                yield (index, *path), what
