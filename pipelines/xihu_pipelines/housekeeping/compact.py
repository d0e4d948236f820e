"""Compaction: many small data files become one, in the order of their records."""

from secrets import token_hex

from xihu_catalog.contracts.model import Contract, columns_of
from xihu_pipelines.ingest import journal
from xihu_pipelines.ingest.context import Stage, read_files
from xihu_pipelines.ingest.existing import existing_sql, names_of
from xihu_pipelines.ingest.load import recover, workshop
from xihu_pipelines.ingest.parts import copy_rows
from xihu_pipelines.ingest.profile import profile_sql, read_profile
from xihu_pipelines.ingest.record import profile_text
from xihu_platform.lake.snapshot import RECORD, Snapshot
from xihu_platform.lake.summary import MAINTENANCE, PREFIX, PROFILE
from xihu_platform.start import Node

SMALL_FILES = 8
"""Fewer files than this are left alone: a scan opens them in less time than a rewrite takes."""


def compact(
    node: Node, contract: Contract, *, least: int = SMALL_FILES, stage: Stage | None = None
) -> Snapshot | None:
    """Rewrite the newest snapshot as one file, its profile taken anew; None when it is tidy.

    The rows, their numbers and what the summary says of the load stay the same.
    """
    said = stage or (lambda _name: None)
    with node.lake.lease(contract.dataset):
        recover(node, contract)
        before = node.lake.find_snapshot(contract.table)
        if before is None or len(before.files) < least:
            return None
        said("compaction")
        columns = node.lake.ensure(contract.table, columns_of(contract))
        mark = f"compact{token_hex(8)}"
        journal.begin(node.lake, contract.dataset, mark)
        part = node.lake.data_folder(contract.table) / f"{mark}-00000.parquet"
        summary = carry_summary(before, "compaction")
        with workshop(node, contract) as connection:
            rows = f"SELECT {names_of(before)} FROM {existing_sql(before)} ORDER BY {RECORD}"
            copy_rows(connection, rows, columns, part)
            counted = connection.execute(profile_sql(contract, read_files([str(part)])))
            summary[PROFILE] = profile_text(read_profile(contract, counted.fetchall()[0]))
        snapshot = node.lake.commit(contract.table, [part], summary, gone=None)
        journal.end(node.lake, contract.dataset)
        return snapshot


def carry_summary(before: Snapshot, maintenance: str) -> dict[str, str]:
    """The summary of a snapshot that housekeeping makes: the load's own, and what was done."""
    said = {name: value for name, value in before.summary.items() if name.startswith(PREFIX)}
    return said | {MAINTENANCE: maintenance}
