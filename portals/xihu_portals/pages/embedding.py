"""The line to copy that shows something of ours in a frame of another site."""

from collections.abc import Sequence
from html import escape
from urllib.parse import urlencode

from xihu_platform.words import Text

ROWS, ROWS_LIMIT = 20, 100
"""Rows of an embedded table: without a limit, and at most."""


def frame_code(
    address: str, title: Text, *, pairs: Sequence[tuple[str, str]] = (), width: int, height: int
) -> str:
    """An `<iframe>` with a title in both languages; its attributes are escaped.

    >>> frame_code("https://a.cn/x", Text("表", "A & b"), pairs=(("q", '1"2'),), width=3, height=2)
    '<iframe src="https://a.cn/x?q=1%222" title="表 A &amp; b" width="3" height="2" \
loading="lazy" style="border:0"></iframe>'
    """
    href = f"{address}?{urlencode(pairs, safe=':,')}" if pairs else address
    return (
        f'<iframe src="{escape(href)}" title="{escape(f"{title.zh} {title.en}")}" '
        f'width="{width}" height="{height}" loading="lazy" style="border:0"></iframe>'
    )
