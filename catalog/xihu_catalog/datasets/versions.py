"""The versions of a dataset: each snapshot, what its contract changed, and why one is gone.

What the lake still has is read from it; of what it has no more the load record and the record of
erasures tell. A caller who is not of the department sees nothing from before the publication.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from sqlalchemy import Engine, select

from xihu_catalog.contracts.diff import ContractChange, compare
from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.retention import snapshot_days
from xihu_catalog.datasets.service import Catalogue
from xihu_catalog.quality.models import Load
from xihu_platform.access.models import ErasureRow
from xihu_platform.access.unpublished import is_of
from xihu_platform.database import transaction
from xihu_platform.errors import Erased, NotFound, TerminalError
from xihu_platform.identity.principal import Principal
from xihu_platform.lake.snapshot import Snapshot
from xihu_platform.lake.summary import CONTRACT_DIGEST, FILE_NAME, LOAD_ID, MAINTENANCE
from xihu_platform.lake.tables import Lake
from xihu_platform.words import Text

VERSIONS_LIMIT = 1000
"""Versions of one dataset that are listed."""
_NEVER = datetime.min.replace(tzinfo=UTC)
_MEANING = frozenset(
    {"type", "title", "description", "unit", "codeList", "grade", "protect", "identifier"}
)
"""Attributes of a field that say what its values are."""
Fate = Literal["kept", "expired", "erased", "gone"]
"""`gone`: not kept; the caller does not learn why."""


@dataclass(frozen=True, slots=True)
class DatasetVersion:
    """One snapshot, kept or gone."""

    snapshot_id: int
    loaded_at: datetime | None
    """None where nothing but its erasure is on record."""
    fate: Fate
    rows: int | None = None
    """None of a snapshot that is gone."""
    data_as_of: date | datetime | None = None
    load_id: str | None = None
    file_name: str | None = None
    maintenance: str | None = None
    """What housekeeping did, where it made the snapshot: `compaction`, `erasure` or `rotation`."""
    changes: tuple[ContractChange, ...] = ()
    """Fields that came, went or changed their meaning since the version before."""
    ground: str | None = None
    """Of an erased one: the legal ground."""
    gone_on: date | None = None
    """The day of the erasure, or the day from which an expired one was no longer kept."""


class DatasetVersions:
    """Reads the versions of datasets as one caller may know them."""

    def __init__(
        self, catalogue: Catalogue, lake: Lake, database: Engine, snapshot_days: int
    ) -> None:
        self._catalogue = catalogue
        self._lake = lake
        self._database = database
        self._days = snapshot_days

    def every(self, contract: Contract, principal: Principal) -> list[DatasetVersion]:
        """Newest first; at most `VERSIONS_LIMIT`."""
        kept = self._catalogue.versions(contract, principal, VERSIONS_LIMIT)
        found = [
            self._kept(contract, one, kept[at + 1] if at + 1 < len(kept) else None)
            for at, one in enumerate(kept)
        ]
        found += self._gone(contract, principal, {one.id for one in kept})
        found.sort(key=lambda one: one.loaded_at or _NEVER, reverse=True)
        return found[:VERSIONS_LIMIT]

    def find(
        self, contract: Contract, principal: Principal, snapshot_id: int
    ) -> DatasetVersion | None:
        """One version, kept or gone."""
        every = self.every(contract, principal)
        found = next((one for one in every if one.snapshot_id == snapshot_id), None)
        return found or self._erased(contract, principal, snapshot_id)

    def _erased(
        self, contract: Contract, principal: Principal, snapshot_id: int
    ) -> DatasetVersion | None:
        """One that housekeeping had made: there is no load of it."""
        published = self._catalogue.policy(contract.dataset).published_from
        if published is not None and not is_of(principal, contract.provider):
            return None
        if not 0 < snapshot_id < 2**63:  # the databases count in 64 bits
            return None
        with transaction(self._database) as session:
            row = session.get(ErasureRow, (contract.dataset, snapshot_id))
        if row is None:
            return None
        return DatasetVersion(snapshot_id, None, "erased", ground=row.ground, gone_on=row.erased_on)

    def _kept(self, contract: Contract, one: Snapshot, older: Snapshot | None) -> DatasetVersion:
        reach = self._catalogue.reach(contract, one) if one.files else None
        return DatasetVersion(
            snapshot_id=one.id,
            loaded_at=one.committed_at if one.maintained else one.loaded_at,
            fate="kept",
            rows=one.rows,
            data_as_of=reach.value if reach else None,
            load_id=None if one.maintained else one.summary.get(LOAD_ID),
            file_name=None if one.maintained else one.summary.get(FILE_NAME),
            maintenance=one.summary.get(MAINTENANCE),
            changes=self._changes(one, older) if older else (),
        )

    def _changes(self, one: Snapshot, older: Snapshot) -> tuple[ContractChange, ...]:
        now, before = (s.summary.get(CONTRACT_DIGEST) for s in (one, older))
        if now is None or before is None or now == before:
            return ()
        store = self._catalogue.contracts
        try:
            every = compare(store.read(before), store.read(now))
        except (NotFound, TerminalError):  # of a version that this program cannot read
            return ()
        return tuple(change for change in every if is_of_schema(change))

    def _gone(
        self, contract: Contract, principal: Principal, kept: set[int]
    ) -> list[DatasetVersion]:
        """Loads whose snapshots are there no more, and snapshots that were erased."""
        with transaction(self._database) as session:
            loads = session.scalars(
                select(Load).where(Load.dataset == contract.dataset, Load.snapshot_id.is_not(None))
            ).all()
            rows = session.scalars(
                select(ErasureRow).where(ErasureRow.dataset == contract.dataset)
            ).all()
        erased = {row.snapshot_id: row for row in rows}
        first = self._published_at(contract, principal, loads)
        if first is False:
            return []
        there = kept | set(self._lake.summaries(contract.table))
        days = timedelta(days=snapshot_days(contract.retention, self._days))
        return [
            _gone_version(load, erased.get(load.snapshot_id or 0), days)
            for load in loads
            if load.snapshot_id not in there and (first is None or load.finished_at >= first)
        ]

    def _published_at(
        self, contract: Contract, principal: Principal, loads: Sequence[Load]
    ) -> datetime | Literal[False] | None:
        """From which load on a caller may know the versions; None: all of them; False: of those
        that are gone none, because it is not known which was the first."""
        published = self._catalogue.policy(contract.dataset).published_from
        if published is None or is_of(principal, contract.provider):
            return None
        return next((one.finished_at for one in loads if one.snapshot_id == published), False)


def is_of_schema(change: ContractChange) -> bool:
    """Whether a change of a contract is one of its fields and of what their values are."""
    if not change.where:
        return change.name in {"key", "unit"}
    if change.name:
        return change.name in _MEANING
    return change.effect in {"breaks", "adds"}


class Expired(NotFound):
    """A snapshot that was there and was kept as long as it had to be."""

    status = 410


def without_ground(version: DatasetVersion) -> DatasetVersion:
    """For a reader who may not read the dataset: an erasure is about a person."""
    if version.maintenance == "erasure":
        version = replace(version, maintenance=None)
    if version.fate in {"kept", "gone"}:
        return version
    return replace(version, fate="gone", ground=None, gone_on=None)


def gone_error(dataset: str, version: DatasetVersion) -> NotFound:
    """What a citation of a snapshot that is gone is answered: on which ground, and when."""
    words = gone_words(version)
    zh = f"数据集 {dataset} 的快照 {version.snapshot_id} {words.zh}；请改用最新版本"
    en = f"snapshot {version.snapshot_id} of {dataset} {words.en}; use the newest version"
    return Erased(zh, en) if version.fate == "erased" else Expired(zh, en)


def gone_words(version: DatasetVersion) -> Text:
    """Why a snapshot is gone, and when."""
    if version.fate == "gone":
        return Text("不再保存", "is not kept any longer")
    day = version.gone_on.isoformat() if version.gone_on else "—"
    if version.fate == "erased":
        return Text(
            f"已于 {day} 依法删除：{version.ground}", f"was erased on {day}: {version.ground}"
        )
    return Text(
        f"保存期限届满，{day} 起不再保存", f"was kept until the end of its retention, {day}"
    )


def _gone_version(load: Load, erasure: ErasureRow | None, days: timedelta) -> DatasetVersion:
    ends = (load.finished_at + days).date()
    return DatasetVersion(
        snapshot_id=load.snapshot_id or 0,
        loaded_at=load.finished_at,
        fate="erased" if erasure else "expired",
        load_id=load.id,
        file_name=load.file_name,
        ground=erasure.ground if erasure else None,
        gone_on=erasure.erased_on if erasure else ends,
    )
