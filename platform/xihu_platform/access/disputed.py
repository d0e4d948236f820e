"""核实中: fields of single records that somebody says are wrong, until it is answered.

A mark names dataset, key and field, so that it lasts through loads, rotations and compactions. It
is in the data itself for whoever may read that field of that record, and in what is made of it
record by record; sums and counts do not move. It says neither who asked nor why. Sources: Order 809
art. 26, PIPL art. 46.
"""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc
from cachetools import LRUCache
from sqlalchemy import JSON, BigInteger, Index, Integer, String, select, text
from sqlalchemy import Engine as Database
from sqlalchemy.orm import Mapped, mapped_column

from xihu_platform.access.policy import Policy
from xihu_platform.access.row_keys import RowKey, find_records, has_key, in_key_version
from xihu_platform.database import DECIDES, Base, UtcDateTime, transaction
from xihu_platform.engines.protocol import BatchStream, Engine
from xihu_platform.errors import NotFound
from xihu_platform.lake.snapshot import RECORD, Snapshot
from xihu_platform.policy_version import PolicyVersion, UnderVersion

DISPUTED = "_disputed"
"""The column of an export that names the disputed fields of a record; no field's name begins so."""
SNAPSHOTS_KEPT = 256
"""Snapshots whose marked records are remembered."""
DEPTH = 8
"""Datasets made of datasets: so many steps are followed."""


class CorrectionMarkRow(Base):
    """One field of one record that a matter says is wrong; it counts until it is lifted."""

    __tablename__ = "correction_mark"
    __table_args__ = (
        Index("correction_mark_dataset", "dataset", "lifted_at"),
        Index(
            "correction_mark_once",
            *("dataset", "digest", "field"),
            unique=True,
            sqlite_where=text("lifted_at IS NULL"),
            postgresql_where=text("lifted_at IS NULL"),
        ),
        {"info": DECIDES},
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    dataset: Mapped[str] = mapped_column(String(64))
    key: Mapped[list[str]] = mapped_column(JSON)
    """The values of the dataset's key; a pseudonym of the key version that it had then."""
    key_fields: Mapped[list[str] | None] = mapped_column(JSON)
    """The fields of the key; under a contract with another key the mark names no record. None of
    marks that were placed before this was noted."""
    clear: Mapped[list[str] | None] = mapped_column(JSON)
    """The fields that the asker was shown as they are."""
    digest: Mapped[str] = mapped_column(String(64))
    """Of the key: one record has one mark on a field, whoever asks at the same moment."""
    field: Mapped[str] = mapped_column(String(64))
    snapshot_id: Mapped[int] = mapped_column(BigInteger)
    """The newest one when it was marked."""
    shown: Mapped[list[str] | None] = mapped_column(JSON)
    """A keyed digest of what the field read then, or the pseudonym that it was; of each record
    where several have the key. None of marks that were placed before this was noted."""
    matter: Mapped[int] = mapped_column(BigInteger, index=True)
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


def is_of_key(key: Collection[str], key_fields: Iterable[str] | None, policy: Policy) -> bool:
    """Whether a mark's key is one of the dataset as its contract is now."""
    named = policy.primary_key if key_fields is None else tuple(key_fields)
    return len(key) == len(policy.primary_key) and named == policy.primary_key


@dataclass(frozen=True, slots=True)
class PlacedMark:
    """A mark as one dataset has it: its own, or one of a dataset that it is made of."""

    mark: int
    key: RowKey
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class DisputedRow:
    """Of one page: the place of a row and its disputed fields."""

    row: int
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DisputedRecords:
    """The disputed fields of one snapshot, by record number."""

    fields: dict[int, frozenset[str]]

    def rows(self, numbers: pa.ChunkedArray, shown: Collection[str]) -> tuple[DisputedRow, ...]:
        """Of a page's records, as far as the fields are shown."""
        if not self.fields:
            return ()
        found = []
        for row, number in enumerate(numbers.to_pylist()):
            fields = tuple(name for name in shown if name in self.fields.get(number, ()))
            if fields:
                found.append(DisputedRow(row, fields))
        return tuple(found)

    def among(self, shown: Collection[str]) -> dict[int, str]:
        """The names of the disputed fields that leave, joined by blanks, by record number."""
        said = {
            number: " ".join(name for name in shown if name in fields)
            for number, fields in self.fields.items()
        }
        return {number: text for number, text in said.items() if text}


NOTHING_DISPUTED = DisputedRecords({})
FOUND_TOGETHER = 1000
"""Keys that are looked for in one question."""
_Place = tuple[str, int]
_At = dict[tuple[int, RowKey], tuple[int, ...]]
"""The records of a mark by its key, as the dataset's contract has it at the moment."""


class Disputes:
    """Finds the marked records of a snapshot, and remembers where they are."""

    def __init__(
        self,
        database: Database,
        version: PolicyVersion,
        policy: Callable[[str], Policy],
        engine: Engine,
        promote: Callable[[str, int], str],
    ) -> None:
        self._database = database
        self._policy = policy
        self._engine = engine
        self._promote = promote
        self._marks: UnderVersion[str, tuple[PlacedMark, ...]] = UnderVersion(version, 4096)
        self._known: UnderVersion[_Place, DisputedRecords] = UnderVersion(version, SNAPSHOTS_KEPT)
        self._lock = threading.Lock()
        self._at: LRUCache[tuple[_Place, tuple[str, ...]], _At] = LRUCache(SNAPSHOTS_KEPT)

    def of(self, policy: Policy, snapshot: Snapshot) -> DisputedRecords:
        """The marked records of a snapshot as they are known at this moment."""
        if not policy.primary_key:
            return NOTHING_DISPUTED
        place = (policy.dataset, snapshot.id)
        return self._known.get(place, lambda: self._find(policy, snapshot))

    def _find(self, policy: Policy, snapshot: Snapshot) -> DisputedRecords:
        marks = self._marks.get(policy.dataset, lambda: tuple(self._placed(policy, DEPTH)))
        if not marks or not has_key(policy, snapshot):
            return NOTHING_DISPUTED
        at = self._records(policy, snapshot, marks)
        found: dict[int, frozenset[str]] = {}
        for one in marks:
            for record in at.get((one.mark, one.key), ()):
                found[record] = found.get(record, frozenset()) | one.fields
        return DisputedRecords(found)

    def _placed(self, policy: Policy, depth: int) -> Iterator[PlacedMark]:
        """Its own marks, and those of the datasets whose records enter it one by one."""
        row = CorrectionMarkRow
        query = select(row.id, row.key, row.key_fields, row.field)
        with transaction(self._database) as session:
            own = session.execute(
                query.where(row.dataset == policy.dataset, row.lifted_at.is_(None))
            )
            marks = [
                PlacedMark(one.id, tuple(one.key), frozenset({one.field}))
                for one in own
                if is_of_key(one.key, one.key_fields, policy)
            ]
        yield from marks
        for origin in policy.origins if depth else ():
            try:
                source = self._policy(origin.dataset)
            except NotFound:  # no longer in force
                continue
            for one in self._placed(source, depth - 1):
                fields = frozenset(own for theirs, own in origin.fields if theirs in one.fields)
                if fields:
                    yield PlacedMark(one.mark, tuple(one.key[n] for n in origin.key), fields)

    def _records(self, policy: Policy, snapshot: Snapshot, marks: Iterable[PlacedMark]) -> _At:
        """By mark: the number of its record in the snapshot, of several where the key is there
        several times, none where it does not. Only marks that were not looked for yet are."""
        place = ((policy.dataset, snapshot.id), policy.primary_key)
        with self._lock:
            known = dict(self._at.get(place, {}))
        wanted: dict[RowKey, list[tuple[int, RowKey]]] = {}
        for one in marks:
            mark = (one.mark, one.key)
            if mark in known:
                continue
            known[mark] = ()
            key = in_key_version(one.key, policy, snapshot.key_version, self._promote)
            if key is not None:
                wanted.setdefault(key, []).append(mark)
        keys_wanted = list(wanted)
        for first in range(0, len(keys_wanted), FOUND_TOGETHER):
            some = keys_wanted[first : first + FOUND_TOGETHER]
            table, keys = find_records(self._engine, snapshot, policy, some)
            for number, key in zip(table[RECORD].to_pylist(), keys, strict=True):
                for mark in wanted[key]:
                    known[mark] = (*known[mark], number)
        with self._lock:
            self._at[place] = known
        return known


class WithDisputed(Iterator[pa.RecordBatch]):
    """The batches of a download whose last column, the record number under the name `_disputed`,
    becomes the names of the record's disputed fields; null where there are none."""

    def __init__(self, rows: BatchStream, said: dict[int, str]) -> None:
        self._rows = rows
        self._numbers = pa.array(said.keys(), pa.int64())
        self._texts = pa.array(said.values(), pa.string())

    def __next__(self) -> pa.RecordBatch:
        batch = next(self._rows)
        at = batch.schema.get_field_index(DISPUTED)
        places = pc.index_in(batch.column(at).cast(pa.int64()), value_set=self._numbers)
        return batch.set_column(at, pa.field(DISPUTED, pa.string()), self._texts.take(places))

    def close(self) -> None:
        self._rows.close()

    def interrupt(self) -> None:
        self._rows.interrupt()
