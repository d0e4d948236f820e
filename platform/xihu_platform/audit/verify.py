"""Checking the log against a head saved before: does it still hold what it held?

Three things are compared: the tree over the entries' bytes with the head; the columns that pages
ask by with those bytes; subjects and pins with the roots and digests in those bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Engine, Row, select
from sqlalchemy.orm import Session

from xihu_platform.audit.heads import Head, is_genuine
from xihu_platform.audit.log import NodeReader, digest_text, log_size, root_of, subject_leaf
from xihu_platform.audit.merkle import complete_nodes, inclusion_proof, leaf_hash, root
from xihu_platform.audit.models import AuditEntry, AuditNode, AuditPin, AuditSubject
from xihu_platform.database import transaction
from xihu_platform.errors import NotFound
from xihu_platform.words import Text

CHUNK = 20_000  # entries hashed at a time


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the log holds; if not, what is wrong with it."""

    holds: bool
    size: int
    text: Text
    not_covered: int = 0
    """Entries of the first format, whose subjects no hash covers."""


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
        walked = _Walk()
        fault = _walk(session, walked)
        if fault is not None:
            return Verdict(False, walked.seen, fault)
        fault = (
            _against_head(walked, head)
            or _strays(session, walked.seen)
            or _stored_tree(session, walked)
            or _pins(session, walked)
            or _erasures(walked)
        )
        if fault is not None:
            return Verdict(False, walked.seen, fault)
    return Verdict(True, walked.seen, _words(walked, head), walked.first_format)


@dataclass(slots=True)
class _Walk:
    """What one pass over the entries has learnt."""

    seen: int = 0
    nodes: dict[tuple[int, int], bytes] = field(default_factory=dict)
    pins: set[str] = field(default_factory=set)
    first_format: int = 0
    gone: dict[int, list[str]] = field(default_factory=dict)
    """By the erasure that is said to have taken them: leaves without their subjects."""
    told: dict[int, str] = field(default_factory=dict)
    """By their numbers: what the erasures among the entries say they took."""


def _walk(session: Session, walked: _Walk) -> Text | None:
    """Every entry in its order: numbers, columns, subjects. The first fault ends it."""

    def known(level: int, index: int) -> bytes:
        return walked.nodes[level, index]

    while True:
        entries = session.execute(
            select(AuditEntry.__table__)
            .where(AuditEntry.seq >= walked.seen)
            .order_by(AuditEntry.seq)
            .limit(CHUNK)
        ).all()
        if not entries:
            return None
        if [row.seq for row in entries] != list(range(walked.seen, walked.seen + len(entries))):
            return Text("日志条目的序号有缺口", "the entries' numbers have a gap")
        subjects = _subjects(session, entries[0].seq, entries[-1].seq)
        for entry in entries:
            if (fault := _entry(entry, subjects.get(entry.seq, []), walked)) is not None:
                return fault
        leaves = [leaf_hash(row.body) for row in entries]
        fresh = complete_nodes(walked.seen, leaves, known)
        walked.nodes |= {(level, index): digest for level, index, digest in fresh}
        walked.seen += len(entries)


def _strays(session: Session, size: int) -> Text | None:
    """Subjects of entries that are not there would make pages tell of reads that never were."""
    stray = session.scalar(select(AuditSubject.seq).where(AuditSubject.seq >= size).limit(1))
    if stray is None:
        return None
    return Text(
        f"第 {stray} 条不存在，却记有所涉人员",
        f"persons are listed for entry {stray}, which is not there",
    )


def _subjects(session: Session, first: int, last: int) -> dict[int, list[AuditSubject]]:
    rows = session.scalars(
        select(AuditSubject)
        .where(AuditSubject.seq.between(first, last))
        .order_by(AuditSubject.seq, AuditSubject.place)
    )
    grouped: dict[int, list[AuditSubject]] = {}
    for row in rows:
        grouped.setdefault(row.seq, []).append(row)
    return grouped


_COLUMNS = (
    ("read_id", "read"),
    ("dataset", "dataset"),
    ("organisation", "organisation"),
    ("kind", "kind"),
    ("purpose", "purpose"),
    ("pin", "pin"),
)


def _entry(entry: Row[Any], subjects: list[AuditSubject], walked: _Walk) -> Text | None:
    """One entry's columns and subjects against its own bytes. Any: the types of the columns."""
    try:
        return _compared(entry, orjson.loads(entry.body), subjects, walked)
    except (ValueError, KeyError, TypeError):  # bytes that this program never wrote
        return Text(f"第 {entry.seq} 条被改动", f"entry {entry.seq} was changed")


def _compared(
    entry: Row[Any], body: dict[str, Any], subjects: list[AuditSubject], walked: _Walk
) -> Text | None:
    if (wrong := _wrong_column(entry, body)) is not None:
        return Text(
            f"第 {entry.seq} 条的 {wrong} 列与条目本身不符：该列被改动",
            f"column {wrong} of entry {entry.seq} differs from the entry itself: it was changed",
        )
    if body.get("kind") == "erasure":
        walked.told[entry.seq] = str(body.get("erased_root", ""))
    if body.get("v") is None:
        walked.first_format += 1
        return None
    if entry.pin is not None:
        walked.pins.add(entry.pin)
    if not _subjects_agree(body, subjects):
        return Text(
            f"第 {entry.seq} 条所涉人员与条目不符：有人员被删除、增加或改动",
            f"the persons of entry {entry.seq} differ from the entry: some were removed, added or "
            "changed",
        )
    for one in subjects:
        if one.subject is None and one.leaf is not None:
            walked.gone.setdefault(one.erased_by or -1, []).append(
                f"{one.seq}:{one.place}:{one.leaf.hex()}"
            )
    return None


def _wrong_column(entry: Row[Any], body: dict[str, Any]) -> str | None:
    """The first column that says another thing than the body; one it does not name is empty.

    The first format's bodies name all but some; what they do not name is not compared.
    """
    if datetime.fromisoformat(str(body["at"])) != _utc(entry.at):
        return "at"
    first_format = body.get("v") is None
    for column, name in _COLUMNS:
        if first_format and name not in body:
            continue
        if (getattr(entry, column) or None) != body.get(name):
            return column
    return None


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _subjects_agree(body: dict[str, Any], subjects: list[AuditSubject]) -> bool:
    """The leaves are those of the body's root, and each subject that is there is its leaf's."""
    if len(subjects) != int(body.get("subjects", 0)):
        return False
    if not subjects:
        return True
    for place, one in enumerate(subjects):
        if one.leaf is None or one.place != place:
            return False
        if one.subject is not None and subject_leaf(one.salt or b"", one.subject) != one.leaf:
            return False
    return root_of([one.leaf for one in subjects if one.leaf]) == body.get("subjects_root")


def _against_head(walked: _Walk, head: Head) -> Text | None:
    if walked.seen < head.size:
        return Text(
            f"日志只剩 {walked.seen} 条，签名头记有 {head.size} 条：末尾被截断，或换回了旧的数据库",
            f"the log holds {walked.seen} entries, the head {head.size}: its end was cut off, or "
            "an older database was put back",
        )
    if root(head.size, lambda level, index: walked.nodes[level, index]) != head.root:
        return Text(
            "日志内容与签名头不符：有条目被改动",
            "the log does not match the head: an entry was changed",
        )
    return None


def _stored_tree(session: Session, walked: _Walk) -> Text | None:
    stored = session.execute(select(AuditNode.level, AuditNode.index, AuditNode.digest))
    if {(level, index): digest for level, index, digest in stored} == walked.nodes:
        return None
    return Text("日志的树节点与条目不符", "the log's stored tree does not match its entries")


def _pins(session: Session, walked: _Walk) -> Text | None:
    """Each pin is what its digest says, each digest that an entry names is there, and no other."""
    there = set()
    for pin in session.scalars(select(AuditPin).execution_options(yield_per=1000)):
        body = orjson.loads(pin.body)
        stored = (pin.dataset, pin.snapshot_id, pin.region, pin.whole, pin.day.isoformat())
        said = (
            *(body["dataset"], body["snapshot"], body["region"]),
            *(body["predicate"] is None, body["day"]),
        )
        if digest_text(sha256(pin.body).digest()) != pin.digest or stored != said:
            return Text(f"查询凭据 {pin.digest[:12]} 被改动", f"pin {pin.digest[:12]} was changed")
        there.add(pin.digest)
    if there == walked.pins:
        return None
    return Text(
        "条目所指的查询凭据缺失或多出",
        "pins that entries name are missing, or there are pins that no entry names",
    )


def _erasures(walked: _Walk) -> Text | None:
    """Subjects that are gone were taken by an erasure that the log tells of."""
    for number, leaves in walked.gone.items():
        if walked.told.get(number) != erased_root(leaves):
            return Text(
                "有人员被抹去，却没有相应的删除记录",
                "persons are gone that no erasure in the log has taken",
            )
    return None


def erased_root(leaves: Sequence[str]) -> str:
    """What an erasure's entry says of the leaves it took: `seq:place:leaf`, in any order."""
    return digest_text(sha256("\n".join(sorted(leaves)).encode()).digest())


def _words(walked: _Walk, head: Head) -> Text:
    old_zh = old_en = ""
    if walked.first_format:
        old_zh = f"；其中 {walked.first_format} 条为旧格式，所涉人员未被散列覆盖"
        old_en = (
            f"; {walked.first_format} of them are of the first format, whose persons no hash covers"
        )
    return Text(
        f"日志完好：{walked.seen} 条，与 {head.at} 的签名头（{head.size} 条）一致{old_zh}",
        f"the log holds: {walked.seen} entries, in agreement with the head of {head.at} "
        f"({head.size} entries){old_en}",
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
