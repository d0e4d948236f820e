"""The child process that opens a workbook: `python -m xihu_pipelines.sources.sheet JOB`.

A few kilobytes of workbook can claim a billion cells, and the library that reads it then ends the
whole process. So it runs in one of its own with a limit that holds. It prints one line of JSON: a
fault, or what it wrote.
"""

import json
import sys
import zipfile
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from xihu_pipelines.sources.child_limits import limit_memory
from xihu_pipelines.sources.sheet_marks import Marks, pad, read_marks
from xihu_pipelines.sources.sheet_marks_ods import read_ods_marks

_MEMORY = (96 << 20, 64)
"""Bytes above the interpreter's own, and more for each byte of the file: 300,000 rows of 10 columns
are 15 MB and take 330."""
CELL_LIMIT = 40_000_000
EXPANDED_LIMIT = 2 << 30  # bytes of XML
RATIO_LIMIT = 300  # the XML of blank styled cells shrinks well; a bomb passes 1,000
EXACT_BELOW = 10**15  # Excel keeps 15 digits: of a longer number the last ones are nobody's
INEXACT = "\x00"
"""Before a number of more digits than its cell holds; no text of a workbook has a NUL."""
_MERGED_LIMIT = 1_000_000


class _Fault(Exception):
    """A reason id that the parent process puts into words; sheets that it may be about."""

    def __init__(self, reason: str, sheets: list[str] | None = None) -> None:
        super().__init__(reason)
        self.sheets = sheets or []


def main(job: dict[str, Any]) -> dict[str, Any]:
    # Any: this is JSON, from and to the process that started us.
    import pyarrow as pa
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    pa.set_memory_pool(pa.system_memory_pool())
    limit_memory(job["path"], *_MEMORY)
    try:
        _check_zip(job["path"])
        book = CalamineWorkbook.from_path(job["path"])
        name = _sheet_name(book, job["sheet"])
        sheet = book.get_sheet_by_name(name)
        if (sheet.total_height or 0) * (sheet.total_width or 0) > CELL_LIMIT:
            raise _Fault("too_large")
        marks = _marks(job["path"], name)
        if marks.uncomputed:
            raise _Fault("formula")
        said = _write(sheet, job["target"], marks)
        return {
            "sheet": name,
            "sheets": book.sheet_names,
            "merged": marks.merged or _merged(sheet),
            **said,
        }
    except PasswordError:
        raise _Fault("password") from None
    except (CalamineError, zipfile.BadZipFile, OSError, ValueError, KeyError, IndexError):
        raise _Fault("torn") from None
    except MemoryError:
        raise _Fault("too_large") from None


def _check_zip(path: str) -> None:
    """What xlsx and ods unpack to, before anything unpacks them."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        found = archive.infolist()
        expanded = sum(i.file_size for i in found)
        packed = sum(i.compress_size for i in found)
        if expanded > EXPANDED_LIMIT or expanded > max(64 << 20, RATIO_LIMIT * packed):
            raise _Fault("bomb")


def _marks(path: str, sheet: str) -> Marks:
    """Of .xlsx and .ods: an .xls does not tell."""
    if not zipfile.is_zipfile(path):
        return Marks()
    with zipfile.ZipFile(path) as archive:
        if "content.xml" in archive.namelist():
            return read_ods_marks(archive, sheet)
        return read_marks(archive, sheet)


def _merged(sheet: Any) -> list[tuple[int, int, int]]:
    """Cells merged over rows: first row, last row and column. Any: calamine's sheet."""
    ranges = sheet.merged_cell_ranges or []
    return [(first[0], last[0], first[1]) for first, last in ranges[:_MERGED_LIMIT] if last > first]


def _sheet_name(book: Any, wanted: str | None) -> str:
    # Any: calamine's workbook.
    if wanted is not None:
        if wanted not in book.sheet_names:
            raise _Fault("no_sheet", list(book.sheet_names))
        return wanted
    from python_calamine import SheetVisibleEnum

    shown = [meta.name for meta in book.sheets_metadata if meta.visible == SheetVisibleEnum.Visible]
    filled = [name for name in shown if book.get_sheet_by_name(name).total_height]
    if len(filled) > 1:
        raise _Fault("several_sheets", filled)
    if not filled:
        raise _Fault("empty")
    return str(filled[0])


def _write(sheet: Any, target: str, marks: Marks) -> dict[str, Any]:
    # Any: calamine's sheet, and JSON.
    import pyarrow as pa

    rows = sheet.to_python(skip_empty_area=False)
    width = max((len(row) for row in rows), default=0)
    columns = [[cell_text(row[i]) for row in rows] for i in range(width)]
    for (row, column), error in marks.texts.items():
        if column < width and row < len(rows):
            columns[column][row] = error
    for (row, column), form in marks.zeros.items():
        if column < width and row < len(rows):
            columns[column][row] = pad(columns[column][row] or "", form) or None
    arrays = [pa.array(column, pa.string()) for column in columns]
    table = pa.Table.from_arrays(arrays, names=[f"c{i}" for i in range(width)])
    with pa.OSFile(target, "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return {"rows": len(rows), "width": width}


def cell_text(value: object) -> str | None:
    """A cell as its reader sees it: numbers to the 15 digits that Excel keeps, times in ISO form.

    >>> cell_text(0.1 + 0.2), cell_text(20240301.0), cell_text(1e-7), cell_text(True)
    ('0.3', '20240301', '0.0000001', 'true')
    >>> cell_text(6.2284804021233398e18)
    '\\x006228480402123340000'
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return _duration(value)
    return str(value).replace("\x00", "")


def _number(value: int | float) -> str:
    if abs(value) >= EXACT_BELOW:
        return INEXACT + format(Decimal(format(value, ".15g")), "f")
    if isinstance(value, int) or value.is_integer():
        return str(int(value))
    return format(Decimal(format(value, ".15g")), "f")


def _duration(value: timedelta) -> str:
    """Hours, minutes and seconds, as [h]:mm:ss shows them.

    >>> _duration(timedelta(days=1, seconds=21900)), _duration(timedelta(seconds=-90))
    ('30:05:00', '-0:01:30')
    """
    micros = round(value / timedelta(microseconds=1))
    seconds, part = divmod(abs(micros), 1_000_000)
    text = f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    fraction = f".{part:06d}".rstrip("0") if part else ""
    return f"{'-' if micros < 0 else ''}{text}{fraction}"


if __name__ == "__main__":
    try:
        said = main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    except _Fault as fault:
        said = {"fault": str(fault), "sheets": fault.sheets}
    sys.stdout.write(json.dumps(said, ensure_ascii=True))
