"""ODCS 3.1: entries of the demo and hostile ones by the standard's own schema."""

import json
from dataclasses import replace

import orjson
import pytest

from tests.test_catalog.formats.drawn import BASE, contracts, demo, draw, facts_of
from tests.test_catalog.formats.schemas import odcs_errors
from xihu_catalog.datasets.facts import ContactFacts
from xihu_catalog.formats.odcs import UNVERSIONED, odcs_document, odcs_yaml
from xihu_platform.safe_yaml import read_yaml
from xihu_platform.words import Text


def test_the_schema_finds_no_error_in_the_demo() -> None:
    found = {one.id: odcs_errors(odcs_document(one)) for one in demo()}
    assert len(found) == len(contracts())
    assert {name: errors for name, errors in found.items() if errors} == {}


def test_the_schema_finds_no_error_in_hostile_entries() -> None:
    for one in draw(200):
        assert odcs_errors(odcs_document(one)) == []


def test_the_schema_finds_what_is_wrong() -> None:
    whole = odcs_document(facts_of("tj_county_economy"))
    table = whole["schema"][0]
    wrong = {
        "no version": {k: v for k, v in whole.items() if k != "version"},
        "unknown key": whole | {"colour": "red"},
        "no server type": whole | {"servers": [{"server": "api"}]},
        "nameless field": whole | {"schema": [table | {"properties": [{"description": "a"}]}]},
    }
    assert {name for name, one in wrong.items() if odcs_errors(one)} == wrong.keys()


def test_yaml_reads_back_as_the_document() -> None:
    for one in [*demo(), *draw(50)]:
        written = odcs_yaml(one)
        assert read_yaml(written.decode()) == json.loads(json.dumps(odcs_document(one)))
        assert odcs_yaml(one) == written


def test_fields_keys_and_bounds_are_those_of_the_entry() -> None:
    facts = facts_of("tj_county_economy")
    fields = odcs_document(facts)["schema"][0]["properties"]
    assert [one["name"] for one in fields] == [one.name for one in facts.fields]
    keys = {one["primaryKeyPosition"]: one["name"] for one in fields if one.get("primaryKey")}
    assert [keys[n] for n in sorted(keys)] == list(facts.key)


@pytest.mark.parametrize("dataset", ["ga_residents", "yb_hospital_visits"])
def test_a_closed_entry_says_no_place_to_read_it(dataset: str) -> None:
    made = odcs_document(facts_of(dataset))
    assert "servers" not in made
    assert {one["classification"] for one in made["schema"][0]["properties"]} >= {"L4"}


def test_nothing_of_the_source_of_a_contract_is_in_it() -> None:
    for name, contract in contracts().items():
        written = odcs_yaml(facts_of(name)).decode()
        assert not contract.source.path or contract.source.path not in written
        if contract.source.query is not None:
            assert contract.source.query.strip().splitlines()[0] not in written


def test_what_a_source_does_not_say_is_not_invented() -> None:
    facts = replace(
        facts_of("ga_residents"), version=None, update_cycle=None, contact=None, fields=(), key=()
    )
    made = odcs_document(facts)
    assert made["version"] == UNVERSIONED
    assert {"slaProperties", "support", "schema", "servers"}.isdisjoint(made)


def test_a_contact_has_its_mail_and_its_page() -> None:
    contact = ContactFacts(Text("数据科", "Data office"), f"{BASE}/ask", "data@example.org")
    made = odcs_document(replace(facts_of("ga_residents"), contact=contact))
    assert [one["url"] for one in made["support"]] == [
        "mailto:data@example.org",
        f"{BASE}/ask",
    ]


@pytest.mark.parametrize("bound", ["100000000000000000000", str(2**63), "-1e30"])
def test_a_bound_of_any_size_is_written(bound: str) -> None:
    facts = facts_of("tj_county_economy")
    number = next(one for one in facts.fields if one.logical_type == "number")
    text = next(one for one in facts.fields if one.logical_type == "string")
    wide = (replace(number, maximum=bound), replace(text, max_length=2**70))
    document = odcs_document(replace(facts, fields=wide))
    assert orjson.dumps(document) and odcs_errors(document) == []
    options = [one.get("logicalTypeOptions", {}) for one in document["schema"][0]["properties"]]
    assert options[0]["maximum"] == float(bound) and "maxLength" not in options[1]
