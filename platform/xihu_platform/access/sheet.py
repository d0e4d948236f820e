"""Writes one Excel workbook in a process of its own: `python -m xihu_platform.access.sheet`.

In: a line of JSON (the notes), then the rows as an Arrow IPC stream. Out: the workbook, on standard
output, which is a file. Cell by cell in Python, as the format asks, it would hold up every page of
a serving process; here it has its own memory limit, gives way to pages, and can be killed.
"""

import json
import os
import resource
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, BinaryIO

import pyarrow as pa

MEMORY_LIMIT = 1 << 30
"""Address space of the process; half of it is libraries."""
NICENESS = 5
ROWS_AT_ONCE = 2048
DIGITS_KEPT = 15
"""So many digits of a number does a spreadsheet keep."""
TEXT_WIDTH, TEXT_FORMAT = 20, 49  # "@"


@dataclass(frozen=True, slots=True)
class Notes:
    """What every export says of itself, in the words of the reader."""

    synthetic: str | None
    citation: str
    titles: dict[str, str]


def header(notes: Notes, folder: str) -> bytes:
    """The line before the rows; `folder` is where the writer may lay down what it works on."""
    return json.dumps({"notes": asdict(notes), "folder": folder}).encode() + b"\n"


def text_header(folder: str) -> bytes:
    """The same for a workbook of one sheet and text alone."""
    return json.dumps({"notes": None, "folder": folder}).encode() + b"\n"


def write_book(source: BinaryIO, target: BinaryIO) -> None:
    import xlsxwriter

    given = json.loads(source.readline())
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "tmpdir": given["folder"],
    }
    with (
        pa.ipc.open_stream(source) as reader,
        xlsxwriter.Workbook(target, options) as book,
    ):
        if given["notes"] is None:
            _text_sheet(book, reader.schema, reader)
            return
        notes = Notes(**given["notes"])
        _about_sheet(book, notes)
        _rows_sheet(book, reader.schema, reader, notes)


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
    sheet.activate()  # what one came for; where it is from stands on the sheet before
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


def _text_sheet(book: Any, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> None:
    """Blank cells are text too: what is typed into one stays as it is typed."""
    sheet = book.add_worksheet("有问题的记录 Quarantined")
    text = book.add_format({"num_format": TEXT_FORMAT})
    sheet.set_column(0, len(schema.names) - 1, TEXT_WIDTH, text)
    for column, name in enumerate(schema.names):
        sheet.write_string(0, column, name, text)
    row = 1
    for batch in batches:
        for values in zip(*(c.to_pylist() for c in batch.columns), strict=True):
            for column, value in enumerate(values):
                if value:
                    sheet.write_string(row, column, value, text)
                else:
                    sheet.write_blank(row, column, None, text)
            row += 1


def _fits(value: float | Decimal) -> bool:
    """One of more digits than a spreadsheet keeps leaves as a text."""
    if abs(value) >= 10**DIGITS_KEPT:
        return False
    return not isinstance(value, Decimal) or Decimal(f"{value:.{DIGITS_KEPT}g}") == value


def _write_cell(
    sheet: Any, row: int, column: int, value: object, day: object, moment: object
) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | Decimal | float) and _fits(value):
        sheet.write_number(row, column, float(value))
    elif isinstance(value, datetime):
        sheet.write_datetime(row, column, value, moment)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, day)
    else:
        sheet.write_string(row, column, str(value))


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    os.nice(NICENESS)
    pa.set_memory_pool(pa.system_memory_pool())
    write_book(sys.stdin.buffer, sys.stdout.buffer)
