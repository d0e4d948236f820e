"""How each dataset and each department stands: what was accepted, what is late or gone."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Engine

from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.service import Catalogue, Heartbeat
from xihu_catalog.quality.whole import Whole, newest_whole

ACCEPTED_GOAL = Decimal("0.99")
"""Share of the records received that a load should accept, its corrections counted."""


@dataclass(frozen=True, slots=True)
class DatasetQuality:
    """One dataset: its newest load with the corrections of it, and whether it is in time."""

    contract: Contract
    heartbeat: Heartbeat
    newest: Whole | None
    """None before the first load."""

    @property
    def accepted_share(self) -> Decimal | None:
        """Of the records received; None without any."""
        if self.newest is None or not self.newest.load.counts.received:
            return None
        return Decimal(self.newest.accepted) / self.newest.load.counts.received

    @property
    def falls_short(self) -> bool:
        share = self.accepted_share
        return share is not None and share < ACCEPTED_GOAL


@dataclass(frozen=True, slots=True)
class DepartmentQuality:
    """The datasets of one department together; never its people."""

    provider: str
    datasets: int
    received: int
    accepted: int
    late: int
    """Datasets that are late or have no data."""
    missing: int
    """Cells that numbers over its datasets lack."""

    @property
    def accepted_share(self) -> Decimal | None:
        return Decimal(self.accepted) / self.received if self.received else None

    @property
    def late_share(self) -> Decimal:
        return Decimal(self.late) / self.datasets


def dataset_qualities(catalogue: Catalogue, database: Engine) -> list[DatasetQuality]:
    """Every dataset in force, by its id."""
    found = sorted(catalogue.contracts.all().items())
    return [
        DatasetQuality(
            contract, catalogue.heartbeat(contract), newest_whole(catalogue, database, contract)
        )
        for _, contract in found
    ]


def department_qualities(
    found: Iterable[DatasetQuality], missing: dict[str, int]
) -> list[DepartmentQuality]:
    """By department, in the order of their codes: no list of merit. `missing`: by dataset."""
    groups: dict[str, list[DatasetQuality]] = {}
    for one in found:
        groups.setdefault(one.contract.provider, []).append(one)
    return [_department(provider, groups[provider], missing) for provider in sorted(groups)]


def _department(
    provider: str, of: list[DatasetQuality], missing: dict[str, int]
) -> DepartmentQuality:
    loaded = [one.newest for one in of if one.newest is not None]
    return DepartmentQuality(
        provider=provider,
        datasets=len(of),
        received=sum(one.load.counts.received for one in loaded),
        accepted=sum(one.accepted for one in loaded),
        late=sum(one.heartbeat.state != "live" for one in of),
        missing=sum(missing.get(one.contract.dataset, 0) for one in of),
    )
