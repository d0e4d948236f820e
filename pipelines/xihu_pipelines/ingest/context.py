"""The context of a load: its inputs, its counts, and the files and blocks written so far.

It is frozen: a step of the load takes one and returns the next (see `prepare`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from xihu_catalog.contracts.model import Contract, Source, source_columns
from xihu_pipelines.ingest.compile import Checks
from xihu_pipelines.ingest.pseudonyms import PseudonymScheme
from xihu_pipelines.sources.files import open_records
from xihu_pipelines.sources.limits import FileLimits
from xihu_pipelines.sources.records import Records
from xihu_platform.lake.snapshot import Column, Snapshot
from xihu_platform.sql import text_literal
from xihu_platform.start import Node

Progress = Callable[[str, int], None]
"""Called with the dataset and the records received so far."""
Stage = Callable[[str], None]
"""Called with the name of each stage as it begins: decode, write, quarantine, …"""
Gone = frozenset[str] | None
"""Data files that go with the commit; None means all there are."""
Profile = Mapping[str, Mapping[str, str | int | None]]
"""Of each field: nulls, distinct values, extremes."""

SUPERSEDED = "key.superseded"
"""Of mode upsert: a record whose key comes again further down the same file."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch as handed in; its digest is its identity."""

    path: Path
    name: str
    digest: str
    source: Source
    notes: tuple[tuple[str, str], ...] = ()
    """More for the snapshot's summary: a cursor, the pushes it is made of."""
    key_version: int | None = None
    """Of pseudonyms that it brings made already, because it is derived."""


def ignore_stage(_stage: str) -> None:
    """For a load whose stages nobody watches."""


@dataclass(frozen=True, slots=True)
class LoadContext:
    """A load, as far as it has come."""

    node: Node = field(repr=False)
    contract: Contract
    batch: Batch
    load_id: str
    before: Snapshot | None
    columns: tuple[Column, ...]
    folder: Path
    started: datetime
    connection: duckdb.DuckDBPyConnection
    checks: Checks
    scheme: PseudonymScheme
    made: Callable[[str], str] = field(repr=False)
    """Makes the pseudonyms that DuckDB cannot."""
    limits: FileLimits
    """What its file may unpack to."""
    offset: int
    """Added to a record's number in the file: numbers of a table are given once."""
    stage: Stage = ignore_stage
    progress: Progress | None = None
    received: int = 0
    deleted: int = 0
    files: int = 0
    """Data files written so far; `parts` are those that the commit would add."""
    parts: tuple[Path, ...] = ()
    blocks: tuple[pa.Table, ...] = ()
    """Of quarantined records, with the rules they broke."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """By rule: how many records broke it."""
    deferred: int = 0
    """Records deferred from the data files, in the temporary tables `held` and `held_texts`."""
    steps: Mapping[str, int] = field(default_factory=dict)
    """By `field.step`: how many values a declared step has changed."""
    references: Mapping[str, int] = field(default_factory=dict)
    """The snapshot of each other dataset that references were checked against."""
    decoded: Mapping[str, str | int] = field(default_factory=dict)
    """How the file was read: its format, encoding, what was left out."""
    profile: Profile = field(default_factory=dict)
    gone: Gone = frozenset()
    """What the commit takes out of the table."""

    @property
    def quarantined(self) -> int:
        return sum(block.num_rows for block in self.blocks)

    @property
    def accepted(self) -> int:
        """Records for the table: neither quarantined nor superseded in their own file."""
        return self.received - self.quarantined - self.counts.get(SUPERSEDED, 0)

    @property
    def written(self) -> str:
        """SQL of the parts written so far."""
        return read_files([str(part) for part in self.parts])

    @property
    def source_columns(self) -> list[str]:
        return source_columns(self.contract)

    def open_records(self) -> AbstractContextManager[Records]:
        """The batch's records, decoded once more."""
        return open_records(
            self.batch.path, self.batch.source, self.source_columns, limits=self.limits
        )

    def part_path(self, kind: str = "", after: int = 0) -> Path:
        """Path of the next data file, or of one `after` it: no two of a load have the same number,
        and each name begins with the load's id.
        """
        return self.folder / f"{self.load_id}-{kind}{self.files + after:05d}.parquet"

    def with_part(self, part: Path) -> LoadContext:
        """With one more data file, which `part_path` has named."""
        return replace(self, parts=(*self.parts, part), files=self.files + 1)


def read_files(paths: list[str]) -> str:
    return f"read_parquet([{', '.join(map(text_literal, paths))}])"


def add_counts(*counts: Mapping[str, int]) -> Mapping[str, int]:
    """The sums, by name; a name that was counted and never found stays, as zero."""
    total = Counter[str]()
    for each in counts:
        total.update(each)
    return total
