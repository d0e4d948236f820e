"""Opens a file that no contract describes yet: its layout is found, then the door in decodes it."""

import csv
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from xihu_catalog.contracts.draft import SourceDraft
from xihu_catalog.contracts.kinds import Kind
from xihu_catalog.contracts.model import Source, SourceFormat
from xihu_pipelines.sources.archives import Payload, unpacked
from xihu_pipelines.sources.files import open_records
from xihu_pipelines.sources.text import LINE_LIMIT, as_utf8
from xihu_pipelines.sources.workbooks import read_sheet
from xihu_platform.errors import BadInput
from xihu_platform.lake.engine import identifier, text_literal

TABLE = "found"
_FIRST_LINES = 50
_DELIMITERS = ",\t;|"
_FORMATS: dict[str, SourceFormat] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".txt": "csv",
    ".xlsx": "xlsx",
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


@dataclass(frozen=True, slots=True)
class Layout:
    """How the file has to be declared, and its columns."""

    source: Source
    headers: list[str]
    declared: dict[str, Kind] = field(default_factory=dict)
    """Types that the file itself states."""

    def draft(self) -> SourceDraft:
        source = self.source
        custom: dict[str, object] = {
            "encoding": source.encoding if source.format in {"csv", "tsv", "jsonl"} else None,
            "sheet": source.sheet,
            "member": source.member,
            "recordPath": source.record_path,
            "titleRows": source.title_rows or None,
            "delimiter": source.delimiter,
        }
        given = {name: value for name, value in custom.items() if value is not None}
        return SourceDraft(source.path, source.format, custom=given)


@contextmanager
def open_unknown(path: Path) -> Iterator[tuple[duckdb.DuckDBPyConnection, Layout]]:
    """The file's records as table `found` of texts. Raises BadInput, saying what to do."""
    source = _bare(path)
    with unpacked(path, source) as payload:
        layout = _LAYOUTS[source.format](payload, replace(source, member=payload.member))
    with tempfile.TemporaryDirectory(prefix="xihu-infer-") as folder:
        database = str(Path(folder) / "found.db")
        connection = duckdb.connect(database, config={"threads": 2, "memory_limit": "700MB"})
        try:
            _fill(connection, path, layout)
            yield connection, layout
        finally:
            connection.close()


def _bare(path: Path) -> Source:
    names = [path.name]
    if zipfile.is_zipfile(path) and path.suffix.lower() not in _FORMATS:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    suffixes = [s.lower() for name in names for s in Path(name).suffixes[::-1]]
    form = next((_FORMATS[s] for s in suffixes if s in _FORMATS), None)
    if form is None:
        raise BadInput(
            f"不认识 {path.name} 的格式；可以是 {'、'.join(_FORMATS)}，或它们的 zip、gz",
            f"{path.name} is of no known format; there are {', '.join(_FORMATS)}, zipped or not",
        )
    return Source(path.name, form, encoding="auto")


def _fill(connection: duckdb.DuckDBPyConnection, path: Path, layout: Layout) -> None:
    kinds = ", ".join(f"{identifier(h)} VARCHAR" for h in layout.headers)
    chosen = ", ".join(map(identifier, layout.headers))
    connection.execute(f"CREATE TABLE {TABLE} ({kinds})")
    with open_records(path, layout.source, layout.headers) as records:
        for batch in records:
            connection.register("batch", pa.Table.from_batches([batch]))
            connection.execute(f"INSERT INTO {TABLE} SELECT {chosen} FROM batch")
            connection.unregister("batch")


def _delimited(payload: Payload, source: Source) -> Layout:
    with as_utf8(payload.path, payload.name, "auto") as text:
        with text.path.open(encoding="utf-8-sig", newline="") as file:
            lines = [line.replace("\0", "") for line in islice(file, _FIRST_LINES)]
        encoding = text.encoding
    if not lines:
        raise BadInput(f"{payload.name} 是空文件", f"{payload.name} is empty")
    csv.field_size_limit(LINE_LIMIT)
    width, delimiter, rows = max(
        (_split(lines, delimiter) for delimiter in _DELIMITERS), key=lambda found: found[0]
    )
    skip, header = _header(payload.name, rows, width)
    form: SourceFormat = "tsv" if delimiter == "\t" else "csv"
    own = None if delimiter in ",\t" else delimiter
    return Layout(
        replace(source, format=form, encoding=encoding, delimiter=own, title_rows=skip), header
    )


def _split(lines: list[str], delimiter: str) -> tuple[int, str, list[list[str]]]:
    """The width of most lines, with the lines split."""
    rows = list(csv.reader(lines, delimiter=delimiter))
    common = Counter(len(row) for row in rows).most_common(1)
    return (common[0][0] if common else 0), delimiter, rows


def _header(file: str, rows: list[list[str]], width: int) -> tuple[int, list[str]]:
    """The first row as wide as most and without a blank; titles stand above it."""
    for at, row in enumerate(rows):
        names = [" ".join(name.split()) for name in row]
        if len(names) == width and all(names):
            if twice := sorted({n for n in names if names.count(n) > 1}):
                raise BadInput(
                    f"{file} 的表头重复：{'、'.join(twice)}，请先改名",
                    f"{file} has a column twice: {', '.join(twice)}; rename one",
                )
            return at, names
    raise BadInput(
        f"{file} 的前 {_FIRST_LINES} 行中没有一行完整的表头（每列都有名称）",
        f"none of the first {_FIRST_LINES} lines of {file} is a header with a name for each column",
    )


def _workbook(payload: Payload, source: Source) -> Layout:
    with tempfile.TemporaryDirectory(prefix="xihu-infer-") as folder:
        target = Path(folder) / "sheet.arrow"
        said = read_sheet(payload, source, target, Path(folder))
        with pa.memory_map(str(target)) as mapped:
            first = pa.ipc.open_file(mapped).read_all().slice(0, _FIRST_LINES).to_pylist()
    rows = [[cell or "" for cell in row.values()] for row in first]
    width = max((sum(1 for cell in row if cell.strip()) for row in rows), default=0)
    rows = [row[:width] if not any(c.strip() for c in row[width:]) else row for row in rows]
    skip, header = _header(payload.name, rows, width)
    sheet = str(said["sheet"]) if len(said["sheets"]) > 1 else None
    return Layout(replace(source, encoding="utf-8", sheet=sheet, title_rows=skip), header)


def _lines(payload: Payload, source: Source) -> Layout:
    with as_utf8(payload.path, payload.name, "auto") as text, duckdb.connect() as connection:
        objects = (
            f"read_json_objects({text_literal(str(text.path))}, format = 'newline_delimited', "
            f"ignore_errors = true, maximum_object_size = {LINE_LIMIT})"
        )
        headers = _keys(connection, payload.name, f"SELECT json AS o FROM {objects}")
        return Layout(replace(source, encoding=text.encoding), headers)


def _document(payload: Payload, source: Source) -> Layout:
    with as_utf8(payload.path, payload.name, "auto") as text, duckdb.connect() as connection:
        content = text.path.read_text(encoding="utf-8-sig")
        connection.execute("CREATE TABLE document AS SELECT ? AS content", [content])
        found = connection.execute(
            "SELECT path FROM (SELECT unnest(list_concat([''], [['/' || k] FOR k IN "
            "coalesce(json_keys(content), [])].flatten())) AS path, content FROM document "
            "WHERE json_valid(content)) WHERE json_type(CASE WHEN path = '' THEN content::JSON "
            "ELSE json_extract(content, path) END) = 'ARRAY' LIMIT 1"
        ).fetchall()
        path = str(found[0][0]) if found else ""
        array = f"json_extract(content, {text_literal(path)})" if path else "content::JSON"
        geo = source.format == "geojson"
        inner = "json_extract(e, '/properties')" if geo else "e"
        elements = f"SELECT unnest(CAST({array} AS JSON[])) AS e FROM document"
        headers = _keys(connection, payload.name, f"SELECT {inner} AS o FROM ({elements})")
        record_path = path[1:] or None
        return Layout(
            replace(source, record_path=None if geo else record_path),
            [*headers, "geometry"] if geo else headers,
        )


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
            f"{file} 中读不出 JSON 对象，请核对格式",
            f"no JSON object can be read from {file}: check its form",
        )
    return [str(name) for name, _ in found]


def _parquet(payload: Payload, source: Source) -> Layout:
    try:
        schema = pq.read_schema(payload.path)
    except (pa.ArrowInvalid, OSError):
        raise BadInput(
            f"{payload.name} 不是完整的 Parquet 文件", f"{payload.name} is not a whole Parquet file"
        ) from None
    return _arrow_layout(schema, source)


def _arrow(payload: Payload, source: Source) -> Layout:
    try:
        with pa.memory_map(str(payload.path)) as mapped:
            schema = pa.ipc.open_file(mapped).schema
    except (pa.ArrowInvalid, OSError):
        raise BadInput(
            f"{payload.name} 不是完整的 Arrow 文件", f"{payload.name} is not a whole Arrow file"
        ) from None
    return _arrow_layout(schema, source)


def _arrow_layout(schema: pa.Schema, source: Source) -> Layout:
    declared = {f.name: kind for f in schema if (kind := _stated(f.type)) is not None}
    return Layout(replace(source, encoding="utf-8"), list(schema.names), declared)


def _stated(kind: pa.DataType) -> Kind | None:
    """The type a columnar file states; texts and doubles are looked at instead."""
    if pa.types.is_boolean(kind):
        return Kind("BOOLEAN")
    if pa.types.is_integer(kind):
        return Kind("BIGINT" if kind.bit_width > 32 else "INTEGER")
    if pa.types.is_decimal(kind):
        return Kind(f"DECIMAL({kind.precision},{max(kind.scale, 0)})")
    if pa.types.is_date(kind):
        return Kind("DATE")
    return Kind("TIMESTAMP") if pa.types.is_timestamp(kind) else None


_LAYOUTS: dict[SourceFormat, Callable[[Payload, Source], Layout]] = {
    "csv": _delimited,
    "tsv": _delimited,
    "xlsx": _workbook,
    "xls": _workbook,
    "ods": _workbook,
    "jsonl": _lines,
    "json": _document,
    "geojson": _document,
    "parquet": _parquet,
    "arrow": _arrow,
}
