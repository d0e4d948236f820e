"""The census of a database: one line for each table, and which of them no contract covers."""

import csv
from pathlib import Path

from xihu_catalog.drafting.scan import ScannedColumn

HEAD = (
    "模式 schema",
    "表 table",
    "名称 title",
    "行数 rows",
    "列数 columns",
    "覆盖的契约 covered by",
    "疑似个人信息 likely personal data",
    "最高敏感级别（猜测） highest grade, guessed",
    "草稿 draft",
    "说明 note",
)


def census_rows(found: list[ScannedColumn]) -> list[list[str]]:
    """Tables that no contract covers come first, those with personal data before the others."""
    ordered = sorted(found, key=lambda f: (f.covered_by is not None, not f.personal, f.table))
    return [_row(each) for each in ordered]


def _row(found: ScannedColumn) -> list[str]:
    fields = found.draft.fields if found.draft else ()
    rows = "" if found.rows is None else f"{'约 ' if found.estimated else ''}{found.rows}"
    return [
        found.schema or "",
        found.table,
        found.title,
        rows,
        str(found.columns),
        found.covered_by or "无 none",
        "、".join(found.personal),
        max((f.grade for f in fields), default=""),
        found.draft.file_name if found.draft and found.covered_by is None else "",
        f"读取失败 {found.fault}" if found.fault else "",
    ]


def write_census(found: list[ScannedColumn], target: Path) -> None:
    """As CSV or Excel, by the target's suffix."""
    rows = census_rows(found)
    if target.suffix.lower() == ".csv":
        with target.open("w", encoding="utf-8-sig", newline="") as file:  # Excel looks for the mark
            csv.writer(file).writerows([HEAD, *map(_safe, rows)])
        return
    import xlsxwriter

    with xlsxwriter.Workbook(str(target)) as book:
        sheet = book.add_worksheet("普查")
        bold = book.add_format({"bold": True, "bg_color": "#DDE7F0"})
        sheet.freeze_panes(1, 2)
        sheet.autofilter(0, 0, max(1, len(rows)), len(HEAD) - 1)
        sheet.set_column(0, len(HEAD) - 1, 22)
        for at, title in enumerate(HEAD):
            sheet.write_string(0, at, title, bold)
        for number, row in enumerate(rows, 1):
            for at, cell in enumerate(row):
                if at in {3, 4} and cell.isdigit():
                    sheet.write_number(number, at, int(cell))
                else:
                    sheet.write_string(number, at, cell)


def _safe(row: list[str]) -> list[str]:
    """A table's comment that a spreadsheet would run as a formula gets an apostrophe."""
    return [f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t"} else cell for cell in row]
