"""Which cells of a table are hidden, so that what is shown leaves each of them wide open.

A cell below the threshold is primary. Hiding it alone is nothing: totals, parents and siblings
give it back. So each hidden cell gets a *move*: a change of the counts by which it varies over at
least the threshold while every shown cell stays as it is. All cells that the move touches are
hidden too. No linear program is needed: the move itself is the proof.

- A *relocation* takes people from one leaf region to another: their ancestors in common do not
  change. It is the move of a table of totals.
- A *flip* changes the class of people in one leaf region and the other way round in another:
  neither the totals of the regions nor those of the classes change.
- Where no flip is found, all leaf cells below one shown parent are hidden together. With all of
  them unknown, the margins of a table leave a cell max(0, T + C - N) to min(T, C) (Fréchet).
- Where that is not wide enough either, the whole table is hidden.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property

from xihu_platform.regions import WIDTHS, Region

Node = str
"""A region as the first digits that its leaves share; the whole is the empty text."""
Cell = tuple[Node, str]
"""A region and a class of a split: a value of a dimension, or the two parts of a share."""
ROOT = ""


def node_of(code: str | None) -> Node:
    """
    >>> node_of("330000"), node_of("330100"), node_of("330106"), node_of(None)
    ('', '3301', '330106', '')
    """
    region = Region(code) if code else None
    return ROOT if region is None or region.level == "province" else region.prefix


class Tree:
    """The regions of a dataset: leaves, the cities over them, the whole."""

    def __init__(self, leaves: Iterable[Node]) -> None:
        self.leaves = tuple(sorted(set(leaves)))

    def down_to(self, level: str) -> "Tree":
        """The same regions without those below a level."""
        if level == "province":
            return Tree(ROOT for _ in self.leaves)
        return Tree(leaf[: WIDTHS["city" if level == "city" else "county"]] for leaf in self.leaves)

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        return tuple(sorted({n for leaf in self.leaves for n in self.chain(leaf)}))

    def chain(self, leaf: Node) -> tuple[Node, ...]:
        """A leaf and all that it lies in.

        >>> Tree([]).chain("330106"), Tree([]).chain("")
        (('330106', '3301', ''), ('',))
        """
        return tuple(dict.fromkeys((leaf, leaf[: WIDTHS["city"]], ROOT)))

    @cached_property
    def _below(self) -> dict[Node, tuple[Node, ...]]:
        found: dict[Node, list[Node]] = defaultdict(list)
        for leaf in self.leaves:
            for node in self.chain(leaf):
                found[node].append(leaf)
        return {node: tuple(leaves) for node, leaves in found.items()}

    def below(self, node: Node) -> tuple[Node, ...]:
        """The leaves of a region; a leaf's is itself."""
        return self._below.get(node, ())

    def between(self, one: Node, other: Node) -> tuple[Node, ...]:
        """The regions that hold one of two leaves and not the other."""
        first, second = self.chain(one), self.chain(other)
        return tuple(n for n in (*first, *second) if (n in first) != (n in second))

    def outside(self, node: Node, within: Node) -> Iterator[Node]:
        """Leaves of `within` that do not lie in `node`."""
        mine = set(self.below(node))
        return (leaf for leaf in self.below(within) if leaf not in mine)


def hide_totals(
    tree: Tree, persons: dict[Node, int], threshold: int, sensitive: frozenset[Node] = frozenset()
) -> frozenset[Node]:
    """The hidden regions of one period's totals. `persons` has every region, none is zero
    because it is absent; `sensitive` regions are primary whatever their number.
    """
    hidden: set[Node] = set()
    primary = {n for n in tree.nodes if persons.get(n, 0) < threshold} | sensitive
    for node in sorted(primary, key=lambda n: (-len(n), n)):
        touched = _relocation(tree, persons, threshold, node, hidden)
        if touched is None:
            return frozenset(tree.nodes)
        hidden |= touched
    return frozenset(hidden)


def _relocation(
    tree: Tree, persons: dict[Node, int], threshold: int, node: Node, hidden: set[Node]
) -> set[Node] | None:
    """The regions touched by the cheapest relocation into a region; None if nobody can move."""
    if node == ROOT:
        return {n for leaf in tree.leaves[:1] for n in tree.chain(leaf)}
    best: tuple[int, set[Node]] | None = None
    for donor in tree.outside(node, ROOT):
        if persons.get(donor, 0) < threshold:
            continue
        for leaf in tree.below(node):
            touched = set(tree.between(leaf, donor))
            cost = sum(persons.get(n, 0) for n in touched - hidden)
            if best is None or cost < best[0]:
                best = (cost, touched)
    return best[1] if best else None


class Split:
    """One period's table of regions by classes, and the cells of it that are hidden so far."""

    def __init__(self, tree: Tree, persons: dict[Cell, int], threshold: int) -> None:
        self._tree = tree
        self._persons = persons
        self._threshold = threshold
        self.classes = tuple(sorted({c for _, c in persons}))
        self.hidden: set[Cell] = set()
        self._safe: set[Cell] = set()
        """Hidden cells that a move covers."""

    @property
    def cells(self) -> frozenset[Cell]:
        return frozenset((n, c) for n in self._tree.nodes for c in self.classes)

    def _count(self, node: Node, one: str) -> int:
        return self._persons.get((node, one), 0)

    def _enough(self, node: Node, one: str) -> bool:
        return self._count(node, one) >= self._threshold

    def hide(self, rows: frozenset[Node], sensitive: frozenset[Cell]) -> frozenset[Cell]:
        """The hidden cells; in `rows` every class is hidden, since the total is."""
        primary = {c for c in self.cells if self._count(*c) < self._threshold} | sensitive
        self.hidden = primary | {c for c in self.cells if c[0] in rows}
        for cell in sorted(self.hidden, key=lambda c: (-len(c[0]), c)):
            if cell in self._safe:
                continue
            touched = self._cover(cell)
            if touched is None:
                return self.cells
            self.hidden |= touched
            self._safe |= touched
        return frozenset(self.hidden)

    def _cover(self, cell: Cell) -> set[Cell] | None:
        """The cells touched by the cheapest move that covers a cell, the least harmful kind of
        move first; None where only hiding the whole table helps.
        """
        node = cell[0]
        is_leaf = node in self._tree.leaves
        parent = node[: WIDTHS["city"]] if is_leaf else ROOT
        return (
            self._flip(cell, parent)
            or (self._block(parent) if is_leaf else None)
            or (self._flip(cell, ROOT) if parent != ROOT else None)
            or self._flip_everywhere(cell)
            or (self._block(ROOT) if node != ROOT else None)
        )

    def _flip(self, cell: Cell, within: Node) -> set[Cell] | None:
        """People of another class become this one here, and the reverse in another region."""
        node, one = cell
        others = [leaf for leaf in self._tree.outside(node, within) if self._enough(leaf, one)]
        best: tuple[int, Node, Node, str] | None = None
        for other in (c for c in self.classes if c != one):
            here = [leaf for leaf in self._tree.below(node) if self._enough(leaf, other)]
            there = [leaf for leaf in others if self._enough(leaf, other)]
            found = self._cheapest(here, there, (one, other))
            if found is not None and (best is None or found[0] < best[0]):
                best = (*found, other)
        if best is None:
            return None
        _, leaf, far, other = best
        return {(n, c) for n in self._tree.between(leaf, far) for c in (one, other)}

    def _cheapest(
        self, here: list[Node], there: list[Node], classes: tuple[str, str]
    ) -> tuple[int, Node, Node] | None:
        """The two leaves between which people of two classes are exchanged with the fewest persons
        newly hidden: of several the first. What a leaf costs is the same with every other one, but
        for its city, which costs nothing where both lie in it."""
        theirs = [(far, *self._price(far, classes)) for far in there]
        best: tuple[int, Node, Node] | None = None
        for leaf in here:
            city, alone, whole = self._price(leaf, classes)
            for far, far_city, far_alone, far_whole in theirs:
                cost = alone + far_alone if city == far_city else whole + far_whole
                if best is None or cost < best[0]:
                    best = (cost, leaf, far)
        return best

    def _price(self, leaf: Node, classes: tuple[str, str]) -> tuple[Node, int, int]:
        """The city of a leaf, the persons newly hidden in the leaf alone, and with its city."""
        city = leaf[: WIDTHS["city"]]
        alone = self._cost({(leaf, c) for c in classes})
        return (
            city,
            alone,
            alone if city == leaf else alone + self._cost({(city, c) for c in classes}),
        )

    def _flip_everywhere(self, cell: Cell) -> set[Cell] | None:
        """People change their class in one leaf region, and so in all that it lies in."""
        node, one = cell
        found = [
            {(n, c) for n in self._tree.chain(leaf) for c in (one, other)}
            for other in self.classes
            if other != one
            for leaf in self._tree.below(node)
            if self._enough(leaf, other)
        ]
        return min(found, key=self._cost, default=None)

    def _cost(self, touched: set[Cell]) -> int:
        return sum(self._count(*c) for c in touched - self.hidden)

    def _block(self, top: Node) -> set[Cell] | None:
        """All cells below a region at once, if its margins leave each of them wide enough."""
        inner = [n for n in self._tree.nodes if n != top and n.startswith(top)]
        cells = {(n, c) for n in inner for c in self.classes}
        rows = {n: sum(self._count(n, c) for c in self.classes) for n in (top, *inner)}
        if not cells or not all(self._is_wide(cell, top, rows) for cell in cells):
            return None
        return cells

    def _is_wide(self, cell: Cell, top: Node, rows: dict[Node, int]) -> bool:
        """Whether the margins alone leave a cell as wide as the threshold, and a small one down
        to zero, so that knowing that it is small tells no more.
        """
        node, one = cell
        total, column, whole = rows[node], self._count(top, one), rows[top]
        if min(total, column, whole - total, whole - column) < self._threshold:
            return False
        return self._count(*cell) >= self._threshold or total + column <= whole
