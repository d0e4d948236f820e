"""A stream of rows as bytes: CSV, Excel, Parquet, Arrow. Written as the rows come."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from itertools import chain
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from xihu_platform.access import sheet
from xihu_platform.access.answers import Stream
from xihu_platform.access.formulas import harmless_batch
from xihu_platform.access.outcome import WhenInterrupted
from xihu_platform.access.sheet import Notes
from xihu_platform.errors import TooLarge, TransientError

Format = Literal["csv", "xlsx", "parquet", "arrow"]
SHEET_LIMIT = 100_000  # rows; a sheet holds a million, but takes a minute to write
_CHUNK = 1 << 20
_REPEATED = 0.25
"""Distinct values per row of a first batch, up to which a column gets a dictionary."""
_END_OF_STREAM = b"\xff\xff\xff\xff\x00\x00\x00\x00"
"""Closes an Arrow IPC stream: a message of no length."""


class SheetFailed(TransientError):
    """The process that writes a workbook has ended before its time."""

    def __init__(self) -> None:
        super().__init__(
            "Excel 文件未能生成，请稍后再试，或改下 CSV",
            "the Excel file could not be written: try again in a moment, or take CSV",
        )


MEDIA_TYPES: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}


def chunks(stream: Stream, form: Format, notes: Notes) -> Iterator[bytes]:
    """The bytes of one export. Closing the iterator early closes the read, and the log says so."""
    return _WRITERS[form](stream, notes)


def _batches(stream: Stream) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """The schema (it comes with the first, empty batch) and the batches that follow."""
    batches = stream.batches
    return next(batches).schema, batches


def _csv(stream: Stream, notes: Notes) -> Iterator[bytes]:
    schema, batches = _batches(stream)
    times = [i for i, kind in enumerate(schema.types) if pa.types.is_timestamp(kind)]
    for index in times:
        schema = schema.set(index, schema.field(index).with_type(pa.string()))
    yield _lines(schema.empty_table(), header=True)
    for batch in map(harmless_batch, batches):
        for index in times:
            text = pc.strftime(batch.column(index), format="%Y-%m-%d %H:%M:%S")
            text = pc.replace_substring_regex(text, r"\.0+$", "")  # %S writes fractions
            batch = batch.set_column(index, schema.field(index), text)
        yield _lines(batch, header=False)


def _lines(rows: pa.RecordBatch | pa.Table, *, header: bool) -> bytes:
    sink = pa.BufferOutputStream()
    options = pacsv.WriteOptions(include_header=header, quoting_style="needed")
    pacsv.write_csv(rows, sink, options)
    return _bytes(sink.getvalue())


def _bytes(buffer: Any) -> bytes:  # Any: pyarrow has no types
    content: bytes = buffer.to_pybytes()
    return content


def _arrow(stream: Stream, notes: Notes) -> Iterator[bytes]:
    """Message by message: a writer over memory copies each batch three times."""
    schema, batches = _batches(stream)
    yield _bytes(schema.with_metadata(_metadata(notes)).serialize())
    for batch in batches:
        yield _bytes(batch.serialize())
    yield _END_OF_STREAM


def _metadata(notes: Notes) -> dict[str, str]:
    label = {"xihu.synthetic": notes.synthetic} if notes.synthetic else {}
    return {"xihu.citation": notes.citation, **label}


def _parquet(stream: Stream, notes: Notes) -> Iterator[bytes]:
    """A Parquet file's footer comes last but its readers want it whole: it is spooled."""
    schema, batches = _batches(stream)
    schema = schema.with_metadata(_metadata(notes))
    first = next(batches, None)
    repeated = [] if first is None else _repeated(first)
    with tempfile.TemporaryFile() as spool:
        with pq.ParquetWriter(spool, schema, compression="zstd", use_dictionary=repeated) as writer:
            for batch in chain([] if first is None else [first], batches):
                writer.write_batch(batch.replace_schema_metadata(schema.metadata))
        spool.seek(0)
        while block := spool.read(_CHUNK):
            stream.check()
            yield block


def _repeated(batch: pa.RecordBatch) -> list[str]:
    """The columns whose values come back often: a dictionary makes them small, and others slow."""
    limit = batch.num_rows * _REPEATED
    names = batch.schema.names
    return [name for name in names if pc.count_distinct(batch.column(name)).as_py() <= limit]


def _xlsx(stream: Stream, notes: Notes) -> Iterator[bytes]:
    """Written by a child process into a file that only the two of them have open."""
    schema, batches = _batches(stream)
    harmless = map(harmless_batch, batches)
    header = partial(sheet.header, notes)
    for block in _book(schema, harmless, header, stream.source.when_interrupted):
        stream.check()
        yield block


def text_book(tables: Iterator[pa.Table], when_interrupted: WhenInterrupted) -> Iterator[bytes]:
    """One sheet whose cells are all text: a spreadsheet leaves long numbers as they are."""
    whole = pa.concat_tables(tables)
    texts = whole.cast(pa.schema([(name, pa.string()) for name in whole.column_names]))
    yield from _book(texts.schema, texts.to_batches(), sheet.text_header, when_interrupted)


def book_of(table: pa.Table, notes: Notes) -> Iterator[bytes]:
    """A workbook of a small table, as of a metric's series, with a sheet of what it rests on."""
    harmless = map(harmless_batch, table.to_batches())
    yield from _book(table.schema, harmless, partial(sheet.header, notes), lambda _stop: None)


def check_sheet(rows: int) -> None:
    """Raises TooLarge where so many rows make no workbook here."""
    if rows > SHEET_LIMIT:
        raise TooLarge(
            "行数太多，Excel 放不下，请改下 CSV",
            f"more than {SHEET_LIMIT:,} rows do not fit Excel: take CSV instead",
        )


def _book(
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    header: Callable[[str], bytes],
    when_interrupted: WhenInterrupted,
) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as spool, tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-I", "-m", "xihu_platform.access.sheet"]
        # An environment of its own: ours holds keys.
        child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=spool, stderr=subprocess.DEVNULL, env={}
        )
        try:
            when_interrupted(child.kill)
            _feed(child, schema, batches, header(folder))
            if child.wait() != 0:
                raise SheetFailed
        finally:
            child.kill()
            child.wait()
            if child.stdin is not None:
                with suppress(OSError):  # what was not yet written has nobody to go to
                    child.stdin.close()
        spool.seek(0)
        while block := spool.read(_CHUNK):
            yield block


def _feed(
    child: "subprocess.Popen[bytes]",
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    header: bytes,
) -> None:
    assert child.stdin is not None  # it was asked for
    with suppress(BrokenPipeError), child.stdin as pipe:  # its exit code then says what happened
        pipe.write(header)
        with pa.ipc.new_stream(pipe, schema) as writer:
            for batch in batches:
                for at in range(0, batch.num_rows, sheet.ROWS_AT_ONCE):
                    writer.write_batch(batch.slice(at, sheet.ROWS_AT_ONCE))


_WRITERS: dict[Format, Callable[[Stream, Notes], Iterator[bytes]]] = {
    "csv": _csv,
    "xlsx": _xlsx,
    "parquet": _parquet,
    "arrow": _arrow,
}
