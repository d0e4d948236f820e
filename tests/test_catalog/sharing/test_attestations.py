"""Entries without data: in step with the registry's list, and late once their review is due."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from rdflib import DCTERMS, URIRef
from sqlalchemy import Engine, text

from tests.both_databases import BOTH, postgres, sqlite
from tests.test_catalog.formats.shapes import violations
from xihu_catalog.datasets.entries import Entries
from xihu_catalog.datasets.facts import AgentFacts, EntryFacts, StateFacts
from xihu_catalog.datasets.service import Catalogue
from xihu_catalog.datasets.stored import StoredEntries, put_entry
from xihu_catalog.formats.dcat import DCAT, DCATAP, entry_graph
from xihu_catalog.formats.schema_org import schema_org_document
from xihu_catalog.formats.wording import whole_description
from xihu_catalog.registry.attestations import Attestation
from xihu_catalog.sharing import attestations
from xihu_catalog.sharing.attestations import attested, sync_attestations
from xihu_platform.database import transaction
from xihu_platform.words import Text

__all__ = ["postgres"]  # a fixture
BASE = "https://data.example.org/"
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
SURVEY = Attestation(
    "survey_households",
    Text("住户调查原始记录", "Original records of the household survey"),
    Text("能识别单个住户的调查记录", "Records that identify a household"),
    "113399001001137073",
    Text("《统计法》第二十八条", "Statistics Law, art. 28"),
    "https://law.example.org/statistics",
    date(2026, 1, 15),
    date(2026, 11, 30),
)
FIRMS = replace(SURVEY, id="survey_firms", title=Text("企业调查原始记录", "Survey of firms"))
NON_PUBLIC = URIRef("http://publications.europa.eu/resource/authority/access-right/NON_PUBLIC")


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "postgresql":
        found: Engine = request.getfixturevalue("postgres")
        with found.begin() as connection:
            for table in ("stored_entry", "stored_entry_text", "stored_entry_version"):
                connection.execute(text(f"DELETE FROM {table}"))
        yield found
    else:
        with sqlite(tmp_path) as found:
            yield found


def sync(patch: pytest.MonkeyPatch, database: Engine, *lines: Attestation) -> list[str]:
    patch.setattr(attestations, "valid_attestations", lambda: lines)
    sync_attestations(database, BASE, NOW)
    return StoredEntries(database).ids(0, 10)


def test_the_entries_are_in_step_with_the_list(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = StoredEntries(database)
    assert sync(monkeypatch, database) == []
    both = ["attested-survey_firms", "attested-survey_households"]
    assert sync(monkeypatch, database, SURVEY, FIRMS) == both
    number = stored.number()
    sync(monkeypatch, database, SURVEY, FIRMS)
    assert stored.number() == number, "the same again writes nothing"
    later = replace(SURVEY, review_by=date(2027, 11, 30))
    assert sync(monkeypatch, database, later) == ["attested-survey_households"]
    assert stored.number() > number
    assert sync(monkeypatch, database) == []


def test_a_decision_that_is_still_to_come_makes_no_entry(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = replace(SURVEY, decided_on=date(2026, 11, 23))
    tomorrow = replace(FIRMS, decided_on=date(2026, 11, 24))
    assert sync(monkeypatch, database, today, tomorrow) == ["attested-survey_households"]


def test_an_entry_of_another_source_is_neither_replaced_nor_removed(
    database: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    other = replace(attested(SURVEY, BASE), title=Text("甲", "A"), kind="dataset")
    with transaction(database) as session:
        put_entry(session, "hz", other, NOW)
    assert sync(monkeypatch, database, SURVEY, FIRMS) == [
        *("attested-survey_firms", "attested-survey_households")
    ]
    found = StoredEntries(database).find("attested-survey_households")
    assert found is not None and found.title.zh == "甲"
    assert "an attestation makes no entry" in caplog.text
    assert sync(monkeypatch, database) == ["attested-survey_households"]


class _Nothing:
    """A catalogue without contracts."""

    def all(self) -> dict[str, object]:
        return {}

    @property
    def contracts(self) -> "_Nothing":
        return self


def entry_at(database: Engine, moment: datetime) -> EntryFacts:
    nothing: Catalogue = _Nothing()  # type: ignore[assignment]
    return Entries(nothing, StoredEntries(database), BASE, lambda: moment).page(0, 10)[0]


def test_it_is_late_from_the_day_after_its_review(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last day ends at midnight in Shanghai, which is 16:00 UTC."""
    sync(monkeypatch, database, SURVEY)
    due = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
    assert entry_at(database, due - timedelta(seconds=1)).state.state == "live"
    assert entry_at(database, due).state.state == "late"
    assert "overdue" not in whole_description(entry_at(database, due)).en
    assert "due for review" in whole_description(entry_at(database, due)).en


def test_what_is_harvested_is_late_by_nobodys_clock(database: Engine) -> None:
    facts = EntryFacts(
        id="hz-a",
        iri="https://data.example.org/id/dataset/hz-a",
        page="https://data.example.org/datasets/hz-a",
        title=Text("甲", "A"),
        description=Text("", ""),
        publisher=AgentFacts("https://hz.example.cn/org/1", Text("乙", "B")),
        state=StateFacts("live", due_at=NOW),
        open_class=None,
    )
    with transaction(database) as session:
        put_entry(session, "hz", facts, NOW)
    assert entry_at(database, NOW + timedelta(days=9)).state.state == "live"


def test_other_catalogues_read_its_ground_and_never_a_file() -> None:
    facts = attested(SURVEY, BASE)
    graph, node = entry_graph(facts), URIRef(facts.iri)
    assert list(graph.objects(node, DCTERMS.accessRights)) == [NON_PUBLIC]
    laws = {str(one) for one in graph.objects(node, DCATAP.applicableLegislation)}
    assert len(laws) == 2 and SURVEY.law in laws
    assert not list(graph.objects(node, DCAT.distribution))
    assert not list(graph.subjects(None, DCAT.DataService))
    assert str(next(graph.objects(node, DCTERMS.issued))) == "2026-01-15"
    assert not violations(graph)
    document = schema_org_document(facts)
    assert "distribution" not in document
    assert document["conditionsOfAccess"][0]["@value"] == "依据《统计法》第二十八条，不予共享"
