"""What the lake has of one record that a request for correction is about."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from xihu_platform.access.disputed import CorrectionMarkRow, is_of_key
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


def key_of(policy: Policy, mark: CorrectionMarkRow) -> RowKey:
    """Raises BadInput where the dataset has another key since."""
    if not is_of_key(mark.key, mark.key_fields, policy):
        raise BadInput(
            f"数据集 {policy.dataset} 的主键已调整，无法核对这条记录；请申请人撤回后重新提出",
            f"the key of {policy.dataset} was changed: the record cannot be looked for, have the "
            "request withdrawn and made anew",
        )
    return tuple(mark.key)


def subject_of(
    records: RecordFinder, policy: Policy, mark: CorrectionMarkRow
) -> tuple[str, str] | None:
    """Whom a marked record is about, and whether a person or a firm; None where nobody can tell.
    After a rotation it is a later pseudonym of a person."""
    name = policy.row_key
    if name is None or not is_of_key(mark.key, mark.key_fields, policy):
        return None
    whose: set[object] = set()
    if name in policy.primary_key:
        whose = {mark.key[policy.primary_key.index(name)]}
    else:
        found = records.find(policy, tuple(mark.key), name, mark.snapshot_id)
        found = found or records.find(policy, tuple(mark.key), name)
        whose = set(found.values) if found is not None else set()
    if len(whose) != 1 or None in whose:
        return None
    return str(*whose), "person" if name == policy.subject_key else "firm"


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
