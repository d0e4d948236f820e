"""The mutants of a module, made by cosmic-ray's operators."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

from tests.mutants.equivalent import reason_of
from tests.mutants.targets import Target

SKIPPED = ("VariableInserter", "VariableReplacer")
"""Operators that need the name of a variable to put in."""
Place = tuple[int, int]
"""A line and a column."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: which operator, at which of its places, and where that lies."""

    target: Target
    operator: str
    occurrence: int
    place: Place

    @property
    def key(self) -> str:
        return f"{self.target.name} {self.operator.split('/')[-1]} {self.occurrence}"

    @property
    def code(self) -> str:
        """The module's source with the change; empty if cosmic-ray makes none here."""
        operator = get_operator(self.operator)()
        return mutate_code(self.target.source, operator, self.occurrence) or ""

    @property
    def change(self) -> tuple[str, str]:
        """The first changed line, before and after."""
        before, after = self.target.source.splitlines(), self.code.splitlines()
        pairs = ((a.strip(), b.strip()) for a, b in zip(before, after, strict=False) if a != b)
        return next(pairs, ("", ""))

    @property
    def equivalent(self) -> str | None:
        """Why no test could notice it, if that is known."""
        return reason_of(self.target.name, self.operator, self.change[1])


def list_mutants(target: Target) -> Iterator[Mutant]:
    """Every mutant but those of annotations: a type is not run."""
    tree = get_ast(target.source)
    types = list(_annotations(target.source))
    for name in operator_names():
        if name.endswith(SKIPPED):
            continue
        operator = get_operator(name)()
        nodes = ast_nodes(tree)
        places = (start for node in nodes for start, _ in operator.mutation_positions(node))
        for occurrence, place in enumerate(places):
            if not any(first <= place < last for first, last in types):
                yield Mutant(target, name, occurrence, place)


def _annotations(source: str) -> Iterator[tuple[Place, Place]]:
    for node in ast.walk(ast.parse(source)):
        for one in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if isinstance(one, ast.expr):
                yield (
                    (one.lineno, one.col_offset),
                    (one.end_lineno or one.lineno, one.end_col_offset or 0),
                )
