"""A snapshot cut into ranges of record numbers: rows in record order are read piece by piece.

Parquet tells the greatest record number of each row group. Windows end at these numbers: a
page stops at the first window that fills it, and a download holds one window in memory instead of
sorting the whole table. Nothing is assumed of the order within a file or between files: a window is
a condition on the record number, and every record meets the condition of exactly one window.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import pyarrow.parquet as pq

from xihu_platform.lake.tables import RECORD_ID, Snapshot

FILES_REMEMBERED = 4096
"""Files are never changed, so that what their footers say stays true."""


@dataclass(frozen=True, slots=True)
class Window:
    """Records with `above < number <= upto`; None where there is no limit on that side."""

    above: int | None = None
    upto: int | None = None

    def joined(self, last: "Window") -> "Window":
        """From the beginning of this one to the end of a later one."""
        return Window(self.above, last.upto)


@dataclass(frozen=True, slots=True)
class _Group:
    """A row group: the greatest of its record numbers."""

    greatest: int
    rows: int


def windows_of(snapshot: Snapshot, rows: int) -> tuple[Window, ...]:
    """Windows of about `rows` records each, in their order; one where the files do not tell.

    Reads each file's footer once. Raises OSError for a file that is gone.
    """
    groups: list[_Group] = []
    for file in snapshot.files:
        found = _groups(file)
        if found is None:
            return (Window(),)
        groups += found
    return tuple(_cut(sorted(groups, key=lambda group: group.greatest), rows))


def _cut(groups: list[_Group], rows: int) -> Iterator[Window]:
    """By the end of each row group: a small file whose records lie far apart ends no window."""
    above, counted = None, 0
    for group in groups[:-1]:
        counted += group.rows
        if counted >= rows and group.greatest != above:
            yield Window(above, group.greatest)
            above, counted = group.greatest, 0
    yield Window(above, None)


@lru_cache(FILES_REMEMBERED)
def _groups(file: str) -> tuple[_Group, ...] | None:
    """None where a row group does not tell its greatest record number."""
    metadata = pq.read_metadata(file)
    fields = metadata.schema.to_arrow_schema()
    at = next((n for n, f in enumerate(fields) if _field_id(f.metadata) == RECORD_ID), None)
    if at is None:
        return None
    found = []
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        limits = group.column(at).statistics
        if limits is None or not limits.has_min_max:
            return None
        found.append(_Group(limits.max, group.num_rows))
    return tuple(found)


def _field_id(metadata: dict[bytes, bytes] | None) -> int | None:
    said = (metadata or {}).get(b"PARQUET:field_id")
    return int(said) if said else None
