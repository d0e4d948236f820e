"""Writes a graph as Turtle, RDF/XML or JSON-LD, the last with the context that SEMIC publishes.

The same graph gives the same bytes: there are no blank nodes in it, and all is written in order.
"""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Literal

from rdflib import RDF, Graph, URIRef
from rdflib import Literal as Value
from rdflib.term import Node

from xihu_catalog.formats.authority import TABLES

RdfSyntax = Literal["turtle", "json-ld", "rdf-xml"]
RDF_MEDIA_TYPES: dict[RdfSyntax, str] = {
    "turtle": "text/turtle; charset=utf-8",
    "json-ld": "application/ld+json",
    "rdf-xml": "application/rdf+xml",
}
CONTEXT_IRI = "https://semiceu.github.io/DCAT-AP/releases/3.0.1/context/dcat-ap.jsonld"
CONTEXT_FILE = TABLES / "dcat-ap-3.0.1.jsonld"
_Json = dict[str, Any]
"""Any: it is JSON."""


def write_graph(graph: Graph, syntax: RdfSyntax) -> bytes:
    """The whole document, in UTF-8."""
    if syntax == "json-ld":
        return json.dumps(_json_ld(graph), ensure_ascii=False, indent=1).encode()
    return _ordered(graph).serialize(
        format="turtle" if syntax == "turtle" else "xml", encoding="utf-8"
    )


class _OrderedGraph(Graph):
    """Gives its triples in the order of how they are written; a store has the order of hashes."""

    def triples(self, triple: Any) -> Iterator[Any]:  # type: ignore[override]
        # Any: rdflib's own overloads are about paths, which no serialiser asks for.
        return iter(sorted(super().triples(triple), key=_written))


def _ordered(graph: Graph) -> Graph:
    made = _OrderedGraph(bind_namespaces="none")
    for prefix, namespace in graph.namespaces():
        made.bind(prefix, namespace)
    for triple in graph:
        made.add(triple)
    return made


def _written(found: Node | tuple[Node, ...]) -> str:
    """Values of different kinds have no order of their own; as they are written they have one."""
    return " ".join(o.n3() for o in (found if isinstance(found, tuple) else (found,)))


@lru_cache
def _context() -> _Json:
    context: _Json = json.loads(CONTEXT_FILE.read_text(encoding="utf-8"))["@context"]
    return context


@lru_cache
def _class_terms() -> dict[str, str]:
    """Class IRI to its term. A term that is no class of ours, as `Literal`, does no harm."""
    named = ((t, d if isinstance(d, str) else d["@id"]) for t, d in _context().items())
    return {iri: term for term, iri in named}


def _json_ld(graph: Graph) -> _Json:
    return {
        "@context": CONTEXT_IRI,
        "@graph": [_node(graph, one) for one in sorted(set(graph.subjects()), key=_written)],
    }


def _node(graph: Graph, subject: Node) -> _Json:
    types = sorted(
        _class_terms().get(str(one), str(one)) for one in graph.objects(subject, RDF.type)
    )
    terms = _property_terms(tuple(types))
    made: _Json = {"@id": str(subject), "@type": types}
    for predicate in sorted(set(graph.predicates(subject)), key=_written):
        if predicate == RDF.type:
            continue
        term, coerced = terms.get(str(predicate), (str(predicate), None))
        objects = sorted(graph.objects(subject, predicate), key=_written)
        made[term] = [_value(o, coerced) for o in objects]
    return made


@lru_cache(maxsize=256)
def _property_terms(types: tuple[str, ...]) -> dict[str, tuple[str, str | None]]:
    """Property IRI to its term, and what the term says of its values, in nodes of these types.

    JSON-LD 1.1 puts the contexts of a node's types one over the other, in the order of the terms.
    """
    found: dict[str, tuple[str, str | None]] = {}
    for term in types:
        scoped = _context().get(term)
        if isinstance(scoped, dict):
            for name, said in scoped["@context"].items():
                found[said["@id"]] = (name, said.get("@type"))
    return found


def _value(one: Node, coerced: str | None) -> str | _Json:
    if isinstance(one, URIRef):
        return str(one) if coerced == "@id" else {"@id": str(one)}
    assert isinstance(one, Value)  # no blank nodes are made
    if one.language:
        return {"@value": str(one), "@language": one.language}
    if one.datatype is None:
        return {"@value": str(one)}
    return str(one) if coerced == str(one.datatype) else _typed(one)


def _typed(one: Value) -> _Json:
    return {"@value": str(one), "@type": str(one.datatype)}
