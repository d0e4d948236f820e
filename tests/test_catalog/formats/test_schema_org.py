"""schema.org's dataset as dataset searches ask for it, and safe in a page."""

import json

import pytest

from tests.test_catalog.formats.drawn import BASE, contracts, demo, draw, facts_of
from xihu_catalog.formats.clean import script_json
from xihu_catalog.formats.schema_org import LONGEST, SHORTEST, schema_org_document


@pytest.mark.parametrize("dataset", sorted(contracts()))
def test_what_a_dataset_search_needs_is_told(dataset: str) -> None:
    """Google's required name and description, 50 to 5,000 characters, and its recommended ones."""
    made = schema_org_document(facts_of(dataset))
    assert [one["@language"] for one in made["name"]] == ["zh", "en"]
    for one in made["description"]:
        assert SHORTEST <= len(one["@value"]) <= LONGEST
    assert made["creator"]["@type"] == "GovernmentOrganization"
    assert made.keys() >= {"url", "identifier", "dateModified", "spatialCoverage", "keywords"}


def test_an_open_dataset_has_downloads_and_a_licence() -> None:
    made = schema_org_document(facts_of("tj_county_economy"))
    assert made["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert made["isAccessibleForFree"] is True
    assert [one["encodingFormat"] for one in made["distribution"]][0] == "text/csv"
    assert made["distribution"][0]["contentUrl"] == (
        f"{BASE}/datasets/tj_county_economy/download.csv"
    )


def test_a_closed_one_has_neither() -> None:
    made = schema_org_document(facts_of("ga_residents"))
    assert made["isAccessibleForFree"] is False
    assert not made.keys() & {"distribution", "license"}


def test_hostile_texts_end_no_script_and_lose_no_name() -> None:
    for one in [*demo(), *draw(50)]:
        made = schema_org_document(one)
        written = script_json(made)
        assert "<" not in written
        assert json.loads(written) == made
        assert written.encode()
        assert made["description"]
