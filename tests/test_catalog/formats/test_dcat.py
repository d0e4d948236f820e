"""DCAT-AP 3.0.1 by SEMIC's own shapes: the demo's entries, and 500 hostile ones."""

import pytest
from rdflib import DCTERMS, FOAF, RDF, Graph, URIRef

from tests.province import Province
from tests.test_catalog.formats.drawn import (
    BASE,
    NOW,
    catalogue,
    demo,
    draw,
    facts_of,
    live,
    pages,
)
from tests.test_catalog.formats.shapes import missing_recommended, violations
from xihu_catalog.datasets.compiled import entry_facts
from xihu_catalog.datasets.facts import EntryFacts
from xihu_catalog.datasets.service import Heartbeat
from xihu_catalog.formats.dcat import (
    ADMS,
    DCAT,
    HYDRA,
    EntriesPage,
    catalogue_graph,
    entry_graph,
)
from xihu_platform.identity.principal import ANONYMOUS

OPEN = URIRef(f"{BASE}/id/dataset/tj_county_economy")
DATASET = DCAT.Dataset


def whole(entries: list[EntryFacts], number: int = 1, of: int = 1) -> Graph:
    return catalogue_graph(catalogue(), EntriesPage(entries, number, of, len(entries)))


def test_no_shape_is_violated_by_an_entry_of_the_demo() -> None:
    for one in demo():
        assert not violations(entry_graph(one)), one.id


def test_no_shape_is_violated_by_a_page_of_the_demo() -> None:
    graph = whole(demo())
    assert len(set(graph.subjects(RDF.type, DATASET))) == 33
    assert not violations(graph)
    left = missing_recommended(graph)
    assert left.total() == 121, left
    assert left[str(DCAT.distribution)] == 19  # closed ones, whose data nobody can take freely


def test_no_shape_is_violated_by_the_catalogue_as_the_world_knows_it(province: Province) -> None:
    """With the heartbeats of real tables; what is not published is not in it."""
    known = province.services.known_to(ANONYMOUS).catalogue
    find = known.contracts.find
    entries = [entry_facts(e, base_url=BASE, now=NOW, find=find) for e in known.entries()]
    graph = whole(entries)
    assert not violations(graph)
    names = {str(one).rpartition("/")[2] for one in graph.subjects(RDF.type, DATASET)}
    assert names == known.contracts.all().keys()
    ends = len(list(graph.subjects(DCAT.endDate, None)))
    assert ends == sum(one.heartbeat.reach is not None for one in known.entries()) > 20
    assert missing_recommended(graph)[str(DCTERMS.temporal)] == len(entries) - ends


def test_no_shape_is_violated_where_there_is_no_data() -> None:
    gone = Heartbeat("broken", None, None, 0, None)
    assert not violations(whole([facts_of(one.id, gone) for one in demo()]))


def test_what_should_be_told_is_told_but_what_we_do_not_know() -> None:
    left = missing_recommended(whole([facts_of("tj_county_economy")]))
    assert {path.rpartition("#")[2].rpartition("/")[2] for path in left} == {
        "bbox",  # the registry has no outlines of divisions
        "centroid",
        "issued",  # of the catalogue
        "startDate",  # a heartbeat knows the newest value alone
    }


@pytest.mark.parametrize(
    ("subject", "path"),
    [
        (OPEN, DCTERMS.title),
        (OPEN, DCTERMS.description),
        (URIRef(f"{OPEN}#csv"), DCAT.accessURL),
        (URIRef(f"{OPEN}#service"), DCAT.endpointURL),
        (URIRef(facts_of("tj_county_economy").publisher.id), FOAF.name),
    ],
)
def test_the_shapes_find_what_is_taken_out(subject: URIRef, path: URIRef) -> None:
    graph = entry_graph(facts_of("tj_county_economy"))
    graph.remove((subject, path, None))
    assert violations(graph) == {str(path): 1}


def test_the_shapes_find_a_range_that_is_wrong() -> None:
    graph = entry_graph(facts_of("tj_county_economy"))
    frequency = graph.value(OPEN, DCTERMS.accrualPeriodicity)
    graph.remove((frequency, RDF.type, None))
    assert violations(graph) == {str(DCTERMS.accrualPeriodicity): 1}


def _check_drawn(count: int) -> None:
    for page in pages(draw(count)):
        graph = catalogue_graph(catalogue(), page)
        assert len(set(graph.objects(None, DCAT.dataset))) == len(page.entries)
        assert not violations(graph)


def test_no_shape_is_violated_by_fifty_hostile_entries() -> None:
    _check_drawn(50)


@pytest.mark.matrix
def test_no_shape_is_violated_by_five_hundred_hostile_entries() -> None:
    _check_drawn(500)


def test_a_page_leads_to_the_others() -> None:
    graph = whole(demo()[:2], number=2, of=3)
    view = URIRef(f"{BASE}/catalog.ttl?page=2")
    assert (URIRef(f"{BASE}/id/catalogue"), HYDRA.view, view) in graph
    for told, page in [
        (HYDRA.first, 1),
        (HYDRA.previous, 1),
        (HYDRA.next, 3),
        (HYDRA.nextPage, 3),  # CKAN's harvester
        (HYDRA.last, 3),
    ]:
        assert str(graph.value(view, told)) == f"{BASE}/catalog.ttl?page={page}"


def test_the_last_page_leads_nowhere_and_an_empty_catalogue_has_one() -> None:
    for number, of in [(3, 3), (1, 0)]:
        graph = whole([], number=number, of=of)
        assert not list(graph.triples((None, HYDRA.next, None)))
        assert not list(graph.triples((None, HYDRA.nextPage, None)))
        assert not violations(graph)


def test_the_terms_are_those_of_the_eu() -> None:
    authority = "http://publications.europa.eu/resource/authority"
    graph = entry_graph(facts_of("tj_county_economy"))
    file = URIRef(f"{OPEN}#csv")
    told = {
        str(graph.value(OPEN, DCTERMS.accrualPeriodicity)),
        str(graph.value(OPEN, DCTERMS.accessRights)),
        str(graph.value(OPEN, DCTERMS.language)),
        str(graph.value(file, DCTERMS.format)),
        str(graph.value(file, DCTERMS.license)),
    }
    assert told == {
        f"{authority}/frequency/QUARTERLY",
        f"{authority}/access-right/PUBLIC",
        f"{authority}/language/ZHO",
        f"{authority}/file-type/CSV",
        f"{authority}/licence/CC_BY_4_0",
    }
    themes = {str(one) for one in graph.objects(OPEN, DCAT.theme)}
    assert themes == {f"{authority}/data-theme/ECON", f"{BASE}/id/topic/economy"}


@pytest.mark.parametrize("state", ["live", "late", "broken"])
def test_the_state_is_told(state: str) -> None:
    heart = live() if state == "live" else Heartbeat(state, None, None, 0, None)  # type: ignore[arg-type]
    graph = entry_graph(facts_of("tj_county_economy", heart))
    assert str(graph.value(OPEN, ADMS.status)) == f"{OPEN}#state-{state}"


def test_a_closed_entry_has_no_distribution_and_is_not_called_public() -> None:
    graph = entry_graph(facts_of("ga_residents"))
    node = URIRef(f"{BASE}/id/dataset/ga_residents")
    assert (node, RDF.type, DATASET) in graph
    assert not list(graph.subjects(RDF.type, DCAT.Distribution))
    assert str(graph.value(node, DCTERMS.accessRights)).endswith("/NON_PUBLIC")
