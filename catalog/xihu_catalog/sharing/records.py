"""What the lake has of one record that a request for correction is about."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.policy import Policy
from xihu_platform.access.row_keys import RowKey, find_records, has_key, in_key_version
from xihu_platform.errors import BadInput, NotFound


@dataclass(frozen=True, slots=True)
class FoundRecord:
    """One field of a record in one snapshot."""

    snapshot_id: int
    committed_at: datetime
    key_version: int
    values: tuple[object, ...]
    """One for each record that has the key; none where there is no such record."""


class RecordFinder(Protocol):
    """Finds what a snapshot has of a record."""

    def find(
        self, policy: Policy, key: RowKey, field: str, snapshot_id: int | None = None
    ) -> FoundRecord | None:
        """In the newest snapshot where none is named; None where there is no such snapshot.

        Raises BadInput for a snapshot in which the record cannot be looked for.
        """


class LakeRecords:
    """As the gateway reads them. What is found here leaves to nobody."""

    def __init__(self, gateway: AccessGateway) -> None:
        self._gateway = gateway

    def find(
        self, policy: Policy, key: RowKey, field: str, snapshot_id: int | None = None
    ) -> FoundRecord | None:
        gateway = self._gateway
        try:
            snapshot = gateway.snapshot(policy, snapshot_id)
        except NotFound:
            return None
        there = field in {one.name for one in snapshot.columns}
        named = in_key_version(key, policy, snapshot.key_version, gateway.promote)
        if named is None or not there or not has_key(policy, snapshot):
            raise BadInput(
                f"快照 {snapshot.id} 的数据项与这条记录被查看时不同，无法在其中核对；"
                "请申请人撤回后重新提出",
                f"snapshot {snapshot.id} has other fields than when the record was seen, which "
                "cannot be looked for in it: have the request withdrawn and made anew",
            )
        table, _ = find_records(gateway.engine, snapshot, policy, [named], field)
        values = tuple(table[field].to_pylist())
        return FoundRecord(snapshot.id, snapshot.committed_at, snapshot.key_version, values)
