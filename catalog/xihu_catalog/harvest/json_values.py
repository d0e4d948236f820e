"""Reads values of JSON leniently: a list for a value, an object with a name for a text."""

from collections.abc import Iterator
from typing import Any

from xihu_catalog.formats.clean import clean
from xihu_catalog.harvest.raw import RawText

_NAMES = ("@value", "prefLabel", "label", "name", "title", "notation", "fn", "@id", "id")
_MOST = 1000
"""Values of one list; a longer one is cut."""


def strings(value: Any) -> tuple[str, ...]:
    """Any: it is JSON. Each text in it, cleaned, without empty ones.

    >>> strings(["a", {"prefLabel": {"en": "b"}}, 7, None, True])
    ('a', 'b', '7')
    """
    return tuple(one.value for one in texts(value))


def string(value: Any) -> str:
    """Any: it is JSON. The first text in it, or an empty one."""
    return next(iter(strings(value)), "")


def texts(value: Any, language: str = "") -> tuple[RawText, ...]:
    """Any: it is JSON. Each text with its language.

    >>> texts({"en": "Bridges", "zh_CN": ["桥"]})
    (RawText(value='Bridges', language='en'), RawText(value='桥', language='zh_CN'))
    """
    return tuple(one for _, one in zip(range(_MOST), _texts(value, language), strict=False))


def _texts(value: Any, language: str) -> Iterator[RawText]:
    if isinstance(value, str):
        if shown := clean(value):
            yield RawText(shown, language)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield RawText(str(value), language)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one, language)
    elif isinstance(value, dict):
        yield from _named(value, language)


def _named(value: dict[str, Any], language: str) -> Iterator[RawText]:
    own = value.get("@language")
    language = own if isinstance(own, str) else language
    for name in _NAMES:
        if value.get(name):
            yield from _texts(value[name], language)
            return
    for tag, one in value.items():
        if not tag.startswith("@") and len(tag) <= 11 and tag.replace("_", "").replace("-", ""):
            yield from _texts(one, tag)


def objects(value: Any) -> list[dict[str, Any]]:
    """Any: it is JSON. The objects of a list, or the one object."""
    found = value if isinstance(value, list) else [value]
    return [one for one in found[:_MOST] if isinstance(one, dict)]
