"""Where the boxes and arrows of a drawing of lineage are: a column for each step, left to right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xihu_catalog.lineage.columns import INDIRECT
from xihu_catalog.lineage.graph import GraphEdge, GraphNode, GraphPart

WIDTH, HEIGHT = 190, 44
GAP_X, GAP_Y = 70, 12
COLUMN_LIMIT = 24
"""Boxes of a column; a step with more of them has several columns."""
MARGIN = 12


@dataclass(frozen=True, slots=True)
class LineageBox:
    node: GraphNode
    x: float
    y: float
    here: bool
    href: str


@dataclass(frozen=True, slots=True)
class LineageArrow:
    """An SVG path; `indirect`: it decides rows without entering a value."""

    path: str
    indirect: bool


@dataclass(frozen=True, slots=True)
class LineageChart:
    width: float
    height: float
    boxes: tuple[LineageBox, ...]
    arrows: tuple[LineageArrow, ...]


def lineage_chart(part: GraphPart, hrefs: Mapping[str, str]) -> LineageChart:
    """`hrefs`: where each box leads."""
    places = _places(part)
    boxes = tuple(
        LineageBox(node, *places[node.id], node.id == part.root.id, hrefs[node.id])
        for node in part.nodes
    )
    pairs: dict[tuple[str, str], set[str]] = {}
    for edge in part.edges:
        pairs.setdefault((edge.source, edge.target), set()).add(edge.kind)
    arrows = tuple(
        LineageArrow(_path(places[source], places[target]), kinds <= set(INDIRECT))
        for (source, target), kinds in pairs.items()
    )
    width = max((x for x, _ in places.values()), default=0) + WIDTH + MARGIN
    height = max((y for _, y in places.values()), default=0) + HEIGHT + MARGIN
    return LineageChart(width, height, boxes, arrows)


def _places(part: GraphPart) -> dict[str, tuple[float, float]]:
    layers: dict[int, list[str]] = {}
    for node in part.nodes:
        layers.setdefault(part.layers[node.id], []).append(node.id)
    ordered = _ordered(layers, part.edges)
    places: dict[str, tuple[float, float]] = {}
    column = 0
    for layer in sorted(ordered):
        names = ordered[layer]
        for first in range(0, len(names), COLUMN_LIMIT):
            x = MARGIN + column * (WIDTH + GAP_X)
            for row, name in enumerate(names[first : first + COLUMN_LIMIT]):
                places[name] = (x, MARGIN + row * (HEIGHT + GAP_Y))
            column += 1
    return places


def _ordered(
    layers: Mapping[int, Sequence[str]], edges: Sequence[GraphEdge]
) -> dict[int, list[str]]:
    """From the middle outwards, each node near the middle of those it is tied to."""
    beside: dict[str, list[str]] = {}
    for edge in edges:
        beside.setdefault(edge.source, []).append(edge.target)
        beside.setdefault(edge.target, []).append(edge.source)
    at: dict[str, float] = {}
    found: dict[int, list[str]] = {}
    for layer in sorted(layers, key=abs):
        placed = {
            name: [at[one] for one in beside.get(name, ()) if one in at] for name in layers[layer]
        }
        middle = {name: sum(s) / len(s) if s else 0.0 for name, s in placed.items()}
        found[layer] = sorted(layers[layer], key=lambda name: (middle[name], name))
        at |= {name: float(row) for row, name in enumerate(found[layer])}
    return found


def _path(source: tuple[float, float], target: tuple[float, float]) -> str:
    x1, y1 = source[0] + WIDTH, source[1] + HEIGHT / 2
    x2, y2 = target[0], target[1] + HEIGHT / 2
    if x2 < x1:  # beside or behind: around the right-hand side
        x2 += WIDTH
        bend = max(x1, x2) + GAP_X / 2
        return f"M{x1:g} {y1:g}C{bend:g} {y1:g} {bend:g} {y2:g} {x2:g} {y2:g}"
    middle = (x1 + x2) / 2
    return f"M{x1:g} {y1:g}C{middle:g} {y1:g} {middle:g} {y2:g} {x2:g} {y2:g}"
