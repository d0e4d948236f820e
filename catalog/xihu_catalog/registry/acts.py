"""How far the acts of the demo's cast have been played, so that pages can say so.

Whether they will be is decided at start-up, before the first request, and kept: what was once
decided, or once played, is not decided again by a later start.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import DateTime, Engine, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from xihu_platform.audit.models import AuditEntry
from xihu_platform.clock import Clock
from xihu_platform.database import Base, transaction

_ONLY = 1


class DemoPlayRow(Base):
    """One row, where the acts are to be played or were."""

    __tablename__ = "demo_play"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    acts: Mapped[int]
    played: Mapped[int]
    decided_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


@dataclass(frozen=True, slots=True)
class Progress:
    """`played` of `acts`."""

    played: int
    acts: int


def is_untouched(session: Session) -> bool:
    """Whether nobody has read anything: the log has nothing but the pipelines' own reads, and
    the steps by which entries were published."""
    read = select(AuditEntry.seq).where(
        AuditEntry.purpose.is_distinct_from("internal"), AuditEntry.kind != "matter"
    )
    return session.scalar(read.limit(1)) is None


def decide_play(database: Engine, clock: Clock, acts: int) -> bool:
    """Whether `acts` are to be played: nobody has read anything yet, or a play was broken off."""
    with transaction(database) as session:
        row = session.get(DemoPlayRow, _ONLY)
        if row is not None:
            return row.ended_at is None
        if not acts or not is_untouched(session):
            return False
        session.add(DemoPlayRow(id=_ONLY, acts=acts, played=0, decided_at=clock()))
        return True


def progress_of(session: Session) -> Progress | None:
    """None where nothing is to be played, or all of it was."""
    row = session.get(DemoPlayRow, _ONLY)
    if row is None or row.ended_at is not None:
        return None
    return Progress(row.played, row.acts)


def begin_act(database: Engine, number: int) -> None:
    """The act is counted before it is played: one that was broken off is not played again."""
    with transaction(database) as session:
        session.execute(update(DemoPlayRow).values(played=number))


def end_play(database: Engine, clock: Clock) -> None:
    with transaction(database) as session:
        session.execute(
            update(DemoPlayRow).where(DemoPlayRow.ended_at.is_(None)).values(ended_at=clock())
        )


class RunningActs:
    """What pages say of the play. Once it is over, or was never to be, nothing is asked again."""

    def __init__(self, database: Engine) -> None:
        self._database = database
        self._over = self._read() is None

    def progress(self) -> Progress | None:
        if self._over:
            return None
        found = self._read()
        self._over = found is None
        return found

    def _read(self) -> Progress | None:
        with transaction(self._database) as session:
            return progress_of(session)
