"""Signs that grounds are made to look somebody up: plain rules for the auditor, with thresholds.

They name organisations and counts, never persons; a named organ decides what they mean.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from xihu_platform.access.grounds import GroundRow, GroundSubjectRow
from xihu_platform.words import Text

DAYS = 30
"""How far back the rules look."""
UNCONFIRMED = 20
"""Grounds that systems of one organisation opened and nobody confirmed, from which on they are
told."""
AT_ONCE = timedelta(minutes=1)
"""A ground that was closed sooner was hardly worked on."""
SAME = 2
"""Grounds of one organisation about the same person or firm, from which on they are told."""


@dataclass(frozen=True, slots=True)
class GroundFinding:
    """One rule that found something in one organisation: what, and how often."""

    rule: Text
    number: int
    organisation: str


def ground_findings(session: Session, now: datetime) -> list[GroundFinding]:
    """Of the last `DAYS` days, rule by rule, of those most often first."""
    since = now - timedelta(days=DAYS)
    return [
        GroundFinding(text, number, organisation)
        for text, rule in RULES
        for organisation, number in Counter(rule(session, since)).most_common()
    ]


def _by_hand(session: Session, since: datetime) -> dict[str, int]:
    number = func.count()
    query = (
        select(GroundRow.organisation, number)
        .where(GroundRow.origin == "hand", GroundRow.opened >= since)
        .group_by(GroundRow.organisation)
    )
    return dict(session.execute(query).all())


def _unconfirmed(session: Session, since: datetime) -> dict[str, int]:
    number = func.count()
    query = (
        select(GroundRow.organisation, number)
        .where(GroundRow.origin == "machine", GroundRow.opened >= since)
        .where(GroundRow.confirmed_at.is_(None))
        .group_by(GroundRow.organisation)
        .having(number >= UNCONFIRMED)
    )
    return dict(session.execute(query).all())


def _closed_at_once(session: Session, since: datetime) -> dict[str, int]:
    row = GroundRow
    query = select(row.organisation, row.confirmed_at, row.closed).where(
        row.origin != "service", row.confirmed_at.is_not(None), row.closed >= since
    )
    return Counter(
        organisation
        for organisation, confirmed, closed in session.execute(query)
        if confirmed is not None and closed is not None and closed - confirmed < AT_ONCE
    )


def _same_subject(session: Session, since: datetime) -> dict[str, int]:
    row, named = GroundRow, GroundSubjectRow
    query = (
        select(row.organisation)
        .join(named, named.ground == row.number)
        .where(row.origin != "service", or_(row.opened >= since, named.added >= since))
        .group_by(row.organisation, named.key)
        .having(func.count(row.number.distinct()) >= SAME)
    )
    return Counter(session.scalars(query))


def _added_later(session: Session, since: datetime) -> dict[str, int]:
    row, named = GroundRow, GroundSubjectRow
    query = (
        select(row.organisation, func.count())
        .join(named, named.ground == row.number)
        .where(named.added >= since)
        .group_by(row.organisation)
    )
    return dict(session.execute(query).all())


RULES: tuple[tuple[Text, Callable[[Session, datetime], dict[str, int]]], ...] = (
    (
        Text(f"近 {DAYS} 天手工开立的业务事由", f"grounds opened by hand in the last {DAYS} days"),
        _by_hand,
    ),
    (
        Text(
            f"近 {DAYS} 天由系统开立、无人复核的业务事由达到 {UNCONFIRMED} 个",
            f"{UNCONFIRMED} grounds or more that a system opened in {DAYS} days, confirmed by "
            "nobody",
        ),
        _unconfirmed,
    ),
    (
        Text(
            f"近 {DAYS} 天复核后一分钟内即办结的业务事由",
            f"grounds closed within a minute of being confirmed, in {DAYS} days",
        ),
        _closed_at_once,
    ),
    (
        Text(
            f"近 {DAYS} 天就同一对象开立 {SAME} 个以上业务事由",
            f"the same person or firm in {SAME} grounds or more in {DAYS} days",
        ),
        _same_subject,
    ),
    (
        Text(f"近 {DAYS} 天后来增加的对象", f"subjects added later in the last {DAYS} days"),
        _added_later,
    ),
)
