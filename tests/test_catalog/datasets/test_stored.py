"""Stored entries: versions by content, changes by number, removal."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import Engine, delete, func, select

from tests.both_databases import BOTH, postgres, sqlite
from tests.test_catalog.formats.drawn import entries, facts_of
from xihu_catalog.datasets.facts import CoverageFacts, EntryFacts
from xihu_catalog.datasets.stored import (
    ID_LENGTH,
    StoredEntries,
    StoredEntryRow,
    StoredEntryText,
    StoredEntryVersionRow,
    dump_facts,
    load_facts,
    put_entry,
    remove_entry,
)
from xihu_platform.database import transaction
from xihu_platform.words import Text

__all__ = ["postgres"]  # a fixture
NOW = datetime(2026, 11, 30, tzinfo=UTC)


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "postgresql":
        found: Engine = request.getfixturevalue("postgres")
        with transaction(found) as session:
            for table in (StoredEntryRow, StoredEntryText, StoredEntryVersionRow):
                session.execute(delete(table))
        yield found
        return
    with sqlite(tmp_path) as engine:
        yield engine


def named(entry: str, title: str = "甲") -> EntryFacts:
    return replace(facts_of("tj_county_economy"), id=entry, title=Text(title, title))


def put(database: Engine, *facts: EntryFacts, source: str = "hz") -> list[bool]:
    with transaction(database) as session:
        return [put_entry(session, source, one, NOW) for one in facts]


def test_the_same_facts_write_nothing(database: Engine) -> None:
    stored = StoredEntries(database)
    assert put(database, named("hz-1"), named("hz-2")) == [True, True]
    before = stored.number()
    assert put(database, named("hz-1"), named("hz-2")) == [False, False]
    assert stored.number() == before
    assert stored.count() == 2


def test_two_entries_with_other_ids_share_no_text_but_a_version_that_comes_back_does(
    database: Engine,
) -> None:
    for title in ("甲", "乙", "甲"):
        assert put(database, named("hz-1", title)) == [True]
    with transaction(database) as session:
        assert session.scalar(select(func.count()).select_from(StoredEntryText)) == 2
    found = StoredEntries(database).find("hz-1")
    assert found == named("hz-1", "甲")


def test_changes_are_numbered_and_the_later_one_of_an_entry_is_told(database: Engine) -> None:
    stored = StoredEntries(database)
    put(database, named("hz-1"), named("hz-2"), named("hz-1", "乙"))
    changes = stored.changes(0, 10)
    assert [(one.id, one.facts and one.facts.title.zh) for one in changes] == [
        ("hz-1", "乙"),
        ("hz-2", "甲"),
    ]
    seen = max(one.number for one in changes)
    assert stored.changes(seen, 10) == []
    with transaction(database) as session:
        assert remove_entry(session, "hz-2", NOW)
        assert not remove_entry(session, "hz-2", NOW)
    (gone,) = stored.changes(seen, 10)
    assert (gone.id, gone.facts, gone.number > seen) == ("hz-2", None, True)
    assert stored.find("hz-2") is None


def test_pages_are_in_the_order_of_ids(database: Engine) -> None:
    stored = StoredEntries(database)
    put(database, *(named(f"hz-{n:03}") for n in (7, 3, 9, 1, 5)))
    assert [one.id for one in stored.page(1, 3)] == ["hz-003", "hz-005", "hz-007"]
    assert stored.ids(4, 10) == ["hz-009"]
    assert stored.page(5, 10) == []


def test_another_source_cannot_take_an_id(database: Engine) -> None:
    put(database, named("hz-1"))
    with pytest.raises(ValueError, match="hz-1"):
        put(database, named("hz-1", "丙"), source="nb")
    with pytest.raises(ValueError, match=str(ID_LENGTH)):
        put(database, named("hz-" + "x" * ID_LENGTH))


@settings(max_examples=20, suppress_health_check=list(HealthCheck))
@given(entries)
def test_facts_are_read_as_they_were_written(facts: EntryFacts) -> None:
    """Days and moments are told apart; what UTF-8 cannot write is no fact of a stored entry."""
    try:
        content = dump_facts(facts)
    except ValueError:
        return
    assert load_facts(content) == facts


def test_a_day_does_not_become_a_moment() -> None:
    coverage = CoverageFacts(date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC))
    assert load_facts(dump_facts(replace(named("hz-1"), coverage=coverage))).coverage == coverage
