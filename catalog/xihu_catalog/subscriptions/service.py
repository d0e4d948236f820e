"""Subscribing: begin, pause, go on, end and delete; the owner's list, inbox and log."""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import ColumnElement, Engine, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from xihu_catalog.contracts.model import policy_of
from xihu_catalog.search.documents import FACETS
from xihu_catalog.subscriptions.changes import (
    SEARCH_LIMIT,
    first_mark,
    mark_of,
    newest_load,
    search,
    versions,
)
from xihu_catalog.subscriptions.model import (
    OF_DATASETS,
    OF_SEARCHES,
    Frequency,
    Kind,
    KnownWorld,
    State,
    Subscription,
    WatchedFor,
    digest_of_token,
    owner_of,
    read_subscription,
    same_as,
)
from xihu_catalog.subscriptions.models import (
    SubscriptionEventRow,
    SubscriptionRow,
    SubscriptionSendingRow,
)
from xihu_catalog.subscriptions.payload import Event
from xihu_catalog.subscriptions.subscriber import subscriber
from xihu_platform.access.policy import Purpose
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, NotFound
from xihu_platform.identity.principal import Principal
from xihu_platform.notices.channels import PERSON
from xihu_platform.notices.models import NoticeChannelRow
from xihu_platform.words import Language

OWNED_LIMIT = 100
"""Subscriptions of one owner."""
FILTERS_LIMIT = 20
QUERY_LIMIT = 4000
"""Characters of filters and search, as JSON."""
CHANNELS_LIMIT = 5
EVENTS_SHOWN = 20
LOG_SHOWN = 50
KEPT = timedelta(days=180)
"""How long events and their log are kept."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asks to subscribe to."""

    kind: Kind
    subject: str = ""
    question: WatchedFor = WatchedFor()
    purpose: Purpose = Purpose("open")
    frequency: Frequency = "each"
    channels: tuple[str, ...] = ()
    language: Language = "zh"


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """The subscriptions of an installation. `everything` is the whole catalogue, of which marks are
    made; nothing of it is shown."""

    database: Engine
    everything: KnownWorld

    def subscribe(
        self, world: KnownWorld, principal: Principal, wanted: Wanted, now: datetime
    ) -> Subscription:
        """The same once more is the one there is already, which goes on if it was ended.

        `world` is what the principal knows. Raises NotFound for what they may not know of, as for
        what does not exist; Refused, BadInput, Conflict at the limit.
        """
        owner = owner_of(principal)
        wanted = self._check(world, principal, wanted, now)
        dumped = wanted.question.dump()
        same = same_as(owner, wanted.kind, wanted.subject, dumped, wanted.purpose.code)
        with transaction(self.database) as session:
            self._check_channels(session, principal, wanted.channels)
            row = session.scalar(select(SubscriptionRow).where(SubscriptionRow.same == same))
            if row is None:
                mine = _of(owner)
                count = session.scalar(
                    select(func.count()).select_from(SubscriptionRow).where(*mine)
                )
                if (count or 0) >= OWNED_LIMIT:
                    raise Conflict(
                        f"最多 {OWNED_LIMIT} 个订阅，请先删除不需要的",
                        f"{OWNED_LIMIT} subscriptions at most: delete one first",
                    )
        if row is not None:
            self._choose(row.id, wanted, now)
            if row.state != "active":
                return self.change(world, principal, row.id, "active", now)
            return self.get(principal, row.id)
        return self._add(world, owner, wanted, dumped, same, now)

    def _add(
        self,
        world: KnownWorld,
        owner: tuple[str, str],
        wanted: Wanted,
        dumped: str,
        same: str,
        now: datetime,
    ) -> Subscription:
        row = SubscriptionRow(
            id=secrets.token_hex(8),
            sub=owner[0],
            position=owner[1],
            kind=wanted.kind,
            subject=wanted.subject,
            query=dumped,
            same=same,
            purpose=wanted.purpose.code,
            words=wanted.purpose.words,
            language=wanted.language,
            channels=" ".join(wanted.channels),
            frequency=wanted.frequency,
            state="active",
            reason=None,
            feed=None,
            mark=first_mark(self.everything, self.database, wanted.kind, wanted.subject),
            seen=_seen(world, wanted.kind, wanted.question),
            round=0,
            due_at=now,
            created_at=now,
            changed_at=now,
        )
        try:
            with transaction(self.database) as session:
                session.add(row)
        except IntegrityError:  # the same form, sent twice at this moment
            with transaction(self.database) as session:
                row = session.scalars(
                    select(SubscriptionRow).where(SubscriptionRow.same == same)
                ).one()
        return read_subscription(row)

    def _check(
        self, world: KnownWorld, principal: Principal, wanted: Wanted, now: datetime
    ) -> Wanted:
        """As it will be asked for: with what lasts beyond the session. Raises as `subscribe`."""
        if principal.kind not in {"citizen", "official"}:
            raise BadInput(
                "只有个人和在岗人员可以订阅", "only a person or an official can subscribe"
            )
        if wanted.purpose.code not in {"open", "duty"}:
            raise BadInput(
                "订阅不能用于查本人数据或按业务事由查询，请登录后在页面上查看",
                "own records and grounds are read on the page alone, not by subscription",
            )
        _check_size(wanted)
        if wanted.kind in OF_SEARCHES:
            _check_search(world, wanted)
            return wanted
        if wanted.kind not in OF_DATASETS:
            raise BadInput("没有这种订阅", "there is no such kind of subscription")
        contract = world.catalogue.contracts.get(wanted.subject)
        if wanted.kind == "new_rows":
            policy = policy_of(contract)
            if wanted.question.filters and not policy.is_counted:
                raise BadInput(
                    "这项数据涉及个人或未公开的企业信息，不能按条件订阅；可以不设条件，订阅更新提醒",
                    "this dataset is about persons or firms: leave the filter out and hear of each "
                    "update",
                )
            with transaction(self.database) as session:
                lasting = subscriber(session, *owner_of(principal), civil_date(now))
            _check_readable(world, lasting, wanted)
        return wanted

    def _check_channels(
        self, session: Session, principal: Principal, channels: Iterable[str]
    ) -> None:
        """Raises NotFound for a channel that is another's, or is not confirmed."""
        known = {one.id for one in channels_of(session, principal)}
        for name in channels:
            if name not in known:
                raise NotFound(
                    "没有这个接收方式，或尚未确认", "there is no such channel, or it is unconfirmed"
                )

    def _choose(self, name: str, wanted: Wanted, now: datetime) -> None:
        with transaction(self.database) as session:
            session.execute(
                update(SubscriptionRow)
                .where(SubscriptionRow.id == name)
                .values(
                    frequency=wanted.frequency,
                    channels=" ".join(wanted.channels),
                    language=wanted.language,
                    due_at=now,
                )
            )

    def list_of(self, principal: Principal) -> list[Subscription]:
        """The newest first."""
        row = SubscriptionRow
        query = select(row).where(*_of(owner_of(principal))).order_by(row.created_at.desc(), row.id)
        with transaction(self.database) as session:
            return [read_subscription(one) for one in session.scalars(query.limit(OWNED_LIMIT))]

    def get(self, principal: Principal, name: str) -> Subscription:
        """Raises NotFound for another's, as for none."""
        with transaction(self.database) as session:
            return read_subscription(_mine(session, principal, name))

    def change(
        self, world: KnownWorld, principal: Principal, name: str, state: State, now: datetime
    ) -> Subscription:
        """Pause, go on or end. Going on is checked like subscribing, and begins with what is there
        now. Raises as `subscribe`."""
        one = self.get(principal, name)
        values: dict[str, object] = {"state": state, "changed_at": now, "reason": None}
        if state == "ended":
            values["reason"] = "owner"
        if state == "active" and one.state != "active":
            again = Wanted(one.kind, one.subject, one.question, one.purpose)
            self._check(world, principal, again, now)
            values |= {
                "mark": mark_of(self.everything, self.database, one.kind, one.subject),
                "seen": _seen(world, one.kind, one.question),
                "due_at": now,
            }
        with transaction(self.database) as session:
            row = SubscriptionRow
            session.execute(update(row).where(row.id == name).values(**values, round=row.round + 1))
        return self.get(principal, name)

    def delete(self, principal: Principal, name: str) -> None:
        """With its events and its log. Raises NotFound."""
        with transaction(self.database) as session:
            _mine(session, principal, name)
            _delete(session, [name])

    def delete_all(self, principal: Principal) -> None:
        """Everything that the owner subscribed to, with its log."""
        with transaction(self.database) as session:
            mine = select(SubscriptionRow.id).where(*_of(owner_of(principal)))
            _delete(session, session.scalars(mine).all())

    def make_feed(self, principal: Principal, name: str) -> str:
        """A new token of its Atom feed, shown this once: an address from before ends."""
        token = secrets.token_urlsafe(32)
        self._set_feed(principal, name, digest_of_token(token))
        return token

    def end_feed(self, principal: Principal, name: str) -> None:
        self._set_feed(principal, name, None)

    def _set_feed(self, principal: Principal, name: str, digest: str | None) -> None:
        with transaction(self.database) as session:
            _mine(session, principal, name).feed = digest

    def find(self, name: str) -> Subscription | None:
        """Of any owner."""
        with transaction(self.database) as session:
            row = session.get(SubscriptionRow, name)
        return read_subscription(row) if row is not None else None

    def find_by_feed(self, token: str) -> Subscription | None:
        query = select(SubscriptionRow).where(SubscriptionRow.feed == digest_of_token(token))
        with transaction(self.database) as session:
            row = session.scalars(query).one_or_none()
        return read_subscription(row) if row is not None else None

    def end_by_link(self, name: str, now: datetime) -> None:
        """By the link of a mail; twice is once, and one that is not there is no fault."""
        row = SubscriptionRow
        with transaction(self.database) as session:
            session.execute(
                update(row)
                .where(row.id == name, row.state != "ended")
                .values(state="ended", reason="link", changed_at=now, round=row.round + 1)
            )

    def events(self, name: str, limit: int = EVENTS_SHOWN) -> list[Event]:
        """Of one subscription, the newest first."""
        row = SubscriptionEventRow
        query = select(row).where(row.subscription == name).order_by(row.id.desc()).limit(limit)
        with transaction(self.database) as session:
            return [read_event(one) for one in session.scalars(query)]


@dataclass(frozen=True, slots=True)
class SentLine:
    """One sending in the log that its owner sees."""

    at: datetime | None
    event: int
    way: str
    state: str
    attempts: int
    why_zh: str
    why_en: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class InboxLine:
    event: Event
    subscription: Subscription
    is_read: bool


def read_event(row: SubscriptionEventRow) -> Event:
    return Event(row.id, row.what, json.loads(row.facts), row.at)


def log_of(database: Engine, name: str) -> list[SentLine]:
    """The newest sendings of one subscription."""
    row = SubscriptionSendingRow
    query = select(row).where(row.subscription == name).order_by(row.id.desc()).limit(LOG_SHOWN)
    with transaction(database) as session:
        return [
            SentLine(
                one.at,
                one.event,
                one.way,
                one.state,
                one.attempts,
                one.why_zh,
                one.why_en,
                one.due_at,
            )
            for one in session.scalars(query)
        ]


def inbox_of(database: Engine, principal: Principal, offset: int = 0) -> list[InboxLine]:
    """One more than a page, the newest first."""
    event, row = SubscriptionEventRow, SubscriptionRow
    query = (
        select(event, row)
        .join(row, row.id == event.subscription)
        .where(*_of(owner_of(principal)))
        .order_by(event.id.desc())
        .limit(EVENTS_SHOWN + 1)
        .offset(offset)
    )
    with transaction(database) as session:
        return [
            InboxLine(read_event(one), read_subscription(of), one.read_at is not None)
            for one, of in session.execute(query)
        ]


def count_unread_events(database: Engine, principal: Principal) -> int:
    event, row = SubscriptionEventRow, SubscriptionRow
    query = (
        select(func.count())
        .select_from(event)
        .join(row, row.id == event.subscription)
        .where(*_of(owner_of(principal)), event.read_at.is_(None))
    )
    with transaction(database) as session:
        return session.scalar(query) or 0


def mark_events_read(database: Engine, principal: Principal, up_to: int, now: datetime) -> None:
    mine = select(SubscriptionRow.id).where(*_of(owner_of(principal)))
    event = SubscriptionEventRow
    unread = event.read_at.is_(None), event.id <= up_to
    with transaction(database) as session:
        session.execute(
            update(event).where(event.subscription.in_(mine), *unread).values(read_at=now)
        )


def newest_events(database: Engine, names: Iterable[str]) -> dict[str, datetime]:
    """When each subscription had its newest event."""
    event = SubscriptionEventRow
    query = (
        select(event.subscription, func.max(event.id))
        .where(event.subscription.in_(list(names)))
        .group_by(event.subscription)
    )
    with transaction(database) as session:
        newest = {number: name for name, number in session.execute(query)}
        found = session.execute(select(event.id, event.at).where(event.id.in_(newest)))
        return {newest[number]: at for number, at in found}


def channels_of(session: Session, principal: Principal) -> list[NoticeChannelRow]:
    """The confirmed mailboxes and webhooks that the principal's subscriptions may use."""
    sub, position = owner_of(principal)
    row = NoticeChannelRow
    query = select(row).where(row.recipient == (position or f"{PERSON}{sub}"))
    return list(session.scalars(query.where(row.confirmed_at.is_not(None)).order_by(row.id)))


def forget_person(database: Engine, sub: str) -> int:
    """Everything that a person subscribed to, with its log and mailboxes; how many there were."""
    with transaction(database) as session:
        names = session.scalars(select(SubscriptionRow.id).where(SubscriptionRow.sub == sub)).all()
        _delete(session, names)
        channel = NoticeChannelRow
        session.execute(delete(channel).where(channel.recipient == f"{PERSON}{sub}"))
    return len(names)


def forget_old_events(database: Engine, now: datetime) -> None:
    event, sending = SubscriptionEventRow, SubscriptionSendingRow
    old = select(event.id).where(event.at < now - KEPT)
    with transaction(database) as session:
        session.execute(delete(sending).where(sending.event.in_(old)))
        session.execute(delete(event).where(event.at < now - KEPT))
        row = SubscriptionRow
        ended = select(row.id).where(row.state == "ended", row.changed_at < now - KEPT)
        _delete(session, session.scalars(ended))


def _delete(session: Session, names: Iterable[str]) -> None:
    every = list(names)
    sending, event, row = SubscriptionSendingRow, SubscriptionEventRow, SubscriptionRow
    session.execute(delete(sending).where(sending.subscription.in_(every)))
    session.execute(delete(event).where(event.subscription.in_(every)))
    session.execute(delete(row).where(row.id.in_(every)))


def _of(owner: tuple[str, str]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return SubscriptionRow.sub == owner[0], SubscriptionRow.position == owner[1]


def _mine(session: Session, principal: Principal, name: str) -> SubscriptionRow:
    row = session.get(SubscriptionRow, name)
    if row is None or (row.sub, row.position) != owner_of(principal):
        raise NotFound(f"没有订阅 {name[:20]}", f"there is no subscription {name[:20]}")
    return row


def _seen(world: KnownWorld, kind: Kind, question: WatchedFor) -> bytes:
    seen = versions(world, question) if kind in OF_SEARCHES else {}
    return json.dumps(seen).encode()


def _check_readable(world: KnownWorld, principal: Principal, wanted: Wanted) -> None:
    """Decided before anything is read. Raises Refused, BadInput for a filter."""
    try:
        world.gateway.plan(principal, wanted.subject, wanted.purpose, wanted.question.rows())
    except NotFound:
        if newest_load(world, world.catalogue.contracts.get(wanted.subject)) is not None:
            raise  # else it was decided, and there is no data yet


def _check_size(wanted: Wanted) -> None:
    if len(wanted.question.filters) > FILTERS_LIMIT:
        raise BadInput(f"最多 {FILTERS_LIMIT} 个筛选条件", f"{FILTERS_LIMIT} filters at most")
    if len(wanted.question.dump()) > QUERY_LIMIT:
        raise BadInput(
            f"条件太长，最多 {QUERY_LIMIT} 字", f"the filter has {QUERY_LIMIT} characters at most"
        )
    if len(wanted.channels) > CHANNELS_LIMIT:
        raise BadInput(f"最多 {CHANNELS_LIMIT} 个接收方式", f"{CHANNELS_LIMIT} channels at most")
    if wanted.kind in OF_SEARCHES and (wanted.question.filters or wanted.subject):
        raise BadInput("搜索订阅不用筛选行", "a search has no filter of rows")
    if wanted.kind != "new_rows" and wanted.question.filters:
        raise BadInput("只有“新增记录”可以设筛选条件", "only new rows have a filter")


def _check_search(world: KnownWorld, wanted: Wanted) -> None:
    asked = wanted.question
    if any(name not in FACETS for name, _ in asked.facets) or not (asked.text or asked.facets):
        raise BadInput("请先搜索，再订阅搜索结果", "search for something first: words, or a facet")
    if len(asked.facets) > FILTERS_LIMIT or len(asked.text) > 200:
        raise BadInput("搜索条件太多", "the search has too many parts")
    if search(world, asked, 1).total > SEARCH_LIMIT:
        raise BadInput(
            f"结果超过 {SEARCH_LIMIT} 个，请缩小搜索范围再订阅",
            f"more than {SEARCH_LIMIT} results: narrow the search first",
        )


def as_state(text: str) -> State:
    if text not in {"active", "paused", "ended"}:
        raise BadInput("请选择要办的一步", "choose what is to be done")
    return cast("State", text)
