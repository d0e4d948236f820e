"""Lineage outside of the platform as part of the graph: what a department reported is bound to our
datasets by the names that our own events use, and everything else is an external dataset."""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from xihu_catalog.contracts.model import Contract
from xihu_catalog.lineage.events import INTAKE, NAMESPACE
from xihu_catalog.lineage.graph import WHOLE, GraphEdge, GraphNode
from xihu_catalog.lineage.readers import GraphPiece
from xihu_catalog.lineage.stated import ReportedColumn, ReportedDataset, ReportedRun, StatedJob
from xihu_platform.words import Text


@dataclass(frozen=True, slots=True)
class Names:
    """What the names of an event can mean: all contracts, those of them that are published."""

    contracts: Mapping[str, Contract]
    published: Collection[str]

    def bind(self, organisation: str, one: ReportedDataset, *, output: bool) -> str:
        """The node that a department means. It may name what it reads of the datasets that are
        published and of its own, and as made by it only its own."""
        if one.namespace == NAMESPACE and (contract := self.contracts.get(one.name)) is not None:
            own = contract.provider == organisation
            if own or (one.name in self.published and not output):
                return f"dataset:{one.name}"
        if one.namespace == INTAKE:
            for contract in self.contracts.values():
                is_file = contract.source.query is None and contract.source.path == one.name
                if is_file and contract.provider == organisation:
                    return f"source:{contract.dataset}"
        return external_id(one)

    def columns(self, node: str, column: str, *, output: bool) -> tuple[str, ...]:
        """The nodes of a column; none where only the whole dataset has one."""
        kind, _, name = node.partition(":")
        if kind == "external":
            return (f"{node}#{column}",)
        fields = self.contracts[name].fields
        if kind == "dataset":
            return tuple(f"field:{name}.{one.name}" for one in fields if one.name == column)
        if not output:
            return ()
        return tuple(f"field:{name}.{one.name}" for one in fields if one.source_column == column)

    def unknown(self, organisation: str, run: ReportedRun) -> list[str]:
        """Columns that the run names of datasets and files of ours that have none of that name; of
        what the department may not know of, none."""
        ends = {(one.input, one.source, False) for one in run.columns}
        ends |= {(one.output, one.target, True) for one in run.columns if one.target}
        found = set()
        for dataset, column, output in ends:
            node = self.bind(organisation, dataset, output=output)
            is_read_file = node.startswith("source:") and not output
            if not is_read_file and not self.columns(node, column, output=output):
                found.add(f"{dataset.name}.{column}")
        return sorted(found)


def external_id(one: ReportedDataset) -> str:
    """One id for each pair: the last `/` is between namespace and name.

    >>> external_id(ReportedDataset("postgres://yb", "public.t"))
    'external:postgres://yb/public.t'
    >>> external_id(ReportedDataset("s3://b", "x/y")), external_id(ReportedDataset("s3://b/x", "y"))
    ('external:s3://b/x%2Fy', 'external:s3://b/x/y')
    """
    return f"external:{_quoted(one.namespace)}/{_quoted(one.name).replace('/', '%2F')}"


def _quoted(name: str) -> str:
    """Without the sign that begins a column."""
    return name.replace("%", "%25").replace("#", "%23")


def jobs_of(
    node: str, jobs: Iterable[StatedJob], names: Names, sees: Callable[[str], bool]
) -> tuple[StatedJob, ...]:
    """The jobs that name an external dataset, the newest event first; of departments (USCC) whose
    external datasets the reader sees."""
    found = (one for one in jobs if sees(one.organisation) and _names(one, node, names))
    return tuple(sorted(found, key=lambda one: one.run.at, reverse=True))


def _names(job: StatedJob, node: str, names: Names) -> bool:
    return any(
        external_id(one) == node and names.bind(job.organisation, one, output=output) == node
        for one, output in _ends(_with_job(job.run))
    )


def _ends(run: ReportedRun) -> Iterator[tuple[ReportedDataset, bool]]:
    """Each dataset of a run, and whether as an output."""
    yield from ((one, False) for one in run.inputs)
    yield from ((one, True) for one in run.outputs)
    for one in run.columns:
        yield one.input, False
        if one.target:
            yield one.output, True


@dataclass(slots=True)
class _Piece:
    """What one department reported."""

    nodes: dict[str, GraphNode] = field(default_factory=dict)
    edges: set[GraphEdge] = field(default_factory=set)
    inside: set[GraphEdge] = field(default_factory=set)
    """Those of the edges that are between our own datasets."""


class OutsideLineage:
    """What departments reported, bound once for all readers, and again where jobs, contracts or
    what is published have changed: a reader pays for what they are shown alone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: tuple[object, dict[str, _Piece]] = (None, {})

    def piece(
        self, jobs: tuple[StatedJob, ...], names: Names, sees: Callable[[str], bool]
    ) -> GraphPiece:
        """`sees`: whether the reader is shown external datasets of a department (USCC). Of the
        others only edges between our own datasets are there."""
        nodes: dict[str, GraphNode] = {}
        edges: set[GraphEdge] = set()
        for organisation, one in self._bound(jobs, names).items():
            if not sees(organisation):
                edges |= one.inside
                continue
            edges |= one.edges
            for node in one.nodes.values():
                known = nodes.get(node.id, node)
                of = tuple(sorted({*known.organisations, organisation}))
                nodes[node.id] = replace(known, organisations=of)
        return GraphPiece(tuple(nodes.values()), frozenset(edges))

    def _bound(self, jobs: tuple[StatedJob, ...], names: Names) -> dict[str, _Piece]:
        state = (jobs, dict(names.contracts), frozenset(names.published))
        with self._lock:
            known = self._known
        if known[0] != state:
            known = (state, _bind(jobs, names))
            with self._lock:
                self._known = known
        return known[1]


def _bind(jobs: Iterable[StatedJob], names: Names) -> dict[str, _Piece]:
    pieces: dict[str, _Piece] = {}
    for job in jobs:
        piece = pieces.setdefault(job.organisation, _Piece())
        run = _with_job(job.run)
        edges = set(_edges(run, job.organisation, names))
        _add_nodes(piece, run, job.organisation, names)
        piece.edges |= edges
        piece.inside |= {one for one in edges if not _is_external(one)}
    return pieces


def _is_external(edge: GraphEdge) -> bool:
    return edge.source.startswith("external:") or edge.target.startswith("external:")


def _with_job(run: ReportedRun) -> ReportedRun:
    """A job that only reads, or only makes something, is itself the other end."""
    itself = (ReportedDataset(run.namespace, run.name),)
    if not run.inputs and not run.outputs:
        return run
    return replace(run, inputs=run.inputs or itself, outputs=run.outputs or itself)


def _add_nodes(piece: _Piece, run: ReportedRun, organisation: str, names: Names) -> None:
    columns: dict[tuple[ReportedDataset, bool], set[str]] = {}
    for one in run.inputs:
        columns.setdefault((one, False), set())
    for one in run.outputs:
        columns.setdefault((one, True), set())
    for column in run.columns:
        columns.setdefault((column.input, False), set()).add(column.source)
        if column.target:
            columns.setdefault((column.output, True), set()).add(column.target)
    for (dataset, output), named in columns.items():
        node = names.bind(organisation, dataset, output=output)
        if node.startswith("external:"):
            whole = GraphNode(node, "external", Text(dataset.name, dataset.name), "", dataset.name)
            parts = (
                GraphNode(f"{node}#{name}", "external_field", Text(name, name), "", name)
                for name in named
            )
            piece.nodes |= {made.id: made for made in (whole, *parts)}


def _edges(run: ReportedRun, organisation: str, names: Names) -> Iterator[GraphEdge]:
    for output in run.outputs:
        target = names.bind(organisation, output, output=True)
        columns = [one for one in run.columns if one.output == output]
        followed = {one.input for one in columns}
        for read in {*run.inputs, *followed}:
            source = names.bind(organisation, read, output=False)
            if source != target:
                yield GraphEdge(source, target, "TRANSFORMATION" if read in followed else WHOLE)
        targets = {one.target for one in columns if one.target}
        for one in columns:
            source = names.bind(organisation, one.input, output=False)
            for name in (one.target,) if one.target else ("", *sorted(targets)):
                yield from _of_column(one, source, target, name, names)


def _of_column(
    one: ReportedColumn, source: str, target: str, name: str, names: Names
) -> Iterator[GraphEdge]:
    """For a column that our dataset does not have, the edge is one of the whole dataset."""
    sources = names.columns(source, one.source, output=False)
    targets = names.columns(target, name, output=True) if name else (target,)
    kind = one.kind if sources and targets else WHOLE
    for begin in sources or (source,):
        for end in targets or (target,):
            if begin != end:
                yield GraphEdge(begin, end, kind)
