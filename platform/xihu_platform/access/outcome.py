"""The outcome of an answer: logged once, however the answer ends."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Generic, Protocol, TypeVar

Item = TypeVar("Item")
Told = Callable[[int, bool], object]
"""Takes how many rows left and whether that was all."""

WhenInterrupted = Callable[[Callable[[], object]], object]
"""Takes what is to be called when an answer is interrupted."""


class RecordSource(Protocol):
    """What an open answer holds, as whoever sends it needs to know it."""

    def close(self) -> None:
        """Free it all; an answer that was not read to its end is logged as broken off."""
        ...

    def interrupt(self) -> None:
        """Make what is running for it end, from another thread."""
        ...

    def when_interrupted(self, stop: Callable[[], object]) -> None:
        """Call `stop` too; at once where it was interrupted already."""
        ...


class Recorded(Iterator[Item], Generic[Item]):
    """Items of an answer; `tell` is called when they end, break off or are abandoned.

    A generator does not do: one that was never begun runs none of its `finally`.
    """

    def __init__(self, items: Iterator[Item], rows_in: Callable[[Item], int], tell: Told) -> None:
        self._items = items
        self._rows_in = rows_in
        self._tell: Told | None = tell
        self._rows = 0
        self._out = 0
        self._stops: list[Callable[[], object]] = []
        self._interrupted = False

    def __next__(self) -> Item:
        self._rows += self._out  # who asks on has sent what came before
        self._out = 0
        try:
            item = next(self._items)
        except StopIteration:
            self._end(finished=True)
            raise
        except BaseException:
            self._end(finished=False)
            raise
        self._out = self._rows_in(item)
        return item

    def close(self) -> None:
        close = getattr(self._items, "close", None)
        if close is not None:
            close()
        self._end(finished=False)

    def interrupt(self) -> None:
        self._interrupted = True
        interrupt = getattr(self._items, "interrupt", None)
        if interrupt is not None:
            interrupt()
        for stop in self._stops:
            stop()

    def when_interrupted(self, stop: Callable[[], object]) -> None:
        self._stops.append(stop)
        if self._interrupted:
            stop()

    def __del__(self) -> None:
        with suppress(Exception):
            self.close()

    def _end(self, *, finished: bool) -> None:
        tell, self._tell = self._tell, None
        if tell is not None:
            # An intent without an outcome counts as a full read, so a failure here loses nothing.
            with suppress(Exception):
                tell(self._rows, finished)
