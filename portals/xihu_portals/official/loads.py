"""Loads in a list, the corrections of each under it: on a dataset's page and on a load's report."""

from dataclasses import dataclass, replace
from datetime import datetime

from xihu_catalog.datasets.service import LoadSummary
from xihu_catalog.quality.whole import Whole


@dataclass(frozen=True, slots=True)
class LoadLine:
    """One load in a list of them, its corrections under it."""

    at: datetime
    file: str
    received: int
    accepted: int
    still_open: int
    href: str
    stopped: bool = False
    corrections: tuple["LoadLine", ...] = ()


def lines(found: list[Whole]) -> tuple[LoadLine, ...]:
    """Loads, the corrections of each under it."""
    return tuple(
        replace(
            load_line(one.load, one.still_open),
            accepted=one.accepted,
            corrections=tuple(load_line(load, load.counts.quarantined) for load in one.corrections),
        )
        for one in found
    )


def load_line(load: LoadSummary, still_open: int) -> LoadLine:
    return LoadLine(
        at=load.committed_at,
        file=load.file_name,
        received=load.counts.received,
        accepted=load.counts.accepted,
        still_open=still_open,
        href=f"/official/loads/{load.load_id}",
        stopped=load.blocked,
    )
