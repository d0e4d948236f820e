"""Page cursors: where a page ended, sealed for one query, snapshot and reader.

Read by somebody else, a cursor would tell where that person's page ended.
"""

import json

from xihu_platform.access.answers import Plan
from xihu_platform.access.decision import PUBLIC
from xihu_platform.access.query import RowQuery
from xihu_platform.errors import BadInput, TerminalError
from xihu_platform.identity.principal import Principal
from xihu_platform.vault.seal import SealKey, open_bytes, seal_bytes


def seal_cursor(key: SealKey, place: str, last: list[str | None]) -> str:
    """`last`: the sort values of a page's last row and its record number."""
    return seal_bytes(key, json.dumps(last).encode(), place).hex()


def open_cursor(key: SealKey, place: str, cursor: str) -> list[str | None]:
    """Raises BadInput for anything but a cursor of this very place."""
    try:
        opened = open_bytes(key, bytes.fromhex(cursor), place)
    except (TerminalError, ValueError):
        raise BadInput(
            "翻页标记不属于本次查询或当前读者，或来自旧版本；请去掉 cursor，从第一页重新开始",
            "the cursor is not of this query and reader, or of an earlier version: leave "
            "`cursor` out and start again at the first page",
        ) from None
    values: list[str | None] = json.loads(opened)
    return values


def cursor_place(reader: Principal, plan: Plan, query: RowQuery) -> str:
    """What a cursor is sealed for. The pages of open data are the same for everybody."""
    allow, snapshot = plan.allow, plan.snapshot
    who = [] if allow.recipient == PUBLIC else [reader.kind, reader.id, _position(reader)]
    parts = (
        *(snapshot.table, snapshot.id, allow.recipient, allow.ground, who),
        *(plan.view.sql, query.filters, query.sorts, plan.parameters),
    )
    return "\0".join(map(repr, parts))


def _position(reader: Principal) -> str:
    return reader.position.id if reader.position else ""
