"""The log itself: entries are appended in groups, durable before the caller goes on.

One writer thread takes whatever is waiting, gives it sequence numbers, writes leaves and nodes in
one transaction, signs the new head and appends it outside the database; only then do the callers
go on. If any of that fails, every caller gets AuditUnavailable and no data leaves (fail closed).
"""

import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson
from sqlalchemy import Engine, bindparam, func, select, text
from sqlalchemy.orm import Session

from xihu_platform.audit.heads import Head, HeadFile, Signer
from xihu_platform.audit.merkle import complete_nodes, leaf_hash, root
from xihu_platform.audit.models import AuditEntry, AuditNode, AuditPin, AuditSubject
from xihu_platform.clock import Clock
from xihu_platform.database import transaction
from xihu_platform.errors import PlatformError, TransientError

GROUP = 500  # entries in one transaction
WAIT_S = 15  # until a caller gives up on a log that does not answer
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


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry to append. `body` is plain JSON; `subjects` are the persons it shows."""

    read_id: str
    dataset: str
    organisation: str | None
    body: dict[str, object]
    subjects: tuple[str, ...] = ()
    pin: "Pin | None" = None


@dataclass(frozen=True, slots=True)
class Pin:
    """How to ask later whether a read of many persons showed one of them."""

    snapshot_id: int
    recipient: str
    sql: str
    sealed: tuple[str, ...]
    """The values the read was filtered by, as one sealed text."""


class AuditLog:
    """Append-only; one instance in each process, any number of processes on one database."""

    def __init__(self, database: Engine, heads: HeadFile, signer: Signer, clock: Clock) -> None:
        self._database = database
        self._heads = heads
        self._signer = signer
        self._clock = clock
        self._waiting: queue.SimpleQueue[tuple[Entry, Future[int]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="audit-log", daemon=True)
        self._thread.start()

    @property
    def head_path(self) -> Path:
        """Where the signed heads stand."""
        return self._heads.path

    def append(self, entry: Entry) -> "Future[int]":
        """Hand an entry to the writer; the future holds its sequence number once durable."""
        future: Future[int] = Future()
        self._waiting.put((entry, future))
        return future

    def record(self, entry: Entry) -> int:
        """Append and wait. Raises AuditUnavailable when the entry is not durable."""
        try:
            return self.append(entry).result(timeout=WAIT_S)
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

    def _commit(self, group: Sequence[tuple[Entry, "Future[int]"]]) -> None:
        try:
            with transaction(self._database) as session:
                first, head = _append(session, [e for e, _ in group], self._clock(), self._signer)
                self._heads.append(head)
        except Exception:  # whatever went wrong, nobody may go on
            for _, future in group:
                future.set_exception(AuditUnavailable())
            return
        for offset, (_, future) in enumerate(group):
            future.set_result(first + offset)


def _append(
    session: Session, entries: list[Entry], at: datetime, signer: Signer
) -> tuple[int, Head]:
    """Write entries, nodes and subjects; returns the first sequence number and the new head."""
    if session.bind is not None and session.bind.dialect.name == "sqlite":
        session.connection().exec_driver_sql("BEGIN IMMEDIATE")
    else:
        session.execute(text("LOCK TABLE audit_entry IN EXCLUSIVE MODE"))
    first = log_size(session)
    moment = at.isoformat()
    bodies = [_body(e, first + i, moment) for i, e in enumerate(entries)]
    nodes = complete_nodes(first, [leaf_hash(b) for b in bodies], _reader(session))
    rows = [
        {
            "seq": first + i,
            "body": body,
            "at": at,
            "read_id": entry.read_id,
            "dataset": entry.dataset,
            "organisation": entry.organisation,
        }
        for i, (entry, body) in enumerate(zip(entries, bodies, strict=True))
    ]
    session.execute(AuditEntry.__table__.insert(), rows)  # type: ignore[attr-defined]
    session.execute(
        AuditNode.__table__.insert(),  # type: ignore[attr-defined]
        [{"level": level, "index": index, "digest": d} for level, index, d in nodes],
    )
    subjects = [
        {"seq": first + i, "subject": subject}
        for i, entry in enumerate(entries)
        for subject in dict.fromkeys(entry.subjects)
    ]
    for i, entry in enumerate(entries):
        if entry.pin is not None:
            session.add(_pin(first + i, entry.dataset, entry.pin))
    if subjects:
        session.execute(AuditSubject.__table__.insert(), subjects)  # type: ignore[attr-defined]
    size = first + len(entries)
    return first, signer.sign(size, root(size, _reader(session)), moment)


def _pin(seq: int, dataset: str, pin: Pin) -> AuditPin:
    return AuditPin(
        seq=seq,
        dataset=dataset,
        snapshot_id=pin.snapshot_id,
        recipient=pin.recipient,
        sql=pin.sql,
        parameters=list(pin.sealed),
    )


def _body(entry: Entry, seq: int, at: str) -> bytes:
    """Canonical JSON: sorted keys, no spaces, UTF-8."""
    whole = {"seq": seq, "at": at, "read": entry.read_id, "dataset": entry.dataset, **entry.body}
    return orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)


def log_size(session: Session) -> int:
    highest = session.scalar(select(func.max(AuditEntry.seq)))
    return 0 if highest is None else highest + 1


def _reader(session: Session) -> "NodeReader":
    return NodeReader(session)


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
