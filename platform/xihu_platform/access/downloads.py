"""How the rows of a download are fetched, in record order, without sorting the whole dataset.

Where the files lie in record order they are read one after the other. Where they do not, each
window of records is sorted by itself. Either way the exit sees the record numbers: should one not
be greater than the one before, the download breaks off and the log says so.
"""

from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from xihu_platform.access.answers import Plan
from xihu_platform.access.disputed import DisputedRecords
from xihu_platform.engines.protocol import BatchStream, Engine
from xihu_platform.errors import TerminalError
from xihu_platform.lake.snapshot import RECORD
from xihu_platform.lake.windows import ROW_GROUP, RecordWindow, in_record_order, windows_of
from xihu_platform.sql import Statement, column, is_among, ordered

LEAST_ROWS = 32_768
"""Of a batch that leaves, but for the last one."""


def disputed_in(engine: Engine, plan: Plan, records: DisputedRecords) -> dict[int, str]:
    """The names of the disputed fields that leave, by record number, of the rows of this plan
    alone: whose file has no such row learns nothing of the others."""
    said = records.among(plan.fields)
    if not said or plan.is_whole:
        return said
    tree = plan.select(column(RECORD))
    tree.where(is_among(RECORD, said), copy=False)
    found = engine.fetch(plan.statement(tree))[RECORD].to_pylist()
    return {number: said[number] for number in found}


def download(engine: Engine, plan: Plan, columns: list[exp.Expr]) -> "InRecordOrder":
    """All rows of a plan, with these columns, in record order."""
    statements = _statements(engine, plan, [*columns, column(RECORD)])
    return InRecordOrder(engine.stream_pieces(statements))


def _statements(engine: Engine, plan: Plan, columns: list[exp.Expr]) -> list[Statement]:
    snapshot = plan.snapshot
    try:
        in_order = in_record_order(snapshot.files)
        windows = (RecordWindow(),) if in_order is not None else windows_of(snapshot, ROW_GROUP)
    except OSError:  # a file is gone: the engine says so
        in_order, windows = None, (RecordWindow(),)
    if in_order is not None:
        moved = plan.over(engine.relation(replace(snapshot, files=in_order)))
        return [moved.statement(moved.select(*columns))]
    return [plan.statement(_of_window(plan, columns, window)) for window in windows]


def _of_window(plan: Plan, columns: list[exp.Expr], window: RecordWindow) -> exp.Select:
    tree = plan.select(*(one.copy() for one in columns))
    if window.conditions:
        tree.where(*window.conditions, copy=False)
    return tree.order_by(ordered(RECORD), copy=False)


class InRecordOrder(Iterator[pa.RecordBatch]):
    """Batches without their last column, the record number, once it was seen to rise.

    A filter leaves few rows of a batch: small ones are joined.
    """

    def __init__(self, batches: BatchStream) -> None:
        self._batches = batches
        self._last: int | None = None
        self._begun = False

    def __next__(self) -> pa.RecordBatch:
        if not self._begun:  # the schema
            self._begun = True
            return self._checked(next(self._batches))
        joined: list[pa.RecordBatch] = []
        while sum(batch.num_rows for batch in joined) < LEAST_ROWS:
            batch = next(self._batches, None)
            if batch is None:
                break
            joined.append(self._checked(batch))
        if not joined:
            raise StopIteration
        return joined[0] if len(joined) == 1 else pa.concat_batches(joined)

    def _checked(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        at = batch.num_columns - 1
        numbers = batch.column(at)
        if len(numbers):
            self._check(numbers)
        return batch.remove_column(at)

    def _check(self, numbers: pa.Array) -> None:
        rising = pc.all(pc.less(numbers[:-1], numbers[1:]), min_count=0).as_py()
        if not rising or (self._last is not None and numbers[0].as_py() <= self._last):
            self.close()
            raise TerminalError(
                "下载中断：记录未按编号顺序读出，请联系运维人员",
                "the download broke off: records were not read in the order of their numbers; "
                "tell the operators",
            )
        self._last = numbers[-1].as_py()

    def close(self) -> None:
        self._batches.close()

    def interrupt(self) -> None:
        self._batches.interrupt()
