"""The result of a fetch: one file, the next watermark, and notes for the report."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from xihu_platform.errors import BadInput

_CURSOR = re.compile(r"[0-9A-Za-z :.+\-_/]{1,64}")


@dataclass(frozen=True, slots=True)
class Fetched:
    """`cursor` is the one to commit with the load; with no new row it is the one given."""

    path: Path
    cursor: str | None = None
    rows: int | None = None
    """Known where the source was read row by row; 0 means that there is nothing to load."""
    notes: dict[str, str | int] = field(default_factory=dict)


def check_cursor(cursor: str | None) -> str | None:
    """A cursor becomes part of a statement or a URL: numbers, words and times only."""
    if cursor is not None and not _CURSOR.fullmatch(cursor):
        raise BadInput(
            "cursorField 的值不能作为游标，应为数字、时间或编号",
            "a value of cursorField cannot be a cursor: it must be a number, a time or a code",
        )
    return cursor


class Allowance:
    """Counts bytes down; raises BadInput when a remote source sends more than the limit."""

    def __init__(self, name: str, limit_mb: int) -> None:
        self._name = name
        self._limit_mb = limit_mb
        self._left = limit_mb << 20

    def take(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise BadInput(
                f"连接 {self._name} 送来的数据超过 {self._limit_mb} MB（XIHU_REMOTE__LIMIT_MB），"
                "请分批或按 cursorField 增量取数",
                f"connection {self._name} sent more than {self._limit_mb} MB "
                "(XIHU_REMOTE__LIMIT_MB): fetch it in parts, or from a cursorField on",
            )
