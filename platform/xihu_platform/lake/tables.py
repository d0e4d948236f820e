"""Tables of the lake: Iceberg through PyIceberg, Parquet on the disk, one snapshot a load.

A reader sees the snapshot before or the snapshot after: a replace is one OVERWRITE snapshot, never
a delete and an append. What a snapshot's summary says of its load is the truth; the load records
in the application database are a projection of it.
"""

import shutil
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from pathlib import Path

from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError
from pyiceberg.io.pyarrow import parquet_files_to_data_files
from pyiceberg.manifest import DataFile, DataFileContent
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.types import (
    NestedField,
)
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from xihu_platform.database import KeptConnection
from xihu_platform.errors import Conflict, NotFound, TransientError
from xihu_platform.lake.durable import FOLDER, ROOT, sync_file
from xihu_platform.lake.lease import WAIT_S, lease
from xihu_platform.lake.relocate import check_place
from xihu_platform.lake.snapshot import RECORD_ID, Column, Snapshot
from xihu_platform.lake.types import duckdb_type, iceberg_type

_LOCATION = (
    "SELECT metadata_location FROM iceberg_tables "
    "WHERE catalog_name = 'xihu' AND table_namespace = ? AND table_name = ?"
)


class Lake:
    """All tables below one folder, `<namespace>.<dataset>` by name."""

    def __init__(self, folder: Path, catalog_url: str | None = None) -> None:
        self.folder = folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._root = check_place(self.folder)
        self._catalog = SqlCatalog(
            "xihu",
            **{
                "uri": catalog_url or f"sqlite:///{self.folder / 'catalogue.db'}",
                "warehouse": self._root,
                "py-io-impl": "xihu_platform.lake.durable.DurableFileIO",
                ROOT: self._root,
                FOLDER: f"file://{self.folder}",
            },
        )
        if self._catalog.engine.dialect.name == "sqlite":
            event.listen(self._catalog.engine, "connect", _pragmas)
            self._catalog.engine.dispose()
        self._quick = KeptConnection(self._catalog.engine)
        self._cache: dict[tuple[str, int], Snapshot] = {}
        self._tables: dict[str, tuple[str, Table]] = {}
        self._lock = threading.Lock()

    def names(self, namespace: str) -> list[str]:
        if not self._catalog.namespace_exists(namespace):
            return []
        return sorted(".".join(name) for name in self._catalog.list_tables(namespace))

    def ensure(self, name: str, columns: tuple[Column, ...]) -> tuple[Column, ...]:
        """Make the table, or add the columns it lacks; returns the columns with their ids.

        Raises Conflict when a column's type differs or a column is gone: that breaks readers.
        """
        namespace = name.split(".")[0]
        self._catalog.create_namespace_if_not_exists(namespace)
        try:
            table = self._catalog.load_table(name)
        except NoSuchTableError:
            table = self._create(name, columns)
        present = {c.name: c for c in _columns(table.schema())}
        wanted = {c.name: c for c in columns}
        broken = [
            c.name
            for c in present.values()
            if c.name not in wanted or wanted[c.name].type != c.type
        ]
        if broken:
            raise Conflict(
                f"契约会改变表 {name} 已有的列 {'、'.join(broken)}，读者将出错；"
                "请新增列或新建数据集",
                f"the contract would change columns {', '.join(broken)} of {name} and break its "
                "readers: add a column or a new dataset instead",
            )
        if added := [c for c in columns if c.name not in present]:
            with table.update_schema() as update:
                for column in added:
                    update.add_column(column.name, iceberg_type(column.type), doc=column.doc)
        ids = {c.name: c.id for c in _columns(table.schema())}
        return tuple(Column(c.name, c.type, ids[c.name], c.doc) for c in columns)

    def _create(self, name: str, columns: tuple[Column, ...]) -> Table:
        fields = [
            NestedField(number, c.name, iceberg_type(c.type), required=False, doc=c.doc or None)
            for number, c in enumerate(columns, start=RECORD_ID)
        ]
        properties = {
            "format-version": "2",
            "commit.manifest-merge.enabled": "true",
            "commit.manifest.min-count-to-merge": "20",
            "write.metadata.delete-after-commit.enabled": "true",
            "write.metadata.previous-versions-max": "20",
            # Minimum and maximum of a protected column would stand in the clear in a manifest.
            "write.metadata.metrics.default": "counts",
        }
        return self._catalog.create_table(name, Schema(*fields), properties=properties)

    def discard(self, name: str) -> None:
        """Take back a table that never held anything. Raises Conflict for one that has data."""
        if self.find_snapshot(name) is not None:
            raise Conflict(
                f"表 {name} 已有数据，不能撤销",
                f"{name} holds data: it cannot be taken back",
            )
        with suppress(NoSuchTableError):
            self._catalog.drop_table(name)
        shutil.rmtree(self.folder / name.replace(".", "/"), ignore_errors=True)

    def data_folder(self, name: str) -> Path:
        """Where new data files of a table are written."""
        folder = self.folder / name.replace(".", "/") / "data"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def replace(self, name: str, files: list[Path], summary: dict[str, str]) -> Snapshot:
        """Commit `files` as the whole table in one snapshot; durable when this returns."""
        return self.commit(name, files, summary, gone=None)

    def append(self, name: str, files: list[Path], summary: dict[str, str]) -> Snapshot:
        """Commit `files` beside what the table holds, in one snapshot."""
        return self.commit(name, files, summary, gone=frozenset())

    def lease(self, dataset: str, wait_s: float = WAIT_S) -> AbstractContextManager[None]:
        """Whoever writes a dataset's tables holds this meanwhile. Raises Leased."""
        return lease(self.folder / "leases", self._catalog.engine, dataset, wait_s)

    def commit(
        self,
        name: str,
        files: list[Path],
        summary: dict[str, str],
        *,
        gone: frozenset[str] | None,
    ) -> Snapshot:
        """Commit `files` in the place of the `gone` ones, in one snapshot; None stands for all.

        Durable when this returns. Raises TransientError when the catalogue did not take it.
        """
        for path in files:
            sync_file(path)
        table = self.iceberg(name)
        try:
            with table.transaction() as transaction:
                # Iceberg writes the names into the file's own schema; ids are already in it.
                update = transaction.update_snapshot(snapshot_properties=summary)
                keeps_all = gone is not None and not gone
                with update.merge_append() if keeps_all else update.overwrite() as commit:
                    for data_file in self._standing(table, gone):
                        commit.delete_data_file(data_file)
                    for data_file in parquet_files_to_data_files(
                        table.io, table.metadata, map(self._address, files)
                    ):
                        commit.append_data_file(data_file)
        except (CommitFailedException, OperationalError) as failed:
            raise TransientError(
                f"{name} 的提交未成功，原有数据未变，请重试",
                f"the commit to {name} did not succeed; what was there stands: try again",
            ) from failed
        return self.snapshot(name)

    def _standing(self, table: Table, wanted: frozenset[str] | None) -> Iterator[DataFile]:
        """Data files of the newest snapshot: those wanted, or all."""
        if wanted is not None and not wanted:
            return
        for task in table.scan().plan_files():
            if wanted is None or str(self.path_of(task.file.file_path)) in wanted:
                yield task.file

    def snapshot(self, name: str, snapshot_id: int | None = None) -> Snapshot:
        """The newest snapshot, or the one asked for. Raises NotFound."""
        table = self.iceberg(name)
        newest = table.metadata.current_snapshot_id or 0
        wanted = newest if snapshot_id is None else snapshot_id
        raw = table.snapshot_by_id(wanted) if wanted else None
        with self._lock:
            if raw is not None and (known := self._cache.get((name, wanted))):
                return known
        if raw is None:
            asked = "" if snapshot_id is None else snapshot_id
            raise NotFound(
                f"{name} 没有快照 {asked}，可用的版本见数据集页面",
                f"{name} has no snapshot {asked}: its page lists the versions",
            )
        tasks = list(table.scan(snapshot_id=wanted).plan_files())
        if any(task.delete_files for task in tasks):
            raise Conflict(
                f"表 {name} 含有其他引擎写入的删除文件，请先整理该表",
                f"{name} holds delete files of another engine: compact the table first",
            )
        files = [t.file for t in tasks if t.file.content == DataFileContent.DATA]
        found = Snapshot(
            table=name,
            id=wanted,
            committed_at=datetime.fromtimestamp(raw.timestamp_ms / 1000, UTC),
            columns=_columns(table.schema()),
            files=tuple(sorted(str(self.path_of(f.file_path)) for f in files)),
            rows=sum(f.record_count for f in files),
            summary=dict(raw.summary.additional_properties) if raw.summary else {},
        )
        with self._lock:
            self._cache[name, wanted] = found
        return found

    def find_snapshot(self, name: str) -> Snapshot | None:
        try:
            return self.snapshot(name)
        except NotFound:
            return None

    def is_older(
        self, name: str, snapshot_id: int, than: int, written_at: datetime | None = None
    ) -> bool:
        """Whether a snapshot that is kept was replaced before another one was written. The other
        one may be gone: `written_at` is when it was written, as far as that is known; where it is
        not, every other snapshot may be older."""
        written = {s.snapshot_id: s.timestamp_ms for s in self.iceberg(name).metadata.snapshots}
        one, other = written.get(snapshot_id), written.get(than)
        if other is None and written_at is not None:
            other = int(written_at.timestamp() * 1000)
        return one is not None and (other is None or one < other)

    def as_of(self, name: str, moment: datetime) -> Snapshot:
        """The snapshot that stood at a moment. Raises NotFound when there was none yet."""
        raw = self.iceberg(name).snapshot_as_of_timestamp(int(moment.timestamp() * 1000))
        if raw is None:
            raise NotFound(
                f"{name} 在 {moment.isoformat()} 还没有数据",
                f"{name} had no data yet at {moment.isoformat()}",
            )
        return self.snapshot(name, raw.snapshot_id)

    def history(self, name: str) -> list[Snapshot]:
        """Every snapshot still kept, newest first."""
        entries = self.iceberg(name).metadata.snapshots
        newest_first = sorted(entries, key=lambda s: s.timestamp_ms, reverse=True)
        return [self.snapshot(name, s.snapshot_id) for s in newest_first]

    def summaries(self, name: str) -> dict[int, dict[str, str]]:
        """By its id, what each snapshot still kept says of its load, newest first; empty without a
        table. No manifest is read, unlike for `history`.
        """
        try:
            entries = self.iceberg(name).metadata.snapshots
        except NotFound:
            return {}
        newest_first = sorted(entries, key=lambda s: s.timestamp_ms, reverse=True)
        return {
            s.snapshot_id: dict(s.summary.additional_properties) if s.summary else {}
            for s in newest_first
        }

    def _address(self, path: Path) -> str:
        """What Iceberg's metadata calls a file of ours."""
        return f"{self._root}/{path.relative_to(self.folder).as_posix()}"

    def path_of(self, address: str) -> Path:
        """Where a file stands that Iceberg's metadata names."""
        return self.folder / address.removeprefix(f"{self._root}/")

    def iceberg(self, name: str) -> Table:
        """The table as the catalogue has it now; its metadata is read once for each version."""
        try:
            location = self.location(name)
            known = self._tables.get(name)
            if known and known[0] == location:
                return known[1]
            table = self._catalog.load_table(name)
        except NoSuchTableError as missing:
            raise NotFound(
                f"湖中没有表 {name}，请先发布数据",
                f"the lake has no table {name}: publish its data first",
            ) from missing
        self._tables[name] = (table.metadata_location, table)
        return table

    def location(self, name: str) -> str | None:
        """Where the metadata of a table's newest state lies: elsewhere after every change."""
        namespace, _, table = name.partition(".")
        found = self._quick.ask(_LOCATION, (namespace, table))
        return str(found[0][0]) if found else None


def _columns(schema: Schema) -> tuple[Column, ...]:
    return tuple(
        Column(f.name, duckdb_type(f.field_type), f.field_id, f.doc or "") for f in schema.fields
    )


def _pragmas(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]  # a DBAPI connection
    # FULL does not synchronise the folder after the rollback journal is removed: after a power cut
    # the journal could come back and undo a commit that was acknowledged. EXTRA does.
    cursor.execute("PRAGMA synchronous=EXTRA")
    cursor.execute("PRAGMA busy_timeout=10000")
    cursor.close()
