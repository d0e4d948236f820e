"""The pattern of hidden cells over made tables: what is shown leaves each hidden cell wide open.

The oracle is a linear program over all that is shown; the pattern itself uses none.
"""

import random
from itertools import product

import numpy as np
import pytest
from scipy.optimize import linprog  # type: ignore[import-untyped]  # it has no types

from xihu_platform.brain.suppression import ROOT, Cell, Node, Split, Tree, hide_totals

LEAVES = ("330102", "330106", "330108", "330203", "330205", "330302")
T = 5


def with_parents(tree: Tree, leaves: dict[Cell, int]) -> dict[Cell, int]:
    classes = {c for _, c in leaves}
    return {
        (node, one): sum(leaves[leaf, one] for leaf in tree.below(node))
        for node in tree.nodes
        for one in classes
    }


SEEDS = [*range(20), *(pytest.param(n, marks=pytest.mark.harness) for n in range(20, 100))]


def intervals(
    tree: Tree,
    cells: dict[Cell, int],
    hidden: frozenset[Cell],
    known_rows: frozenset[Node],
) -> dict[Cell, tuple[float, float]]:
    """Least and greatest value of each hidden cell, given each shown cell and row total."""
    classes = sorted({c for _, c in cells})
    order = {cell: i for i, cell in enumerate(product(tree.leaves, classes))}

    def row(node: Node, chosen: list[str]) -> np.ndarray:
        found = np.zeros(len(order))
        for leaf in tree.below(node):
            for one in chosen:
                found[order[leaf, one]] = 1
        return found

    left = [row(n, [c]) for n, c in cells if (n, c) not in hidden]
    right = [v for cell, v in cells.items() if cell not in hidden]
    left += [row(n, classes) for n in known_rows]
    right += [sum(cells[n, c] for c in classes) for n in known_rows]
    equations = {"A_eq": np.array(left), "b_eq": right} if left else {}
    found = {}
    for node, one in hidden:
        goal = row(node, [one])
        low = linprog(goal, **equations)
        high = linprog(-goal, **equations)
        assert low.status == 0
        found[node, one] = (low.fun, float("inf") if high.status == 3 else -high.fun)
    return found


def made(seed: int, classes: int, top: int) -> tuple[Tree, dict[Cell, int]]:
    dice = random.Random(seed)
    tree = Tree(LEAVES)
    names = "abcdef"[:classes]
    leaves = {(leaf, c): int(dice.paretovariate(0.5)) % top for leaf in LEAVES for c in names}
    return tree, with_parents(tree, leaves)


@pytest.mark.parametrize("seed", SEEDS)
def test_each_hidden_cell_of_a_split_stays_at_least_as_wide_as_the_threshold(seed: int) -> None:
    tree, cells = made(seed, 2 + seed % 4, 40)
    rows = {n: sum(v for (m, _), v in cells.items() if m == n) for n in tree.nodes}
    hidden_rows = hide_totals(tree, rows, T)
    hidden = Split(tree, cells, T).hide(hidden_rows, frozenset())
    assert {c for c, v in cells.items() if v < T} <= hidden
    known = frozenset(tree.nodes) - hidden_rows
    for cell, (low, high) in intervals(tree, cells, hidden, known).items():
        assert high - low >= T, (cell, cells[cell], low, high)
        if cells[cell] < T:  # also for one who knows that this very cell is below the threshold
            assert low <= 0 and high >= T - 1, (cell, cells[cell], low, high)


@pytest.mark.parametrize("seed", SEEDS)
def test_each_hidden_total_stays_at_least_as_wide_as_the_threshold(seed: int) -> None:
    tree, cells = made(seed, 1, 25)
    persons = {n: v for (n, _), v in cells.items()}
    hidden = frozenset((n, "a") for n in hide_totals(tree, persons, T))
    for cell, (low, high) in intervals(tree, cells, hidden, frozenset()).items():
        assert high - low >= T, (cell, cells[cell], low, high)


def tried(split: Split, tree: Tree, cells: dict[Cell, int], cell: Cell, within: Node) -> set[Cell]:
    """The cheapest exchange as found by trying each: of several the first."""
    node, one = cell
    there = [f for f in tree.below(within) if f not in tree.below(node) and cells[f, one] >= T]
    found = [
        {(n, c) for n in tree.between(leaf, far) for c in (one, other)}
        for other in split.classes
        if other != one
        for leaf in tree.below(node)
        for far in there
        if cells[leaf, other] >= T and cells[far, other] >= T
    ]
    return min(found, key=lambda t: sum(cells[c] for c in t - split.hidden), default=set())


@pytest.mark.parametrize("level", ["county", "city"])
@pytest.mark.parametrize("seed", range(12))
def test_the_cheapest_exchange_is_that_which_trying_all_of_them_finds(
    seed: int, level: str
) -> None:
    full, cells = made(seed, 3, 40)
    tree = full.down_to(level)
    split, dice = Split(tree, cells, T), random.Random(seed)
    split.hidden = {one for one in split.cells if dice.random() < 0.2}
    exchanges = [
        (split._flip(cell, within) or set(), tried(split, tree, cells, cell, within))
        for cell in sorted(split.cells)
        for within in {ROOT, cell[0][:4]}
    ]
    assert all(ours == theirs for ours, theirs in exchanges)
    assert any(theirs for _, theirs in exchanges)


def test_one_small_county_takes_the_smallest_safe_sibling_with_it() -> None:
    tree = Tree(LEAVES)
    persons = dict.fromkeys(tree.nodes, 100) | {"330102": 3, "330106": 40, "330108": 60}
    assert hide_totals(tree, persons, T) == {"330102", "330106"}


def test_a_county_alone_in_its_city_takes_its_city_and_another_one() -> None:
    tree = Tree(LEAVES)
    persons = dict.fromkeys(tree.nodes, 100) | {"330302": 3, "3303": 3, "330205": 20}
    assert hide_totals(tree, persons, T) == {"330302", "3303", "330205", "3302"}


def test_where_nobody_can_move_everything_is_hidden() -> None:
    tree = Tree(LEAVES)
    assert hide_totals(tree, dict.fromkeys(tree.nodes, 2), T) == set(tree.nodes)


def test_nothing_is_hidden_of_a_table_of_large_cells() -> None:
    tree = Tree(LEAVES)
    cells = with_parents(tree, dict.fromkeys(product(LEAVES, "ab"), 50))
    assert Split(tree, cells, T).hide(frozenset(), frozenset()) == frozenset()


def test_a_cell_that_changed_by_few_is_hidden_though_it_is_large() -> None:
    tree = Tree(LEAVES)
    cells = with_parents(tree, dict.fromkeys(product(LEAVES, "ab"), 50))
    hidden = Split(tree, cells, T).hide(frozenset(), frozenset({("330106", "a")}))
    assert len(hidden) == 4
    assert ("330106", "a") in hidden
    assert hide_totals(tree, dict.fromkeys(tree.nodes, 50), T, frozenset({ROOT})) >= {ROOT}
