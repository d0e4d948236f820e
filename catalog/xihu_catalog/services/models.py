"""Tables of cases: what registers said about an applicant, sealed with the matter of the case."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Boolean, Date, ForeignKey, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from xihu_platform.database import Base, UtcDateTime


class RegisterValueRow(Base):
    """One value of a register in a case, as its applicant (`own`) or the office (`desk`) was shown
    it. Of a paper, whether the register has what it proves: `name` is `material:` and its id.
    """

    __tablename__ = "case_register_value"

    matter: Mapped[int] = mapped_column(ForeignKey("matter.id"), primary_key=True)
    side: Mapped[str] = mapped_column(String(8), primary_key=True)
    name: Mapped[str] = mapped_column(String(50), primary_key=True)
    dataset: Mapped[str] = mapped_column(String(64))
    field: Mapped[str | None] = mapped_column(String(64))
    """The dataset's field; None of a paper."""
    as_of: Mapped[date | None] = mapped_column(Date)
    """How far the data reaches."""
    read_at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_by: Mapped[str] = mapped_column(String(80))
    found: Mapped[bool] = mapped_column(Boolean)
    refused: Mapped[str | None] = mapped_column(String(40))
    """The code of the reason why it was not shown."""
    snapshot_id: Mapped[int | None] = mapped_column(BigInteger().with_variant(Integer, "sqlite"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """The value and the reference to its record, under the key of the matter."""


class CaseMeasureRow(Base):
    """What one application was asked for, written when it was handed in: counts, no values."""

    __tablename__ = "case_measure"

    matter: Mapped[int] = mapped_column(ForeignKey("matter.id"), primary_key=True)
    item: Mapped[str] = mapped_column(String(40), index=True)
    organisation: Mapped[str] = mapped_column(String(18), index=True)
    """That implements the item."""
    spared: Mapped[int] = mapped_column(Integer)
    """Papers of the first version that this situation needs and that were not asked for."""
    papers: Mapped[int] = mapped_column(Integer)
    """Papers of the first version that this situation needs."""
    filled: Mapped[int] = mapped_column(Integer)
    """Fields that registers filled in and the applicant confirmed."""
    fields: Mapped[int] = mapped_column(Integer)
    """Fields of the form that have a value."""
    counter: Mapped[int | None] = mapped_column(Integer)
    """Papers that are to be brought to the counter; None of a case from before this was counted."""
