"""Housekeeping of one table: forgetting old snapshots, and removing files that nothing names.

Both are done under the dataset's lease, so that no writer's unfinished files are taken for
orphans. A snapshot is forgotten first and its files are removed after: killed in between, the
files are orphans, and the next run removes them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from pyiceberg.table import Table

from xihu_platform.lake.durable import sync_folder
from xihu_platform.lake.tables import Lake

Stage = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Removed:
    """What a run of housekeeping took away."""

    snapshots: int = 0
    files: int = 0
    size_bytes: int = 0

    def __add__(self, other: "Removed") -> "Removed":
        return Removed(
            self.snapshots + other.snapshots,
            self.files + other.files,
            self.size_bytes + other.size_bytes,
        )


def expire(
    lake: Lake, name: str, before: datetime, *, pinned: frozenset[int] = frozenset()
) -> Removed:
    """Forget snapshots committed before a moment, but neither the newest nor a pinned one."""
    table = lake.iceberg(name)
    newest = table.metadata.current_snapshot_id
    limit_ms = int(before.timestamp() * 1000)
    old = [
        s.snapshot_id
        for s in table.metadata.snapshots
        if s.timestamp_ms < limit_ms and s.snapshot_id != newest and s.snapshot_id not in pinned
    ]
    return forget(lake, name, old)


def forget(lake: Lake, name: str, snapshots: list[int]) -> Removed:
    """Take snapshots out of the table's metadata; their files become orphans."""
    if not snapshots:
        return Removed()
    lake.iceberg(name).maintenance.expire_snapshots().by_ids(snapshots).commit()
    return Removed(snapshots=len(snapshots))


def remove_orphans(lake: Lake, name: str, stage: Stage = lambda _name: None) -> Removed:
    """Remove every file below the table's folder that none of its kept snapshots names."""
    named = {lake.path_of(address) for address in _named(lake.iceberg(name))}
    folder = lake.folder / name.replace(".", "/")
    removed = Removed()
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path in named:
            continue
        stage("orphans")
        size = path.stat().st_size
        path.unlink()
        removed += Removed(files=1, size_bytes=size)
    for part in ("data", "metadata"):
        if removed.files and (folder / part).is_dir():
            sync_folder(folder / part)
    return removed


def _named(table: Table) -> Iterator[str]:
    """Addresses of all metadata, manifest lists, manifests and data files still needed."""
    yield table.metadata_location
    yield from (entry.metadata_file for entry in table.metadata.metadata_log)
    yield from (str(s.statistics_path) for s in table.metadata.statistics)
    seen: set[str] = set()
    for snapshot in table.metadata.snapshots:
        yield snapshot.manifest_list
        for manifest in snapshot.manifests(table.io):
            if manifest.manifest_path in seen:
                continue
            seen.add(manifest.manifest_path)
            yield manifest.manifest_path
            for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True):
                yield entry.data_file.file_path
