"""A graph comes back from each syntax as it was, hostile texts too, and twice as the same bytes."""

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from rdflib import Graph, Literal
from rdflib.term import Node

from tests.test_catalog.formats.drawn import catalogue, demo, draw, facts_of, pages
from xihu_catalog.formats.dcat import catalogue_graph, entry_graph
from xihu_catalog.formats.rdf import CONTEXT_FILE, CONTEXT_IRI, RdfSyntax, write_graph

SYNTAXES: tuple[RdfSyntax, ...] = ("turtle", "json-ld", "rdf-xml")


def read(document: bytes, syntax: RdfSyntax) -> Graph:
    """As a client reads it; SEMIC's context from the file, for tests reach no network."""
    if syntax != "json-ld":
        return Graph().parse(data=document, format="turtle" if syntax == "turtle" else "xml")
    said = json.loads(document)
    assert said["@context"] == CONTEXT_IRI
    said["@context"] = json.loads(CONTEXT_FILE.read_text(encoding="utf-8"))["@context"]
    return Graph().parse(data=json.dumps(said), format="json-ld")


def triples(graph: Graph) -> set[tuple[str, ...]]:
    """As they are written: two zeros of a zone are the same moment."""
    return {tuple(_same(one) for one in triple) for triple in graph}


def _same(one: Node) -> str:
    if isinstance(one, Literal) and one.datatype is None and one.language is None:
        return f"{one.n3()}^^xsd:string"
    return one.n3()


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")  # in rdflib's own reader
@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_graph_comes_back_as_it_was(syntax: RdfSyntax) -> None:
    for entries in (demo(), draw(50)):
        for page in pages(entries):
            graph = catalogue_graph(catalogue(), page)
            assert triples(read(write_graph(graph, syntax), syntax)) == triples(graph)


def test_xml_is_read_by_a_strict_parser_and_has_no_markup_of_a_text() -> None:
    for page in pages(draw(50)):
        graph = catalogue_graph(catalogue(), page)
        root = ET.fromstring(write_graph(graph, "rdf-xml"))
        assert not [one for one in root.iter() if one.tag == "script"]


def test_the_official_terms_are_used_in_json_ld() -> None:
    said = json.loads(write_graph(entry_graph(facts_of("tj_county_economy")), "json-ld"))
    dataset = next(one for one in said["@graph"] if one["@type"] == ["Dataset"])
    assert {"title", "frequency", "datasetDistribution", "geographicalCoverage"} <= dataset.keys()
    assert dataset["frequency"] == [
        "http://publications.europa.eu/resource/authority/frequency/QUARTERLY"
    ]
    assert {"@value": "县域主要经济指标", "@language": "zh"} in dataset["title"]


_CHILD = """
import sys
from tests.test_catalog.formats.drawn import facts_of
from xihu_catalog.formats.dcat import entry_graph
from xihu_catalog.formats.rdf import write_graph
for syntax in ("turtle", "json-ld", "rdf-xml"):
    sys.stdout.buffer.write(write_graph(entry_graph(facts_of("tj_county_economy")), syntax))
"""


@pytest.mark.usefixtures("child")
def test_the_same_facts_give_the_same_bytes_in_another_process() -> None:
    """Whatever the seed of its hashes: an answer that did not change keeps its ETag."""
    here = b"".join(write_graph(entry_graph(facts_of("tj_county_economy")), s) for s in SYNTAXES)
    there = subprocess.run(
        [sys.executable, "-c", _CHILD],
        env={"PYTHONHASHSEED": "1", "PYTHONPATH": ":".join(sys.path)},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert there.stdout == here
