"""Grants: what providers have consented to (Order 809 art. 20-22), and what is returned to a
department by the list (art. 24)."""

from datetime import date

from sqlalchemy import JSON, BigInteger, Boolean, Date, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from xihu_platform.access.policy import Grant
from xihu_platform.database import DECIDES, Base
from xihu_platform.words import Text


class GrantRow(Base):
    """One consent of a provider to one organisation for one dataset."""

    __tablename__ = "grant"
    __table_args__ = {"info": DECIDES}

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    dataset: Mapped[str] = mapped_column(String(64), index=True)
    organisation: Mapped[str] = mapped_column(String(18), index=True)
    fields: Mapped[list[str]] = mapped_column(JSON)
    purpose_zh: Mapped[str] = mapped_column(String(500))
    purpose_en: Mapped[str] = mapped_column(String(500))
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date] = mapped_column(Date)
    rules: Mapped[list[str] | None] = mapped_column(JSON)
    """Conditions that bind its use: `per_case`, `no_bulk`, `aggregate_only`."""
    matter: Mapped[int | None] = mapped_column(BigInteger, index=True)
    """The request that it was given on."""
    suspended: Mapped[bool] = mapped_column(Boolean, default=False)
    """It opens nothing then: for a time, or for good where its request says so."""
    kind: Mapped[str] = mapped_column(String(12), default="request", server_default="request")
    """`request`, or `backflow` of the registry's list."""


class ErasureRow(Base):
    """A snapshot that a lawful erasure took away: asking for it names the ground and the day."""

    __tablename__ = "erasure"

    dataset: Mapped[str] = mapped_column(String(64), primary_key=True)
    snapshot_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    ground: Mapped[str] = mapped_column(String(500))
    erased_on: Mapped[date] = mapped_column(Date)


def find_grants(session: Session, dataset: str, organisation: str, day: date) -> tuple[Grant, ...]:
    """Every grant in force on a day, the one that ends last first: one adds to another."""
    rows = session.scalars(
        select(GrantRow)
        .filter_by(dataset=dataset, organisation=organisation)
        .where(GrantRow.valid_from <= day, GrantRow.valid_to >= day, ~GrantRow.suspended)
        .order_by(GrantRow.valid_to.desc(), GrantRow.id)
    )
    return tuple(grant_of(row) for row in rows)


def grant_of(row: GrantRow) -> Grant:
    return Grant(
        id=row.id,
        dataset=row.dataset,
        organisation=row.organisation,
        fields=frozenset(row.fields),
        purpose=Text(row.purpose_zh, row.purpose_en),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        rules=frozenset(row.rules or ()),  # type: ignore[arg-type]  # checked when written
        kind=row.kind,  # type: ignore[arg-type]  # the program wrote it
    )
