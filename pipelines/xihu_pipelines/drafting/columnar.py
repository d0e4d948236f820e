"""The layout of Parquet and Arrow files: they state their columns and most of their types."""

from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq

from xihu_catalog.contracts.model import Source
from xihu_catalog.drafting.kinds import Kind
from xihu_pipelines.drafting.layout import AskedLayout, Layout
from xihu_pipelines.sources.archives import Payload
from xihu_platform.errors import BadInput
from xihu_platform.words import Text


def parquet_layout(payload: Payload, source: Source, asked: AskedLayout) -> Layout:
    try:
        schema = pq.read_schema(payload.path)
    except (pa.ArrowException, OSError):
        raise BadInput(
            f"{payload.name} 不是完整的 Parquet 文件", f"{payload.name} is not a whole Parquet file"
        ) from None
    return _arrow_layout(schema, source)


def arrow_layout(payload: Payload, source: Source, asked: AskedLayout) -> Layout:
    try:
        with pa.memory_map(str(payload.path)) as mapped:
            streamed = mapped.read(6) != b"ARROW1"
            mapped.seek(0)
            reader = pa.ipc.open_stream(mapped) if streamed else pa.ipc.open_file(mapped)
            schema = reader.schema
    except (pa.ArrowException, OSError):
        raise BadInput(
            f"{payload.name} 不是完整的 Arrow 文件", f"{payload.name} is not a whole Arrow file"
        ) from None
    return _arrow_layout(schema, source)


def _arrow_layout(schema: pa.Schema, source: Source) -> Layout:
    declared = {f.name: kind for f in schema if (kind := _stated(f.type)) is not None}
    notes = tuple(note for f in schema if (note := _note(f)) is not None)
    return Layout(replace(source, encoding="utf-8"), list(schema.names), declared, notes)


def _stated(kind: pa.DataType) -> Kind | None:
    """The type a columnar file states; texts, doubles and what the lake's types cannot hold are
    looked at instead.
    """
    if pa.types.is_boolean(kind):
        return Kind("BOOLEAN")
    if pa.types.is_uint64(kind):
        return Kind("DECIMAL(20,0)")
    if pa.types.is_integer(kind):
        small = kind.bit_width < 32 or pa.types.is_int32(kind)
        return Kind("INTEGER" if small else "BIGINT")
    if pa.types.is_decimal(kind):
        fits = kind.precision <= 38 and 0 <= kind.scale <= kind.precision
        return Kind(f"DECIMAL({kind.precision},{kind.scale})") if fits else None
    if pa.types.is_date(kind):
        return Kind("DATE")
    moment = pa.types.is_timestamp(kind) and kind.unit != "ns"
    return Kind("TIMESTAMP") if moment else None


def _note(field: pa.Field) -> Text | None:
    """What a draft must say of a type that the lake does not have."""
    kind = field.type
    if pa.types.is_decimal(kind) and kind.precision > 38:
        return Text(
            f"列 {field.name} 是 {kind}，湖中的数值至多 38 位，按实际取值判断类型",
            f"column {field.name} is {kind}; the lake holds 38 digits: its type is by its values",
        )
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        return Text(
            f"列 {field.name} 精确到纳秒，湖中的时间精确到微秒；更细的时间按文本保存或被隔离",
            f"column {field.name} is of nanoseconds, the lake's times of microseconds: finer "
            "moments are kept as text, or quarantined",
        )
    if pa.types.is_duration(kind):
        return Text(
            f"列 {field.name} 是时长，读为“时:分:秒”文本",
            f"column {field.name} is a duration, read as text: hours:minutes:seconds",
        )
    return None
