"""Mutants that change nothing a caller could see, each with the reason."""

import re

ALWAYS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    (
        "ReplaceBinaryOperator_Mul_Div",
        re.compile(r"^(def .*|\s*/,$|.*, /, .*)"),
        "the marker of keyword-only parameters: the type check keeps callers to it",
    ),
    (
        "ReplaceTrueWithFalse",
        re.compile(r"^@dataclass\("),
        "`frozen` and `slots` of a dataclass: the type check refuses every assignment",
    ),
)
"""By operator and changed line; they are not run."""

LINES: dict[str, dict[str, str]] = {}
"""By module: the changed line, and why it is the same."""


def reason_of(name: str, operator: str, line: str) -> str | None:
    """Why a mutant of the module `name` is equivalent, if it is known to be."""
    for of_operator, pattern, reason in ALWAYS:
        if operator.endswith(of_operator) and pattern.match(line):
            return reason
    return LINES.get(name, {}).get(line)
