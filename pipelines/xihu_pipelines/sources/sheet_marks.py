"""What the library that reads workbooks does not tell of an .xlsx: error values and leading zeros.

Both are read from the worksheet's own XML, by pattern: no entity of it is ever expanded. A cell
whose formula failed would come out blank, and a code 001234 that only its number format shows
would come out as 1234.
"""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

_BLOCK = 4 << 20
LONGEST_CELL = 1 << 20  # bytes of one cell; Excel's longest text has 32,767 characters
_PARTS_LIMIT = 16 << 20  # bytes of styles.xml and workbook.xml that are looked at
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*[^/>])>(.*?)</(?:\w+:)?c>", re.DOTALL)
_PLACE = re.compile(rb"""\br=["']([A-Z]{1,3})([0-9]{1,7})["']""")
_STYLE = re.compile(rb"""\bs=["']([0-9]+)["']""")
_TYPE = re.compile(rb"""\bt=["'](\w+)["']""")
_VALUE = re.compile(rb"<(?:\w+:)?v\b[^>]*>([^<]*)</(?:\w+:)?v>")
_FORMULA = re.compile(rb"<(?:\w+:)?f\b")
_TAG = re.compile(r"<(?:\w+:)?(\w+)\b([^>]*)>")
_ATTRIBUTE = re.compile(r"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_ZEROS = re.compile(r"0[0-]*0")  # 000000, 000-0000

Cells = dict[tuple[int, int], str]
"""By row and column, from 0."""


@dataclass(slots=True)
class Marks:
    """Of one worksheet."""

    texts: Cells = field(default_factory=dict)
    """What is shown in a cell that the library reads otherwise: the error value of a formula."""
    zeros: Cells = field(default_factory=dict)
    """The number format of each cell that pads its number with zeros."""
    merged: list[tuple[int, int, int]] = field(default_factory=list)
    """Cells merged over rows: first row, last row and column."""
    uncomputed: bool = False
    """Whether a formula has no stored result: its cell would come out blank."""


def read_marks(archive: zipfile.ZipFile, sheet: str) -> Marks:
    """The marks of a sheet by its name; none where the workbook does not say which part it is."""
    member = _member_of(archive, sheet)
    marks = Marks()
    if member is None:
        return marks
    formats = _padded_formats(archive)
    for attributes, content in _cells(archive, member, every=bool(formats)):
        _mark(marks, attributes, content, formats)
    return marks


def _mark(marks: Marks, attributes: bytes, content: bytes, formats: dict[int, str]) -> None:
    kind = _TYPE.search(attributes)
    text = _VALUE.search(content)
    blank = text is None or not text[1].strip()
    # The result of a formula that is the empty text is written as t="str" and an empty value.
    if blank and (kind is None or kind[1] != b"str") and _FORMULA.search(content):
        marks.uncomputed = True
    place = _PLACE.search(attributes)
    if place is None or text is None:
        return
    at = (int(place[2]) - 1, column_of(place[1].decode()))
    style = _STYLE.search(attributes)
    if kind is not None and kind[1] == b"e":
        marks.texts[at] = unescape(text[1].decode("utf-8", "replace")).strip()
    elif style is not None and int(style[1]) in formats:
        marks.zeros[at] = formats[int(style[1])]


def _cells(archive: zipfile.ZipFile, member: str, *, every: bool) -> Iterator[tuple[bytes, bytes]]:
    """Attributes and content of the cells that hold something; of blocks without formulas and
    errors only where `every` cell is wanted."""
    rest = b""
    with archive.open(member) as xml:
        while block := xml.read(_BLOCK):
            rest += block
            end = max(0, len(rest) - LONGEST_CELL)
            if every or b"<f" in rest or b":f" in rest or b'"e"' in rest or b"'e'" in rest:
                end = 0
                for cell in _CELL.finditer(rest):
                    yield cell[1], cell[2]
                    end = cell.end()
            rest = rest[max(end, len(rest) - LONGEST_CELL) :]


def column_of(letters: str) -> int:
    """The number of a column, from 0.

    >>> column_of("A"), column_of("AA")
    (0, 26)
    """
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _member_of(archive: zipfile.ZipFile, sheet: str) -> str | None:
    ids = {
        unescape(each.get("name", "")): next((v for k, v in each.items() if k.endswith(":id")), "")
        for each in _tags(archive, "xl/workbook.xml", "sheet")
    }
    targets = {
        each.get("Id", ""): each.get("Target", "")
        for each in _tags(archive, "xl/_rels/workbook.xml.rels", "Relationship")
    }
    target = targets.get(ids.get(sheet, ""), "")
    member = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    return member if target and member in archive.namelist() else None


def _padded_formats(archive: zipfile.ZipFile) -> dict[int, str]:
    """By the number of a cell's style, the format that pads with zeros."""
    formats = {
        each.get("numFmtId"): _plain_format(unescape(each.get("formatCode", "")))
        for each in _tags(archive, "xl/styles.xml", "numFmt")
    }
    used = [each.get("numFmtId") for each in _tags(archive, "xl/styles.xml", "xf", "cellXfs")]
    found = {number: formats.get(kind, "") for number, kind in enumerate(used)}
    return {number: form for number, form in found.items() if _ZEROS.fullmatch(form)}


def _tags(
    archive: zipfile.ZipFile, part: str, name: str, inside: str | None = None
) -> list[dict[str, str]]:
    """The attributes of every element of a name, in one part of the workbook."""
    try:
        info = archive.getinfo(part)
    except KeyError:
        return []
    if info.file_size > _PARTS_LIMIT:
        return []
    text = archive.read(info).decode("utf-8", "replace")
    if inside is not None:
        found = re.search(rf"<(?:\w+:)?{inside}\b.*?</(?:\w+:)?{inside}>", text, re.DOTALL)
        text = found[0] if found else ""
    return [
        {key: double or single for key, double, single in _ATTRIBUTE.findall(tag[2])}
        for tag in _TAG.finditer(text)
        if tag[1] == name
    ]


def _plain_format(code: str) -> str:
    r"""A number format's first section without escapes, quotes and conditions.

    >>> _plain_format("000\\-0000;@"), _plain_format('[$-804]"000"000')
    ('000-0000', '000000')
    """
    first = re.split(r";(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", code)[0]
    return re.sub(r'\[[^\]]*\]|[\\"]', "", first)


def pad(text: str, form: str) -> str:
    """A whole number's digits as its format shows them.

    >>> pad("1234", "000000"), pad("5711234", "000-0000"), pad("1.5", "00")
    ('001234', '571-1234', '1.5')
    """
    digits = text.removeprefix("-")
    if not digits.isdigit():
        return text
    filled = digits.zfill(form.count("0"))
    made, at = "", len(filled)
    for mark in reversed(form):
        if mark == "0":
            at -= 1
            made = filled[at] + made
        else:
            made = mark + made
    return text[: len(text) - len(digits)] + filled[:at] + made
