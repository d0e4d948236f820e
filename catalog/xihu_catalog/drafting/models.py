"""The table of what scans of databases found."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from xihu_platform.database import Base, UtcDateTime

NAME, TITLE = 200, 400
"""Characters of a name and of a comment that are stored."""


class CensusTableRow(Base):
    """One table of a scanned database, in the order in which the scan found it."""

    __tablename__ = "census_table"

    connection: Mapped[str] = mapped_column(String(63), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    provider: Mapped[str] = mapped_column(String(18), index=True)
    schema: Mapped[str | None] = mapped_column(String(NAME))
    table: Mapped[str] = mapped_column(String(NAME))
    title: Mapped[str] = mapped_column(String(TITLE))
    rows: Mapped[int | None] = mapped_column(BigInteger)
    """None where the table could not be read."""
    estimated: Mapped[bool]
    columns: Mapped[int]
    labels: Mapped[list[str]] = mapped_column(JSON)
    personal: Mapped[list[str]] = mapped_column(JSON)
    """Names of columns taken for personal data, each with its kind."""
    scanned_at: Mapped[datetime] = mapped_column(UtcDateTime)
