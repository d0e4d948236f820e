"""Every column of every table of the log is tampered with in turn: a new one fails until covered.

One log holds a row of each kind: both formats, persons listed and erased, pins whole, sealed and
destroyed, a read kept as SQL, and what was settled for two persons.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import orjson
import pytest
from sqlalchemy import update

from tests.test_platform.audit.test_columns import OFFICE, pin_of
from tests.test_platform.audit.test_log import Logged, open_log, written_as
from xihu_platform.audit import models
from xihu_platform.audit.erase import erase_subject
from xihu_platform.audit.log import LogEntry, Pin
from xihu_platform.audit.models import (
    AuditCounted,
    AuditEntry,
    AuditNode,
    AuditRegion,
    AuditReplay,
    AuditSubject,
)
from xihu_platform.audit.replays import cover_replays
from xihu_platform.audit.seals import counted_row, region_rows
from xihu_platform.audit.uses import REPLAY
from xihu_platform.audit.verify import TABLES
from xihu_platform.database import Base, transaction

Value = str | int | float | bytes | None
COLUMNS = [
    (table, column.key)
    for mapper in sorted(Base.registry.mappers, key=lambda one: one.class_.__name__)
    if (table := mapper.class_).__module__ == models.__name__
    for column in table.__table__.columns
]
ALL_TABLES = sorted({table for table, _ in COLUMNS}, key=lambda table: table.__name__)
ALIKE: dict[type[Base], int] = {AuditEntry: 2, AuditNode: 7, AuditRegion: 5}
"""Tables whose rows are much alike: each of so many is tampered with, of others each."""
ASKED_AGAIN = {AuditCounted}
"""A row that is gone is asked of the lake at the next look: no fault, and nothing is hidden."""


@dataclass
class Kept:
    """A log nobody writes to any more, and its clean bytes."""

    logged: Logged
    head: Path
    clean: bytes

    def found(self, statement: str, *values: Value) -> bool | None:
        """Whether one statement is found; None where the table's own keys do not let it in."""
        try:
            return self._found(statement, values)
        finally:
            self.logged.database.dispose()
            self.logged.file.write_bytes(self.clean)

    def _found(self, statement: str, values: tuple[Value, ...]) -> bool | None:
        with closing(sqlite3.connect(self.logged.file)) as connection:
            try:
                with connection:
                    connection.execute(statement, values)
            except sqlite3.IntegrityError:
                return None
        return not self.logged.verify(self.head).holds

    def rows(self, table: type[Base]) -> list[dict[str, Value]]:
        name, each = table.__tablename__, ALIKE.get(table, 1)
        with closing(sqlite3.connect(self.logged.file)) as connection:
            connection.row_factory = sqlite3.Row
            found = connection.execute(
                f"SELECT rowid AS _row, * FROM {name} WHERE rowid % {each} = 0"
            )
            return [dict(row) for row in found]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    opened = open_log(tmp_path_factory.mktemp("log"), b"m" * 32)
    _first_format(opened)
    pin, gone = pin_of(opened.own), pin_of(opened.own, person="p-2")
    whole = pin_of(opened.own, predicate=None)
    opened.log.record(_read({}, subjects=("s1_a", "s1_b")))
    for one in (pin, gone, whole, pin.digest):
        opened.log.record(_read({}, pin=one))
    cover_replays(opened.database, opened.log)
    erase_subject(opened.database, opened.log, "d0", ("s1_a",), "law", pins=[gone.digest])
    opened.log.record(_read({}, subjects=("s1_c",)))
    opened.log.record(LogEntry("outcome", "f" * 32, "d0", None, {}))
    with transaction(opened.database) as session:
        for person in ("s1_b", "s1_c"):
            session.add_all(region_rows(opened.own, person, "d0", 7, ["-", "", "33", "3301"]))
            session.add(counted_row(opened.own, person, pin.digest, counted=person == "s1_b"))
            session.add(counted_row(opened.own, person, f"{REPLAY}1", counted=person == "s1_c"))
    opened.log.close()
    head = opened.save_head()
    opened.database.dispose()
    yield Kept(opened, head, opened.file.read_bytes())
    opened.database.dispose()


def _read(
    body: dict[str, object], *, subjects: tuple[str, ...] = (), pin: Pin | str | None = None
) -> LogEntry:
    return LogEntry("read", "", "d0", OFFICE, body, subjects, purpose="duty", pin=pin)


def _first_format(opened: Logged) -> None:
    """A page that lists two persons and a stream that keeps its SQL, as version 0.1 wrote them."""

    def body(entry: LogEntry, seq: int, at: str, _subjects: object) -> bytes:
        named = "\n".join(sorted(entry.subjects)).encode()
        said = {
            "seq": seq,
            "at": at,
            "read": entry.read_id,
            "dataset": entry.dataset,
            "kind": entry.kind,
            "purpose": entry.purpose,
            "organisation": entry.organisation,
            "snapshot": 3,
            "subjects": len(entry.subjects),
            "subjects_digest": sha256(named).hexdigest(),
        }
        return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)

    listing = LogEntry("read", "1" * 32, "old", OFFICE, {}, ("s1_a", "s1_b"), purpose="duty")
    with written_as(opened, body):
        opened.log.record(listing)
        for number in (1, 2):
            read = LogEntry("intent", f"{number:032}", "old", OFFICE, {}, purpose="duty")
            opened.log.record(read)
    with transaction(opened.database) as session:
        session.execute(update(AuditSubject).values(salt=None, leaf=None))
        for seq in (1, 2):
            session.add(
                AuditReplay(
                    seq=seq,
                    dataset="old",
                    snapshot_id=3,
                    recipient="r",
                    sql="SELECT 1",
                    parameters=["00"],
                )
            )


def others(value: Value) -> list[Value]:
    """Other values that a column could have been given, of its own type and of others."""
    near: list[Value] = [None, "", b"", -1, 2, b"\0" * 32]
    if isinstance(value, str):
        near += [value + "x", value.upper(), value.encode(), value + "\0"]
    if isinstance(value, bytes):
        near += [value + b"\0", bytes([value[0] ^ 1]) + value[1:], value.decode("latin-1")]
    if isinstance(value, int):
        near += [value + 1, value + 0.5, 1 - value, 999_999, f"{value}x"]
    return [one for one in near if (type(one), one) != (type(value), value)]


def test_the_untouched_log_holds(kept: Kept) -> None:
    checked = kept.logged.verify(kept.head)
    assert checked.holds, checked.text.en
    assert checked.not_covered == 3
    for table in ALL_TABLES:
        assert kept.rows(table), table


def test_every_table_of_the_log_is_among_those_that_verification_covers() -> None:
    assert set(TABLES) == set(ALL_TABLES)


@pytest.mark.parametrize(
    ("table", "name"), COLUMNS, ids=[f"{t.__tablename__}.{n}" for t, n in COLUMNS]
)
def test_a_changed_value_is_found_in_each_column(kept: Kept, table: type[Base], name: str) -> None:
    statement = f'UPDATE {table.__tablename__} SET "{name}" = ? WHERE rowid = ?'
    tried = 0
    for row in kept.rows(table):
        for value in others(row[name]):
            found = kept.found(statement, value, row["_row"])
            assert found is not False, (row, value)
            tried += found is not None
    assert tried


@pytest.mark.parametrize("table", ALL_TABLES)
def test_a_row_that_is_gone_is_found(kept: Kept, table: type[Base]) -> None:
    for row in kept.rows(table):
        found = kept.found(f"DELETE FROM {table.__tablename__} WHERE rowid = ?", row["_row"])
        assert found is (table not in ASKED_AGAIN), row


@pytest.mark.parametrize("table", ALL_TABLES)
def test_an_invented_row_is_found(kept: Kept, table: type[Base]) -> None:
    """A copy of each row, whose key is another one: in one of its columns, by any value."""
    names = [column.key for column in table.__table__.columns]
    places = ", ".join("?" for _ in names)
    listed = ", ".join(f'"{name}"' for name in names)
    statement = f"INSERT INTO {table.__tablename__} ({listed}) VALUES ({places})"
    tried = 0
    for row in kept.rows(table):
        for column in table.__table__.primary_key:
            for value in others(row[column.key]):
                copy = {**row, column.key: value}
                found = kept.found(statement, *(copy[name] for name in names))
                assert found is not False, copy
                tried += found is not None
    assert tried
