"""The facts of an entry: what is public, and nothing that is not."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from tests.test_catalog.formats.drawn import BASE, NOW, contracts, facts_of, live
from xihu_catalog.datasets.as_of import as_of
from xihu_catalog.datasets.compiled import entry_facts
from xihu_catalog.datasets.service import Entry, Heartbeat
from xihu_catalog.formats.croissant import croissant_document
from xihu_catalog.formats.dcat import entry_graph
from xihu_catalog.formats.frictionless import frictionless_document
from xihu_catalog.formats.rdf import write_graph
from xihu_catalog.formats.schema_org import schema_org_document

OPEN, CLOSED, DERIVED = "tj_county_economy", "ga_residents", "sg_supervision_monthly"


def test_an_open_entry_offers_its_files_and_its_api() -> None:
    found = facts_of(OPEN)
    assert [one.form for one in found.distributions] == ["csv", "xlsx", "parquet", "arrow"]
    assert {one.download_url for one in found.distributions} >= {
        f"{BASE}/datasets/{OPEN}/download.csv"
    }
    assert found.service is not None
    assert found.service.endpoint_url == f"{BASE}/api/v1/datasets/{OPEN}/rows"


def test_a_workbook_is_offered_only_where_it_holds_the_rows() -> None:
    forms = [one.form for one in facts_of(OPEN, live(100_001)).distributions]
    assert forms == ["csv", "parquet", "arrow"]


@pytest.mark.parametrize("dataset", [CLOSED, "mz_elder_care"])
def test_a_closed_entry_offers_no_file_and_opens_no_field(dataset: str) -> None:
    found = facts_of(dataset)
    assert found.open_class != "unconditional"
    assert not found.distributions
    assert found.service is None
    assert not found.open_fields


def test_a_broken_entry_offers_nothing_that_cannot_be_had() -> None:
    found = facts_of(OPEN, Heartbeat("broken", None, None, 0, None))
    assert not found.distributions
    assert found.service is None
    assert found.coverage is None


def test_a_late_entry_still_has_its_files() -> None:
    found = facts_of(OPEN, replace(live(), state="late"))
    assert found.state.state == "late"
    assert found.distributions


def test_the_files_have_the_fields_that_are_open_to_anybody() -> None:
    """Of the contract as it is written: L1 alone, pseudonyms left out."""
    for contract in contracts().values():
        found = facts_of(contract.dataset)
        opened = [f.name for f in contract.fields if f.grade == "L1" and f.protect != "pseudonym"]
        assert [f.name for f in found.open_fields] == (opened if contract.is_open else [])
        assert [f.name for f in found.fields] == [f.name for f in contract.fields]


def test_a_key_is_told_only_where_the_files_have_all_of_it() -> None:
    found = facts_of(OPEN)
    assert found.open_key == found.key == contracts()[OPEN].key
    first = replace(found.fields[0], name=found.key[0], open=False)
    rest = tuple(one for one in found.fields if one.name != first.name)
    assert replace(found, fields=(first, *rest)).open_key == ()


def test_a_closed_entry_gives_no_licence() -> None:
    banned = next(c for c in contracts().values() if c.open_class == "banned")
    entry = Entry(replace(banned, licence="CC-BY-4.0"), live())
    assert entry_facts(entry, base_url=BASE, now=NOW, find=contracts().get).licence is None
    assert facts_of(OPEN).licence == "CC-BY-4.0"


def test_a_source_that_the_caller_may_not_know_of_is_not_named() -> None:
    entry = Entry(contracts()[DERIVED], live())
    every = entry_facts(entry, base_url=BASE, now=NOW, find=contracts().get).sources
    assert len(every) >= 2
    hidden = every[0].iri.rpartition("/")[2]
    known = {name: one for name, one in contracts().items() if name != hidden}
    left = entry_facts(entry, base_url=BASE, now=NOW, find=known.get).sources
    assert left == every[1:]


@pytest.mark.parametrize(
    ("value", "cycle", "end"),
    [
        (date(2026, 10, 1), "monthly", date(2026, 10, 31)),
        (date(2026, 7, 1), "quarterly", date(2026, 9, 30)),
        (date(2026, 11, 22), "daily", date(2026, 11, 22)),
        (datetime(2026, 11, 22, 8, tzinfo=UTC), "realtime", datetime(2026, 11, 22, 9, tzinfo=UTC)),
    ],
)
def test_the_coverage_ends_with_the_last_day_that_the_newest_value_covers(
    value: date, cycle: str, end: date
) -> None:
    reach = as_of(value, cycle)  # type: ignore[arg-type]  # one of the cycles
    found = facts_of(OPEN, replace(live(), reach=reach))
    assert found.coverage is not None
    assert (found.coverage.start, found.coverage.end) == (None, end)
    assert found.state.as_of == value


def test_a_dataset_without_a_time_field_tells_no_coverage() -> None:
    assert facts_of(OPEN, replace(live(), reach=None)).coverage is None


def test_a_code_list_comes_with_its_codes() -> None:
    found = {one.name: one for one in facts_of("fg_credit_evaluations").fields}
    assert dict(found["level"].codes).keys() == {"A", "B", "C", "D", "E"}
    assert found["firm_name"].codes == ()


def test_synthetic_data_says_so() -> None:
    told = facts_of(OPEN).provenance
    assert told is not None
    assert "合成数据" in told.zh


@pytest.mark.parametrize("state", ["live", "late"])
def test_every_format_says_that_data_is_synthetic_or_late(state: str) -> None:
    found = facts_of(OPEN, replace(live(), state=state))  # type: ignore[arg-type]  # one of them
    documents = [
        schema_org_document(found),
        croissant_document(found),
        frictionless_document(found, "zh"),
        write_graph(entry_graph(found), "turtle").decode(),
    ]
    for document in documents:
        assert "合成数据" in str(document)
        assert ("该更新的数据还没有到" in str(document)) == (state == "late")
