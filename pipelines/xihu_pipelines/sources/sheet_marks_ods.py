"""The same for an OpenDocument sheet, which stores the shown text with each value."""

import re
import zipfile
from collections.abc import Iterator
from html import unescape

from xihu_pipelines.sources.sheet_marks import LONGEST_CELL, Marks

_BLOCK = 4 << 20
_TOKEN = re.compile(
    rb"<table:table\s([^>]*)>|<(/table:table)>|<table:table-row\b([^>]*)>"
    rb"|<table:(?:covered-)?table-cell\b([^>]*?)(?:/>|>(.*?)</table:(?:covered-)?table-cell>)",
    re.DOTALL,
)
_TEXT = re.compile(rb"<text:p[^>]*>(.*?)</text:p>", re.DOTALL)
_ATTRIBUTE = re.compile(rb'([\w:-]+)="([^"]*)"')
_ERROR = re.compile(r"#[A-Z/0!?_]+|Err:\d{3}")
_ZEROS = re.compile(r"0[0-9-]*")


def read_ods_marks(archive: zipfile.ZipFile, sheet: str) -> Marks:
    """Texts that a value does not tell (error values, leading zeros), and merged cells."""
    marks, inside = Marks(), False
    row, column, repeat = -1, 0, 1
    for table, end, line, attributes, content in _tokens(archive):
        if table is not None:
            inside, row, repeat = _of(table).get("table:name", "") == sheet, -1, 1
        elif end is not None:
            inside = False
        elif inside and line is not None:
            row, column = row + repeat, 0
            repeat = int(_of(line).get("table:number-rows-repeated", "1"))
        elif inside and attributes is not None:
            given = _of(attributes)
            _mark(marks, (row, column), given, content or b"")
            column += int(given.get("table:number-columns-repeated", "1"))
    return marks


def _mark(marks: Marks, at: tuple[int, int], given: dict[str, str], content: bytes) -> None:
    span = int(given.get("table:number-rows-spanned", "1"))
    if span > 1:
        marks.merged.append((at[0], at[0] + span - 1, at[1]))
    shown = _TEXT.search(content)
    if shown is None:
        return
    text = unescape(re.sub(rb"<[^>]*>", b"", shown[1]).decode("utf-8", "replace")).strip()
    failed = given.get("calcext:value-type") == "error" or "table:formula" in given
    if failed and _ERROR.fullmatch(text):
        marks.texts[at] = text
    number = given.get("office:value", "")
    digits = text.replace("-", "")
    if number.isdigit() and _ZEROS.fullmatch(text) and digits.lstrip("0") == number.lstrip("0"):
        marks.texts[at] = text


def _of(attributes: bytes) -> dict[str, str]:
    return {
        name.decode(): unescape(value.decode("utf-8", "replace"))
        for name, value in _ATTRIBUTE.findall(attributes)
    }


def _tokens(archive: zipfile.ZipFile) -> Iterator[tuple[bytes | None, ...]]:
    try:
        member = archive.open("content.xml")
    except KeyError:
        return
    rest = b""
    with member as xml:
        while block := xml.read(_BLOCK):
            rest += block
            end = 0
            for token in _TOKEN.finditer(rest):
                yield token.groups()
                end = token.end()
            rest = rest[max(end, len(rest) - LONGEST_CELL) :]
