"""The tables of checks: what the validators say of each entry as it is now."""

from datetime import datetime

from sqlalchemy import BigInteger, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from xihu_platform.database import Base, UtcDateTime


class EntryCheckRow(Base):
    """The newest check of one entry."""

    __tablename__ = "entry_check"

    entry: Mapped[str] = mapped_column(String(128), primary_key=True)
    facts: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the facts that were checked."""
    is_stored: Mapped[bool]
    """Whether no contract compiles into it."""
    checkers: Mapped[str] = mapped_column(String(200))
    checked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    results: Mapped[bytes] = mapped_column(LargeBinary)
    """`CheckResult`s, as JSON."""


class EntryCheckMark(Base):
    """One row: how far the changes of stored entries have been checked."""

    __tablename__ = "entry_check_mark"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger)
