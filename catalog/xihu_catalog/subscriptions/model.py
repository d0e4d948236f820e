"""A subscription as its rules see it: whose it is, what it waits for, and how it may be asked for.

SubscriptionEnds: the subscriber has no right to it any longer, with the code of the reason.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal, Protocol, cast

from xihu_catalog.datasets.entries import Entries
from xihu_catalog.datasets.service import Catalogue
from xihu_catalog.search.index import SearchIndex
from xihu_catalog.search.stored import StoredIndex
from xihu_catalog.subscriptions.models import SubscriptionRow
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.policy import Purpose, PurposeCode
from xihu_platform.access.query import RowQuery, parse_filter
from xihu_platform.errors import PlatformError
from xihu_platform.identity.principal import Principal
from xihu_platform.notices.channels import PERSON
from xihu_platform.words import Language, Text

Kind = Literal["new_rows", "schema_change", "late", "quality_break", "search", "new_entry"]
OF_DATASETS: tuple[Kind, ...] = ("new_rows", "schema_change", "late", "quality_break")
OF_SEARCHES: tuple[Kind, ...] = ("search", "new_entry")
Frequency = Literal["each", "daily"]
State = Literal["active", "paused", "ended"]
EndReason = Literal["owner", "link", "gone", "refused", "condition", "position", "person"]
ENDS: dict[EndReason, Text] = {
    "owner": Text("您已退订", "you ended it"),
    "link": Text("已通过邮件中的链接退订", "ended by the link in a mail"),
    "gone": Text("目录中没有这项数据", "the catalogue has no such entry"),
    "refused": Text("您现在无权查看这项数据", "you may not read this data now"),
    "condition": Text("筛选条件中的字段已变", "a field of the filter has changed"),
    "position": Text("岗位任期已满或已调整", "the position has ended"),
    "person": Text("账号已注销", "the account is gone"),
}
ENDED = "ended"
"""What the event of a subscription's end is called."""


class SubscriptionEnds(PlatformError):
    status = 410

    def __init__(self, reason: EndReason) -> None:
        super().__init__(ENDS[reason].zh, ENDS[reason].en)
        self.reason = reason


class KnownWorld(Protocol):
    """What one reader knows: the services of the portals are one."""

    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def entries(self) -> Entries: ...
    @property
    def search(self) -> SearchIndex: ...
    @property
    def stored_index(self) -> StoredIndex: ...
    @property
    def gateway(self) -> AccessGateway: ...


@dataclass(frozen=True, slots=True)
class WatchedFor:
    """What is waited for within the subject."""

    filters: tuple[str, ...] = ()
    """`field:operator:value`, as in an address of the table API."""
    text: str = ""
    facets: tuple[tuple[str, str], ...] = ()

    def dump(self) -> str:
        said = {"filters": self.filters, "text": self.text, "facets": self.facets}
        return json.dumps(said, ensure_ascii=False, separators=(",", ":"))

    def rows(self, snapshot: int | None = None) -> RowQuery:
        filters = tuple(parse_filter(one) for one in self.filters)
        return RowQuery(filters=filters, snapshot_id=snapshot)


def load_question(text: str) -> WatchedFor:
    said = json.loads(text)
    facets = tuple((str(name), str(value)) for name, value in said["facets"])
    return WatchedFor(tuple(said["filters"]), str(said["text"]), facets)


@dataclass(frozen=True, slots=True)
class Subscription:
    id: str
    sub: str
    position: str
    kind: Kind
    subject: str
    question: WatchedFor
    purpose: Purpose
    language: Language
    channels: tuple[str, ...]
    frequency: Frequency
    state: State
    reason: EndReason | None
    has_feed: bool
    mark: str
    seen: Mapping[str, str]
    round: int
    created_at: datetime

    @property
    def recipient(self) -> str:
        """Whose channels it may use."""
        return self.position or PERSON + self.sub


def read_subscription(row: SubscriptionRow) -> Subscription:
    return Subscription(
        id=row.id,
        sub=row.sub,
        position=row.position,
        kind=cast("Kind", row.kind),
        subject=row.subject,
        question=load_question(row.query),
        purpose=Purpose(cast("PurposeCode", row.purpose), words=row.words),
        language=cast("Language", row.language),
        channels=tuple(row.channels.split()),
        frequency=cast("Frequency", row.frequency),
        state=cast("State", row.state),
        reason=cast("EndReason | None", row.reason),
        has_feed=row.feed is not None,
        mark=row.mark,
        seen=json.loads(row.seen),
        round=row.round,
        created_at=row.created_at,
    )


def owner_of(principal: Principal) -> tuple[str, str]:
    """The person, and the position that they act in: rights bind to it."""
    return principal.id, principal.position.id if principal.position is not None else ""


def same_as(owner: tuple[str, str], kind: Kind, subject: str, query: str, purpose: str) -> str:
    content = json.dumps([*owner, kind, subject, query, purpose])
    return sha256(content.encode()).hexdigest()


def digest_of_token(token: str) -> str:
    return sha256(token.encode()).hexdigest()
