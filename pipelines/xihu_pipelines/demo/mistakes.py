"""The ways real departments' rows are wrong, as SQL over one value."""

from collections.abc import Iterator

from xihu_pipelines.demo.layout import FileColumn, HandedIn

WRONG_PER_100_000 = 1_150
"""Rows with one wrong value. With `TWICE_PER_100_000` and the cut records: one to two per cent."""
TWICE_PER_100_000 = 200
CUT_PER_100_000 = 20

ABOLISHED = "'330103', '330104', '330204', '331021'"
"""Counties that no longer exist: 下城, 江干 (2021), 江东 (2016), 玉环县 (2017)."""
NUMBERED = ("citizen_id", "document_number", "uscc")


def as_text(column: FileColumn) -> str:
    """The value as its department writes it."""
    if column.is_moment and column.source_format:
        return f"strftime({column.field}, '{column.source_format}')"
    return f"{column.field}::VARCHAR"


def _impossible_date(column: FileColumn) -> str:
    """The 30th of February, written as the department writes its dates."""
    pattern = column.source_format or (
        "%Y-%m-%d" if column.physical_type == "DATE" else "%Y-%m-%d %H:%M:%S"
    )
    pattern = pattern.replace("%m", "02").replace("%d", "30")
    return f"strftime({column.field}, '{pattern}')"


def _text_mistakes(column: FileColumn) -> Iterator[str]:
    """Mistakes only a text file can hold: its values have no type yet."""
    if column.is_moment:
        yield _impossible_date(column)
    if column.is_number:
        yield "'暂无'"
        yield f"'约' || {column.field}::VARCHAR"


def mistakes(column: FileColumn, *, typed: bool) -> list[str]:
    """SQL expressions that replace a right value of `column` with a wrong one."""
    found = [] if typed else list(_text_mistakes(column))
    text = as_text(column)
    if column.required:
        found.append("NULL")
    if column.identifier in NUMBERED:
        last = f"right({text}, 1)"
        found.append(f"left({text}, 17) || CASE {last} WHEN '0' THEN '1' ELSE '0' END")
    if column.minimum == 0 and column.is_number:
        negative = f"-({column.field} + 1)"
        found.append(negative if typed else f"({negative})::VARCHAR")
    if column.code_list == "divisions":
        found.append(f"one_of('abolished', _i, [{ABOLISHED}])")
    elif column.code_list:
        found.append("'ZZ'")
    return found


def value(column: FileColumn, offset: int, wrong: list[str], *, typed: bool) -> str:
    """The column's value: right, or wrong where the row's draw falls on one of its mistakes."""
    right = column.field if typed else as_text(column)
    cases = "".join(f" WHEN {offset + n} THEN {sql}" for n, sql in enumerate(wrong))
    chosen = f"CASE _wrong{cases} ELSE {right} END" if cases else right
    return f"{chosen}::{column.physical_type if typed else 'VARCHAR'}"


def select_list(file: HandedIn) -> tuple[str, int]:
    """The columns of a file, mistakes included, and how many mistakes there are to draw from."""
    typed = file.format == "parquet"
    parts, offset = [], 1
    for column in file.columns:
        wrong = mistakes(column, typed=typed)
        parts.append(f'{value(column, offset, wrong, typed=typed)} AS "{column.header}"')
        offset += len(wrong)
    return ",\n    ".join(parts), offset - 1


def spoilt(file: HandedIn, clean: str) -> str:
    """The whole file as one query: clean rows, wrong values drawn in, some rows handed in twice."""
    columns, number = select_list(file)
    drawn = f"""
SELECT *, CASE WHEN NOT _safe AND h('wrong', _i) % 100000 < {WRONG_PER_100_000}
    THEN 1 + pick('which', _i, {number}) ELSE 0 END AS _wrong FROM ({clean})"""
    twice = f"NOT _safe AND h('twice', _i) % 100000 < {TWICE_PER_100_000}"
    return (
        f"SELECT {columns} FROM ({drawn})\nUNION ALL\nSELECT {columns} FROM ({drawn}) WHERE {twice}"
    )


def cut_records(file: HandedIn, clean: str) -> str:
    """One text of CSV records that end before their last two columns."""
    kept = file.columns[: max(1, len(file.columns) - 2)]
    cells = ", ".join(f"replace(coalesce({as_text(column)}, ''), ',', ' ')" for column in kept)
    return (
        f"SELECT string_agg(concat_ws(',', {cells}), chr(10) ORDER BY _i) || chr(10)"
        f" FROM ({clean}) WHERE NOT _safe AND h('cut', _i) % 100000 < {CUT_PER_100_000}"
    )
