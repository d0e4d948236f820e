"""Subscriptions as both portals show them: the list with its inbox, one with its log, a new one."""

from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from starlette.datastructures import FormData

from xihu_catalog.subscriptions.model import (
    ENDED,
    ENDS,
    Kind,
    Subscription,
    SubscriptionEnds,
)
from xihu_catalog.subscriptions.payload import KINDS, ComposedNotice, Event, compose, subject_title
from xihu_catalog.subscriptions.service import (
    EVENTS_SHOWN,
    InboxLine,
    SentLine,
    Subscriptions,
    as_state,
    channels_of,
    inbox_of,
    log_of,
    mark_events_read,
    newest_events,
)
from xihu_catalog.subscriptions.subscriber import subscriber
from xihu_platform.access.decision import Allow
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import parse_filter
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, NotFound, PlatformError
from xihu_platform.identity.principal import Principal
from xihu_platform.words import Text
from xihu_portals.pages import values
from xihu_portals.pages.explore_address import ExploreAddress
from xihu_portals.pages.explore_conditions import chosen_links
from xihu_portals.pages.matter_form import acting_as
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Pager, State, Table, Words

CITIZEN, OFFICIAL = "/my/subscriptions", "/official/subscriptions"
NUMBER_LIMIT = 2**31 - 1
EVENTS_COMPOSED = 5
"""Of one subscription's page: each is decided and read when the page is asked for."""
STATES: dict[str, Text] = {
    "active": Text("订阅中", "active"),
    "paused": Text("已暂停", "paused"),
    "ended": Text("已结束", "ended"),
}
SENDINGS: dict[str, Text] = {
    "waiting": Text("等待发送", "waiting"),
    "claimed": Text("正在发送", "being sent"),
    "delivered": Text("已送达", "delivered"),
    "failed": Text("未送达", "not delivered"),
    "cancelled": Text("已取消", "cancelled"),
}
COLUMNS_SHOWN = 5
"""Fields of the new rows in a notice, on its page: all of them are on the dataset's."""
WAYS: dict[str, Text] = {
    "inbox": Text("站内消息", "Inbox"),
    "mail": Text("邮件", "Mail"),
    "webhook": Text("回调地址", "Webhook"),
}
NOTES: dict[Kind, Text] = {
    "new_rows": Text("有新增记录时提醒", "when there are new rows"),
    "schema_change": Text("字段增减、类型变化时提醒", "when fields come, go or change"),
    "late": Text("到期没有更新时提醒", "when an update that is due does not come"),
    "quality_break": Text("问题记录明显偏多时提醒", "when many records of a load are faulty"),
    "search": Text("结果有新增、有变更都提醒", "when a result is new or has changed"),
    "new_entry": Text("只在新增条目时提醒", "when a result is new"),
}
GONE = Text("（已不可见）", "(not visible any more)")


def base_of(visitor: Visitor) -> str:
    return CITIZEN if visitor.frame.portal == "citizen" else OFFICIAL


def room_of(visitor: Visitor, everything: object) -> Subscriptions:
    """`everything`: the services of the application, of which marks are made."""
    return Subscriptions(visitor.services.node.database, everything)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class ShownSubscription:
    """One subscription in a list, with what can be done with it."""

    id: str
    href: str
    title: Words
    kind: Text
    conditions: tuple[Text, ...]
    state: str
    state_words: Text
    why: Text | None
    daily: bool
    newest: datetime | None
    since: datetime


@dataclass(frozen=True, slots=True)
class InboxEvent:
    """One line of the inbox: what happened, not what it came to."""

    id: int
    href: str
    what: Text
    title: Words
    at: datetime
    unread: bool


@dataclass(frozen=True, slots=True)
class Undo:
    id: str
    state: str


@dataclass(frozen=True, slots=True)
class MySubscriptions:
    """What do I want to hear of, and what has happened?"""

    frame: PageFrame
    base: str
    position: str
    events: tuple[InboxEvent, ...]
    newest: int
    unread: bool
    mine: tuple[ShownSubscription, ...]
    empty: State
    pager: Pager
    done: str | None = None
    undo: Undo | None = None
    wrong: Text | None = None


@dataclass(frozen=True, slots=True)
class ShownNoticeEvent:
    """A notice, decided when the page was asked for."""

    at: datetime
    notice: ComposedNotice | None
    why: Text | None = None
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class ShownSending:
    at: datetime | None
    way: Text
    state: Text
    why: Text
    attempts: int
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class OneSubscription:
    """Which notices did this subscription send, and by which way?"""

    frame: PageFrame
    base: str
    position: str
    one: ShownSubscription
    ways: tuple[Text, ...]
    events: tuple[ShownNoticeEvent, ...]
    log: tuple[ShownSending, ...]
    has_feed: bool
    feed: str | None = None
    """The address of its Atom feed, shown this once."""
    wrong: Text | None = None


def fill_list(
    visitor: Visitor,
    room: Subscriptions,
    page: int = 1,
    done: str = "",
    of: str = "",
    was: str = "",
    wrong: Text | None = None,
) -> MySubscriptions:
    base, database = base_of(visitor), room.database
    offset = (page - 1) * EVENTS_SHOWN
    found = inbox_of(database, visitor.principal, offset)
    shown = tuple(_event(visitor, line, base) for line in found[:EVENTS_SHOWN])
    mine = room.list_of(visitor.principal)
    newest = newest_events(database, [one.id for one in mine])
    undo = Undo(of, was) if any(one.id == of for one in mine) and was in STATES else None
    return MySubscriptions(
        frame=visitor.frame,
        base=base,
        position=acting_as(visitor.principal),
        events=shown,
        newest=max((one.id for one in shown), default=0),
        unread=any(one.unread for one in shown),
        mine=tuple(_shown(visitor, one, base, newest.get(one.id)) for one in mine),
        empty=State(
            "empty",
            Text("您还没有订阅", "You have no subscriptions yet"),
            Text(
                "在数据集页面或者搜索结果上选“订阅”，有变化时会在这里提醒您。",
                "Choose “Subscribe” on the page of a dataset, or on the results of a search. What "
                "changes is then listed here.",
            ),
        ),
        pager=Pager(
            shown=len(shown),
            total=None,
            previous_href=f"{base}?page={page - 1}" if page > 1 else None,
            next_href=f"{base}?page={page + 1}" if len(found) > EVENTS_SHOWN else None,
            first=offset + 1,
        ),
        done=done if done in {*STATES, "subscribed", "deleted", "read"} else None,
        undo=undo,
        wrong=wrong,
    )


def _event(visitor: Visitor, line: InboxLine, base: str) -> InboxEvent:
    one, event = line.subscription, line.event
    ended = event.what == ENDED
    return InboxEvent(
        id=event.id,
        href=f"{base}/{one.id}",
        what=Text("订阅已结束", "Subscription ended") if ended else KINDS[one.kind],
        title=_title(visitor, one),
        at=event.at,
        unread=not line.is_read,
    )


def _title(visitor: Visitor, one: Subscription) -> Words:
    """As the reader knows it now: of what they may not know any more only its number is said."""
    try:
        return subject_title(visitor.services, one)
    except NotFound:
        return Text(f"订阅 {one.id}{GONE.zh}", f"Subscription {one.id} {GONE.en}")


def _shown(
    visitor: Visitor, one: Subscription, base: str, newest: datetime | None
) -> ShownSubscription:
    title = _title(visitor, one)
    return ShownSubscription(
        id=one.id,
        href=f"{base}/{one.id}",
        title=title,
        kind=KINDS[one.kind],
        conditions=condition_words(visitor, one.subject, one.question.filters),
        state=one.state,
        state_words=STATES[one.state],
        why=ENDS[one.reason] if one.reason is not None else None,
        daily=one.frequency == "daily",
        newest=newest,
        since=one.created_at,
    )


def condition_words(visitor: Visitor, dataset: str, filters: tuple[str, ...]) -> tuple[Text, ...]:
    """Each condition in words; as it was written where its reader may not see the field now."""
    contract = visitor.services.catalogue.contracts.find(dataset) if filters else None
    written = tuple(Text(one, one) for one in filters)
    if contract is None:
        return written
    purpose = Purpose("duty" if visitor.frame.portal == "official" else "open")
    decision = visitor.services.gateway.decide(visitor.principal, dataset, purpose)
    if not isinstance(decision, Allow):
        return written
    address = ExploreAddress("", tuple(parse_filter(one) for one in filters))
    return tuple(said for said, _ in chosen_links(contract, decision, address))


def fill_one(
    visitor: Visitor,
    room: Subscriptions,
    name: str,
    feed: str | None = None,
    wrong: Text | None = None,
) -> OneSubscription:
    """Raises NotFound for another's. Each notice is decided now, as its subscriber."""
    base, one = base_of(visitor), room.get(visitor.principal, name)
    events = room.events(one.id, EVENTS_COMPOSED)
    with transaction(room.database) as session:
        channels = channels_of(session, visitor.principal)
        chosen = [WAYS[row.kind] for row in channels if row.id in one.channels]
    return OneSubscription(
        frame=visitor.frame,
        base=base,
        position=acting_as(visitor.principal),
        one=_shown(visitor, one, base, events[0].at if events else None),
        ways=(WAYS["inbox"], *chosen),
        events=tuple(_told(visitor, one, event) for event in events),
        log=tuple(_sending(line) for line in log_of(room.database, one.id)),
        has_feed=one.has_feed,
        feed=feed,
        wrong=wrong,
    )


def _told(visitor: Visitor, one: Subscription, event: Event) -> ShownNoticeEvent:
    node = visitor.services.node
    try:
        with transaction(node.database) as session:
            lasting = subscriber(session, one.sub, one.position, civil_date(node.clock()))
        notice = compose(visitor.services, node.database, lasting, one, event)
    except SubscriptionEnds as ends:
        return ShownNoticeEvent(event.at, None, ENDS[ends.reason])
    return ShownNoticeEvent(event.at, notice, None, _table(visitor, lasting, one, notice))


def _table(
    visitor: Visitor, lasting: Principal, one: Subscription, notice: ComposedNotice
) -> Table | None:
    """The rows of a notice with their headers in words."""
    if not notice.rows:
        return None
    contract = visitor.services.catalogue.contracts.get(one.subject)
    decision = visitor.services.gateway.decide(lasting, one.subject, one.purpose)
    if not isinstance(decision, Allow):
        return None
    rows = [dict(row) for row in notice.rows]
    table = values.preview(contract, decision, rows, notice.disputed)
    return replace(
        table,
        columns=table.columns[:COLUMNS_SHOWN],
        rows=tuple(row[:COLUMNS_SHOWN] for row in table.rows),
    )


def _sending(line: SentLine) -> ShownSending:
    return ShownSending(
        at=line.at,
        way=WAYS[line.way],
        state=SENDINGS[line.state],
        why=Text(line.why_zh, line.why_en),
        attempts=line.attempts,
        next_at=line.due_at if line.state == "waiting" and line.attempts else None,
    )


def act_on(visitor: Visitor, room: Subscriptions, form: FormData) -> str:
    """Does what a form of the list or of one subscription says; the query of the page after it.

    Raises BadInput, NotFound, Conflict, Refused.
    """
    now, act = visitor.services.node.clock(), str(form.get("act") or "")
    name = str(form.get("subscription") or "")
    if act == "read":
        up_to = str(form.get("up_to") or "")
        if not (up_to.isascii() and up_to.isdigit()) or len(up_to) > 10:
            raise BadInput("请刷新页面", "reload the page")
        mark_events_read(room.database, visitor.principal, min(int(up_to), NUMBER_LIMIT), now)
        return "done=read"
    if act == "delete_all":
        room.delete_all(visitor.principal)
        return "done=deleted"
    if act == "delete":
        room.delete(visitor.principal, name)
        return "done=deleted"
    state = as_state(act)
    before = room.get(visitor.principal, name).state
    room.change(visitor.services, visitor.principal, name, state, now)
    return urlencode({"done": state, "of": name, "was": before})


def said_wrong(wrong: PlatformError) -> Text:
    return wrong.text


def feed_act(visitor: Visitor, room: Subscriptions, name: str, form: FormData) -> str | None:
    """The address of a new feed; empty where it was ended; None where the form is about something
    else. Raises NotFound."""
    act = str(form.get("act") or "")
    if act == "feed":
        token = room.make_feed(visitor.principal, name)
        return f"{visitor.services.node.settings.base_url.rstrip('/')}/feeds/{token}.atom"
    if act == "end_feed":
        room.end_feed(visitor.principal, name)
        return ""
    return None
