"""The catalogue: every entry is a contract bound to its live table; none says more than is there.

State, rows and last load are read from the table's newest snapshot at the moment of asking, so an
entry cannot claim data that is gone or fresh data that is late.
"""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from sqlalchemy import select

from xihu_catalog.contracts.entries import CatalogueEntryRow, find_entry
from xihu_catalog.contracts.known import KnownContracts
from xihu_catalog.contracts.model import Contract, policy_of
from xihu_catalog.contracts.store import ContractStore
from xihu_catalog.datasets.as_of import AsOf, as_of, due_at, newest_value
from xihu_catalog.lineage.columns import inputs_of
from xihu_catalog.lineage.origins import row_origins
from xihu_catalog.quality.models import Load
from xihu_platform.access.policy import Policy, Reviewer
from xihu_platform.access.unpublished import is_of, may_know
from xihu_platform.clock import Clock
from xihu_platform.database import transaction
from xihu_platform.identity.principal import Principal
from xihu_platform.lake.snapshot import Snapshot
from xihu_platform.lake.summary import (
    BASE,
    BATCH_DIGEST,
    CORRECTS,
    DECODED,
    FILE_NAME,
    LOAD_ID,
    PROFILE,
    REFERENCES,
    RULE_COUNTS,
    STEPS,
    LoadCounts,
    counts_of,
    json_of,
    text_of,
)
from xihu_platform.lake.tables import Lake
from xihu_platform.statute.published import KeptCalendar

State = Literal["live", "late", "broken"]


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Whether an entry's data is there and in time, as its table says."""

    state: State
    loaded_at: datetime | None
    due_at: datetime | None
    rows: int
    snapshot_id: int | None
    reach: AsOf | None = None
    """How far the data reaches; None where the dataset has no time field."""

    @property
    def data_as_of(self) -> date | datetime | None:
        """The newest value of the time field."""
        return self.reach.value if self.reach else None


@dataclass(frozen=True, slots=True)
class LoadSummary:
    """One load, from the summary of its snapshot."""

    load_id: str
    snapshot_id: int
    committed_at: datetime
    file_name: str
    counts: LoadCounts
    rule_counts: dict[str, int]
    profile: dict[str, dict[str, str | int | None]]
    steps: dict[str, int]
    """By `field.step`: how many values a declared step put right."""
    decoded: dict[str, str | int]
    """How the file was read."""
    references: dict[str, int] = field(default_factory=dict)
    """The snapshot of each dataset that this one's references were checked against."""
    blocked: bool = False
    """A blocking rule stopped it: the snapshot before it stands."""
    corrects: str | None = None
    """Of a load of corrections: the load whose quarantined records it corrects."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the catalogue."""

    contract: Contract
    heartbeat: Heartbeat


class Catalogue:
    """The entries: each contract in force with the state of its table."""

    def __init__(self, contracts: ContractStore, lake: Lake, clock: Clock) -> None:
        self.contracts = contracts
        self._lake = lake
        self._clock = clock
        self._calendar = KeptCalendar(contracts.database)
        self._reached: dict[tuple[str, int], AsOf | None] = {}

    def policy(self, dataset: str) -> Policy:
        """What the access gateway decides with. Raises NotFound."""
        contract = self.contracts.get(dataset)
        origins = row_origins(contract, self.contracts.find)
        entry = find_entry(self.contracts.database, dataset)
        published = entry is not None and entry.is_published
        return replace(
            policy_of(contract),
            origins=origins,
            published=published,
            reviewer=entry.reviewed_by if entry is not None else None,
            published_from=entry.published_snapshot if entry is not None else None,
            published_at=self._published_at(dataset, entry) if entry is not None else None,
        )

    def published_at(self, dataset: str) -> datetime | None:
        """When the snapshot was written with which an entry was published; None where that is not
        known, so that no load is left out."""
        entry = find_entry(self.contracts.database, dataset)
        return self._published_at(dataset, entry) if entry is not None else None

    def _published_at(self, dataset: str, entry: CatalogueEntryRow) -> datetime | None:
        """When the snapshot of the publication was written: by its load, which is remembered when
        the snapshot has expired; else since when the entry is in its state, which is later."""
        if entry.published_snapshot is None:
            return None
        wanted = select(Load.finished_at).where(
            Load.dataset == dataset, Load.snapshot_id == entry.published_snapshot
        )
        with transaction(self.contracts.database) as session:
            return session.scalar(wanted.limit(1)) or entry.since

    def without(self, hidden: frozenset[str]) -> "Catalogue":
        """The catalogue as somebody knows it to whom these datasets are not published."""
        known = copy(self)
        known.contracts = KnownContracts(self.contracts, hidden)
        return known

    def hidden_from(
        self, principal: Principal, waiting: Mapping[str, Reviewer | None]
    ) -> frozenset[str]:
        """The datasets that are for somebody as if they did not exist; `waiting`: `unpublished`."""
        every = self.contracts.all() if waiting else {}
        return frozenset(
            name
            for name in waiting.keys() & every.keys()
            if not may_know(principal, every[name].provider, waiting[name])
        )

    def get_entry(self, dataset: str) -> Entry:
        contract = self.contracts.get(dataset)
        return Entry(contract, self.heartbeat(contract))

    def entries(self) -> list[Entry]:
        return [Entry(c, self.heartbeat(c)) for c in self.contracts.all().values()]

    def heartbeat(self, contract: Contract) -> Heartbeat:
        """State by how far the data reaches; by the time of the load only where that is unknown."""
        snapshot = self._lake.find_snapshot(contract.table)
        if snapshot is None:
            return Heartbeat("broken", None, None, 0, None)
        reach = self.reach(contract, snapshot)
        covered = reach.covers_until if reach else snapshot.loaded_at
        due = due_at(covered, contract.update_cycle, self._calendar.read())
        gone = any(not Path(file).exists() for file in snapshot.files)
        late = due is not None and self._clock() > due
        state: State = "broken" if gone else "late" if late else "live"
        return Heartbeat(state, snapshot.loaded_at, due, snapshot.rows, snapshot.id, reach)

    def reach(self, contract: Contract, snapshot: Snapshot) -> AsOf | None:
        """How far the data reaches; a derived dataset reaches as far as its oldest input.

        Worked out once for a snapshot. None without a time field, or with no value in it.
        """
        if contract.source.query is not None:
            return self._oldest_input(contract)
        key = (contract.digest, snapshot.id)
        if key not in self._reached:
            field = contract.time_field
            present = [file for file in snapshot.files if Path(file).exists()]
            newest = newest_value(present, field, snapshot.loaded_at) if field else None
            self._reached[key] = as_of(newest, contract.update_cycle) if newest else None
        return self._reached[key]

    def _oldest_input(self, contract: Contract) -> AsOf | None:
        found: list[AsOf] = []
        for name in inputs_of(contract):
            source = self.contracts.find(name)
            snapshot = self._lake.find_snapshot(source.table) if source else None
            reach = self.reach(source, snapshot) if source and snapshot else None
            if reach is not None:
                found.append(reach)
        return min(found, key=lambda one: one.covers_until, default=None)

    def loads(self, contract: Contract, limit: int = 60) -> list[LoadSummary]:
        """The loads whose snapshots are still kept, newest first."""
        if self._lake.find_snapshot(contract.table) is None:
            return []
        loads = [s for s in self._lake.history(contract.table) if not s.maintained]
        return [_load(s, _corrects(s, loads[i:])) for i, s in enumerate(loads[:limit])]

    def find_load(self, contract: Contract, load_id: str) -> LoadSummary | None:
        """One load of a dataset, if its snapshot is still kept."""
        loads = [s for s in self._lake.history(contract.table) if not s.maintained]
        ids = [s.summary.get(LOAD_ID) for s in loads]
        if load_id not in ids:
            return None
        at = ids.index(load_id)
        return _load(loads[at], _corrects(loads[at], loads[at:]))

    def versions(self, contract: Contract, principal: Principal, limit: int = 20) -> list[Snapshot]:
        """The snapshots that are still stored and may be asked for, newest first."""
        if self._lake.find_snapshot(contract.table) is None:
            return []
        kept, policy = self._lake.history(contract.table), self.policy(contract.dataset)
        first, since = policy.published_from, policy.published_at
        ids = [one.id for one in kept]
        if first is not None and not is_of(principal, contract.provider):
            if first in ids:
                kept = kept[: ids.index(first) + 1]
            else:
                kept = [one for one in kept if since is not None and one.committed_at >= since]
        return kept[:limit]


def _corrects(snapshot: Snapshot, older: list[Snapshot]) -> str | None:
    """The load that a load corrects; one of an earlier version names it by its digest alone."""
    summary = snapshot.summary
    if CORRECTS in summary or BASE not in summary:
        return summary.get(CORRECTS)
    said = (s.summary for s in older if BASE not in s.summary)
    same = (s for s in said if s.get(BATCH_DIGEST) == summary[BASE])
    return next((s.get(LOAD_ID) for s in same), None)


def _load(snapshot: Snapshot, corrects: str | None) -> LoadSummary:
    summary = snapshot.summary
    return LoadSummary(
        load_id=text_of(summary, LOAD_ID),
        snapshot_id=snapshot.id,
        committed_at=snapshot.committed_at,
        file_name=text_of(summary, FILE_NAME),
        counts=counts_of(summary),
        rule_counts=json_of(summary, RULE_COUNTS),
        profile=json_of(summary, PROFILE),
        steps=json_of(summary, STEPS),
        decoded=json_of(summary, DECODED),
        references=json_of(summary, REFERENCES),
        corrects=corrects,
    )
