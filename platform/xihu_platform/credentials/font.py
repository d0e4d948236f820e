"""The font of documents, and which characters it has: Noto Sans CJK (SIL OFL 1.1), one file with
every weight, of the package `manimgx-fonts-cjk`.

A document that is archived may show no character without a glyph (ISO 19005-3, 6.2.11.8), so what
the font lacks is known before anything is set.
"""

import struct
import unicodedata
from bisect import bisect_right
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from xihu_platform.errors import TerminalError

FAMILY = "Noto Sans CJK SC"
FILE = "NotoSansCJK-VF.otf.ttc"
MISSING = "〓"
"""Printed where the font has no such character (the geta mark, by printers' custom); the claims
have the character itself."""
_SELECTORS = frozenset({*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)})
"""Variation selectors: the base character is printed."""
_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp"})


def font_folder() -> Path:
    """Raises TerminalError where the package is not installed."""
    found = find_spec("manimgx_fonts_cjk")
    if found is None or found.origin is None:
        raise TerminalError(
            "缺少证照文件的字体：请运行 pip install manimgx-fonts-cjk",
            "the font of documents is missing: run pip install manimgx-fonts-cjk",
        )
    return Path(found.origin).parent


def printable(text: str) -> str:
    r"""Without signs that turn lines around or that no page shows; one that the font lacks is 〓.

    >>> printable("王\u202e小\x00明\n𠮷 \U0001f600")
    '王小明\n𠮷 〓'
    """
    shown = (c for c in unicodedata.normalize("NFC", text) if c == "\n" or _is_seen(c))
    return "".join(c if c == "\n" or has_glyph(c) else MISSING for c in shown)


def _is_seen(character: str) -> bool:
    return ord(character) not in _SELECTORS and unicodedata.category(character) not in _UNSEEN


def has_glyph(character: str) -> bool:
    starts, ends = _ranges()
    at = bisect_right(starts, ord(character)) - 1
    return at >= 0 and ord(character) <= ends[at]


@cache
def _ranges() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """First and last code points of the `cmap` subtable of format 12 (ISO/IEC 14496-22, 5.2.1)."""
    with (font_folder() / FILE).open("rb") as file:

        def at(offset: int, form: str) -> tuple[int, ...]:
            file.seek(offset)
            return struct.unpack(form, file.read(struct.calcsize(form)))

        (font,) = at(12, ">I")  # the first font of the collection; all have the same characters
        (tables,) = at(font + 4, ">H")
        entries = [at(font + 12 + 16 * n, ">4s3I") for n in range(tables)]
        cmap = next(offset for tag, _, offset, _ in entries if tag == b"cmap")  # type: ignore[comparison-overlap]
        (subtables,) = at(cmap + 2, ">H")
        for n in range(subtables):
            _, _, offset = at(cmap + 4 + 8 * n, ">HHI")
            if at(cmap + offset, ">H") == (12,):
                (groups,) = at(cmap + offset + 12, ">I")
                flat = at(cmap + offset + 16, f">{3 * groups}I")
                return flat[0::3], flat[1::3]
    raise TerminalError("字体文件没有字符表", "the font file has no table of characters")
