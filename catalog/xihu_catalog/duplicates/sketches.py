"""The sketches of fields, as rows: which are to be made, and what came of comparing them.

A sketch is kept for `KEPT`: however often a department loads, what it may learn of the values of
others from one band is a month old.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from typing import cast

from sqlalchemy import Engine, delete, select, tuple_
from sqlalchemy.orm import Session

from xihu_catalog.contracts.model import Contract, policy_of
from xihu_catalog.duplicates.models import ValueOverlapRow, ValueSketchRow
from xihu_catalog.duplicates.overlap import Band, from_bytes, overlap_band, to_bytes
from xihu_catalog.duplicates.repeats import collected_fields
from xihu_platform.access.models import ErasureRow
from xihu_platform.access.sketches import ValueSketch, may_sketch
from xihu_platform.database import transaction

FieldKey = tuple[str, str]
"""Dataset and field."""
KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class SketchWanted:
    """A field whose sketch is missing, or of another snapshot or contract."""

    contract: Contract
    field: str
    snapshot: int


def comparable_fields(contracts: Iterable[Contract]) -> dict[FieldKey, Contract]:
    """The fields that departments collect and whose values may be compared."""
    found: dict[FieldKey, Contract] = {}
    for one in collected_fields(contracts):
        policy = policy_of(one.contract)
        field = next(known for known in policy.fields if known.name == one.field.name)
        is_plain = (
            one.field.protect is None and one.field.code_list is None and not one.field.unique
        )
        if is_plain and may_sketch(policy, field):
            found[one.key] = one.contract
    return found


def wanted_sketches(
    database: Engine, contracts: Iterable[Contract], snapshots: Mapping[str, int], now: datetime
) -> list[SketchWanted]:
    """`snapshots`: of each dataset with data, its newest one."""
    row = ValueSketchRow
    with transaction(database) as session:
        known = {(one.dataset, one.field): one for one in session.scalars(select(row))}
        session.expunge_all()

    def is_old(key: FieldKey) -> bool:
        made = known.get(key)
        if made is None:
            return True
        return made.snapshot != snapshots[key[0]] and now - made.made >= KEPT

    return [
        SketchWanted(contract, field, snapshots[dataset])
        for (dataset, field), contract in comparable_fields(contracts).items()
        if dataset in snapshots and is_old((dataset, field))
    ]


def keep_sketch(
    database: Engine, wanted: SketchWanted, sketch: ValueSketch | None, now: datetime
) -> None:
    """In the place of the former one; None where the field may not be read."""
    row = ValueSketchRow(
        dataset=wanted.contract.dataset,
        field=wanted.field,
        snapshot=wanted.snapshot if sketch is None else sketch.snapshot,
        contract=wanted.contract.digest,
        digests=None if sketch is None else to_bytes(sketch.digests),
        is_complete=sketch is not None and sketch.is_complete,
        made=now,
    )
    with transaction(database) as session:
        session.merge(row)


def drop_sketches(database: Engine, kept: Iterable[FieldKey]) -> int:
    """All but those of the fields named, and those of data that was erased; how many went."""
    row, kept_keys = ValueSketchRow, set(kept)
    with transaction(database) as session:
        keys = {(one.dataset, one.field) for one in session.scalars(select(row))}
        gone = (keys - kept_keys) | _erased(session)
        for key in gone:
            session.execute(delete(row).where(tuple_(row.dataset, row.field) == key))
        if not kept_keys:
            session.execute(delete(ValueOverlapRow))
    return len(gone)


def count_sketches(database: Engine) -> int:
    with transaction(database) as session:
        return len(session.scalars(select(ValueSketchRow.field)).all())


def compare_sketches(database: Engine, contracts: Iterable[Contract]) -> int:
    """Compares every two fields of different departments, in place of what there was; returns how
    many of them have many values in common."""
    fields = comparable_fields(contracts)
    with transaction(database) as session:
        erased = _erased(session)
        sketches = {
            key: ValueSketch(row.snapshot, from_bytes(row.digests), row.is_complete)
            for row in session.scalars(select(ValueSketchRow))
            if (key := (row.dataset, row.field)) in fields
            and key not in erased
            and row.digests is not None
        }
    found = [
        ValueOverlapRow(
            dataset=one[0], field=one[1], other_dataset=other[0], other_field=other[1], band=band
        )
        for one, other in combinations(sorted(sketches), 2)
        if fields[one].provider != fields[other].provider
        and (band := overlap_band(sketches[one], sketches[other])) is not None
    ]
    with transaction(database) as session:
        session.execute(delete(ValueOverlapRow))
        session.add_all(found)
    return len(found)


def known_overlaps(
    database: Engine, contracts: Iterable[Contract]
) -> dict[tuple[FieldKey, FieldKey], Band]:
    """Of fields that may still be compared, and of data that was not erased."""
    fields = comparable_fields(contracts)
    with transaction(database) as session:
        erased = _erased(session)
        rows = [
            ((one.dataset, one.field), (one.other_dataset, one.other_field), one.band)
            for one in session.scalars(select(ValueOverlapRow))
        ]
    return {
        (one, other): cast(Band, band)
        for one, other, band in rows
        if {one, other} <= fields.keys() and not {one, other} & erased
    }


def _erased(session: Session) -> set[FieldKey]:
    row = ValueSketchRow
    wanted = select(row.dataset, row.field).join(
        ErasureRow, (ErasureRow.dataset == row.dataset) & (ErasureRow.snapshot_id == row.snapshot)
    )
    return {(dataset, field) for dataset, field in session.execute(wanted)}
