"""Entries are checked when they change, and once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.both_databases import BOTH, postgres, sqlite
from tests.test_catalog.formats.drawn import NOW, contracts, facts_of, live
from xihu_catalog.conformance import checking
from xihu_catalog.conformance.checking import CheckRun, check_changed, find_check, is_due
from xihu_catalog.conformance.validators import CheckResult
from xihu_catalog.datasets.entries import Entries
from xihu_catalog.datasets.facts import EntryFacts
from xihu_catalog.datasets.service import Entry, Heartbeat
from xihu_catalog.datasets.stored import StoredEntries, put_entry, remove_entry
from xihu_platform.database import transaction
from xihu_platform.words import Text

__all__ = ["postgres"]  # a fixture


class EntriesOfTests(Entries):
    """Stored entries of a database, and contracts of the demo."""

    def __init__(self, database: Engine) -> None:
        self._stored = StoredEntries(database)
        self.hearts: dict[str, Heartbeat] = {}

    def contract_entries(self) -> list[Entry]:
        return [Entry(contracts()[name], heart) for name, heart in self.hearts.items()]

    def compiled(self, entry: Entry) -> EntryFacts:
        return facts_of(entry.contract.dataset, entry.heartbeat)

    def find_many(self, entries):  # type: ignore[no-untyped-def]  # as its base has it
        found = self._stored.find_many([one for one in entries if "-" in one])
        return found | {one: facts_of(one, h) for one, h in self.hearts.items() if one in entries}


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "postgresql":
        yield request.getfixturevalue("postgres")
        return
    with sqlite(tmp_path) as engine:
        yield engine


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of what was checked; nothing is validated."""
    names: list[str] = []

    def check(facts: EntryFacts) -> tuple[CheckResult, ...]:
        names.append(facts.id)
        return (CheckResult("odcs", "invalid" if "bad" in facts.title.en else "valid", "x 1", 0),)

    monkeypatch.setattr(checking, "check_entry", check)
    return names


def put(database: Engine, entry: str, title: str = "a") -> None:
    facts = replace(facts_of("tj_county_economy"), id=entry, title=Text(title, title))
    with transaction(database) as session:
        put_entry(session, "hz", facts, NOW)


def run(database: Engine, entries: Entries, *, every: bool = False) -> CheckRun:
    return check_changed(database, entries, lambda: NOW, every=every)


def test_what_changes_is_checked_once(database: Engine, seen: list[str]) -> None:
    entries = EntriesOfTests(database)
    entries.hearts = {"tj_county_economy": live()}
    run(database, entries, every=True)
    seen.clear()
    put(database, "c-1")
    put(database, "c-2", "bad")
    assert is_due(database, entries)
    done = run(database, entries)
    assert (done.checked, done.invalid, done.complete) == (2, 1, True)
    assert sorted(seen) == ["c-1", "c-2"]
    assert not is_due(database, entries)
    assert run(database, entries).checked == 0
    entries.hearts = {"tj_county_economy": replace(live(), loaded_at=NOW + timedelta(hours=1))}
    put(database, "c-1", "b")
    run(database, entries)
    assert seen[2:] == ["tj_county_economy", "c-1"]


def test_what_is_gone_has_no_result_any_more(database: Engine, seen: list[str]) -> None:
    entries = EntriesOfTests(database)
    entries.hearts = {"tj_county_economy": live()}
    put(database, "d-1")
    run(database, entries)
    assert find_check(database, "d-1") is not None
    assert find_check(database, "tj_county_economy") is not None
    entries.hearts = {}
    with transaction(database) as session:
        remove_entry(session, "d-1", NOW)
    assert run(database, entries).removed == 2
    assert find_check(database, "d-1") is None
    assert find_check(database, "tj_county_economy") is None
    assert not is_due(database, entries)


def test_a_validator_that_is_installed_later_checks_everything_again(
    database: Engine, seen: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = EntriesOfTests(database)
    put(database, "e-1")
    run(database, entries)
    seen.clear()
    monkeypatch.setattr(checking, "checkers", lambda: "another 2")
    assert is_due(database, entries)
    run(database, entries)
    assert "e-1" in seen
    assert not is_due(database, entries)


def test_a_run_that_ends_before_its_time_goes_on_with_the_next(
    database: Engine, seen: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = EntriesOfTests(database)
    run(database, entries, every=True)
    seen.clear()
    for number in range(5):
        put(database, f"f-{number}")
    monkeypatch.setattr(checking, "DEADLINE_S", -1.0)
    assert run(database, entries).complete is False
    monkeypatch.undo()
    assert is_due(database, entries)


def test_the_newest_result_is_found(database: Engine) -> None:
    entries = EntriesOfTests(database)
    put(database, "g-1")
    run(database, entries, every=True)
    found = find_check(database, "g-1")
    assert found is not None and found.checked_at == NOW
    assert {one.standard: one.state for one in found.results} == {
        "dcat_ap": "valid",
        "croissant": "not_checked",
        "odcs": "valid",
        "data_package": "valid",
    }
    assert find_check(database, "nothing-1") is None
