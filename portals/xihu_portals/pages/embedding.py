"""The line to copy that shows something of ours in a frame of another site."""

from collections.abc import Sequence
from html import escape
from urllib.parse import urlencode

from xihu_platform.access.query import RowQuery
from xihu_platform.words import Text
from xihu_portals.pages.snippets import query_pairs

ROWS, ROWS_LIMIT = 20, 100
"""Rows of an embedded table: without a limit, and at most."""


def frame_code(
    address: str, title: Text, *, pairs: Sequence[tuple[str, str]] = (), width: int, height: int
) -> str:
    """An `<iframe>` with a title in both languages; its attributes are escaped.

    >>> frame_code("https://a.cn/x", Text("表", "A & b"), pairs=(("q", '1"2'),), width=3, height=2)
    '<iframe src="https://a.cn/x?q=1%222" title="表 A &amp; b" width="3" height="2" \
loading="lazy" style="border:0;max-width:100%"></iframe>'
    """
    href = f"{address}?{urlencode(pairs, safe=':,')}" if pairs else address
    return (
        f'<iframe src="{escape(href)}" title="{escape(f"{title.zh} {title.en}")}" '
        f'width="{width}" height="{height}" loading="lazy" '
        'style="border:0;max-width:100%"></iframe>'
    )


def table_code(base_url: str, dataset: str, title: Text, query: RowQuery) -> str:
    """A frame with a table of the newest rows that a query asks for."""
    pairs = [
        ("field" if name == "fields" else name, value)
        for name, value in query_pairs(query)
        if name != "snapshot"
    ]
    address = f"{base_url}/embed/datasets/{dataset}"
    limited = (*pairs, ("limit", str(ROWS)))
    return frame_code(address, title, pairs=limited, width=720, height=480)
