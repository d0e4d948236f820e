"""The log itself: entries are appended in groups, durable before the caller goes on.

One writer thread takes whatever is waiting, gives it sequence numbers, writes leaves and nodes in
one transaction, signs the new head and appends it outside the database; only then do the callers
go on. If any of that fails, every caller gets AuditUnavailable and no data leaves (fail closed).
"""

import asyncio
import queue
import secrets
import threading
import time
from base64 import urlsafe_b64encode
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

import orjson
from sqlalchemy import Engine, bindparam, func, select
from sqlalchemy.orm import Session

from xihu_platform.audit.append import EntryColumns, Group, LogTables, PinColumns, SubjectLeaf
from xihu_platform.audit.bodiless import BODILESS, NothingLeaves
from xihu_platform.audit.heads import Head, HeadFile, Signer
from xihu_platform.audit.merkle import leaf_hash, root_of_leaves
from xihu_platform.audit.models import AuditEntry, AuditNode
from xihu_platform.clock import Clock
from xihu_platform.errors import PlatformError, TransientError
from xihu_platform.telemetry.traces import span, traced

GROUP = 500  # entries in one transaction
WAIT_S = 22
"""Until a caller gives up on a log that does not answer: longer than the writer itself waits, for
its turn and for SQLite's lock. Nobody is told that it failed while it may still be written."""
_NODE = select(AuditNode.digest).where(
    AuditNode.level == bindparam("of_level"), AuditNode.index == bindparam("at_index")
)


class AuditUnavailable(TransientError):
    """The log cannot be written, so nothing may be read."""

    def __init__(self) -> None:
        super().__init__(
            "审计日志暂时无法写入，按规定暂停提供数据，请稍后再试",
            "the audit log cannot be written, so no data may leave: try again in a moment",
        )


EntryKind = Literal[
    "read",
    "intent",
    "outcome",
    "refusal",
    "refusals",
    "correction",
    "push",
    "declassification",
    "erasure",
    "replays",
    "look",
    "matter",
    "attachment",
    "credential",
    "system",
    "draft",
    "edit",
    "lineage",
]
"""`read`: a page or a number, known whole when it is written. `intent` and `outcome`: before the
first byte of a stream and after its last. `refusals`: how many more of one kind in a minute.
`replays`: covers the reads that the first format kept as SQL. `look`: somebody read the log.
`matter`: somebody acted in a matter, or time did. `attachment`: somebody attached a file to one, or
looked at it. `credential`: its holder saw one or made a code for it, or it was shown by a code.
`system`: a department's system read what was written in a matter, or said for whom it enters a
step. `draft`: a draft of a catalogue entry is written, deleted or restored. `edit`: an entry of
another catalogue is edited. `lineage`: a department's system reports lineage outside of the
platform."""
SALT_BYTES = 16
FORMAT = 2
"""Of an entry's body: from 2 on it covers every column and the salted leaves of its subjects."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry to append. `body` is plain JSON; `subjects` are the persons it is about."""

    kind: EntryKind
    read_id: str
    dataset: str
    organisation: str | None
    body: dict[str, object]
    subjects: tuple[str, ...] = ()
    purpose: str | None = None
    pin: "Pin | str | None" = None
    """A pin to write with the entry, or the digest of one that is there."""


def _check_leaves(entry: LogEntry) -> None:
    """What is refused is refused either way, and recorded."""
    if BODILESS.get() and entry.kind != "refusal":
        raise NothingLeaves


@dataclass(frozen=True, slots=True)
class Pin:
    """A question that is written once a day and named by its digest (see `AuditPin`)."""

    digest: str
    body: bytes
    key: bytes | None
    question: str
    day: date
    dataset: str
    snapshot_id: int
    region: str
    whole: bool


class AuditLog:
    """Append-only; one instance in each process, any number of processes on one database."""

    def __init__(self, database: Engine, heads: HeadFile, signer: Signer, clock: Clock) -> None:
        self._tables = LogTables(database)
        self._heads = heads
        self._signer = signer
        self._clock = clock
        self._waiting: queue.SimpleQueue[tuple[LogEntry, Future[int]] | None] = queue.SimpleQueue()
        self._since: deque[float] = deque()
        """When each entry that is not durable yet was handed in."""
        self._thread = threading.Thread(target=self._write, name="audit-log", daemon=True)
        self._thread.start()

    @property
    def head_path(self) -> Path:
        """Where the signed heads stand."""
        return self._heads.path

    def append(self, entry: LogEntry) -> "Future[int]":
        """Hand an entry to the writer; the future holds its sequence number once durable."""
        future: Future[int] = Future()
        # Nobody can cancel it: whoever waited may be gone, the entry is written all the same.
        future.set_running_or_notify_cancel()
        self._since.append(time.monotonic())
        self._waiting.put((entry, future))
        return future

    def waiting(self) -> tuple[int, float]:
        """How many entries are not durable yet, and for how many seconds the oldest has waited."""
        try:
            return len(self._since), time.monotonic() - self._since[0]
        except IndexError:
            return 0, 0.0

    @traced("log wait")
    def record(self, entry: LogEntry) -> int:
        """Append and wait. Raises AuditUnavailable when the entry is not durable, NothingLeaves
        for a read whose answer has no body."""
        return self.begin(entry)()

    def begin(self, entry: LogEntry) -> Callable[[], int]:
        """Append, and wait when what this returns is called: of several the waits overlap. Raises
        as `record`, here or then."""
        _check_leaves(entry)
        future = self.append(entry)

        def wait() -> int:
            try:
                return future.result(timeout=WAIT_S)
            except PlatformError:
                raise
            except Exception as failure:
                raise AuditUnavailable from failure

        return wait

    async def durable(self, entry: LogEntry) -> int:
        """The same for a caller on the event loop, which goes on meanwhile."""
        _check_leaves(entry)
        with span("log wait"):
            try:
                async with asyncio.timeout(WAIT_S):
                    return await asyncio.wrap_future(self.append(entry))
            except PlatformError:
                raise
            except Exception as failure:
                raise AuditUnavailable from failure

    def close(self) -> None:
        self._waiting.put(None)
        self._thread.join(timeout=WAIT_S)
        self._heads.close()

    def _write(self) -> None:
        while True:
            item = self._waiting.get()
            if item is None:
                return
            group = [item]
            closing = False
            while len(group) < GROUP:
                try:
                    more = self._waiting.get_nowait()
                except queue.Empty:
                    break
                if more is None:
                    closing = True
                    break
                group.append(more)
            self._commit(group)
            if closing:
                return

    def _commit(self, group: Sequence[tuple[LogEntry, "Future[int]"]]) -> None:
        try:
            with self._tables.group() as tables:
                first = tables.size
                head = _append(tables, [e for e, _ in group], self._clock(), self._signer)
                self._heads.append(head)
        except Exception:  # whatever went wrong, nobody may go on
            for _, future in group:
                future.set_exception(AuditUnavailable())
            return
        finally:
            for _ in group:
                self._since.popleft()
        for offset, (_, future) in enumerate(group):
            future.set_result(first + offset)


def _append(group: Group, entries: list[LogEntry], at: datetime, signer: Signer) -> Head:
    """Write entries, nodes, subjects and pins; returns the new head."""
    first = group.size
    # The log's times do not run back, whatever the machine's clock does.
    at = at if group.newest is None else max(at, group.newest)
    moment = at.isoformat()
    listed = [salt_subjects(entry.subjects) for entry in entries]
    bodies = [
        _body(e, first + i, moment, subjects)
        for i, (e, subjects) in enumerate(zip(entries, listed, strict=True))
    ]
    columns = [
        EntryColumns(e.read_id, e.dataset, e.organisation, e.kind, e.purpose or None, pin_digest(e))
        for e in entries
    ]
    subjects = [
        SubjectLeaf(first + i, n, one.subject, one.salt, one.leaf)
        for i, leaves in enumerate(listed)
        for n, one in enumerate(leaves)
    ]
    digest = group.append(bodies, columns, at, subjects, _pins(first, entries))
    return signer.sign(group.size, digest, moment)


def _pins(first: int, entries: list[LogEntry]) -> list[PinColumns]:
    """Each pin once, under the first entry that names it."""
    fresh = {
        e.pin.digest: (first + i, e.pin)
        for i, e in reversed(list(enumerate(entries)))
        if isinstance(e.pin, Pin)
    }
    return [
        PinColumns(
            digest=pin.digest,
            seq=seq,
            body=pin.body,
            key=pin.key,
            question=pin.question,
            day=pin.day,
            dataset=pin.dataset,
            snapshot_id=pin.snapshot_id,
            region=pin.region,
            whole=pin.whole,
        )
        for seq, pin in fresh.values()
    ]


def pin_digest(entry: LogEntry) -> str | None:
    return entry.pin.digest if isinstance(entry.pin, Pin) else entry.pin


def _body(entry: LogEntry, seq: int, at: str, subjects: list["Salted"]) -> bytes:
    """Canonical JSON: sorted keys, no spaces, UTF-8. It says whatever the columns say."""
    whole: dict[str, object] = {
        "v": FORMAT,
        "seq": seq,
        "at": at,
        **({"read": entry.read_id} if entry.read_id else {}),
        "dataset": entry.dataset,
        "kind": entry.kind,
        "organisation": entry.organisation,
        **({"purpose": entry.purpose} if entry.purpose else {}),
        **({"pin": pin_digest(entry)} if entry.pin else {}),
        **entry.body,
    }
    if subjects:
        whole |= {"subjects": len(subjects), "subjects_root": subjects_root(subjects)}
    return orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)


@dataclass(frozen=True, slots=True)
class Salted:
    """A subject of an entry as a leaf that says nothing once the salt is destroyed."""

    subject: str
    salt: bytes
    leaf: bytes


def salt_subjects(subjects: tuple[str, ...]) -> list[Salted]:
    named = list(dict.fromkeys(subjects))
    salts = secrets.token_bytes(SALT_BYTES * len(named))
    made = []
    for number, subject in enumerate(named):
        salt = salts[number * SALT_BYTES : (number + 1) * SALT_BYTES]
        made.append(Salted(subject, salt, subject_leaf(salt, subject)))
    return made


def subject_leaf(salt: bytes, subject: str) -> bytes:
    return leaf_hash(salt + subject.encode())


def subjects_root(leaves: Sequence[Salted]) -> str:
    return root_of([one.leaf for one in leaves])


def root_of(leaves: list[bytes]) -> str:
    """The root of a small tree over leaves (RFC 9162), base64url."""
    return digest_text(root_of_leaves(leaves))


def digest_text(digest: bytes) -> str:
    """A digest of 32 bytes in 43 characters."""
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def log_size(session: Session) -> int:
    highest = session.scalar(select(func.max(AuditEntry.seq)))
    return 0 if highest is None else highest + 1


class NodeReader:
    """Reads hashes of complete subtrees from the database."""

    def __init__(self, session: Session) -> None:
        # Not session.get(): making an object of each hash was half the time of an entry.
        self._connection = session.connection()

    def __call__(self, level: int, index: int) -> bytes:
        found = self._connection.execute(_NODE, {"of_level": level, "at_index": index}).scalar()
        if found is None:
            raise LookupError(f"audit node {level}/{index} is missing")
        return bytes(found)
