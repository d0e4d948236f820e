r"""Texts that a spreadsheet would run as a formula, made harmless by an apostrophe, and back again.

A file of ours is opened with any separator: split at `;` or a tab, `a;=1` ends in a cell `=1`, and
where a quote does not begin a cell, a line break in a text begins a row. So the sign is guarded at
the start of a text and behind each separator in it. Spreadsheets in Chinese and Japanese read the
full-width signs as the narrow ones. All patterns are RE2, which DuckDB and Arrow share.
"""

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from xihu_platform.sql import string

_SIGN = r"[=+@\-＝＋－＠]"
_BLANK = r"[ \"\p{Z}\p{Cf}\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
"""What may stand before the sign: blanks, quotes and invisible characters, but no separator."""
_SEPARATOR = r"[;|\t\r\n\x{2028}\x{2029}]"

FORMULA = r"^[\s\p{Z}\p{Cf}\p{Cc}]*[=+@\-＝＋－＠\t\r]"
_INSIDE = f"({_SEPARATOR})({_BLANK}*{_SIGN})"
_GUARDED = f"^'({FORMULA.removeprefix('^')})"
_GUARDED_INSIDE = f"({_SEPARATOR})'({_BLANK}*{_SIGN})"


def harmless_text(text: exp.Column) -> exp.Expr:
    """A column of text, as an expression that no spreadsheet runs."""
    runs = exp.RegexpLike(this=text, expression=string(FORMULA))
    sign = exp.Case(ifs=[exp.If(this=runs, true=string("'"))], default=string(""))
    inside = exp.RegexpReplace(
        this=text.copy(),
        expression=string(_INSIDE),
        replacement=string(r"\1'\2"),
        modifiers=string("g"),
    )
    return exp.DPipe(this=sign, expression=inside, safe=True)


def harmless(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """The same for a column of text in Arrow; nulls stay nulls."""
    inside = pc.replace_substring_regex(texts, pattern=_INSIDE, replacement=r"\1'\2")
    marked = pc.binary_join_element_wise("'", inside, "")
    return pc.if_else(pc.match_substring_regex(texts, FORMULA), marked, inside)


def as_before(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """What was made harmless, without the apostrophes."""
    plain = pc.replace_substring_regex(texts, pattern=_GUARDED_INSIDE, replacement=r"\1\2")
    return pc.replace_substring_regex(plain, pattern=_GUARDED, replacement=r"\1")
