"""JSON lines, JSON documents and GeoJSON: one object is one record, its members are the columns.

Lines stream in constant memory; a document is held whole. A record in which a key stands twice,
or a number that a double cannot hold as it is written, is quarantined: which of two values is
meant, or which digits, is not for us to say.
"""

import json
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager

import duckdb
import pyarrow as pa

from xihu_catalog.contracts.model import Source
from xihu_pipelines.sources.archives import Payload
from xihu_pipelines.sources.json_depth import check_depth, check_records
from xihu_pipelines.sources.records import (
    BATCH_ROWS,
    ENGINE_FAULTS,
    SHAPE,
    Batches,
    Opened,
    short_of_means,
)
from xihu_pipelines.sources.secrecy import check_block
from xihu_pipelines.sources.text import LINE_LIMIT, DecodedText, as_utf8, check_utf8, look
from xihu_platform.errors import BadInput
from xihu_platform.sql import text_literal

DOCUMENT_LIMIT = 256 << 20  # bytes of a JSON document, which costs about six times as much
_GEOMETRY = "geometry"
_LINES = (
    "SELECT line AS raw FROM read_csv(?, header = false, auto_detect = false, delim = '\x1f', "
    "quote = '', escape = '', columns = {'line': 'VARCHAR'}, "
    f"max_line_size = {LINE_LIMIT}, buffer_size = {LINE_LIMIT * 4}, strict_mode = false) "
    "WHERE trim(line, ' \t\r') <> ''"  # a blank line is no record
)


@contextmanager
def open_lines(payload: Payload, source: Source, columns: list[str]) -> Iterator[Opened]:
    with as_utf8(payload.path, payload.name, source.encoding) as text:
        facts = look(text, payload.name, quote="", json=True)
        if facts.lone_returns:
            raise BadInput(
                f"文件 {payload.name} 混有单独的回车符，无法分行，请统一换行",
                f"{payload.name} holds lone carriage returns and cannot be split into lines: use "
                "one kind of line end",
            )
        with closing(duckdb.connect(config={"threads": 2, "memory_limit": "400MB"})) as connection:
            batches = _batches(
                connection, connection.sql(_LINES, params=[str(text.path)]), columns, payload.name
            )
            yield Opened(_said(batches, text, payload.name), text.encoding, text.detected)


def _said(batches: Batches, text: DecodedText, name: str) -> Batches:
    """DuckDB's own errors as BadInput, with the number of the line."""
    seen = 0
    try:
        for batch in batches:
            yield batch
            seen += batch.num_rows
    except ENGINE_FAULTS as bad:
        if short_of_means(bad):
            raise
        check_utf8(text, name)
        raise BadInput(
            f"文件 {name} 在第 {seen + 1} 条记录之后无法读出，应为 UTF-8 的 JSON 文本",
            f"{name} cannot be read after record {seen + 1}: it must hold JSON in UTF-8",
        ) from bad


@contextmanager
def open_document(payload: Payload, source: Source, columns: list[str]) -> Iterator[Opened]:
    """An array of objects, at the top or where the contract's recordPath leads."""
    with as_utf8(payload.path, payload.name, source.encoding) as text:
        content = _content(text, payload.name)
        geo = source.format == "geojson"
        path = "features" if geo else source.record_path
        # A document takes about six times its size while it is split.
        with closing(duckdb.connect(config={"threads": 2, "memory_limit": "3GB"})) as connection:
            elements = _elements(connection, content, path, payload.name, geo=geo)
            batches = _batches(connection, elements, columns, payload.name, geo=geo)
            yield Opened(_said(batches, text, payload.name), text.encoding, text.detected)


def _content(text: DecodedText, name: str) -> str:
    size = text.path.stat().st_size
    if size > DOCUMENT_LIMIT:
        raise BadInput(
            f"文件 {name} 超过 {DOCUMENT_LIMIT >> 20} MB，请改用每行一个对象的 jsonl",
            f"{name} is larger than {DOCUMENT_LIMIT >> 20} MB: hand it in as JSON lines",
        )
    block = text.path.read_bytes()
    check_depth(name, block)
    check_block(name, block, json=True)
    check_utf8(text, name)
    return block.decode("utf-8-sig")


def _elements(
    connection: duckdb.DuckDBPyConnection, content: str, path: str | None, name: str, *, geo: bool
) -> duckdb.DuckDBPyRelation:
    """The array's elements as rows of `raw`. Raises BadInput where there is no such array."""
    found = value_at(path.split(".") if path else [])
    connection.execute("CREATE TEMP TABLE document AS SELECT ? AS content", [content])
    kinds: list[tuple[object, ...]] = []
    if connection.execute("SELECT json_valid(content) FROM document").fetchall() == [(True,)]:
        kinds = connection.execute(
            f"SELECT json_type(v), json_type(content), content->>'type' FROM {found}, document"
        ).fetchall()
    good = bool(kinds) and kinds[0][0] == "ARRAY"
    if not good or (geo and kinds[0][2] != "FeatureCollection"):
        where = f"“{path}” 处" if path else "最外层"
        raise BadInput(
            f"文件 {name} 不是完整的 JSON，或{where}没有对象数组，请核对契约中的 recordPath",
            f"{name} is not whole JSON, or has no array of objects at {path or 'the top'}: check "
            "the contract's recordPath",
        )
    return connection.sql(f"SELECT unnest(CAST(v AS JSON[]))::VARCHAR AS raw FROM {found}")


def value_at(steps: list[str]) -> str:
    """SQL of the value `v` below keys of the table `document`; JSON in a text is taken out of it.

    A key that is not there gives NULL.
    """
    found = _unwrapped("(SELECT content::JSON AS v FROM document)")
    for step in steps:
        pointer = text_literal("/" + step.replace("~", "~0").replace("/", "~1"))
        found = _unwrapped(f"(SELECT json_extract(v, {pointer}) AS v FROM {found})")
    return found


def _unwrapped(value: str) -> str:
    inner = "json_extract_string(v, '$')"
    return (
        f"(SELECT CASE WHEN json_type(v) = 'VARCHAR' THEN CASE WHEN json_valid({inner}) "
        f"THEN {inner}::JSON ELSE v END ELSE v END AS v FROM {value})"
    )


def _batches(
    connection: duckdb.DuckDBPyConnection,
    lines: duckdb.DuckDBPyRelation,
    columns: list[str],
    name: str,
    *,
    geo: bool = False,
) -> Batches:
    worker = connection.cursor()
    sql = _sql(columns, geo=geo)
    for batch in lines.to_arrow_reader(BATCH_ROWS):
        check_records(name, batch.column(0))
        worker.register("lines", pa.Table.from_batches([batch]))
        table = worker.sql(sql).to_arrow_table().combine_chunks()
        worker.unregister("lines")
        yield from table.to_batches()


def _sql(columns: list[str], *, geo: bool) -> str:
    """One object's members as text columns; what cannot be read for sure gets a shape mark.

    The mark's questions cost time and are put to those lines only whose text raises them.
    """
    names = [c for c in columns if not (geo and c == _GEOMETRY)]
    # Names of a struct may not differ only in case; one more than the first is read by itself.
    first = {c.casefold(): c for c in reversed(names)}
    kinds = json.dumps(dict.fromkeys(first.values(), "VARCHAR"), ensure_ascii=False)
    picked = {
        c: f"v[{text_literal(c)}]"
        if first[c.casefold()] == c
        else f"json_extract_string(body, {_pointer(c)})"
        for c in names
    }
    if geo:
        picked[_GEOMETRY] = (
            "CASE WHEN is_object THEN CAST(json_extract(raw, '/geometry') AS VARCHAR) END"
        )
    chosen = ", ".join(f"{picked[c]} AS k{i}" for i, c in enumerate(columns))
    inexact = " OR ".join(
        f"(json_type(body, {_pointer(c)}) = 'DOUBLE' AND {_inexact(c, picked[c])})" for c in names
    )
    body, feature = "CAST(raw AS JSON)", ""
    if geo:  # RFC 7946: the properties of a feature are an object or null
        body = "json_extract(raw, '/properties')"
        body = f"CASE WHEN json_type({body}) = 'NULL' THEN '{{}}'::JSON ELSE {body} END"
        feature = "json_extract_string(raw, '/type') = 'Feature' AND "
    return (
        f"SELECT {chosen}, CASE WHEN NOT is_object THEN 'row.object: no JSON object' "
        "WHEN len(keys) <> len(list_distinct(keys)) THEN 'row.object: a key stands twice' "
        f"WHEN regexp_matches(raw, '{_ODD_NUMBER}') AND ({inexact or 'false'}) "
        f"THEN 'row.digits: a number that JSON cannot hold exactly' END AS {SHAPE} FROM "
        "(SELECT *, CASE WHEN is_object THEN json_keys(body) END AS keys, "
        f"from_json(CASE WHEN is_object THEN body END, {text_literal(kinds)}) AS v FROM "
        f"(SELECT raw, coalesce(is_json AND {feature}json_type(body) = 'OBJECT', false) "
        f"AS is_object, body FROM (SELECT raw, is_json, CASE WHEN is_json THEN {body} END AS body "
        f"FROM (SELECT raw, {_IS_JSON} AS is_json FROM lines))))"
    )


_ODD_NUMBER = "(?i)[0-9][0-9.]{15,}|[0-9]e[+-]?[0-9]{3}|nan|inf"
_LONG = "[0-9][0-9.]{15,}"
_TOO_SMALL = "[1-9][0-9.]*[eE]-[0-9]{3}"  # 1e-400 reads as 0.0


def _inexact(name: str, value: str) -> str:
    """Whether a number as a double reads otherwise than in the line."""
    stands = f"regexp_matches(raw, regexp_escape({value}) || '0*([^0-9]|$)')"
    return (
        f"(regexp_matches({value}, '(?i)nan|inf') OR ({_written(name, _LONG)} AND NOT {stands}) OR "
        f"({value} IN ('0.0', '-0.0') AND {_written(name, _TOO_SMALL)}))"
    )


def _written(name: str, pattern: str) -> str:
    """Whether the line has such a number under a key, or the key is not found as it is written."""
    key = re.escape(json.dumps(name, ensure_ascii=False)) + r"\s*:\s*"
    return (
        f"(regexp_matches(raw, {text_literal(f'{key}-?{pattern}')}) "
        f"OR NOT regexp_matches(raw, {text_literal(key)}))"
    )


_IS_JSON = "json_valid(raw)"


def _pointer(name: str) -> str:
    return text_literal("/" + name.replace("~", "~0").replace("/", "~1"))
