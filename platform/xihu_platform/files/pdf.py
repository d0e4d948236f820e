"""Says of one PDF whether it is passive: `python -m xihu_platform.files.pdf`, the file on standard
input, one word on standard output.

A process of its own, because whoever wrote the file may want it to be read for ever. `passive`,
`encrypted`, or the name of the first thing found that runs or that hides another file (ISO 32000-1,
12.6 actions, 7.11.4 embedded files, 12.7.8 XFA, 13 multimedia).
"""

import io
import re
import resource
import sys
from collections.abc import Iterator

MEMORY_LIMIT = 512 << 20
"""Address space of the process."""
CPU_LIMIT = 15  # seconds
KEYS = frozenset(
    {"/JS", "/JavaScript", "/AA", "/EF", "/EmbeddedFiles", "/XFA", "/RichMediaContent", "/Launch"}
)
"""In a dictionary each of these opens, runs or carries something."""
ACTIONS = frozenset(
    {
        *("/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToR", "/GoToE"),
        *("/Rendition", "/Movie", "/Sound", "/RichMediaExecute", "/GoTo3DView"),
    }
)
KINDS = frozenset(
    {"/EmbeddedFile", "/FileAttachment", "/RichMedia", "/Movie", "/Screen", "/3D", "/Sound"}
)
"""Values of /Type and /Subtype."""
_RAW = re.compile(rb"/(JavaScript|EmbeddedFiles?|RichMedia|SubmitForm|ImportData|Launch)\b")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")


def judge(body: bytes) -> str:
    """Raises whatever pypdf raises for a file that it cannot read."""
    from pypdf import PdfReader

    found = _raw(body)
    if found:
        return found
    reader = PdfReader(io.BytesIO(body), strict=True)
    if reader.is_encrypted:
        return "encrypted"
    if not len(reader.pages):
        raise ValueError("no page")
    return next(filter(None, map(_active, _objects(reader))), "passive")


def _raw(body: bytes) -> str:
    """Names that stand in the file's own bytes, whether or not a table leads to them: a reader that
    repairs a file finds them."""
    plain = _ESCAPED.sub(lambda m: bytes([int(m[1], 16)]), body) if b"#" in body else body
    found = _RAW.search(plain)
    return f"/{found[1].decode()}" if found else ""


def _objects(reader: object) -> Iterator[dict[str, object]]:
    """Every dictionary of the file: its trailer's, and of every object that its tables name."""
    from pypdf.generic import IndirectObject

    tables = reader.xref  # type: ignore[attr-defined]  # the tables have no public name
    packed = reader.xref_objStm  # type: ignore[attr-defined]
    named = [(number, gen) for gen, table in tables.items() for number in table]
    yield from _within(reader.trailer)  # type: ignore[attr-defined]
    for number, gen in [*named, *((number, 0) for number in packed)]:
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


def _active(of: dict[str, object]) -> str:
    for key in of.keys() & KEYS:
        return str(key)
    kinds = {str(of[name]) for name in ("/S", "/Type", "/Subtype") if name in of}
    for kind in kinds & (ACTIONS | KINDS):
        return kind
    return ""


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT, CPU_LIMIT))
    sys.stdout.write(judge(sys.stdin.buffer.read()))
