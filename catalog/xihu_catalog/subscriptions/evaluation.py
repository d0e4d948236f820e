"""Looks at subscriptions whose subject has changed, and writes down what happened, once each.

Several processes may look at the same moment: the one that raises the subscription's round writes
the event and its sendings in one transaction; the others find that it is done.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from xihu_catalog.subscriptions.changes import SubscriptionLook, look, mark_of
from xihu_catalog.subscriptions.model import (
    ENDED,
    EndReason,
    Kind,
    KnownWorld,
    Subscription,
    SubscriptionEnds,
    read_subscription,
)
from xihu_catalog.subscriptions.models import (
    SubscriptionEventRow,
    SubscriptionRow,
    SubscriptionSendingRow,
)
from xihu_catalog.subscriptions.subscriber import subscriber
from xihu_platform.clock import SHANGHAI, Clock, civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, NotFound, Refused
from xihu_platform.identity.principal import Principal
from xihu_platform.notices.models import NoticeChannelRow
from xihu_platform.telemetry.logs import facts, failure_facts

log = logging.getLogger("xihu.subscriptions")
AT_ONCE = 1000
"""Subscriptions that one tick looks at; the rest waits for the next one."""
AFTER_FAULT = timedelta(minutes=10)
DIGEST_HOUR = 8
"""Of the morning in Shanghai at which daily digests are made."""
INBOX = "inbox"
Known = Callable[[Principal], KnownWorld]
"""What a principal knows."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    looked: int = 0
    events: int = 0
    ended: int = 0


def evaluate(
    database: Engine, everything: KnownWorld, known: Known, clock: Clock, limit: int = AT_ONCE
) -> Evaluated:
    """Everything that is due; each subject is asked about once, and each subscription whose mark
    differs is looked at as its subscriber."""
    looked = events = ended = 0
    for kind, subject in _subjects(database, clock()):
        if looked >= limit:
            break
        try:
            mark = mark_of(everything, database, kind, subject)
        except Exception as fault:  # of one dataset: the others are not kept waiting
            log.warning("a dataset waits", extra=failure_facts(fault, dataset=subject))
            _rest(database, kind, subject, clock())
            continue
        for one in _changed(database, kind, subject, mark, clock(), limit - looked):
            looked += 1
            try:
                done = _look_at(database, known, one, mark, clock)
            except Exception as fault:  # the next tick looks again; others are not kept waiting
                log.warning("a subscription waits", extra=failure_facts(fault, subscription=one.id))
                _rest(database, kind, subject, clock(), one.id)
                continue
            events += done == "event"
            ended += done == "ended"
    return Evaluated(looked, events, ended)


def _subjects(database: Engine, now: datetime) -> list[tuple[Kind, str]]:
    row = SubscriptionRow
    query = (
        select(row.kind, row.subject)
        .where(row.state == "active", row.due_at <= now)
        .group_by(row.kind, row.subject)
        .order_by(func.min(row.due_at), row.kind, row.subject)
    )
    with transaction(database) as session:
        return [(kind, subject) for kind, subject in session.execute(query)]  # type: ignore[misc]


def _changed(
    database: Engine, kind: str, subject: str, mark: str, now: datetime, limit: int
) -> list[Subscription]:
    row = SubscriptionRow
    query = (
        select(row)
        .where(row.state == "active", row.kind == kind, row.subject == subject)
        .where(row.due_at <= now, row.mark != mark)
        .order_by(row.due_at, row.id)
        .limit(limit)
    )
    with transaction(database) as session:
        return [read_subscription(one) for one in session.scalars(query)]


def _rest(
    database: Engine, kind: str, subject: str, now: datetime, only: str | None = None
) -> None:
    """What could not be looked at is looked at again a little later, after the others."""
    row = SubscriptionRow
    these = [row.kind == kind, row.subject == subject, row.state == "active", row.due_at <= now]
    if only is not None:
        these.append(row.id == only)
    with transaction(database) as session:
        session.execute(update(row).where(*these).values(due_at=now + AFTER_FAULT))


def _look_at(database: Engine, known: Known, one: Subscription, mark: str, clock: Clock) -> str:
    now = clock()
    try:
        with transaction(database) as session:
            principal = subscriber(session, one.sub, one.position, civil_date(now))
        found = look(known(principal), database, principal, one, mark)
    except SubscriptionEnds as ends:
        return end(database, one, ends.reason, now)
    except Refused:
        return end(database, one, "refused", now)
    except NotFound:
        return end(database, one, "gone", now)
    except BadInput:
        return end(database, one, "condition", now)
    return _write(database, one, mark, found, now)


def _write(
    database: Engine, one: Subscription, mark: str, found: SubscriptionLook, now: datetime
) -> str:
    values: dict[str, object] = {"mark": mark, "due_at": _next(one, now)}
    if found.seen is not None:
        values["seen"] = json.dumps(found.seen).encode()
    with transaction(database) as session:
        if not _take_round(session, one, values):
            return "elsewhere"
        if found.event is None:
            return "nothing"
        row = SubscriptionEventRow
        same = select(row.id).where(row.subscription == one.id, row.key == found.event.key)
        if session.scalar(same) is not None:
            return "nothing"
        said = json.dumps(dict(found.event.facts))
        _add_event(session, one, found.event.key, one.kind, said, now)
    return "event"


def end(database: Engine, one: Subscription, reason: EndReason, now: datetime) -> str:
    """The subscriber hears that it ended; nothing of what it was about."""
    values: dict[str, object] = {"state": "ended", "reason": reason, "changed_at": now}
    with transaction(database) as session:
        if not _take_round(session, one, values):
            return "elsewhere"
        _add_event(session, one, f"ended {one.round + 1}", ENDED, "{}", now)
    log.info("a subscription ended", extra=facts(subscription=one.id, reason=reason))
    return "ended"


def _take_round(session: Session, one: Subscription, values: dict[str, object]) -> bool:
    row = SubscriptionRow
    taken = session.execute(
        update(row)
        .where(row.id == one.id, row.round == one.round, row.state == "active")
        .values(**values, round=one.round + 1)
    )
    return bool(taken.rowcount)  # type: ignore[attr-defined]  # a CursorResult


def _add_event(
    session: Session, one: Subscription, key: str, what: str, said: str, now: datetime
) -> None:
    event = SubscriptionEventRow(
        subscription=one.id, key=key, what=what, facts=said, at=now, read_at=None
    )
    session.add(event)
    session.flush()
    session.add(_sending(event.id, one.id, INBOX, "", now))
    channel = NoticeChannelRow
    chosen = select(channel).where(channel.id.in_(one.channels), channel.confirmed_at.is_not(None))
    for row in session.scalars(chosen.where(channel.recipient == one.recipient)):
        session.add(_sending(event.id, one.id, row.kind, row.id, now))


def _sending(
    event: int, subscription: str, way: str, channel: str, now: datetime
) -> SubscriptionSendingRow:
    """The inbox has it as soon as it is written."""
    there = way == INBOX
    return SubscriptionSendingRow(
        event=event,
        subscription=subscription,
        way=way,
        channel=channel,
        state="delivered" if there else "waiting",
        attempts=int(there),
        due_at=now,
        lease_until=None,
        claim=None,
        why_zh="",
        why_en="",
        at=now if there else None,
    )


def _next(one: Subscription, now: datetime) -> datetime:
    """When it is looked at again: a daily digest on the next morning."""
    if one.frequency == "each":
        return now
    local = now.astimezone(SHANGHAI)
    morning = local.replace(hour=DIGEST_HOUR, minute=0, second=0, microsecond=0)
    return morning if morning > local else morning + timedelta(days=1)
