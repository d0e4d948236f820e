r"""Texts that a spreadsheet would run as a formula, made harmless by an apostrophe, and back again.

A file of ours is opened with any separator: split at `;` or a tab, `a;=1` ends in a cell `=1`, and
where a quote does not begin a cell, a line break in a text begins a row. So the sign is guarded at
the start of a text and behind each separator in it. Spreadsheets in Chinese and Japanese read the
full-width signs as the narrow ones. All patterns are RE2, which Arrow uses.
"""

import pyarrow as pa
import pyarrow.compute as pc

_SIGN = r"[=+@\-＝＋－＠]"
_BLANK = r"[ \"\p{Zs}\p{Cf}\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
"""What may stand before the sign: blanks, quotes and invisible characters, but no separator."""
_NARROW = (b"=", b"+", b"@", b"-", b"\t", b"\r")
_WIDE = tuple(sign.encode() for sign in "＝＋－＠")
_WIDE_BEGIN = b"\xef"
_SUSPECT = r"[=+@\-＝＋－＠\t\r]"
"""Every text that is guarded holds one of these."""
_SEPARATOR = r"[;|\t\r\n\x{2028}\x{2029}]"

FORMULA = r"^[\s\p{Z}\p{Cf}\p{Cc}]*[=+@\-＝＋－＠\t\r]"
_INSIDE = f"({_SEPARATOR})({_BLANK}*{_SIGN})"
_GUARDED = f"^'({FORMULA.removeprefix('^')})"
_GUARDED_INSIDE = f"({_SEPARATOR})'({_BLANK}*{_SIGN})"


def harmless_batch(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with each column of text made harmless."""
    for index, kind in enumerate(batch.schema.types):
        if pa.types.is_string(kind):
            batch = batch.set_column(index, batch.field(index), harmless(batch.column(index)))
    return batch


def harmless(texts: pa.Array) -> pa.Array:
    """A column of text that no spreadsheet runs; nulls stay nulls.

    Patterns cost a hundred times as much as a search for bytes, and few texts hold a sign.
    """
    if not _may_hold_sign(texts):
        return texts
    suspects = pc.match_substring_regex(texts, _SUSPECT)
    guarded = _guarded(texts.filter(suspects))
    return pc.replace_with_mask(texts, pc.fill_null(suspects, False), guarded)


def _may_hold_sign(texts: pa.Array) -> bool:
    """Whether any of the bytes that a sign is made of is there; also those of a wider buffer."""
    data = texts.buffers()[2]
    if data is None:
        return False
    found = data.to_pybytes()
    if any(sign in found for sign in _NARROW):
        return True
    return _WIDE_BEGIN in found and any(sign in found for sign in _WIDE)


def _guarded(texts: pa.Array) -> pa.Array:
    inside = pc.replace_substring_regex(texts, pattern=_INSIDE, replacement=r"\1'\2")
    marked = pc.binary_join_element_wise("'", inside, "")
    return pc.if_else(pc.match_substring_regex(texts, FORMULA), marked, inside)


def as_before(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """What was made harmless, without the apostrophes."""
    plain = pc.replace_substring_regex(texts, pattern=_GUARDED_INSIDE, replacement=r"\1\2")
    return pc.replace_substring_regex(plain, pattern=_GUARDED, replacement=r"\1")
