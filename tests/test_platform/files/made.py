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


def revised(before: bytes, changed: Mapping[int, bytes], size: int = 60) -> bytes:
    """A revision more, as a signing tool appends it: the objects that changed, and their table."""
    last = int(before.rpartition(b"startxref\n")[2].split()[0])
    body, table = before, b""
    for number, one in sorted(changed.items()):
        table += b"%d 1\n%010d 00000 n \n" % (number, len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    end = (b"xref\n", table, b"trailer\n<< /Size %d /Root 1 0 R /Prev %d >>\n" % (size, last))
    return body + b"".join(end) + b"startxref\n%d\n%%%%EOF\n" % len(body)


def for_the_web() -> bytes:
    """A linearised file (ISO 32000-1, annex F): the table of its first page stands before it, and
    ends in an end of its own; that of the rest stands behind."""
    head, first = b"%PDF-1.7\n", b"1 0 obj\n%s\nendobj\n3 0 obj\n%s\nendobj\n" % (CATALOG, PAGE)
    form = b"xref\n%s\n%010d 00000 n \n%s\n%010d 00000 n \n"
    form += b"trailer\n<< /Size 4 /Root 1 0 R /Prev %010d >>\nstartxref\n0\n%%%%EOF\n"
    length = len(form % (b"1 1", 0, b"3 1", 0, 0))
    at = len(head) + length
    pages = at + len(first)
    rest = b"2 0 obj\n%s\nendobj\n" % PAGES
    table = pages + len(rest)
    front = form % (b"1 1", at, b"3 1", first.index(b"3 0 obj") + at, table)
    back = b"xref\n0 1\n0000000000 65535 f \n2 1\n%010d 00000 n \n" % pages
    back += b"trailer\n<< /Size 4 >>\nstartxref\n%d\n%%%%EOF\n" % len(head)
    return head + front + first + rest + back


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
