"""Tables of notices: who is told of which event, who has read it, and by which channel outside.

A notice has a number, the name of an event, and whom it is for; its words are made when it is
shown.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from xihu_platform.database import Base, UtcDateTime
from xihu_platform.matters.models import ID


class NoticeRow(Base):
    """One event, told to one side of its matter."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("matter", "seq", "recipient"),
        Index("notice_recipient", "recipient", "id"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    matter: Mapped[int] = mapped_column(ForeignKey("matter.id"))
    seq: Mapped[int] = mapped_column(Integer)
    recipient: Mapped[str] = mapped_column(String(80))
    """The organisation, firm or person."""
    duties: Mapped[str] = mapped_column(String(200))
    """Of the positions that it is for, each between blanks; ` any `: of whatever position;
    ` position:<number> `: of that one."""
    position: Mapped[str | None] = mapped_column(String(80))
    """That opened the matter, where it is for that one, beside those with such a duty."""
    event: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class NoticeReadRow(Base):
    """Somebody has read a notice: each reader for themselves."""

    __tablename__ = "notice_read"

    notice: Mapped[int] = mapped_column(ForeignKey("notice.id"), primary_key=True)
    sub: Mapped[str] = mapped_column(String(80), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class NoticeChannelRow(Base):
    """A way outside that an organisation or a position has chosen: used once it is confirmed."""

    __tablename__ = "notice_channel"
    __table_args__ = (UniqueConstraint("recipient", "kind", "address"),)

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    """Random, so that none is ever another's again."""
    recipient: Mapped[str] = mapped_column(String(80), index=True)
    """An organisation, a position, or `system:` and the client id of a system."""
    kind: Mapped[str] = mapped_column(String(8))
    """mail, webhook."""
    address: Mapped[str] = mapped_column(String(300))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """A webhook's secret, or the code that a mailbox is confirmed with."""
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
