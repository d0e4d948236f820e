"""Where something comes from and what is made of it, on the pages of datasets and metrics."""

from dataclasses import dataclass

from xihu_portals.web.parts import Link, Words


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where something comes from and what is made of it."""

    upstream: tuple[Link, ...]
    here: Words
    downstream: tuple[Link, ...]
