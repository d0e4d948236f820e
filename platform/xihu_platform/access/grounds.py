"""Grounds (业务事由): what a sensitive read rests on, whom it is about, what its item opens.

The gateway reads these tables at every decision and believes nothing else. Whoever runs matters
writes them: a service case, an inspection task, a petition. Sources: Order 809 art. 25-26, PIPL
art. 6 and 28.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, cast

from sqlalchemy import JSON, BigInteger, ForeignKey, Integer, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from xihu_platform.database import DECIDES, Base, UtcDateTime

GroundKind = Literal[
    "service_case",
    "enforcement_case",
    "inspection_task",
    "review_batch",
    "petition",
    "emergency",
    "letter_of_assistance",
]
"""Those that an office opens."""
CORRECTION = "correction"
"""Kind of the one that a request for correction opens for whoever verifies the record."""
Origin = Literal["service", "hand", "machine"]
"""Opened by a service's own step; by a person by hand; by a department's system."""
EMERGENCY_HOURS = 72
"""An emergency's ground ends by itself."""
CORRECTION_DAYS = 30
"""So does a correction's: whoever needs longer takes the request up again."""
COLLECTIVE: frozenset[GroundKind] = frozenset({"review_batch"})
"""Kinds about many persons at once: two positions answer for them, however they were opened."""


_LASTS: dict[str, timedelta] = {
    "emergency": timedelta(hours=EMERGENCY_HOURS),
    CORRECTION: timedelta(days=CORRECTION_DAYS),
}


class GroundRow(Base):
    """One ground. `position` holds it: an official's position, or `system:<client>`."""

    __tablename__ = "ground"
    __table_args__ = {"info": DECIDES}

    number: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    item: Mapped[str] = mapped_column(String(64), index=True)
    organisation: Mapped[str] = mapped_column(String(18), index=True)
    position: Mapped[str] = mapped_column(String(80), index=True)
    opened: Mapped[datetime] = mapped_column(UtcDateTime)
    closed: Mapped[datetime | None] = mapped_column(UtcDateTime)
    origin: Mapped[str] = mapped_column(String(16))
    opened_by: Mapped[str] = mapped_column(String(80))
    """Who opened it: a person's id, a client's id, or the service."""
    countersigned_by: Mapped[str | None] = mapped_column(String(80))
    """The person of another position who checked it against a paper."""
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it was confirmed last, also where it waits to be confirmed again."""
    matter: Mapped[int | None] = mapped_column(BigInteger, index=True)
    """The matter in which it was opened by hand or by a system; None of a service's own."""


class GroundSubjectRow(Base):
    """One person or firm that a ground is about, with their standing in it."""

    __tablename__ = "ground_subject"
    __table_args__ = {"info": DECIDES}

    ground: Mapped[str] = mapped_column(ForeignKey("ground.number"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    """1, 2, …: how a reader names a subject without naming the person."""
    key: Mapped[str] = mapped_column(String(40), index=True)
    """First pseudonym of the person, or the USCC of the firm. Where a record alone tells whom a
    ground is about, the pseudonym that it has."""
    kind: Mapped[str] = mapped_column(String(8))
    standing: Mapped[str] = mapped_column(String(32))
    added: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it was added to a ground that was open already; None of those it began with."""


class GroundMakerRow(Base):
    """Somebody who opened a ground, added to it or confirmed it: they never read under it."""

    __tablename__ = "ground_maker"
    __table_args__ = {"info": DECIDES}

    ground: Mapped[str] = mapped_column(ForeignKey("ground.number"), primary_key=True)
    sub: Mapped[str] = mapped_column(String(80), primary_key=True)


class GroundItemRow(Base):
    """What a registered item opens of one dataset. Nothing that is not listed opens."""

    __tablename__ = "ground_item"
    __table_args__ = {"info": DECIDES}

    item: Mapped[str] = mapped_column(String(64), primary_key=True)
    dataset: Mapped[str] = mapped_column(String(64), primary_key=True)
    fields: Mapped[list[str]] = mapped_column(JSON)
    claims: Mapped[list[str] | None] = mapped_column(JSON, default=list)
    """The claims that may be verified of its subjects."""


@dataclass(frozen=True, slots=True)
class Subject:
    number: int
    key: str
    kind: Literal["person", "firm"]
    standing: str


@dataclass(frozen=True, slots=True)
class Ground:
    """A ground as the decision sees it, for one dataset."""

    number: str
    kind: GroundKind | Literal["correction"]
    item: str
    organisation: str
    position: str
    opened: datetime
    closed: datetime | None
    origin: Origin
    opened_by: str
    countersigned_by: str | None
    subjects: tuple[Subject, ...]
    fields: frozenset[str]
    """What its item opens of the dataset; empty where it opens nothing of it."""
    claims: frozenset[str] = frozenset()
    """What its item lets be verified of the dataset."""
    makers: frozenset[str] = frozenset()
    """Who had a hand in whom it is about."""

    def is_open(self, now: datetime) -> bool:
        return is_open(self, now)

    @property
    def is_confirmed(self) -> bool:
        return is_confirmed(self)


def is_open(ground: Ground | GroundRow, now: datetime) -> bool:
    """An emergency and the verification of a record end by themselves."""
    end = ground.closed
    if ground.kind in _LASTS:
        limit = ground.opened + _LASTS[ground.kind]
        end = limit if end is None else min(end, limit)
    return ground.opened <= now and (end is None or now < end)


def is_confirmed(ground: Ground | GroundRow) -> bool:
    """A service's own step needs nobody else; whatever was made otherwise needs a second."""
    if ground.origin == "service" and ground.kind not in COLLECTIVE:
        return True
    return ground.countersigned_by is not None and ground.countersigned_by != ground.opened_by


ATTEMPT_SUBJECTS = 20
"""A refused attempt lists the persons of a ground of up to so many; of more it was about none."""


def persons_of(session: Session, number: str, subject: int | None) -> tuple[str, ...]:
    """The persons that a look under this ground was to be about: the chosen one, else all."""
    query = select(GroundSubjectRow.key).where(
        GroundSubjectRow.ground == number, GroundSubjectRow.kind == "person"
    )
    if subject is not None:
        query = query.where(GroundSubjectRow.number == subject)
    found = tuple(session.scalars(query.limit(ATTEMPT_SUBJECTS + 1)))
    return found if len(found) <= ATTEMPT_SUBJECTS else ()


def find_ground(session: Session, number: str, dataset: str) -> Ground | None:
    """The ground of this number with what it opens of a dataset; None where there is none."""
    row = session.get(GroundRow, number)
    if row is None:
        return None
    subjects = session.scalars(
        select(GroundSubjectRow)
        .where(GroundSubjectRow.ground == number)
        .order_by(GroundSubjectRow.number)
    )
    item = session.get(GroundItemRow, (row.item, dataset))
    makers = session.scalars(select(GroundMakerRow.sub).where(GroundMakerRow.ground == number))
    return Ground(
        number=row.number,
        kind=cast("GroundKind | Literal['correction']", row.kind),
        item=row.item,
        organisation=row.organisation,
        position=row.position,
        opened=row.opened,
        closed=row.closed,
        origin=cast("Origin", row.origin),
        opened_by=row.opened_by,
        countersigned_by=row.countersigned_by,
        subjects=tuple(
            Subject(s.number, s.key, "firm" if s.kind == "firm" else "person", s.standing)
            for s in subjects
        ),
        fields=frozenset(item.fields if item else ()),
        claims=frozenset((item.claims if item else None) or ()),
        makers=frozenset(makers),
    )
