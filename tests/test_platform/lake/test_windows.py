"""Windows cut a snapshot by its record numbers: each record lies in exactly one of them."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import count, pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xihu_platform.lake.snapshot import RECORD, RECORD_ID, Snapshot
from xihu_platform.lake.windows import RecordWindow, windows_of

FIELD = pa.field(RECORD, pa.int64(), metadata={b"PARQUET:field_id": str(RECORD_ID).encode()})
OTHER = pa.field("other", pa.string(), metadata={b"PARQUET:field_id": b"2"})


NAMES = count()
"""A file is never changed, so that no two examples may share one: names that are drawn repeat."""


def write(path: Path, records: list[int], group: int, *, statistics: bool = True) -> str:
    """A file whose record numbers are not in its first column."""
    table = pa.table([["x"] * len(records), records], schema=pa.schema([OTHER, FIELD]))
    pq.write_table(table, path, row_group_size=group, write_statistics=statistics)
    return str(path)


def snapshot_of(files: list[str], rows: int = 0) -> Snapshot:
    return Snapshot("data.t", 1, datetime(2026, 1, 1, tzinfo=UTC), (), tuple(files), rows)


def within(window: RecordWindow, record: int) -> bool:
    above = window.above is None or record > window.above
    return above and (window.upto is None or record <= window.upto)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("windows")


@given(data=st.data())
@settings(deadline=None, max_examples=60)
def test_every_record_lies_in_exactly_one_window(folder: Path, data: st.DataObject) -> None:
    """However the records lie in files: in order, in another one, with gaps, interleaved."""
    records = data.draw(st.lists(st.integers(0, 500), min_size=1, max_size=120, unique=True))
    if data.draw(st.booleans()):
        records.sort()
    parts = data.draw(st.integers(1, 3))
    files = [
        write(folder / f"{next(NAMES)}.parquet", records[at::parts], 10)
        for at in range(parts)
        if records[at::parts]
    ]
    windows = windows_of(snapshot_of(files), data.draw(st.integers(1, 60)))
    for record in [*records, -5, 10_000]:
        assert sum(within(window, record) for window in windows) == 1
    for one, other in pairwise(windows):
        assert one.upto is not None
        assert one.upto == other.above
        assert any(within(one, record) for record in records)


def test_windows_hold_about_as_many_records_as_asked_for(folder: Path) -> None:
    files = [
        write(folder / "a.parquet", list(range(1, 101)), 10),
        write(folder / "b.parquet", list(range(101, 201)), 10),
    ]
    for rows, expected in ((10, 20), (25, 7), (50, 4), (1000, 1)):
        windows = windows_of(snapshot_of(files), rows)
        assert len(windows) == expected
        counts = [sum(within(w, record) for record in range(1, 201)) for w in windows]
        assert all(rows <= count < rows + 10 for count in counts[:-1])


def test_a_file_that_does_not_tell_its_limits_is_read_as_a_whole(folder: Path) -> None:
    told = write(folder / "told.parquet", list(range(50)), 10)
    untold = write(folder / "untold.parquet", list(range(50, 100)), 10, statistics=False)
    assert windows_of(snapshot_of([told, untold]), 10) == (RecordWindow(),)


def test_a_file_without_record_numbers_is_read_as_a_whole(folder: Path) -> None:
    path = folder / "bare.parquet"
    pq.write_table(pa.table({RECORD: [1, 2, 3]}), path)  # no field id: another engine wrote it
    assert windows_of(snapshot_of([str(path)]), 1) == (RecordWindow(),)


def test_no_file_is_one_window() -> None:
    assert windows_of(snapshot_of([]), 10) == (RecordWindow(),)


def test_a_file_that_is_gone_is_said(folder: Path) -> None:
    gone = replace(snapshot_of([]), files=(str(folder / "gone.parquet"),))
    with pytest.raises(OSError, match="gone"):
        windows_of(gone, 10)
