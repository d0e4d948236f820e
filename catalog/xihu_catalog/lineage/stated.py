"""Lineage outside of the platform, as departments' own systems report it: names, never values.

Of each job of a department the newest complete run is kept: what it reads and makes, and which
column enters which.
"""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Engine, Integer, LargeBinary, String, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from xihu_platform.database import Base, UtcDateTime, transaction
from xihu_platform.errors import Conflict

NAMESPACE_LENGTH = 256
NAME_LENGTH = 512
PRODUCER_LENGTH = 512
RETENTION = timedelta(days=400)
"""A job of which nothing was reported for so long is removed: longer than a yearly one pauses."""
JOBS_LIMIT = 500
EDGES_LIMIT = 20_000
"""Of one department: its people's graph is made of all of them."""
StateOfRun = Literal["kept", "unchanged"]


@dataclass(frozen=True, slots=True, order=True)
class ReportedDataset:
    """A dataset as an event names it."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True, order=True)
class ReportedColumn:
    """A column of an output comes from one of an input; `target` is empty where the input's column
    decides the rows of the whole output."""

    output: ReportedDataset
    target: str
    input: ReportedDataset
    source: str
    kind: str


@dataclass(frozen=True, slots=True)
class ReportedRun:
    """A complete run of a job: names only."""

    namespace: str
    name: str
    run_id: UUID
    at: datetime
    producer: str
    inputs: tuple[ReportedDataset, ...]
    outputs: tuple[ReportedDataset, ...]
    columns: tuple[ReportedColumn, ...] = ()

    @property
    def edges(self) -> int:
        """How many edges it adds to a graph at most: what decides the rows of an output is an
        edge to each of its columns."""
        read = {*self.inputs, *(one.input for one in self.columns)}
        itself = 0 if self.inputs else 1  # a job without inputs is one
        count = (len(read) + itself) * max(1, len(self.outputs))
        for output in {one.output for one in self.columns}:
            targets = [one.target for one in self.columns if one.output == output]
            whole, named = targets.count(""), set(targets) - {""}
            count += len(targets) + whole * len(named)
        return count


@dataclass(frozen=True, slots=True)
class StatedJob:
    """The newest complete run of a job, with the department (USCC) that reported it."""

    organisation: str
    run: ReportedRun
    received_at: datetime


class StatedLineageRow(Base):
    """`id` is a digest of department and job: names are too long for a key."""

    __tablename__ = "stated_lineage"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    organisation: Mapped[str] = mapped_column(String(18), index=True)
    run_id: Mapped[str] = mapped_column(String(36))
    event_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    edges: Mapped[int] = mapped_column(Integer)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    """The run as JSON in UTF-8."""


_RUN = TypeAdapter(ReportedRun)


def dump_run(run: ReportedRun) -> bytes:
    return _RUN.dump_json(run)


def job_id(organisation: str, namespace: str, name: str) -> str:
    return sha256("\0".join((organisation, namespace, name)).encode()).hexdigest()


def is_newer(database: Engine, organisation: str, run: ReportedRun) -> bool:
    """Whether the run would replace what is stored of its job.

    Raises Conflict where the department has as much lineage as is kept for one.
    """
    with transaction(database) as session:
        return _is_newer(session, organisation, run)


def _is_newer(session: Session, organisation: str, run: ReportedRun) -> bool:
    key = job_id(organisation, run.namespace, run.name)
    row = session.get(StatedLineageRow, key, with_for_update=True)
    if row is not None and (row.run_id == str(run.run_id) or row.event_at >= run.at):
        return False
    count, edges = session.execute(
        select(func.count(), func.coalesce(func.sum(StatedLineageRow.edges), 0)).where(
            StatedLineageRow.organisation == organisation
        )
    ).one()
    others, more = (count - 1, edges - row.edges) if row is not None else (count, edges)
    if others >= JOBS_LIMIT or more + run.edges > EDGES_LIMIT:
        raise Conflict(
            f"本部门上报的平台外血缘已达上限：{JOBS_LIMIT} 个作业、{EDGES_LIMIT:,} 条边；"
            f"不再上报的作业 {RETENTION.days} 天后移除",
            f"your department has reported as much lineage as is kept for one: {JOBS_LIMIT} jobs, "
            f"{EDGES_LIMIT:,} edges. Jobs not reported any more are removed after "
            f"{RETENTION.days} days",
        )
    return True


def keep_run(database: Engine, organisation: str, run: ReportedRun, now: datetime) -> StateOfRun:
    """`unchanged` for a run that is stored already, and for one older than what is stored.

    Raises Conflict as `is_newer` does.
    """
    try:
        return _keep(database, organisation, run, now)
    except IntegrityError:  # the first event of a job, reported twice at the same moment
        return _keep(database, organisation, run, now)


def _keep(database: Engine, organisation: str, run: ReportedRun, now: datetime) -> StateOfRun:
    with transaction(database) as session:
        if not _is_newer(session, organisation, run):
            return "unchanged"
        row = StatedLineageRow(
            id=job_id(organisation, run.namespace, run.name),
            organisation=organisation,
            run_id=str(run.run_id),
            event_at=run.at,
            received_at=_later(session, now),
            edges=run.edges,
            content=dump_run(run),
        )
        session.merge(row)
        session.flush()
    return "kept"


def _later(session: Session, now: datetime) -> datetime:
    """Later than all that is stored, so that readers see that something has changed."""
    newest = session.scalar(select(func.max(StatedLineageRow.received_at)))
    return now if newest is None else max(now, newest + timedelta(microseconds=1))


class StatedJobs:
    """Reads all of them, again only where one was added, replaced or removed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: tuple[object, tuple[StatedJob, ...]] = ((), ())

    def read(self, database: Engine, now: datetime) -> tuple[StatedJob, ...]:
        """Of all departments, without those that are due for removal; in the order of their ids."""
        row = StatedLineageRow
        with transaction(database) as session:
            state = tuple(session.execute(select(func.count(), func.max(row.received_at))).one())
            with self._lock:
                known = self._known
            if known[0] != state:
                query = select(row.organisation, row.received_at, row.content).order_by(row.id)
                found = tuple(
                    StatedJob(of, _RUN.validate_json(content), received_at)
                    for of, received_at, content in session.execute(query)
                )
                known = (state, found)
                with self._lock:
                    self._known = known
        return tuple(one for one in known[1] if one.received_at > now - RETENTION)


def remove_stated(database: Engine, now: datetime) -> int:
    """Removes jobs of which nothing was reported for longer than the retention; how many."""
    due = StatedLineageRow.received_at <= now - RETENTION
    with transaction(database) as session:
        count = session.scalar(select(func.count()).select_from(StatedLineageRow).where(due)) or 0
        session.execute(delete(StatedLineageRow).where(due))
    return count
