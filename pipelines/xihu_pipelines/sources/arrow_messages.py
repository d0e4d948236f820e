"""The unpacked size of an Arrow file's messages, read from their metadata.

Only what the question needs is read of the metadata's flatbuffers: lengths of the rows and buffers
(Arrow's Message.fbs and File.fbs). A compressed buffer begins with the length that it unpacks to,
and Arrow unpacks to that length or refuses.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

_RECORDS, _DICTIONARY = "record batch", "dictionary"
_NULL_BYTES = 8
"""What a row costs at least in each column: a column of nulls has no buffer, and any length."""


@dataclass(frozen=True, slots=True)
class _Table:
    """One table of a flatbuffer."""

    data: memoryview
    at: int

    def place(self, number: int) -> int | None:
        """Where field `number` lies; None where it has its default."""
        fields = self.at - _int(self.data, self.at, "<i")
        slot = 4 + 2 * number
        if slot >= _int(self.data, fields, "<H"):
            return None
        offset = _int(self.data, fields + slot, "<H")
        return self.at + offset if offset else None

    def table(self, number: int) -> "_Table | None":
        place = self.place(number)
        return None if place is None else _Table(self.data, place + _int(self.data, place, "<I"))

    def structs(self, number: int, form: str) -> Iterator[tuple[int, ...]]:
        place = self.place(number)
        if place is None:
            return
        start = place + _int(self.data, place, "<I")
        size = struct.calcsize(form) * _int(self.data, start, "<I")
        yield from struct.iter_unpack(form, self.data[start + 4 : start + 4 + size])


def _int(data: memoryview, at: int, form: str) -> int:
    if at < 0:
        raise ValueError("an offset leads out of the metadata")
    return int(struct.unpack_from(form, data, at)[0])


def _root(data: memoryview) -> _Table:
    return _Table(data, _int(data, 0, "<I"))


def unpacked_bytes(content: pa.Buffer) -> Iterator[int]:
    """Of each message, the bytes that its buffers take once it is read.

    Raises ValueError, struct.error or an Arrow error for a torn file.
    """
    whole = memoryview(content)
    if bytes(whole[:6]) != b"ARROW1":
        for message in pa.ipc.MessageReader.open_stream(content):
            yield _message_bytes(message)
        return
    # The index decides what is read, and how often.
    size = _int(whole, len(whole) - 10, "<i")
    if not 0 < size <= len(whole) - 10:
        raise ValueError("the index leads out of the file")
    index = _root(whole[len(whole) - 10 - size : len(whole) - 10])
    for number in (2, 3):  # dictionaries, record batches: offset, length of metadata, of body
        for offset, _length, _body in index.structs(number, "<qi4xq"):
            yield _message_bytes(pa.ipc.read_message(content.slice(offset)))


def _message_bytes(message: Any) -> int:
    # Any: pyarrow ships no types; it is a Message.
    if message.type not in (_RECORDS, _DICTIONARY):
        return 0
    header = _root(memoryview(message.metadata)).table(2)
    records = header.table(1) if header and message.type == _DICTIONARY else header
    if records is None:
        raise ValueError("a message without its header")
    body = memoryview(message.body)
    packed = records.table(3) is not None
    total = _NULL_BYTES * sum(abs(length) for length, _nulls in records.structs(1, "<qq"))
    for offset, length in records.structs(2, "<qq"):
        claimed = _int(body, offset, "<q") if packed and length >= 8 else length
        total += length if claimed == -1 else abs(claimed)  # -1: stored as it is
    return total
