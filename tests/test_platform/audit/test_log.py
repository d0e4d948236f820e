"""The log: durable before the caller goes on, and not to be changed, cut, rolled back or remade."""

import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args

import orjson
import pytest
from sqlalchemy import Engine, select

from xihu_catalog.schema import upgrade
from xihu_platform.audit import log as log_module
from xihu_platform.audit.bodiless import BODILESS, NothingLeaves
from xihu_platform.audit.heads import HeadFile, Signer, parse_head, read_head
from xihu_platform.audit.log import (
    AuditLog,
    AuditUnavailable,
    EntryKind,
    LogEntry,
    Salted,
    log_size,
)
from xihu_platform.audit.merkle import leaf_hash, root_from_inclusion
from xihu_platform.audit.models import AuditEntry
from xihu_platform.audit.seals import OwnKeys, own_keys
from xihu_platform.audit.uses import uses_of
from xihu_platform.audit.verify import LogCheck, prove, verify
from xihu_platform.clock import system_clock
from xihu_platform.database import open_database, transaction
from xihu_platform.errors import BadInput
from xihu_platform.vault.keys import Keyring


@dataclass
class Logged:
    folder: Path
    database: Engine
    log: AuditLog
    signer: Signer
    own: OwnKeys

    def write(self, count: int, *, subject: str = "s1_a") -> None:
        for number in range(count):
            self.log.record(entry(number, subject))

    def verify(self, head: Path) -> LogCheck:
        return verify(
            self.database,
            read_head(head),
            self.signer.public_key,
            own=self.own,
            heads=self.log.head_path,
        )

    def save_head(self) -> Path:
        saved = self.folder / "saved-head.jsonl"
        shutil.copyfile(self.log.head_path, saved)
        return saved

    @property
    def file(self) -> Path:
        return self.folder / "xihu.db"


def entry(number: int, subject: str = "s1_a") -> LogEntry:
    body: dict[str, object] = {"kind": "read", "number": number, "fields": ["name"]}
    return LogEntry("read", f"{number:032x}", "ga_residents", None, body, (subject,))


@cache
def empty_database() -> bytes:
    """A database with all its tables, made once: the migrations take longer than a test."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "xihu.db"
        database = open_database(f"sqlite:///{path}")
        upgrade(database)
        database.dispose()
        return path.read_bytes()


def open_log(folder: Path, master: bytes) -> Logged:
    path = folder / "xihu.db"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(empty_database())
    database = open_database(f"sqlite:///{path}")
    signer = Signer(Keyring(master))
    log = AuditLog(database, HeadFile(folder / "heads"), signer, system_clock)
    return Logged(folder, database, log, signer, own_keys(Keyring(master)))


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[Logged]:
    opened = open_log(tmp_path, b"m" * 32)
    opened.write(25)
    yield opened
    opened.log.close()
    opened.database.dispose()


Body = Callable[[LogEntry, int, str, list[Salted]], bytes]


@contextmanager
def written_as(logged: Logged, body: Body) -> Iterator[None]:
    """What this log writes meanwhile has another form: this log's thread alone, since a province
    that other tests share may write down what was promised to it at the same moment."""
    usual = log_module._body

    def chosen(entry: LogEntry, seq: int, at: str, subjects: list[Salted]) -> bytes:
        mine = threading.current_thread() is logged.log._thread
        return (body if mine else usual)(entry, seq, at, subjects)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_module, "_body", chosen)
        yield


def test_another_form_is_that_of_one_log_alone(tmp_path: Path) -> None:
    one, other = (open_log(tmp_path / name, b"m" * 32) for name in ("one", "other"))

    def body(_entry: LogEntry, seq: int, at: str, _subjects: object) -> bytes:
        return orjson.dumps({"seq": seq, "at": at, "dataset": "old"})

    with written_as(one, body):
        for each in (one, other):
            each.log.record(entry(1))
    for each, keys in ((one, 3), (other, 11)):
        with transaction(each.database) as session:
            (said,) = session.scalars(select(AuditEntry.body))
            assert len(orjson.loads(said)) == keys
        each.log.close()
        each.database.dispose()


def alter(logged: Logged, *statements: str) -> None:
    logged.database.dispose()
    with sqlite3.connect(logged.file) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_an_untouched_log_verifies_against_an_old_head(logged: Logged) -> None:
    head = logged.save_head()
    logged.write(10)
    checked = logged.verify(head)
    assert checked.holds
    assert checked.size == 35


def test_the_size_is_the_number_of_entries(tmp_path: Path) -> None:
    opened = open_log(tmp_path, b"m" * 32)
    sizes = []
    for written in range(4):
        with transaction(opened.database) as session:
            sizes.append((written, log_size(session)))
        opened.write(1)
    assert sizes == [(0, 0), (1, 1), (2, 2), (3, 3)]
    opened.log.close()
    opened.database.dispose()


def test_a_changed_byte_is_found(logged: Logged) -> None:
    head = logged.save_head()
    alter(
        logged,
        "UPDATE audit_entry SET body = CAST(replace(CAST(body AS TEXT), 'name', 'nane') AS BLOB) "
        "WHERE seq = 7",
    )
    checked = logged.verify(head)
    assert not checked.holds
    assert "changed" in checked.text.en


@pytest.mark.parametrize("offset", [1, 5, 20, 60])
def test_any_flipped_byte_is_found(logged: Logged, offset: int) -> None:
    head = logged.save_head()
    alter(
        logged,
        f"UPDATE audit_entry SET body = CAST(substr(body, 1, {offset - 1}) || x'00' || "
        f"substr(body, {offset + 1}) AS BLOB) WHERE seq = 12",
    )
    assert not logged.verify(head).holds


def test_a_changed_tree_node_is_found(logged: Logged) -> None:
    head = logged.save_head()
    alter(logged, 'UPDATE audit_node SET digest = zeroblob(32) WHERE level = 1 AND "index" = 2')
    assert not logged.verify(head).holds


def test_the_last_ten_entries_cut_off_are_missed(logged: Logged) -> None:
    head = logged.save_head()
    alter(logged, "DELETE FROM audit_entry WHERE seq >= 15", "DELETE FROM audit_node")
    checked = logged.verify(head)
    assert not checked.holds
    assert "cut off" in checked.text.en


def test_an_entry_taken_out_of_the_middle_is_missed(logged: Logged) -> None:
    head = logged.save_head()
    alter(logged, "DELETE FROM audit_entry WHERE seq = 9")
    assert not logged.verify(head).holds


def test_yesterdays_database_put_back_is_found(tmp_path: Path) -> None:
    logged = open_log(tmp_path, b"m" * 32)
    logged.write(12)
    logged.log.close()
    logged.database.dispose()
    shutil.copyfile(logged.file, tmp_path / "yesterday.db")
    later = open_log(tmp_path, b"m" * 32)
    later.write(8)
    head = later.save_head()
    later.log.close()
    later.database.dispose()
    shutil.copyfile(tmp_path / "yesterday.db", later.file)
    checked = later.verify(head)
    assert not checked.holds
    assert checked.size == 12
    later.database.dispose()


def test_a_log_recomputed_without_the_signing_key_is_found(logged: Logged, tmp_path: Path) -> None:
    head = logged.save_head()
    forged = open_log(tmp_path / "forged", b"another key, thirty-two bytes ok")
    forged.write(25, subject="s1_b")
    forged_head = forged.save_head()
    assert not verify(forged.database, read_head(head), logged.signer.public_key).holds
    swapped = verify(forged.database, read_head(forged_head), logged.signer.public_key)
    assert not swapped.holds
    assert "not signed" in swapped.text.en
    forged.log.close()
    forged.database.dispose()


def test_a_head_with_another_size_does_not_pass_its_signature(logged: Logged) -> None:
    line = logged.log.head_path.read_text().splitlines()[-1]
    tampered = parse_head(line.replace('"size": 25', '"size": 15'), "test")
    assert tampered.size == 15
    assert not verify(logged.database, tampered, logged.signer.public_key).holds


def test_what_is_no_head_is_refused_with_a_message(tmp_path: Path) -> None:
    path = tmp_path / "head"
    path.write_text("not a head\n")
    with pytest.raises(BadInput, match="holds no signed head"):
        read_head(path)


def test_every_acknowledged_entry_lies_below_the_newest_head(logged: Logged) -> None:
    assert read_head(logged.log.head_path).size == 25


def test_many_writers_lose_and_double_nothing(logged: Logged) -> None:
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda n: logged.log.record(entry(n)), range(200)))
    assert sorted(numbers) == list(range(25, 225))
    assert logged.verify(logged.log.head_path).holds


def test_two_processes_may_write_one_log(logged: Logged) -> None:
    other = open_log(logged.folder, b"m" * 32)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda each: each.write(40), (logged, other)))
    assert logged.verify(logged.log.head_path).size == 105
    other.log.close()
    other.database.dispose()


def test_a_log_that_cannot_be_written_stops_the_reader(logged: Logged) -> None:
    alter(logged, "DROP TABLE audit_entry")
    with pytest.raises(AuditUnavailable):
        logged.log.record(entry(1))


def test_heads_that_cannot_be_written_stop_the_reader(
    logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_head: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(logged.log._heads, "append", full)
    with pytest.raises(AuditUnavailable):
        logged.log.record(entry(1))
    assert len(uses_of(logged.database, ("s1_a",), limit=100)) == 25


def test_a_proof_convinces_somebody_who_has_only_the_head(logged: Logged) -> None:
    proof = prove(logged.database, 17)
    leaf = leaf_hash(proof.body)
    assert root_from_inclusion(17, proof.size, leaf, list(proof.path)) == proof.root
    assert proof.root == read_head(logged.log.head_path).root


def test_no_proof_is_made_with_another_hash_where_one_is_gone(logged: Logged) -> None:
    alter(logged, 'DELETE FROM audit_node WHERE level = 0 AND "index" = 0')
    with pytest.raises(LookupError, match="node 0/0 is missing"):
        prove(logged.database, 1)


def test_uses_are_those_of_one_person_newest_first(logged: Logged) -> None:
    logged.write(3, subject="s1_other")
    uses = uses_of(logged.database, ("s1_other",))
    assert [use.seq for use in uses] == [27, 26, 25]
    assert uses[0].fields == ("name",)


@pytest.mark.parametrize("kind", [one for one in get_args(EntryKind) if one != "refusal"])
def test_without_a_body_nothing_but_a_refusal_is_recorded(logged: Logged, kind: EntryKind) -> None:
    with transaction(logged.database) as session:
        before = log_size(session)
    wanted = LogEntry(kind, "0" * 32, "ga_residents", None, {"kind": kind})
    token = BODILESS.set(True)
    try:
        with pytest.raises(NothingLeaves):
            logged.log.record(wanted)
        refused = LogEntry("refusal", "1" * 32, "ga_residents", None, {"kind": "refusal"})
        assert logged.log.record(refused) == before
    finally:
        BODILESS.reset(token)
    with transaction(logged.database) as session:
        assert log_size(session) == before + 1
    assert logged.log.record(wanted) == before + 1
