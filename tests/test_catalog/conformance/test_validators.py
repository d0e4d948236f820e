"""What validators say of entries; and that what is not installed checks nothing."""

from typing import Any

import pytest
from rdflib import RDF, Graph, URIRef

from tests.test_catalog.formats.drawn import demo, draw, facts_of
from xihu_catalog.conformance import validators
from xihu_catalog.conformance.validators import FIRST, WORDS, CheckResult, check_entry
from xihu_catalog.formats.dcat import DCAT

INSTALLED = ("dcat_ap", "odcs", "data_package")
"""Mlcroissant has an environment of its own: it needs other versions than the platform."""


def results(facts: Any) -> dict[str, CheckResult]:
    # Any: facts of an entry, whole or not.
    return {one.standard: one for one in check_entry(facts)}


def test_the_demos_entries_are_valid_where_they_are_checked() -> None:
    for facts in demo()[:8]:
        found = results(facts)
        assert found["dcat_ap"].state == found["odcs"].state == "valid"
        package = "valid" if facts.distributions else "no_document"
        assert found["data_package"].state == package


def test_what_is_not_installed_is_not_called_valid() -> None:
    one = results(facts_of("tj_county_economy"))["croissant"]
    assert one == CheckResult("croissant", "not_checked", "mlcroissant")


def test_without_any_validator_nothing_is_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validators, "find_spec", lambda _name: None)
    found = results(facts_of("tj_county_economy"))
    assert {one.state for one in found.values()} == {"not_checked"}
    assert validators.checkers() == ""


@pytest.mark.parametrize("standard", ["odcs", "data_package"])
def test_what_is_wrong_is_counted_and_the_first_are_named(
    monkeypatch: pytest.MonkeyPatch, standard: str
) -> None:
    wrong = {"resources": [], "version": 7, "x" * 1000: 1}
    monkeypatch.setattr(validators, "odcs_document", lambda _facts: wrong)
    monkeypatch.setattr(validators, "frictionless_document", lambda _facts, _lang: wrong)
    one = results(facts_of("tj_county_economy"))[standard]
    assert one.state == "invalid"
    assert one.violations >= len(one.first) >= 1
    assert one.checker.startswith("jsonschema 4.")
    assert max(map(len, one.first)) <= WORDS


def test_a_graph_that_breaks_the_shapes_is_invalid(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = Graph()
    bare.add((URIRef("https://a.example/x"), RDF.type, DCAT.Dataset))
    monkeypatch.setattr(validators, "entry_graph", lambda _facts: bare)
    one = results(facts_of("tj_county_economy"))["dcat_ap"]
    assert (one.state, one.checker.split()[0]) == ("invalid", "pyshacl")
    assert {said.partition(": ")[0] for said in one.first} >= {
        "http://purl.org/dc/terms/title",
        "http://purl.org/dc/terms/description",
    }


def test_more_than_ten_violations_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validators, "_errors", lambda _name, _document: map(str, range(25)))
    one = results(facts_of("tj_county_economy"))["odcs"]
    assert (one.violations, len(one.first)) == (25, FIRST)


def test_hostile_entries_are_checked_to_the_end() -> None:
    for facts in draw(40):
        assert {one.state for one in check_entry(facts)} <= {"valid", "not_checked", "no_document"}
