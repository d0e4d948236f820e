"""The process that makes documents: `python -m xihu_platform.credentials.worker`.

typst, its font and pyHanko are in its memory alone. One question after the other on standard input,
each answered on standard output: eight bytes of length, then JSON in, and `+` with the sealed file
or `!` with both languages of what went wrong out. It ends with its input, and by itself when idle.
"""

import json
import resource
import select
import sys
from datetime import date, datetime
from typing import Any, BinaryIO

from xihu_platform.credentials.claims import sign_claims
from xihu_platform.credentials.document import DocumentFacts, Line, make_document
from xihu_platform.credentials.identity import SealingIdentity, Trust
from xihu_platform.credentials.seal import seal
from xihu_platform.errors import PlatformError
from xihu_platform.words import Text

MEMORY_LIMIT = 2 << 30
"""Address space; typst reserves more than it uses."""
IDLE_S = 120.0
LENGTH = 8  # bytes before each message
DONE, FAILED = b"+", b"!"


def answer(question: dict[str, Any]) -> bytes:
    """Any: JSON of `making.py`."""
    try:
        identity = _identity(question["identity"])
        claims = sign_claims(question["claims"], identity)
        document = make_document(_facts(question["facts"]), claims)
        return DONE + seal(document, identity, datetime.fromisoformat(question["at"]))
    except PlatformError as fault:
        said = [type(fault).__name__, fault.text.zh, fault.text.en]
        return FAILED + json.dumps(said).encode()


def _identity(said: dict[str, Any]) -> SealingIdentity:
    return SealingIdentity(
        said["key"].encode(),
        said["certificates"].encode(),
        Trust(said["authorities"].encode(), said["stamp_authorities"].encode()),
        said["stamp_url"],
    )


def _facts(said: dict[str, Any]) -> DocumentFacts:
    until = said["valid_until"]
    return DocumentFacts(
        title=Text(**said["title"]),
        issuer=Text(**said["issuer"]),
        number=said["number"],
        holder=said["holder"],
        issued=date.fromisoformat(said["issued"]),
        valid_until=date.fromisoformat(until) if until else None,
        lines=tuple(Line(Text(**one["label"]), one["value"]) for one in said["lines"]),
        address=said["address"],
        sample=said["sample"],
    )


def serve(asked: BinaryIO, out: BinaryIO) -> None:
    while select.select([asked], [], [], IDLE_S)[0]:
        length = asked.read(LENGTH)
        if len(length) < LENGTH:
            return
        said = answer(json.loads(asked.read(int.from_bytes(length))))
        out.write(len(said).to_bytes(LENGTH) + said)
        out.flush()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    serve(sys.stdin.buffer, sys.stdout.buffer)
