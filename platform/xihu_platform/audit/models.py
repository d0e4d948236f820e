"""The log's tables: entries, the hashes of complete subtrees, whom an entry is about, and pins."""

from datetime import date, datetime

from sqlalchemy import JSON, BigInteger, Boolean, Date, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from xihu_platform.database import Base, UtcDateTime


class AuditEntry(Base):
    """One leaf. `body` is the canonical JSON that is hashed, byte for byte.

    The other columns repeat what the body says, so that pages can ask for it; verification
    compares them with the body.
    """

    __tablename__ = "audit_entry"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_id: Mapped[str] = mapped_column(String(32), index=True)
    dataset: Mapped[str] = mapped_column(String(64), index=True)
    organisation: Mapped[str | None] = mapped_column(String(18), index=True)
    kind: Mapped[str | None] = mapped_column(String(24))
    """read, intent, outcome, refusal, erasure …"""
    purpose: Mapped[str | None] = mapped_column(String(16))
    pin: Mapped[str | None] = mapped_column(String(43))
    """Digest of the pin that a page read refers to."""


class AuditNode(Base):
    """The hash of a complete subtree."""

    __tablename__ = "audit_node"

    level: Mapped[int] = mapped_column(primary_key=True)
    index: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))


class AuditSubject(Base):
    """A person whose record a read showed, counted or asked about: "who used my data".

    A subject's own pseudonym stands here, never in an entry's body: the body holds the root of a
    small tree over salted leaves, one for each subject. A lawful erasure takes away subject and
    salt and leaves the leaf, so that the others stay provable. Entries of the first format have
    neither salt nor leaf.
    """

    __tablename__ = "audit_subject"
    __table_args__ = (Index("audit_subject_by_person", "subject", "seq"),)

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    place: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    subject: Mapped[str | None] = mapped_column(String(40))
    salt: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    leaf: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    erased_by: Mapped[int | None] = mapped_column(BigInteger)
    """Sequence number of the entry that tells of the erasure."""


class AuditPin(Base):
    """A question that counted too many persons to list: one row for each question and day.

    `body` is canonical JSON: who asked, for what, on what basis, of which snapshot, with which
    treatments. What they filtered by is sealed in it with the key that lies beside: destroying
    the key destroys the predicate and leaves the body provable.
    """

    __tablename__ = "audit_pin"
    __table_args__ = (
        Index("audit_pin_by_region", "dataset", "snapshot_id", "whole", "region", "seq"),
    )

    digest: Mapped[str] = mapped_column(String(43), primary_key=True)
    """SHA-256 of the body, base64url; entries name it."""
    seq: Mapped[int] = mapped_column(BigInteger)
    """The first entry that names it."""
    body: Mapped[bytes] = mapped_column(LargeBinary)
    key: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """Opens the predicate; none where nothing is sealed, or once an erasure has destroyed it."""
    question: Mapped[str | None] = mapped_column(String(43), index=True)
    """Keyed hash of the question and the day, to find the pin again; gone with the key."""
    day: Mapped[date] = mapped_column(Date)
    dataset: Mapped[str] = mapped_column(String(64))
    snapshot_id: Mapped[int] = mapped_column(BigInteger)
    region: Mapped[str] = mapped_column(String(6))
    """Prefix of the region codes it was confined to; empty for the whole dataset."""
    whole: Mapped[bool] = mapped_column(Boolean)
    """Nothing but the region confined it: whom it counted follows from their region alone."""


class AuditRegion(Base):
    """Where a person's rows lie in one snapshot, learnt when they asked who used their data.

    Of one person and snapshot there are all rows or none: the seal of each covers them all.
    """

    __tablename__ = "audit_region"

    subject: Mapped[str] = mapped_column(String(40), primary_key=True)
    dataset: Mapped[str] = mapped_column(String(64), primary_key=True)
    snapshot_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    region: Mapped[str] = mapped_column(String(6), primary_key=True)
    """A prefix of a region code, as pins have it; `-` marks a snapshot that was asked."""
    seal: Mapped[bytes] = mapped_column(LargeBinary(32))


class AuditCounted(Base):
    """A pin with a predicate that was asked for one person: whether it counted them.

    `replay:` and a number stand for a pin where the first format kept a read's SQL.
    """

    __tablename__ = "audit_counted"

    subject: Mapped[str] = mapped_column(String(40), primary_key=True)
    pin: Mapped[str] = mapped_column(String(43), primary_key=True)
    counted: Mapped[bool] = mapped_column(Boolean)
    seal: Mapped[bytes] = mapped_column(LargeBinary(32))


class AuditReplay(Base):
    """A read of many persons as the log's first format kept it: its own SQL, to be asked again.

    Only entries written before pins; `sql` counts the rows shown of one subject, its last
    parameter, and `parameters` is one sealed text. None is added any more: an entry of the log
    covers them all (`audit/replays.py`).
    """

    __tablename__ = "audit_replay"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    dataset: Mapped[str] = mapped_column(String(64), index=True)
    snapshot_id: Mapped[int] = mapped_column(BigInteger)
    recipient: Mapped[str] = mapped_column(String(80))
    sql: Mapped[str] = mapped_column(Text)
    parameters: Mapped[list[str]] = mapped_column(JSON)
