"""The graph of lineage: what is in it, what a caller may know of it, and what a change reaches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contracts import contract, field, properties, refer
from xihu_catalog.contracts.model import Contract
from xihu_catalog.lineage.graph import (
    WHOLE,
    GraphEdge,
    GraphNode,
    LineageGraph,
    NodeKind,
    lineage_graph,
)
from xihu_platform.errors import BadInput, NotFound
from xihu_platform.words import Text


def derived(name: str, fields: list[str], query: str) -> Contract:
    server = {
        "server": "derived",
        "type": "derived",
        "customProperties": properties({"query": query}),
    }
    return contract(name, [field(one) for one in fields], mode="", server=server)


A = contract("aa", [field("kk", key=True), field("vv"), field("ww")])
B = contract("bb", [field("kk", "VARCHAR", refer("aa.kk")), field("uu")])
C = derived(
    "cc", ["kk", "ss"], "SELECT a.kk, a.vv || b.uu AS ss FROM aa a JOIN bb b ON a.kk = b.kk"
)
D = derived("dd", ["ss"], "SELECT ss FROM cc WHERE kk = '1'")
KNOWN = {one.dataset: one for one in (A, B, C, D)}


@pytest.fixture(scope="module")
def graph() -> LineageGraph:
    return lineage_graph(KNOWN, (), {})


def test_fields_come_from_fields_with_openlineages_kinds(graph: LineageGraph) -> None:
    into = {(e.source, e.kind) for e in graph.edges if e.target == "field:cc.ss"}
    assert into == {
        ("field:aa.vv", "TRANSFORMATION"),
        ("field:bb.uu", "TRANSFORMATION"),
        ("field:aa.kk", "JOIN"),
        ("field:bb.kk", "JOIN"),
    }
    assert GraphEdge("field:aa.kk", "field:bb.kk", "REFERENCE") in graph.edges
    assert GraphEdge("source:aa", "field:aa.vv", "IDENTITY") in graph.edges
    assert "source:cc" not in graph.nodes


def test_what_breaks_is_followed_to_the_end(graph: LineageGraph) -> None:
    found = {one.node.id: (one.steps, one.kinds) for one in graph.affected("field:aa.vv")}
    assert found == {
        "field:cc.ss": (1, ("TRANSFORMATION",)),
        "field:dd.ss": (2, ("IDENTITY",)),
    }
    assert graph.affected("field:aa.ww") == ()
    with pytest.raises(NotFound):
        graph.affected("field:aa.xx")


def test_datasets_are_seen_without_their_fields(graph: LineageGraph) -> None:
    whole = graph.at_level("dataset")
    part = whole.around("dataset:cc", depth=1, direction="both")
    assert part.layers == {"dataset:cc": 0, "dataset:aa": -1, "dataset:bb": -1, "dataset:dd": 1}
    deep = whole.around("dataset:cc", depth=2, direction="upstream")
    assert set(deep.layers) == {"dataset:cc", "dataset:aa", "dataset:bb", "source:aa", "source:bb"}


def test_a_hidden_dataset_has_no_node_and_no_edge(graph: LineageGraph) -> None:
    mine = graph.only({"aa", "cc", "dd"}, set())
    assert not [name for name in mine.nodes if "bb" in name]
    assert not [e for e in mine.edges if "bb" in e.source or "bb" in e.target]
    assert {one.node.id for one in mine.affected("field:aa.vv")} == {"field:cc.ss", "field:dd.ss"}
    with pytest.raises(NotFound) as hidden:
        mine.around("dataset:bb", depth=1, direction="both")
    with pytest.raises(NotFound) as missing:
        mine.around("dataset:zz", depth=1, direction="both")
    assert str(hidden.value).replace("bb", "zz") == str(missing.value)
    assert mine.find("bb") == ()


def test_what_lies_behind_a_hidden_dataset_is_not_reached(graph: LineageGraph) -> None:
    mine = graph.only({"aa", "bb", "dd"}, set())
    assert mine.affected("field:aa.vv") == ()
    part = mine.at_level("dataset").around("dataset:aa", depth=10, direction="downstream")
    assert set(part.layers) == {"dataset:aa", "dataset:bb"}


def line(n: int) -> LineageGraph:
    nodes = [GraphNode(f"dataset:{i:03}", "dataset", Text("", ""), f"{i:03}") for i in range(n)]
    edges = {GraphEdge(a.id, b.id, "IDENTITY") for a, b in zip(nodes, nodes[1:], strict=False)}
    return LineageGraph({one.id: one for one in nodes}, frozenset(edges))


@given(
    edges=st.sets(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=40),
    size=st.integers(1, 5),
)
def test_pages_hold_each_node_once_whatever_the_graph(
    edges: set[tuple[int, int]], size: int
) -> None:
    nodes = {f"n{i}": GraphNode(f"n{i}", "dataset", Text("", ""), f"n{i}") for i in range(13)}
    graph = LineageGraph(
        nodes, frozenset(GraphEdge(f"n{a}", f"n{b}", "IDENTITY") for a, b in edges if a != b)
    )
    whole = graph.around("n0", depth=10, direction="both")
    names = [one.id for one in whole.nodes]
    pages = [
        graph.around("n0", depth=10, direction="both", limit=size, offset=at)
        for at in range(0, whole.total, size)
    ]
    assert [one.id for page in pages for one in page.nodes] == names
    assert len(set(names)) == len(names)
    reached, waiting = {"n0"}, ["n0"]
    while waiting:  # downwards by hand
        one = waiting.pop()
        for a, b in edges:
            if f"n{a}" == one and f"n{b}" not in reached:
                reached.add(f"n{b}")
                waiting.append(f"n{b}")
    down = graph.around("n0", depth=10, direction="downstream")
    assert {one.id for one in down.nodes} <= reached
    assert {one.node.id for one in graph.affected("n0")} == set()  # datasets are not listed


def test_depth_and_limit_are_bounded() -> None:
    graph = line(30)
    part = graph.around("dataset:010", depth=3, direction="both")
    assert sorted(part.layers.values()) == list(range(-3, 4))
    for depth, limit in ((0, 1), (11, 1), (1, 0), (1, 501)):
        with pytest.raises(BadInput):
            graph.around("dataset:000", depth=depth, direction="both", limit=limit)


def whole_or_not(parent: int, part: int) -> str:
    return f"external:x/{parent}" if part < 0 else f"external:x/{parent}#{part}"


Place = tuple[int, int]
"""Of a dataset (0 to 4) and its column (0 to 2), or of the whole dataset (-1)."""
PLACES = st.tuples(st.integers(0, 4), st.integers(-1, 2))


@given(edges=st.sets(st.tuples(PLACES, PLACES, st.booleans()), max_size=25), start=PLACES)
def test_what_breaks_is_what_can_be_reached_column_by_column(
    edges: set[tuple[Place, Place, bool]], start: Place
) -> None:
    """Every pair of columns of an edge between whole datasets is written out here, and searched."""
    nodes = {}
    for parent in range(5):
        for part in range(-1, 3):
            name = whole_or_not(parent, part)
            kind: NodeKind = "external" if part < 0 else "external_field"
            nodes[name] = GraphNode(name, kind, Text("", ""), "", "" if part < 0 else str(part))
    made, pairs = set(), set()
    for (a, of_a), (b, of_b), whole in edges:
        if a == b:
            continue
        if whole:
            made.add(GraphEdge(whole_or_not(a, -1), whole_or_not(b, -1), WHOLE))
            pairs |= {((a, one), (b, other)) for one in range(-1, 3) for other in range(-1, 3)}
        else:
            made.add(GraphEdge(whole_or_not(a, of_a), whole_or_not(b, of_b), "IDENTITY"))
            pairs.add(((a, of_a), (b, of_b)))
    graph = LineageGraph(nodes, frozenset(made))
    reached, waiting = {start}, [start]
    while waiting:
        one = waiting.pop()
        for source, target in pairs:
            if source == one and target not in reached:
                reached.add(target)
                waiting.append(target)
    wanted = {whole_or_not(*one) for one in reached} - {whole_or_not(*start)}
    found = graph.affected(whole_or_not(*start))
    assert {one.node.id for one in found} == wanted
    assert all(one.kinds for one in found)
    down = graph.around(whole_or_not(*start), depth=10, direction="downstream")
    if start[1] >= 0:
        assert set(down.layers) - {whole_or_not(*start)} == wanted


def test_a_page_is_known_to_a_reader_who_knows_a_metric_of_it() -> None:
    nodes = [
        GraphNode("dataset:aa", "dataset", Text("", ""), "aa"),
        GraphNode("metric:open", "metric", Text("", ""), "aa", "open"),
        GraphNode("metric:secret", "metric", Text("", ""), "bb", "secret"),
        GraphNode("page:home", "page", Text("", ""), "", "home"),
        GraphNode("page:today", "page", Text("", ""), "", "today"),
    ]
    edges = {
        GraphEdge("metric:open", "page:home", "SHOW"),
        GraphEdge("metric:secret", "page:today", "SHOW"),
    }
    graph = LineageGraph({one.id: one for one in nodes}, frozenset(edges))
    mine = graph.only({"aa"}, {"open"})
    assert set(mine.nodes) == {"dataset:aa", "metric:open", "page:home"}
    assert mine.edges == {GraphEdge("metric:open", "page:home", "SHOW")}
