"""A department's own record as a provider: what it was asked for, and how it answered."""

from dataclasses import dataclass
from datetime import datetime
from statistics import median

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from xihu_platform.clock import civil_date
from xihu_platform.matters.models import MatterClockRow, MatterEventRow, MatterPartyRow

REPLIES = ("CN-809-2025/reply_conditional", "CN-809-2025/reply_unconditional")
"""The periods in which a provider has to answer."""


@dataclass(frozen=True, slots=True)
class ProviderRecord:
    """What an organisation was asked for as a party of one role, and how it answered."""

    received: int
    answered: int
    in_time: int
    extended: int
    refused: int
    articles: tuple[tuple[str, int], ...]
    """Of the refusals: the articles they name, the most frequent first."""
    median_days: float | None
    """Calendar days from the start of the clock to its end."""


def provider_record(session: Session, organisation: str, since: datetime) -> ProviderRecord:
    """Of the requests that an organisation had to answer since a moment."""
    clock, begun, party = MatterClockRow, MatterEventRow, MatterPartyRow
    rows = session.execute(
        select(clock.matter, clock.due_on, clock.stopped_on, begun.at)
        .join(begun, (begun.matter == clock.matter) & (begun.seq == clock.start_seq))
        .join(party, party.matter == clock.matter)
        .where(
            party.role == "provider",
            party.key == organisation,
            clock.duty.in_(REPLIES),
            begun.at >= since,
        )
    ).all()
    ended = [row for row in rows if row.stopped_on is not None]
    days = [(row.stopped_on - civil_date(row.at)).days for row in ended]
    matters = [row.matter for row in rows]
    event = MatterEventRow
    extended = session.scalar(
        select(func.count(event.matter.distinct())).where(
            event.matter.in_(matters), event.name == "consent_extension"
        )
    )
    refused = session.execute(
        select(event.article, func.count())
        .where(event.matter.in_(matters), event.name == "refuse")
        .group_by(event.article)
        .order_by(func.count().desc(), event.article)
    ).all()
    return ProviderRecord(
        received=len(rows),
        answered=len(ended),
        in_time=sum(row.due_on is None or row.stopped_on <= row.due_on for row in ended),
        extended=extended or 0,
        refused=sum(number for _, number in refused),
        articles=tuple((article or "", number) for article, number in refused),
        median_days=median(days) if days else None,
    )
