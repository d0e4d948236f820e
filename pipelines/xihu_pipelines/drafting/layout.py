"""Where a table begins and ends in rows of cells: titles, header, separator, totals and notes.

A guess is made only where the rows leave no doubt, and says so; what is not certain is refused with
what was seen. `Asked` holds what a person has said beforehand: nothing of it is guessed.
"""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from xihu_catalog.contracts.model import Source, Unnamed
from xihu_catalog.drafting.kinds import Kind
from xihu_pipelines.sources.headers import column_names
from xihu_platform.errors import BadInput
from xihu_platform.words import Text

FIRST_LINES = 1_000  # where the header and the separator are looked for
_DELIMITERS = ",\t;|"
_LOOKED_AT = 200  # rows below a header that say whether it is one
_MOST = 0.8
_NUMBER = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?|[+-]?\d+(\.\d+)?[%％]?")
_YEAR = re.compile(r"(19|20)\d{2}年?")
_DATE = re.compile(
    r"\d{4}[-/.年]\d{1,2}([-/.月]\d{1,2}日?)?([ T]\d{1,2}:\d{2}.*)?|\d{1,2}/\d{1,2}/\d{4}"
)
_NUMBERED = re.compile(r"\d{11}|\d{15}|\d{17}[\dXx]")
_PROSE = re.compile("[:：]")


@dataclass(frozen=True, slots=True)
class AskedLayout:
    """What a person says of a file without a contract."""

    encoding: str | None = None
    sheet: str | None = None
    member: str | None = None
    record_path: str | None = None
    header_rows: int | None = None
    delimiter: str | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """How the file has to be declared, and its columns."""

    source: Source
    headers: list[str]
    declared: dict[str, Kind] = field(default_factory=dict)
    """Types that the file itself states."""
    notes: tuple[Text, ...] = ()
    """What was guessed of the file as a whole, and why."""


@dataclass(frozen=True, slots=True)
class LayoutHead:
    """The rows above the records, and the names in them."""

    title_rows: int
    header_rows: int
    names: list[str]
    blank: Unnamed = "refuse"
    repeated: Unnamed = "refuse"
    notes: tuple[Text, ...] = ()


def choose_delimiter(lines: list[str]) -> tuple[str, list[list[str]]]:
    """The separator that gives most lines one width, with the lines split.

    A separator that only stands inside the values gives fewer lines the same width.
    """
    found = [(*_evenness(rows), d, rows) for d, rows in ((d, split(lines, d)) for d in _DELIMITERS)]
    share, width, delimiter, rows = max(found, key=lambda each: (each[1] > 1, each[0], each[1]))
    return (delimiter, rows) if width > 1 and share > 0 else (",", split(lines, ","))


def split(lines: list[str], delimiter: str) -> list[list[str]]:
    return list(csv.reader(lines, delimiter=delimiter))


def _evenness(rows: list[list[str]]) -> tuple[float, int]:
    """The share of the filled rows that have the commonest width, and that width."""
    widths = Counter(len(row) for row in rows if _filled(row))
    if not widths:
        return 0.0, 0
    width, count = max(widths.items(), key=lambda each: (each[1], each[0]))
    return count / widths.total(), width


def find_head(file: str, rows: list[list[str]], asked: int | None) -> LayoutHead:
    """Raises BadInput where no row can be the header, or where header and records differ."""
    rows = [[" ".join(cell.split()) for cell in row] for row in rows]
    width = _evenness(rows)[1]
    at = _first_row(file, rows, width)
    if asked is not None:
        return _named(file, rows, at, asked, ())
    if at and _continues(rows[at - 1], rows[at], rows[at + 1 :]):
        return _named(file, rows, at - 1, 2, (_TWO_ROWS,))
    if at + 1 < len(rows) and _continues(rows[at], rows[at + 1], rows[at + 2 :]):
        return _named(file, rows, at, 2, (_TWO_ROWS,))
    if _looks_like_data(rows[at], rows[at + 1 :]):
        _refuse_other_width(file, rows, at, width)
        return _named(file, rows, at, 0, (_NO_HEADER,))
    return _named(file, rows, at, 1, ())


_TWO_ROWS = Text(
    "表头占两行（headerRows: 2），请核对", "the header takes two rows (headerRows: 2): check it"
)
_NO_HEADER = Text(
    "第一行像是数据，按没有表头读入（headerRows: 0），列名为 column_1、column_2 …；"
    "若它就是表头，请用 --header-rows 1 重新起草",
    "the first line looks like data: read as a file without a header (headerRows: 0), with columns "
    "column_1, column_2 …; if it is the header, draft again with --header-rows 1",
)


def _filled(row: Sequence[str]) -> int:
    return sum(1 for cell in row if cell.strip())


def _first_row(file: str, rows: list[list[str]], width: int) -> int:
    """The first row of the table: as wide as most, and half of it filled. Titles stand above."""
    for at, row in enumerate(rows):
        filled = _filled(row)
        fits = len(row) == width or (filled and len(row) > width >= _extent(row))
        if fits and filled >= min(width, 2) and 2 * filled >= width and not _is_title(row):
            return at
    raise BadInput(
        f"{file} 的前 {len(rows):,} 行中找不到表头：没有一行的列数与多数行相同且大半有内容；"
        "请用 --header-rows、--delimiter 说明",
        f"no header is found in the first {len(rows):,} lines of {file}: none is as wide as most "
        "and filled for the greater part; say with --header-rows and --delimiter how it is",
    )


def _extent(row: list[str]) -> int:
    return max((i + 1 for i, cell in enumerate(row) if cell), default=0)


def _is_title(row: list[str]) -> bool:
    """填报单位：某局 … 日期：2024年: cells that say something of the whole table."""
    cells = [cell for cell in row if cell]
    return len(cells) < len(row) and all(_PROSE.search(cell) for cell in cells)


def _kind(cell: str) -> str:
    if _DATE.fullmatch(cell):
        return "date"
    return "number" if _NUMBER.fullmatch(cell) or _NUMBERED.fullmatch(cell) else "text"


def _continues(upper: list[str], lower: list[str], below: list[list[str]]) -> bool:
    """Whether a row names what the row above it leaves blank, and records stand below both."""
    blank = [i for i, cell in enumerate(upper) if not cell]
    named = {i for i, cell in enumerate(lower) if cell}
    even = len(upper) == len(lower) and _filled(upper) >= 2
    if (
        _is_title(upper)
        or not even
        or not blank
        or not named
        or not set(blank) <= named
        or not below
    ):
        return False
    if any(_kind(cell) != "text" for cell in lower if cell):
        return False
    if len(named) < len(lower):
        return True
    return any(_kind(row[i]) != "text" for row in below[:_LOOKED_AT] for i in named if i < len(row))


def _looks_like_data(head: list[str], below: list[list[str]]) -> bool:
    """Whether a header's cells are values: numbers over numbers, or one that stands below again."""
    rows = [row for row in below if len(row) == len(head) and row != head and _filled(row)]
    rows = rows[:_LOOKED_AT]
    if not rows or _counts_up(head):
        return False
    return any(
        _is_value(cell, [row[i] for row in rows if row[i]]) for i, cell in enumerate(head) if cell
    )


def _is_value(cell: str, values: list[str]) -> bool:
    kind = _kind(cell)
    if not values:
        return False
    if kind == "text":
        return cell in values
    same = sum(_kind(value) == kind for value in values)
    if _YEAR.fullmatch(cell):  # 2023 over numbers names a year, 2023 over years is one
        same = sum(_YEAR.fullmatch(value) is not None for value in values)
    return same >= _MOST * len(values)


def _counts_up(head: list[str]) -> bool:
    """县, 1, 2, 3, … 12: names of months or days beside a name in words."""
    if all(_kind(cell) != "text" for cell in head if cell):
        return False
    numbers = [int(cell) for cell in head if re.fullmatch(r"\d{1,4}", cell)]
    return len(numbers) >= 3 and all(b - a == 1 for a, b in zip(numbers, numbers[1:], strict=False))


def _refuse_other_width(file: str, rows: list[list[str]], at: int, width: int) -> None:
    """A row of names right above the records, of another width, is a header all the same."""
    above = rows[at - 1] if at else []
    names = [cell for cell in above if cell]
    if len(names) >= 2 and len(above) != width and not any(map(_PROSE.search, names)):
        raise BadInput(
            f"{file} 的第 {at} 行像是表头，有 {len(above)} 列，而记录有 {width} 列；请补齐列名"
            "（第一列可能是没有列名的序号），或用 --header-rows 0 按没有表头读入",
            f"line {at} of {file} looks like a header of {len(above)} columns, records have "
            f"{width}: name every column (the first may be an index without a name), or read it "
            "without a header with --header-rows 0",
        )


def _named(
    file: str, rows: list[list[str]], at: int, count: int, notes: tuple[Text, ...]
) -> LayoutHead:
    """The names of the columns, numbered where they are blank or repeated."""
    source = Source("", "csv", header_rows=count, blank_headers="number", repeated_headers="number")
    names, done = column_names(file, rows[at : at + max(count, 1)], source)
    numbered = "blank names numbered" in done
    repeated = "repeated names numbered" in done
    if numbered:
        words = Text(
            "有的列没有列名，按位置称为 column_3 等（blankHeaders: number）",
            "some columns have no name and are called column_3 and so on (blankHeaders: number)",
        )
        notes = (*notes, words)
    if repeated:
        words = Text(
            "列名有重复，加上序号区分（repeatedHeaders: number）",
            "names that stand twice are numbered (repeatedHeaders: number)",
        )
        notes = (*notes, words)
    return LayoutHead(
        at,
        count,
        names,
        "number" if numbered else "refuse",
        "number" if repeated else "refuse",
        notes,
    )


_GAP = "[\\s\u3000]*"  # RE2 does not count the ideographic space among blanks
_TOTAL = (
    rf"(全[国省市区县]|本[页月年]|总)?[合总小共累]{_GAP}计[:：]?",
    r"(?i:grand total|sub-?total|total)s?[:：]?",
)
_NOTE = (
    rf"备?{_GAP}注{_GAP}[:：0-9一二三（(][\s\S]*",
    rf"说{_GAP}明{_GAP}[:：][\s\S]*",
    rf"(数据|资料|信息)?来{_GAP}源{_GAP}[:：][\s\S]*",
    r"(填[表报]|制[表单]|审核|复核|打印|导出|统计|单位负责|报送|联系)[^:：]{0,8}[:：][\s\S]*",
    r"(?i:notes?|sources?|remarks?)\s*[:：][\s\S]*",
    r"[*※][\s\S]*",
)


def foot_pattern(text: str) -> str | None:
    """The pattern that a total or a note below a table matches; None for a value.

    >>> [foot_pattern(text) is not None for text in ("合　计", "注：快报数", "甲", "注册资本")]
    [True, True, False, False]
    """
    return next((p for p in (*_TOTAL, *_NOTE) if re.fullmatch(p, text.strip())), None)


def is_total(text: str) -> bool:
    return any(re.fullmatch(p, text.strip()) for p in _TOTAL)
