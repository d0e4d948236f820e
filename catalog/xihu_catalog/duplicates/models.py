"""Tables of sketches, by which values of fields are compared, and of what came of it."""

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from xihu_platform.database import Base, UtcDateTime


class ValueSketchRow(Base):
    """The sketch of one field in one snapshot; a field has one at most."""

    __tablename__ = "value_sketch"

    dataset: Mapped[str] = mapped_column(String(64), primary_key=True)
    field: Mapped[str] = mapped_column(String(64), primary_key=True)
    snapshot: Mapped[int] = mapped_column(BigInteger)
    contract: Mapped[str] = mapped_column(String(64))
    """Digest of the contract that allowed it."""
    digests: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Eight bytes each, little-endian, in ascending order; None where the field may not be read."""
    is_complete: Mapped[bool] = mapped_column(Boolean)
    made: Mapped[datetime] = mapped_column(UtcDateTime)


class ValueOverlapRow(Base):
    """Two fields of different departments that have many values in common."""

    __tablename__ = "value_overlap"

    dataset: Mapped[str] = mapped_column(String(64), primary_key=True)
    field: Mapped[str] = mapped_column(String(64), primary_key=True)
    other_dataset: Mapped[str] = mapped_column(String(64), primary_key=True)
    other_field: Mapped[str] = mapped_column(String(64), primary_key=True)
    band: Mapped[str] = mapped_column(String(16))
