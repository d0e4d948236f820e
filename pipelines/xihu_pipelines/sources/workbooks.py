"""Excel and OpenDocument workbooks: one sheet as records of text, read in a process of its own."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from xihu_catalog.contracts.model import Source
from xihu_pipelines.sources.archives import Payload
from xihu_pipelines.sources.child_limits import SECONDS_LIMIT
from xihu_pipelines.sources.disguises import HEAD, refuse_disguise
from xihu_pipelines.sources.headers import column_names
from xihu_pipelines.sources.records import Batches, Opened, check_header, with_shape
from xihu_pipelines.sources.secrecy import check_columns, check_titles
from xihu_pipelines.sources.sheet import INEXACT
from xihu_platform.errors import BadInput
from xihu_platform.words import Text

_FAULTS = {
    "torn": Text("无法作为工作簿打开", "does not open as a workbook"),
    "password": Text("设有密码，请去掉密码", "has a password: take it off"),
    "no_sheet": Text("没有契约指明的工作表", "has no sheet of the contract's name"),
    "several_sheets": Text(
        "有多张有数据的工作表，请在契约中以 sheet（起草时以 --sheet）指明一张",
        "has several sheets with data: name one in the contract's sheet, or with --sheet for a "
        "draft",
    ),
    "empty": Text("没有数据，第 1 列没有列名", "holds nothing: column 1 has no name"),
    "too_large": Text(
        "展开后过大，请删去空白的格式化区域，或改用 CSV",
        "unfolds too large: delete formatted blank areas, or hand it in as CSV",
    ),
    "bomb": Text("解压后大得不合常理", "unpacks to a size that no table has"),
    "formula": Text(
        "含有没有计算结果的公式，请在 Excel 中打开并保存，或粘贴为值",
        "has formulas without results: open and save it in Excel, or paste them as values",
    ),
}


@contextmanager
def open_workbook(payload: Payload, source: Source, columns: list[str]) -> Iterator[Opened]:
    with tempfile.TemporaryDirectory(prefix="xihu-") as folder:
        target = Path(folder) / "sheet.arrow"
        said = read_sheet(payload, source, target, Path(folder))
        check_titles(payload.name, said["sheets"])
        with pa.memory_map(str(target)) as mapped:
            table = pa.ipc.open_file(mapped).read_all()
            head = source.title_rows + source.header_rows
            titles = [
                [cell or "" for cell in row.values()] for row in table.slice(0, head).to_pylist()
            ]
            check_titles(payload.name, [cell for row in titles for cell in row])
            first = titles[source.title_rows :]
            if not source.header_rows:
                first = [[""] * table.num_columns]
            names, notes = column_names(payload.name, _trimmed(first, source), source)
            check_header(payload.name, names, columns)
            for batch in table.to_batches():
                check_columns(payload.name, batch)
            table, filled = _fill_down(table, said["merged"], head)
            notes = (*notes, f"{filled} merged cells filled down") if filled else notes
            yield Opened(_rows(table.slice(head), names, columns), header=notes)


def read_sheet(payload: Payload, source: Source, target: Path, folder: Path) -> dict[str, Any]:
    # Any: JSON of the child process.
    job = folder / "job.json"
    job.write_text(
        json.dumps({"path": str(payload.path), "sheet": source.sheet, "target": str(target)}),
        encoding="utf-8",
    )
    with payload.path.open("rb") as file:
        refuse_disguise(payload.name, file.read(HEAD), source.format)
    command = [sys.executable, "-m", "xihu_pipelines.sources.sheet", str(job)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS_LIMIT, check=False)
    except subprocess.TimeoutExpired:
        raise _fault(payload.name, "too_large", source) from None
    if done.returncode != 0:  # ended by its limits
        raise _fault(payload.name, "too_large", source)
    said: dict[str, Any] = json.loads(done.stdout)
    if "fault" in said:
        raise _fault(payload.name, said["fault"], source, said.get("sheets", ()))
    return said


def _fault(name: str, fault: str, source: Source, sheets: Iterable[str] = ()) -> BadInput:
    words = _FAULTS[fault]
    listed = "、".join(sheet[:40] for sheet in islice(sheets, 20))
    if listed:
        words = Text(f"{words.zh}：{listed}", f"{words.en}: {listed}")
    sheet = f"（工作表 {source.sheet}）" if source.sheet else ""
    return BadInput(
        f"文件 {name}{sheet} {words.zh}",
        f"{name}{f' (sheet {source.sheet})' if source.sheet else ''} {words.en}",
    )


def _fill_down(
    table: pa.Table, merged: list[tuple[int, int, int]], head: int
) -> tuple[pa.Table, int]:
    """The value of cells merged over rows in each of their rows below the header."""
    filled = 0
    by_column: dict[int, list[tuple[int, int]]] = {}
    for first, last, column in merged:
        if first >= head and column < table.num_columns:
            by_column.setdefault(column, []).append((first, min(last, table.num_rows - 1)))
    for column, spans in by_column.items():
        values = table.column(column).to_pylist()
        for first, last in spans:
            for row in range(first + 1, last + 1):
                values[row] = values[first]
                filled += 1
        name = table.column_names[column]
        table = table.set_column(column, name, pa.array(values, pa.string()))
    return table.combine_chunks(), filled


def _trimmed(rows: list[list[str]], source: Source) -> list[list[str]]:
    """The header without the blank cells behind its last name, unless blank names are numbered."""
    if not source.header_rows or source.blank_headers == "number":
        return rows
    width = max((i + 1 for row in rows for i, cell in enumerate(row) if cell.strip()), default=0)
    return [row[:width] for row in rows]


def _rows(table: pa.Table, names: list[str], columns: list[str]) -> Batches:
    """Records of the named columns; blank rows are none, text beyond the header is a surplus."""
    surplus = table.column_names[len(names) :]
    for batch in table.to_batches():
        any_text = _any(batch, batch.schema.names)
        chosen = [batch.column(names.index(column)) for column in columns]
        inexact = pa.repeat(False, batch.num_rows)
        for at, column in enumerate(chosen):
            found = pc.fill_null(pc.starts_with(column, INEXACT), False)
            inexact = pc.or_(inexact, found)
            chosen[at] = pc.if_else(found, pc.utf8_ltrim(column, INEXACT), column)
        shape = pc.case_when(
            pc.make_struct(_any(batch, surplus), inexact),
            f"more than {len(names)} columns",
            "row.digits: a number cell of 16 digits or more",
        )
        named = pa.RecordBatch.from_arrays(chosen, names=columns)
        yield with_shape(named, shape).filter(any_text)


def _any(batch: pa.RecordBatch, names: list[str]) -> pa.Array:
    found = pa.repeat(False, batch.num_rows)
    for name in names:
        text = pc.utf8_trim_whitespace(batch.column(name))
        found = pc.or_(found, pc.fill_null(pc.not_equal(text, ""), False))
    return found
