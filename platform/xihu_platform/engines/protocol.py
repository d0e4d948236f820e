"""What an engine does for the gateway and the metrics, whatever it is made of."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import pyarrow as pa

from xihu_platform.lake.snapshot import Snapshot
from xihu_platform.sql import Relation, Statement


class BatchStream(Protocol):
    """An answer batch by batch; the first item is an empty batch with the schema.

    Nothing is read before the first item is asked for. `close` frees everything, at any time.
    """

    def __iter__(self) -> Iterator[pa.RecordBatch]: ...

    def __next__(self) -> pa.RecordBatch: ...

    def close(self) -> None: ...

    def interrupt(self) -> None:
        """Make a running `__next__` end, from another thread."""
        ...


class Engine(Protocol):
    """Runs SQL that the access gateway has written; never a caller's own text."""

    def relation(self, snapshot: Snapshot) -> Relation:
        """A scan of one snapshot by field id, in the engine's own SQL."""
        ...

    def fetch(self, statement: Statement) -> pa.Table:
        """The whole answer, in memory."""
        ...

    def stream(self, statement: Statement) -> BatchStream:
        """The answer batch by batch, for a statement that sorts all of it first."""
        ...

    def stream_pieces(self, statements: Sequence[Statement]) -> BatchStream:
        """The answers of statements of one schema, one after the other, read as they are sent."""
        ...
