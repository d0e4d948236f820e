"""Tables of subscriptions: what is wanted, what happened, and each sending with its outcome.

An event stores no row, number or title: snapshots, versions and ids alone. What a notice says is
decided when it is sent or shown.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from xihu_platform.database import Base, UtcDateTime
from xihu_platform.matters.models import ID


class SubscriptionRow(Base):
    """One subscription of a person, or of a person in a position."""

    __tablename__ = "subscription"
    __table_args__ = (
        Index("subscription_owner", "sub", "position"),
        Index("subscription_due", "state", "kind", "subject", "due_at"),
    )

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    """Random, so that none says how many there are."""
    sub: Mapped[str] = mapped_column(String(80))
    position: Mapped[str] = mapped_column(String(80))
    """Empty for a citizen."""
    kind: Mapped[str] = mapped_column(String(16))
    subject: Mapped[str] = mapped_column(String(128))
    """A dataset; empty for a search and for new entries."""
    query: Mapped[str] = mapped_column(Text)
    """JSON: filters of rows, or text and facets of a search."""
    same: Mapped[str] = mapped_column(String(64), unique=True)
    """Hash of owner, kind, subject, query and purpose: the same is subscribed to once."""
    purpose: Mapped[str] = mapped_column(String(8))
    words: Mapped[str] = mapped_column(String(200))
    """The purpose in words."""
    language: Mapped[str] = mapped_column(String(2))
    channels: Mapped[str] = mapped_column(String(200))
    """Ids of mailboxes and webhooks, joined by spaces."""
    frequency: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str | None] = mapped_column(String(24))
    """Why it ended."""
    feed: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Hash of the token of its Atom feed, where it has one."""
    mark: Mapped[str] = mapped_column(String(200))
    """What was there when it was looked at last: a snapshot, a contract, a state."""
    seen: Mapped[bytes] = mapped_column(LargeBinary)
    """JSON: of a search the entries that were found, each with its version."""
    round: Mapped[int] = mapped_column(Integer)
    """Raised with each look: of two processes that look at once, one writes."""
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Not looked at before."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SubscriptionEventRow(Base):
    """Something that a subscription waited for; its owner's inbox is made of these."""

    __tablename__ = "subscription_event"
    __table_args__ = (UniqueConstraint("subscription", "key"),)

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    subscription: Mapped[str] = mapped_column(ForeignKey("subscription.id"))
    key: Mapped[str] = mapped_column(String(200))
    what: Mapped[str] = mapped_column(String(16))
    """The kind of the subscription, or `ended`."""
    facts: Mapped[str] = mapped_column(Text)
    """JSON: what the event is about, by ids."""
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SubscriptionSendingRow(Base):
    """One event by one way: waiting, claimed, delivered, failed or cancelled."""

    __tablename__ = "subscription_sending"
    __table_args__ = (
        UniqueConstraint("event", "way", "channel"),
        Index("subscription_sending_of", "subscription", "id"),
        Index("subscription_sending_due", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    """The key by which a receiver knows a repeat."""
    event: Mapped[int] = mapped_column(ForeignKey("subscription_event.id"))
    subscription: Mapped[str] = mapped_column(String(16))
    way: Mapped[str] = mapped_column(String(8))
    """mail, webhook, inbox."""
    channel: Mapped[str] = mapped_column(String(16))
    """Empty for the inbox."""
    state: Mapped[str] = mapped_column(String(12))
    attempts: Mapped[int] = mapped_column(Integer)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    claim: Mapped[str | None] = mapped_column(String(16))
    """Random, of the process that sends it."""
    why_zh: Mapped[str] = mapped_column(String(300))
    """Why it failed, or will be tried again."""
    why_en: Mapped[str] = mapped_column(String(300))
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it was tried last."""
