"""Avro files as Python values and back, by the schema that each file carries.

For rewriting the addresses in Iceberg's manifests without losing what another engine wrote there:
every field, its order and the file's own metadata stay as they are.
"""

import io
import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from xihu_platform.errors import TerminalError

# Any, here and below: an Avro schema and its values are JSON of any shape.
_MAGIC = b"Obj\x01"
_META = {"type": "map", "values": "bytes"}
_FIXED = {"float": "<f", "double": "<d"}


@dataclass(frozen=True, slots=True)
class AvroFile:
    meta: dict[str, bytes]
    records: list[Any]

    @property
    def schema(self) -> Any:
        return json.loads(self.meta["avro.schema"])


def read_avro(content: bytes) -> AvroFile:
    """Raises TerminalError for a compression that is not read here."""
    stream = io.BytesIO(content)
    if stream.read(4) != _MAGIC:
        raise ValueError("not an Avro file")
    meta = _read(stream, _META)
    sync = stream.read(16)
    schema, records = json.loads(meta["avro.schema"]), list[Any]()
    while stream.tell() < len(content):
        count, size = _read(stream, "long"), _read(stream, "long")
        block = io.BytesIO(_codec(meta)[0](stream.read(size)))
        records += [_read(block, schema) for _ in range(count)]
        if stream.read(16) != sync:
            raise ValueError("a torn Avro file")
    return AvroFile(meta, records)


def write_avro(file: AvroFile) -> bytes:
    stream, block = io.BytesIO(), io.BytesIO()
    sync = bytes(16)
    stream.write(_MAGIC)
    _write(stream, _META, file.meta)
    stream.write(sync)
    if file.records:
        schema = file.schema
        for record in file.records:
            _write(block, schema, record)
        packed = _codec(file.meta)[1](block.getvalue())
        _write(stream, "long", len(file.records))
        _write(stream, "long", len(packed))
        stream.write(packed + sync)
    return stream.getvalue()


def _codec(meta: dict[str, bytes]) -> tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]:
    name = meta.get("avro.codec", b"null").decode()
    if name == "deflate":
        return (lambda packed: zlib.decompress(packed, -15)), _deflate
    if name == "null":
        return bytes, bytes
    raise TerminalError(
        f"清单文件以 {name} 压缩，本平台不写这种文件；请先由写入它的引擎整理该表",
        f"a manifest is compressed with {name}, which this platform does not write: have the "
        "engine that wrote it rewrite the table's manifests",
    )


def _deflate(plain: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(plain) + packer.flush()


def _read(stream: io.BytesIO, schema: Any) -> Any:
    kind = schema["type"] if isinstance(schema, dict) else schema
    if isinstance(kind, list):  # a union keeps which branch it was
        branch = _read_long(stream)
        return branch, _read(stream, kind[branch])
    if isinstance(kind, dict):
        return _read(stream, kind)
    if kind in ("int", "long", "enum"):
        return _read_long(stream)
    if kind in ("string", "bytes"):
        content = stream.read(_read_long(stream))
        return content.decode() if kind == "string" else content
    if kind == "record":
        return {f["name"]: _read(stream, f["type"]) for f in schema["fields"]}
    if kind in ("array", "map"):
        return _read_blocks(stream, schema)
    return _read_fixed(stream, kind, schema)


def _read_fixed(stream: io.BytesIO, kind: str, schema: Any) -> Any:
    if kind == "null":
        return None
    if kind == "boolean":
        return stream.read(1) == b"\x01"
    if kind in _FIXED:
        return stream.read(struct.calcsize(_FIXED[kind]))  # bits stay as they are
    if kind == "fixed":
        return stream.read(schema["size"])
    raise ValueError(f"Avro type {kind} is not known")


def _read_blocks(stream: io.BytesIO, schema: Any) -> Any:
    pairs = list[Any]()
    while count := _read_long(stream):
        if count < 0:  # its size in bytes follows
            count = -count
            _read_long(stream)
        for _ in range(count):
            if schema["type"] == "map":
                pairs.append((_read(stream, "string"), _read(stream, schema["values"])))
            else:
                pairs.append(_read(stream, schema["items"]))
    return dict(pairs) if schema["type"] == "map" else pairs


def _read_long(stream: io.BytesIO) -> int:
    number = shift = 0
    while True:
        byte = stream.read(1)[0]
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (number >> 1) ^ -(number & 1)
        shift += 7


def _write(stream: io.BytesIO, schema: Any, value: Any) -> None:
    kind = schema["type"] if isinstance(schema, dict) else schema
    if isinstance(kind, list):
        branch, inner = value
        _write_long(stream, branch)
        _write(stream, kind[branch], inner)
    elif isinstance(kind, dict):
        _write(stream, kind, value)
    elif kind in ("int", "long", "enum"):
        _write_long(stream, value)
    elif kind in ("string", "bytes"):
        content = value.encode() if kind == "string" else value
        _write_long(stream, len(content))
        stream.write(content)
    elif kind == "record":
        for field in schema["fields"]:
            _write(stream, field["type"], value[field["name"]])
    elif kind in ("array", "map"):
        _write_blocks(stream, schema, value)
    elif kind == "boolean":
        stream.write(b"\x01" if value else b"\x00")
    elif kind != "null":
        stream.write(value)


def _write_blocks(stream: io.BytesIO, schema: Any, value: Any) -> None:
    if value:
        _write_long(stream, len(value))
        for item in value.items() if schema["type"] == "map" else value:
            if schema["type"] == "map":
                _write(stream, "string", item[0])
                _write(stream, schema["values"], item[1])
            else:
                _write(stream, schema["items"], item)
    _write_long(stream, 0)


def _write_long(stream: io.BytesIO, number: int) -> None:
    rest = (number << 1) ^ (number >> 63)
    while rest >= 0x80:
        stream.write(bytes([rest & 0x7F | 0x80]))
        rest >>= 7
    stream.write(bytes([rest]))
