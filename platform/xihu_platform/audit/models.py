"""The log's tables: entries, the hashes of complete subtrees, and whom an entry is about."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from xihu_platform.database import Base, UtcDateTime


class AuditEntry(Base):
    """One leaf. `body` is the canonical JSON that is hashed, byte for byte."""

    __tablename__ = "audit_entry"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_id: Mapped[str] = mapped_column(String(32), index=True)
    dataset: Mapped[str] = mapped_column(String(64), index=True)
    organisation: Mapped[str | None] = mapped_column(String(18), index=True)


class AuditNode(Base):
    """The hash of a complete subtree."""

    __tablename__ = "audit_node"

    level: Mapped[int] = mapped_column(primary_key=True)
    index: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))


class AuditSubject(Base):
    """A person whose record a read showed: the answer to "who used my data".

    A subject's own pseudonym stands here, never in an entry's body, so that a lawful erasure
    does not break the log; the body holds a digest of the set.
    """

    __tablename__ = "audit_subject"
    __table_args__ = (Index("audit_subject_by_person", "subject", "seq"),)

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    subject: Mapped[str] = mapped_column(String(40), primary_key=True)


class AuditPin(Base):
    """A read of so many persons that their set is not stored but can be asked for again.

    `sql` counts, on the pinned snapshot and for the recipient's keys, the rows shown of one
    subject (its last parameter). `parameters` is one sealed text: what somebody filtered by may
    be personal itself.
    """

    __tablename__ = "audit_pin"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    dataset: Mapped[str] = mapped_column(String(64), index=True)
    snapshot_id: Mapped[int] = mapped_column(BigInteger)
    recipient: Mapped[str] = mapped_column(String(80))
    sql: Mapped[str] = mapped_column(Text)
    parameters: Mapped[list[str]] = mapped_column(JSON)
