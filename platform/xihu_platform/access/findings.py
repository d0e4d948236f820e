"""What in the log needs an auditor's eye: plain rules, each with its threshold beside it.

They name organisations and counts, never persons; a named organ decides what they mean.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session, aliased

from xihu_platform.access.ground_findings import ground_findings
from xihu_platform.audit.listing import numbers_of
from xihu_platform.audit.models import AuditEntry, AuditSubject
from xihu_platform.audit.uses import READS
from xihu_platform.clock import SHANGHAI
from xihu_platform.database import transaction
from xihu_platform.words import Text

DAYS = 30
"""How far back the rules look."""
REFUSALS = 20
"""Refusals of one organisation in the time, from which on they are told."""
PERSONS = 200
"""Persons whom one organisation's reads listed in 24 hours, from which on they are told."""
OPEN_HOURS = 1
"""Hours after which a download without an end is told."""
NIGHT = (22, 6)
"""Hours of the day, in Shanghai, outside of which reads under a duty or a ground are at work."""


@dataclass(frozen=True, slots=True)
class LogFinding:
    """One rule that found something: what, how often, and the filters that show the entries."""

    rule: Text
    number: int
    organisation: str | None = None
    asked: tuple[tuple[str, str], ...] = ()
    """Filters of the auditor's page."""


Rule = Callable[[Session, int, int, datetime], list[LogFinding]]
"""Over the entries from a number to another, as of a moment."""


def findings(database: Engine, now: datetime) -> tuple[LogFinding, ...]:
    """Of the last `DAYS` days, rule by rule."""
    first, last = numbers_of(database, now - timedelta(days=DAYS), None)
    with transaction(database) as session:
        return tuple(found for rule in RULES for found in rule(session, first, last, now))


def _many_refusals(session: Session, first: int, last: int, _now: datetime) -> list[LogFinding]:
    rule = Text(
        f"近 {DAYS} 天被拒绝 {REFUSALS} 次以上", f"refused {REFUSALS} times or more in {DAYS} days"
    )
    number = func.count()
    query = (
        select(AuditEntry.organisation, number)
        .where(AuditEntry.seq >= first, AuditEntry.seq < last, AuditEntry.kind == "refusal")
        .where(AuditEntry.organisation.is_not(None))
        .group_by(AuditEntry.organisation)
        .having(number >= REFUSALS)
        .order_by(number.desc())
    )
    return [
        LogFinding(rule, int(n), one, (("kind", "refusal"), ("organisation", str(one))))
        for one, n in session.execute(query)
    ]


def _no_end(session: Session, first: int, last: int, now: datetime) -> list[LogFinding]:
    rule = Text(
        f"下载开始 {OPEN_HOURS} 小时后仍没有结束记录，按已全部读取看待",
        f"downloads without an end after {OPEN_HOURS} hour: they count as read in full",
    )
    end = aliased(AuditEntry)
    ended = select(end.seq).where(end.read_id == AuditEntry.read_id, end.kind == "outcome")
    query = (
        select(func.count())
        .select_from(AuditEntry)
        .where(AuditEntry.seq >= first, AuditEntry.seq < last, AuditEntry.kind == "intent")
        .where(AuditEntry.at < now - timedelta(hours=OPEN_HOURS))
        .where(AuditEntry.purpose.is_distinct_from("internal"), ~ended.exists())
    )
    number = int(session.scalar(query) or 0)
    return [LogFinding(rule, number, None, (("kind", "intent"),))] if number else []


def _at_night(session: Session, first: int, last: int, _now: datetime) -> list[LogFinding]:
    late, early = NIGHT
    rule = Text(
        f"{late} 时至次日 {early} 时以岗位身份读取",
        f"read in an official position between {late}:00 and {early}:00",
    )
    query = (
        select(AuditEntry.organisation, AuditEntry.at)
        .where(AuditEntry.seq >= first, AuditEntry.seq < last, AuditEntry.kind.in_(READS))
        .where(AuditEntry.purpose.in_(("duty", "case")), AuditEntry.organisation.is_not(None))
    )
    counted: dict[str, int] = {}
    for organisation, at in session.execute(query):
        hour = at.astimezone(SHANGHAI).hour
        if hour >= late or hour < early:
            counted[str(organisation)] = counted.get(str(organisation), 0) + 1
    ordered = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    return [LogFinding(rule, number, one, (("organisation", one),)) for one, number in ordered]


def _many_persons(session: Session, first: int, last: int, now: datetime) -> list[LogFinding]:
    rule = Text(
        f"24 小时内查阅 {PERSONS} 人以上", f"looked at {PERSONS} persons or more in 24 hours"
    )
    persons = func.count(AuditSubject.subject.distinct())
    query = (
        select(AuditEntry.organisation, persons)
        .join(AuditSubject, AuditSubject.seq == AuditEntry.seq)
        .where(AuditEntry.seq >= first, AuditEntry.seq < last)
        .where(AuditEntry.at > now - timedelta(hours=24), AuditEntry.organisation.is_not(None))
        .group_by(AuditEntry.organisation)
        .having(persons >= PERSONS)
    )
    return [
        LogFinding(rule, int(number), one, (("organisation", str(one)),))
        for one, number in session.execute(query)
    ]


def _of_grounds(session: Session, _first: int, _last: int, now: datetime) -> list[LogFinding]:
    return [
        LogFinding(
            one.rule,
            one.number,
            one.organisation,
            (("organisation", one.organisation), ("purpose", "case")),
        )
        for one in ground_findings(session, now)
    ]


RULES: tuple[Rule, ...] = (_many_refusals, _no_end, _at_night, _many_persons, _of_grounds)
