"""Text files: their encoding, declared or detected, and one look at every byte before decoding.

Decoding is strict: no character is ever replaced. The one look finds what the decoder must know
(quotes, NULs, lone carriage returns), records beyond any sense, and secrecy marks.
"""

import codecs
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from xihu_pipelines.sources.pairs import holds_pair
from xihu_pipelines.sources.plausible import foreign_readings, plausibility
from xihu_pipelines.sources.secrecy import check_block
from xihu_platform.errors import BadInput

LINE_LIMIT = 8 << 20  # bytes of one record; longer is an attack or a wrong separator
_BLOCK = 4 << 20
_OVERLAP = 16  # bytes; a mark that stands across two blocks is shorter
_SAMPLE = 8 << 20  # bytes that plausibility looks at; the strict decoding looks at all
_PLAUSIBLE_GAP = 0.2  # two readings closer than this are a matter for the department
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAME = {"gbk": "gb18030", "gb2312": "gb18030", "utf-8-sig": "utf-8", "ascii": "utf-8"}


@dataclass(frozen=True, slots=True)
class TextFacts:
    """What one look at the whole of a UTF-8 text found."""

    quotes: bool
    spaced_quotes: bool
    """A quote, blanks, a quote: DuckDB glues `"a" "b"` to one value, even when it is strict."""
    nuls: bool
    lone_returns: bool
    """A carriage return that no line feed follows, in a file whose lines end in line feeds."""
    return_ends: bool
    """Lines end in carriage returns alone."""


@dataclass(frozen=True, slots=True)
class DecodedText:
    """A text file as UTF-8."""

    path: Path
    encoding: str
    detected: bool


@contextmanager
def as_utf8(path: Path, name: str, declared: str) -> Iterator[DecodedText]:
    """The file as UTF-8: itself, or a transcoded copy that is deleted afterwards."""
    encoding = _encoding(path, name, declared)
    detected = declared == "auto"
    if encoding == "utf-8":
        yield DecodedText(path, encoding, detected)
        return
    with tempfile.NamedTemporaryFile(prefix="xihu-") as copy:
        for block in _decoded(path, encoding, name):
            copy.write(block.encode())
        copy.flush()
        yield DecodedText(Path(copy.name), encoding, detected)


def _decoded(path: Path, encoding: str, name: str) -> Iterator[str]:
    """Blocks of the file's text. Raises BadInput, with the byte, where it is not `encoding`."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    read = 0
    try:
        with path.open("rb") as original:
            while block := original.read(_BLOCK):
                yield decoder.decode(block)
                read += len(block)
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError as bad:
        label = "UTF-8" if encoding == "utf-8" else encoding
        at = max(1, read + bad.start + 1 - (len(bad.object) - len(block)))
        raise BadInput(
            f"文件 {name} 不是 {label} 编码（第 {at:,} 字节附近），请另存为 UTF-8 或核对契约中的 "
            "encoding",
            f"{name} is not {label} (near byte {at:,}): save it as UTF-8, or check the contract's "
            "encoding",
        ) from None


def check_utf8(text: DecodedText, name: str) -> None:
    """Raises BadInput, with the byte, where the text is not UTF-8."""
    for _ in _decoded(text.path, "utf-8", name):
        pass


def _encoding(path: Path, name: str, declared: str) -> str:
    with path.open("rb") as file:
        head = file.read(4)
    marked = next((encoding for bom, encoding in _BOMS if head.startswith(bom)), None)
    if marked == "utf-32":
        raise BadInput(
            f"文件 {name} 是 UTF-32 编码，请另存为 UTF-8",
            f"{name} is UTF-32: save it as UTF-8",
        )
    if declared == "auto":
        return marked or _detect(path, name)
    wanted = codecs.lookup(declared).name
    wanted = _SAME.get(wanted, wanted)
    if marked is not None and marked != wanted:
        raise BadInput(
            f"文件 {name} 以 {marked} 的字节序标记开头，不是 {wanted} 编码；"
            "请核对契约中的 encoding，可写 auto",
            f"{name} begins with the byte-order mark of {marked} and is not {wanted}: check the "
            "contract's encoding; it may be `auto`",
        )
    return wanted


def _detect(path: Path, name: str) -> str:
    """Whole-file strict decoding, then plausibility. Raises BadInput where two are as likely."""
    if _decodes(path, "utf-8"):
        if b"\0" in _head(path):
            raise _unclear(name, "NUL")
        return "utf-8"
    whole = [e for e in ("gb18030", "big5") if _decodes(path, e)]
    scores = sorted(((plausibility(_head(path), e), e) for e in whole), reverse=True)
    if not scores or scores[0][0] < 0.5:
        raise _unclear(name, ", ".join(e for _, e in scores) or "utf-8, gb18030, big5")
    if len(scores) == 2 and scores[0][0] - scores[1][0] < _PLAUSIBLE_GAP:
        raise _unclear(name, "gb18030, big5")
    if others := foreign_readings(_head(path)):
        raise _unclear(name, ", ".join((scores[0][1], *others)))
    return scores[0][1]


def _unclear(name: str, found: str) -> BadInput:
    return BadInput(
        f"无法确定文件 {name} 的编码（{found}），不作猜测；请另存为 UTF-8，或写明编码："
        "起草时用 --encoding，装载时在契约 servers[0] 写 encoding，如 gb18030、big5、cp1252",
        f"the encoding of {name} cannot be told ({found}) and is not guessed: save the file as "
        "UTF-8, or name its encoding: --encoding for a draft, encoding in the contract's "
        "servers[0] for a load, such as gb18030, big5 or cp1252",
    )


def decoded_name(raw: bytes) -> str | None:
    """A short name in an encoding that nobody declared; None where no reading is plausible."""
    readings = []
    for encoding in ("utf-8", "gb18030", "big5"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        readings.append((1.0 if encoding == "utf-8" else plausibility(raw, encoding), text))
    best = max(readings, key=lambda reading: reading[0], default=None)
    return best[1] if best is not None and best[0] >= 0.5 else None


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_SAMPLE)


def _decodes(path: Path, encoding: str) -> bool:
    try:
        for _ in _decoded(path, encoding, path.name):
            pass
    except BadInput:
        return False
    return True


def look(text: DecodedText, name: str, *, quote: str, json: bool = False) -> TextFacts:
    """One pass over every byte. Raises BadInput for an endless line, SecrecyMark for a mark."""
    quotes = spaced = nuls = feeds = returns = lone = False
    mark = quote.encode()
    gluing = re.compile(re.escape(mark) + b" +" + re.escape(mark))
    tail, gap = b"", 0
    with text.path.open("rb") as file:
        while block := file.read(_BLOCK):
            check_block(name, tail + block, json=json)
            quotes = quotes or (bool(mark) and mark in block)
            if quotes and not spaced and holds_pair(tail[-1:] + block, mark + b" "):
                spaced = gluing.search(tail + block) is not None
            nuls = nuls or b"\0" in block
            feeds = feeds or b"\n" in block
            if b"\r" in block or tail.endswith(b"\r"):
                returns = True
                lone = lone or _lone_return(tail[-1:] + block)
            gap = _gap(block, gap, name)
            tail = block[-_OVERLAP:]
    lone = lone or tail.endswith(b"\r")
    return TextFacts(quotes, spaced, nuls, feeds and lone, returns and not feeds)


def _lone_return(block: bytes) -> bool:
    """A return at the very end is judged with the next block."""
    return block.count(b"\r") - block.endswith(b"\r") > block.count(b"\r\n")


def _gap(block: bytes, gap: int, name: str) -> int:
    """Bytes since the last line end; far beyond a record's limit there is no use in going on."""
    last = max(block.rfind(b"\n"), block.rfind(b"\r"))
    if last >= 0:
        return len(block) - last - 1
    if gap + len(block) > LINE_LIMIT:
        raise BadInput(
            f"文件 {name} 有一行超过 {LINE_LIMIT >> 20} MB，请检查换行与文件内容",
            f"a line of {name} is longer than {LINE_LIMIT >> 20} MB: check its line breaks and "
            "what it holds",
        )
    return gap + len(block)
