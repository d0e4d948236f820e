"""Tables of matters: the events are the truth; state, clocks and open work are stored beside them.

No text that a person wrote is in an event: it is sealed in `matter_text`, under a key of its
matter, so that it can be erased while the events stay as they were.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from xihu_platform.database import Base, UtcDateTime

ID = BigInteger().with_variant(Integer, "sqlite")
"""SQLite gives the next number to an INTEGER alone."""


class DefinitionRow(Base):
    """One version of one kind, word for word: a matter keeps the version it was opened under."""

    __tablename__ = "matter_definition"

    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    document: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    valid_from: Mapped[datetime] = mapped_column(UtcDateTime)


class MatterRow(Base):
    """One matter. `version` is raised by every event; whoever acts says which one they saw."""

    __tablename__ = "matter"
    __table_args__ = (
        ForeignKeyConstraint(
            ["kind", "definition"], ["matter_definition.kind", "matter_definition.version"]
        ),
        Index("matter_kind_state", "kind", "state"),
        Index("matter_about", "about"),
        Index("matter_next", "next_on"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    definition: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(40))
    version: Mapped[int] = mapped_column(Integer)
    about: Mapped[str | None] = mapped_column(String(80))
    """What it is about, by a public id: a dataset."""
    region: Mapped[str] = mapped_column(String(6))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str | None] = mapped_column(String(16))
    parent: Mapped[int | None] = mapped_column(ForeignKey("matter.id"), index=True)
    root: Mapped[int | None] = mapped_column(ID)
    next_on: Mapped[date | None] = mapped_column(Date)
    """The day after a date of its own, on which time moves it; None where it has none ahead."""


class MatterEventRow(Base):
    """What happened: codes, ids and names of fields. `at` is when it took effect, `recorded_at`
    when it was written down; `clocks` is what it did to clocks, whatever a definition says later.
    """

    __tablename__ = "matter_event"

    matter: Mapped[int] = mapped_column(ForeignKey("matter.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(40))
    """The state it led to, and `version` the one that the matter then had."""
    version: Mapped[int] = mapped_column(Integer)
    sub: Mapped[str] = mapped_column(String(80))
    position: Mapped[str | None] = mapped_column(String(80))
    organisation: Mapped[str | None] = mapped_column(String(18))
    stands_in_for: Mapped[str | None] = mapped_column(String(80))
    """The position that the actor stands in for."""
    command_key: Mapped[str] = mapped_column(String(80), unique=True)
    command_sha256: Mapped[str] = mapped_column(String(64))
    article: Mapped[str | None] = mapped_column(String(200))
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    clocks: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 over the digest before it and everything above."""


class MatterClockRow(Base):
    """What was worked out of a clock, so that it can be asked for: events are asked first."""

    __tablename__ = "matter_clock"
    __table_args__ = (
        Index("matter_clock_next", "next_on"),
        Index("matter_clock_calendar", "stop_seq", "calendar"),
    )

    matter: Mapped[int] = mapped_column(ForeignKey("matter.id"), primary_key=True)
    duty: Mapped[str] = mapped_column(String(80), primary_key=True)
    start_seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    stop_seq: Mapped[int | None] = mapped_column(Integer)
    stopped_on: Mapped[date | None] = mapped_column(Date)
    due_on: Mapped[date | None] = mapped_column(Date)
    """None while a pause lasts."""
    firm: Mapped[bool] = mapped_column(Boolean)
    calendar: Mapped[int] = mapped_column(Integer)
    """The number of published calendars that it was counted with."""
    next_mark: Mapped[str | None] = mapped_column(String(16))
    next_on: Mapped[date | None] = mapped_column(Date)
    """The day on which time has something to say; None where it has nothing more."""


class MatterPartyRow(Base):
    """Who takes part, in which role: an organisation by its USCC, a person by first pseudonym."""

    __tablename__ = "matter_party"
    __table_args__ = (Index("matter_party_key", "key", "matter"),)

    matter: Mapped[int] = mapped_column(ForeignKey("matter.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(40), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))


class MatterWorkRow(Base):
    """What waits for somebody (待办): a queue of an organisation by duty, or a person's own."""

    __tablename__ = "matter_work"
    __table_args__ = (
        Index("matter_work_queue", "queue", "duty", "closed_seq", "due_on"),
        UniqueConstraint("matter", "name", "queue", "duty", "opened_seq"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    matter: Mapped[int] = mapped_column(ForeignKey("matter.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    """The state that waits, or `late` and the duty of which a superior is told."""
    queue: Mapped[str] = mapped_column(String(80))
    """The organisation, firm or person."""
    duty: Mapped[str] = mapped_column(String(24))
    """Of the positions that it waits for, one row for each; empty: of whatever position."""
    opened_seq: Mapped[int] = mapped_column(Integer)
    closed_seq: Mapped[int | None] = mapped_column(Integer)
    due_on: Mapped[date | None] = mapped_column(Date)
    """Of the clock that ends first; written with the clocks."""


class MatterTextRow(Base):
    """A text that a person wrote, sealed under a key of its matter."""

    __tablename__ = "matter_text"
    __table_args__ = (
        ForeignKeyConstraint(["matter", "seq"], ["matter_event.matter", "matter_event.seq"]),
    )

    matter: Mapped[int] = mapped_column(ID, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class MatterAttachmentRow(Base):
    """A file that a party attached: its name and its content sealed under the key of its matter."""

    __tablename__ = "matter_attachment"

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    matter: Mapped[int] = mapped_column(ForeignKey("matter.id"), index=True)
    role: Mapped[str] = mapped_column(String(40))
    """The side that attached it."""
    organisation: Mapped[str | None] = mapped_column(String(18))
    """That was this side then: another may come to be. None of a person or firm."""
    sub: Mapped[str] = mapped_column(String(80), index=True)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    media_type: Mapped[str] = mapped_column(String(20))
    size: Mapped[int] = mapped_column(Integer)
    name: Mapped[bytes] = mapped_column(LargeBinary)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class MatterKeyRow(Base):
    """The key of a matter's texts and files, itself sealed; without it they are noise."""

    __tablename__ = "matter_key"

    matter: Mapped[int] = mapped_column(ForeignKey("matter.id"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class MatterLinkRow(Base):
    """One matter speaks of another."""

    __tablename__ = "matter_link"

    source: Mapped[int] = mapped_column(ForeignKey("matter.id"), primary_key=True)
    target: Mapped[int] = mapped_column(ForeignKey("matter.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)


class OutboxRow(Base):
    """An effect outside the database that an event promised. Its id is the key of the effect."""

    __tablename__ = "matter_outbox"
    __table_args__ = (Index("matter_outbox_waiting", "state", "matter", "id"),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    matter: Mapped[int] = mapped_column(ForeignKey("matter.id"), index=True)
    seq: Mapped[int] = mapped_column(Integer)
    effect: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(12))
    """created, claimed, delivered, failed."""
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(Integer)


class SubstituteRow(Base):
    """Who stands in for a position (代理人), from when to when."""

    __tablename__ = "position_substitute"

    position: Mapped[str] = mapped_column(String(80), primary_key=True)
    substitute: Mapped[str] = mapped_column(String(80), primary_key=True)
    valid_from: Mapped[date] = mapped_column(Date, primary_key=True)
    valid_to: Mapped[date] = mapped_column(Date)
    set_by: Mapped[str] = mapped_column(String(80))
