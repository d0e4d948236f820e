"""A stream of rows as bytes: CSV, Excel, Parquet, Arrow. Written as the rows come."""

import io
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from xihu_platform.access.answers import Stream

Format = Literal["csv", "xlsx", "parquet", "arrow"]
SHEET_LIMIT = 100_000  # rows; a sheet holds a million, but takes a minute to write
_CHUNK = 1 << 20

MEDIA_TYPES: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}


@dataclass(frozen=True, slots=True)
class Notes:
    """What every export says of itself, in the words of the reader."""

    synthetic: str | None
    citation: str
    titles: dict[str, str]


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
    sink = io.BytesIO()
    options = pacsv.WriteOptions(quoting_style="needed")
    with pacsv.CSVWriter(sink, schema, write_options=options) as writer:
        for batch in batches:
            for index in times:
                text = pc.strftime(batch.column(index), format="%Y-%m-%d %H:%M:%S")
                text = pc.replace_substring_regex(text, r"\.0+$", "")  # %S writes fractions
                batch = batch.set_column(index, schema.field(index), text)
            writer.write_batch(batch)
            yield _taken(sink)
    yield _taken(sink)


def _taken(sink: io.BytesIO) -> bytes:
    content = sink.getvalue()
    sink.seek(0)
    sink.truncate()
    return content


def _arrow(stream: Stream, notes: Notes) -> Iterator[bytes]:
    schema, batches = _batches(stream)
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, schema.with_metadata(_metadata(notes))) as writer:
        for batch in batches:
            writer.write_batch(batch)
            yield _taken(sink)
    yield _taken(sink)


def _metadata(notes: Notes) -> dict[str, str]:
    label = {"xihu.synthetic": notes.synthetic} if notes.synthetic else {}
    return {"xihu.citation": notes.citation, **label}


def _parquet(stream: Stream, notes: Notes) -> Iterator[bytes]:
    """A Parquet file's footer comes last but its readers want it whole: it is spooled."""
    schema, batches = _batches(stream)
    schema = schema.with_metadata(_metadata(notes))
    with tempfile.TemporaryFile() as spool:
        with pq.ParquetWriter(spool, schema, compression="zstd") as writer:
            for batch in batches:
                writer.write_batch(batch.replace_schema_metadata(schema.metadata))
        spool.seek(0)
        while block := spool.read(_CHUNK):
            yield block


def _xlsx(stream: Stream, notes: Notes) -> Iterator[bytes]:
    import xlsxwriter

    schema, batches = _batches(stream)
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as spool:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        with xlsxwriter.Workbook(spool.name, options) as book:
            _about_sheet(book, notes)
            _rows_sheet(book, schema, batches, notes)
        spool.seek(0)
        while block := spool.read(_CHUNK):
            yield block


def _about_sheet(book: Any, notes: Notes) -> None:
    # Any, here and below: xlsxwriter ships no types.
    about = book.add_worksheet("说明 About")
    about.set_column(0, 0, 100)
    for row, line in enumerate(filter(None, (notes.synthetic, notes.citation))):
        about.write_string(row, 0, line)


def _rows_sheet(
    book: Any, schema: pa.Schema, batches: Iterator[pa.RecordBatch], notes: Notes
) -> None:
    """Cell by cell, as the format asks: the one exit where Python walks over rows."""
    sheet = book.add_worksheet("数据 Data")
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    for column, name in enumerate(schema.names):
        sheet.write_string(0, column, notes.titles.get(name, name))
    row = 1
    for batch in batches:
        for values in zip(*(c.to_pylist() for c in batch.columns), strict=True):
            for column, value in enumerate(values):
                _write_cell(sheet, row, column, value, day, moment)
            row += 1


def _write_cell(
    sheet: Any, row: int, column: int, value: object, day: object, moment: object
) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | Decimal | float) and abs(float(value)) < 1e15:
        sheet.write_number(row, column, float(value))
    elif isinstance(value, datetime):
        sheet.write_datetime(row, column, value, moment)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, day)
    else:
        sheet.write_string(row, column, str(value))


_WRITERS: dict[Format, Callable[[Stream, Notes], Iterator[bytes]]] = {
    "csv": _csv,
    "xlsx": _xlsx,
    "parquet": _parquet,
    "arrow": _arrow,
}
