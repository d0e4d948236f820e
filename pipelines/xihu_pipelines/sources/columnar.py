"""Parquet and Arrow files: typed already, turned into text so that one contract checks them all."""

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from xihu_catalog.contracts.model import Source
from xihu_pipelines.sources.archives import Payload
from xihu_pipelines.sources.arrow_messages import unpacked_bytes
from xihu_pipelines.sources.limits import too_large
from xihu_pipelines.sources.parquet import check_parquet
from xihu_pipelines.sources.records import BATCH_ROWS, Batches, Opened, check_header, with_shape
from xihu_pipelines.sources.secrecy import check_titles
from xihu_pipelines.sources.text_size import look_through, looked_at, pieces, readable
from xihu_platform.errors import BadInput

_CIVIL_TIME = "Asia/Shanghai"
EXACT_BELOW = 2**53  # from here on a double is not the only one that a whole number rounds to
_READ_ROWS = 65_536  # at once
_HELD_BYTES = 64 << 20
_BROKEN = (pa.ArrowException, OSError, ValueError, KeyError, EOFError)


@contextmanager
def open_parquet(payload: Payload, source: Source, columns: list[str]) -> Iterator[Opened]:
    checked = check_parquet(payload, columns)
    try:
        file = pq.ParquetFile(payload.path, read_dictionary=checked.folded)
    except _BROKEN:
        raise _torn(payload.name, "Parquet") from None
    with file:
        names = file.schema_arrow.names
        check_titles(payload.name, names)
        check_header(payload.name, names, columns)
        check_kinds(payload.name, file.schema_arrow, columns)

        def read(chosen: list[str]) -> Batches:
            yield from file.iter_batches(_READ_ROWS, columns=chosen)

        yield Opened(_texts(read, columns, payload.name, "Parquet", file.metadata.num_rows))


@contextmanager
def open_arrow(payload: Payload, source: Source, columns: list[str]) -> Iterator[Opened]:
    """The file format, which ends with an index, or the stream format, which does not."""
    if not payload.path.stat().st_size:  # there is nothing to map
        raise _torn(payload.name, "Arrow")
    with pa.memory_map(str(payload.path)) as mapped:
        streamed = mapped.read(6) != b"ARROW1"
        _check_messages(payload, mapped)

        def open_reader() -> pa.RecordBatchReader:
            mapped.seek(0)
            return pa.ipc.open_stream(mapped) if streamed else pa.ipc.open_file(mapped)

        try:
            schema = open_reader().schema
        except _BROKEN:
            raise _torn(payload.name, "Arrow") from None
        check_titles(payload.name, schema.names)
        check_header(payload.name, schema.names, columns)
        check_kinds(payload.name, schema, columns)

        def read(chosen: list[str]) -> Batches:
            reader = open_reader()
            count = None if streamed else reader.num_record_batches
            for batch in reader if count is None else map(reader.get_batch, range(count)):
                batch.validate(full=True)  # offsets of a torn file would lead out of its memory
                yield batch.select(chosen)

        try:
            look_through(payload.name, payload.allowed, columns, read(looked_at(schema, columns)))
        except _BROKEN:
            raise _torn(payload.name, "Arrow") from None
        yield Opened(_texts(read, columns, payload.name, "Arrow", None))


def _check_messages(payload: Payload, mapped: pa.MemoryMappedFile) -> None:
    """What all messages unpack to, before one of them is."""
    total = 0
    mapped.seek(0)
    try:
        for size in unpacked_bytes(mapped.read_buffer()):
            total += size
            if total > payload.allowed:
                raise too_large(payload.name, payload.allowed)
    except BadInput:
        raise
    except (*_BROKEN, struct.error):
        raise _torn(payload.name, "Arrow") from None


def _torn(name: str, kind: str) -> BadInput:
    return BadInput(
        f"文件 {name} 不是完整的 {kind} 文件，或已加密，请重新导出",
        f"{name} is not a whole {kind} file, or it is encrypted: write it out again",
    )


def check_kinds(name: str, schema: pa.Schema, columns: list[str]) -> None:
    """Raises BadInput for a column of the contract that has no plain text."""
    for column in columns:
        if not readable(schema.field(column).type):
            raise _no_text(name, schema.field(column))


def _texts(
    read: Callable[[list[str]], Batches],
    columns: list[str],
    name: str,
    kind: str,
    rows: int | None,
) -> Batches:
    seen = 0
    held: list[pa.RecordBatch] = []
    try:
        for batch in read(columns):
            for piece in pieces(batch.select(columns)):
                held.append(with_shape(_as_text(piece, name), _inexact(piece)))
                if sum(b.num_rows for b in held) >= BATCH_ROWS or _bytes(held) > _HELD_BYTES:
                    yield from _merged(held)
                    held = []
            seen += batch.num_rows
        yield from _merged(held)
    except _BROKEN:
        raise _torn(name, kind) from None
    if rows is not None and rows != seen:
        raise BadInput(
            f"文件 {name} 的页脚写有 {rows:,} 行，实际读到 {seen:,} 行，请重新导出",
            f"the footer of {name} claims {rows:,} rows, {seen:,} were read: write it out again",
        )


def _bytes(batches: list[pa.RecordBatch]) -> int:
    return sum(batch.nbytes for batch in batches)


def _merged(batches: list[pa.RecordBatch]) -> Batches:
    table = pa.Table.from_batches(batches).combine_chunks() if batches else None
    yield from table.to_batches() if table is not None else ()


def _inexact(batch: pa.RecordBatch) -> pa.Array:
    """A mark on records with a whole number that its double cannot tell from the next one."""
    found = pa.repeat(False, batch.num_rows)
    for column in batch.columns:
        if pa.types.is_floating(column.type):
            beyond = pc.greater_equal(pc.abs(column.cast(pa.float64())), float(EXACT_BELOW))
            found = pc.or_(found, pc.fill_null(pc.and_(beyond, pc.is_finite(column)), False))
    mark = pa.scalar("row.digits: a floating-point number of 16 digits or more")
    return pc.if_else(found, mark, pa.scalar(None, pa.string()))


def _as_text(batch: pa.RecordBatch, name: str) -> pa.RecordBatch:
    arrays = [
        _text(column, field, name)
        for column, field in zip(batch.columns, batch.schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


def _text(column: pa.Array, field: pa.Field, name: str) -> pa.Array:
    """Instants become civil time; a kind that has no plain text is refused by name."""
    if pa.types.is_timestamp(field.type) and field.type.tz is not None:
        column = pc.local_timestamp(column.cast(pa.timestamp(field.type.unit, _CIVIL_TIME)))
    if pa.types.is_duration(field.type):
        return pa.array(
            [_duration(n, field.type.unit) for n in column.cast(pa.int64()).to_pylist()]
        )
    try:
        texts = pc.cast(column, pa.string())
        return _without_powers(texts) if pa.types.is_floating(field.type) else texts
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        raise _no_text(name, field) from None


def _no_text(name: str, field: pa.Field) -> BadInput:
    return BadInput(
        f"文件 {name} 的列 {field.name}（{field.type}）不能作为文本读出，请导出为普通类型",
        f"column {field.name} ({field.type}) of {name} cannot be read as text: write it out as "
        "a plain type",
    )


def _without_powers(texts: pa.Array) -> pa.Array:
    """1e+10 as 10000000000: a number may be somebody's account."""
    if not pc.any(pc.match_substring(texts, "e")).as_py():
        return texts
    plain = [
        format(Decimal(text), "f") if text and "e" in text else text for text in texts.to_pylist()
    ]
    return pa.array(plain, pa.string())


_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


def _duration(count: int | None, unit: str) -> str | None:
    """Hours, minutes and seconds, as a workbook's durations are read.

    >>> _duration(108_300_000, "ms"), _duration(-1_500, "ms")
    ('30:05:00', '-0:00:01.5')
    """
    if count is None:
        return None
    per = _PER_SECOND[unit]
    seconds, part = divmod(abs(count), per)
    text = f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    fraction = f".{part:0{len(str(per)) - 1}d}".rstrip("0") if part else ""
    return f"{'-' if count < 0 else ''}{text}{fraction}"
