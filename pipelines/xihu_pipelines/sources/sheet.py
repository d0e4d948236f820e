"""The child process that opens a workbook: `python -m xihu_pipelines.sources.sheet JOB`.

A few kilobytes of workbook can claim a billion cells, and the library that reads it then ends the
whole process. So it runs in one of its own with a limit that holds. It prints one line of JSON: a
fault, or what it wrote.
"""

import json
import re
import resource
import sys
import zipfile
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

MEMORY_LIMIT = 3 << 30  # bytes of address space; 300,000 rows of 10 columns take 330 MB
SECONDS_LIMIT = 300
CELL_LIMIT = 40_000_000
EXPANDED_LIMIT = 2 << 30  # bytes of XML
RATIO_LIMIT = 300  # the XML of blank styled cells shrinks well; a bomb passes 1,000
# A formula without a stored result would come out as a blank cell.
_UNCOMPUTED = re.compile(rb"<f(?:\s[^>]*)?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v></v>|</c>)")


class _Fault(Exception):
    """A reason id that the parent process puts into words."""


def main(job: dict[str, Any]) -> dict[str, Any]:
    # Any: this is JSON, from and to the process that started us.
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS_LIMIT, SECONDS_LIMIT))
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        _check_zip(job["path"])
        book = CalamineWorkbook.from_path(job["path"])
        name = _sheet_name(book, job["sheet"])
        sheet = book.get_sheet_by_name(name)
        if (sheet.total_height or 0) * (sheet.total_width or 0) > CELL_LIMIT:
            raise _Fault("too_large")
        return {"sheet": name, "sheets": book.sheet_names, **_write(sheet, job["target"])}
    except PasswordError:
        raise _Fault("password") from None
    except (CalamineError, zipfile.BadZipFile, OSError, ValueError, KeyError, IndexError):
        raise _Fault("torn") from None
    except MemoryError:
        raise _Fault("too_large") from None


def _check_zip(path: str) -> None:
    """What xlsx and ods unpack to, before anything unpacks them; formulas must have results."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        found = archive.infolist()
        expanded = sum(i.file_size for i in found)
        packed = sum(i.compress_size for i in found)
        if expanded > EXPANDED_LIMIT or expanded > max(64 << 20, RATIO_LIMIT * packed):
            raise _Fault("bomb")
        for info in found:
            if info.filename.startswith("xl/worksheets/") and info.filename.endswith(".xml"):
                with archive.open(info) as xml:
                    _check_formulas(xml)


def _check_formulas(xml: Any) -> None:
    # Any: the archive's reader of one member.
    tail = b""
    while block := xml.read(1 << 22):
        if _UNCOMPUTED.search(tail + block):
            raise _Fault("formula")
        tail = block[-1024:]


def _sheet_name(book: Any, wanted: str | None) -> str:
    # Any: calamine's workbook.
    if wanted is not None:
        if wanted not in book.sheet_names:
            raise _Fault("no_sheet")
        return wanted
    from python_calamine import SheetVisibleEnum

    shown = [meta.name for meta in book.sheets_metadata if meta.visible == SheetVisibleEnum.Visible]
    filled = [name for name in shown if book.get_sheet_by_name(name).total_height]
    if len(filled) > 1:
        raise _Fault("several_sheets")
    if not filled:
        raise _Fault("empty")
    return str(filled[0])


def _write(sheet: Any, target: str) -> dict[str, Any]:
    # Any: calamine's sheet, and JSON.
    import pyarrow as pa

    rows = sheet.to_python(skip_empty_area=False)
    width = max((len(row) for row in rows), default=0)
    columns = [[cell_text(row[i]) for row in rows] for i in range(width)]
    arrays = [pa.array(column, pa.string()) for column in columns]
    table = pa.Table.from_arrays(arrays, names=[f"c{i}" for i in range(width)])
    with pa.OSFile(target, "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return {"rows": len(rows), "width": width}


def cell_text(value: object) -> str | None:
    """A cell as its reader sees it: numbers to the 15 digits that Excel keeps, times in ISO form.

    >>> cell_text(0.1 + 0.2), cell_text(20240301.0), cell_text(1e-7), cell_text(True)
    ('0.3', '20240301', '0.0000001', 'true')
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if value.is_integer():
            return str(int(value))
        return format(Decimal(format(value, ".15g")), "f")
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)


if __name__ == "__main__":
    try:
        said = main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    except _Fault as fault:
        said = {"fault": str(fault)}
    sys.stdout.write(json.dumps(said, ensure_ascii=True))
