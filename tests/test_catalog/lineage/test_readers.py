"""Kinds of matters, pages and exchanges in the graph of lineage."""

from tests.contracts import PSEUDONYM, contract, field
from xihu_catalog.lineage.graph import GraphEdge, lineage_graph
from xihu_catalog.lineage.readers import (
    ExchangeReader,
    exchanges_piece,
    kinds_piece,
    pages_piece,
)
from xihu_catalog.registry.matters import matter_definitions
from xihu_catalog.registry.pages import PageChoices

NOBODY = contract("aa", [field("kk", key=True), field("vv")], share="conditional")
PERSONS = contract(
    "bb",
    [field("kk", key=True, subjectKey=True, grade="L3", **PSEUDONYM), field("vv")],
    share="refused",
)
SUMS = contract("cc", [field("vv"), field("ww", grade="L2")], more={"openClass": "unconditional"})


def kinds_of(dataset: str) -> set[tuple[str, str, str]]:
    piece = kinds_piece((NOBODY, PERSONS, SUMS), matter_definitions().values())
    return {
        (edge.source.rpartition(".")[2], edge.target, edge.kind)
        for edge in piece.edges
        if edge.source.startswith(f"field:{dataset}.")
    }


def test_kinds_read_or_name_the_fields_of_the_datasets_they_are_for() -> None:
    both = ("kk", "vv")
    assert kinds_of("aa") == {
        *((name, "kind:opening_request", "ABOUT") for name in both),
        *((name, "kind:correction_request", "READ") for name in both),
        *((name, "kind:sharing_request", "ABOUT") for name in both),
    }
    assert kinds_of("bb") == {
        *((name, "kind:opening_request", "ABOUT") for name in both),
        *((name, "kind:correction_request", "READ") for name in both),
        *((name, "kind:personal_correction", "READ") for name in both),
    }
    assert kinds_of("cc") == {
        ("vv", "kind:sharing_registration", "ABOUT"),
        ("ww", "kind:sharing_registration", "ABOUT"),
        ("ww", "kind:opening_request", "ABOUT"),  # the other one is open
    }


def test_a_kind_that_the_registry_does_not_have_is_no_node() -> None:
    without = [one for one in matter_definitions().values() if one.kind != "sharing_request"]
    piece = kinds_piece((NOBODY,), without)
    assert {one.id for one in piece.nodes} == {"kind:correction_request", "kind:opening_request"}


def test_a_page_shows_the_metrics_that_the_registry_chooses() -> None:
    chosen = PageChoices(home_figures=["m1"], place_figures=["m1", "m2"], map_metric="m3")
    assert pages_piece(chosen).edges == {
        GraphEdge("metric:m1", "page:home", "SHOW"),
        GraphEdge("metric:m1", "page:place", "SHOW"),
        GraphEdge("metric:m2", "page:place", "SHOW"),
        GraphEdge("metric:m3", "page:map", "SHOW"),
    }


def test_an_exchange_is_reached_by_the_fields_that_it_sends() -> None:
    graph = lineage_graph({"aa": NOBODY}, (), {})
    graph = graph.joined(*exchanges_piece([ExchangeReader("E-1", "aa", ("vv",))]))
    assert [one.node.id for one in graph.affected("field:aa.vv")] == ["exchange:E-1"]
    assert graph.affected("field:aa.kk") == ()
    whole = graph.at_level("dataset").around("dataset:aa", depth=1, direction="downstream")
    assert set(whole.layers) == {"dataset:aa", "exchange:E-1"}
