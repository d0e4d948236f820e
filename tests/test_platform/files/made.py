"""Files made byte by byte, as the standards describe them: nothing here uses the program's code."""

import struct
import zlib
from collections.abc import Mapping

CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>"


def pdf(
    catalog: bytes = CATALOG,
    *more: bytes,
    page: bytes = PAGE,
    trailer: bytes = b"",
    packed: Mapping[int, bytes] | None = None,
) -> bytes:
    """A file of one page; `more` are the objects from number 4 on, `packed` those in a compressed
    object stream, by number."""
    objects = {1: catalog, 2: PAGES, 3: page}
    objects |= dict(enumerate(more, 4))
    if packed:
        return _with_stream(objects, packed, trailer)
    body, offsets = _written(objects)
    size = max(objects) + 1
    table = b"".join(b"%010d 00000 n \n" % offsets[number] for number in range(1, size))
    return (
        body
        + b"xref\n0 %d\n0000000000 65535 f \n" % size
        + table
        + b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n"
        % (size, trailer, len(body))
    )


def _written(objects: Mapping[int, bytes]) -> tuple[bytes, dict[int, int]]:
    body, offsets = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", {}
    for number, one in objects.items():
        offsets[number] = len(body)
        body += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    return body, offsets


def _with_stream(objects: dict[int, bytes], packed: Mapping[int, bytes], trailer: bytes) -> bytes:
    inside, heads = b"", b""
    for number, one in packed.items():
        heads += b"%d %d " % (number, len(inside))
        inside += one + b" "
    pressed = zlib.compress(heads + inside)
    holder, table = 90, 91
    objects = dict(objects)
    objects[holder] = (
        b"<< /Type /ObjStm /N %d /First %d /Filter /FlateDecode /Length %d >>\nstream\n"
        % (len(packed), len(heads), len(pressed))
        + pressed
        + b"\nendstream"
    )
    body, offsets = _written(objects)
    offsets[table] = len(body)
    rows = b""
    for number in range(table + 1):
        if number in packed:
            rows += struct.pack(">BIH", 2, holder, list(packed).index(number))
        elif number in offsets:
            rows += struct.pack(">BIH", 1, offsets[number], 0)
        else:
            rows += struct.pack(">BIH", 0, 0, 65535)
    stream = zlib.compress(rows)
    return (
        body
        + b"%d 0 obj\n<< /Type /XRef /Size %d /W [1 4 2] /Root 1 0 R %s /Filter /FlateDecode "
        % (table, table + 1, trailer)
        + b"/Length %d >>\nstream\n" % len(stream)
        + stream
        + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(body)
    )


def png(width: int = 2, height: int = 2) -> bytes:
    def part(kind: bytes, data: bytes) -> bytes:
        mark = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", mark)

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + bytes(width) for _ in range(min(height, 4))))
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", rows) + part(b"IEND", b"")


def jpeg(width: int = 2, height: int = 2) -> bytes:
    size = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    return (
        b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
        + b"\xff\xc0"
        + struct.pack(">H", len(size) + 2)
        + size
        + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x00\xff\xd9"
    )
