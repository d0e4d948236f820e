"""Lineage drawn: what something comes from, what is made of it, what breaks if it changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from xihu_catalog.lineage.graph import (
    Affected,
    Direction,
    GraphLevel,
    GraphNode,
    LineageGraph,
)
from xihu_catalog.registry.people import organisation_name
from xihu_platform.words import Text
from xihu_portals.api.known_lineage import jobs_behind, known_lineage
from xihu_portals.api.lineage import NODE_LENGTH, grants_naming, is_part, rules_naming
from xihu_portals.pages.lineage_chart import LineageChart, lineage_chart
from xihu_portals.pages.lineage_words import WAYS
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.address import number
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Choice, Link, Words
from xihu_portals.web.render import render

PATH = "/official/lineage"
SHOWN = 200
FOUND = 40
REPORTS_SHOWN = 20
KINDS: dict[str, Text] = {
    "source": Text("来源文件", "Source file"),
    "dataset": Text("数据集", "Dataset"),
    "field": Text("数据项", "Field"),
    "metric": Text("指标", "Metric"),
    "service": Text("政务服务事项", "Service item"),
    "kind": Text("事项种类", "Kind of matter"),
    "page": Text("页面", "Page"),
    "exchange": Text("批量交换", "Batch exchange"),
    "external": Text("平台外数据", "Outside dataset"),
    "external_field": Text("平台外字段", "Outside column"),
}
NAMED_BY_OTHERS = ("source", "external", "external_field")
"""Nodes whose names are data."""
_DIRECTIONS: dict[Direction, Text] = {
    "both": Text("上游和下游", "Both ways"),
    "upstream": Text("从哪来", "Where it comes from"),
    "downstream": Text("到哪去", "What is made of it"),
}
router = APIRouter()


@dataclass(frozen=True, slots=True)
class LineageRow:
    """A node in the list beside the drawing."""

    link: Link
    kind: Text
    dataset: Words
    steps: int


@dataclass(frozen=True, slots=True)
class FoundNode:
    """What a search found: many datasets have a field of one name."""

    link: Link
    kind: Text
    dataset: Words | None
    """What it belongs to; None of a dataset itself."""


@dataclass(frozen=True, slots=True)
class ImpactRow:
    """What a change of the field reaches."""

    link: Link
    kind: Text
    ways: tuple[Text, ...]
    steps: int


@dataclass(frozen=True, slots=True)
class ShownImpact:
    """What breaks: what is made of the field, rules by dataset, and grants by their number."""

    rows: tuple[ImpactRow, ...]
    rules: tuple[tuple[str, Text], ...]
    grants: tuple[tuple[str, Text], ...]


@dataclass(frozen=True, slots=True)
class ShownReport:
    """A job that names an outside dataset, in its newest report."""

    job: str
    namespace: str
    organisation: Text
    producer: str
    at: datetime
    """When the run was complete, as the department's system says."""
    received_at: datetime


@dataclass(frozen=True, slots=True)
class LineageDrawn:
    """Where does it come from, and what breaks if it changes?"""

    frame: PageFrame
    title: Words | None
    kind: Text | None
    node: str
    query: str
    found: tuple[FoundNode, ...]
    depths: tuple[Choice, ...]
    directions: tuple[Choice, ...]
    chart: LineageChart | None
    legend: tuple[tuple[str, Text], ...]
    """The kinds of nodes in the drawing."""
    rows: tuple[LineageRow, ...]
    total: int
    next: str | None
    fold: Link | None
    """To the same with fields, or without them."""
    page: Link | None
    """The dataset's or metric's own page."""
    impact: ShownImpact | None
    """None where the start is no field."""
    reports: tuple[ShownReport, ...] = ()
    """Of an outside dataset: what it is known from, the newest first."""
    reports_left: int = 0


@dataclass(frozen=True, slots=True)
class _Asked:
    node: str
    depth: int
    direction: Direction
    level: GraphLevel
    offset: int

    def href(self, node: str, **other: str) -> str:
        said = {
            "node": node,
            "depth": str(self.depth),
            "direction": self.direction,
            "detail": self.level,
        }
        return f"{PATH}?{urlencode(said | other)}"


def fill(visitor: Visitor, asked: _Asked, query: str) -> LineageDrawn:
    """Raises NotFound, BadInput."""
    graph = known_lineage(visitor.services, visitor.principal)
    titles = {node.dataset: node.title for node in graph.nodes.values() if node.kind == "dataset"}
    found = tuple(
        FoundNode(
            Link(_title(node), asked.href(node.id)),
            KINDS[node.kind],
            None if node.kind == "dataset" else _belongs(node, titles),
        )
        for node in graph.find(query, FOUND)
    )
    depths = tuple(Choice(str(n), str(n), n == asked.depth) for n in range(1, 6))
    directions = tuple(Choice(n, w, n == asked.direction) for n, w in _DIRECTIONS.items())
    if not asked.node:
        return LineageDrawn(
            *(visitor.frame, None, None, "", query, found, depths, directions, None),
            *((), (), 0, None, None, None, None),
        )
    part = graph.at_level(asked.level).around(
        asked.node,
        depth=asked.depth,
        direction=asked.direction,
        limit=SHOWN,
        offset=asked.offset,
    )
    after = asked.offset + SHOWN
    root = part.root
    reports = _reports(visitor, root)
    return LineageDrawn(
        frame=visitor.frame,
        title=_title(root),
        kind=KINDS[root.kind],
        node=root.id,
        query=query,
        found=found,
        depths=depths,
        directions=directions,
        chart=lineage_chart(part, {n.id: asked.href(n.id) for n in part.nodes}),
        legend=_legend(part.nodes),
        rows=tuple(
            LineageRow(
                Link(_title(n), asked.href(n.id), current=n.id == root.id),
                KINDS[n.kind],
                _belongs(n, titles),
                part.layers[n.id],
            )
            for n in part.nodes
        ),
        total=part.total,
        next=asked.href(root.id, offset=str(after)) if after < part.total else None,
        fold=_fold(asked, root),
        page=_own_page(root),
        impact=_impact(visitor, graph, root, asked),
        reports=reports[:REPORTS_SHOWN],
        reports_left=max(0, len(reports) - REPORTS_SHOWN),
    )


def _reports(visitor: Visitor, root: GraphNode) -> tuple[ShownReport, ...]:
    """Of an outside column those of its dataset."""
    if root.kind not in {"external", "external_field"}:
        return ()
    found = jobs_behind(visitor.services, visitor.principal, root.parent or root.id)
    return tuple(
        ShownReport(
            job=one.run.name,
            namespace=one.run.namespace,
            organisation=organisation_name(one.organisation),
            producer=one.run.producer,
            at=one.run.at,
            received_at=one.received_at,
        )
        for one in found
    )


def _title(node: GraphNode) -> Words:
    """A file's name is data, and so are names of what is outside of the platform."""
    return node.name if node.kind in NAMED_BY_OTHERS else node.title


def _belongs(node: GraphNode, titles: Mapping[str, Text]) -> Text:
    """Its dataset; of what is outside of the platform, who reported it."""
    if node.organisations:
        names = [organisation_name(one) for one in node.organisations]
        return Text("、".join(n.zh for n in names), ", ".join(n.en for n in names))
    return titles.get(node.dataset, Text("—", "—"))


def _legend(nodes: Sequence[GraphNode]) -> tuple[tuple[str, Text], ...]:
    there = {node.kind for node in nodes}
    return tuple((kind, words) for kind, words in KINDS.items() if kind in there)


def _fold(asked: _Asked, root: GraphNode) -> Link | None:
    if root.kind == "field":
        return None
    if asked.level == "dataset":
        return Link(Text("展开到数据项", "Show fields"), asked.href(root.id, detail="field"))
    return Link(Text("收起数据项", "Hide fields"), asked.href(root.id, detail="dataset"))


def _own_page(root: GraphNode) -> Link | None:
    if root.kind == "metric":
        return Link(Text("指标页面", "The metric's page"), f"/official/metrics/{root.name}")
    if root.dataset:
        label = Text("数据集页面", "The dataset's page")
        return Link(label, f"/official/datasets/{root.dataset}")
    return None


def _impact(
    visitor: Visitor, graph: LineageGraph, root: GraphNode, asked: _Asked
) -> ShownImpact | None:
    rows = tuple(_reached(one, asked) for one in graph.affected(root.id))
    if root.kind == "external_field":
        return ShownImpact(rows, (), ())
    if root.kind != "field":
        return None
    services = visitor.services
    contract = services.catalogue.contracts.get(root.dataset)
    rules = rules_naming(services, contract, root.name)
    grants = grants_naming(services, visitor.principal, contract, root.name)
    return ShownImpact(
        rows=rows,
        rules=tuple((dataset, text) for dataset, _, text in rules),
        grants=tuple((grant, organisation_name(to)) for grant, to in grants),
    )


def _reached(one: Affected, asked: _Asked) -> ImpactRow:
    ways = tuple(WAYS.get(kind, Text(kind, kind)) for kind in one.kinds)
    return ImpactRow(
        Link(_title(one.node), asked.href(one.node.id)), KINDS[one.node.kind], ways, one.steps
    )


@router.get(PATH)
def page(
    request: Request,
    visitor: InOffice,
    node: Annotated[str, Query(max_length=NODE_LENGTH)] = "",
    depth: Annotated[str, Query(max_length=2)] = "",
    direction: Direction = "both",
    detail: GraphLevel = "dataset",
    offset: Annotated[str, Query(max_length=6)] = "",
    q: Annotated[str, Query(max_length=100)] = "",
) -> HTMLResponse:
    level: GraphLevel = "field" if is_part(node) else detail
    asked = _Asked(
        node, number(depth, "depth") or 2, direction, level, number(offset, "offset") or 0
    )
    return render(request, "official/lineage_graph.html", fill(visitor, asked, q))
