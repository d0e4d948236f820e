"""A snapshot cut into ranges of record numbers: rows in record order are read piece by piece.

Parquet tells the greatest record number of each row group. Windows end at these numbers: a
page stops at the first window that fills it, and a download holds one window in memory instead of
sorting the whole table. Nothing is assumed of the order within a file or between files: a window is
a condition on the record number, and every record meets the condition of exactly one window.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlglot import exp

from xihu_platform.lake.snapshot import RECORD, RECORD_ID, Snapshot
from xihu_platform.sql import column, integer

FILES_REMEMBERED = 4096
"""Files are never changed, so that what was found in them stays true."""
ROW_GROUP = 40_960
"""Rows of a row group in files that we write. A sort reads whole row groups for the few rows that a
page shows; measured on 13 million rows, smaller groups make grouping slow, larger ones sorting."""


@dataclass(frozen=True, slots=True)
class RecordWindow:
    """Records with `above < number <= upto`; None where there is no limit on that side."""

    above: int | None = None
    upto: int | None = None

    @property
    def conditions(self) -> list[exp.Expr]:
        """What its records meet."""
        limits = ((exp.GT, self.above), (exp.LTE, self.upto))
        return [
            compare(this=column(RECORD), expression=integer(n))
            for compare, n in limits
            if n is not None
        ]

    def joined(self, last: "RecordWindow") -> "RecordWindow":
        """From the beginning of this one to the end of a later one."""
        return RecordWindow(self.above, last.upto)


@dataclass(frozen=True, slots=True)
class _Group:
    """The record numbers of a row group."""

    least: int
    greatest: int
    rows: int


def windows_of(snapshot: Snapshot, rows: int) -> tuple[RecordWindow, ...]:
    """Windows of about `rows` records each, in their order; one where the files do not tell.

    Reads each file's footer once. Raises OSError for a file that is gone.
    """
    groups: list[_Group] = []
    for file in snapshot.files:
        found = _groups(file)
        if found is None:
            return (RecordWindow(),)
        groups += found
    return tuple(_cut(sorted(groups, key=lambda group: group.greatest), rows))


def in_record_order(files: tuple[str, ...]) -> tuple[str, ...] | None:
    """The files in an order in which their rows, one after the other, are in record order.

    None where there is none. Reads the record numbers of each file once.
    """
    ranges = []
    for file in files:
        groups = _groups(file)
        if groups is None or not _rises(file):
            return None
        if groups:
            ranges.append((groups[0].least, groups[-1].greatest, file))
    ranges.sort()
    if any(before[1] >= after[0] for before, after in pairwise(ranges)):
        return None
    return tuple(file for _, _, file in ranges)


def _cut(groups: list[_Group], rows: int) -> Iterator[RecordWindow]:
    """By the end of each row group: a small file whose records lie far apart ends no window."""
    above, counted = None, 0
    for group in groups[:-1]:
        counted += group.rows
        if counted >= rows and group.greatest != above:
            yield RecordWindow(above, group.greatest)
            above, counted = group.greatest, 0
    yield RecordWindow(above, None)


@lru_cache(FILES_REMEMBERED)
def _groups(file: str) -> tuple[_Group, ...] | None:
    """None where a row group does not tell its least and greatest record number."""
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
        found.append(_Group(limits.min, limits.max, group.num_rows))
    return tuple(found)


@lru_cache(FILES_REMEMBERED)
def _rises(file: str) -> bool:
    """Whether each record number of a file is greater than the one before."""
    last = None
    with pq.ParquetFile(file) as opened:
        for batch in opened.iter_batches(columns=[RECORD]):
            numbers = batch.column(0)
            if not len(numbers):
                continue
            rising = pc.all(pc.less(numbers[:-1], numbers[1:]), min_count=0).as_py()
            if not rising or (last is not None and numbers[0].as_py() <= last):
                return False
            last = numbers[-1].as_py()
    return True


def _field_id(metadata: dict[bytes, bytes] | None) -> int | None:
    said = (metadata or {}).get(b"PARQUET:field_id")
    return int(said) if said else None
