"""What is done for a dataset at night: purge, compaction, expiry, removal of orphans."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.intake_files import plain_path
from xihu_catalog.datasets.retention import snapshot_days
from xihu_catalog.quality import quarantine
from xihu_pipelines.housekeeping.compact import compact
from xihu_pipelines.housekeeping.rotate import rotate
from xihu_pipelines.ingest.context import Stage
from xihu_pipelines.ingest.load import batch_of, recover
from xihu_pipelines.ingest.record import find_loaded
from xihu_pipelines.push.corrections import clear_leftovers
from xihu_platform.access.totals import forget_counts
from xihu_platform.audit.models import AuditPin
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.lake.maintenance import Removed, expire, remove_orphans
from xihu_platform.start import Node


@dataclass(frozen=True, slots=True)
class Tidied:
    """What housekeeping did for one dataset."""

    dataset: str
    rotated: bool
    """A rotation of pseudonyms that was broken off is ended."""
    compacted: bool
    purged: int
    """Loads whose quarantined records were kept long enough."""
    raw_removed: bool
    removed: Removed


def tidy(node: Node, contract: Contract, stage: Stage | None = None) -> Tidied:
    """All of it, in the order in which each makes work for the next; twice changes nothing."""
    said = stage or (lambda _name: None)
    clear_leftovers(node)
    rotated = rotate(node, contract, stage=said) is not None
    compacted = compact(node, contract, stage=said) is not None
    with node.lake.lease(contract.dataset):
        recover(node, contract)
        purged = quarantine.purge(node.lake, contract.dataset, civil_date(node.clock()))
        raw = _purge_raw(node, contract)
        removed = Removed()
        for name in _tables(node, contract):
            said("expiry")
            limit = _limit(node, contract, name)
            pinned = _pinned(node, contract) if name == contract.table else frozenset[int]()
            removed += expire(node.lake, name, limit, pinned=pinned)
            said("orphans")
            removed += remove_orphans(node.lake, name, said)
        forget_counts(node.database, contract.table, node.lake.summaries(contract.table))
    return Tidied(contract.dataset, rotated, compacted, purged, raw, removed)


def _tables(node: Node, contract: Contract) -> list[str]:
    names = (contract.table, f"vault.{contract.dataset}", quarantine.table_of(contract.dataset))
    return [name for name in names if node.lake.find_snapshot(name) is not None]


def _limit(node: Node, contract: Contract, name: str) -> datetime:
    """Sealed tables keep no history; data as long as the settings say, and never longer than the
    retention of the data itself.
    """
    now = node.clock()
    if name != contract.table:
        return now + timedelta(days=1)  # all of it: the lake's clock may run before ours
    days = snapshot_days(contract.retention, node.settings.lake.snapshot_days)
    return now - timedelta(days=days)


def _pinned(node: Node, contract: Contract) -> frozenset[int]:
    """Snapshots that the log still has to ask who was shown in them."""
    with transaction(node.database) as session:
        pins = select(AuditPin.snapshot_id).where(AuditPin.dataset == contract.dataset).distinct()
        return frozenset(session.scalars(pins))


def _purge_raw(node: Node, contract: Contract) -> bool:
    """A file handed in is removed once it is loaded and old enough."""
    path = plain_path(node.settings.data_dir / "intake", contract.source.path)
    if path is None or not path.is_file():
        return False
    changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    if node.clock() - changed < timedelta(days=node.settings.lake.raw_days):
        return False
    if find_loaded(node, contract, batch_of(path, contract.source, {}).digest) is None:
        return False
    path.unlink()
    return True
