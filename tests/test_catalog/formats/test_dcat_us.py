"""DCAT-US 3.0: entries of the demo and hostile ones by the profile's own schema."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from tests.test_catalog.formats.drawn import catalogue, contracts, demo, draw, facts_of, pages
from tests.test_catalog.formats.schemas import dcat_us_errors
from xihu_catalog.datasets.facts import ContactFacts, CoverageFacts
from xihu_catalog.formats.dcat_us import dcat_us_catalogue, dcat_us_dataset, dcat_us_service
from xihu_platform.words import LANGUAGES, Language, Text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_schema_finds_no_error_in_the_demo(language: Language) -> None:
    entries = demo()
    assert len(entries) == len(contracts())
    for page in pages(entries):
        assert dcat_us_errors(dcat_us_catalogue(catalogue(), page, language), "catalog") == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_schema_finds_no_error_in_hostile_entries(language: Language) -> None:
    for one in draw(200):
        assert dcat_us_errors(dcat_us_dataset(one, language), "dataset") == []
        service = dcat_us_service(one, language)
        assert service is None or dcat_us_errors(service, "dataservice") == []


def test_the_schema_finds_what_is_wrong() -> None:
    whole = dcat_us_dataset(facts_of("tj_county_economy"), "en")
    wrong = {
        "no title": {k: v for k, v in whole.items() if k != "title"},
        "no e-mail": whole | {"contactPoint": [{"fn": "Office"}]},
        "no word of the profile": whole | {"accrualPeriodicity": "often"},
        "no date": whole | {"modified": "yesterday"},
        "no address": whole | {"distribution": [{"downloadURL": "not an address"}]},
        "a number of bytes": whole | {"distribution": [{"byteSize": 7}]},
    }
    assert {name for name, one in wrong.items() if dcat_us_errors(one, "dataset")} == wrong.keys()


def test_what_an_entry_says_is_in_its_document() -> None:
    facts = facts_of("tj_county_economy")
    made = dcat_us_dataset(facts, "en")
    assert made["identifier"] == facts.iri
    assert made["publisher"]["name"] == facts.publisher.name.en
    assert made["accessRights"] == "public"
    assert made["keyword"] == list(facts.keywords)
    assert [one["format"] for one in made["distribution"]] == ["csv", "xlsx", "parquet", "arrow"]
    assert {one["license"] for one in made["distribution"]} == {
        "https://creativecommons.org/licenses/by/4.0/"
    }
    service = dcat_us_service(facts, "en")
    assert service is not None
    assert service["endpointURL"][0].endswith("/api/v1/datasets/tj_county_economy/rows")


def test_a_closed_entry_has_no_file_and_no_service() -> None:
    made = dcat_us_dataset(facts_of("ga_residents"), "zh")
    assert made["accessRights"] == "non-public"
    assert "distribution" not in made
    assert dcat_us_service(facts_of("ga_residents"), "zh") is None


def test_a_contact_without_mail_is_left_out_and_one_with_mail_is_there() -> None:
    facts = facts_of("ga_residents")
    assert dcat_us_dataset(facts, "zh")["contactPoint"] == []
    contact = ContactFacts(Text("数据科", "Data office"), None, "data@example.org", "0571-1")
    made = dcat_us_dataset(replace(facts, contact=contact), "en")
    assert made["contactPoint"] == [
        {
            "@type": "Kind",
            "fn": "Data office",
            "hasEmail": "mailto:data@example.org",
            "tel": "0571-1",
        }
    ]


def test_a_time_without_an_offset_is_a_day() -> None:
    coverage = CoverageFacts(datetime(2026, 1, 1, 5), datetime(2026, 2, 1, 5, tzinfo=UTC))
    made = dcat_us_dataset(replace(facts_of("ga_residents"), coverage=coverage), "zh")
    assert made["temporal"][0]["startDate"] == "2026-01-01"
    assert made["temporal"][0]["endDate"] == "2026-02-01T05:00:00+00:00"
    day = replace(facts_of("ga_residents"), coverage=CoverageFacts(end=date(2026, 1, 2)))
    assert dcat_us_dataset(day, "zh")["temporal"] == [
        {"@type": "PeriodOfTime", "endDate": "2026-01-02"}
    ]
