"""The job on both databases: idempotent, resumable, careful with removals, edits survive."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, func, select

from tests.both_databases import BOTH, postgres, sqlite
from tests.test_catalog.harvest.feeds import source
from tests.test_catalog.harvest.portal import (
    NOW,
    Killed,
    Portal,
    entry_of,
    killed_at,
    lost,
    records,
    run,
    stored,
    written,
)
from xihu_catalog.datasets.facts import ContactFacts
from xihu_catalog.datasets.stored import (
    StoredEntryRow,
    StoredEntryText,
    StoredEntryVersionRow,
)
from xihu_catalog.harvest.edits import EntryEdit, clear_edit, find_edit, set_edit
from xihu_catalog.harvest.job import FetchedDocument, HarvestJob, HarvestRun, harvest, last_run
from xihu_catalog.harvest.models import HarvestPageRow, HarvestRecordRow, HarvestRunRow
from xihu_catalog.harvest.raw import SourceFault
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, NotFound
from xihu_platform.words import Text

__all__ = ["postgres"]  # a fixture
TABLES = (
    *(StoredEntryRow, StoredEntryText, StoredEntryVersionRow),
    *(HarvestRunRow, HarvestPageRow, HarvestRecordRow),
)


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "postgresql":
        found: Engine = request.getfixturevalue("postgres")
        with transaction(found) as session:
            for table in TABLES:
                session.execute(delete(table))
        yield found
        return
    with sqlite(tmp_path) as engine:
        yield engine


@pytest.fixture
def portal() -> Portal:
    """Seven packages on three pages."""
    made = Portal()
    for number in range(7):
        made.add(f"p{number}")
    return made


def counts(result: HarvestRun) -> tuple[str, int, int, int, int, int]:
    found = (result.new, result.changed, result.same, result.removed, result.failed)
    return result.state, *found


def titles(database: Engine) -> list[str]:
    return sorted(one.title.en for one in stored(database).values())


def edit(database: Engine, record: str, **fields: object) -> None:
    with transaction(database) as session:
        set_edit(session, entry_of(database, record), EntryEdit(**fields), NOW)  # type: ignore[arg-type]


def test_a_second_run_writes_nothing_but_its_own_row(database: Engine, portal: Portal) -> None:
    assert counts(run(database, portal)) == ("complete", 7, 0, 0, 0, 0)
    before = written(database)
    later = NOW + timedelta(days=1)
    assert counts(run(database, portal, now=later)) == ("complete", 0, 0, 7, 0, 0)
    assert written(database) == before
    with transaction(database) as session:
        assert session.scalar(select(func.count()).select_from(HarvestRunRow)) == 2
        found = last_run(session, "src")
    assert found is not None
    assert found[0] == later


def test_one_change_is_one_version(database: Engine, portal: Portal) -> None:
    run(database, portal)
    portal.packages["p3"].title = "Changed"
    assert counts(run(database, portal)) == ("complete", 0, 1, 6, 0, 0)
    with transaction(database) as session:
        assert session.scalar(select(func.count()).select_from(StoredEntryVersionRow)) == 8


def test_a_real_deletion_disappears_and_its_removal_is_on_record(
    database: Engine, portal: Portal
) -> None:
    run(database, portal)
    entry = entry_of(database, "p2")
    del portal.packages["p2"]
    assert counts(run(database, portal)) == ("complete", 0, 0, 6, 1, 0)
    assert entry not in stored(database)
    assert not records(database)["p2"].in_force
    with transaction(database) as session:
        newest = select(StoredEntryVersionRow.digest).where(StoredEntryVersionRow.entry == entry)
        assert list(session.scalars(newest.order_by(StoredEntryVersionRow.number)))[-1] is None


@pytest.mark.parametrize(("left", "state"), [(0, "refused"), (3, "refused"), (4, "complete")])
def test_more_than_half_is_not_removed_unless_confirmed(
    database: Engine, portal: Portal, left: int, state: str
) -> None:
    run(database, portal)
    for number in range(left, 7):
        del portal.packages[f"p{number}"]
    result = run(database, portal)
    assert result.state == state
    assert len(stored(database)) == (7 if state == "refused" else left)
    if state == "refused":
        assert result.error is not None
        command = "xihu harvest run src --confirm-removals"
        assert command in result.error.zh and command in result.error.en
        assert f"{7 - left} of 7" in result.error.en
    assert run(database, portal, confirm=True).state == "complete"
    assert len(stored(database)) == left


def test_halves_one_after_the_other_are_not_removed(database: Engine, portal: Portal) -> None:
    for number in range(7, 16):
        portal.add(f"p{number}")
    assert run(database, portal).new == 16
    for name in sorted(portal.packages)[:7]:
        del portal.packages[name]
    assert (run(database, portal).state, len(titles(database))) == ("complete", 9)
    for name in sorted(portal.packages)[:4]:
        del portal.packages[name]
    assert (run(database, portal).state, len(titles(database))) == ("refused", 9)
    late = NOW + timedelta(days=8)
    assert (run(database, portal, now=late).state, len(titles(database))) == ("complete", 5)


def test_what_was_confirmed_is_not_counted_again(database: Engine, portal: Portal) -> None:
    run(database, portal)
    for name in sorted(portal.packages)[:5]:
        del portal.packages[name]
    assert run(database, portal).state == "refused"
    assert run(database, portal, confirm=True).removed == 5
    portal.add("q1")
    portal.add("q2")
    run(database, portal)
    del portal.packages["q1"]
    assert (run(database, portal).state, len(titles(database))) == ("complete", 3)


def test_another_catalogue_in_its_place_removes_nothing(database: Engine, portal: Portal) -> None:
    run(database, portal)
    portal.packages.clear()
    for number in range(20):
        portal.add(f"q{number:02}")
    assert run(database, portal).state == "refused"
    assert len(stored(database)) == 27


def test_half_a_feed_removes_nothing(database: Engine, portal: Portal) -> None:
    run(database, portal)
    portal.keep_back = 2
    result = run(database, portal, confirm=True)
    assert counts(result) == ("partial", 0, 0, 5, 0, 0)
    assert result.error is not None
    assert "counts 7 records and gave 5" in result.error.en
    assert len(stored(database)) == 7


def test_a_source_that_fails_removes_nothing_and_the_next_run_resumes(
    database: Engine, portal: Portal
) -> None:
    run(database, portal)
    del portal.packages["p6"]
    portal.down, portal.answers = lost(), 1
    assert counts(run(database, portal)) == ("interrupted", 0, 0, 3, 0, 0)
    portal.down, portal.asked = None, 0
    result = run(database, portal)
    assert portal.asked == 1  # the second page; the first is not asked for again
    assert counts(result) == ("partial", 0, 0, 6, 0, 0)
    assert len(stored(database)) == 7
    assert counts(run(database, portal)) == ("complete", 0, 0, 6, 1, 0)


def test_a_run_that_was_left_open_for_a_day_begins_again(database: Engine, portal: Portal) -> None:
    portal.down, portal.answers = lost(), 1
    run(database, portal)
    portal.down, portal.asked = None, 0
    assert run(database, portal, now=NOW + timedelta(hours=25)).state == "complete"
    assert portal.asked == 3
    with transaction(database) as session:
        assert session.scalar(select(func.count()).select_from(HarvestPageRow)) == 0


def test_a_broken_document_fails_the_run(database: Engine, portal: Portal) -> None:
    run(database, portal)
    portal.down, portal.answers = SourceFault("坏", "broken"), 1
    result = run(database, portal)
    assert (result.state, result.error) == ("failed", Text("坏", "broken"))
    assert len(stored(database)) == 7


@pytest.mark.parametrize("commit", range(1, 8))
def test_a_run_that_was_killed_goes_on_without_duplicates(
    database: Engine, portal: Portal, commit: int
) -> None:
    with pytest.raises(Killed), killed_at(database, commit):
        run(database, portal)
    run(database, portal)
    assert run(database, portal).state == "complete"
    assert titles(database) == [f"Title p{number}" for number in range(7)]


def test_an_edit_survives_a_change_at_the_source(database: Engine, portal: Portal) -> None:
    run(database, portal)
    contact = ContactFacts(Text("数据局", "Data office"), email="a@example.cn")
    edit(database, "p1", title=Text("改", "Edited"), keywords=("k",), contact=contact)
    edit(database, "p1", description=Text("", "Further"))
    portal.packages["p1"].title = "Changed"
    assert counts(run(database, portal)) == ("complete", 0, 1, 6, 0, 0)
    found = stored(database)[entry_of(database, "p1")]
    assert (found.title, found.description) == (Text("改", "Edited"), Text("", "Further"))
    assert (found.keywords, found.contact) == (("k",), contact)
    before = written(database)
    run(database, portal)
    assert written(database) == before


def test_a_cleared_edit_gives_the_sources_own_again(database: Engine, portal: Portal) -> None:
    run(database, portal)
    entry = entry_of(database, "p1")
    edit(database, "p1", title=Text("", "Edited"), keywords=("k",))
    with transaction(database) as session:
        clear_edit(session, entry, NOW, only=("title",))
    assert stored(database)[entry].title.en == "Title p1"
    assert stored(database)[entry].keywords == ("k",)
    with transaction(database) as session:
        clear_edit(session, entry, NOW)
        assert find_edit(session, entry) == EntryEdit()
    assert stored(database)[entry].keywords == ()


def test_an_edit_of_nothing_is_refused(database: Engine, portal: Portal) -> None:
    run(database, portal)
    with pytest.raises(NotFound), transaction(database) as session:
        set_edit(session, "src-none", EntryEdit(), NOW)
    with pytest.raises(BadInput):
        edit(database, "p1", title=Text(" ", "<b></b>"))


def test_an_edit_is_there_again_when_the_record_comes_back(
    database: Engine, portal: Portal
) -> None:
    run(database, portal)
    edit(database, "p1", title=Text("", "Edited"))
    package = portal.packages.pop("p1")
    run(database, portal)
    portal.packages["p1"] = package
    assert counts(run(database, portal)) == ("complete", 1, 0, 6, 0, 0)
    assert "Edited" in titles(database)


@pytest.mark.parametrize("kept", ["name", "title and file"])
def test_a_renamed_record_keeps_its_entry_and_its_edits(
    database: Engine, portal: Portal, kept: str
) -> None:
    run(database, portal)
    entry = entry_of(database, "p1")
    edit(database, "p1", title=Text("", "Edited"))
    package = portal.packages.pop("p1")
    other = replace(package, title="Other") if kept == "name" else replace(package, name="other")
    portal.packages["zz"] = replace(other, id="zz")
    assert counts(run(database, portal)) == ("complete", 0, 1, 6, 0, 0)
    assert entry_of(database, "zz") == entry
    assert stored(database)[entry].title.en == "Edited"
    assert len(stored(database)) == 7
    before = written(database)
    run(database, portal)
    assert written(database) == before


def test_a_copy_beside_the_first_is_an_entry_of_its_own(database: Engine, portal: Portal) -> None:
    run(database, portal)
    portal.packages["zz"] = replace(portal.packages["p1"], id="zz", name="copy")
    assert counts(run(database, portal)) == ("complete", 1, 0, 7, 0, 0)
    assert entry_of(database, "zz") != entry_of(database, "p1")


def test_a_former_id_that_is_used_again_is_another_entry(database: Engine, portal: Portal) -> None:
    run(database, portal)
    portal.packages["zz"] = replace(portal.packages.pop("p1"), id="zz")
    run(database, portal)
    portal.add("p1")
    portal.packages["p1"].file = portal.packages["p1"].name = "another"
    run(database, portal)
    assert len(stored(database)) == 8
    assert entry_of(database, "zz") == "src-p1"
    assert entry_of(database, "p1").startswith("src-p1")


class Documents:
    """A source of other documents, by address."""

    def __init__(self, answer: bytes) -> None:
        self.answer, self.asked = answer, 0

    def __call__(self, address: str) -> FetchedDocument:
        self.asked += 1
        return FetchedDocument(self.answer.replace(b"%d", str(self.asked).encode()), "text/turtle")


PREFIXES = b"""@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix d: <http://purl.org/dc/terms/> .
@prefix h: <http://www.w3.org/ns/hydra/core#> . """


@pytest.mark.parametrize(
    ("document", "asked", "said"),
    [
        (
            b"<x> h:next <https://data.example.org/feed> . <s> a dcat:Dataset ; d:title 'a' .",
            1,
            "leads back",
        ),
        (
            b"<x> h:next <?page=%d> . <s> a dcat:Dataset ; d:title 'same' .",
            2,
            "no further record",
        ),
        (b"<x> h:next <?page=%d> .", 1, "no further record"),
        (
            b"<x> h:next <?" + b"p" * 2_000 + b"> . <a> a dcat:Dataset ; d:title 'a' .",
            1,
            "too long",
        ),
        (
            b"<x> h:next <https://other.example.org/> . <%d> a dcat:Dataset ; d:title 'a' .",
            1,
            "site",
        ),
        (b"<x> h:next <http://data.example.org/> . <1> a dcat:Dataset ; d:title 'a' .", 1, "site"),
    ],
)
def test_paging_that_does_not_end_or_leads_away_is_stopped(
    tmp_path: Path, document: bytes, asked: int, said: str
) -> None:
    fetch = Documents(PREFIXES + document)
    with sqlite(tmp_path) as database:
        job = HarvestJob(database, fetch, lambda: NOW, "https://xihu.example.cn")
        result = harvest(job, source("dcat"))
    assert fetch.asked == asked
    assert result.state == "failed"
    assert result.error is not None
    assert said in result.error.en


def test_endless_pages_end_at_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xihu_catalog.harvest.job.PAGE_LIMIT", 5)
    document = b"<x> h:next <?page=%d> . <%d> a dcat:Dataset ; d:title 'a' ; d:identifier '%d' ."
    fetch = Documents(PREFIXES + document)
    with sqlite(tmp_path) as database:
        job = HarvestJob(database, fetch, lambda: NOW, "https://xihu.example.cn")
        assert harvest(job, source("dcat")).state == "failed"
    assert fetch.asked == 5


def test_a_record_that_turns_bad_keeps_its_last_valid_entry(tmp_path: Path) -> None:
    fetch = Documents(PREFIXES + b"<a> a dcat:Dataset ; d:title 'A' ; d:identifier 'a' .")
    with sqlite(tmp_path) as database:
        job = HarvestJob(database, fetch, lambda: NOW, "https://xihu.example.cn")
        harvest(job, source("dcat"))
        good, fetch.answer = fetch.answer, fetch.answer.replace(b"d:title 'A' ;", b"")
        assert counts(harvest(job, source("dcat"))) == ("complete", 0, 0, 0, 0, 1)
        assert titles(database) == ["A"]
        assert records(database)["a"].error_en == "has no title"
        before = written(database)
        harvest(job, source("dcat"))
        assert written(database) == before
        fetch.answer = good
        assert counts(harvest(job, source("dcat"))) == ("complete", 0, 0, 1, 0, 0)
        assert records(database)["a"].error_en is None


def test_the_row_of_a_fault_goes_with_the_fault(tmp_path: Path) -> None:
    fetch = Documents(PREFIXES + b"<a> a dcat:Dataset . <b> a dcat:Dataset ; d:title 'B' .")
    with sqlite(tmp_path) as database:
        job = HarvestJob(database, fetch, lambda: NOW, "https://xihu.example.cn")
        harvest(job, source("dcat"))
        assert len(records(database)) == 2
        fetch.answer = PREFIXES + b"<b> a dcat:Dataset ; d:title 'B' ."
        assert harvest(job, source("dcat")).state == "complete"
        assert len(records(database)) == 1
