"""Tables of batch exchange: where granted datasets are sent, and each batch."""

from datetime import datetime
from typing import Literal

from sqlalchemy import BigInteger, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from xihu_platform.database import Base, UtcDateTime

BatchState = Literal["open", "committed", "refused", "failed"]
"""`open`: under way or cut off; `refused`: the access gateway gave nothing, nothing arrived."""


class ExchangeRow(Base):
    """One dataset of a provider, sent to one table of one requester."""

    __tablename__ = "exchange"

    matter: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """The matter in which the provider consented to the target."""
    number: Mapped[str] = mapped_column(String(32))
    dataset: Mapped[str] = mapped_column(String(64), index=True)
    organisation: Mapped[str] = mapped_column(String(18), index=True)
    provider: Mapped[str] = mapped_column(String(18), index=True)
    host: Mapped[str] = mapped_column(String(80))
    port: Mapped[int] = mapped_column(Integer)
    database: Mapped[str] = mapped_column(String(63))
    schema: Mapped[str] = mapped_column(String(63))
    table: Mapped[str] = mapped_column(String(63))
    user: Mapped[str] = mapped_column(String(63))
    cycle: Mapped[str] = mapped_column(String(16))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The password, sealed; none before the requester gave it."""
    began: Mapped[datetime] = mapped_column(UtcDateTime)
    ended: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since then nothing is sent."""
    target: Mapped[str | None] = mapped_column(String(400), unique=True)
    pair: Mapped[str | None] = mapped_column(String(100), unique=True)
    """Its table, its dataset and requester: each once among those that have not ended."""


class ExchangeBatchRow(Base):
    """One batch: what changed in the receiver's table in one transaction there."""

    __tablename__ = "exchange_batch"

    exchange: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(String(16))
    started: Mapped[datetime] = mapped_column(UtcDateTime)
    ended: Mapped[datetime | None] = mapped_column(UtcDateTime)
    snapshot: Mapped[int | None] = mapped_column(BigInteger)
    policy_version: Mapped[int | None] = mapped_column(BigInteger)
    """The number under which it was decided: with the snapshot, whether there is anything new."""
    rows: Mapped[int | None] = mapped_column(BigInteger)
    """In the receiver's table afterwards."""
    added: Mapped[int | None] = mapped_column(BigInteger)
    changed: Mapped[int | None] = mapped_column(BigInteger)
    removed: Mapped[int | None] = mapped_column(BigInteger)
    repaired: Mapped[int | None] = mapped_column(BigInteger)
    """Rows that differed from what had been sent, where every row was compared."""
    error_zh: Mapped[str | None] = mapped_column(String(1000))
    error_en: Mapped[str | None] = mapped_column(String(1000))
