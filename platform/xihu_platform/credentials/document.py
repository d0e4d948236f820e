"""A credential as a page: facts in, a PDF out that has its claims attached to it.

PDF/A-3a (ISO 19005-3) and PDF/UA-1 (ISO 14289-1) in one file, by `typst`. The same facts give the
same bytes: the day is passed in, and nothing of the machine is in the file. What people wrote is
data for the template (`credential.typ`), never part of its source.

typst and its font take memory: they are imported where a document is made, and while serving that
is a process of its own (`worker.py`).
"""

import io
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from importlib.resources import files
from typing import Any

from xihu_platform.credentials.font import font_folder, printable
from xihu_platform.errors import TerminalError
from xihu_platform.words import Text

STANDARDS = ("a-3a", "ua-1")
ATTACHED = "credential.jwt"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a document: its label in both languages and what is printed beside it."""

    label: Text
    value: str


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """What is printed. `issued` and `valid_until` are civil days of Asia/Shanghai."""

    title: Text
    issuer: Text
    number: str
    holder: str
    issued: date
    valid_until: date | None
    """None: without an end."""
    lines: tuple[Line, ...]
    address: str
    """Where the state is told, and what the QR code says."""
    sample: bool
    """样例 SAMPLE is printed across it."""


def make_document(facts: DocumentFacts, claims: str) -> bytes:
    """The unsealed PDF; `claims`: the JWS that is attached. Raises TerminalError where it cannot be
    made."""
    import typst

    source = files("xihu_platform.credentials").joinpath("credential.typ").read_bytes()
    printed = _printed(facts)
    inputs = {
        "facts": json.dumps(printed, ensure_ascii=False),
        "claims": claims,
        "code": _code(facts.address),
    }
    moment = datetime.combine(facts.issued, time(), UTC)
    try:
        made = _compiler().compile(
            source, format="pdf", pdf_standards=list(STANDARDS), timestamp=moment, sys_inputs=inputs
        )
    except typst.TypstError as fault:
        raise TerminalError(
            f"证照文件没有生成：{fault.message}", f"the document was not made: {fault.message}"
        ) from fault
    # A revision that is added (the seal) begins on a line of its own (ISO 19005-3, 6.1.9).
    return bytes(made) + b"\n"


@cache
def _compiler() -> Any:  # a typst.Compiler, which is imported late
    import typst

    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(font_folder())],
    )
    return typst.Compiler(font_paths=fonts)


def _printed(facts: DocumentFacts) -> dict[str, object]:
    until = facts.valid_until
    rows = [
        Line(Text("证照编号", "Number"), facts.number),
        Line(Text("持证者", "Holder"), facts.holder),
        *facts.lines,
        Line(Text("发证机关", "Issuer"), f"{facts.issuer.zh}\n{facts.issuer.en}"),
        Line(Text("发证日期", "Issued"), _day(facts.issued)),
        Line(Text("有效期至", "Valid until"), _day(until) if until else "长期 without an end"),
    ]
    return {
        "title": _both(facts.title),
        "issuer": _both(facts.issuer),
        "day": [facts.issued.year, facts.issued.month, facts.issued.day],
        "rows": [{"label": _both(one.label), "value": printable(one.value)} for one in rows],
        "address": facts.address,
        "alternative": f"二维码 QR code: {facts.address}",
        "sample": facts.sample,
    }


def _both(text: Text) -> dict[str, str]:
    return {"zh": printable(text.zh), "en": printable(text.en)}


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日 {day.isoformat()}"


def _code(address: str) -> str:
    """The QR code as SVG, with a border of four modules (ISO/IEC 18004)."""
    import segno

    out = io.BytesIO()
    code = segno.make_qr(address, error="m")
    code.save(out, kind="svg", border=4, xmldecl=False, svgns=True, nl=False)
    return out.getvalue().decode()
