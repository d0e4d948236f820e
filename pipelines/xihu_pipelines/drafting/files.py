"""Opens a file that no contract describes yet: its layout is found, then ingestion decodes it.

The header and the separator are looked for in the first lines; the records of the whole file are
read, and its last ones are looked at for totals and notes.
"""

import csv
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow as pa

from xihu_catalog.contracts.model import RESERVED_COLUMNS, Source, SourceFormat, TotalRow
from xihu_catalog.drafting.draft import SourceDraft
from xihu_pipelines.drafting.columnar import arrow_layout, parquet_layout
from xihu_pipelines.drafting.json_layout import find_records
from xihu_pipelines.drafting.layout import (
    FIRST_LINES,
    AskedLayout,
    Layout,
    LayoutHead,
    choose_delimiter,
    find_head,
    foot_pattern,
    is_total,
    split,
)
from xihu_pipelines.sources.archives import Payload, unpack
from xihu_pipelines.sources.disguises import HEAD, refuse_disguise
from xihu_pipelines.sources.files import open_records
from xihu_pipelines.sources.json_files import DOCUMENT_LIMIT, value_at
from xihu_pipelines.sources.records import by_place, place_name
from xihu_pipelines.sources.text import LINE_LIMIT, as_utf8
from xihu_pipelines.sources.workbooks import read_sheet
from xihu_platform.errors import BadInput
from xihu_platform.lake.snapshot import RECORD
from xihu_platform.sql import text_literal
from xihu_platform.words import Text

TABLE = "found"
FOOT = 30  # rows at the end that may be totals and notes
_FORMATS: dict[str, SourceFormat] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".xls": "xls",
    ".ods": "ods",
    ".json": "json",
    ".geojson": "geojson",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
}
_TEXTS = {"csv", "tsv", "json", "jsonl", "geojson"}
_BOOKS = {"xlsx", "xls", "ods"}
_HEADED = {"csv", "tsv", *_BOOKS}


def source_draft(layout: Layout) -> SourceDraft:
    """`servers[0]` of the draft."""
    source = layout.source
    total = source.total_row
    custom: dict[str, object] = {
        "encoding": source.encoding if source.format in {"csv", "tsv", "jsonl"} else None,
        "sheet": source.sheet,
        "member": source.member,
        "recordPath": source.record_path,
        "titleRows": source.title_rows or None,
        "headerRows": source.header_rows if source.header_rows != 1 else None,
        "blankHeaders": source.blank_headers if source.blank_headers != "refuse" else None,
        "repeatedHeaders": source.repeated_headers if source.repeated_headers != "refuse" else None,
        "totalRow": {"column": total.column, "pattern": total.pattern} if total else None,
        "delimiter": source.delimiter,
    }
    if source.format in {"json", "geojson"} and source.encoding != "utf-8":
        custom["encoding"] = source.encoding
    given = {name: value for name, value in custom.items() if value is not None}
    return SourceDraft(source.path, source.format, custom=given, notes=layout.notes)


@contextmanager
def open_unknown(
    path: Path, asked: AskedLayout | None = None
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Layout]]:
    """The file's records as table `found` of texts, its columns known by their places.

    Raises BadInput, saying what to do.
    """
    asked = asked or AskedLayout()
    source = _bare(path, asked)
    with unpack(path, source) as payload:
        with payload.path.open("rb") as file:
            refuse_disguise(payload.name, file.read(HEAD), source.format)
        layout = _LAYOUTS[source.format](payload, replace(source, member=payload.member), asked)
    _check_names(path.name, layout)
    with tempfile.TemporaryDirectory(prefix="xihu-infer-") as folder:
        database = str(Path(folder) / "found.db")
        connection = duckdb.connect(database, config={"threads": 2, "memory_limit": "700MB"})
        try:
            yield connection, _fill(connection, path, layout)
        finally:
            connection.close()


def _bare(path: Path, asked: AskedLayout) -> Source:
    names = [path.name]
    if asked.member is not None:
        names = [asked.member]
    elif zipfile.is_zipfile(path) and path.suffix.lower() not in _FORMATS:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    suffixes = [s.lower() for name in names for s in Path(name).suffixes[::-1]]
    form = next((_FORMATS[s] for s in suffixes if s in _FORMATS), None)
    if form is None:
        with unpack(path, Source(path.name, "csv", member=asked.member)):
            pass  # what is packed in another way is refused as that
        raise BadInput(
            f"不认识 {path.name} 的格式；可以是 {'、'.join(_FORMATS)}，或它们的 zip、gz",
            f"{path.name} is of no known format; there are {', '.join(_FORMATS)}, zipped or not",
        )
    _check_asked(form, asked)
    return Source(path.name, form, encoding=asked.encoding or "auto", member=asked.member)


def _check_asked(form: SourceFormat, asked: AskedLayout) -> None:
    """What a format cannot have was said of another file."""
    allowed = {
        "encoding": _TEXTS,
        "sheet": _BOOKS,
        "record_path": {"json"},
        "header_rows": _HEADED,
        "delimiter": {"csv", "tsv"},
    }
    for name, formats in allowed.items():
        if getattr(asked, name) is not None and form not in formats:
            option = "--" + name.replace("_", "-")
            raise BadInput(
                f"{form} 文件不能用 {option}，请去掉",
                f"a {form} file has no {option}: leave it out",
            )


def _check_names(file: str, layout: Layout) -> None:
    """Raises BadInput for columns of a name that the platform keeps for itself."""
    if odd := [name for name in layout.headers if name.lower() in RESERVED_COLUMNS]:
        raise BadInput(
            f"{file} 的列名 {'、'.join(odd)} 是平台内部使用的名称，请改名",
            f"{file} has columns {', '.join(odd)}, names that the platform keeps for itself: "
            "rename them",
        )


def _fill(connection: duckdb.DuckDBPyConnection, path: Path, layout: Layout) -> Layout:
    """Read every record; the layout with what the end of the file has shown."""
    names = [place_name(i) for i in range(len(layout.headers))]
    kinds = ", ".join(f"{name} VARCHAR" for name in names)
    connection.execute(f"CREATE TABLE received ({RECORD} BIGINT, {kinds}, _shape VARCHAR)")
    with open_records(path, layout.source, layout.headers) as records:
        for batch in records:
            connection.register("batch", by_place(pa.Table.from_batches([batch])))
            connection.execute("INSERT INTO received SELECT * FROM batch")
            connection.unregister("batch")
    notes = list(layout.notes)
    source = layout.source
    if source.format in _HEADED:
        source = replace(source, total_row=_take_foot(connection, layout, notes))
    _leave_misshapen(connection, notes)
    headers = _drop_blank(connection, layout, names)
    kept = ", ".join(names[layout.headers.index(h)] for h in headers)
    connection.execute(f"CREATE VIEW {TABLE} AS SELECT {kept} FROM received")
    return Layout(source, headers, layout.declared, tuple(notes))


def _take_foot(
    connection: duckdb.DuckDBPyConnection, layout: Layout, notes: list[Text]
) -> TotalRow | None:
    """Totals and notes at the very end, taken out of the records."""
    rows = connection.execute(
        f"SELECT * EXCLUDE (_shape) FROM received ORDER BY {RECORD} DESC LIMIT {FOOT}"
    ).fetchall()
    column, patterns, last = None, list[str](), 0
    for number, *cells in rows:
        at = next((i for i, cell in enumerate(cells) if cell and str(cell).strip()), None)
        pattern = foot_pattern(str(cells[at])) if at is not None else None
        if pattern is None or column not in {None, at}:
            break
        column, last = at, number
        patterns.append(pattern)
    _note_subtotals(connection, last, notes)
    if column is None or len(patterns) == len(rows) < FOOT:
        return None
    connection.execute(f"DELETE FROM received WHERE {RECORD} >= {last}")
    count = len(patterns)
    notes.append(
        Text(
            f"totalRow：末尾 {count} 行像是合计或附注，不作记录，请核对",
            f"totalRow: the last {count} rows look like totals or notes and are no records: check",
        )
    )
    return TotalRow(layout.headers[column], "|".join(sorted(set(patterns))))


def _note_subtotals(connection: duckdb.DuckDBPyConnection, foot: int, notes: list[Text]) -> None:
    """Rows of totals between the records cannot be declared: they are told of."""
    before = f"WHERE {RECORD} < {foot}" if foot else ""
    texts = connection.execute(
        f"SELECT c0, count(*) FROM received {before} GROUP BY 1 HAVING length(c0) < 12"
    ).fetchall()
    if count := sum(n for text, n in texts if text and is_total(str(text))):
        notes.append(
            Text(
                f"记录中间有 {count:,} 行像是合计或小计，会作为记录读入，请先删去",
                f"{count:,} rows between the records look like totals and are read as records: "
                "take them out first",
            )
        )


def _leave_misshapen(connection: duckdb.DuckDBPyConnection, notes: list[Text]) -> None:
    """Records that a load would quarantine for their form say nothing of the columns."""
    ((count,),) = connection.execute(
        "SELECT count(*) FROM received WHERE _shape IS NOT NULL"
    ).fetchall()
    if count:
        connection.execute("DELETE FROM received WHERE _shape IS NOT NULL")
        notes.append(
            Text(
                f"{count:,} 条记录的形式不对（列数、JSON 对象或数值位数），装载时将被隔离",
                f"{count:,} records are not of the right form (columns, JSON object, digits of a "
                "number) and would be quarantined",
            )
        )


def _drop_blank(
    connection: duckdb.DuckDBPyConnection, layout: Layout, names: list[str]
) -> list[str]:
    """The columns without those that have neither a name nor a value."""
    if layout.source.blank_headers == "refuse":
        return layout.headers
    parts = ", ".join(f"count({name})" for name in names)
    (counts,) = connection.execute(f"SELECT {parts} FROM received").fetchall()
    return [
        header
        for i, (header, count) in enumerate(zip(layout.headers, counts, strict=True), 1)
        if count or header != f"column_{i}"
    ]


def _headed(source: Source, head: LayoutHead, notes: tuple[Text, ...] = ()) -> Layout:
    source = replace(
        source,
        title_rows=head.title_rows,
        header_rows=head.header_rows,
        blank_headers=head.blank,
        repeated_headers=head.repeated,
    )
    return Layout(source, head.names, notes=(*notes, *head.notes))


def _delimited(payload: Payload, source: Source, asked: AskedLayout) -> Layout:
    with as_utf8(payload.path, payload.name, source.encoding) as text:
        with text.path.open(encoding="utf-8-sig", newline="") as file:
            lines = [line.replace("\0", "") for line in islice(file, FIRST_LINES + 1)]
        encoding = text.encoding
    if not any(line.strip() for line in lines):
        raise BadInput(f"{payload.name} 是空文件", f"{payload.name} is empty")
    notes: tuple[Text, ...] = ()
    if len(lines) > FIRST_LINES:
        lines = lines[:FIRST_LINES]
        notes = (
            Text(
                f"表头和分隔符按前 {FIRST_LINES:,} 行判断，取值按全部记录判断",
                f"header and separator by the first {FIRST_LINES:,} lines, values by all records",
            ),
        )
    csv.field_size_limit(LINE_LIMIT)
    try:
        if asked.delimiter is None:
            delimiter, rows = choose_delimiter(lines)
        else:
            delimiter, rows = asked.delimiter, split(lines, asked.delimiter)
    except csv.Error as bad:
        raise BadInput(
            f"{payload.name} 的前 {len(lines):,} 行无法按分隔符切分，请检查引号",
            f"the first {len(lines):,} lines of {payload.name} cannot be split: check its quotes",
        ) from bad
    head = find_head(payload.name, rows, asked.header_rows)
    form: SourceFormat = "tsv" if delimiter == "\t" else "csv"
    own = None if delimiter in ",\t" else delimiter
    return _headed(replace(source, format=form, encoding=encoding, delimiter=own), head, notes)


def _workbook(payload: Payload, source: Source, asked: AskedLayout) -> Layout:
    source = replace(source, encoding="utf-8", sheet=asked.sheet)
    with tempfile.TemporaryDirectory(prefix="xihu-infer-") as folder:
        target = Path(folder) / "sheet.arrow"
        said = read_sheet(payload, source, target, Path(folder))
        with pa.memory_map(str(target)) as mapped:
            first = pa.ipc.open_file(mapped).read_all().slice(0, FIRST_LINES).to_pylist()
    rows = [[cell or "" for cell in row.values()] for row in first]
    width = max((i + 1 for row in rows for i, cell in enumerate(row) if cell.strip()), default=0)
    head = find_head(payload.name, [row[:width] for row in rows], asked.header_rows)
    sheet = str(said["sheet"]) if len(said["sheets"]) > 1 else None
    return _headed(replace(source, sheet=sheet), head)


def _lines(payload: Payload, source: Source, asked: AskedLayout) -> Layout:
    with (
        as_utf8(payload.path, payload.name, source.encoding) as text,
        duckdb.connect() as connection,
    ):
        objects = (
            f"read_json_objects({text_literal(str(text.path))}, format = 'newline_delimited', "
            f"ignore_errors = true, maximum_object_size = {LINE_LIMIT})"
        )
        headers = _keys(connection, payload.name, f"SELECT json AS o FROM {objects}")
        return Layout(replace(source, encoding=text.encoding), headers)


def _document(payload: Payload, source: Source, asked: AskedLayout) -> Layout:
    with (
        as_utf8(payload.path, payload.name, source.encoding) as text,
        duckdb.connect() as connection,
    ):
        if text.path.stat().st_size > DOCUMENT_LIMIT:
            raise BadInput(
                f"文件 {payload.name} 超过 {DOCUMENT_LIMIT >> 20} MB，请改用每行一个对象的 jsonl",
                f"{payload.name} is larger than {DOCUMENT_LIMIT >> 20} MB: make it JSON lines",
            )
        content = text.path.read_text(encoding="utf-8-sig")
        connection.execute("CREATE TABLE document AS SELECT ? AS content", [content])
        ((valid,),) = connection.execute("SELECT json_valid(content) FROM document").fetchall()
        if not valid:
            return _not_whole(connection, payload, source, asked)
        source = replace(source, encoding=text.encoding)
        if source.format == "geojson":
            return _features(connection, payload.name, source)
        path, notes = find_records(connection, payload.name, asked.record_path)
        at = value_at(path.split(".") if path else [])
        elements = f"SELECT unnest(CAST(v AS JSON[])) AS o FROM {at} WHERE json_type(v) = 'ARRAY'"
        headers = _keys(connection, payload.name, elements)
        return Layout(replace(source, record_path=path), headers, notes=notes)


def _not_whole(
    connection: duckdb.DuckDBPyConnection, payload: Payload, source: Source, asked: AskedLayout
) -> Layout:
    """Many files called .json hold an object a line."""
    ((lines,),) = connection.execute(
        "SELECT bool_and(json_valid(l)) FROM (SELECT trim(unnest(string_split(content, '\n'))) "
        "AS l FROM document) WHERE l <> ''"
    ).fetchall()
    if source.format == "json" and lines and asked.record_path is None:
        layout = _lines(payload, replace(source, format="jsonl"), asked)
        words = Text("每行一个 JSON 对象，按 jsonl 读入", "an object a line: read as jsonl")
        return replace(layout, notes=(*layout.notes, words))
    raise BadInput(
        f"{payload.name} 不是完整的 JSON，也不是每行一个 JSON 对象，请重新导出",
        f"{payload.name} is neither whole JSON nor an object a line: write it out again",
    )


def _features(connection: duckdb.DuckDBPyConnection, file: str, source: Source) -> Layout:
    features = value_at(["features"])
    elements = (
        "SELECT json_extract(e, '/properties') AS o FROM (SELECT unnest(CAST(v AS JSON[])) AS e "
        f"FROM {features} WHERE json_type(v) = 'ARRAY')"
    )
    headers = _keys(connection, file, elements)
    if "geometry" in headers:
        raise BadInput(
            f"{file} 有名为 geometry 的属性，与要素自身的几何同名，请把属性改名",
            f"{file} has a property called geometry, as the feature's own geometry is called: "
            "rename the property",
        )
    return Layout(source, [*headers, "geometry"])


def _keys(connection: duckdb.DuckDBPyConnection, file: str, objects: str) -> list[str]:
    """Every key of every object, in the order they first stand in one."""
    try:
        found = connection.execute(
            "SELECT name, min(place) FROM (SELECT unnest(json_keys(o)) AS name, "
            "generate_subscripts(json_keys(o), 1) AS place "
            f"FROM ({objects}) WHERE json_type(o) = 'OBJECT') GROUP BY name ORDER BY 2, 1"
        ).fetchall()
    except duckdb.Error:
        found = []
    if not found:
        raise BadInput(
            f"{file} 中读不出 JSON 对象，请核对格式与 --record-path",
            f"no JSON object can be read from {file}: check its form, and --record-path",
        )
    return [str(name) for name, _ in found]


_LAYOUTS: dict[SourceFormat, Callable[[Payload, Source, AskedLayout], Layout]] = {
    "csv": _delimited,
    "tsv": _delimited,
    "xlsx": _workbook,
    "xls": _workbook,
    "ods": _workbook,
    "jsonl": _lines,
    "json": _document,
    "geojson": _document,
    "parquet": parquet_layout,
    "arrow": arrow_layout,
}
