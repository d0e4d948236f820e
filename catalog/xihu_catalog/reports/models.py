"""Tables of the catalogue report: the contracts that were reported, and the reports made."""

from datetime import datetime
from typing import Literal

from sqlalchemy import BigInteger, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from xihu_platform.database import Base, UtcDateTime

ReportKind = Literal["full", "incremental"]
_Number = BigInteger().with_variant(Integer(), "sqlite")


class ReportedContractRow(Base):
    """The newest change of one entry of a contract, as the reports count them. Stored entries have
    numbers of their own (`stored_entry_version`)."""

    __tablename__ = "catalogue_report_contract"

    dataset: Mapped[str] = mapped_column(String(64), primary_key=True)
    digest: Mapped[str | None] = mapped_column(String(64))
    """None since it is not published any more."""
    number: Mapped[int] = mapped_column(BigInteger, index=True)


class CatalogueReportRow(Base):
    """One report that was written to its end."""

    __tablename__ = "catalogue_report"

    id: Mapped[int] = mapped_column(_Number, primary_key=True, autoincrement=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(16))
    marker: Mapped[str] = mapped_column(String(64), index=True)
    previous: Mapped[str | None] = mapped_column(String(64))
    entries: Mapped[int] = mapped_column(BigInteger)
    removed: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(String(64))
    receiver: Mapped[str] = mapped_column(String(128))
    """The position, or the client id of the system, that asked for it; `-` for the command."""
