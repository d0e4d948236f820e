"""One pass over the log's entries: their numbers, their columns and their subjects.

Of the first format, an entry that a lawful erasure has taken persons from is covered no more: one
digest stands for all of them.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import Dialect, Row, or_
from sqlalchemy.orm import Session

from xihu_platform.audit.entries import Erasure
from xihu_platform.audit.log import digest_text, root_of, subject_leaf
from xihu_platform.audit.merkle import complete_nodes, leaf_hash
from xihu_platform.audit.models import AuditEntry, AuditSubject
from xihu_platform.audit.raw import raw, stored_form
from xihu_platform.audit.replays import KIND as REPLAYS
from xihu_platform.words import Text

CHUNK = 20_000  # entries hashed at a time
Rows = list[Row[Any]]  # Any: a row as the database holds it, of whatever types


@dataclass(slots=True)
class Walk:
    """What one pass over the entries has learnt."""

    dialect: Dialect
    tell: Callable[[int], None] = lambda seen: None  # how far it is
    seen: int = 0
    nodes: dict[tuple[int, int], bytes] = field(default_factory=dict)
    pins: dict[str, int] = field(default_factory=dict)
    """By the digests that entries name: the first entry that does."""
    first_format: int = 0
    gone: dict[int | None, list[str]] = field(default_factory=dict)
    """By the erasure that is said to have taken them, if any is: leaves without their subjects."""
    told: dict[int, Erasure] = field(default_factory=dict)
    lessened: dict[int, str] = field(default_factory=dict)
    """Entries of the first format that lack persons, with their datasets."""
    streams: dict[int, tuple[str, int]] = field(default_factory=dict)
    """Entries of the first format that list nobody, with dataset and snapshot: these kept SQL."""
    replays: set[str] = field(default_factory=set)
    """What entries say of the reads that the first format kept as SQL."""


def walk(session: Session, walked: Walk) -> Text | None:
    """Every entry in its order. The first fault ends it."""

    def known(level: int, index: int) -> bytes:
        return walked.nodes[level, index]

    # Where the numbers begin is not asked: one below zero comes first and makes a gap.
    query = raw(AuditEntry).order_by(AuditEntry.seq).limit(CHUNK)
    entries: Rows = list(session.execute(query))
    while entries:
        numbers = list(range(walked.seen, walked.seen + len(entries)))
        if [row.seq for row in entries] != numbers:
            return Text("日志条目的序号有缺口", "the entries' numbers have a gap")
        subjects = _subjects(session, walked.seen - 1, numbers[-1])
        for entry in entries:
            if (fault := _entry(entry, subjects.pop(entry.seq, []), walked)) is not None:
                return fault
        if subjects:
            return _stray(next(iter(subjects)))
        leaves = [leaf_hash(row.body) for row in entries]
        fresh = complete_nodes(walked.seen, leaves, known)
        walked.nodes |= {(level, index): digest for level, index, digest in fresh}
        walked.seen += len(entries)
        walked.tell(walked.seen)
        entries = list(session.execute(query.where(AuditEntry.seq > numbers[-1])))
    return None


def strays(session: Session, size: int) -> Text | None:
    """Subjects of entries that are not there would make pages tell of reads that never were."""
    outside = or_(AuditSubject.seq < 0, AuditSubject.seq > size - 1)
    stray = session.execute(raw(AuditSubject).where(outside).limit(1)).first()
    return None if stray is None else _stray(stray.seq)


def _stray(seq: object) -> Text:
    return Text(
        f"第 {seq} 条不存在，却记有所涉人员",
        f"persons are listed for entry {seq}, which is not there",
    )


def _subjects(session: Session, after: int, last: int) -> dict[object, Rows]:
    query = raw(AuditSubject).where(AuditSubject.seq > after, AuditSubject.seq <= last)
    grouped: dict[object, Rows] = {}
    for row in session.execute(query.order_by(AuditSubject.seq, AuditSubject.place)):
        grouped.setdefault(row.seq, []).append(row)
    return grouped


def _entry(entry: Row[Any], subjects: Rows, walked: Walk) -> Text | None:
    """One entry's columns and subjects against its own bytes. Any: the types of the columns."""
    try:
        body = orjson.loads(entry.body)
        wrong = _wrong_column(entry, body, walked.dialect)
        if wrong is not None:
            return Text(
                f"第 {entry.seq} 条的 {wrong} 列与条目本身不符：该列被改动",
                f"column {wrong} of entry {entry.seq} differs from the entry itself: it was "
                "changed",
            )
        _learn(entry.seq, body, walked)
        first_format = body.get("v") is None
        agree = _first_subjects if first_format else _salted_subjects
        if agree(entry.seq, body, subjects, walked):
            return None
    except (ValueError, KeyError, TypeError, AttributeError):  # not what this program writes
        return Text(f"第 {entry.seq} 条被改动", f"entry {entry.seq} was changed")
    return Text(
        f"第 {entry.seq} 条所涉人员与条目不符：有人员被删除、增加或改动",
        f"the persons of entry {entry.seq} differ from the entry: some were removed, added or "
        "changed",
    )


def _wrong_column(entry: Row[Any], body: dict[str, Any], dialect: Dialect) -> str | None:
    """The first column that says another thing than the body; what it does not name is empty."""
    kind, organisation = body.get("kind"), body.get("organisation")
    if body.get("v") is None:
        # That format named the office of a correction, and of a declassification in a column only.
        organisation = {"correction": None, "declassification": entry.organisation}.get(
            str(kind), organisation
        )
    at = AuditEntry.__table__.columns["at"]
    said = {
        "seq": body["seq"],
        "body": bytes(entry.body),  # a text of the same letters is none that this program wrote
        "at": stored_form(at, datetime.fromisoformat(str(body["at"])), dialect),
        "read_id": body.get("read", ""),
        "dataset": body["dataset"],
        "organisation": organisation,
        "kind": kind,
        "purpose": body.get("purpose"),
        "pin": body.get("pin"),
    }
    return next((name for name, value in said.items() if getattr(entry, name) != value), None)


def _learn(seq: int, body: dict[str, Any], walked: Walk) -> None:
    """What later checks rest on."""
    if body.get("v") is None:
        walked.first_format += 1
        if body.get("subjects") == 0:
            walked.streams[seq] = (str(body["dataset"]), int(body["snapshot"]))
        return
    if (pin := body.get("pin")) is not None:
        walked.pins.setdefault(pin, seq)
    if body.get("kind") == REPLAYS:
        walked.replays.add(str(body["digest"]))
    if body.get("kind") == "erasure":
        walked.told[seq] = Erasure.read(body)


def _salted_subjects(seq: int, body: dict[str, Any], subjects: Rows, walked: Walk) -> bool:
    """The leaves are those of the body's root, and each subject that is there is its leaf's."""
    if len(subjects) != int(body.get("subjects", 0)):
        return False
    if [one.place for one in subjects] != list(range(len(subjects))):
        return False
    if not all(map(_is_of_its_leaf, subjects)):
        return False
    for one in subjects:
        if one.subject is None:
            leaf = f"{seq}:{one.place}:{one.leaf.hex()}"
            walked.gone.setdefault(one.erased_by, []).append(leaf)
    return not subjects or root_of([one.leaf for one in subjects]) == body.get("subjects_root")


def _is_of_its_leaf(one: Row[Any]) -> bool:
    if one.subject is None:
        return one.salt is None
    return one.erased_by is None and subject_leaf(one.salt, one.subject) == one.leaf


def _first_subjects(seq: int, body: dict[str, Any], subjects: Rows, walked: Walk) -> bool:
    """One digest over all persons; an erasure deleted rows, which makes it another one."""
    if any((one.salt, one.leaf, one.erased_by) != (None, None, None) for one in subjects):
        return False
    said = int(body.get("subjects", 0))
    if len(subjects) < said:
        walked.lessened[seq] = str(body["dataset"])
        return True
    if [one.place for one in subjects] != list(range(said)):
        return False
    named = "\n".join(sorted(one.subject for one in subjects))
    return not said or sha256(named.encode()).hexdigest() == body.get("subjects_digest")


def erasures(walked: Walk) -> Text | None:
    """Persons that are gone were taken by an erasure that the log tells of, and all it took."""
    roots = {number: erased_root(leaves) for number, leaves in walked.gone.items()}
    told = {number: one.root for number, one in walked.told.items() if one.root is not None}
    if not roots.items() <= told.items() or not all(
        _lawfully_lessened(seq, dataset, walked.told.values())
        for seq, dataset in walked.lessened.items()
    ):
        return Text(
            "有人员被抹去，却没有相应的删除记录",
            "persons are gone that no erasure in the log has taken",
        )
    first = {seq for one in walked.told.values() for seq in one.first_format or ()}
    if set(told.values()) <= set(roots.values()) and first <= walked.lessened.keys():
        return None
    return Text(
        "删除记录中已抹去的人员又出现，或删除没有做完：请再次运行 xihu erase",
        "persons that an erasure took are back, or it was not finished: run xihu erase again",
    )


def _lawfully_lessened(seq: int, dataset: str, told: Iterable[Erasure]) -> bool:
    return any(
        seq in one.first_format if one.first_format is not None else one.dataset == dataset
        for one in told
    )


def erased_root(leaves: Sequence[str]) -> str:
    """What an erasure's entry says of the leaves it took: `seq:place:leaf`, in any order."""
    return digest_text(sha256("\n".join(sorted(leaves)).encode()).digest())
