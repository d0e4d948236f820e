"""Files as departments hand them in, decoded into numbered records of text.

Whatever the format, out come Arrow batches whose first column is the record number (1 for the
first record below the header) and whose other columns are the contract's source columns, as
text. Nothing is cast, trimmed or guessed here. A record that does not fit the header is marked
in the column `_shape`; it is never dropped.
"""

import codecs
import csv
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from xihu_catalog.contracts.model import Source, SourceFormat
from xihu_platform.errors import BadInput
from xihu_platform.lake.engine import identifier, text_literal
from xihu_platform.lake.tables import RECORD

BATCH_ROWS = 245_760  # two of DuckDB's row groups: 20 columns of text stay below 100 MB
SHAPE = "_shape"
"""Text of the surplus or missing columns of a record that does not fit the header, else null."""
_LINE_LIMIT = 16 << 20  # bytes of one record; longer is an attack or a wrong separator
_ABSENT = "\x00absent"  # DuckDB pads short records with NULL; no field of a text file holds NUL
_Batches = Iterator[pa.RecordBatch]


@contextmanager
def open_records(path: Path, source: Source, columns: list[str]) -> Iterator[_Batches]:
    """The file's records. Raises BadInput when the file is not what the contract says it is."""
    if not path.is_file():
        raise BadInput(f"找不到文件 {path.name}", f"there is no file {path.name}")
    with _READERS[source.format](path, source, columns) as batches:
        yield batches


def _check_header(path: Path, found: list[str], columns: list[str]) -> None:
    missing = [c for c in columns if c not in found]
    if missing:
        raise BadInput(
            f"文件 {path.name} 缺少列：{'、'.join(missing)}；文件中的列是：{'、'.join(found)}",
            f"{path.name} lacks the columns {', '.join(missing)}; it has {', '.join(found)}",
        )
    if twice := sorted({c for c in found if found.count(c) > 1}):
        raise BadInput(
            f"文件 {path.name} 的表头重复：{'、'.join(twice)}",
            f"{path.name} has a column twice: {', '.join(twice)}",
        )


def _number(first: int, batch: pa.RecordBatch, shape: pa.Array | None = None) -> pa.RecordBatch:
    """Put the record numbers before, and the shape marks behind, the text columns."""
    numbers = pa.array(range(first, first + batch.num_rows), pa.int64())
    marks = shape if shape is not None else pa.nulls(batch.num_rows, pa.string())
    return pa.RecordBatch.from_arrays(
        [numbers, *batch.columns, marks], names=[RECORD, *batch.schema.names, SHAPE]
    )


def _numbered(batches: Iterator[pa.RecordBatch]) -> _Batches:
    seen = 0
    for batch in batches:
        yield _number(seen + 1, batch)
        seen += batch.num_rows


@contextmanager
def _utf8(path: Path, encoding: str) -> Iterator[Path]:
    """The file as UTF-8: itself, or a transcoded copy that is deleted afterwards."""
    if codecs.lookup(encoding).name == "utf-8":
        yield path
        return
    with tempfile.NamedTemporaryFile(suffix=".csv") as copy:
        decoder = codecs.getincrementaldecoder(encoding)("strict")
        try:
            with path.open("rb") as original:
                while block := original.read(1 << 22):
                    copy.write(decoder.decode(block).encode())
            copy.write(decoder.decode(b"", final=True).encode())
        except UnicodeDecodeError as bad:
            raise BadInput(
                f"文件 {path.name} 不是 {encoding} 编码（{bad.reason}），请核对契约中的 encoding",
                f"{path.name} is not {encoding} ({bad.reason}): check the contract's encoding",
            ) from None
        copy.flush()
        yield Path(copy.name)


def _header(path: Path, text: Path) -> list[str]:
    with text.open(encoding="utf-8-sig", errors="strict", newline="") as lines:
        names = [name.strip() for name in next(csv.reader([lines.readline(_LINE_LIMIT)]), [])]
    if not names or "" in names:
        blank = names.index("") + 1 if names else 1
        raise BadInput(
            f"文件 {path.name} 的第 {blank} 列没有列名",
            f"column {blank} of {path.name} has no name, or the file is empty",
        )
    return names


@contextmanager
def _csv(path: Path, source: Source, columns: list[str]) -> Iterator[_Batches]:
    with _utf8(path, source.encoding) as text:
        try:
            header = _header(path, text)
        except UnicodeDecodeError as bad:
            raise BadInput(
                f"文件 {path.name} 不是 UTF-8 编码（第 {bad.start + 1} 字节），请另存为 UTF-8 "
                "或在契约中写明 encoding",
                f"{path.name} is not UTF-8 (byte {bad.start + 1}): save it as UTF-8 or state "
                "the encoding in the contract",
            ) from None
        _check_header(path, header, columns)
        connection = duckdb.connect(config={"threads": 2, "memory_limit": "400MB"})
        try:
            yield _csv_batches(connection, path, text, header, columns)
        finally:
            connection.close()


def _csv_batches(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    text: Path,
    header: list[str],
    columns: list[str],
) -> _Batches:
    last = header[-1]
    kinds = ", ".join(f"{text_literal(name)}: 'VARCHAR'" for name in [*header, "_surplus"])
    chosen = ", ".join(f"nullif({identifier(c)}, '') AS {identifier(c)}" for c in columns)
    shape = (
        f"CASE WHEN {identifier('_surplus')} IS NOT NULL THEN 'more than {len(header)} columns' "
        f"WHEN {identifier(last)} IS NULL THEN 'fewer than {len(header)} columns' END"
    )
    sql = (
        f"SELECT {chosen}, {shape} AS {SHAPE} FROM read_csv({text_literal(str(text))}, "
        "header = false, skip = 1, auto_detect = false, delim = ',', quote = '\"', escape = '\"', "
        f"nullstr = {text_literal(_ABSENT)}, null_padding = true, strict_mode = false, "
        f"max_line_size = {_LINE_LIMIT}, parallel = {{parallel}}, columns = {{{{{kinds}}}}})"
    )
    seen = 0
    try:
        try:
            for batch in _records_from(connection, sql.format(parallel="true"), 0):
                yield _number(seen + 1, batch.select(columns), batch[SHAPE])
                seen += batch.num_rows
        except duckdb.Error as bad:
            if "parallel=false" not in str(bad):
                raise
            # A line break inside quotes cannot be read in parallel: go on from here, in order.
            for batch in _records_from(connection, sql.format(parallel="false"), seen):
                yield _number(seen + 1, batch.select(columns), batch[SHAPE])
                seen += batch.num_rows
    except duckdb.Error as bad:
        raise BadInput(
            f"文件 {path.name} 在第 {seen + 1} 条记录之后无法读出，请检查引号、分隔符与编码",
            f"{path.name} cannot be read after record {seen + 1}: check quotes, separators and "
            "encoding",
        ) from bad


def _records_from(
    connection: duckdb.DuckDBPyConnection, sql: str, skip: int
) -> Iterator[pa.RecordBatch]:
    """The query's batches without the first `skip` rows."""
    for batch in connection.sql(sql).to_arrow_reader(BATCH_ROWS):
        rest = batch.slice(min(skip, batch.num_rows))
        skip -= batch.num_rows - rest.num_rows
        if rest.num_rows:
            yield rest


@contextmanager
def _jsonl(path: Path, source: Source, columns: list[str]) -> Iterator[_Batches]:
    shape = json.dumps(dict.fromkeys(columns, "VARCHAR"), ensure_ascii=False)
    picked = ", ".join(f"v[{text_literal(c)}] AS {identifier(c)}" for c in columns)
    sql = (
        f"SELECT {picked}, CASE WHEN is_object THEN NULL ELSE 'not a JSON object' END AS {SHAPE} "
        f"FROM (SELECT is_object, from_json(CASE WHEN is_object THEN raw END, "
        f"{text_literal(shape)}) AS v FROM (SELECT raw, json_valid(raw) AND "
        "json_type(CASE WHEN json_valid(raw) THEN raw END) = 'OBJECT' AS is_object FROM lines))"
    )
    connection = duckdb.connect(config={"threads": 2, "memory_limit": "400MB"})
    try:
        yield _jsonl_batches(connection, path, sql, columns)
    finally:
        connection.close()


def _jsonl_batches(
    connection: duckdb.DuckDBPyConnection, path: Path, sql: str, columns: list[str]
) -> _Batches:
    lines = connection.sql(
        "SELECT line AS raw FROM read_csv(?, header = false, auto_detect = false, "
        "delim = '\x1f', quote = '', escape = '', columns = {'line': 'VARCHAR'}, "
        f"max_line_size = {_LINE_LIMIT}, strict_mode = false)",
        params=[str(path)],
    )
    seen = 0
    worker = connection.cursor()
    try:
        for batch in lines.to_arrow_reader(BATCH_ROWS):
            worker.register("lines", pa.Table.from_batches([batch]))
            table = worker.sql(sql).to_arrow_table().combine_chunks()
            worker.unregister("lines")
            for part in table.to_batches():
                yield _number(seen + 1, part.select(columns), part[SHAPE])
                seen += part.num_rows
    except duckdb.Error as bad:
        raise BadInput(
            f"文件 {path.name} 在第 {seen + 1} 行之后无法读出，应为每行一个 JSON 对象的 UTF-8 文本",
            f"{path.name} cannot be read after line {seen + 1}: it must hold one JSON object a "
            "line, in UTF-8",
        ) from bad


@contextmanager
def _parquet(path: Path, source: Source, columns: list[str]) -> Iterator[_Batches]:
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError):
        raise BadInput(
            f"文件 {path.name} 不是完整的 Parquet 文件",
            f"{path.name} is not a whole Parquet file",
        ) from None
    with file:
        _check_header(path, file.schema_arrow.names, columns)
        yield _numbered(_as_text(batch) for batch in file.iter_batches(BATCH_ROWS, columns=columns))


def _as_text(batch: pa.RecordBatch) -> pa.RecordBatch:
    arrays = [pc.cast(column, pa.string()) for column in batch.columns]
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


@contextmanager
def _xlsx(path: Path, source: Source, columns: list[str]) -> Iterator[_Batches]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(path)
        name = source.sheet or book.sheet_names[0]
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (CalamineError, OSError, IndexError):
        raise BadInput(
            f"文件 {path.name} 无法作为工作簿打开，或没有工作表 {source.sheet or ''}",
            f"{path.name} does not open as a workbook, or has no sheet {source.sheet or ''}",
        ) from None
    header = [str(cell).strip() for cell in rows[0]] if rows else []
    _check_header(path, header, columns)
    turned = list(zip(*rows[1:], strict=True)) or [()] * len(header)
    arrays = [pa.array([_cell(v) for v in turned[header.index(c)]], pa.string()) for c in columns]
    yield _numbered(iter([pa.RecordBatch.from_arrays(arrays, names=columns)]))


def _cell(value: object) -> str | None:
    """A cell as its reader sees it: whole floats without `.0`, times in ISO form."""
    if value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


_READERS: dict[
    SourceFormat, Callable[[Path, Source, list[str]], AbstractContextManager[_Batches]]
] = {
    "csv": _csv,
    "jsonl": _jsonl,
    "parquet": _parquet,
    "xlsx": _xlsx,
}
