"""Files of corrected records from stewards: what became of each, and what may be corrected."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import BigInteger, Engine, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from xihu_catalog.contracts.model import Contract
from xihu_platform.database import Base, UtcDateTime, transaction
from xihu_platform.lake.summary import BASE, LOAD_ID, MAINTENANCE
from xihu_platform.lake.tables import Lake
from xihu_platform.words import Text as Words

CorrectionState = Literal["waiting", "committed", "refused"]
"""`waiting`: durable, and not committed yet."""


class CorrectionRow(Base):
    """The receipt of one file of corrections: it outlives the file, which goes when it is done."""

    __tablename__ = "correction"

    entry: Mapped[str] = mapped_column(String(32), primary_key=True)
    dataset: Mapped[str] = mapped_column(String(64))
    load_id: Mapped[str] = mapped_column(String(32), index=True)
    """The load whose report it was handed in at."""
    file_name: Mapped[str] = mapped_column(String(255))
    digest: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16), index=True)
    handed_in_at: Mapped[datetime] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    into_load: Mapped[str | None] = mapped_column(String(32))
    """The load its records became, or the one that was stopped."""
    accepted: Mapped[int] = mapped_column("kept", BigInteger, default=0)
    quarantined: Mapped[int] = mapped_column("set_aside", BigInteger, default=0)
    known: Mapped[bool] = mapped_column(default=False)
    """The same file had been loaded before: nothing was added."""
    refusal_zh: Mapped[str] = mapped_column(Text, default="")
    refusal_en: Mapped[str] = mapped_column(Text, default="")


@dataclass(frozen=True, slots=True)
class Correction:
    """What is known of one file of corrections."""

    entry: str
    file_name: str
    digest: str
    state: CorrectionState
    handed_in_at: datetime
    into_load: str | None = None
    accepted: int = 0
    quarantined: int = 0
    known: bool = False
    refusal: Words | None = None


def correction_of(row: CorrectionRow) -> Correction:
    states: dict[str, CorrectionState] = {"waiting": "waiting", "committed": "committed"}
    return Correction(
        entry=row.entry,
        file_name=row.file_name,
        digest=row.digest,
        state=states.get(row.state, "refused"),
        handed_in_at=row.handed_in_at,
        into_load=row.into_load,
        accepted=row.accepted,
        quarantined=row.quarantined,
        known=row.known,
        refusal=Words(row.refusal_zh, row.refusal_en) if row.refusal_zh else None,
    )


def corrections_of(database: Engine, load_id: str, limit: int = 20) -> list[Correction]:
    """The files handed in at one load's report, newest first."""
    wanted = (
        select(CorrectionRow)
        .where(CorrectionRow.load_id == load_id)
        .order_by(CorrectionRow.handed_in_at.desc(), CorrectionRow.entry)
        .limit(limit)
    )
    with transaction(database) as session:
        return [correction_of(row) for row in session.scalars(wanted)]


def refused_corrections(database: Engine, dataset: str, limit: int = 60) -> list[CorrectionRow]:
    """Files of corrections that were refused before they became a load, newest first."""
    wanted = (
        select(CorrectionRow)
        .where(
            CorrectionRow.dataset == dataset,
            CorrectionRow.state == "refused",
            CorrectionRow.into_load.is_(None),
        )
        .order_by(CorrectionRow.handed_in_at.desc())
        .limit(limit)
    )
    with transaction(database) as session:
        return list(session.scalars(wanted))


def is_current(lake: Lake, contract: Contract, load_id: str) -> bool:
    """Whether the dataset still is what this load made of it, corrections aside.

    Where every file replaces the dataset, records of an earlier file are not added to a later one.
    """
    if contract.loading.mode != "replace":
        return True
    for summary in lake.summaries(contract.table).values():
        if summary.get(LOAD_ID) == load_id:
            return True
        if BASE not in summary and MAINTENANCE not in summary:
            return False
    return False
