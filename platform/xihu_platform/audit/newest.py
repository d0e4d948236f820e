"""A quick look at the log: does its end agree with the newest signed head?

Costs O(log n) whatever the size of the log, so that it can be asked at any time. `verify` alone
reads every entry, and compares with a head that was saved elsewhere.
"""

import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from xihu_platform.audit.heads import Head, find_head, read_head
from xihu_platform.audit.log import NodeReader, log_size
from xihu_platform.audit.merkle import leaf_hash, root
from xihu_platform.audit.models import AuditEntry
from xihu_platform.database import transaction
from xihu_platform.words import Text

NEWEST = 200  # entries whose own bytes are hashed again
TRIES, PAUSE_S = 5, 0.2  # a head is written before its entries are there to be read


def check_newest(database: Engine, heads: Path, key: Ed25519PublicKey) -> tuple[int, Text | None]:
    """The number of entries, and what is wrong with the log's end. Raises BadInput for a file that
    is no file of heads."""
    size, fault = _once(database, heads, key)
    for _ in range(TRIES):
        if fault is None:
            break
        time.sleep(PAUSE_S)
        size, fault = _once(database, heads, key)
    return size, fault


def _once(database: Engine, heads: Path, key: Ed25519PublicKey) -> tuple[int, Text | None]:
    newest = _newest(heads)
    with transaction(database) as session:
        size = log_size(session)
        if newest is None and size == 0:
            return 0, None
        if newest is not None and size < newest.size:
            return size, Text(
                f"日志只有 {size} 条，最新的签名头记有 {newest.size} 条："
                "末尾被截断或换回了旧的数据库；也可能是进程在写入时被强行结束",
                f"the log holds {size} entries, its newest head {newest.size}: its end was cut "
                "off, an older database was put back, or a process was killed while it wrote",
            )
        head = find_head(heads, size, key)
        if head is None:
            return size, Text(
                f"没有本平台为 {size} 条记录签署的签名头",
                f"there is no head of this platform's over {size} entries",
            )
        return size, _against(session, head)


def _newest(heads: Path) -> Head | None:
    if not heads.is_file() or not heads.stat().st_size:
        return None
    return read_head(heads)


def _against(session: Session, head: Head) -> Text | None:
    node = NodeReader(session)
    changed = Text(
        "日志的末尾与签名头不符：有条目被改动",
        "the end of the log does not match its head: an entry was changed",
    )
    try:
        if root(head.size, node) != head.root:
            return changed
        since = max(0, head.size - NEWEST)
        query = select(AuditEntry.seq, AuditEntry.body).where(
            AuditEntry.seq >= since, AuditEntry.seq < head.size
        )
        rows = session.execute(query).all()
        whole = len(rows) == head.size - since
        if whole and all(leaf_hash(body) == node(0, seq) for seq, body in rows):
            return None
    except (LookupError, TypeError):  # a node is missing, or something is of another type
        pass
    return changed
