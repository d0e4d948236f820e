"""The drawing of a kind of matter: its states in rows, its events as numbered arrows.

Numbers are those of the table beside the drawing, which says the same in words. Arrows that lead
on go down, those that lead back go round on a side; what time brings about is dashed.
"""

from collections.abc import Iterator

from xihu_platform.matters.definition import Definition, EventRule
from xihu_portals.web.statechart import StateArrow, StateBox, StateChart

BOX_WIDTH, BOX_HEIGHT, GAP_X, GAP_Y, MARGIN = 168, 52, 64, 88, 12
BULGE, BULGE_STEP = 40, 22
"""How far the first arrow that leads back goes round, and each further one more."""
BISECTIONS = 20
HEIGHTS = (0.5, 0.28, 0.72, 0.4, 0.6)
"""Of the gap below a state: where the numbers of an arrow may be, the first that is free."""
DIGIT, LABEL_HEIGHT = 8, 18


def draw_states(definition: Definition) -> StateChart:
    """Row by row, in the order of the definition."""
    rows = _rows(definition)
    wide = max(len(row) for row in rows)
    full = wide * BOX_WIDTH + (wide - 1) * GAP_X
    edges, stays = _edges(definition)
    depth = {name: number for number, row in enumerate(rows) for name in row}
    level = [one for one in edges if depth[one[0]] == depth[one[1]]]
    back = [one for one in edges if depth[one[0]] > depth[one[1]]]
    left = [one for one in back if one[0] == rows[depth[one[0]]][0] != rows[depth[one[0]]][-1]]
    right = [one for one in back if one not in left]
    places: Places = {}
    for number, row in enumerate(rows):
        x = MARGIN + _beside(left) + (full - len(row) * (BOX_WIDTH + GAP_X) + GAP_X) / 2
        y = MARGIN + number * (BOX_HEIGHT + GAP_Y)
        places |= {name: (x + at * (BOX_WIDTH + GAP_X), y) for at, name in enumerate(row)}
    ahead = [one for one in edges if one not in back and one not in level]
    arrows: list[StateArrow] = []
    for drawn in (
        _level(level, edges, places),
        _back(right, edges, places, BOX_WIDTH),
        _back(left, edges, places, 0),
        _ahead(ahead, edges, places, arrows),
    ):
        for arrow in drawn:  # one after the other: numbers make way for those before them
            arrows.append(arrow)
    boxes = tuple(
        StateBox(
            one.name,
            one.title,
            *places[one.name],
            final=one.final,
            steps=_label(stays.get(one.name, [])),
        )
        for one in definition.states.values()
    )
    width = full + _beside(left) + _beside(right) + 2 * MARGIN
    height = len(rows) * (BOX_HEIGHT + GAP_Y) - GAP_Y + 2 * MARGIN
    return StateChart(width, height, boxes, tuple(arrows))


def _beside(back: list["Edge"]) -> float:
    """What the arrows that lead back need on their side."""
    return BULGE + BULGE_STEP * len(back) if back else 0


def numbered(definition: Definition) -> list[tuple[int, EventRule]]:
    """The events with their numbers, the opening first."""
    return list(enumerate((definition.opening, *definition.events.values()), 1))


def _rows(definition: Definition) -> list[list[str]]:
    """States by the fewest events from the first one; a final state comes after all that lead to
    it."""
    depth, ahead = {definition.initial: 0}, [definition.initial]
    for state in ahead:
        for event in definition.leaving(state):
            target = event.lands(state)
            if target not in depth:
                depth[target] = depth[state] + 1
                ahead.append(target)
    for name in (one.name for one in definition.states.values() if one.final):
        sources = [s for e in definition.events.values() if e.target == name for s in e.sources]
        depth[name] = 1 + max(depth[one] for one in sources)
    deepest = max(depth.values())
    rows = [[n for n in definition.states if depth[n] == one] for one in range(deepest + 1)]
    return [row for row in rows if row]


Edge = tuple[str, str, bool]
"""Source, target, and whether time brings it about."""
Edges = dict[Edge, list[int]]


def _edges(definition: Definition) -> tuple[Edges, dict[str, list[int]]]:
    """The numbers of the events of each arrow; by state, of those that leave it as it is."""
    edges: Edges = {}
    stays: dict[str, list[int]] = {}
    for number, event in numbered(definition):
        for source in event.sources:
            if event.lands(source) == source:
                stays.setdefault(source, []).append(number)
            else:
                edge = source, event.lands(source), event.statute is not None
                edges.setdefault(edge, []).append(number)
    return edges, stays


Places = dict[str, tuple[float, float]]


def _ahead(
    some: list[Edge], edges: Edges, places: Places, others: list[StateArrow]
) -> Iterator[StateArrow]:
    """From the lower side of one box to the upper side of another, each at its own place."""
    for edge in some:
        source, target, by_time = edge
        outs = sorted((e for e in some if e[0] == source), key=lambda e: (places[e[1]], e[2]))
        ins = sorted((e for e in some if e[1] == target), key=lambda e: (places[e[0]], e[2]))
        x1 = places[source][0] + _port(outs.index(edge), len(outs))
        x2 = places[target][0] + _port(ins.index(edge), len(ins))
        y1, y2 = places[source][1] + BOX_HEIGHT, places[target][1]
        bend = (y2 - y1) / 2
        path = _path((x1, y1), (x1, y1 + bend), (x2, y2 - bend), (x2, y2))
        label = _label(edges[edge])
        heights = [y1 + GAP_Y * one for one in HEIGHTS]
        spots = [(_bezier(_reaching(y, y1, y2), x1, x1, x2, x2), y) for y in heights]
        free = [one for one in spots if not any(_meets(one, label, other) for other in others)]
        x, y = (free or spots)[0]
        yield StateArrow(path, label, round(x), round(y), by_time)


def _reaching(y: float, y1: float, y2: float) -> float:
    """Where a curve that leads down has come to a height."""
    low, high, bend = 0.0, 1.0, (y2 - y1) / 2
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        below = _bezier(middle, y1, y1 + bend, y2 - bend, y2) < y
        low, high = (middle, high) if below else (low, middle)
    return low


def _meets(spot: tuple[float, float], label: str, other: StateArrow) -> bool:
    near = DIGIT * (len(label) + len(other.label)) / 2 + DIGIT
    return abs(spot[0] - other.x) < near and abs(spot[1] - other.y) < LABEL_HEIGHT


def _level(some: list[Edge], edges: Edges, places: Places) -> Iterator[StateArrow]:
    """Between neighbours of a row, straight."""
    for number, edge in enumerate(some):
        source, target, by_time = edge
        on = places[target][0] > places[source][0]
        x1 = places[source][0] + (BOX_WIDTH if on else 0)
        x2 = places[target][0] + (0 if on else BOX_WIDTH)
        y = places[source][1] + 16 + LABEL_HEIGHT * number
        path = _path((x1, y), (x1, y), (x2, y), (x2, y))
        yield StateArrow(path, _label(edges[edge]), round((x1 + x2) / 2), round(y), by_time)


def _back(some: list[Edge], edges: Edges, places: Places, side: float) -> Iterator[StateArrow]:
    """From a side of one box round to the same side of another: 0 is the left side."""
    for number, edge in enumerate(some):
        source, target, by_time = edge
        x1, x2 = places[source][0] + side, places[target][0] + side
        y1, y2 = places[source][1] + BOX_HEIGHT * 0.35, places[target][1] + BOX_HEIGHT * 0.65
        beyond = BULGE + BULGE_STEP * number
        out = max(x1, x2) + beyond if side else min(x1, x2) - beyond
        path = _path((x1, y1), (out, y1), (out, y2), (x2, y2))
        x, y = _bezier(0.5, x1, out, out, x2), _bezier(0.5, y1, y1, y2, y2)
        yield StateArrow(path, _label(edges[edge]), round(x), round(y), by_time)


def _path(*points: tuple[float, float]) -> str:
    start, *rest = (f"{x:.0f} {y:.0f}" for x, y in points)
    return f"M{start}C{' '.join(rest)}"


def _label(numbers: list[int]) -> str:
    return " ".join(map(str, numbers))


def _port(place: int, number: int) -> float:
    return BOX_WIDTH * (place + 1) / (number + 1)


def _bezier(t: float, a: float, b: float, c: float, d: float) -> float:
    """A cubic curve's coordinate at t."""
    s = 1 - t
    return s**3 * a + 3 * s * s * t * b + 3 * s * t * t * c + t**3 * d
