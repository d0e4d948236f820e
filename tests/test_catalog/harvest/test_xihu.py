"""Another Xihu node: what it writes of its entries is what this one reads of them."""

from dataclasses import replace

import pytest

from tests.test_catalog.formats.drawn import BASE, catalogue, demo, draw
from tests.test_catalog.formats.shapes import violations
from tests.test_catalog.harvest.feeds import context, entries, source
from xihu_catalog.datasets.facts import EntryFacts, NamedIri
from xihu_catalog.formats.dcat import EntriesPage, catalogue_graph, entry_graph
from xihu_catalog.formats.rdf import RDF_MEDIA_TYPES, RdfSyntax, write_graph
from xihu_catalog.harvest.raw import RecordFault, SourcePage
from xihu_catalog.harvest.reading import read_document

ADDRESS = f"{BASE}/catalog.ttl"


def page_of(found: list[EntryFacts], syntax: RdfSyntax = "turtle") -> SourcePage:
    graph = catalogue_graph(catalogue(), EntriesPage(found, 1, 2, len(found) + 7))
    content = write_graph(graph, syntax)
    node = source("xihu", ADDRESS)
    return read_document(node, content, RDF_MEDIA_TYPES[syntax], context(ADDRESS))


@pytest.mark.parametrize("syntax", ["turtle", "rdf-xml", "json-ld"])
def test_what_a_node_writes_is_what_another_reads(syntax: RdfSyntax) -> None:
    page = page_of(demo(), syntax)
    assert page.next == f"{ADDRESS}?page=2"
    assert (page.total, page.count) == (40, 33)
    found = {one.origin.record: one for one in entries(page) if one.origin}
    assert found.keys() == {one.id for one in demo()}
    for own in demo():
        read = found[own.id]
        assert (read.title, read.description) == (own.title, own.description)
        assert read.publisher.name == own.publisher.name
        assert (read.open_class, read.update_cycle) == (own.open_class, own.update_cycle)
        assert set(read.keywords) >= set(own.keywords)  # with the topic of that registry
        assert set(read.languages) == set(own.languages)
        assert read.version == own.version
        assert read.modified == own.state.loaded_at
        assert sorted(d.form for d in read.distributions) == sorted(
            d.form for d in own.distributions
        )
        if own.distributions:
            assert read.licence == own.licence
        assert [one.iri for one in read.sources] == [own.iri]
        assert read.place == own.place


def test_what_a_node_has_harvested_is_taken_from_its_own_source_alone() -> None:
    """Else two nodes that harvest each other would end with every entry of theirs twice."""
    own, ours, others = demo()[:3]
    here = context(ADDRESS).base_url
    ours = replace(ours, id="hz-1", iri=f"{BASE}/id/dataset/hz-1")
    others = replace(others, id="nb-1", iri=f"{BASE}/id/dataset/nb-1")
    page = page_of(
        [
            own,
            replace(ours, sources=(NamedIri(f"{here}/id/dataset/a_1", ours.title),)),
            replace(others, sources=(NamedIri("https://third.example/1", others.title),)),
        ]
    )
    assert [one.origin.record for one in entries(page) if one.origin] == [own.id]
    assert page.count == 3  # so that nothing is thought to be missing
    inside = replace(own, sources=(NamedIri(f"{BASE}/id/dataset/another", own.title),))
    assert len(entries(page_of([inside]))) == 1  # made of other data of its node


def test_the_three_syntaxes_say_the_same() -> None:
    first, *others = (page_of(demo(), one).records for one in RDF_MEDIA_TYPES)
    assert all(one == first for one in others)


def test_hostile_entries_of_another_node_are_entries_or_faults() -> None:
    drawn = [replace(one, sources=()) for one in draw(30)]
    page = page_of(drawn)
    assert len(page.records) == len({one.iri for one in drawn})
    assert all(one.reason.en for one in page.records if isinstance(one, RecordFault))
    for one in entries(page):
        assert not violations(entry_graph(one)), one.id
