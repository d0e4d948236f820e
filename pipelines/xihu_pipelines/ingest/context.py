"""The context of a running load: its inputs, its counts, and the files and blocks written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from xihu_catalog.contracts.model import Contract, Source, source_columns
from xihu_pipelines.ingest.compile import Checks
from xihu_pipelines.ingest.pseudonyms import PseudonymScheme
from xihu_pipelines.sources.files import open_records
from xihu_pipelines.sources.limits import FileLimits
from xihu_pipelines.sources.records import Records
from xihu_platform.lake.tables import Column, Snapshot
from xihu_platform.sql import text_literal

if TYPE_CHECKING:  # numpy is for loads alone: a serving process should not carry it
    from xihu_pipelines.ingest.bloom import BloomFilter

Progress = Callable[[str, int], None]
"""Called with the dataset and the records received so far."""
Stage = Callable[[str], None]
"""Called with the name of each stage as it begins: decode, write, quarantine, …"""


SUPERSEDED = "key.superseded"
"""Of mode upsert: a record whose key stands again further down the same file."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch as handed in; its digest is its identity."""

    path: Path
    name: str
    digest: str
    source: Source
    notes: tuple[tuple[str, str], ...] = ()
    """More for the snapshot's summary: a cursor, the pushes it holds."""
    key_version: int | None = None
    """Of pseudonyms that it brings made already, because it is derived."""


@dataclass(slots=True)
class LoadContext:
    """The load as it runs."""

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
    received: int = 0
    deleted: int = 0
    files: int = 0
    """Data files begun so far; `parts` are those that stand."""
    parts: list[Path] = field(default_factory=list)
    blocks: list[pa.Table] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    bloom: BloomFilter | None = None
    """Made with the first batch, where something may stand only once."""
    held: int = 0
    """Records held back from the data files, in the temporary tables `held` and `held_texts`."""
    steps: Counter[str] = field(default_factory=Counter)
    """By `field.step`: how many values a declared step has changed."""
    references: dict[str, int] = field(default_factory=dict)
    """The snapshot of each other dataset that references were checked against."""
    decoded: dict[str, str | int] = field(default_factory=dict)
    """How the file was read: its format, encoding, what was left out."""

    @property
    def quarantined(self) -> int:
        return sum(block.num_rows for block in self.blocks)

    @property
    def accepted(self) -> int:
        """Records that hold: neither quarantined nor superseded in their own file."""
        return self.received - self.quarantined - self.counts[SUPERSEDED]

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

    def next_part(self, kind: str = "") -> Path:
        """Path of the next data file: its name begins with the load's id, and is given once."""
        part = self.folder / f"{self.load_id}-{kind}{self.files:05d}.parquet"
        self.files += 1
        self.parts.append(part)
        return part


def read_files(paths: list[str]) -> str:
    return f"read_parquet([{', '.join(map(text_literal, paths))}])"
