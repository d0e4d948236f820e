"""One state of one table, and its columns: what a reader needs, without the library that writes."""

from dataclasses import dataclass, field
from datetime import datetime

from xihu_platform.lake.summary import LOADED_AT, MAINTENANCE, PSEUDONYMS

RECORD = "_record"
"""Number of the row in the file it came from: 1 for the first. Makes every order total."""
RECORD_ID = 1


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `type` is DuckDB's; `id` is the Iceberg field id and is never used again."""

    name: str
    type: str
    id: int = 0
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One state of one table: all that a reader needs to scan it."""

    table: str
    id: int
    committed_at: datetime
    columns: tuple[Column, ...]
    files: tuple[str, ...]
    rows: int
    summary: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def loaded_at(self) -> datetime:
        """When its newest load was committed: housekeeping makes no data fresher."""
        said = self.summary.get(LOADED_AT)
        return datetime.fromisoformat(said) if said else self.committed_at

    @property
    def key_version(self) -> int:
        """The key version that all of its pseudonyms are of."""
        return int(self.summary.get(PSEUDONYMS, 1))

    @property
    def maintained(self) -> bool:
        """Whether housekeeping made it: the same rows as the snapshot before."""
        return MAINTENANCE in self.summary
