"""Snapshots that a lawful erasure removed."""

from sqlalchemy import Engine

from xihu_platform.access.models import ErasureRow
from xihu_platform.database import transaction
from xihu_platform.errors import Erased


def check_erased(database: Engine, dataset: str, snapshot_id: int) -> None:
    """Raises Erased where the snapshot was removed by a lawful erasure."""
    if snapshot_id >= 2**63:  # the databases count in 64 bits: there never was such a one
        return
    with transaction(database) as session:
        row = session.get(ErasureRow, (dataset, snapshot_id))
        if row is not None:
            raise Erased(
                f"数据集 {dataset} 的快照 {snapshot_id} 已于 {row.erased_on} 依法删除："
                f"{row.ground}；请改用最新版本",
                f"snapshot {snapshot_id} of {dataset} was erased on {row.erased_on}: "
                f"{row.ground}; use the newest version",
            )
