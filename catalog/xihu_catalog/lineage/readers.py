"""Who reads datasets and metrics besides derived ones: kinds of matters, pages, batch exchanges."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from xihu_catalog.contracts.model import Contract
from xihu_catalog.lineage.graph import GraphEdge, GraphNode
from xihu_catalog.registry.pages import PageChoices
from xihu_catalog.sharing.corrections import DEPARTMENT, PERSON
from xihu_catalog.sharing.openings import OPENING_REQUEST
from xihu_catalog.sharing.requests import REQUESTS
from xihu_platform.matters.definition import Definition
from xihu_platform.words import Text


class GraphPiece(NamedTuple):
    """Nodes and edges to join to a graph."""

    nodes: tuple[GraphNode, ...]
    edges: frozenset[GraphEdge]


class ExchangeReader(NamedTuple):
    """A batch exchange in force and the fields that it sends."""

    number: str
    dataset: str
    fields: tuple[str, ...]


PAGES = {
    "home": Text("公众门户首页", "Home page of the public portal"),
    "today": Text("驾驶舱", "Cockpit"),
    "place": Text("地区页面", "Page of a place"),
    "map": Text("指标地图", "Map of a metric"),
}
"""Pages that show metrics which the registry chooses."""


def kinds_piece(contracts: Iterable[Contract], definitions: Iterable[Definition]) -> GraphPiece:
    """Kinds of the registry whose matters name fields of datasets: requests for correction read
    them, requests to share a dataset name them, and requests to open one those that are closed."""
    newest: dict[str, Definition] = {}
    for one in definitions:
        if one.kind not in newest or newest[one.kind].version < one.version:
            newest[one.kind] = one
    edges = {edge for one in contracts for edge in _of_kinds(one) if edge.target[5:] in newest}
    named = {edge.target[5:] for edge in edges}
    nodes = (
        GraphNode(f"kind:{name}", "kind", newest[name].title, "", name) for name in sorted(named)
    )
    return GraphPiece(tuple(nodes), frozenset(edges))


def _of_kinds(contract: Contract) -> Iterator[GraphEdge]:
    ways: dict[str, str] = {}
    if contract.key:
        ways[DEPARTMENT] = "READ"
        if any(one.subject_key or one.firm_key for one in contract.fields):
            ways[PERSON] = "READ"
    if contract.share_class in REQUESTS:
        ways[REQUESTS[contract.share_class]] = "ABOUT"
    for one in contract.fields:
        node = f"field:{contract.dataset}.{one.name}"
        for kind, way in ways.items():
            yield GraphEdge(node, f"kind:{kind}", way)
        if not (contract.is_open and one.grade == "L1" and one.protect != "pseudonym"):
            yield GraphEdge(node, f"kind:{OPENING_REQUEST}", "ABOUT")


def pages_piece(chosen: PageChoices) -> GraphPiece:
    """Each page with the metrics that the registry chooses for it."""
    metrics: Mapping[str, list[str]] = {
        "home": chosen.home_figures,
        "today": chosen.cockpit_figures,
        "place": chosen.place_figures,
        "map": [chosen.map_metric] if chosen.map_metric else [],
    }
    nodes = (GraphNode(f"page:{name}", "page", title, "", name) for name, title in PAGES.items())
    edges = (
        GraphEdge(f"metric:{metric}", f"page:{name}", "SHOW")
        for name, named in metrics.items()
        for metric in named
    )
    return GraphPiece(tuple(nodes), frozenset(edges))


def exchanges_piece(exchanges: Iterable[ExchangeReader]) -> GraphPiece:
    """Batch exchanges that the reader of the graph may know of."""
    nodes, edges = list[GraphNode](), set[GraphEdge]()
    for one in exchanges:
        title = Text(f"批量交换 {one.number}", f"Batch exchange {one.number}")
        node = GraphNode(f"exchange:{one.number}", "exchange", title, one.dataset, one.number)
        nodes.append(node)
        edges.add(GraphEdge(f"dataset:{one.dataset}", node.id, "SEND"))
        edges |= {GraphEdge(f"field:{one.dataset}.{f}", node.id, "SEND") for f in one.fields}
    return GraphPiece(tuple(nodes), frozenset(edges))
