"""The lineage of the whole catalogue as one graph: sources, datasets, fields, metrics, services,
kinds of matters, pages; and what departments report of lineage outside of the platform.

An edge leads from what is read to what is made of it and says how, in OpenLineage's kinds; READ is
a service that looks a field up, REFERENCE a foreign key, ABOUT a kind of matter whose matters name
the field, SHOW a page that shows a metric, SEND a batch exchange. WHOLE is between datasets whose
columns were not reported: each column of the one may enter each column of the other. The graph is
made of all contracts in force, and each caller gets the part that they may know: a hidden dataset
has neither nodes nor edges there.
"""

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from xihu_catalog.contracts.model import Contract
from xihu_catalog.lineage.columns import ColumnOrigin, column_lineage, inputs_of
from xihu_catalog.services.item import ServiceItem
from xihu_platform.brain.spec import MetricSpec
from xihu_platform.errors import BadInput, NotFound
from xihu_platform.words import Text

NodeKind = Literal[
    "source",
    "dataset",
    "field",
    "metric",
    "service",
    "kind",
    "page",
    "exchange",
    "external",
    "external_field",
]
"""`kind`: a kind of matter. `external`, `external_field`: a dataset outside of the platform and a
column of it, as a department's own system named them."""
WHOLE = "WHOLE"
"""Of an edge between two datasets: which column enters which was not reported."""
Direction = Literal["upstream", "downstream", "both"]
GraphLevel = Literal["dataset", "field"]
_SOURCE_FILE = Text("来源文件", "Source file")
DEPTH_LIMIT = 10
NODES_LIMIT = 500
"""Nodes of one answer; more are on the next page of it."""


@dataclass(frozen=True, slots=True, order=True)
class GraphNode:
    """`dataset` is the one it belongs to; empty for a service, a kind of matter or a page."""

    id: str
    kind: NodeKind = field(compare=False)
    title: Text = field(compare=False)
    dataset: str = field(compare=False, default="")
    name: str = field(compare=False, default="")
    """Of a field, metric, service, kind of matter, page or column: its own name."""
    organisations: tuple[str, ...] = field(compare=False, default=())
    """Of an external dataset: the departments (USCC) that reported it."""

    @property
    def parent(self) -> str:
        """The id of the dataset that a field or column is part of; empty for all else."""
        if self.kind == "field":
            return f"dataset:{self.dataset}"
        return self.id[: -len(self.name) - 1] if self.kind == "external_field" else ""


@dataclass(frozen=True, slots=True, order=True)
class GraphEdge:
    """From what is read to what is made of it."""

    source: str
    target: str
    kind: str


@dataclass(frozen=True, slots=True)
class GraphPart:
    """What lies around one node. `layers`: how many steps up (negative) or down each node is."""

    root: GraphNode
    nodes: tuple[GraphNode, ...]
    """Nearest first; of a page of them only these."""
    edges: tuple[GraphEdge, ...]
    layers: dict[str, int]
    total: int


@dataclass(frozen=True, slots=True)
class Affected:
    """Something that a change of a field reaches, how, and after how many steps."""

    node: GraphNode
    kinds: tuple[str, ...]
    """The kinds of the edges that lead into it."""
    steps: int


@dataclass(frozen=True, slots=True)
class LineageGraph:
    """Nodes by id, and edges by both of their ends."""

    nodes: Mapping[str, GraphNode]
    edges: frozenset[GraphEdge]

    def only(self, datasets: Collection[str], metrics: Collection[str]) -> "LineageGraph":
        """The part that somebody may know to whom only these exist."""
        shown = {e.target for e in self.edges if e.source.removeprefix("metric:") in metrics}

        def may_know(node: GraphNode) -> bool:
            if node.kind == "metric":
                return node.dataset in datasets and node.name in metrics
            if node.kind == "page":
                return node.id in shown
            return node.kind in {"service", "kind"} or node.dataset in datasets

        kept = {name: node for name, node in self.nodes.items() if may_know(node)}
        edges = frozenset(e for e in self.edges if e.source in kept and e.target in kept)
        return LineageGraph(kept, edges)

    def without_file_names(self) -> "LineageGraph":
        """The same where a source file is only said to be one."""
        hidden = {
            name: replace(node, title=_SOURCE_FILE, name="")
            for name, node in self.nodes.items()
            if node.kind == "source"
        }
        return replace(self, nodes={**self.nodes, **hidden})

    def joined(self, nodes: Iterable[GraphNode], edges: Iterable[GraphEdge]) -> "LineageGraph":
        """With more of it; an edge to a node that is not there is left out."""
        every = {**{node.id: node for node in nodes}, **self.nodes}
        there = (e for e in edges if e.source in every and e.target in every)
        return LineageGraph(every, self.edges | frozenset(there))

    def at_level(self, level: GraphLevel) -> "LineageGraph":
        """With each dataset's fields folded into it where datasets are asked for."""
        if level == "field":
            return self

        def folded(name: str) -> str:
            return self.nodes[name].parent or name

        nodes = {name: node for name, node in self.nodes.items() if not node.parent}
        edges = {GraphEdge(folded(e.source), folded(e.target), e.kind) for e in self.edges}
        return LineageGraph(nodes, frozenset(e for e in edges if e.source != e.target))

    def get(self, name: str) -> GraphNode:
        found = self.nodes.get(name)
        if found is None:
            raise NotFound(f"血缘中没有“{name[:100]}”", f"the lineage has no node “{name[:100]}”")
        return found

    def around(
        self,
        name: str,
        *,
        depth: int,
        direction: Direction,
        limit: int = NODES_LIMIT,
        offset: int = 0,
    ) -> GraphPart:
        """Of a dataset with its fields, where the graph has them. Raises NotFound, BadInput."""
        if not 1 <= depth <= DEPTH_LIMIT or not 1 <= limit <= NODES_LIMIT:
            raise BadInput(
                f"depth 须在 1 到 {DEPTH_LIMIT} 之间，limit 须在 1 到 {NODES_LIMIT} 之间",
                f"depth is between 1 and {DEPTH_LIMIT}, limit between 1 and {NODES_LIMIT}",
            )
        root = self.get(name)
        starts = {name, *self._fields_of(root)}
        layers = dict.fromkeys(sorted(starts), 0)
        if direction != "downstream":
            layers |= {n: -s for n, s in self._walk(starts, depth, up=True).items()}
        if direction != "upstream":
            down = self._walk(starts, depth, up=False)
            layers |= {n: s for n, s in down.items() if n not in layers}
        ordered = sorted(layers, key=lambda one: (abs(layers[one]), layers[one], one))
        shown = ordered[offset : offset + limit]
        there = set(shown)
        edges = sorted(self._edges_between(there))
        nodes = tuple(self.nodes[one] for one in shown)
        return GraphPart(root, nodes, tuple(edges), layers, len(ordered))

    def _edges_between(self, there: Collection[str]) -> set[GraphEdge]:
        """Of nodes that are shown; one of WHOLE begins or ends at columns where its dataset is not
        shown itself."""
        edges = {e for e in self.edges if e.source in there and e.target in there}
        wholes = [e for e in self.edges if e.kind == WHOLE and e not in edges]
        parts = self._parts_of({end for e in wholes for end in (e.source, e.target)})
        for edge in wholes:
            if edge.target in there:
                shown = parts[edge.source].intersection(there)
                edges |= {GraphEdge(one, edge.target, WHOLE) for one in shown}
            elif edge.source in there:
                shown = parts[edge.target].intersection(there)
                edges |= {GraphEdge(edge.source, one, WHOLE) for one in shown}
        return edges

    def affected(self, name: str) -> tuple[Affected, ...]:
        """Everything that a change of a node reaches, nearest first. Raises NotFound."""
        self.get(name)
        steps = self._walk({name}, len(self.nodes), up=False)
        reached = {name, *steps}
        wholes = {self.nodes[one].parent for one in reached}
        kinds: dict[str, set[str]] = defaultdict(set)
        for edge in self.edges:
            if edge.source in reached or (edge.kind == WHOLE and edge.source in wholes):
                kinds[edge.target].add(edge.kind)
        found = (
            Affected(
                self.nodes[one],
                tuple(sorted(kinds[one] | (kinds[self.nodes[one].parent] & {WHOLE}))),
                steps[one],
            )
            for one in steps
            if self.nodes[one].kind != "dataset"
        )
        return tuple(sorted(found, key=lambda one: (one.steps, one.node.id)))

    def _fields_of(self, root: GraphNode) -> Iterator[str]:
        return (one.id for one in self.nodes.values() if one.parent == root.id)

    def _walk(self, starts: Collection[str], depth: int, *, up: bool) -> dict[str, int]:
        """Each node that is reached, with the least number of steps; the starts are not among them.
        Contents of a dataset belong to it: they are no step on. An edge of WHOLE leads from each
        column of its source to its target and to each column of that."""
        beside, wholes = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
        for edge in self.edges:
            near, far = (edge.target, edge.source) if up else (edge.source, edge.target)
            beside[near].add(far)
            if edge.kind == WHOLE:
                wholes[near].add(far)
        parts = self._parts_of({one for far in wholes.values() for one in far})
        steps: dict[str, int] = {}
        begun, left = set(starts), set[str]()
        waiting = deque((name, 0) for name in sorted(starts))
        while waiting:
            one, distance = waiting.popleft()
            if distance == depth:
                continue
            onward = set(beside[one])
            # Once for all columns of a dataset: the first that is met is the nearest.
            for near in {one, self.nodes[one].parent} - left:
                left.add(near)
                onward |= wholes[near].union(*(parts[name] for name in wholes[near]))
            for other in sorted(it for it in onward if it not in steps and it not in begun):
                steps[other] = distance + 1
                waiting.append((other, distance + 1))
        return steps

    def _parts_of(self, datasets: Collection[str]) -> Mapping[str, set[str]]:
        found = defaultdict[str, set[str]](set)
        if datasets:
            for node in self.nodes.values():
                if node.parent in datasets:
                    found[node.parent].add(node.id)
        return found

    def find(self, text: str, limit: int = 50) -> tuple[GraphNode, ...]:
        """Nodes whose name or title has a text, by id."""
        wanted = text.strip().casefold()
        if not wanted:
            return ()
        found = (
            node
            for node in sorted(self.nodes.values())
            if wanted in f"{node.id} {node.title.zh} {node.title.en}".casefold()
        )
        return tuple(node for _, node in zip(range(limit), found, strict=False))


def lineage_graph(
    contracts: Mapping[str, Contract],
    metrics: Iterable[MetricSpec],
    items: Mapping[str, ServiceItem],
) -> LineageGraph:
    """All of it. A query or formula that cannot be followed has edges from whole datasets."""
    nodes: dict[str, GraphNode] = {}
    edges: set[GraphEdge] = set()
    for contract in contracts.values():
        nodes |= {node.id: node for node in _nodes_of(contract)}
    for contract in contracts.values():
        edges |= set(_edges_of(contract, contracts))
    for spec in metrics:
        if spec.dataset in contracts:
            node = GraphNode(f"metric:{spec.id}", "metric", spec.name, spec.dataset, spec.id)
            nodes[node.id] = node
            edges |= set(_edges_of_metric(spec, contracts[spec.dataset]))
    for item in items.values():
        node = GraphNode(f"service:{item.id}", "service", _words(item), "", item.id)
        reads = {
            GraphEdge(f"field:{m.source.dataset}.{name}", node.id, "READ")
            for m in item.materials
            if m.source is not None
            for name in (*m.source.fields, *m.source.only)
        }
        if reads:
            nodes[node.id] = node
            edges |= reads
    return LineageGraph(
        nodes, frozenset(e for e in edges if e.source in nodes and e.target in nodes)
    )


def _words(item: ServiceItem) -> Text:
    return Text(item.name.zh, item.name.en)


def _nodes_of(contract: Contract) -> Iterator[GraphNode]:
    name = contract.dataset
    yield GraphNode(f"dataset:{name}", "dataset", contract.title, name, name)
    for one in contract.fields:
        yield GraphNode(f"field:{name}.{one.name}", "field", one.title, name, one.name)
    if contract.source.query is None:
        path = contract.source.path
        yield GraphNode(f"source:{name}", "source", Text(path, path), name, path)


def _edges_of(contract: Contract, contracts: Mapping[str, Contract]) -> Iterator[GraphEdge]:
    name = contract.dataset
    for reference in contract.references:
        if reference.dataset == name:
            continue
        for mine, theirs in zip(reference.fields, reference.to, strict=False):
            source = f"field:{reference.dataset}.{theirs}"
            yield GraphEdge(source, f"field:{name}.{mine}", "REFERENCE")
    if contract.source.query is None:
        yield GraphEdge(f"source:{name}", f"dataset:{name}", "IDENTITY")
        for one in contract.fields:
            kind = "TRANSFORMATION" if one.protect or one.steps else "IDENTITY"
            yield GraphEdge(f"source:{name}", f"field:{name}.{one.name}", kind)
        return
    inputs = inputs_of(contract)
    for other in inputs:
        yield GraphEdge(f"dataset:{other}", f"dataset:{name}", "TRANSFORMATION")
    origins = _followed(contract.source.query, inputs, contracts)
    for one in contract.fields:
        for origin in origins.get(one.source_column, ()):
            if origin.table:
                source = f"field:{origin.table}.{origin.column}"
                yield GraphEdge(source, f"field:{name}.{one.name}", origin.kind)


def _followed(
    query: str, inputs: Iterable[str], contracts: Mapping[str, Contract]
) -> Mapping[str, tuple[ColumnOrigin, ...]]:
    tables = {
        name: tuple(f.name for f in contracts[name].fields) for name in inputs if name in contracts
    }
    try:
        return column_lineage(query, tables)
    except BadInput:
        return {}


def _edges_of_metric(spec: MetricSpec, contract: Contract) -> Iterator[GraphEdge]:
    node = f"metric:{spec.id}"
    yield GraphEdge(f"dataset:{contract.dataset}", node, "AGGREGATION")
    parts = f"{spec.numerator} AS a" + (f", {spec.denominator} AS b" if spec.denominator else "")
    where = f" WHERE {spec.where}" if spec.where else ""
    query = f"SELECT {parts} FROM {contract.dataset}{where}"
    found = _followed(query, (contract.dataset,), {contract.dataset: contract})
    for origin in {origin for origins in found.values() for origin in origins if origin.table}:
        yield GraphEdge(f"field:{origin.table}.{origin.column}", node, origin.kind)
    by = (spec.time_field, spec.region_field, *(one.field for one in spec.dimensions))
    for name in filter(None, by):
        yield GraphEdge(f"field:{contract.dataset}.{name}", node, "GROUP_BY")
