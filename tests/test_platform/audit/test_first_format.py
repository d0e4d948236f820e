"""Entries of the log's first format: what one digest covers, what a lawful erasure takes of them.

The log here holds, as version 0.1 wrote them: three pages that list persons, a stream that keeps
its SQL, a correction and a declassification, which list nobody and say so with no number.
"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import orjson
import pytest
from sqlalchemy import update

from tests.test_platform.audit.test_columns import OFFICE
from tests.test_platform.audit.test_log import Logged, alter, open_log, written_as
from xihu_platform.audit.erase import erase_subject
from xihu_platform.audit.log import EntryKind, LogEntry
from xihu_platform.audit.models import AuditSubject
from xihu_platform.database import transaction

PERSONS = ("s1_a", "s1_b")
NAMES = [f"s1_{letter}" for letter in "cdefghij"]
"""Others: a digest that were compared for its order alone would let some of them pass."""
DIFFER = "the persons of entry 0 differ"


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[Logged]:
    opened = open_log(tmp_path, b"m" * 32)
    with written_as(opened, _body):
        for dataset in ("old", "old", "other"):
            opened.log.record(_listing(dataset, PERSONS))
        opened.log.record(_listing("old", (), kind="intent"))
        said: dict[str, object] = {"kind": "correction", "organisation": OFFICE}
        opened.log.record(LogEntry("correction", "4" * 32, "old", None, said))
        said = {"kind": "declassification"}
        opened.log.record(LogEntry("declassification", "5" * 32, "old", OFFICE, said))
    with transaction(opened.database) as session:
        session.execute(update(AuditSubject).values(salt=None, leaf=None))
    yield opened
    opened.log.close()
    opened.database.dispose()


def _body(entry: LogEntry, seq: int, at: str, _subjects: object) -> bytes:
    whole = {"seq": seq, "at": at, "read": entry.read_id, "dataset": entry.dataset, **entry.body}
    return orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)


def _listing(dataset: str, persons: tuple[str, ...], kind: EntryKind = "read") -> LogEntry:
    body = {
        "kind": kind,
        "organisation": OFFICE,
        "purpose": "duty",
        "snapshot": 3,
        "subjects": len(persons),
        "subjects_digest": sha256("\n".join(sorted(persons)).encode()).hexdigest(),
    }
    return LogEntry(kind, "1" * 32, dataset, OFFICE, body, persons, purpose="duty")


def verified(logged: Logged, *statements: str) -> str:
    """What is said of the log once it was altered; nothing where it holds."""
    head = logged.save_head()
    if statements:
        alter(logged, *statements)
    checked = logged.verify(head)
    return "" if checked.holds else checked.text.en


def later(logged: Logged, kind: EntryKind = "read", **body: object) -> int:
    """An entry of this program's own format."""
    return logged.log.record(LogEntry(kind, "9" * 32, "old", OFFICE, body))


def test_a_log_of_the_first_format_verifies_and_says_how_many_entries_have_it(
    logged: Logged,
) -> None:
    for kind in ("correction", "declassification", "read"):
        later(logged, kind)
    checked = logged.verify(logged.save_head())
    assert checked.holds, checked.text.en
    assert (checked.size, checked.not_covered) == (9, 6)
    assert "6 of them are of the first format" in checked.text.en
    assert "first format kept" not in checked.text.en


@pytest.mark.parametrize("seq", [0, 3, 4, 5, 6, 7, 8])
def test_the_organisation_of_an_entry_cannot_be_changed_but_where_the_first_format_left_it_out(
    logged: Logged, seq: int
) -> None:
    for kind in ("correction", "declassification", "read"):
        later(logged, kind)
    said = verified(logged, f"UPDATE audit_entry SET organisation = 'x' WHERE seq = {seq}")
    declassified_before = seq == 5
    assert ("column organisation of entry" in said) is not declassified_before


@pytest.mark.parametrize("column", ["salt", "leaf", "erased_by"])
def test_a_person_of_the_first_format_has_no_leaf_of_their_own(logged: Logged, column: str) -> None:
    value = "1" if column == "erased_by" else "zeroblob(16)"
    changed = f"UPDATE audit_subject SET {column} = {value} WHERE seq = 0 AND place = 1"
    assert DIFFER in verified(logged, changed)


@pytest.mark.parametrize("name", NAMES)
def test_a_person_put_in_for_another_is_found(logged: Logged, name: str) -> None:
    changed = f"UPDATE audit_subject SET subject = '{name}' WHERE seq = 0 AND place = 1"
    assert DIFFER in verified(logged, changed)


@pytest.mark.parametrize(("before", "after"), [(1, 2), (0, 7), (0, -1), (1, -1)])
def test_the_places_of_persons_count_from_nought(logged: Logged, before: int, after: int) -> None:
    moved = f"UPDATE audit_subject SET place = {after} WHERE seq = 0 AND place = {before}"
    assert DIFFER in verified(logged, moved)


@pytest.mark.parametrize("place", [2, -1])
def test_no_erasure_excuses_a_person_that_was_added(logged: Logged, place: int) -> None:
    later(logged, "erasure", first_format=[0])
    later(logged, "erasure")
    added = f"INSERT INTO audit_subject (seq, place, subject) VALUES (0, {place}, 's1_c')"
    assert DIFFER in verified(logged, added)


@pytest.mark.parametrize("seq", [3, 4, 5])
def test_a_person_added_to_an_entry_that_lists_nobody_is_found(logged: Logged, seq: int) -> None:
    added = f"INSERT INTO audit_subject (seq, place, subject) VALUES ({seq}, 0, 's1_c')"
    assert f"the persons of entry {seq} differ" in verified(logged, added)


def test_a_person_taken_out_without_an_erasure_is_missed(logged: Logged) -> None:
    """Nothing but an erasure excuses it: no other entry of its dataset, in either format."""
    for kind in ("correction", "declassification", "intent", "read", "replays"):
        later(logged, kind, **({"digest": "x"} if kind == "replays" else {}))
    said = verified(logged, "DELETE FROM audit_subject WHERE seq = 0 AND place = 1")
    assert "no erasure in the log has taken" in said


def test_a_lawful_erasure_names_the_entries_it_took_persons_from(logged: Logged) -> None:
    erase_subject(logged.database, logged.log, "old", ("s1_a",), "PIPL art. 47")
    assert verified(logged) == ""
    taken = "DELETE FROM audit_subject WHERE seq = 2 AND place = 1"
    assert "no erasure in the log has taken" in verified(logged, taken)


@pytest.mark.parametrize("place", [0, 1])
def test_an_erasure_of_some_entries_excuses_no_others_of_its_dataset(
    logged: Logged, place: int
) -> None:
    later(logged, "erasure", first_format=[0])
    taken = "DELETE FROM audit_subject WHERE place = 1 AND seq = 0"
    assert verified(logged, taken) == ""
    more = f"DELETE FROM audit_subject WHERE place = {place} AND seq = 1"
    assert "no erasure in the log has taken" in verified(logged, more)


def test_an_erasure_that_took_nobody_of_the_first_format_excuses_nothing(logged: Logged) -> None:
    later(logged, "erasure", first_format=[])
    taken = "DELETE FROM audit_subject WHERE seq = 0"
    assert "no erasure in the log has taken" in verified(logged, taken)


def test_an_erasure_of_the_program_before_excuses_the_entries_of_its_dataset(
    logged: Logged,
) -> None:
    """It did not name them."""
    later(logged, "erasure")
    taken = "DELETE FROM audit_subject WHERE subject = 's1_a' AND seq"
    assert verified(logged, f"{taken} < 2") == ""
    assert "no erasure in the log has taken" in verified(logged, f"{taken} = 2")


def test_persons_that_an_erasure_took_cannot_come_back(logged: Logged) -> None:
    later(logged, "erasure", first_format=[0])
    assert "are back, or it was not finished" in verified(logged)


@pytest.mark.parametrize("seq", [0, 2, 4, 5])
def test_a_read_kept_as_sql_belongs_to_an_entry_that_kept_it(logged: Logged, seq: int) -> None:
    kept = "INSERT INTO audit_replay VALUES ({}, 'old', 3, 'r', 'SELECT 1', '[]')"
    assert verified(logged, kept.format(3)) == ""
    assert "first format kept" in verified(logged, kept.format(seq))
