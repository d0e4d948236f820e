"""Verification covers what pages are made from: columns, subjects, pins; and lawful erasures."""

from collections.abc import Iterator
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path

import orjson
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.test_platform.audit.test_log import Logged, alter, open_log
from xihu_platform.audit import walk
from xihu_platform.audit.erase import erase_subject
from xihu_platform.audit.heads import HeadFile, Signer, read_head
from xihu_platform.audit.log import AuditLog, LogEntry, Pin, digest_text, subject_leaf
from xihu_platform.audit.models import AuditEntry, AuditPin, AuditSubject
from xihu_platform.audit.replays import cover_replays
from xihu_platform.audit.seals import (
    OwnKeys,
    counted_row,
    question_mark,
    region_rows,
    seal_predicate,
)
from xihu_platform.audit.uses import users_of, uses_of
from xihu_platform.audit.verify import verify
from xihu_platform.clock import system_clock
from xihu_platform.database import transaction
from xihu_platform.vault.keys import Keyring
from xihu_platform.words import Text

OFFICE, OTHER = "113399001001000094", "113399001001041148"
DAY = date(2026, 11, 23)
KEY = b"k" * 32


@cache
def pin_of(
    own: OwnKeys, dataset: str = "d0", *, predicate: str | None = "p", person: str = "p-1"
) -> Pin:
    asked = {"snapshot": 7, "principal": person, "whole": False}
    body = orjson.dumps(
        {
            **asked,
            "dataset": dataset,
            "organisation": OFFICE,
            "purpose": "duty",
            "recipient": "r",
            "day": DAY.isoformat(),
            "region": "33",
            "predicate": None if predicate is None else seal_predicate(KEY, predicate),
            "salt": "00",
        },
        option=orjson.OPT_SORT_KEYS,
    )
    return Pin(
        digest=digest_text(sha256(body).digest()),
        body=body,
        key=None if predicate is None else KEY,
        question=question_mark(own, DAY, asked, "duty", OFFICE, predicate),
        day=DAY,
        dataset=dataset,
        snapshot_id=7,
        region="33",
        whole=predicate is None,
    )


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[Logged]:
    opened = open_log(tmp_path, b"m" * 32)
    for number in range(6):
        subjects = (f"s1_{number:032x}", "s1_a", "s1_b")
        entry = LogEntry(
            "read", f"{number:032x}", "d0", OFFICE, {"rows": 3}, subjects, purpose="duty"
        )
        opened.log.record(entry)
    pin = pin_of(opened.own)
    opened.log.record(LogEntry("read", "e" * 32, "d0", OFFICE, {}, purpose="duty", pin=pin))
    opened.log.record(LogEntry("read", "f" * 32, "d0", OFFICE, {}, purpose="duty", pin=pin.digest))
    opened.log.record(LogEntry("outcome", "f" * 32, "d0", None, {}))
    yield opened
    opened.log.close()
    opened.database.dispose()


def test_an_untouched_log_with_subjects_and_pins_verifies(logged: Logged) -> None:
    checked = logged.verify(logged.save_head())
    assert checked.holds, checked.text.en
    assert checked.not_covered == 0


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM audit_subject", "persons of entry 0"),
        ("DELETE FROM audit_subject WHERE seq = 3 AND place = 2", "persons of entry 3"),
        ("UPDATE audit_subject SET subject = 's1_c' WHERE seq = 2 AND place = 1", "of entry 2"),
        ("UPDATE audit_subject SET salt = zeroblob(16) WHERE seq = 2", "of entry 2"),
        ("UPDATE audit_subject SET subject = NULL, salt = NULL WHERE seq = 4", "no erasure"),
        (
            "INSERT INTO audit_subject (seq, place, subject, salt, leaf) "
            "SELECT 6, 0, subject, salt, leaf FROM audit_subject WHERE seq = 5 AND place = 0",
            "persons of entry 6",
        ),
        (
            "INSERT INTO audit_subject (seq, place, subject) VALUES (99, 0, 's1_x')",
            "which is not there",
        ),
        (f"UPDATE audit_entry SET organisation = '{OTHER}' WHERE seq = 1", "organisation"),
        ("UPDATE audit_entry SET organisation = NULL WHERE seq = 1", "organisation"),
        ("UPDATE audit_entry SET dataset = 'other' WHERE seq = 1", "dataset"),
        ("UPDATE audit_entry SET at = '2020-01-01 00:00:00.000000' WHERE seq = 1", "column at"),
        ("UPDATE audit_entry SET at = '2099-01-01 00:00:00.000000' WHERE seq = 1", "column at"),
        ("UPDATE audit_subject SET place = 7 WHERE seq = 3 AND place = 2", "persons of entry 3"),
        ("UPDATE audit_subject SET place = -1 WHERE seq = 3 AND place = 0", "persons of entry 3"),
        (
            "INSERT INTO audit_subject (seq, place, subject) VALUES (9, 0, 's1_x')",
            "entry 9, which is not there",
        ),
        ("UPDATE audit_entry SET kind = 'refusal' WHERE seq = 1", "kind"),
        ("UPDATE audit_entry SET purpose = 'case' WHERE seq = 1", "purpose"),
        ("UPDATE audit_entry SET read_id = 'x' WHERE seq = 1", "read_id"),
        ("UPDATE audit_entry SET pin = NULL WHERE seq = 7", "pin"),
        ("DELETE FROM audit_pin", "pins"),
        ("UPDATE audit_pin SET region = ''", "was changed"),
        ("UPDATE audit_pin SET snapshot_id = 8", "was changed"),
        ("UPDATE audit_pin SET whole = 1", "was changed"),
        ("UPDATE audit_pin SET seq = 999999", "was changed"),
        ("UPDATE audit_pin SET key = x'00'", "was changed"),
        ("UPDATE audit_pin SET key = NULL, question = NULL", "was changed"),
        ("UPDATE audit_pin SET question = 'q'", "was changed"),
        ("UPDATE audit_entry SET purpose = '' WHERE seq = 8", "column purpose of entry 8"),
        (
            "INSERT INTO audit_entry SELECT -1, body, at, read_id, dataset, organisation, kind, "
            "purpose, pin FROM audit_entry WHERE seq = 5",
            "gap",
        ),
        (
            "INSERT INTO audit_subject (seq, place, subject) VALUES (-1, 0, 's1_x')",
            "entry -1, which is not there",
        ),
        (
            "INSERT INTO audit_subject (seq, place, subject) VALUES (2.5, 0, 's1_x')",
            "entry 2.5, which is not there",
        ),
        ("UPDATE audit_subject SET erased_by = 3 WHERE seq = 2 AND place = 1", "of entry 2"),
        (
            "UPDATE audit_pin SET body = CAST(replace(CAST(body AS TEXT), 'p-1', 'p-2') AS BLOB)",
            "was changed",
        ),
    ],
)
def test_what_pages_are_made_from_cannot_be_changed_unseen(
    logged: Logged, statement: str, said: str
) -> None:
    head = logged.save_head()
    alter(logged, statement)
    checked = logged.verify(head)
    assert not checked.holds
    assert said in checked.text.en


@pytest.mark.parametrize("name", ["p-3", "p-4", "p-5", "p-6", "p-7"])
def test_a_pin_whose_body_was_changed_is_found(logged: Logged, name: str) -> None:
    head = logged.save_head()
    text = f"replace(CAST(body AS TEXT), 'p-1', '{name}')"
    alter(logged, f"UPDATE audit_pin SET body = CAST({text} AS BLOB)")
    assert "was changed" in logged.verify(head).text.en


def test_a_pin_that_no_entry_names_is_found(logged: Logged) -> None:
    head = logged.save_head()
    stray = pin_of(logged.own, "d9")
    with transaction(logged.database) as session:
        session.add(AuditPin(seq=6, **{n: getattr(stray, n) for n in Pin.__slots__}))
    assert "no entry names" in logged.verify(head).text.en


@pytest.mark.parametrize("name", ["s1_c", "s1_d", "s1_e", "s1_f", "s1_g", "s1_h", "s1_i", "s1_j"])
def test_a_person_put_in_for_another_is_found_with_and_without_a_leaf(
    logged: Logged, name: str
) -> None:
    head = logged.save_head()
    where = "WHERE seq = 2 AND place = 1"
    alter(logged, f"UPDATE audit_subject SET subject = '{name}' {where}")
    assert "persons of entry 2" in logged.verify(head).text.en
    salt, leaf = b"0" * 16, subject_leaf(b"0" * 16, name)
    forged = f"salt = x'{salt.hex()}', leaf = x'{leaf.hex()}'"
    alter(logged, f"UPDATE audit_subject SET {forged} {where}")
    assert "persons of entry 2" in logged.verify(head).text.en


def test_a_purpose_given_to_an_entry_that_states_none_is_found(logged: Logged) -> None:
    number = logged.log.record(LogEntry("read", "9" * 32, "d0", OFFICE, {}))
    head = logged.save_head()
    alter(logged, f"UPDATE audit_entry SET purpose = 'case' WHERE seq = {number}")
    assert "column purpose" in logged.verify(head).text.en


def test_an_entry_about_many_persons_verifies(logged: Logged) -> None:
    many = tuple(f"s1_{number}" for number in range(300))
    logged.log.record(LogEntry("read", "9" * 32, "d0", OFFICE, {}, many))
    checked = logged.verify(logged.save_head())
    assert checked.holds, checked.text.en


def test_a_log_of_several_chunks_verifies(logged: Logged, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "CHUNK", 3)
    checked = logged.verify(logged.save_head())
    assert checked.holds, checked.text.en
    alter(logged, "DELETE FROM audit_entry WHERE seq = 4")
    assert "have a gap" in logged.verify(logged.save_head()).text.en


def test_a_lawful_erasure_is_an_entry_and_leaves_the_others_provable(logged: Logged) -> None:
    erased = erase_subject(logged.database, logged.log, "d0", ("s1_a",), "PIPL art. 47")
    assert erased == 6
    checked = logged.verify(logged.save_head())
    assert checked.holds, checked.text.en
    assert uses_of(logged.database, ("s1_a",)) == []
    assert len(uses_of(logged.database, ("s1_b",))) == 6
    with transaction(logged.database) as session:
        left = session.scalars(select(AuditSubject.salt).where(AuditSubject.subject.is_(None)))
        assert set(left) == {None}
        kinds = list(session.scalars(select(AuditEntry.kind).order_by(AuditEntry.seq)))
    assert kinds[-1] == "erasure"
    assert erase_subject(logged.database, logged.log, "d0", ("s1_a",), "PIPL art. 47") == 0


def test_more_than_an_erasure_took_cannot_be_passed_off_as_it(logged: Logged) -> None:
    erase_subject(logged.database, logged.log, "d0", ("s1_a",), "PIPL art. 47")
    head = logged.save_head()
    alter(
        logged,
        "UPDATE audit_subject SET subject = NULL, salt = NULL, erased_by = 9 "
        "WHERE seq = 4 AND subject = 's1_b'",
    )
    checked = logged.verify(head)
    assert not checked.holds
    assert "no erasure" in checked.text.en


def test_an_erasure_destroys_the_key_of_a_predicate_that_names_the_person(logged: Logged) -> None:
    digest = pin_of(logged.own).digest
    erase_subject(logged.database, logged.log, "d0", ("s1_x",), "PIPL art. 47", pins=[digest])
    alter(logged)
    assert logged.verify(logged.save_head()).holds
    with transaction(logged.database) as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)).one()
    assert orjson.loads(entry.body)["pins"] == [digest]


def test_the_logs_times_do_not_run_back(tmp_path: Path) -> None:
    opened = open_log(tmp_path, b"m" * 32)
    opened.write(2)
    with transaction(opened.database) as session:
        times = list(session.scalars(select(AuditEntry.at).order_by(AuditEntry.seq)))
    assert times == sorted(times)
    opened.log.close()


def test_a_refusal_is_no_use_and_is_told_apart(logged: Logged) -> None:
    for number in range(3):
        logged.log.record(
            LogEntry("refusal", f"r{number}", "d0", OFFICE, {"reason": "x"}, purpose="duty")
        )
        logged.log.record(LogEntry("refusal", f"o{number}", "d0", OTHER, {"reason": "x"}))
    logged.log.record(LogEntry("read", "c" * 32, "d0", OFFICE, {}, purpose="case"))
    (user,) = users_of(logged.database, "d0")
    assert (user.organisation, user.reads, user.refused) == (OFFICE, 9, 3)
    assert user.purposes == ("duty", "case")


def test_entries_that_somebody_else_appended_are_found(logged: Logged) -> None:
    """The tree's hashes need no key: whoever writes to the database can make them."""
    head = logged.save_head()
    key = Signer(Keyring(b"o" * 32))
    forger = AuditLog(logged.database, HeadFile(logged.folder / "theirs"), key, system_clock)
    forger.record(LogEntry("read", "9" * 32, "d0", OFFICE, {}, ("s1_a",), purpose="duty"))
    forger.close()
    assert len(uses_of(logged.database, ("s1_a",))) == 7
    checked = logged.verify(head)
    assert not checked.holds
    assert "from 9 on" in checked.text.en


def test_entries_after_the_head_are_said_to_be_compared_with_none(logged: Logged) -> None:
    head = read_head(logged.save_head())
    logged.log.record(LogEntry("read", "9" * 32, "d0", OFFICE, {}))
    checked = verify(logged.database, head, logged.signer.public_key, own=logged.own)
    assert checked.holds
    assert "the 1 entries after the head were compared with no head" in checked.text.en
    assert "own keys" not in checked.text.en


def test_a_head_whose_entries_never_became_durable_is_no_fault(logged: Logged) -> None:
    head = logged.save_head()
    failed = logged.signer.sign(10, b"0" * 32, "2026-11-23T04:00:00+00:00")
    other = HeadFile(logged.log.head_path.parent)
    other.append(failed)
    other.close()
    assert logged.verify(head).holds
    logged.log.record(LogEntry("read", "9" * 32, "d0", OFFICE, {}))
    assert logged.verify(head).holds


def test_without_the_platforms_own_keys_the_answer_says_what_was_not_checked(
    logged: Logged,
) -> None:
    head = read_head(logged.save_head())
    alter(logged, f"UPDATE audit_pin SET question = '{'q' * 43}'")
    checked = verify(logged.database, head, logged.signer.public_key)
    assert checked.holds
    assert "without the platform's own keys" in checked.text.en
    assert not logged.verify(logged.save_head()).holds


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER hide AFTER INSERT ON audit_region BEGIN DELETE FROM audit_region "
        "WHERE region <> '-'; END",
        "CREATE VIEW other AS SELECT 1",
    ],
)
def test_what_would_change_rows_by_itself_is_found(logged: Logged, statement: str) -> None:
    head = logged.save_head()
    alter(logged, statement)
    assert "did not make" in logged.verify(head).text.en


def test_an_index_that_leaves_out_a_look_is_found(logged: Logged) -> None:
    head = logged.save_head()
    index = "CREATE INDEX audit_subject_by_person ON audit_subject (subject, seq)"
    alter(
        logged,
        "DROP INDEX audit_subject_by_person",
        f"{index} WHERE seq <> 3",
        "PRAGMA writable_schema = ON",
        f"UPDATE sqlite_master SET sql = '{index}' WHERE name = 'audit_subject_by_person'",
    )
    assert len(uses_of(logged.database, ("s1_a",))) == 5
    assert "audit_subject or an index of it is damaged" in logged.verify(head).text.en


def test_a_table_that_is_gone_is_found(logged: Logged) -> None:
    head = logged.save_head()
    alter(logged, "DROP TABLE audit_counted")
    assert "cannot be read" in logged.verify(head).text.en


def test_persons_that_were_erased_and_put_back_are_found(logged: Logged) -> None:
    with transaction(logged.database) as session:
        before = session.scalars(select(AuditSubject).where(AuditSubject.subject == "s1_a")).all()
    erase_subject(logged.database, logged.log, "d0", ("s1_a",), "PIPL art. 47")
    head = logged.save_head()
    assert logged.verify(head).holds
    with transaction(logged.database) as session:
        for row in before:
            one = session.get_one(AuditSubject, (row.seq, row.place))
            one.subject, one.salt, one.erased_by = row.subject, row.salt, None
    assert "are back" in logged.verify(head).text.en


def test_an_erasure_that_was_broken_off_is_said_until_it_is_done_again(
    logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its entry is durable, its rows are not taken yet: as after a power failure in between."""

    class Stop(Exception):
        pass

    record = logged.log.record

    def broken_off(entry: LogEntry) -> int:
        record(entry)
        raise Stop

    monkeypatch.setattr(logged.log, "record", broken_off)
    pins = [pin_of(logged.own).digest]
    with pytest.raises(Stop):
        erase_subject(logged.database, logged.log, "d0", ("s1_a",), "PIPL art. 47", pins=pins)
    monkeypatch.undo()
    assert not logged.verify(logged.save_head()).holds
    erase_subject(logged.database, logged.log, "d0", ("s1_a",), "PIPL art. 47", pins=pins)
    checked = logged.verify(logged.save_head())
    assert checked.holds, checked.text.en


def test_a_pin_of_a_region_alone_holds_no_key(logged: Logged) -> None:
    whole = pin_of(logged.own, predicate=None)
    logged.log.record(LogEntry("read", "9" * 32, "d0", OFFICE, {}, pin=whole))
    head = logged.save_head()
    assert logged.verify(head).holds
    alter(logged, f"UPDATE audit_pin SET key = zeroblob(32) WHERE digest = '{whole.digest}'")
    text = logged.verify(head).text
    assert text.en == f"pin {whole.digest[:12]} was changed"
    assert text.zh == f"查询凭据 {whole.digest[:12]} 被改动"


@pytest.mark.parametrize("counted", [0, 2])
def test_a_pin_that_was_marked_as_not_counting_a_person_is_found(
    logged: Logged, counted: int
) -> None:
    digest = pin_of(logged.own).digest
    with transaction(logged.database) as session:
        session.add(counted_row(logged.own, "s1_x", digest, counted=True))
        session.add_all(region_rows(logged.own, "s1_x", "d0", 7, ["-", "33", "3301"]))
    head = logged.save_head()
    assert [use.seq for use in uses_of(logged.database, ("s1_x",))] == [6]
    assert logged.verify(head).holds
    alter(logged, f"UPDATE audit_counted SET counted = {counted}")
    assert uses_of(logged.database, ("s1_x",)) == []
    assert "was settled for a person was changed" in logged.verify(head).text.en


@pytest.mark.parametrize("deleted", ["region = '33'", "region <> '-'", "region = '-'"])
def test_a_region_taken_from_those_a_person_lies_in_is_found(logged: Logged, deleted: str) -> None:
    with transaction(logged.database) as session:
        session.add_all(region_rows(logged.own, "s1_x", "d0", 7, ["-", "33", "3301"]))
    head = logged.save_head()
    alter(logged, f"DELETE FROM audit_region WHERE {deleted}")
    assert "was settled for a person was changed" in logged.verify(head).text.en


def test_entries_that_are_written_meanwhile_are_no_fault(
    logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = logged.save_head()

    def and_one_more(session: Session, walked: walk.Walk) -> Text | None:
        fault = walk.walk(session, walked)
        logged.log.record(LogEntry("read", "9" * 32, "d0", OFFICE, {}, ("s1_a",), purpose="duty"))
        return fault

    monkeypatch.setattr("xihu_platform.audit.verify.walk", and_one_more)
    checked = logged.verify(head)
    assert checked.holds, checked.text.en
    assert checked.size == 9


def test_a_read_kept_as_sql_of_an_entry_that_kept_none_is_found(logged: Logged) -> None:
    """Also before an entry covers them: else the next start would cover the invented one."""
    head = logged.save_head()
    values = "'d0', 7, 'r', 'SELECT 1', '[]'"
    alter(logged, f"INSERT INTO audit_replay VALUES (5, {values})")
    assert "first format kept" in logged.verify(head).text.en
    cover_replays(logged.database, logged.log)
    assert "first format kept" in logged.verify(logged.save_head()).text.en
