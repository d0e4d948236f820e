"""A matrix of cases: the first ones in `make test`, all of them in `make harness`."""

from collections.abc import Iterable

import pytest


def sampled(cases: Iterable[object], first: int = 1) -> list[object]:
    """The cases, those after the first ones left to the harness; a tuple is several values."""
    every = list(cases)
    return every[:first] + [
        pytest.param(*(one if isinstance(one, tuple) else (one,)), marks=pytest.mark.matrix)
        for one in every[first:]
    ]
