"""Records that no reader of CSV may split are found and put in quotes as a whole.

DuckDB reads a well-formed file exactly. Where text stands behind a closing quote it drops it or
stops; a lone carriage return glues or cuts records. So a file that it will not read strictly is
copied, each such record written as one quoted value behind a mark: it keeps its number and its
text, and is quarantined with a reason. A record ends at the line break behind the fault.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from xihu_pipelines.sources.text import LINE_LIMIT
from xihu_platform.errors import BadInput

Fault = Literal["quote", "return", "nul", "end"]
MARK = "\x00\x01"
"""Before a faulty record; no whole record holds a NUL, for one with a NUL is faulty itself."""
FAULTS: dict[Fault, str] = {
    "quote": "text behind a closing quote",
    "return": "a lone carriage return",
    "nul": "a NUL character",
    "end": "the end of the file",  # no fault: the last record of a copy, to be found again
}
UNQUOTED = "\x03"
"""Quotes the marked records of a file in which nothing quotes."""
_BLOCK = 4 << 20


@dataclass(frozen=True, slots=True)
class Form:
    """How records are written."""

    delimiter: str
    quote: str
    line_end: bytes
    """What ends a line; `\\n` may have a return before it."""


def copy_marked(path: Path, copy: IO[bytes], form: Form, name: str) -> None:
    """Write the file with its faulty records marked. Raises BadInput for a quote never closed."""
    patterns = _patterns(form)
    rest, done = b"", False
    with path.open("rb") as file:
        while not done:
            block = file.read(_BLOCK)
            done = not block
            rest = _copy_records(rest + block, done, patterns, copy.write)
            if len(rest) > LINE_LIMIT:
                raise _endless(name)
    if rest:
        raise _endless(name)
    copy.write(_marked(b"", "end", patterns))
    copy.flush()


def _endless(name: str) -> BadInput:
    return BadInput(
        f"文件 {name} 有一处引号没有闭合，或有一条记录超过 {LINE_LIMIT >> 20} MB，请检查引号",
        f"{name} has a quote that never closes, or a record longer than {LINE_LIMIT >> 20} MB: "
        "check its quotes",
    )


@dataclass(frozen=True, slots=True)
class _Patterns:
    whole: re.Pattern[bytes]
    """As many well-formed records as there are."""
    loose: re.Pattern[bytes]
    """One record that is well-formed but for its NULs."""
    fields: re.Pattern[bytes]
    """The fields at the beginning of a record that are so, each with its delimiter."""
    quoted: re.Pattern[bytes]
    line_end: bytes
    quote: bytes


def _patterns(form: Form) -> _Patterns:
    delimiter, quote = re.escape(form.delimiter.encode()), re.escape(form.quote.encode())
    end = rb"\r" if form.line_end == b"\r" else rb"(?:\r\n|\n)"
    stop = rb"(?=%s|%s)" % (delimiter, end)
    plain = rb"[^%s\r\n]*+" % delimiter
    quoted = rb"(?!)"
    if form.quote:
        # One blank before an opening quote, and any behind a closing one, are DuckDB's reading.
        quoted = rb" ?%s[^%s]*+(?:%s%s[^%s]*+)*+%s *+" % ((quote,) * 6)
        plain = rb"(?! ?%s)%s" % (quote, plain)
    field = rb"(?:%s%s|%s%s)" % (quoted, stop, plain, stop)
    record = rb"%s(?:%s%s)*+%s" % (field, delimiter, field, end)
    clean = re.sub(rb"\[\^([^\]]*)\]", rb"[^\1\\x00]", record)
    return _Patterns(
        re.compile(rb"(?:%s)*+" % clean),
        re.compile(record),
        re.compile(rb"(?:%s%s)*+" % (field, delimiter)),
        re.compile(quoted),
        form.line_end,
        form.quote.encode(),
    )


def _copy_records(
    buffer: bytes, last: bool, patterns: _Patterns, write: Callable[[bytes], object]
) -> bytes:
    """Write what can be judged; what needs more of the file comes back."""
    if last and buffer and not buffer.endswith(patterns.line_end):
        buffer += patterns.line_end
    position = 0
    while True:
        whole = patterns.whole.match(buffer, position)
        end = whole.end() if whole else position
        write(buffer[position:end])
        if end == len(buffer):
            return b""
        faulty = _faulty(buffer, end, patterns)
        if faulty is None:
            return buffer[end:]
        fault, position = faulty
        record = buffer[end : position - 1].removesuffix(b"\r")
        write(_marked(record, fault, patterns))


def _faulty(buffer: bytes, start: int, patterns: _Patterns) -> tuple[Fault, int] | None:
    """The fault of the record at `start` and where it ends; None where more must be read."""
    if loose := patterns.loose.match(buffer, start):
        return "nul", loose.end()
    fields = patterns.fields.match(buffer, start)
    at = fields.end() if fields else start
    fault: Fault = "return"
    behind = at
    if patterns.quote and buffer[at : at + 2].lstrip(b" ")[:1] == patterns.quote:
        value = patterns.quoted.match(buffer, at)
        if value is None or value.end() == len(buffer):
            return None
        fault, behind = "quote", value.end()
    found = buffer.find(patterns.line_end, behind)
    if found < 0:
        return None
    if b"\0" in buffer[start:found]:
        fault = "nul"
    return fault, found + 1


def _marked(record: bytes, fault: Fault, patterns: _Patterns) -> bytes:
    quote = patterns.quote or UNQUOTED.encode()
    text = f"{MARK}{fault}{MARK}".encode() + record
    return quote + text.replace(quote, quote + quote) + quote + patterns.line_end
