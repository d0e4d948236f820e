"""Says of one PDF whether it is passive: `python -m xihu_platform.files.pdf`, the file on standard
input, one word on standard output.

A process of its own, because whoever wrote the file may want it to be read for ever. `passive`,
`encrypted`, or the name of the first thing found that runs or that hides another file (ISO 32000-1,
12.6 actions, 7.11.4 embedded files, 12.7.8 XFA, 13 multimedia). Readers repair what tables do not
say: so nothing may be in the file that no table of a revision leads to (7.5.4, 7.5.6, 7.5.8).
"""

import io
import re
import resource
import sys
from collections.abc import Iterator
from typing import Any

MEMORY_LIMIT = 512 << 20
"""Address space of the process."""
CPU_LIMIT = 15  # seconds
REVISIONS_LIMIT = 40
KEYS = frozenset(
    {"/JS", "/JavaScript", "/AA", "/EF", "/EmbeddedFiles", "/XFA", "/RichMediaContent", "/Launch"}
)
"""In a dictionary each of these opens, runs or carries something."""
ACTIONS = frozenset(
    {
        *("/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToR", "/GoToE", "/Thread"),
        *("/Rendition", "/Movie", "/Sound", "/RichMediaExecute", "/GoTo3DView"),
    }
)
KINDS = frozenset(
    {"/EmbeddedFile", "/FileAttachment", "/RichMedia", "/Movie", "/Screen", "/3D", "/Sound"}
)
"""Values of /Type and /Subtype."""
REFUSED = KEYS | ACTIONS | KINDS
UNNAMED, BEHIND = "unnamed", "behind"
"""What is said of an object outside the tables, and of what stands behind an end."""
_CHANCE = 5
"""A name of so many bytes is in no compressed stream by chance; shorter ones are looked for outside
of streams."""
_GAP = rb"(?:[\0\t\n\f\r ]|%[^\r\n]*[\r\n])"
_HEAD = re.compile(rb"\d{1,10}" + _GAP + rb"+\d{1,10}" + _GAP + rb"*obj")
_SPACE = re.compile(rb"[\0\t\n\f\r ]*")
_NEXT = re.compile(rb"[\0\t\n\f\r ]*(?:\Z|xref\b|\d+[\0\t\n\f\r ]+\d+[\0\t\n\f\r ]+obj)")
"""What may follow an end: nothing, or the next revision."""
_END = re.compile(rb"%%EOF")
_STREAM = re.compile(rb"stream\r?\n.*?endstream", re.DOTALL)
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_ARCHIVE, _TAIL = b"PK\x05\x06", (1 << 16) + 22
"""How the directory of a ZIP archive begins, and how far from a file's end it is looked for."""
_SAFE = re.compile(r"(?:https?:|mailto:)", re.IGNORECASE)


def _names(names: Iterator[str]) -> re.Pattern[bytes]:
    longest = sorted((one[1:] for one in names), key=len, reverse=True)
    return re.compile(rb"/(%s)(?![A-Za-z0-9_.-])" % "|".join(longest).encode())


_LONG = _names(one for one in REFUSED if len(one) >= _CHANCE)
_ALL = _names(iter(REFUSED))


def judge(body: bytes) -> str:
    """Raises whatever pypdf raises for a file that it cannot read."""
    ends = [one.end() for one in _END.finditer(body)]
    if not 0 < len(ends) <= REVISIONS_LIMIT:
        raise ValueError("no end, or too many revisions")
    if not all(_NEXT.match(body, end) for end in ends) or _ARCHIVE in body[-_TAIL:]:
        return BEHIND
    found = _raw(_LONG, body) or _raw(_ALL, _STREAM.sub(b"stream endstream", body))
    if found:
        return found
    reader = _read(body)
    if reader.is_encrypted:
        return "encrypted"
    if not len(reader.pages):
        raise ValueError("no page")
    revisions = [reader, *_earlier(body, ends)]
    objects = (one for revision in revisions for one in _objects(revision))
    found = next(filter(None, map(_active, objects)), "")
    return found or _unnamed(body, revisions) or "passive"


def _read(body: bytes) -> Any:  # a PdfReader, whose tables have no public name
    from pypdf import PdfReader

    return PdfReader(io.BytesIO(body), strict=True)


def _earlier(body: bytes, ends: list[int]) -> Iterator[Any]:
    """The revisions before the last one. What can't be read as one is none: an end within a file
    made for the web, or within a stream."""
    from pypdf.errors import PyPdfError

    for end in ends[:-1]:
        try:
            reader = _read(body[:end])
            reader.trailer["/Root"].get_object()
        except (PyPdfError, KeyError, ValueError):
            continue
        yield reader


def _unnamed(body: bytes, revisions: list[Any]) -> str:
    """Something that looks like an object and that no revision's table names: who repairs a file
    finds it."""
    offsets = {at for one in revisions for table in one.xref.values() for at in table.values()}
    named = {_SPACE.match(body, at).end() for at in offsets}  # type: ignore[union-attr]
    for head in _HEAD.finditer(body):
        if head.start() not in named and not _is_table(body[head.end() :]):
            return UNNAMED
    return ""


def _is_table(after: bytes) -> bool:
    """A cross-reference stream need not name itself."""
    says = _plain(after[: after.find(b"stream")])
    return b"/XRef" in says and b"/ObjStm" not in says and says.count(b"/Type") == 1


def _plain(body: bytes) -> bytes:
    return _ESCAPED.sub(lambda m: bytes([int(m[1], 16)]), body) if b"#" in body else body


def _raw(names: re.Pattern[bytes], body: bytes) -> str:
    """Names that stand in the file's own bytes, whether or not a table leads to them: a reader that
    repairs a file finds them."""
    found = names.search(_plain(body))
    return f"/{found[1].decode()}" if found else ""


def _objects(reader: Any) -> Iterator[dict[str, object]]:
    """Every dictionary of a revision: its trailer's, and of every object that its tables name."""
    from pypdf.generic import IndirectObject

    named = [(number, gen) for gen, table in reader.xref.items() for number in table]
    yield from _within(reader.trailer)
    for number, gen in [*named, *((number, 0) for number in reader.xref_objStm)]:
        yield from _within(IndirectObject(number, gen, reader).get_object())


def _within(top: object) -> Iterator[dict[str, object]]:
    ahead = [top]
    while ahead:
        one = ahead.pop()
        if isinstance(one, dict):
            yield one
            ahead += list(dict.values(one))  # as it is there: nothing is followed twice
        elif isinstance(one, list):
            ahead += list(one)


def _active(of: dict[str, Any]) -> str:
    from pypdf.generic import StreamObject

    for key in of.keys() & KEYS:
        return str(key)
    kinds = {str(of[name]) for name in ("/S", "/Type", "/Subtype") if name in of}
    for kind in kinds & (ACTIONS | KINDS):
        return kind
    if "/ObjStm" in kinds:  # all that is packed in it, whether or not a table names it
        return _raw(_ALL, of.get_data())  # type: ignore[attr-defined]
    if "/F" in of and isinstance(of, StreamObject):
        return "/F"  # its content is in another file (7.3.8.2)
    if "/Ref" in of and ("/Form" in kinds or _has(of["/Ref"], "/F")):
        return "/Ref"
    if any(_leads_elsewhere(of[name]) for name in ("/URI", "/Base") if name in of):
        return "/URI"
    return ""


def _has(of: object, key: str) -> bool:
    return isinstance(of, dict) and key in of


def _leads_elsewhere(address: object) -> bool:
    """An address is one of the web or of a mailbox: a file's, or a script, is opened as well."""
    return not isinstance(address, dict) and not _SAFE.match(str(address))


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT, CPU_LIMIT))
    sys.stdout.write(judge(sys.stdin.buffer.read()))
