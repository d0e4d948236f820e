"""Odd workbooks, made by code: written with xlsxwriter, then bent where no library would."""

import zipfile
from collections.abc import Callable
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import xlsxwriter

_Cells = list[list[Any]]  # any kind that a cell may hold
ROWS: _Cells = [
    ["id", "name", "amount", "day"],
    [1, "王", 12.5, "2024-01-02"],
    [2, "李", 7, "2024-01-03"],
]


def book(sheets: dict[str, _Cells], **options: Any) -> bytes:
    # Any: xlsxwriter's options.
    target = BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True, **options}) as made:
        form = made.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            sheet = made.add_worksheet(name)
            for row, cells in enumerate(rows):
                for column, cell in enumerate(cells):
                    if isinstance(cell, date):
                        sheet.write_datetime(row, column, cell, form)
                    else:
                        sheet.write(row, column, cell)
    return target.getvalue()


def bent(made: bytes, changes: dict[str, Callable[[bytes], bytes] | bytes]) -> bytes:
    """A workbook with members changed, or added where there is none of the name."""
    target = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(made)) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for info in old.infolist():
            content, change = old.read(info), changes.get(info.filename)
            if callable(change):
                content = change(content)
            new.writestr(info.filename, content)
        for name, change in changes.items():
            if isinstance(change, bytes):
                new.writestr(name, change)
    return target.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def _corner(content: bytes) -> bytes:
    """One more cell, in the last row and the last column that Excel has."""
    cell = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    return content.replace(b"</sheetData>", cell)


def _claimed(content: bytes) -> bytes:
    return content.replace(b'<dimension ref="A1:D3"/>', b'<dimension ref="A1:D1048576"/>')


def _blank_rows(content: bytes) -> bytes:
    """Styled rows without text down to the last that Excel has."""
    rows = b"".join(b'<row r="%d"><c r="A%d" s="0"/></row>' % (r, r) for r in range(4, 1_048_577))
    return content.replace(b"</sheetData>", rows + b"</sheetData>")


def _entities(content: bytes) -> bytes:
    """Laughs that would expand a billionfold."""
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (i, b"&l%d;" % (i - 1) * 10) for i in range(1, 10))
    head = b'?>\n<!DOCTYPE x [<!ENTITY l0 "ha">%s]>' % laughs
    cell = b'<row r="4"><c r="A4" t="inlineStr"><is><t>&l9;</t></is></c></row></sheetData>'
    return content.replace(b"?>", head, 1).replace(b"</sheetData>", cell)


def _uncomputed(content: bytes) -> bytes:
    return content.replace(b"<v>0</v>", b"")


def opendocument(rows: str) -> bytes:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2">'
        f'<office:body><office:spreadsheet><table:table table:name="A">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest '
        'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        '<manifest:file-entry manifest:full-path="/" manifest:media-type='
        '"application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
    )
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", body)
        archive.writestr("META-INF/manifest.xml", manifest)
    return target.getvalue()


def _ods_row(cells: list[Any], repeated: str = "") -> str:
    made = "".join(
        f'<table:table-cell office:value-type="string"{repeated}><text:p>{cell}</text:p>'
        "</table:table-cell>"
        for cell in cells
    )
    return f"<table:table-row>{made}</table:table-row>"


_ODS_ROWS = "".join(map(_ods_row, ROWS))
_ODS_BOMB = (
    '<table:table-row table:number-rows-repeated="1000000">'
    '<table:table-cell office:value-type="string" table:number-columns-repeated="16000">'
    "<text:p>x</text:p></table:table-cell></table:table-row>"
)
_BOOKS: dict[str, Callable[[], bytes]] = {
    "good.xlsx": lambda: book({"A": ROWS}),
    "dates.xlsx": lambda: book({"A": [ROWS[0], [1, "王", 1.5, date(2024, 1, 2)]]}),
    "serials.xlsx": lambda: book({"A": [ROWS[0], [1, "王", 1.5, 45293], [2, "李", 1, 60]]}),
    "long_numbers.xlsx": lambda: book({"A": [ROWS[0], [1, "王", 0.1 + 0.2, "2024-01-01"]]}),
    "titles.xlsx": lambda: book(
        {"A": [["人员表"], [], ["人员", "", "费用", ""], *ROWS, [], ["合计", "", 19.5, ""]]}
    ),
    "two_sheets.xlsx": lambda: book({"A": ROWS, "B": ROWS}),
    "blank_second_sheet.xlsx": lambda: book({"A": ROWS, "B": []}),
    "surplus_cells.xlsx": lambda: book({"A": [*ROWS, [3, "a", 1, "2024-01-01", "", "note"]]}),
    "blank_rows_between.xlsx": lambda: book({"A": [*ROWS[:2], [], [], ROWS[2]]}),
    "nothing.xlsx": lambda: book({"A": []}),
    "formula.xlsx": lambda: book({"A": [*ROWS, [3, "a", "=1+1", "2024-01-01"]]}),
    "formula_uncomputed.xlsx": lambda: bent(
        book({"A": [*ROWS, [3, "a", "=1+1", "2024-01-01"]]}), {SHEET: _uncomputed}
    ),
    "claimed_rows.xlsx": lambda: bent(book({"A": ROWS}), {SHEET: _claimed}),
    "blank_rows.xlsx": lambda: bent(book({"A": ROWS}), {SHEET: _blank_rows}),
    "corner.xlsx": lambda: bent(book({"A": ROWS}), {SHEET: _corner}),
    "laughs.xlsx": lambda: bent(book({"A": ROWS}), {SHEET: _entities}),
    "macros.xlsx": lambda: bent(book({"A": ROWS}), {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"}),
    "links.xlsx": lambda: bent(
        book({"A": ROWS}),
        {"xl/externalLinks/externalLink1.xml": b"<externalLink/>"},
    ),
    "bomb.xlsx": lambda: bent(book({"A": ROWS}), {"xl/media/image1.bin": bytes(200_000_000)}),
    "secret_sheet.xlsx": lambda: book({"机密": ROWS}),
    "secret_cell.xlsx": lambda: book({"A": [*ROWS, [3, "绝密★", 1, "2024-01-01"]]}),
    "text_named.xlsx": lambda: b"id,name,amount,day\n1,a,1,2024-01-01\n",
    "ole_password.xlsx": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1_000),
    "book_in.xlsx.zip": lambda: _zip_of("book.xlsx", book({"A": ROWS})),
    "noise.xls": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 2_000,
    "good.ods": lambda: opendocument(_ODS_ROWS),
    "repeated.ods": lambda: opendocument(_ODS_ROWS + _ODS_BOMB),
}


def _zip_of(name: str, content: bytes) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(name, content)
    return target.getvalue()


def _maker(name: str, make: Callable[[], bytes]) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(make())
        return path

    return write


WORKBOOKS = {name: _maker(name, make) for name, make in _BOOKS.items()}
