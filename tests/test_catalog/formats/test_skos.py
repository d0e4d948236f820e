"""Code lists in SKOS, read back by rdflib: what SKOS itself asks for, and the entries by date."""

from collections import Counter
from datetime import date

import pytest
from rdflib import DCTERMS, OWL, RDF, SKOS, Graph, Literal, URIRef

from tests.registry import REGISTRY
from tests.test_catalog.formats.test_rdf import SYNTAXES, read, triples
from xihu_catalog.formats.rdf import RdfSyntax, write_graph
from xihu_catalog.formats.skos import CodeScheme, scheme_graph
from xihu_catalog.registry.code_lists import code_entries, get_code_list
from xihu_catalog.registry.codes import list_names

BASE = "https://data.example.cn/standards/codes"
assert REGISTRY.is_dir()


def scheme(name: str) -> CodeScheme:
    return CodeScheme(f"{BASE}/{name}", get_code_list(name), code_entries(name))


def graph(name: str) -> Graph:
    return read(write_graph(scheme_graph(scheme(name)), "turtle"), "turtle")


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")  # in rdflib's own reader
@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_list_comes_back_as_it_was(syntax: RdfSyntax) -> None:
    for name in list_names():
        made = scheme_graph(scheme(name))
        assert triples(read(write_graph(made, syntax), syntax)) == triples(made), name


@pytest.mark.parametrize("name", list_names())
def test_a_list_is_a_consistent_scheme(name: str) -> None:
    """SKOS S9, S13, S14: concepts are not schemes; one preferred label for each language."""
    found, whole = graph(name), URIRef(f"{BASE}/{name}")
    concepts = set(found.subjects(RDF.type, SKOS.Concept))
    assert set(found.subjects(RDF.type, SKOS.ConceptScheme)) == {whole}
    assert concepts == set(found.subjects(SKOS.inScheme, whole))
    assert len(concepts) == len(code_entries(name))
    for one in (*concepts, whole):
        languages = Counter(
            label.language
            for label in found.objects(one, SKOS.prefLabel)
            if isinstance(label, Literal)
        )
        assert languages == {"zh": 1, "en": 1}, one
    for one in concepts:
        assert len(list(found.objects(one, SKOS.notation))) == 1
        assert set(found.objects(one, DCTERMS.isReplacedBy)) <= concepts
        assert set(found.objects(one, SKOS.broader)) <= concepts - {one}
    tops = set(found.objects(whole, SKOS.hasTopConcept))
    assert tops == set(found.subjects(SKOS.topConceptOf, whole))
    assert tops


def test_a_code_given_to_another_entry_is_two_concepts() -> None:
    found, base = graph("gbt_4754"), f"{BASE}/gbt_4754"
    former, now = URIRef(f"{base}#79.2017-10-01"), URIRef(f"{base}#79")
    assert found.value(former, SKOS.notation) == found.value(now, SKOS.notation)
    assert Literal("居民服务业", lang="zh") in set(found.objects(former, SKOS.prefLabel))
    assert Literal("土地管理业", lang="zh") in set(found.objects(now, SKOS.prefLabel))
    assert set(found.objects(former, DCTERMS.isReplacedBy)) == {URIRef(f"{base}#80")}
    assert found.value(former, OWL.deprecated) == Literal(True)
    assert found.value(now, OWL.deprecated) is None
    assert found.value(now, SKOS.broader) == URIRef(f"{base}#N")


def test_a_county_that_was_divided_has_both_successors_and_its_last_day() -> None:
    found, base = graph("divisions"), f"{BASE}/divisions"
    ended = URIRef(f"{base}#330104.2021-04-09")
    after = {URIRef(f"{base}#330102"), URIRef(f"{base}#330114")}
    assert set(found.objects(ended, DCTERMS.isReplacedBy)) == after
    notes = {str(note) for note in found.objects(ended, SKOS.historyNote)}
    assert notes == {"至 2021-04-09 止（不含当日）", "until before 2021-04-09"}
    assert len(set(found.objects(URIRef(base), SKOS.hasTopConcept))) == 1  # the province


def test_a_chain_of_successors_ends_in_what_is_in_force() -> None:
    found = graph("divisions")
    one: URIRef = URIRef(f"{BASE}/divisions#330184.2001-02-02")
    (after,) = found.objects(one, DCTERMS.isReplacedBy)
    assert after == URIRef(f"{BASE}/divisions#330110")
    current = [e for e in code_entries("divisions") if e.is_in_force(date(2026, 11, 23))]
    assert len(current) == 102
