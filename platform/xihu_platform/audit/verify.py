"""Verifies the log against a saved head: no entry was changed, removed or added.

Every table and column of the log is covered; a test tampers with each of them in turn.

- `audit_entry`, `audit_node`: the tree over the entries' bytes is that of the head, entries after
  it are those of a newer signed head, and the other columns say what the bytes say.
- `audit_subject`: the salted leaves under the root in the entry's bytes; of the first format one
  digest over the persons. A person who is gone was taken by an erasure in the log.
- `audit_pin`: its digest, the first entry that names it, its body; its key opens its predicate,
  its question is computed again. A key that is gone was destroyed by an erasure in the log.
- `audit_region`, `audit_counted`: what the lake said of a person, sealed row by row with the
  platform's own key. Rows that are gone are no fault: the next look asks the lake again.
- `audit_replay`: the entry of the first format that each belongs to, and the digest over all of
  them in an entry written when this program first opened the log.
- On SQLite the indexes that pages ask by hold every row, and there is no trigger and no view.

Seals and questions are checked where the platform's own keys are given; else the answer says that
they were not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Engine, Row, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from xihu_platform.audit.heads import Head, find_head, is_genuine
from xihu_platform.audit.log import NodeReader, digest_text, log_size
from xihu_platform.audit.merkle import inclusion_proof, root
from xihu_platform.audit.models import (
    AuditCounted,
    AuditEntry,
    AuditNode,
    AuditPin,
    AuditRegion,
    AuditReplay,
    AuditSubject,
)
from xihu_platform.audit.raw import raw, stored_form
from xihu_platform.audit.replays import replays_digest
from xihu_platform.audit.seals import (
    OwnKeys,
    counted_seal,
    mark_again,
    open_sealed,
    region_seal,
)
from xihu_platform.audit.walk import Walk, erasures, strays, walk
from xihu_platform.clock import SHANGHAI
from xihu_platform.database import transaction
from xihu_platform.errors import NotFound, TerminalError
from xihu_platform.words import Text

TABLES = (
    AuditEntry,
    AuditNode,
    AuditSubject,
    AuditPin,
    AuditRegion,
    AuditCounted,
    AuditReplay,
)
ONE_MOMENT = {
    "sqlite": "BEGIN",
    "postgresql": "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
}
"""By the database: entries that are written meanwhile are not seen by half."""
BATCH = 1000  # rows of pins and seals held at a time


@dataclass(frozen=True, slots=True)
class LogCheck:
    """Whether the log holds; if not, what is wrong with it."""

    holds: bool
    size: int
    text: Text
    not_covered: int = 0
    """Entries of the first format, whose subjects one digest covers and no leaf."""


@dataclass(frozen=True, slots=True)
class Proof:
    """That one entry is in the log: checkable by anyone with RFC 9162 and the public key."""

    seq: int
    body: bytes
    size: int
    root: bytes
    path: tuple[bytes, ...]


def verify(
    database: Engine,
    head: Head,
    key: Ed25519PublicKey,
    *,
    own: OwnKeys | None = None,
    heads: Path | None = None,
    tell: Callable[[int], None] | None = None,
) -> LogCheck:
    """Recompute the whole tree from the entries' own bytes and compare it with a saved head.

    Fails when any byte was changed, entries were cut off or the database rolled back to before
    the head, the log was recomputed without the signing key, or anything that pages are made from
    is not what the entries say. `heads` is the platform's own file of heads: entries that came
    after `head` must be those of one in it. `tell` hears how many entries are looked at.
    """
    if not is_genuine(head, key):
        text = Text(
            "签名头不是本平台的密钥签署的，或已被改动",
            "the head was not signed with this platform's key, or it was changed",
        )
        return LogCheck(False, 0, text)
    walked = Walk(database.dialect, tell) if tell else Walk(database.dialect)
    try:
        with transaction(database) as session:
            session.connection().exec_driver_sql(ONE_MOMENT[database.dialect.name])
            fault = (
                walk(session, walked)
                or _against_head(walked, head)
                or _signed_end(walked, head, key, heads)
                or _beside_the_entries(session, walked, own)
            )
            words = _words(session, walked, head, own=own, heads=heads)
    except SQLAlchemyError as error:
        fault = Text(
            f"日志的表不能按本程序的写法读取（{type(error).__name__}）",
            f"the log's tables cannot be read as this program writes them ({type(error).__name__})",
        )
    if fault is not None:
        return LogCheck(False, walked.seen, fault)
    return LogCheck(True, walked.seen, words, walked.first_format)


def _beside_the_entries(session: Session, walked: Walk, own: OwnKeys | None) -> Text | None:
    return (
        strays(session, walked.seen)
        or _stored_tree(session, walked)
        or _pins(session, walked, own)
        or erasures(walked)
        or _replays(session, walked)
        or _settled(session, own)
        or _structure(session)
    )


def _against_head(walked: Walk, head: Head) -> Text | None:
    if walked.seen < head.size:
        return Text(
            f"日志只剩 {walked.seen} 条，签名头记有 {head.size} 条：末尾被截断，或换回了旧的数据库",
            f"the log holds {walked.seen} entries, the head {head.size}: its end was cut off, or "
            "an older database was put back",
        )
    if _root(walked, head.size) != head.root:
        return Text(
            "日志内容与签名头不符：有条目被改动",
            "the log does not match the head: an entry was changed",
        )
    return None


def _root(walked: Walk, size: int) -> bytes:
    return root(size, lambda level, index: walked.nodes[level, index])


def _signed_end(walked: Walk, head: Head, key: Ed25519PublicKey, heads: Path | None) -> Text | None:
    """Whoever writes to the database can append to the tree; nobody else signs its heads."""
    if heads is None or walked.seen == head.size:
        return None
    newest = find_head(heads, walked.seen, key)
    if newest is not None and newest.root == _root(walked, walked.seen):
        return None
    return Text(
        f"签名头之后的条目（第 {head.size} 条起）没有本平台的签名：是后来放入的",
        f"the entries after the head (from {head.size} on) are signed by no head of this platform: "
        "they were put in",
    )


def _stored_tree(session: Session, walked: Walk) -> Text | None:
    stored = map(tuple, session.execute(raw(AuditNode)))
    if {(level, index): digest for level, index, digest in stored} == walked.nodes:
        return None
    return Text("日志的树节点与条目不符", "the log's stored tree does not match its entries")


def _pins(session: Session, walked: Walk, own: OwnKeys | None) -> Text | None:
    """Each pin is what its digest says, each digest that an entry names is there, and no other."""
    there = set()
    destroyed = frozenset(pin for one in walked.told.values() for pin in one.pins)
    for pin in session.execute(raw(AuditPin).execution_options(yield_per=BATCH)):
        try:
            sound = _is_sound(pin, walked) and _is_opened(pin, own, pin.digest in destroyed)
        except (TerminalError, ValueError, TypeError, KeyError, AttributeError):
            sound = False
        if not sound:
            name = str(pin.digest)[:12]
            return Text(f"查询凭据 {name} 被改动", f"pin {name} was changed")
        there.add(pin.digest)
    if there == walked.pins.keys():
        return None
    return Text(
        "条目所指的查询凭据缺失或多出",
        "pins that entries name are missing, or there are pins that no entry names",
    )


def _is_sound(pin: Row[Any], walked: Walk) -> bool:
    """Its columns against its bytes. Any: the types of the columns."""
    body = orjson.loads(pin.body)
    day = AuditPin.__table__.columns["day"]
    said = {
        "digest": digest_text(sha256(pin.body).digest()),
        "seq": walked.pins.get(pin.digest, pin.seq),  # one that no entry names is found as such
        "dataset": body["dataset"],
        "snapshot_id": body["snapshot"],
        "region": body["region"],
        "whole": body["predicate"] is None,
        "day": stored_form(day, date.fromisoformat(body["day"]), walked.dialect),
    }
    return all(getattr(pin, name) == value for name, value in said.items())


def _is_opened(pin: Row[Any], own: OwnKeys | None, destroyed: bool) -> bool:
    """Its key opens its predicate, and its question is asked by both. Any: as above."""
    body = orjson.loads(pin.body)
    if destroyed:
        return pin.key is None and pin.question is None
    predicate = None
    if body["predicate"] is not None:
        predicate = open_sealed(pin.key, body["predicate"])
    elif pin.key is not None:
        return False
    return own is None or pin.question == mark_again(own, body, predicate)


def _replays(session: Session, walked: Walk) -> Text | None:
    rows = session.execute(raw(AuditReplay))
    sound = all(walked.streams.get(row.seq) == (row.dataset, row.snapshot_id) for row in rows)
    if sound and walked.replays <= {replays_digest(session)}:
        return None
    return Text(
        "旧格式保存的查询有改动、缺失或多出",
        "reads that the first format kept were changed, are missing or were added",
    )


def _settled(session: Session, own: OwnKeys | None) -> Text | None:
    """Each row of what was settled for persons carries its own seal."""
    if own is None:
        return None
    try:
        if _regions_are_sealed(session, own) and _counted_are_sealed(session, own):
            return None
    except TypeError:  # of a type that this program never writes
        pass
    return Text(
        "为个人算出的查阅范围被改动：有行不是本平台写下的",
        "what was settled for a person was changed: a row is not as this platform sealed it",
    )


def _regions_are_sealed(session: Session, own: OwnKeys) -> bool:
    query = raw(AuditRegion).order_by(*AuditRegion.__table__.primary_key)
    rows = session.execute(query.execution_options(yield_per=BATCH))
    for (subject, dataset, snapshot), group in groupby(
        rows, key=lambda row: (row.subject, row.dataset, row.snapshot_id)
    ):
        one = list(group)
        regions = sorted(row.region for row in one)
        seal = region_seal(own, subject, dataset, snapshot, regions)
        if any(row.seal != seal for row in one):
            return False
    return True


def _counted_are_sealed(session: Session, own: OwnKeys) -> bool:
    rows = session.execute(raw(AuditCounted).execution_options(yield_per=BATCH))
    return all(
        row.counted in (0, 1)
        and row.seal == counted_seal(own, row.subject, row.pin, counted=bool(row.counted))
        for row in rows
    )


def _structure(session: Session) -> Text | None:
    """On SQLite: nothing acts on the tables by itself, and the indexes hold every row."""
    if session.get_bind().dialect.name != "sqlite":
        return None
    connection = session.connection()
    acting = "SELECT name FROM sqlite_master WHERE type IN ('trigger', 'view')"
    if connection.exec_driver_sql(acting).first() is not None:
        return Text(
            "数据库中有本程序没有建立的触发器或视图",
            "the database has a trigger or a view that this program did not make",
        )
    for table in TABLES:
        name = table.__tablename__
        found = connection.exec_driver_sql(f"PRAGMA integrity_check('{name}')").scalar()
        if found != "ok":
            return Text(f"表 {name} 的索引或结构损坏", f"table {name} or an index of it is damaged")
    return None


def _words(
    session: Session, walked: Walk, head: Head, *, own: OwnKeys | None, heads: Path | None
) -> Text:
    at = f"{datetime.fromisoformat(head.at).astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
    later = walked.seen - head.size
    said = Text(
        f"日志完好：共 {walked.seen:,} 条；{at} 的签名头所覆盖的 {head.size:,} 条一字未改"
        + (f"，其后的 {later:,} 条与更新的签名头一致" if later else ""),
        f"the log holds: of {walked.seen:,} entries the {head.size:,} that the head of {at} "
        "(Beijing time) covers are unchanged"
        + (f", and the {later:,} after them agree with newer heads" if later else ""),
    )
    notes = [said]
    if walked.first_format:
        notes.append(
            Text(
                f"其中 {walked.first_format} 条为旧格式，所涉人员只有一个总的散列",
                f"{walked.first_format} of them are of the first format, whose persons one digest "
                "covers",
            )
        )
    if not walked.replays and session.scalar(select(AuditReplay.seq).limit(1)) is not None:
        notes.append(
            Text(
                "旧格式保存的查询还没有条目覆盖，启动一次本平台即可",
                "no entry covers the reads that the first format kept yet: start the platform once",
            )
        )
    after = walked.seen - head.size
    if heads is None and after:
        notes.append(
            Text(
                f"签名头之后的 {after} 条没有核对签名",
                f"the {after} entries after the head were compared with no head",
            )
        )
    if own is None:
        notes.append(
            Text(
                "没有平台自己的密钥，未核对为个人算出的查阅范围和凭据的查询标记",
                "without the platform's own keys, what was settled for persons and the questions "
                "of pins were not checked",
            )
        )
    return Text("；".join(one.zh for one in notes), "; ".join(one.en for one in notes))


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
