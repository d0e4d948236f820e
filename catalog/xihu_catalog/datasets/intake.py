"""The interface through which the API hands pushed records to ingestion."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from xihu_catalog.contracts.model import Contract
from xihu_catalog.quality.corrections import Correction
from xihu_platform.database import Base, UtcDateTime

PushFormat = Literal["arrow", "jsonl", "csv"]
PushState = Literal["spooled", "committed", "refused"]
"""`spooled`: durable, and waiting for the next commit. `refused`: a blocking rule stopped it."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is known of one push."""

    dataset: str
    entry: str
    digest: str
    state: PushState
    load_id: str | None = None


class PushRow(Base):
    """The receipt of a push that has left the spool: its key may never be used for other rows."""

    __tablename__ = "push"

    entry: Mapped[str] = mapped_column(String(32), primary_key=True)
    dataset: Mapped[str] = mapped_column(String(64), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    load_id: Mapped[str] = mapped_column(String(32))
    settled_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Intake(Protocol):
    """Takes records a few at a time, and files of corrected ones."""

    def accept(
        self, contract: Contract, sender: str, key: str, body: bytes, form: PushFormat
    ) -> Receipt:
        """Durable when this returns; the same key and body again give the same receipt.

        Raises BadInput for a body that is not what it says, Conflict for a key used before.
        """
        ...

    def get(self, contract: Contract, sender: str, key: str) -> Receipt:
        """Raises NotFound."""
        ...

    def correct(self, contract: Contract, load_id: str, name: str, body: bytes) -> Correction:
        """A file of records that `load_id` quarantined; durable when this returns.

        Raises BadInput for a file that is not one of this dataset's, Conflict where a later file
        has replaced what it would correct.
        """
        ...

    def start(self) -> None:
        """Begin to commit what is spooled."""
        ...

    def close(self) -> None: ...
