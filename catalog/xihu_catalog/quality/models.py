"""The record of each load, a projection of its snapshot's summary; what corrections corrected."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from xihu_platform.database import Base, UtcDateTime
from xihu_platform.lake.summary import LoadCounts


class Load(Base):
    """One load of one file into one dataset."""

    __tablename__ = "load"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    dataset: Mapped[str] = mapped_column(String(64), index=True)
    snapshot_id: Mapped[int | None] = mapped_column(BigInteger)
    """None for a load that a rule blocked: the snapshot before it stands."""
    file_name: Mapped[str] = mapped_column(String(255))
    batch_digest: Mapped[str] = mapped_column(String(64))
    contract_digest: Mapped[str] = mapped_column(String(64))
    received: Mapped[int] = mapped_column(BigInteger)
    accepted: Mapped[int] = mapped_column("kept", BigInteger)
    quarantined: Mapped[int] = mapped_column("set_aside", BigInteger)
    rule_counts: Mapped[dict[str, int]] = mapped_column(JSON)
    """Failing records by rule id; a record that breaks two rules counts under both."""
    profile: Mapped[dict[str, dict[str, str | int | None]]] = mapped_column(JSON)
    """By field: nulls, distinct (approximate), and minimum and maximum where the grade allows."""
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime] = mapped_column(UtcDateTime)
    corrects: Mapped[str | None] = mapped_column(String(32))
    """Of a load of corrections: the load whose quarantined records it corrects."""

    @property
    def counts(self) -> LoadCounts:
        return LoadCounts(self.received, self.accepted, self.quarantined)


class CorrectedRecord(Base):
    """One record of a load of corrections that is known to be a quarantined record of a load."""

    __tablename__ = "corrected_record"

    into_load: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """Its number in the file of corrections."""
    load_id: Mapped[str] = mapped_column(String(32), index=True)
    record: Mapped[int] = mapped_column(BigInteger)
    """The number of the quarantined record in the file of `load_id`."""
    accepted: Mapped[bool]
    """False where the correction was quarantined in its turn."""
    rules: Mapped[str] = mapped_column(Text)
    """The rules that the quarantined record broke, as its block holds them (JSON)."""
