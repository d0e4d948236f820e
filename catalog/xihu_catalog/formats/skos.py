"""A code list as a SKOS concept scheme: one concept for each entry, also for those that ended.

The current entry of a code has the IRI `…/standards/codes/{list}#{code}`; one that ended has the
day on it as well, because a code may be given to another entry later.
"""

from dataclasses import dataclass

from rdflib import DCTERMS, OWL, RDF, SKOS, Graph, URIRef
from rdflib import Literal as Value

from xihu_catalog.formats.clean import clean, segment
from xihu_catalog.registry.code_lists import CodeEntry, CodeListFacts, successors
from xihu_platform.words import Text


@dataclass(frozen=True, slots=True)
class CodeScheme:
    """A code list with all its entries. `iri` is also the address of its page."""

    iri: str
    facts: CodeListFacts
    entries: tuple[CodeEntry, ...]


def scheme_graph(scheme: CodeScheme) -> Graph:
    """The whole graph; there are no blank nodes in it."""
    graph = Graph(bind_namespaces="none")
    for prefix, space in (("skos", SKOS), ("dct", DCTERMS), ("owl", OWL)):
        graph.bind(prefix, space)
    whole, facts = URIRef(scheme.iri), scheme.facts
    graph.add((whole, RDF.type, SKOS.ConceptScheme))
    graph.add((whole, DCTERMS.identifier, Value(facts.id)))
    _say(graph, whole, SKOS.prefLabel, facts.name)
    _say(graph, whole, DCTERMS.title, facts.name)
    _say(graph, whole, DCTERMS.description, facts.source)
    _say(graph, whole, SKOS.scopeNote, extent_words(facts))
    if facts.standard:
        graph.add((whole, DCTERMS.source, Value(clean(facts.standard))))
    if facts.version:
        graph.add((whole, OWL.versionInfo, Value(clean(facts.version))))
    for entry in scheme.entries:
        _add_concept(graph, scheme, entry)
    return graph


def fragment(entry: CodeEntry) -> str:
    """What names an entry on the page of its list and in its IRI.

    >>> from datetime import date
    >>> fragment(CodeEntry("79", Text("", ""))), fragment(
    ...     CodeEntry("79", Text("", ""), None, date(2017, 10, 1))
    ... )
    ('79', '79.2017-10-01')
    """
    ended = f".{entry.valid_to}" if entry.valid_to else ""
    return segment(entry.code) + ended


def extent_words(facts: CodeListFacts) -> Text:
    return Text("完整收录", "The whole list") if facts.whole else Text("摘录", "An extract")


def validity_words(entry: CodeEntry) -> Text | None:
    """From when until when an entry is in force, and when its area changed; None if unknown."""
    zh, en = [], []
    if entry.valid_from:
        zh.append(f"自 {entry.valid_from} 起")
        en.append(f"in force from {entry.valid_from}")
    if entry.valid_to:
        zh.append(f"至 {entry.valid_to} 止（不含当日）")
        en.append(f"until before {entry.valid_to}")
    for day, codes in entry.redrawn:
        zh.append(f"{day} 部分区域划归 {'、'.join(codes)}")
        en.append(f"on {day} a part of its area went to {', '.join(codes)}")
    return Text("，".join(zh), "; ".join(en)) if zh else None


def _add_concept(graph: Graph, scheme: CodeScheme, entry: CodeEntry) -> None:
    concept, whole = _iri(scheme, entry), URIRef(scheme.iri)
    graph.add((concept, RDF.type, SKOS.Concept))
    graph.add((concept, SKOS.inScheme, whole))
    graph.add((concept, SKOS.notation, Value(clean(entry.code))))
    _say(graph, concept, SKOS.prefLabel, entry.name)
    if words := validity_words(entry):
        _say(graph, concept, SKOS.historyNote, words)
    if entry.valid_to is not None:
        graph.add((concept, OWL.deprecated, Value(True)))
    for after in successors(scheme.entries, entry):
        graph.add((concept, DCTERMS.isReplacedBy, _iri(scheme, after)))
    if above := _above(scheme, entry):
        graph.add((concept, SKOS.broader, _iri(scheme, above)))
    elif entry.valid_to is None:
        graph.add((concept, SKOS.topConceptOf, whole))
        graph.add((whole, SKOS.hasTopConcept, concept))


def _above(scheme: CodeScheme, entry: CodeEntry) -> CodeEntry | None:
    """The current entry that an entry belongs to."""
    if entry.parent is None:
        return None
    current = (one for one in scheme.entries if one.code == entry.parent)
    return next((one for one in current if one.valid_to is None), None)


def _iri(scheme: CodeScheme, entry: CodeEntry) -> URIRef:
    return URIRef(f"{scheme.iri}#{fragment(entry)}")


def _say(graph: Graph, subject: URIRef, predicate: URIRef, words: Text) -> None:
    for language, text in (("zh", words.zh), ("en", words.en)):
        if said := clean(text):
            graph.add((subject, predicate, Value(said, lang=language)))
