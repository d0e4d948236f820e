"""A snapshot as its dataset's policy declares it: a field that is in force and that no load has
brought yet is empty, and no fault."""

from dataclasses import replace

from xihu_platform.access.policy import Policy
from xihu_platform.lake.snapshot import Column, Snapshot

NOT_YET = 1_000_000_000
"""Ids from here on are of no column of any file."""


def is_loaded(column: Column) -> bool:
    """Whether a load has brought it: else every value is null because there is none yet."""
    return column.id < NOT_YET


def as_declared(snapshot: Snapshot, policy: Policy) -> Snapshot:
    """With a column of nulls for each field that the table does not have."""
    known = {column.name for column in snapshot.columns}
    missing = [field for field in policy.fields if field.name not in known]
    if not missing:
        return snapshot
    empty = (Column(f.name, f.type, NOT_YET + at) for at, f in enumerate(missing))
    return replace(snapshot, columns=(*snapshot.columns, *empty))
