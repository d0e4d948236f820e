"""Checking the log against a head saved before: does it still hold what it held?"""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Engine, select

from xihu_platform.audit.heads import Head, is_genuine
from xihu_platform.audit.log import NodeReader, log_size
from xihu_platform.audit.merkle import complete_nodes, inclusion_proof, leaf_hash, root
from xihu_platform.audit.models import AuditEntry, AuditNode
from xihu_platform.database import transaction
from xihu_platform.errors import NotFound
from xihu_platform.words import Text

CHUNK = 50_000  # entries hashed at a time


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the log holds; if not, what is wrong with it."""

    holds: bool
    size: int
    text: Text


@dataclass(frozen=True, slots=True)
class Proof:
    """That one entry is in the log: checkable by anyone with RFC 9162 and the public key."""

    seq: int
    body: bytes
    size: int
    root: bytes
    path: tuple[bytes, ...]


def verify(database: Engine, head: Head, key: Ed25519PublicKey) -> Verdict:
    """Recompute the whole tree from the entries' own bytes and compare it with a saved head.

    Fails when any byte was changed, entries were cut off or the database rolled back to before
    the head, or the log was recomputed without the signing key.
    """
    if not is_genuine(head, key):
        return _broken(
            head.size,
            "签名头不是本平台的密钥签署的，或已被改动",
            "the head was not signed with this platform's key, or it was changed",
        )
    with transaction(database) as session:
        nodes: dict[tuple[int, int], bytes] = {}

        def known(level: int, index: int) -> bytes:
            return nodes[level, index]

        seen = 0
        while True:
            rows = session.execute(
                select(AuditEntry.seq, AuditEntry.body)
                .where(AuditEntry.seq >= seen)
                .order_by(AuditEntry.seq)
                .limit(CHUNK)
            ).all()
            if not rows:
                break
            if [row.seq for row in rows] != list(range(seen, seen + len(rows))):
                return _broken(seen, "日志条目的序号有缺口", "the entries' numbers have a gap")
            leaves = [leaf_hash(row.body) for row in rows]
            fresh = complete_nodes(seen, leaves, known)
            nodes |= {(level, index): digest for level, index, digest in fresh}
            seen += len(rows)
        if seen < head.size:
            return _broken(
                seen,
                f"日志只剩 {seen} 条，签名头记有 {head.size} 条：末尾被截断，或换回了旧的数据库",
                f"the log holds {seen} entries, the head {head.size}: its end was cut off, or an "
                "older database was put back",
            )
        if root(head.size, known) != head.root:
            return _broken(
                seen,
                "日志内容与签名头不符：有条目被改动",
                "the log does not match the head: an entry was changed",
            )
        stored = session.execute(select(AuditNode.level, AuditNode.index, AuditNode.digest))
        if {(level, index): digest for level, index, digest in stored} != nodes:
            return _broken(
                seen,
                "日志的树节点与条目不符",
                "the log's stored tree does not match its entries",
            )
    return Verdict(
        True,
        seen,
        Text(
            f"日志完好：{seen} 条，与 {head.at} 的签名头（{head.size} 条）一致",
            f"the log holds: {seen} entries, in agreement with the head of {head.at} "
            f"({head.size} entries)",
        ),
    )


def _broken(size: int, zh: str, en: str) -> Verdict:
    return Verdict(False, size, Text(zh, en))


def prove(database: Engine, seq: int) -> Proof:
    """The inclusion proof of one entry in the log as it is now. Raises NotFound."""
    with transaction(database) as session:
        entry = session.get(AuditEntry, seq)
        if entry is None:
            raise NotFound(f"没有第 {seq} 条审计记录", f"there is no audit entry {seq}")
        size = log_size(session)
        reader = NodeReader(session)
        path = inclusion_proof(seq, size, reader)
        return Proof(seq, entry.body, size, root(size, reader), tuple(path))
