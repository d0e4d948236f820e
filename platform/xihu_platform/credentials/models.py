"""Tables of credentials: who has which, in what state, and since when.

What is printed on one is sealed under the key of its matter (`matters/texts.py`): where the texts
of a matter are erased, what its credentials say is gone, and their states stay.
"""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from xihu_platform.database import Base, UtcDateTime
from xihu_platform.matters.models import ID


class CredentialRow(Base):
    """One credential. Its place in the status lists is drawn, and says nothing about it."""

    __tablename__ = "credential"
    __table_args__ = (
        UniqueConstraint("status_pair", "status_index"),
        Index("credential_status", "status_pair", "state"),
        Index("credential_holder", "holder", "issued_at"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    token: Mapped[str] = mapped_column(String(40), unique=True)
    """24 random bytes: what its QR code leads to."""
    kind: Mapped[str] = mapped_column(String(40))
    number: Mapped[str] = mapped_column(String(80))
    issuer: Mapped[str] = mapped_column(String(18))
    holder: Mapped[str] = mapped_column(String(80))
    """A person's first pseudonym, or the USCC of a firm."""
    matter: Mapped[int] = mapped_column(ForeignKey("matter.id"), index=True)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    valid_until: Mapped[date | None] = mapped_column(Date)
    """The last day, of Asia/Shanghai; None: without an end."""
    state: Mapped[str] = mapped_column(String(16))
    changes: Mapped[int] = mapped_column(Integer)
    """How many there were."""
    status_pair: Mapped[int] = mapped_column(Integer)
    status_index: Mapped[int] = mapped_column(Integer)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class CredentialChangeRow(Base):
    """One change of state: when it takes effect, by whom and, sealed, why."""

    __tablename__ = "credential_change"

    credential: Mapped[int] = mapped_column(ForeignKey("credential.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(String(16))
    effective_on: Mapped[date] = mapped_column(Date)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sub: Mapped[str] = mapped_column(String(80))
    position: Mapped[str | None] = mapped_column(String(80))
    reason: Mapped[bytes] = mapped_column(LargeBinary)


class CredentialFileRow(Base):
    """The sealed document, once it was asked for, under the key of the matter."""

    __tablename__ = "credential_file"

    credential: Mapped[int] = mapped_column(ForeignKey("credential.id"), primary_key=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class CredentialCodeRow(Base):
    """A code that its holder shows, while it lives: a digest under the key of the matter."""

    __tablename__ = "credential_code"

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    credential: Mapped[int] = mapped_column(ForeignKey("credential.id"), index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CredentialAttemptRow(Base):
    """A wrong code, for as long as it counts."""

    __tablename__ = "credential_attempt"

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    credential: Mapped[int] = mapped_column(ForeignKey("credential.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class CredentialShowingRow(Base):
    """That a credential was shown by a code, for its holder to see: when, and not to whom."""

    __tablename__ = "credential_showing"

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    credential: Mapped[int] = mapped_column(ForeignKey("credential.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
