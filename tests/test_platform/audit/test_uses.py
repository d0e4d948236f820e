"""Who used my data: filters apply before paging, and only one's own looks count as own."""

from collections.abc import Iterator
from concurrent.futures import wait
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.test_platform.audit.test_log import Logged, open_log
from xihu_platform.audit import uses
from xihu_platform.audit.log import EntryKind, LogEntry, Pin
from xihu_platform.audit.models import AuditEntry, AuditReplay
from xihu_platform.audit.seals import counted_row, region_rows
from xihu_platform.audit.uses import UseFilter, shows, used_by, users_of, uses_of
from xihu_platform.database import transaction

ME, SUBJECT, OFFICE = "p-me", "s1_me", "119900000000000001"


def look(number: int, person: str, organisation: str | None, dataset: str) -> LogEntry:
    body: dict[str, object] = {"kind": "read", "principal": person, "organisation": organisation}
    return LogEntry("read", f"{number:032x}", dataset, organisation, body, (SUBJECT,))


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[Logged]:
    """Twelve looks: each third by an office, the rest one's own, one by a deputy, one in office."""
    opened = open_log(tmp_path, b"m" * 32)
    for number in range(12):
        office = number % 3 == 0
        person, organisation = ("p-official", OFFICE) if office else (ME, None)
        opened.log.record(look(number, person, organisation, f"d{number % 2}"))
    opened.log.record(look(12, "p-deputy", None, "d0"))
    opened.log.record(look(13, ME, OFFICE, "d0"))
    yield opened
    opened.log.close()
    opened.database.dispose()


def seqs(logged: Logged, wanted: UseFilter, **page: int) -> list[int]:
    return [use.seq for use in uses_of(logged.database, (SUBJECT,), wanted=wanted, **page)]


def test_others_are_offices_deputies_and_oneself_in_office(logged: Logged) -> None:
    assert seqs(logged, UseFilter(others_than=ME)) == [13, 12, 9, 6, 3, 0]


def test_a_page_of_others_is_full_though_own_looks_lie_between(
    logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uses, "BATCH", 2)
    others = UseFilter(others_than=ME)
    assert seqs(logged, others, limit=4) == [13, 12, 9, 6]
    assert seqs(logged, others, limit=4, before=6) == [3, 0]


def test_filters_narrow_before_the_page_is_cut(logged: Logged) -> None:
    assert seqs(logged, UseFilter(dataset="d1"), limit=3) == [11, 9, 7]
    assert seqs(logged, UseFilter(organisation=OFFICE), limit=2) == [13, 9]
    assert seqs(logged, UseFilter(dataset="d1", organisation=OFFICE)) == [9, 3]


def test_the_filters_offer_all_that_ever_looked(logged: Logged) -> None:
    assert used_by(logged.database, (SUBJECT,)) == (("d0", "d1"), (OFFICE,))
    assert used_by(logged.database, ("s1_nobody",)) == ((), ())


def test_a_filter_by_dataset_or_organisation_takes_no_neighbour(logged: Logged) -> None:
    before, after = "1" * 18, "9" * 18
    for number, organisation in ((14, before), (15, after)):
        logged.log.record(look(number, "p-official", organisation, "d2"))
    assert seqs(logged, UseFilter(dataset="d0")) == [13, 12, 10, 8, 6, 4, 2, 0]
    assert seqs(logged, UseFilter(dataset="d2")) == [15, 14]
    assert seqs(logged, UseFilter(organisation=OFFICE)) == [13, 9, 6, 3, 0]
    assert seqs(logged, UseFilter(organisation=before)) == [14]


def test_only_who_an_entry_is_about_may_have_its_proof(logged: Logged) -> None:
    logged.log.record(replace(look(14, "p-official", OFFICE, "d0"), subjects=("s1_other",)))
    assert shows(logged.database, 13, (SUBJECT,))
    assert not shows(logged.database, 14, (SUBJECT,))
    assert shows(logged.database, 14, ("s1_other",))
    assert not shows(logged.database, 13, ("s1_other",))
    assert not shows(logged.database, 15, (SUBJECT, "s1_other"))


def pinned(digest: str, region: str, *, dataset: str = "p5", snapshot: int = 5) -> LogEntry:
    """A read that refers to a pin of its own, whose body says who asked."""
    body = b'{"principal":"p-of-%s","purpose":"case"}' % digest.encode()
    day = date(2026, 11, 23)
    whole = region != "asked"
    pin = Pin(digest, body, b"k", digest, day, dataset, snapshot, region, whole)
    return LogEntry("read", digest, dataset, OFFICE, {}, purpose="duty", pin=pin)


def test_a_pin_counts_who_lies_in_its_region_of_its_snapshot(logged: Logged) -> None:
    """Each pin but the first differs from it in one thing, to both sides."""
    first = logged.log.record(pinned("pin-a", "3301"))
    for digest, changed in (
        ("pin-b", pinned("pin-b", "3300")),
        ("pin-c", pinned("pin-c", "3302")),
        ("pin-d", pinned("pin-d", "3301", snapshot=4)),
        ("pin-e", pinned("pin-e", "3301", snapshot=6)),
        ("pin-f", pinned("pin-f", "3301", dataset="p4")),
        ("pin-g", pinned("pin-g", "3301", dataset="p6")),
    ):
        assert logged.log.record(changed) > first, digest
    with transaction(logged.database) as session:
        session.add_all(region_rows(logged.own, "s1_there", "p5", 5, ["3301"]))
    found = uses_of(logged.database, ("s1_there",))
    assert [(use.seq, use.person, use.purpose) for use in found] == [(first, "p-of-pin-a", "duty")]


def test_a_pin_with_a_predicate_counts_whom_it_was_found_to_count(logged: Logged) -> None:
    numbers = {name: logged.log.record(pinned(name, "asked")) for name in ("pa", "pb", "pc")}
    with transaction(logged.database) as session:
        session.add(counted_row(logged.own, "s1_there", "pb", counted=True))
        session.add(counted_row(logged.own, "s1_there", "pc", counted=False))
        session.add_all(region_rows(logged.own, "s1_there", "p5", 5, ["asked"]))
    found = uses_of(logged.database, ("s1_there",))
    assert [(use.seq, use.person) for use in found] == [(numbers["pb"], "p-of-pb")]


def test_a_read_kept_as_sql_counts_whom_it_was_found_to_count(logged: Logged) -> None:
    """Of three one after another that the first format kept, the one in the middle."""
    numbers = [logged.log.record(LogEntry("intent", f"r{n}", "d0", OFFICE, {})) for n in range(3)]
    with transaction(logged.database) as session:
        for seq in numbers:
            kept = {"dataset": "d0", "snapshot_id": 5, "recipient": "r", "sql": "SELECT 1"}
            session.add(AuditReplay(seq=seq, parameters=["00"], **kept))
        for seq, person in zip(numbers, ("s1_first", "s1_there", "s1_last"), strict=True):
            session.add(counted_row(logged.own, person, f"{uses.REPLAY}{seq}", counted=True))
        not_here = counted_row(logged.own, "s1_there", f"{uses.REPLAY}{numbers[0]}", counted=False)
        session.add(not_here)
    assert [use.seq for use in uses_of(logged.database, ("s1_there",))] == [numbers[1]]


def test_every_use_is_found_however_many_lie_in_one_batch(
    logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending = [logged.log.append(look(n, "p-official", OFFICE, "d0")) for n in range(14, 314)]
    wait(pending)
    assert len(seqs(logged, UseFilter())) == 50
    everything = list(range(313, -1, -1))
    for batch in (3, 300, 314, 500):
        monkeypatch.setattr(uses, "BATCH", batch)
        assert seqs(logged, UseFilter(), limit=400) == everything, batch


def read_by(
    organisation: str, kind: EntryKind, purpose: str | None, dataset: str = "d5"
) -> LogEntry:
    return LogEntry(kind, "r", dataset, organisation, {}, purpose=purpose)


def test_organisations_are_counted_over_all_purposes_most_reads_first(logged: Logged) -> None:
    few, many, neighbour = "2" * 18, "3" * 18, "4" * 18
    for dataset in ("d4", "d6"):
        logged.log.record(read_by(neighbour, "read", "duty", dataset))
    logged.log.record(read_by(few, "read", "duty"))
    logged.log.record(read_by(many, "intent", "case"))
    last = [logged.log.record(read_by(many, "read", "duty")) for _ in range(3)][-1]
    logged.log.record(read_by(many, "refusal", "duty"))
    logged.log.record(read_by(many, "refusal", None))
    logged.log.record(read_by("5" * 18, "refusal", "duty"))
    with transaction(logged.database) as session:
        last_at = session.get_one(AuditEntry, last).at
    found = users_of(logged.database, "d5")
    assert [(u.organisation, u.reads, u.refused) for u in found] == [(many, 4, 2), (few, 1, 0)]
    assert found[0].purposes == ("duty", "case")
    assert found[0].last_at == last_at
    assert [u.organisation for u in users_of(logged.database, "d5", limit=1)] == [many]


def test_an_organisation_was_last_there_at_its_newest_read_of_any_purpose(logged: Logged) -> None:
    for purpose in ("duty", "duty", "duty", "case"):
        newest = logged.log.record(read_by(OFFICE, "read", purpose))
    with transaction(logged.database) as session:
        at = session.get_one(AuditEntry, newest).at
    (user,) = users_of(logged.database, "d5")
    assert user.last_at == at


def test_the_list_of_organisations_ends_after_twenty(logged: Logged) -> None:
    wait([logged.log.append(read_by(f"{n:018}", "read", "duty")) for n in range(25)])
    assert len(users_of(logged.database, "d5")) == 20
