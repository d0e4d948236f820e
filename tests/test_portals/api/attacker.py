"""An attacker on small cells: the linear equations of all that is public, solved exactly.

He knows that counts are non-negative integers, how regions, periods and classes add up, and
nothing of how cells are chosen to be hidden.
"""

from dataclasses import dataclass, field
from math import inf

import numpy as np
from scipy.optimize import (  # type: ignore[import-untyped]  # it has no types
    Bounds,
    LinearConstraint,
    milp,
)
from scipy.sparse import csr_array  # type: ignore[import-untyped]  # it has no types

Variable = tuple[str, ...]
"""A count of leaf region, and of a month, a kind or a part of a share."""
Sum = tuple[Variable, ...]


@dataclass
class System:
    """Sums of counts that are known, exactly or within bounds."""

    known: dict[Sum, tuple[float, float]] = field(default_factory=dict)
    links: list[tuple[Sum, Sum]] = field(default_factory=list)
    """Two sums that are equal though neither is known."""
    rows: list[tuple[dict[Variable, float], float, float]] = field(default_factory=list)
    """Any other linear fact: coefficients, the least and the greatest value."""
    whole: bool = True
    """Counts are integers; else their linear relaxation, which leaves no less."""

    def __post_init__(self) -> None:
        self._order: dict[Variable, int] = {}
        self._matrix: csr_array | None = None

    def _prepare(self) -> None:
        facts = [(dict.fromkeys(one, 1.0), *bounds) for one, bounds in self.known.items()]
        for one, other in self.links:
            facts.append((dict.fromkeys(one, 1.0) | dict.fromkeys(other, -1.0), 0.0, 0.0))
        facts += self.rows
        self._order = {v: i for i, v in enumerate(dict.fromkeys(v for c, _, _ in facts for v in c))}
        places = [(r, self._order[v], n) for r, (c, _, _) in enumerate(facts) for v, n in c.items()]
        line, column, values = (list(x) for x in zip(*places, strict=True))
        self._matrix = csr_array((values, (line, column)), shape=(len(facts), len(self._order)))
        self._low = np.array([low for _, low, _ in facts])
        self._high = np.array([high for _, _, high in facts])

    def interval(self, target: Sum, most: float = inf) -> tuple[float, float]:
        """The least and the greatest value of a sum; `most` is a greatest value known of it."""
        if self._matrix is None:
            self._prepare()
        goal = np.zeros(len(self._order))
        for variable in target:
            goal[self._order[variable]] = 1
        limits = [LinearConstraint(self._matrix, self._low, self._high)]
        if most != inf:
            limits.append(LinearConstraint(goal, -np.inf, most))
        kinds = np.full(len(goal), int(self.whole))
        ends = []
        for sign in (1, -1):
            found = milp(sign * goal, constraints=limits, integrality=kinds, bounds=Bounds(0))
            assert found.status in {0, 3, 4}, found.message  # solved, or without bound
            ends.append(sign * found.fun if found.status == 0 else inf)
        return ends[0], ends[1]
