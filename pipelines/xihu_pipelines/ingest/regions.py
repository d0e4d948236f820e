"""Counts the rows of each region when a load has committed them."""

import duckdb

from xihu_catalog.contracts.model import Contract, policy_of
from xihu_platform.access.decision import is_wholly_open
from xihu_platform.access.totals import count_by_region, keep_counts
from xihu_platform.engines.duckdb.scan import relation
from xihu_platform.lake.snapshot import Snapshot
from xihu_platform.start import Node


def count_regions(node: Node, contract: Contract, snapshot: Snapshot) -> None:
    """Keep the counts for the totals of whoever is confined to a region's rows."""
    policy = policy_of(contract)
    if policy.region_field is None or is_wholly_open(policy) or not snapshot.files:
        return
    with duckdb.connect() as connection:
        counting = count_by_region(relation(snapshot.files, snapshot.columns), policy.region_field)
        rows = connection.execute(counting.sql)
        counts = {str(region): int(str(n)) for region, n in rows.fetchall()}
    keep_counts(node.database, node.keyring, snapshot, counts)
