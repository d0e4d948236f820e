"""Sends notices by mail and webhook: at least once each, decided again at every attempt.

A sending is claimed with a lease, so that a process that dies gives it back. Its id is the key by
which a receiver knows a repeat. What cannot be delivered is tried again, later and later, and after
so many attempts it is marked as failed in the log that the owner sees.
"""

import logging
import secrets
import ssl
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Engine, and_, func, or_, select, update

from xihu_catalog.subscriptions.evaluation import INBOX, Known, end
from xihu_catalog.subscriptions.model import (
    ENDED,
    ENDS,
    Subscription,
    SubscriptionEnds,
    read_subscription,
)
from xihu_catalog.subscriptions.models import (
    SubscriptionEventRow,
    SubscriptionRow,
    SubscriptionSendingRow,
)
from xihu_catalog.subscriptions.outgoing import subscription_event, subscription_mail
from xihu_catalog.subscriptions.payload import ComposedNotice, Event, compose, ended
from xihu_catalog.subscriptions.service import read_event
from xihu_catalog.subscriptions.subscriber import subscriber
from xihu_platform.clock import Clock, civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, PlatformError
from xihu_platform.notices.channels import NoticeChannel, find_channel, sealing_of
from xihu_platform.notices.mail import send_mail
from xihu_platform.notices.webhook import Connect, connect_outside, send_event
from xihu_platform.settings import Settings
from xihu_platform.telemetry.logs import failure_facts
from xihu_platform.vault.keys import Keyring
from xihu_platform.words import Text

log = logging.getLogger("xihu.subscriptions")
LEASE = timedelta(minutes=2)
ATTEMPTS = 8
FIRST_WAIT = timedelta(seconds=30)
AT_ONCE = 50
OF_A_CHANNEL = 5
"""Sendings of one channel in a round."""
ROUND_S = 45.0
"""Of one round: slow receivers keep what is to be looked at waiting no longer."""
_REMOVED = Text("接收方式已删除", "the channel was removed")
_NOT_ACTIVE = Text("订阅已暂停或结束", "the subscription is paused or has ended")
_FAULT = Text("平台暂时出错", "the platform failed for the moment")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A sending that this process has until its lease ends."""

    id: int
    claim: str
    attempts: int
    channel: str
    event: Event
    subscription: Subscription


@dataclass(frozen=True, slots=True)
class SentCounts:
    delivered: int = 0
    failed: int = 0
    """Tried in vain; they are tried again unless that was often enough."""
    cancelled: int = 0


class SubscriptionSender:
    """The ways out of one installation. `tls` and `connect` are for tests."""

    def __init__(
        self,
        settings: Settings,
        keyring: Keyring,
        clock: Clock,
        *,
        tls: ssl.SSLContext | None = None,
        connect: Connect = connect_outside,
    ) -> None:
        self._settings = settings
        self._sealing = sealing_of(keyring)
        self._keyring = keyring
        self._clock = clock
        self._tls = tls
        self._connect = connect

    def send_all(self, database: Engine, known: Known, limit: int = AT_ONCE) -> SentCounts:
        """What is due, `limit` at most. Without a mail server, mail waits."""
        counts = {"delivered": 0, "waiting": 0, "failed": 0, "cancelled": 0}
        silent: set[str] = set()
        begun = time.monotonic()
        for number, channel in self._due(database, limit):
            if time.monotonic() - begun > ROUND_S:
                break
            if channel in silent:
                continue  # a receiver that does not answer keeps no other one waiting
            claimed = self._claim(database, number)
            if claimed is not None:
                state = self._tried(database, known, claimed)
                counts[state] += 1
                if state == "waiting":
                    silent.add(channel)
        failed = counts["waiting"] + counts["failed"]
        return SentCounts(counts["delivered"], failed, counts["cancelled"])

    def _due(self, database: Engine, limit: int) -> list[tuple[int, str]]:
        row = SubscriptionSendingRow
        mail = self._settings.notices.smtp_host is not None
        ways = ("webhook", "mail") if mail else ("webhook",)
        # A few of each channel: one that does not answer has many, and keeps no other waiting.
        ordered = (row.due_at, row.id)
        place = func.row_number().over(partition_by=row.channel, order_by=ordered).label("place")
        due = (
            select(row.id, row.channel, row.due_at, place)
            .where(_is_due(self._clock()), row.way.in_(ways))
            .subquery()
        )
        query = (
            select(due.c.id, due.c.channel)
            .where(due.c.place <= OF_A_CHANNEL)
            .order_by(due.c.place, due.c.due_at, due.c.id)
            .limit(limit)
        )
        with transaction(database) as session:
            return [(number, channel) for number, channel in session.execute(query)]

    def _claim(self, database: Engine, number: int) -> Claimed | None:
        row, now, claim = SubscriptionSendingRow, self._clock(), secrets.token_hex(8)
        with transaction(database) as session:
            taken = session.execute(
                update(row)
                .where(row.id == number, _is_due(now))
                .values(
                    state="claimed",
                    claim=claim,
                    lease_until=now + LEASE,
                    attempts=row.attempts + 1,
                )
            )
            if not taken.rowcount:  # type: ignore[attr-defined]  # a CursorResult
                return None
            sending = session.get_one(row, number)
            event = session.get_one(SubscriptionEventRow, sending.event)
            one = session.get_one(SubscriptionRow, sending.subscription)
            return Claimed(
                number,
                claim,
                sending.attempts,
                sending.channel,
                read_event(event),
                read_subscription(one),
            )

    def _tried(self, database: Engine, known: Known, claimed: Claimed) -> str:
        """A fault of the platform's own is an attempt too, and stops no other sending."""
        try:
            return self._send(database, known, claimed)
        except Exception as fault:
            said = failure_facts(fault, subscription=claimed.subscription.id)
            log.warning("a notice waits", extra=said)
            return self._again(database, claimed, _FAULT)

    def _send(self, database: Engine, known: Known, claimed: Claimed) -> str:
        one = claimed.subscription
        if claimed.event.what != ENDED and one.state != "active":
            return self._note(database, claimed, "cancelled", _NOT_ACTIVE)
        channel = find_channel(database, self._sealing, claimed.channel)
        if channel is None or channel.confirmed_at is None or channel.recipient != one.recipient:
            return self._note(database, claimed, "cancelled", _REMOVED)
        try:
            notice = self._compose(database, known, claimed)
        except SubscriptionEnds as ends:
            end(database, one, ends.reason, self._clock())
            return self._note(database, claimed, "cancelled", ENDS[ends.reason])
        except Exception as fault:
            log.warning("a notice waits", extra=failure_facts(fault, subscription=one.id))
            return self._again(database, claimed, _FAULT)
        if notice.count == 0:
            nothing = Text("已没有符合条件的内容", "nothing matches any longer")
            return self._note(database, claimed, "cancelled", nothing)
        try:
            self._hand_over(channel, claimed, notice)
        except BadInput as wrong:  # an inside address: another attempt would be no better
            return self._note(database, claimed, "failed", wrong.text)
        except PlatformError as fault:
            return self._again(database, claimed, fault.text)
        return self._note(database, claimed, "delivered", Text("", ""))

    def _compose(self, database: Engine, known: Known, claimed: Claimed) -> ComposedNotice:
        """Decided now: an attempt after a failure is decided again."""
        if claimed.event.what == ENDED:
            return ended(claimed.subscription)
        one = claimed.subscription
        with transaction(database) as session:
            principal = subscriber(session, one.sub, one.position, civil_date(self._clock()))
        return compose(known(principal), database, principal, one, claimed.event)

    def _hand_over(self, channel: NoticeChannel, claimed: Claimed, notice: ComposedNotice) -> None:
        settings, now = self._settings, self._clock()
        if channel.kind == "mail":
            one, key = claimed.subscription, claimed.id
            said = subscription_mail(
                settings, self._keyring, channel.address, one, notice, key, now
            )
            send_mail(settings, said, self._tls)
            return
        body = subscription_event(settings.base_url, claimed.subscription, notice, claimed.id)
        send_event(channel, body, now, self._connect)

    def _again(self, database: Engine, claimed: Claimed, why: Text) -> str:
        if claimed.attempts >= ATTEMPTS:
            return self._note(database, claimed, "failed", why)
        wait = FIRST_WAIT * 2 ** (claimed.attempts - 1)
        return self._note(database, claimed, "waiting", why, self._clock() + wait)

    def _note(
        self,
        database: Engine,
        claimed: Claimed,
        state: str,
        why: Text,
        due_at: datetime | None = None,
    ) -> str:
        """Nothing is written where the lease has ended and another process has it by now."""
        row, now = SubscriptionSendingRow, self._clock()
        with transaction(database) as session:
            session.execute(
                update(row)
                .where(row.id == claimed.id, row.claim == claimed.claim)
                .values(
                    state=state,
                    claim=None,
                    lease_until=None,
                    due_at=due_at or now,
                    why_zh=why.zh[:300],
                    why_en=why.en[:300],
                    at=now,
                )
            )
        return state


def _is_due(now: datetime) -> ColumnElement[bool]:
    row = SubscriptionSendingRow
    return and_(
        row.way != INBOX,
        or_(
            and_(row.state == "waiting", row.due_at <= now),
            and_(row.state == "claimed", row.lease_until < now),
        ),
    )
