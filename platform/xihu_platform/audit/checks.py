"""Verifications of the log that an auditor asks for: one at a time, kept with what they found."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from xihu_platform.audit.verify import LogCheck
from xihu_platform.clock import Clock
from xihu_platform.database import Base, UtcDateTime, transaction
from xihu_platform.errors import Conflict
from xihu_platform.words import Text

SILENT = timedelta(minutes=30)
"""A verification that has told nothing for so long was broken off with its process."""
BROKEN_OFF = Text("核验没有做完，请再核验一次", "the verification did not end: begin another")
Check = Callable[[Callable[[int], None]], LogCheck]
"""Verifies, and tells how many entries it has seen."""


class AuditCheckRow(Base):
    """One verification; `holds` is None while it runs."""

    __tablename__ = "audit_check"

    id: Mapped[int] = mapped_column(primary_key=True)
    asked_by: Mapped[str]
    """The position."""
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    entries: Mapped[int]
    """How many there were when it began."""
    seen: Mapped[int]
    told_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When it last said how far it is."""
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    holds: Mapped[bool | None]
    text_zh: Mapped[str]
    text_en: Mapped[str]


@dataclass(frozen=True, slots=True)
class AskedCheck:
    """A verification as a page shows it."""

    asked_by: str
    asked_at: datetime
    entries: int
    seen: int
    ended_at: datetime | None
    holds: bool | None
    text: Text


def list_checks(database: Engine, now: datetime, limit: int = 10) -> list[AskedCheck]:
    """The newest first; one that was broken off has ended when it last told anything."""
    query = select(AuditCheckRow).order_by(AuditCheckRow.id.desc()).limit(limit)
    with transaction(database) as session:
        return [_asked(row, now) for row in session.scalars(query)]


def _asked(row: AuditCheckRow, now: datetime) -> AskedCheck:
    broken_off = row.ended_at is None and row.told_at <= now - SILENT
    return AskedCheck(
        row.asked_by,
        row.asked_at,
        row.entries,
        row.seen,
        row.told_at if broken_off else row.ended_at,
        False if broken_off else row.holds,
        BROKEN_OFF if broken_off else Text(row.text_zh, row.text_en),
    )


def begin_check(
    database: Engine, clock: Clock, *, position: str, entries: int, check: Check
) -> threading.Thread:
    """Verify in a thread of its own. Raises Conflict while another runs.

    Each puts itself into the list first and then looks for one before it: of two that begin at
    the same time one gives way.
    """
    now = clock()
    row = AuditCheckRow(asked_by=position, asked_at=now, told_at=now, entries=entries, seen=0)
    row.text_zh = row.text_en = ""
    with transaction(database) as session:
        session.add(row)
        session.flush()
        number = row.id
    if _gives_way(database, number, now):
        raise Conflict("正在核验，请等这一次结束", "a verification is running: wait for it to end")
    thread = threading.Thread(
        target=_run, args=(database, clock, number, check), name="audit-check", daemon=True
    )
    thread.start()
    return thread


def _gives_way(database: Engine, number: int, now: datetime) -> bool:
    """Whether one that began before still runs; then this one is taken out of the list again."""
    before = select(AuditCheckRow.id).where(
        AuditCheckRow.id < number,
        AuditCheckRow.ended_at.is_(None),
        AuditCheckRow.told_at > now - SILENT,
    )
    with transaction(database) as session:
        if session.scalar(before.limit(1)) is None:
            return False
        session.execute(delete(AuditCheckRow).where(AuditCheckRow.id == number))
        return True


def _run(database: Engine, clock: Clock, number: int, check: Check) -> None:
    def put(**values: object) -> None:
        with transaction(database) as session:
            chosen = update(AuditCheckRow).where(AuditCheckRow.id == number)
            session.execute(chosen.values(**values))

    found = LogCheck(False, 0, BROKEN_OFF)
    try:
        found = check(lambda seen: put(seen=seen, told_at=clock()))
    finally:
        put(
            ended_at=clock(),
            holds=found.holds,
            seen=found.size,
            text_zh=found.text.zh,
            text_en=found.text.en,
        )
