"""Two nodes harvest each other: each ends with the other's entries once, also after kills."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import Engine

from tests.both_databases import sqlite
from tests.test_catalog.formats.drawn import BASE, catalogue, demo
from tests.test_catalog.harvest.feeds import source
from tests.test_catalog.harvest.portal import NOW, Killed, killed_at, stored, written
from xihu_catalog.datasets.facts import EntryFacts
from xihu_catalog.datasets.stored import StoredEntries
from xihu_catalog.formats.dcat import EntriesPage, catalogue_graph
from xihu_catalog.formats.rdf import write_graph
from xihu_catalog.harvest.job import FetchedDocument, HarvestJob, HarvestRun, harvest

PAGE = 4
KILLS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)


class NodeInMemory:
    """A node with entries of its own, which serves them and what it has harvested."""

    def __init__(self, base: str, own: list[EntryFacts], database: Engine) -> None:
        self.base = base
        self.own = [_at(base, one) for one in own]
        self.database = database

    def __call__(self, address: str) -> FetchedDocument:
        parts = urlsplit(address)
        assert address.startswith(f"{self.base}/catalog.ttl")
        number = int(parse_qs(parts.query).get("page", ["1"])[0])
        entries = StoredEntries(self.database)
        every = [*self.own, *entries.page(0, 1000)]
        pages = -(-len(every) // PAGE)
        shown = every[(number - 1) * PAGE : number * PAGE]
        about = replace(catalogue(), url=f"{self.base}/catalog.ttl", iri=f"{self.base}/id/c")
        graph = catalogue_graph(about, EntriesPage(shown, number, pages, len(every)))
        return FetchedDocument(write_graph(graph, "turtle"), "text/turtle")

    def take_from(self, other: "NodeInMemory") -> HarvestRun:
        job = HarvestJob(self.database, other, lambda: NOW, self.base)
        return harvest(job, source("xihu", f"{other.base}/catalog.ttl"))


def _at(base: str, one: EntryFacts) -> EntryFacts:
    return replace(
        one,
        iri=one.iri.replace(BASE, base),
        page=one.page.replace(BASE, base),
        publisher=replace(one.publisher, id=one.publisher.id.replace(BASE, base)),
        sources=tuple(replace(s, iri=s.iri.replace(BASE, base)) for s in one.sources),
    )


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[tuple[NodeInMemory, NodeInMemory]]:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with sqlite(tmp_path / "a") as first, sqlite(tmp_path / "b") as second:
        yield (
            NodeInMemory("https://a.example.cn", demo()[:9], first),
            NodeInMemory("https://b.example.cn", demo()[5:15], second),
        )


def records(node: NodeInMemory) -> list[str]:
    return sorted(one.origin.record for one in stored(node.database).values() if one.origin)


def assert_each_has_the_others(a: NodeInMemory, b: NodeInMemory) -> None:
    assert records(a) == sorted(one.id for one in b.own)
    assert records(b) == sorted(one.id for one in a.own)


def test_each_ends_with_the_others_entries_once(nodes: tuple[NodeInMemory, NodeInMemory]) -> None:
    a, b = nodes
    for _ in range(3):
        assert a.take_from(b).state == "complete"
        assert b.take_from(a).state == "complete"
        assert_each_has_the_others(a, b)
    before = written(a.database), written(b.database)
    a.take_from(b)
    b.take_from(a)
    assert (written(a.database), written(b.database)) == before


@pytest.mark.matrix
@pytest.mark.parametrize("commit", KILLS)
def test_a_kill_at_any_point_changes_nothing_of_that(
    nodes: tuple[NodeInMemory, NodeInMemory], commit: int
) -> None:
    a, b = nodes
    for here, there in ((a, b), (b, a)):
        try:
            with killed_at(here.database, commit):
                here.take_from(there)
        except Killed:
            pass
        here.take_from(there)
    for _ in range(2):
        assert a.take_from(b).state == "complete"
        assert b.take_from(a).state == "complete"
    assert_each_has_the_others(a, b)
