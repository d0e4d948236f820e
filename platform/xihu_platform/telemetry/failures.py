"""What may be written of an exception: its type and where it was raised, never its message.

DuckDB and SQLAlchemy quote SQL and values in their messages, httpx quotes addresses.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from traceback import walk_tb
from types import FrameType

PLACES = 20  # frames that are named, the innermost of them
CAUSES = 5  # exceptions behind the first that are named


@dataclass(frozen=True, slots=True)
class Failure:
    """One exception without its values."""

    kind: str
    causes: tuple[str, ...]
    """The types of the exceptions behind it, nearest first."""
    places: tuple[str, ...]
    """`module:function:line` of our own frames and of where each was raised, innermost last."""

    def facts(self) -> dict[str, object]:
        """For a log line."""
        causes = {"caused_by": list(self.causes)} if self.causes else {}
        return {"error": self.kind, **causes, "at_place": list(self.places)}


def describe(error: BaseException) -> Failure:
    """
    >>> try:
    ...     int("330106199001011234x")
    ... except ValueError as error:
    ...     describe(error).kind
    'ValueError'
    """
    chain = list(islice(_chain(error), CAUSES + 1))
    return Failure(
        kind=_kind(error),
        causes=tuple(_kind(cause) for cause in chain[1:]),
        places=tuple(place for one in chain for place in _places(one))[-PLACES:],
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and those that led to it, as Python would print them."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        if isinstance(current, BaseExceptionGroup):
            current = current.exceptions[0]
            continue
        shown = None if current.__suppress_context__ else current.__context__
        current = current.__cause__ or shown


def _kind(error: BaseException) -> str:
    kind = type(error)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def _places(error: BaseException) -> Iterator[str]:
    frames = list(walk_tb(error.__traceback__))
    for frame, line in frames:
        if _module(frame).startswith("xihu") or frame is frames[-1][0]:
            yield f"{_module(frame)}:{frame.f_code.co_name}:{line}"


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "?"))
