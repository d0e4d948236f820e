"""What an erasure excuses, and what verification says that it could not check."""

from concurrent.futures import wait
from pathlib import Path

import orjson
import pytest
from sqlalchemy.dialects import sqlite

from tests.test_platform.audit.test_log import Logged, alter, entry, logged, written_as
from xihu_platform.audit.entries import Erasure
from xihu_platform.audit.heads import HeadFile, Signer, read_head
from xihu_platform.audit.log import AuditLog, LogEntry
from xihu_platform.audit.replays import cover_replays
from xihu_platform.audit.verify import verify
from xihu_platform.audit.walk import Walk, erasures
from xihu_platform.clock import system_clock
from xihu_platform.vault.keys import Keyring

__all__ = ["logged"]


def walked(told: dict[int, Erasure], lessened: dict[int, str]) -> Walk:
    found = Walk(sqlite.dialect())
    found.told.update(told)
    found.lessened.update(lessened)
    return found


def erasure(dataset: str, first_format: tuple[int, ...] | None = None) -> Erasure:
    named = None if first_format is None else frozenset(first_format)
    return Erasure(dataset, None, frozenset(), named)


@pytest.mark.parametrize(
    ("told", "lessened", "lawful"),
    [
        ({}, {}, True),
        ({}, {1: "b"}, False),
        ({9: erasure("b")}, {1: "b"}, True),
        ({9: erasure("a")}, {1: "b"}, False),
        ({9: erasure("c")}, {1: "b"}, False),
        ({9: erasure("a"), 10: erasure("bb"[1:])}, {1: "b"}, True),
        ({9: erasure("a", (1,))}, {1: "b"}, True),
        ({9: erasure("b", (2,))}, {1: "b"}, False),
        ({9: erasure("b", (1, 2))}, {1: "b"}, False),
        ({9: erasure("b", (1,)), 10: erasure("b")}, {1: "b", 2: "b"}, True),
    ],
)
def test_an_entry_may_lack_persons_only_where_an_erasure_of_its_dataset_or_of_it_says_so(
    told: dict[int, Erasure], lessened: dict[int, str], lawful: bool
) -> None:
    assert (erasures(walked(told, lessened)) is None) is lawful


def test_entries_after_the_head_that_were_compared_with_none_are_counted(logged: Logged) -> None:
    head = logged.save_head()

    def said(heads: Path | None) -> str:
        checked = verify(logged.database, read_head(head), logged.signer.public_key, heads=heads)
        assert checked.holds
        return f"{checked.text.zh} {checked.text.en}"

    assert "after the head" not in said(None)
    logged.write(30)
    assert "签名头之后的 30 条" in said(None) and "the 30 entries after the head" in said(None)
    assert "after the head" not in said(logged.log.head_path)


def test_a_head_of_the_whole_log_needs_none_in_the_file_of_heads(logged: Logged) -> None:
    wait([logged.log.append(entry(n)) for n in range(25, 300)])
    head = read_head(logged.save_head())
    nothing = logged.folder / "no-heads.jsonl"
    assert head.size == 300
    for heads in (nothing, None):
        verdict = verify(logged.database, head, logged.signer.public_key, heads=heads)
        assert verdict.holds, verdict.text.en
        assert "after the head" not in verdict.text.en


@pytest.mark.parametrize("root", [b"\0" * 32, b"\xff" * 32])
def test_an_entry_put_in_under_the_head_of_one_that_never_became_durable_is_found(
    logged: Logged, root: bytes
) -> None:
    """The platform signed a head of that size, but of another entry."""
    head = logged.save_head()
    own = HeadFile(logged.log.head_path.parent)
    own.append(logged.signer.sign(26, root, "2026-11-23T04:00:00+00:00"))
    own.close()
    theirs = HeadFile(logged.folder / "theirs")
    forger = AuditLog(logged.database, theirs, Signer(Keyring(b"o" * 32)), system_clock)
    forger.record(entry(25))
    forger.close()
    assert "from 25 on" in logged.verify(head).text.en


def test_a_table_that_holds_what_its_own_definition_refuses_is_found(logged: Logged) -> None:
    head = logged.save_head()
    alter(
        logged,
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = substr(sql, 1, length(sql) - 1) || ', CHECK (seq < 3))' "
        "WHERE name = 'audit_subject'",
    )
    assert "audit_subject or an index of it is damaged" in logged.verify(head).text.en


@pytest.mark.parametrize("seq", [24.5, 25, 26])
def test_a_person_listed_for_an_entry_after_the_last_is_found(logged: Logged, seq: float) -> None:
    """Whatever the number of entries, and though no entry has half a number."""
    for size in (25, 26):
        assert logged.verify(logged.save_head()).size == size
        at = seq + size - 25
        added = f"INSERT INTO audit_subject (seq, place, subject) VALUES ({at}, 0, 's1_x')"
        alter(logged, added)
        verdict = logged.verify(logged.save_head())
        assert f"entry {at}, which is not there" in verdict.text.en
        assert verdict.not_covered == 0
        alter(logged, "DELETE FROM audit_subject WHERE subject = 's1_x'")
        logged.write(1)


def test_it_is_said_until_an_entry_covers_the_reads_kept_as_sql(logged: Logged) -> None:
    def said() -> str:
        return logged.verify(logged.save_head()).text.en

    assert "first format kept" not in said()
    _keep_sql(logged)
    assert "no entry covers the reads that the first format kept yet" in said()
    cover_replays(logged.database, logged.log)
    assert "first format kept" not in said()


def test_a_second_entry_that_covers_other_reads_kept_as_sql_is_found(logged: Logged) -> None:
    _keep_sql(logged)
    cover_replays(logged.database, logged.log)
    assert logged.verify(logged.save_head()).holds
    logged.log.record(LogEntry("replays", "9" * 32, "", None, {"digest": "of others"}))
    assert "changed, are missing or were added" in logged.verify(logged.save_head()).text.en


def _keep_sql(logged: Logged) -> None:
    """One stream as the first format wrote it, with its SQL."""

    def body(entry: LogEntry, seq: int, at: str, _subjects: object) -> bytes:
        said = {"seq": seq, "at": at, "read": entry.read_id, "dataset": entry.dataset}
        return orjson.dumps({**said, **entry.body}, option=orjson.OPT_SORT_KEYS)

    with written_as(logged, body):
        listing: dict[str, object] = {"kind": "intent", "snapshot": 3, "subjects": 0}
        seq = logged.log.record(LogEntry("intent", "1" * 32, "old", None, listing))
    alter(logged, f"INSERT INTO audit_replay VALUES ({seq}, 'old', 3, 'r', 'SELECT 1', '[]')")
