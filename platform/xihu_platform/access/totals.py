"""How many rows each region has in a snapshot, so that an official's total needs no scan.

A position sees its own region's rows, and pages tell how many there are. The rows of each region
are counted once, when a load has committed its snapshot; they are kept sealed, because beside a
dataset about persons even a count may tell something. A snapshot that was not counted is counted
when it is first asked for.
"""

import threading
from collections.abc import Callable, Iterable

import orjson
from cachetools import LRUCache
from sqlalchemy import BigInteger, Engine, LargeBinary, String, delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column
from sqlglot import exp

from xihu_platform.access.answers import Plan
from xihu_platform.access.decision import RowFilter
from xihu_platform.database import Base, transaction
from xihu_platform.lake.snapshot import Snapshot
from xihu_platform.sql import Relation, Statement, column, is_known, named, render
from xihu_platform.vault.keys import Keyring
from xihu_platform.vault.seal import SealKey, open_bytes, seal_bytes

REGIONS_LIMIT = 50_000
"""More different values in a region field than a country has townships: they are not kept."""
SNAPSHOTS_KEPT = 256
"""Snapshots whose counts stay in memory."""
RegionRows = dict[str, int]


class RegionCountRow(Base):
    """The rows of each region in one snapshot, sealed."""

    __tablename__ = "region_count"

    lake_table: Mapped[str] = mapped_column(String(80), primary_key=True)
    snapshot_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


def count_by_region(relation: Relation, region_field: str) -> Statement:
    """Rows by region, those without one left out: no position's region is theirs."""
    field = column(region_field)
    chosen = [named(field, "region"), named(exp.Count(this=exp.Star()), "n")]
    tree = exp.Select(expressions=chosen).from_(relation.table(), copy=False)
    tree.where(is_known(field), copy=False).group_by(field.copy(), copy=False)
    return Statement(render(tree, relation.dialect))


def _key(keyring: Keyring) -> SealKey:
    return keyring.sealing("region counts")


def _place(snapshot: Snapshot) -> str:
    return f"{snapshot.table}/{snapshot.id}"


def keep_counts(database: Engine, keyring: Keyring, snapshot: Snapshot, rows: RegionRows) -> None:
    """Keep the counts of a snapshot; they never change, so that the first ones stay."""
    if len(rows) > REGIONS_LIMIT:
        return
    sealed = seal_bytes(_key(keyring), orjson.dumps(rows), _place(snapshot))
    row = RegionCountRow(lake_table=snapshot.table, snapshot_id=snapshot.id, sealed=sealed)
    try:
        with transaction(database) as session:
            session.add(row)
    except IntegrityError:
        return


def forget_counts(database: Engine, table: str, kept: Iterable[int]) -> None:
    """Remove the counts of snapshots that are gone, by expiry or by an erasure."""
    statement = delete(RegionCountRow).where(
        RegionCountRow.lake_table == table, RegionCountRow.snapshot_id.not_in(list(kept))
    )
    with transaction(database) as session:
        session.execute(statement)


class Totals:
    """Totals of whole regions, from the counts of a snapshot."""

    def __init__(
        self, database: Engine, keyring: Keyring, count: Callable[[Statement], RegionRows]
    ) -> None:
        """`count` runs a statement of `count_by_region`."""
        self._database = database
        self._keyring = keyring
        self._count = count
        self._lock = threading.Lock()
        self._kept: LRUCache[tuple[str, int], RegionRows] = LRUCache(SNAPSHOTS_KEPT)

    def rows(self, plan: Plan) -> int | None:
        """The number of rows of a plan that confines its reader to a region and asks nothing else.

        None for any other plan.
        """
        field = plan.policy.region_field
        if field is None or plan.conditions or len(plan.allow.rows) != 1:
            return None
        (limit,) = plan.allow.rows
        if limit.field != field:
            return None
        counts = self._counts(plan, field)
        return sum(n for region, n in counts.items() if _meets(limit, region))

    def _counts(self, plan: Plan, field: str) -> RegionRows:
        key = (plan.snapshot.table, plan.snapshot.id)
        with self._lock:
            found = self._kept.get(key)
        if found is None:
            found = self._stored(plan.snapshot)
            if found is None:
                found = self._count(count_by_region(plan.relation, field))
                keep_counts(self._database, self._keyring, plan.snapshot, found)
            with self._lock:
                self._kept[key] = found
        return found

    def _stored(self, snapshot: Snapshot) -> RegionRows | None:
        with transaction(self._database) as session:
            row = session.get(RegionCountRow, (snapshot.table, snapshot.id))
        if row is None:
            return None
        opened = open_bytes(_key(self._keyring), row.sealed, _place(snapshot))
        counts: RegionRows = orjson.loads(opened)
        return counts


def _meets(limit: RowFilter, region: str) -> bool:
    """What `row_conditions` says of a row of this region."""
    if limit.match == "starts_with":
        return region.startswith(limit.values[0]) if limit.values else False
    return region in limit.values
