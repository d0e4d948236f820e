"""Loads in a list, the corrections of each under it: on a dataset's page and on a load's report."""

from dataclasses import dataclass, replace
from datetime import datetime

from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.public_counts import public_count
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


def lines(contract: Contract, found: list[Whole], *, public: bool) -> tuple[LoadLine, ...]:
    """Loads, the corrections of each under it."""
    return tuple(
        replace(
            load_line(contract, one.load, one.still_open, public=public),
            accepted=public_count(contract, one.accepted, public=public),
            corrections=tuple(
                load_line(contract, load, load.counts.quarantined, public=public)
                for load in one.corrections
            ),
        )
        for one in found
    )


def load_line(contract: Contract, load: LoadSummary, still_open: int, *, public: bool) -> LoadLine:
    return LoadLine(
        at=load.committed_at,
        file=load.file_name,
        received=public_count(contract, load.counts.received, public=public),
        accepted=public_count(contract, load.counts.accepted, public=public),
        still_open=public_count(contract, still_open, public=public),
        href=f"/official/loads/{load.load_id}",
        stopped=load.blocked,
    )
