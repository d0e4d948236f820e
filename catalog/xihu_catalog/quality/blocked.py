"""Loads that a blocking rule stopped: no snapshot tells of them, the database does."""

from sqlalchemy import Engine, select

from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.service import Catalogue, LoadSummary
from xihu_catalog.quality.models import Load
from xihu_platform.database import transaction
from xihu_platform.errors import NotFound


def blocked_loads(database: Engine, contract: Contract, limit: int = 60) -> list[LoadSummary]:
    """Of one dataset, newest first."""
    wanted = (
        select(Load)
        .where(Load.dataset == contract.dataset, Load.snapshot_id.is_(None))
        .order_by(Load.finished_at.desc())
        .limit(limit)
    )
    with transaction(database) as session:
        return [_summary(row) for row in session.scalars(wanted)]


def find_load(catalogue: Catalogue, database: Engine, load_id: str) -> tuple[Contract, LoadSummary]:
    """A load that was committed, or one that was stopped. Raises NotFound."""
    try:
        return catalogue.find_load(load_id)
    except NotFound:
        with transaction(database) as session:
            row = session.get(Load, load_id)
            if row is None or row.snapshot_id is not None:
                raise
            return catalogue.get_contract(row.dataset), _summary(row)


def _summary(row: Load) -> LoadSummary:
    return LoadSummary(
        load_id=row.id,
        snapshot_id=0,
        committed_at=row.finished_at,
        file_name=row.file_name,
        received=row.received,
        kept=0,
        set_aside=row.set_aside,
        rule_counts=row.rule_counts,
        profile={},
        steps={},
        decoded={},
        blocked=True,
    )
