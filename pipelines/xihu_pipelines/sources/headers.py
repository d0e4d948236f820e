"""From the rows above the data to the names of the columns, as the contract declares them."""

from itertools import accumulate

from xihu_catalog.contracts.model import Source
from xihu_catalog.standards.documents import unguard
from xihu_platform.errors import BadInput


def column_names(
    file: str, rows: list[list[str]], source: Source
) -> tuple[list[str], tuple[str, ...]]:
    """The names of the columns, and what was done to them. Raises BadInput for a blank name.

    `rows` are the header's own rows, the first record where there is no header: its cells are
    only counted. Of several rows, cells are joined with “/”: an upper cell that
    is blank belongs to the one on its left (merged across), a lower one to the one above.
    """
    if source.header_rows == 0 and rows:
        return [f"column_{i}" for i in range(1, len(rows[0]) + 1)], ("no header: names numbered",)
    rows = [[_plain(cell) for cell in row] for row in rows]
    width = max((len(row) for row in rows), default=0)
    even = [[*row, *[""] * (width - len(row))] for row in rows]
    names = _joined(even) if len(even) > 1 else (even[0] if even else [])
    notes = [f"{len(rows)} header rows joined"] if len(rows) > 1 else []
    if not names or "" in names:
        names = _fill_blank(file, names, source)
        notes.append("blank names numbered")
    if source.repeated_headers == "number" and len(set(names)) < len(names):
        names = _fill_repeated(names)
        notes.append("repeated names numbered")
    return names, tuple(notes)


def _plain(cell: str) -> str:
    """A name without line breaks, outer blanks and guards: a cell may break its name into lines."""
    return " ".join(unguard(cell.replace("\ufeff", "")).split())


def _or_left(left: str, cell: str) -> str:
    return cell or left


def _joined(rows: list[list[str]]) -> list[str]:
    upper = [list(accumulate(row, _or_left)) for row in rows[:-1]]
    names = []
    for column, last in enumerate(rows[-1]):
        # A cell that is blank below is merged downwards: only its own name counts, not its left
        # neighbour's.
        above = [
            (full if last or row[column] else row)[column]
            for full, row in zip(upper, rows[:-1], strict=True)
        ]
        parts = [part for part in (*above, last) if part]
        once = [p for i, p in enumerate(parts) if i == 0 or p != parts[i - 1]]
        names.append("/".join(once))
    return names


def _fill_blank(file: str, names: list[str], source: Source) -> list[str]:
    if not names or source.blank_headers == "refuse" or not any(names):
        blank = names.index("") + 1 if names else 1
        raise BadInput(
            f"文件 {file} 的第 {blank} 列没有列名，或文件是空的；请补上列名，"
            "或声明 blankHeaders: number",
            f"column {blank} of {file} has no name, or the file is empty: name it, or declare "
            "blankHeaders: number",
        )
    return [name or f"column_{i}" for i, name in enumerate(names, 1)]


def _fill_repeated(names: list[str]) -> list[str]:
    """The second of a name becomes name_2, the third name_3; a name that is taken stays taken."""
    given: list[str] = []
    for name in names:
        number, fresh = 1, name
        while fresh in given:
            number += 1
            fresh = f"{name}_{number}"
        given.append(fresh)
    return given
