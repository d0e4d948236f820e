"""Writes an entry, or a page of the catalogue, as an RDF graph in DCAT-AP 3.0.1.

Each IRI of the EU's tables comes with its class and its name, so that SHACL can validate the
document by itself, ranges included. What is not known is left out, never guessed.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import quote

from rdflib import DCTERMS, FOAF, PROV, RDF, RDFS, SKOS, XSD, Graph, Literal, Namespace
from rdflib import URIRef as Iri

from xihu_catalog.datasets.facts import (
    AgentFacts,
    ContactFacts,
    CoverageFacts,
    DistributionFacts,
    EntryFacts,
    NamedIri,
    PlaceFacts,
    SeriesFacts,
    ServiceFacts,
)
from xihu_catalog.formats.authority import Authority, AuthorityTerm, authority_table, find_term
from xihu_catalog.formats.clean import (
    clean,
    clean_text,
    find_email,
    find_iri,
    one_line,
    segment,
)
from xihu_catalog.formats.wording import state_words
from xihu_platform.words import LANGUAGES, Text

ADMS = Namespace("http://www.w3.org/ns/adms#")
DCAT = Namespace("http://www.w3.org/ns/dcat#")  # rdflib's own is of version 2
DCATAP = Namespace("http://data.europa.eu/r5r/")
ELI = Namespace("http://data.europa.eu/eli/ontology#")
HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
_PREFIXES = {
    "adms": ADMS,
    "dcat": DCAT,
    "dcatap": DCATAP,
    "dct": DCTERMS,
    "eli": ELI,
    "foaf": FOAF,
    "hydra": HYDRA,
    "prov": PROV,
    "rdfs": RDFS,
    "skos": SKOS,
    "vcard": VCARD,
    "xsd": XSD,
}


_IANA = "https://www.iana.org/assignments/media-types/"
_MEDIA_TYPE = re.compile(r"[a-z]+/[A-Za-z0-9][A-Za-z0-9.+_-]*")


@dataclass(frozen=True, slots=True)
class CatalogueFacts:
    """The catalogue itself. `url` is where its pages are asked for, with `page=`."""

    iri: str
    url: str
    homepage: str
    title: Text
    description: Text
    publisher: AgentFacts
    place: PlaceFacts | None = None
    licence: str | None = None
    modified: datetime | None = None


@dataclass(frozen=True, slots=True)
class EntriesPage:
    """One page of it: entries, the page's number from 1, how many pages and entries there are."""

    entries: Sequence[EntryFacts]
    number: int
    pages: int
    total: int


def entry_graph(facts: EntryFacts) -> Graph:
    """One entry: its dataset with all that it names."""
    graph = _empty()
    _add_entry(graph, facts)
    return graph


def catalogue_graph(catalogue: CatalogueFacts, page: EntriesPage) -> Graph:
    """One page of the catalogue, linked with the others as harvesters follow it (Hydra)."""
    graph = _empty()
    node = Iri(catalogue.iri)
    graph.add((node, RDF.type, DCAT.Catalog))
    _add_texts(graph, node, DCTERMS.title, catalogue.title, segment(catalogue.iri))
    _add_texts(graph, node, DCTERMS.description, catalogue.description, segment(catalogue.iri))
    graph.add((node, DCTERMS.publisher, _agent(graph, catalogue.publisher)))
    _add_document(graph, node, FOAF.homepage, catalogue.homepage)
    _add_terms(graph, node, DCTERMS.language, "language", LANGUAGES, DCTERMS.LinguisticSystem)
    _add_place(graph, node, catalogue.iri, catalogue.place)
    _add_licence(graph, node, f"{catalogue.iri}#licence", catalogue.licence)
    _add_moment(graph, node, DCTERMS.modified, catalogue.modified)
    for term in authority_table("taxonomy").values():
        scheme = Iri(term.iri)
        graph.add((node, DCAT.themeTaxonomy, scheme))
        graph.add((scheme, RDF.type, SKOS.ConceptScheme))
        _add_texts(graph, scheme, DCTERMS.title, term.label)
    for facts in page.entries:
        graph.add((node, DCAT.dataset, _add_entry(graph, facts)))
        service = Iri(f"{facts.iri}#service")
        if (service, RDF.type, DCAT.DataService) in graph:
            graph.add((node, DCAT.service, service))
    _add_paging(graph, node, catalogue.url, page)
    return graph


def _empty() -> Graph:
    graph = Graph(bind_namespaces="none")
    for prefix, namespace in _PREFIXES.items():
        graph.bind(prefix, namespace)
    return graph


def _add_paging(graph: Graph, node: Iri, url: str, page: EntriesPage) -> None:
    """In the current terms of Hydra, and in those of 2014, which CKAN's harvester follows."""
    view = Iri(f"{url}?page={page.number}")
    last = max(page.pages, 1)
    graph.add((node, RDF.type, HYDRA.Collection))
    graph.add((node, HYDRA.totalItems, Literal(page.total)))
    graph.add((node, HYDRA.view, view))
    graph.add((view, RDF.type, HYDRA.PartialCollectionView))
    graph.add((view, RDF.type, HYDRA.PagedCollection))
    graph.add((view, HYDRA.totalItems, Literal(page.total)))
    links = [(HYDRA.first, HYDRA.firstPage, 1), (HYDRA.last, HYDRA.lastPage, last)]
    if page.number < last:
        links.append((HYDRA.next, HYDRA.nextPage, page.number + 1))
    if page.number > 1:
        links.append((HYDRA.previous, HYDRA.previousPage, page.number - 1))
    for new, old, number in links:
        graph.add((view, new, Iri(f"{url}?page={number}")))
        graph.add((view, old, Iri(f"{url}?page={number}")))


def _add_entry(graph: Graph, facts: EntryFacts) -> Iri:
    node = Iri(facts.iri)
    graph.add((node, RDF.type, DCAT.Dataset))
    _add_texts(graph, node, DCTERMS.title, facts.title, facts.id)
    _add_texts(graph, node, DCTERMS.description, facts.description, facts.id)
    graph.add((node, DCTERMS.identifier, Literal(clean(facts.id))))
    _add_identifier(graph, node, facts)
    if facts.version and clean(facts.version):
        graph.add((node, DCAT.version, Literal(clean(facts.version))))
    _add_keywords(graph, node, facts.keywords)
    agent = _agent(graph, facts.publisher)
    graph.add((node, DCTERMS.publisher, agent))
    graph.add((node, DCTERMS.creator, agent))
    _add_contact(graph, node, facts)
    _add_terms(graph, node, DCTERMS.language, "language", facts.languages, DCTERMS.LinguisticSystem)
    _add_coverage(graph, node, f"{facts.iri}#period", facts.coverage)
    _add_place(graph, node, facts.iri, facts.place)
    _add_document(graph, node, DCAT.landingPage, facts.page)
    _add_classes(graph, node, facts)
    _add_rights(graph, node, facts)
    _add_state(graph, node, facts)
    for law in facts.legislation:
        _add_named(graph, node, DCATAP.applicableLegislation, law, ELI.LegalResource)
    for standard in facts.conforms_to:
        _add_named(graph, node, DCTERMS.conformsTo, standard, DCTERMS.Standard)
    for source in facts.sources:
        if (iri := find_iri(source.iri)) is not None:
            graph.add((node, PROV.wasDerivedFrom, Iri(iri)))
    if facts.series is not None:
        graph.add((node, DCAT.inSeries, _series(graph, facts, facts.series, agent)))
    service = _service(graph, facts, facts.service, agent) if facts.service else None
    for name, one in facts.named_distributions:
        _add_distribution(graph, facts, name, one, service)
    return node


def _add_identifier(graph: Graph, node: Iri, facts: EntryFacts) -> None:
    code = one_line(facts.resource_code or "")
    if code:
        other = Iri(f"{facts.iri}#resource-code")
        graph.add((node, ADMS.identifier, other))
        graph.add((other, RDF.type, ADMS.Identifier))
        graph.add((other, SKOS.notation, Literal(code)))


def _add_keywords(graph: Graph, node: Iri, keywords: Iterable[str]) -> None:
    """Tagged as Chinese if it has a Chinese character: departments write both into one list."""
    for word in map(one_line, keywords):
        if word:
            language = "zh" if any("\u3400" <= one <= "\u9fff" for one in word) else "en"
            graph.add((node, DCAT.keyword, Literal(word, lang=language)))


def _agent(graph: Graph, facts: AgentFacts) -> Iri:
    node = Iri(facts.id)
    graph.add((node, RDF.type, FOAF.Agent))
    _add_texts(graph, node, FOAF.name, facts.name, facts.id.rpartition("/")[2])
    if facts.level is not None:
        _add_terms(graph, node, DCTERMS.type, "publisher_type", [facts.level], SKOS.Concept)
    return node


def _add_contact(graph: Graph, node: Iri, facts: EntryFacts) -> None:
    contact: ContactFacts | None = facts.contact
    if contact is None:
        return
    card = Iri(f"{facts.iri}#contact")
    graph.add((node, DCAT.contactPoint, card))
    graph.add((card, RDF.type, VCARD.Kind))
    graph.add((card, RDF.type, VCARD.Organization))
    _add_texts(graph, card, VCARD.fn, contact.name, facts.id)
    if contact.url and (url := find_iri(contact.url)):
        graph.add((card, VCARD.hasURL, Iri(url)))
    if contact.email and (address := find_email(contact.email)):
        graph.add((card, VCARD.hasEmail, Iri(f"mailto:{quote(address, safe='@')}")))
    if contact.telephone and (
        number := "".join(c for c in contact.telephone if c in "+0123456789")
    ):
        graph.add((card, VCARD.hasTelephone, Iri(f"tel:{number}")))


def _add_coverage(graph: Graph, node: Iri, name: str, coverage: CoverageFacts | None) -> None:
    if coverage is None or not (coverage.start or coverage.end):
        return
    period = Iri(name)
    graph.add((node, DCTERMS.temporal, period))
    graph.add((period, RDF.type, DCTERMS.PeriodOfTime))
    _add_moment(graph, period, DCAT.startDate, coverage.start)
    _add_moment(graph, period, DCAT.endDate, coverage.end)


def _add_place(graph: Graph, node: Iri, beside: str, place: PlaceFacts | None) -> None:
    """A node of the entry's own: the EU's tables have no division of China."""
    code = one_line(place.code) if place else ""
    if place is None or not code:
        return
    location = Iri(f"{beside}#place")
    graph.add((node, DCTERMS.spatial, location))
    graph.add((location, RDF.type, DCTERMS.Location))
    graph.add((location, DCTERMS.identifier, Literal(code)))
    _add_texts(graph, location, SKOS.prefLabel, place.name, code)


def _add_classes(graph: Graph, node: Iri, facts: EntryFacts) -> None:
    """Themes, the EU's and the registry's own; how often it is updated; what kind of data it is."""
    if facts.topic is not None:
        topic, code = facts.topic
        _add_terms(graph, node, DCAT.theme, "theme", [code], SKOS.Concept)
        own = find_iri(topic.iri)
        if own is not None:
            _add_concept(graph, node, DCAT.theme, AuthorityTerm(own, topic.title), SKOS.Concept)
    for theme in facts.themes:
        if (iri := find_iri(theme.iri)) is not None:
            _add_concept(graph, node, DCAT.theme, AuthorityTerm(iri, theme.title), SKOS.Concept)
    if facts.update_cycle is not None:
        cycle = [facts.update_cycle]
        _add_terms(graph, node, DCTERMS.accrualPeriodicity, "frequency", cycle, DCTERMS.Frequency)
    if facts.synthetic:
        _add_terms(graph, node, DCTERMS.type, "dataset_type", ["synthetic"], SKOS.Concept)


def _add_rights(graph: Graph, node: Iri, facts: EntryFacts) -> None:
    right = [facts.open_class] if facts.open_class else []
    _add_terms(graph, node, DCTERMS.accessRights, "access_right", right, DCTERMS.RightsStatement)


def _add_state(graph: Graph, node: Iri, facts: EntryFacts) -> None:
    """When it was loaded, whether it is on time, and where the data is from."""
    _add_moment(graph, node, DCTERMS.issued, facts.issued)
    _add_moment(graph, node, DCTERMS.modified, facts.modified or facts.state.loaded_at)
    state = Iri(f"{facts.iri}#state-{facts.state.state}")
    graph.add((node, ADMS.status, state))
    graph.add((state, RDF.type, SKOS.Concept))
    _add_texts(graph, state, SKOS.prefLabel, state_words(facts))
    if facts.provenance is not None and any(map(clean, _both(facts.provenance))):
        statement = Iri(f"{facts.iri}#provenance")
        graph.add((node, DCTERMS.provenance, statement))
        graph.add((statement, RDF.type, DCTERMS.ProvenanceStatement))
        _add_texts(graph, statement, RDFS.label, facts.provenance)


def _series(graph: Graph, facts: EntryFacts, series: SeriesFacts, agent: Iri) -> Iri:
    node = Iri(find_iri(series.id) or f"{facts.iri}#series")
    graph.add((node, RDF.type, DCAT.DatasetSeries))
    _add_texts(graph, node, DCTERMS.title, series.title, facts.id)
    _add_texts(graph, node, DCTERMS.description, series.description, facts.id)
    graph.add((node, DCTERMS.publisher, agent))
    if facts.contact is not None:
        graph.add((node, DCAT.contactPoint, Iri(f"{facts.iri}#contact")))
    return node


def _service(graph: Graph, facts: EntryFacts, service: ServiceFacts, agent: Iri) -> Iri | None:
    """None where its address is not valid."""
    endpoint = find_iri(service.endpoint_url)
    if endpoint is None:
        return None
    node = Iri(f"{facts.iri}#service")
    graph.add((node, RDF.type, DCAT.DataService))
    _add_texts(graph, node, DCTERMS.title, service.title, facts.id)
    graph.add((node, DCAT.endpointURL, Iri(endpoint)))
    if service.description_url and (described := find_iri(service.description_url)):
        graph.add((node, DCAT.endpointDescription, Iri(described)))
    graph.add((node, DCAT.servesDataset, Iri(facts.iri)))
    graph.add((node, DCTERMS.publisher, agent))
    if facts.contact is not None:
        graph.add((node, DCAT.contactPoint, Iri(f"{facts.iri}#contact")))
    for standard in service.conforms_to:
        _add_named(graph, node, DCTERMS.conformsTo, standard, DCTERMS.Standard)
    for law in facts.legislation:
        _add_named(graph, node, DCATAP.applicableLegislation, law, ELI.LegalResource)
    _add_keywords(graph, node, facts.keywords)
    for theme in list(graph.objects(Iri(facts.iri), DCAT.theme)):
        graph.add((node, DCAT.theme, theme))
    _add_rights(graph, node, facts)
    _add_licence(graph, node, f"{facts.iri}#licence", facts.licence)
    return node


def _add_distribution(
    graph: Graph, facts: EntryFacts, name: str, one: DistributionFacts, service: Iri | None
) -> None:
    """Left out where it has no address."""
    access = find_iri(one.access_url)
    if access is None:
        return
    made = Iri(f"{facts.iri}#{name}")
    graph.add((Iri(facts.iri), DCAT.distribution, made))
    graph.add((made, RDF.type, DCAT.Distribution))
    graph.add((made, DCAT.accessURL, Iri(access)))
    if one.download_url and (download := find_iri(one.download_url)):
        graph.add((made, DCAT.downloadURL, Iri(download)))
    _add_texts(graph, made, DCTERMS.title, one.title, f"{facts.id}.{name}")
    _add_texts(graph, made, DCTERMS.description, one.description)
    _add_format(graph, made, one)
    _add_terms(graph, made, DCTERMS.language, "language", facts.languages, DCTERMS.LinguisticSystem)
    _add_terms(graph, made, DCATAP.availability, "availability", ["download"], SKOS.Concept)
    _add_moment(graph, made, DCTERMS.modified, one.modified)
    if one.byte_size is not None and one.byte_size >= 0:
        graph.add((made, DCAT.byteSize, Literal(one.byte_size, datatype=XSD.nonNegativeInteger)))
    own = f"{facts.iri}#licence" if one.licence is None else f"{made}-licence"
    _add_licence(graph, made, own, one.licence or facts.licence)
    _add_conditions(graph, made, facts)
    if service is not None:
        graph.add((made, DCAT.accessService, service))


def _add_format(graph: Graph, made: Iri, one: DistributionFacts) -> None:
    """Terms of the EU and of IANA; a format that the EU does not list is named by its label."""
    term = find_term("file_type", one.form)
    if term is None and (label := one_line(one.form)):
        term = AuthorityTerm(f"{made}-format", Text(label, label))
    if term is not None:
        _add_concept(graph, made, DCTERMS.format, term, DCTERMS.MediaTypeOrExtent)
    if one.media_type and _MEDIA_TYPE.fullmatch(one.media_type):
        name = AuthorityTerm(_IANA + one.media_type, Text(one.media_type, one.media_type))
        _add_concept(graph, made, DCAT.mediaType, name, DCTERMS.MediaType)


def _add_conditions(graph: Graph, made: Iri, facts: EntryFacts) -> None:
    if any(map(clean, _both(facts.conditions))):
        rights = Iri(f"{facts.iri}#conditions")
        graph.add((made, DCTERMS.rights, rights))
        graph.add((rights, RDF.type, DCTERMS.RightsStatement))
        _add_texts(graph, rights, RDFS.label, facts.conditions)


def _add_licence(graph: Graph, node: Iri, own: str, licence: str | None) -> None:
    """The EU's IRI of a known licence, an address as it is, else a node that says its name."""
    said = one_line(licence or "")
    if not said:
        return
    term = find_term("licence", said)
    document = Iri(term.iri if term else find_iri(said) or own)
    graph.add((node, DCTERMS.license, document))
    graph.add((document, RDF.type, DCTERMS.LicenseDocument))
    _add_texts(graph, document, RDFS.label, term.label if term else Text(said, said))
    types = {one.iri: code for code, one in authority_table("licence_type").items()}
    kind = types.get(term.type, "unknown") if term else "unknown"
    _add_terms(graph, document, DCTERMS.type, "licence_type", [kind], SKOS.Concept)


def _add_named(graph: Graph, node: Iri, predicate: Iri, named: NamedIri, kind: Iri) -> None:
    if (iri := find_iri(named.iri)) is not None:
        graph.add((node, predicate, Iri(iri)))
        graph.add((Iri(iri), RDF.type, kind))
        _add_texts(graph, Iri(iri), DCTERMS.title, named.title)


def _add_document(graph: Graph, node: Iri, predicate: Iri, address: str) -> None:
    if (iri := find_iri(address)) is not None:
        graph.add((node, predicate, Iri(iri)))
        graph.add((Iri(iri), RDF.type, FOAF.Document))


def _add_terms(
    graph: Graph, node: Iri, predicate: Iri, table: Authority, codes: Iterable[str], kind: Iri
) -> None:
    """Terms of a table by our codes; a code that the table lacks is left out."""
    for code in codes:
        if (term := find_term(table, code)) is not None:
            _add_concept(graph, node, predicate, term, kind)


def _add_concept(graph: Graph, node: Iri, predicate: Iri, term: AuthorityTerm, kind: Iri) -> None:
    graph.add((node, predicate, Iri(term.iri)))
    graph.add((Iri(term.iri), RDF.type, kind))
    _add_texts(graph, Iri(term.iri), SKOS.prefLabel, term.label, term.iri.rpartition("/")[2])


def _add_texts(
    graph: Graph, node: Iri, predicate: Iri, text: Text, fallback: str | None = None
) -> None:
    """In both languages, or in the one that is not empty. Where both are empty: nothing, or the
    fallback of a property that is mandatory, or else the last part of the node's address."""
    cleaned = clean_text(text)
    for language in LANGUAGES:
        if cleaned.to(language):
            graph.add((node, predicate, Literal(cleaned.to(language), lang=language)))
    if fallback is not None and not cleaned.zh and not cleaned.en:
        graph.add((node, predicate, Literal(clean(fallback) or node.rpartition("/")[2])))


def _add_moment(graph: Graph, node: Iri, predicate: Iri, value: date | datetime | None) -> None:
    if value is not None:
        graph.add((node, predicate, Literal(value)))


def _both(text: Text) -> tuple[str, str]:
    return text.zh, text.en
