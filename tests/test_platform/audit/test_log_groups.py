"""Entries that wait are written together: each with its own number, none before the one before."""

import asyncio
import threading
import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import orjson
import pytest
from sqlalchemy import select

from tests.test_platform.audit.test_log import empty_database, entry
from xihu_platform.audit import log as log_module
from xihu_platform.audit.heads import HeadFile, Signer, read_head
from xihu_platform.audit.log import AuditLog, AuditUnavailable, LogEntry, Pin, salt_subjects
from xihu_platform.audit.models import AuditEntry, AuditPin, AuditSubject
from xihu_platform.audit.verify import verify
from xihu_platform.clock import Clock
from xihu_platform.database import open_database, transaction
from xihu_platform.vault.keys import Keyring

START = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


class World:
    """A log in a folder; opened again by `reopen`, as after a restart."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "xihu.db").write_bytes(empty_database())
        self.database = open_database(f"sqlite:///{folder / 'xihu.db'}")
        self.signer = Signer(Keyring(b"k" * 32))

    def open(self, clock: Clock) -> AuditLog:
        return AuditLog(self.database, HeadFile(self.folder / "heads"), self.signer, clock)

    def heads(self) -> int:
        return len((self.folder / "heads" / "heads.jsonl").read_text(encoding="utf-8").splitlines())

    def rows(self) -> list[tuple[int, datetime, dict[str, object]]]:
        with transaction(self.database) as session:
            found = session.scalars(select(AuditEntry).order_by(AuditEntry.seq))
            return [(e.seq, e.at, orjson.loads(e.body)) for e in found]

    def holds(self) -> bool:
        head = read_head(self.folder / "heads" / "heads.jsonl")
        return verify(self.database, head, self.signer.public_key).holds


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def pinned(number: int, question: str) -> LogEntry:
    pin = Pin(question, b"{}", b"k", question, START.date(), "ga_residents", 1, "33", True)
    return LogEntry("read", f"{number:032x}", "ga_residents", None, {}, (), pin=pin)


def write_together(world: World, entries: list[LogEntry]) -> list[int]:
    """The first alone; the others wait behind it."""
    begun, go = threading.Event(), threading.Event()

    def clock() -> datetime:
        begun.set()
        assert go.wait(60)
        return START

    log = world.open(clock)
    futures = [log.append(entries[0])]
    assert begun.wait(60)
    futures += [log.append(one) for one in entries[1:]]
    go.set()
    numbers = [future.result(timeout=60) for future in futures]
    log.close()
    return numbers


def test_each_entry_of_a_group_has_its_own_number(world: World) -> None:
    assert write_together(world, [entry(n) for n in range(6)]) == list(range(6))
    assert world.heads() == 2
    for seq, _, body in world.rows():
        assert (body["v"], body["seq"], body["number"]) == (2, seq, seq)
    with transaction(world.database) as session:
        salts = set(session.scalars(select(AuditSubject.salt)))
    assert {len(salt or b"") for salt in salts} == {16} and len(salts) == 6
    assert world.holds()


def test_a_pin_stands_under_the_first_entry_of_a_group_that_names_it(world: World) -> None:
    asked = [pinned(n, question) for n, question in enumerate("abac", 1)]
    write_together(world, [entry(0), *asked, entry(5)])
    with transaction(world.database) as session:
        pins = {pin.digest: pin.seq for pin in session.scalars(select(AuditPin))}
    assert pins == {"a": 1, "b": 2, "c": 4}


def test_no_group_is_larger_than_the_limit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "GROUP", 2)
    write_together(world, [entry(n) for n in range(6)])
    assert world.heads() == 1 + 3  # the first alone, then two, two and one
    assert world.holds()


def test_a_large_group_has_its_limit_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "GROUP", 300)
    write_together(world, [entry(n) for n in range(302)])
    assert world.heads() == 1 + 2  # the first alone, then three hundred and one


def test_what_waits_when_the_log_is_closed_is_written(world: World) -> None:
    log = world.open(lambda: START)
    futures = [log.append(entry(n)) for n in range(20)]
    log.close()
    assert [future.result(timeout=0) for future in futures] == list(range(20))
    assert not log._thread.is_alive()


def test_times_do_not_run_back_when_the_clock_does(world: World) -> None:
    for hours in (0, 5, 1, 7, 2, 3):
        log = world.open(lambda hours=hours: START + timedelta(hours=hours))  # type: ignore[misc]
        log.record(entry(hours))
        log.close()
    told = [(at - START) // timedelta(hours=1) for _, at, _ in world.rows()]
    assert told == [0, 5, 5, 7, 7, 7]


def test_everybody_of_a_group_that_fails_is_told(world: World) -> None:
    def broken() -> datetime:
        raise RuntimeError

    log = world.open(broken)
    futures = [log.append(entry(n)) for n in range(3)]
    for future in futures:
        with pytest.raises(AuditUnavailable):
            future.result(timeout=60)
    log.close()
    assert world.rows() == []


def test_entries_that_wait_are_counted_with_the_age_of_the_oldest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go = threading.Event(), threading.Event()

    def clock() -> datetime:
        begun.set()
        assert go.wait(60)
        return START

    seconds, others = iter((10.0, 17.0, 25.5)), time

    class Counted:
        """The log's own view of time: the database, and whoever else waits, keep theirs."""

        def monotonic(self) -> float:
            return next(seconds)

        def __getattr__(self, name: str) -> object:
            return getattr(others, name)

    log = world.open(clock)
    assert log.waiting() == (0, 0.0)
    with monkeypatch.context() as patched:
        patched.setattr(log_module, "time", Counted())
        first = log.append(entry(0))
        assert begun.wait(60)
        second = log.append(entry(1))
        assert log.waiting() == (2, 15.5)
    go.set()
    assert [first.result(timeout=60), second.result(timeout=60)] == [0, 1]
    log.close()
    assert log.waiting() == (0, 0.0)


def test_what_is_handed_in_after_the_log_was_closed_is_not_written(world: World) -> None:
    begun, go = threading.Event(), threading.Event()

    def clock() -> datetime:
        begun.set()
        assert go.wait(60)
        return START

    log = world.open(clock)
    before = [log.append(entry(0))]
    assert begun.wait(60)
    before.append(log.append(entry(1)))
    closing = threading.Thread(target=log.close)
    closing.start()
    give_up = time.monotonic() + 60
    while log._waiting.qsize() < 2:  # the entry, and that the log is closed
        assert time.monotonic() < give_up
        time.sleep(0.01)
    after = log.append(entry(2))
    go.set()
    closing.join(60)
    assert [future.result(timeout=60) for future in before] == [0, 1]
    assert not after.done()
    assert len(world.rows()) == 2


def test_a_log_that_does_not_answer_stops_the_reader(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()

    def clock() -> datetime:
        assert go.wait(60)
        return START

    log = world.open(clock)
    with monkeypatch.context() as patch:
        patch.setattr(log_module, "WAIT_S", 0.05)
        with pytest.raises(AuditUnavailable):
            log.record(entry(0))
    go.set()
    log.close()


def test_a_log_that_nobody_closed_keeps_no_process_alive(world: World) -> None:
    log = world.open(lambda: START)
    assert log._thread.daemon
    log.close()


def test_two_logs_that_take_turns_write_one_tree(world: World) -> None:
    """Each keeps the tree's peaks in memory, and the other's entries move them on."""
    logs = [world.open(lambda: START), world.open(lambda: START)]
    for number in range(13):
        assert logs[number % 2 if number < 9 else 0].record(entry(number)) == number
        assert world.holds()
    for log in logs:
        log.close()


def test_a_group_that_failed_leaves_no_trace_in_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = world.open(lambda: START)
    for number in range(3):
        log.record(entry(number))
    with monkeypatch.context() as patch:
        patch.setattr(log._heads, "append", lambda _head: 1 / 0)
        with pytest.raises(AuditUnavailable):
            log.record(entry(3))
    assert [log.record(entry(number)) for number in (3, 4, 5)] == [3, 4, 5]
    log.close()
    assert world.holds()


def test_an_entry_whose_reader_has_left_is_written_all_the_same(world: World) -> None:
    begun, go = threading.Event(), threading.Event()

    def clock() -> datetime:
        begun.set()
        assert go.wait(60)
        return START

    log = world.open(clock)

    async def leave() -> None:
        reading = asyncio.ensure_future(log.durable(entry(0)))
        await asyncio.to_thread(begun.wait, 60)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading

    asyncio.run(leave())
    go.set()
    assert log.record(entry(1)) == 1
    assert asyncio.run(log.durable(entry(2))) == 2
    log.close()
    assert len(world.rows()) == 3


def test_a_reader_on_the_event_loop_gives_up_on_a_log_that_does_not_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()

    def clock() -> datetime:
        assert go.wait(60)
        return START

    log = world.open(clock)
    with monkeypatch.context() as patch:
        patch.setattr(log_module, "WAIT_S", 0.05)
        with pytest.raises(AuditUnavailable):
            asyncio.run(log.durable(entry(0)))
    go.set()
    log.close()


def test_each_person_of_an_entry_has_a_salt_of_their_own() -> None:
    """A salt that two share, or a short one, would let somebody guess who else is meant."""
    named = tuple(f"s1_{number}" for number in range(40))
    salted = salt_subjects(named)
    assert [len(one.salt) for one in salted] == [16] * 40
    assert len({one.salt for one in salted}) == 40
    for name, one in zip(named, salted, strict=True):
        assert one.leaf == sha256(b"\0" + one.salt + name.encode()).digest()  # RFC 9162, 2.1.1
