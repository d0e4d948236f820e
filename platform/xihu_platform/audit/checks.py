"""Verifications of the log that an auditor asks for: one at a time, kept with what they found."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Mapped, mapped_column

from xihu_platform.audit.verify import LogCheck
from xihu_platform.clock import Clock
from xihu_platform.database import Base, UtcDateTime, transaction
from xihu_platform.errors import Conflict
from xihu_platform.words import Text

GIVEN_UP = timedelta(hours=6)
"""A verification that has not ended by then was broken off with its process."""
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


def list_checks(database: Engine, limit: int = 10) -> list[AskedCheck]:
    """The newest first."""
    query = select(AuditCheckRow).order_by(AuditCheckRow.id.desc()).limit(limit)
    with transaction(database) as session:
        return [_asked(row) for row in session.scalars(query)]


def _asked(row: AuditCheckRow) -> AskedCheck:
    return AskedCheck(
        row.asked_by,
        row.asked_at,
        row.entries,
        row.seen,
        row.ended_at,
        row.holds,
        Text(row.text_zh, row.text_en),
    )


def begin_check(
    database: Engine, clock: Clock, *, position: str, entries: int, check: Check
) -> threading.Thread:
    """Verify in a thread of its own. Raises Conflict while another runs."""
    now = clock()
    running = select(AuditCheckRow.id).where(
        AuditCheckRow.ended_at.is_(None), AuditCheckRow.asked_at > now - GIVEN_UP
    )
    with transaction(database) as session:
        if session.scalar(running.limit(1)) is not None:
            raise Conflict(
                "正在核验，请等这一次结束", "a verification is running: wait for it to end"
            )
        row = AuditCheckRow(
            asked_by=position, asked_at=now, entries=entries, seen=0, text_zh="", text_en=""
        )
        session.add(row)
        session.flush()
        number = row.id
    thread = threading.Thread(
        target=_run, args=(database, clock, number, check), name="audit-check", daemon=True
    )
    thread.start()
    return thread


def _run(database: Engine, clock: Clock, number: int, check: Check) -> None:
    def put(**values: object) -> None:
        with transaction(database) as session:
            chosen = update(AuditCheckRow).where(AuditCheckRow.id == number)
            session.execute(chosen.values(**values))

    found = LogCheck(False, 0, Text("核验没有做完", "the verification did not end"))
    try:
        found = check(lambda seen: put(seen=seen))
    finally:
        put(
            ended_at=clock(),
            holds=found.holds,
            seen=found.size,
            text_zh=found.text.zh,
            text_en=found.text.en,
        )
