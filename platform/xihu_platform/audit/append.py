"""Appends groups of leaves to the log's tables, on the database driver's own connection.

A group is one transaction: whoever else would write waits from `size` until it is committed. Plain
statements, which both drivers keep prepared, and no objects: the log is written for every answer.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine

from xihu_platform.audit.merkle import complete_nodes, leaf_hash, root
from xihu_platform.audit.models import AuditEntry, AuditPin
from xihu_platform.database import take_turn

_LOCK = {
    "sqlite": "BEGIN IMMEDIATE",
    "postgresql": "LOCK TABLE audit_entry IN EXCLUSIVE MODE",
}
"""By the database: what keeps every other writer waiting until the group is committed."""
_LAST = "SELECT seq, at FROM audit_entry ORDER BY seq DESC LIMIT 1"
_READ_NODE = 'SELECT digest FROM audit_node WHERE level = ? AND "index" = ?'
_ENTRY = (
    "INSERT INTO audit_entry"
    " (seq, body, at, read_id, dataset, organisation, kind, purpose, pin)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_NODE = 'INSERT INTO audit_node (level, "index", digest) VALUES (?, ?, ?)'
_SUBJECT = (
    "INSERT INTO audit_subject (seq, place, subject, salt, leaf, erased_by)"
    " VALUES (?, ?, ?, ?, ?, NULL)"
)
_PIN = (
    "INSERT INTO audit_pin"
    " (digest, seq, body, key, question, day, dataset, snapshot_id, region, whole)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (digest) DO NOTHING"
)
Place = tuple[int, int]
"""Level and index of a complete subtree."""


@dataclass(frozen=True, slots=True)
class EntryColumns:
    """What pages ask an entry by; its body says the same."""

    read_id: str
    dataset: str
    organisation: str | None
    kind: str
    purpose: str | None
    pin: str | None


@dataclass(frozen=True, slots=True)
class SubjectLeaf:
    seq: int
    place: int
    subject: str
    salt: bytes
    leaf: bytes


@dataclass(frozen=True, slots=True)
class PinColumns:
    digest: str
    seq: int
    body: bytes
    key: bytes | None
    question: str
    day: date
    dataset: str
    snapshot_id: int
    region: str
    whole: bool


class LogTables:
    """The tables of one log. Used by one thread."""

    def __init__(self, database: Engine) -> None:
        self._database = database
        self._peaks: dict[Place, bytes] = {}
        """The complete subtrees that the tree of `_size` entries is made of."""
        self._size = 0

    @contextmanager
    def group(self) -> Iterator["Group"]:
        """One transaction: committed, and durable, when the block ends without an error."""
        connection = self._database.raw_connection()
        try:
            take_turn(self._database, connection)
            group = Group(self._database, connection.cursor(), self._size, self._peaks)
            yield group
            connection.commit()
        except BaseException:
            connection.rollback()
            raise
        finally:
            connection.close()
        self._size, self._peaks = group.size, group.peaks


class Group:
    """Entries that are appended together."""

    # Any: a DBAPI cursor has no type of its own.
    def __init__(
        self, database: Engine, cursor: Any, known_size: int, peaks: dict[Place, bytes]
    ) -> None:
        self._cursor = cursor
        self._mark = "?" if database.dialect.paramstyle == "qmark" else "%s"
        self._dialect = database.dialect
        cursor.execute(_LOCK[database.dialect.name])
        self.size, self.newest = self._end()
        # Another process has written since, or this one has just been started.
        self.peaks = peaks if known_size == self.size else {}

    def _end(self) -> tuple[int, datetime | None]:
        """How many entries there are, and the time of the newest."""
        self._cursor.execute(_LAST)
        found = self._cursor.fetchone()
        if found is None:
            return 0, None
        kind = AuditEntry.__table__.columns["at"].type
        process = kind.dialect_impl(self._dialect).result_processor(self._dialect, None)
        return found[0] + 1, process(found[1]) if process else found[1]

    def append(
        self,
        bodies: Sequence[bytes],
        columns: Sequence[EntryColumns],
        at: datetime,
        subjects: Iterable[SubjectLeaf],
        pins: Iterable[PinColumns],
    ) -> bytes:
        """Write the leaves with what belongs to them; returns the new root."""
        nodes = complete_nodes(self.size, [leaf_hash(body) for body in bodies], self._node)
        moment = self._bound(AuditEntry, "at")(at)
        rows = [
            (seq, body, moment, c.read_id, c.dataset, c.organisation, c.kind, c.purpose, c.pin)
            for seq, (body, c) in enumerate(zip(bodies, columns, strict=True), self.size)
        ]
        self._write(_ENTRY, rows)
        self._write(_NODE, nodes)
        self._write(_SUBJECT, [(s.seq, s.place, s.subject, s.salt, s.leaf) for s in subjects])
        day = self._bound(AuditPin, "day")
        pinned = [
            (p.digest, p.seq, p.body, p.key, p.question, day(p.day))
            + (p.dataset, p.snapshot_id, p.region, p.whole)
            for p in pins
        ]
        self._write(_PIN, pinned)
        known = {**self.peaks, **{(level, index): digest for level, index, digest in nodes}}
        self.size += len(bodies)
        self.peaks = {}
        for place in _peaks(self.size):
            self.peaks[place] = known[place] if place in known else self._node(*place)
        return root(self.size, lambda level, index: self.peaks[level, index])

    def _write(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        if rows:
            self._cursor.executemany(statement.replace("?", self._mark), rows)

    def _node(self, level: int, index: int) -> bytes:
        if (known := self.peaks.get((level, index))) is not None:
            return known
        self._cursor.execute(_READ_NODE.replace("?", self._mark), (level, index))
        found = self._cursor.fetchone()
        if found is None:
            raise LookupError(f"audit node {level}/{index} is missing")
        return bytes(found[0])

    def _bound(self, table: type[AuditEntry | AuditPin], column: str) -> Callable[[Any], object]:
        """How the database takes a value of a column. Any: of the column's type."""
        kind = table.__table__.columns[column].type
        return kind.dialect_impl(self._dialect).bind_processor(self._dialect) or _as_it_is


def _as_it_is(value: object) -> object:
    return value


def _peaks(size: int) -> Iterator[Place]:
    """The largest complete subtrees below a tree of so many entries.

    >>> list(_peaks(6)), list(_peaks(0))
    ([(2, 0), (1, 2)], [])
    """
    start = 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            yield level, start >> level
            start += 1 << level
