"""A dataset's quality: what its newest load comes to with its corrections, and each load before.

The history is made of the load records in the database, which outlive the snapshots.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Engine, distinct, func, select

from xihu_catalog.contracts.entries import unpublished
from xihu_catalog.contracts.model import Contract
from xihu_catalog.contracts.store import ContractStore
from xihu_catalog.datasets.service import Catalogue, Heartbeat
from xihu_catalog.quality.dimensions import (
    DIMENSIONS,
    NO_CHECK,
    NO_LOAD,
    NOT_PUBLISHED,
    NOT_RECORDED,
    Dimension,
    DimensionCheck,
    DimensionMeasure,
    LoadRecord,
    Measures,
    measure_load,
    timeliness_now,
)
from xihu_catalog.quality.models import Load
from xihu_catalog.quality.whole import Whole, newest_whole
from xihu_platform.access.disputed import CorrectionMarkRow
from xihu_platform.access.probe import Reading
from xihu_platform.access.unpublished import is_of
from xihu_platform.database import transaction
from xihu_platform.errors import NotFound, TerminalError
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.models import MatterRow
from xihu_platform.statute.calendar import WorkingCalendar
from xihu_platform.words import Text

LOADS_MEASURED = 60
"""The newest loads of a dataset; older ones are not in its history."""


@dataclass(frozen=True, slots=True)
class MeasuredLoad:
    """One load of the history."""

    load_id: str
    arrived_at: datetime
    stopped: bool
    measures: Measures


@dataclass(frozen=True, slots=True)
class MeasuredDataset:
    """One dataset in the six dimensions."""

    contract: Contract
    heartbeat: Heartbeat
    newest: Whole | None
    now: Measures
    """With corrections, which count against the load that they correct."""
    history: tuple[MeasuredLoad, ...]
    """Newest first, each by its own record alone; corrections are not in it."""

    def course(self, dimension: Dimension) -> list[MeasuredLoad]:
        """The loads that have a value of a dimension, the oldest first."""
        loads = [one for one in self.history if not one.stopped]
        return [one for one in reversed(loads) if one.measures[dimension].share is not None]


@dataclass(frozen=True, slots=True)
class QualityReader:
    """Measures datasets as one reader knows them."""

    catalogue: Catalogue
    database: Engine
    calendar: WorkingCalendar
    now: datetime
    reading: Reading
    """Whether reads work in this process."""

    def measure(self, contract: Contract, principal: Principal) -> MeasuredDataset:
        """What was loaded before the entry was published is its department's alone, and all of it
        while it is not: its reviewer judges the description."""
        if not is_of(principal, contract.provider) and contract.dataset in unpublished(
            self.database
        ):
            return self._unknown(contract)
        newest = newest_whole(self.catalogue, self.database, contract)
        return self.measure_whole(contract, newest, principal)

    def _unknown(self, contract: Contract) -> MeasuredDataset:
        heart = self.catalogue.heartbeat(contract)
        gap = DimensionMeasure(gap=NOT_PUBLISHED)
        return MeasuredDataset(contract, heart, None, dict.fromkeys(DIMENSIONS, gap), ())

    def measure_whole(
        self, contract: Contract, newest: Whole | None, principal: Principal
    ) -> MeasuredDataset:
        """The same of a dataset whose newest load was read already."""
        heart = self.catalogue.heartbeat(contract)
        history = self._history(contract, principal)
        now: Measures = dict.fromkeys(DIMENSIONS, DimensionMeasure(gap=NO_LOAD))
        if newest is not None:
            record = self._record(contract, newest)
            now |= measure_load(record, None, self.calendar)
        loads = [one.measures["timeliness"] for one in history if not one.stopped]
        now["timeliness"] = timeliness_now(loads, self._in_time(heart))
        now["accessibility"] = accessibility(heart, self.reading)
        reported = self._reported_as_wrong(contract)
        if reported is not None:
            now["accuracy"] = replace(now["accuracy"], informative=(reported,))
        return MeasuredDataset(contract, heart, newest, now, history)

    def _record(self, contract: Contract, whole: Whole) -> LoadRecord:
        """The newest load, a corrected record counted as right."""
        load = whole.load
        with transaction(self.database) as session:
            row = session.get(Load, load.load_id)
        return LoadRecord(
            load_id=load.load_id,
            arrived_at=row.started_at if row else load.committed_at,
            received=load.counts.received,
            accepted=load.counts.accepted,
            rule_counts=whole.rule_counts,
            profile=load.profile,
            contract=self._contract(row.contract_digest, contract) if row else contract,
        )

    def _history(self, contract: Contract, principal: Principal) -> tuple[MeasuredLoad, ...]:
        wanted = (
            select(Load)
            .where(Load.dataset == contract.dataset, Load.corrects.is_(None))
            .order_by(Load.finished_at.desc(), Load.id)
            .limit(LOADS_MEASURED + 1)
        )
        if not is_of(principal, contract.provider):
            published = self.catalogue.published_at(contract.dataset)
            if published is not None:
                wanted = wanted.where(Load.finished_at >= published)
        with transaction(self.database) as session:
            rows = list(session.scalars(wanted))
        return tuple(
            self._measured(contract, row, rows[at + 1 :])
            for at, row in enumerate(rows[:LOADS_MEASURED])
        )

    def _measured(self, contract: Contract, row: Load, older: Sequence[Load]) -> MeasuredLoad:
        before = next((one.started_at for one in older if one.snapshot_id is not None), None)
        record = LoadRecord(
            load_id=row.id,
            arrived_at=row.started_at,
            received=row.received,
            accepted=row.accepted,
            rule_counts=row.rule_counts,
            profile=row.profile,
            contract=self._contract(row.contract_digest, contract),
            stopped=row.snapshot_id is None,
        )
        measures = measure_load(record, before, self.calendar)
        measures["accessibility"] = DimensionMeasure(gap=NOT_RECORDED)
        return MeasuredLoad(row.id, row.started_at, record.stopped, measures)

    def _contract(self, digest: str, current: Contract) -> Contract | None:
        """The contract that was in force for a load."""
        if digest == current.digest:
            return current
        store: ContractStore = self.catalogue.contracts
        try:
            return store.read(digest)
        except (NotFound, TerminalError):  # of a version that this program cannot read
            return None

    def _reported_as_wrong(self, contract: Contract) -> DimensionCheck | None:
        """Requests for correction that were answered; None without any. Numbers alone."""
        mark = CorrectionMarkRow
        query = (
            select(MatterRow.outcome, func.count(distinct(MatterRow.id)))
            .join(mark, mark.matter == MatterRow.id)
            .where(mark.dataset == contract.dataset, MatterRow.outcome.in_(("done", "refused")))
            .group_by(MatterRow.outcome)
        )
        with transaction(self.database) as session:
            counts = {str(outcome): int(n) for outcome, n in session.execute(query)}
        if not counts:
            return None
        title = Text("被反映有误、核实后无误的", "Reported as wrong and found right")
        return DimensionCheck("corrections", title, counts.get("refused", 0), sum(counts.values()))

    def _in_time(self, heart: Heartbeat) -> DimensionCheck | None:
        """By the same moment as the state of the entry."""
        if heart.due_at is None:
            return None
        title = Text("现有数据没有逾期", "The data there is now is not overdue")
        return DimensionCheck("in_time_now", title, int(self.now <= heart.due_at), 1)


def accessibility(heart: Heartbeat, reading: Reading) -> DimensionMeasure:
    """Whether the entry is bound to a table, its files are there, and reads come back."""
    bound = heart.snapshot_id is not None
    checks = [
        DimensionCheck(
            "bound", Text("目录条目挂接了数据", "The entry is bound to a table"), int(bound), 1
        ),
        DimensionCheck(
            "readable",
            Text("数据文件齐全", "All files of the data are there"),
            int(bound and heart.state != "broken"),
            1,
        ),
    ]
    if reading.state != "starting":
        title = Text("读取服务有响应", "Reads are answered")
        checks.append(DimensionCheck("answered", title, int(reading.state == "ok"), 1))
    return DimensionMeasure(tuple(checks), None if checks else NO_CHECK)
