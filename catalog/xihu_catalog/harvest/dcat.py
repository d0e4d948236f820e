"""Reads a page of DCAT in RDF: of another Xihu node, of CKAN's DCAT pages, of DCAT-AP in general.

Literals are taken for addresses and blank nodes for named ones: many catalogues write them so.
"""

import re
from collections.abc import Iterator
from itertools import islice

from rdflib import (
    DCTERMS,
    FOAF,
    OWL,
    PROV,
    RDF,
    RDFS,
    SKOS,
    BNode,
    Graph,
    Literal,
    Namespace,
    URIRef,
)
from rdflib.term import Node

from xihu_catalog.formats.clean import clean
from xihu_catalog.formats.dcat import DCAT, HYDRA, VCARD
from xihu_catalog.harvest.documents import read_graph
from xihu_catalog.harvest.raw import (
    RawContact,
    RawDataset,
    RawDistribution,
    RawPage,
    RawText,
    first,
)

VALUES, TEXT_LENGTH = 200, 25_000
"""The most of one property of one node, and characters of each: a node that many name would else be
copied whole for each of them."""
SCHEMA = Namespace("http://schema.org/")
SCHEMAS = Namespace("https://schema.org/")
_LABELS = (
    *(SKOS.prefLabel, RDFS.label, DCTERMS.title, FOAF.name, VCARD.fn, RDF.value, SKOS.notation),
    *(SCHEMA.name, OWL.versionInfo),
)


def read_dcat(content: bytes, address: str, media_type: str) -> RawPage:
    """`address` is the document's own. Raises SourceFault."""
    graph = read_graph(content, address, media_type)
    found = [_dataset(graph, node) for node in set(graph.subjects(RDF.type, DCAT.Dataset))]
    records = tuple(sorted(found, key=_order))
    return RawPage(records, _next(graph, address), _total(graph), len(records))


def _order(one: RawDataset) -> tuple[str, str, str]:
    """Blank nodes have another name at each reading, their texts have not."""
    return one.iri, one.identifier, repr(one)


def _next(graph: Graph, address: str) -> str | None:
    """In the current terms of Hydra, or in those of 2014; the document's own page first."""
    for predicate in (HYDRA.next, HYDRA.nextPage):
        found = sorted(graph.subject_objects(predicate), key=lambda pair: str(pair[0]) != address)
        for _, following in found:
            return str(following)
    return None


def _total(graph: Graph) -> int | None:
    for one in graph.objects(None, HYDRA.totalItems):
        if str(one).isdecimal():
            return int(str(one)[:9])
    return None


def _dataset(graph: Graph, node: Node) -> RawDataset:
    start, end = _period(graph, node)
    return RawDataset(
        identifier=first(_strings(graph, node, DCTERMS.identifier)),
        iri=str(node) if isinstance(node, URIRef) else "",
        titles=_texts(graph, node, DCTERMS.title),
        descriptions=_texts(graph, node, DCTERMS.description),
        publishers=_texts(graph, node, DCTERMS.publisher) or _texts(graph, node, DCTERMS.creator),
        keywords=_keywords(graph, node),
        themes=_strings(graph, node, DCAT.theme),
        languages=_strings(graph, node, DCTERMS.language),
        licences=_strings(graph, node, DCTERMS.license),
        access=_strings(graph, node, DCTERMS.accessRights),
        frequencies=_strings(graph, node, DCTERMS.accrualPeriodicity),
        issued=first(_strings(graph, node, DCTERMS.issued)),
        modified=first(reversed(_strings(graph, node, DCTERMS.modified))),
        contact=_contact(graph, node),
        page=first(_strings(graph, node, DCAT.landingPage)),
        start=start,
        end=end,
        version=first(
            (*_strings(graph, node, DCAT.version), *_strings(graph, node, OWL.versionInfo))
        ),
        places=_places(graph, node),
        derived_from=tuple(
            sorted(
                str(one)
                for one in graph.objects(node, PROV.wasDerivedFrom)
                if isinstance(one, URIRef)
            )
        ),
        distributions=_distributions(graph, node),
    )


def _places(graph: Graph, node: Node) -> tuple[str, ...]:
    """Identifiers of the places first, then their names."""
    places = sorted(graph.objects(node, DCTERMS.spatial), key=str)
    codes = [code for one in places for code in _strings(graph, one, DCTERMS.identifier)]
    return (*codes, *_strings(graph, node, DCTERMS.spatial))


def _distributions(graph: Graph, node: Node) -> tuple[RawDistribution, ...]:
    found = [_distribution(graph, one) for one in graph.objects(node, DCAT.distribution)]
    return tuple(sorted(found, key=repr))


def _distribution(graph: Graph, node: Node) -> RawDistribution:
    return RawDistribution(
        titles=_texts(graph, node, DCTERMS.title),
        descriptions=_texts(graph, node, DCTERMS.description),
        access_url=first(_strings(graph, node, DCAT.accessURL)),
        download_url=first(_strings(graph, node, DCAT.downloadURL)),
        formats=_strings(graph, node, DCTERMS.format),
        media_types=_strings(graph, node, DCAT.mediaType),
        licences=_strings(graph, node, DCTERMS.license),
        modified=first(_strings(graph, node, DCTERMS.modified)),
        byte_size=first(_strings(graph, node, DCAT.byteSize)),
    )


def _keywords(graph: Graph, node: Node) -> tuple[RawText, ...]:
    return tuple(
        RawText(word.strip(), one.language)
        for one in _texts(graph, node, DCAT.keyword)
        for word in re.split("[,;，；、|]", one.value)
        if word.strip()
    )


def _period(graph: Graph, node: Node) -> tuple[str, str]:
    for period in sorted(graph.objects(node, DCTERMS.temporal), key=str):
        start, end = (
            first(s for p in names for s in _strings(graph, period, p))
            for names in (
                (DCAT.startDate, SCHEMA.startDate, SCHEMAS.startDate),
                (DCAT.endDate, SCHEMA.endDate, SCHEMAS.endDate),
            )
        )
        if start or end:
            return start, end
    return "", ""


def _contact(graph: Graph, node: Node) -> RawContact | None:
    for card in sorted(graph.objects(node, DCAT.contactPoint), key=str):
        return RawContact(
            names=_texts(graph, card, VCARD.fn) or _texts(graph, card, VCARD["organization-name"]),
            url=first(_strings(graph, card, VCARD.hasURL)),
            email=first(_strings(graph, card, VCARD.hasEmail)),
            telephone=first(_strings(graph, card, VCARD.hasTelephone)),
        )
    return None


def _texts(graph: Graph, node: Node, predicate: URIRef) -> tuple[RawText, ...]:
    """Of a node its names. In an order that is the same at each reading."""
    found: set[RawText] = set()
    for one in islice(graph.objects(node, predicate), VALUES):
        for each in islice(_named(graph, one), VALUES):
            found.add(RawText(clean(str(each)[:TEXT_LENGTH]), _tag(each)))
    return tuple(sorted((one for one in found if one.value), key=lambda t: (t.language, t.value)))


def _named(graph: Graph, node: Node) -> Iterator[Literal]:
    if isinstance(node, Literal):
        yield node
        return
    for label in _LABELS:
        found = [one for one in graph.objects(node, label) if isinstance(one, Literal)]
        if found:
            yield from found
            return


def _cut(node: Node) -> str:
    return clean(str(node)[:TEXT_LENGTH])


def _tag(literal: Literal) -> str:
    return literal.language or ""


def _strings(graph: Graph, node: Node, predicate: URIRef) -> tuple[str, ...]:
    """Of a named node its address, then its names; of a blank one its names, or an address that it
    has as a vCard's value."""
    found: set[tuple[int, str]] = set()
    for one in islice(graph.objects(node, predicate), VALUES):
        if not isinstance(one, BNode):
            found.add((0, _cut(one)))
        if not isinstance(one, Literal):
            found |= {(1, _cut(each)) for each in islice(_named(graph, one), VALUES)}
            named = graph.objects(one, VCARD.hasValue)
            found |= {(1, _cut(each)) for each in islice(named, VALUES)}
    return tuple(text for _, text in sorted(found) if text)
