"""What a notice says, decided at the moment at which it is sent or shown, as its subscriber.

Rows are in it only where they are open to anybody. Everything else is a number that the access
gateway gave, names from the catalogue as the subscriber knows it, and a link.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urlencode

from sqlalchemy import Engine

from xihu_catalog.contracts.model import Contract, policy_of
from xihu_catalog.datasets.entries import is_stored
from xihu_catalog.quality.blocked import recorded_load
from xihu_catalog.search.documents import facet_label
from xihu_catalog.subscriptions.changes import (
    ENTRIES_NAMED,
    Facts,
    due_of,
    new_rows,
    schema_changes,
    versions,
)
from xihu_catalog.subscriptions.model import (
    ENDED,
    ENDS,
    OF_SEARCHES,
    Kind,
    KnownWorld,
    Subscription,
    SubscriptionEnds,
    WatchedFor,
)
from xihu_platform.access.disputed import DisputedRow
from xihu_platform.access.unpublished import is_of
from xihu_platform.clock import SHANGHAI
from xihu_platform.errors import BadInput, NotFound, Refused
from xihu_platform.identity.principal import Principal
from xihu_platform.words import Text

ROWS_INLINE = 5
CHANGES_NAMED = 10
KINDS: Mapping[Kind, Text] = {
    "new_rows": Text("新增记录", "New rows"),
    "schema_change": Text("结构变更", "Change of the schema"),
    "late": Text("逾期未更新", "Update overdue"),
    "quality_break": Text("质量异常", "Break of quality"),
    "search": Text("搜索有新结果", "New results of a search"),
    "new_entry": Text("新增目录条目", "New entries"),
}


@dataclass(frozen=True, slots=True)
class ComposedNotice:
    """One notice in words. `href` is a path of the subscriber's portal."""

    what: Text
    title: Text
    """The dataset's, or what was searched for."""
    lines: tuple[Text, ...]
    href: str
    rows: tuple[Mapping[str, object], ...] = ()
    """Open ones alone, `ROWS_INLINE` at most."""
    disputed: tuple[DisputedRow, ...] = ()
    """Those of them with fields that are being verified (核实中)."""
    count: int | None = None
    audit_entry: int | None = None
    entries: tuple[tuple[str, Text], ...] = field(default=())
    """The path and the title of each entry."""


@dataclass(frozen=True, slots=True)
class Event:
    """One stored event, as it is composed into a notice."""

    id: int
    what: str
    facts: Facts
    at: datetime


def compose(
    world: KnownWorld, database: Engine, principal: Principal, one: Subscription, event: Event
) -> ComposedNotice:
    """Raises SubscriptionEnds where the subscriber has no right to it any longer; AuditUnavailable
    and TransientError where it may be tried again."""
    if event.what == ENDED:
        return ended(one)
    try:
        if one.kind in OF_SEARCHES:
            return _entries(world, one, event)
        return _of_dataset(world, database, principal, one, event)
    except Refused:
        raise SubscriptionEnds("refused") from None
    except NotFound:
        raise SubscriptionEnds("gone") from None
    except BadInput:
        raise SubscriptionEnds("condition") from None


def ended(one: Subscription) -> ComposedNotice:
    """Says that it ended and why, and nothing of what it was about but its number."""
    why = ENDS[one.reason or "gone"]
    return ComposedNotice(
        Text("订阅已结束", "Subscription ended"),
        Text(f"订阅 {one.id}", f"Subscription {one.id}"),
        (Text(f"原因：{why.zh}。", f"Reason: {why.en}."),),
        f"{page_of(one)}/{one.id}",
    )


def page_of(one: Subscription) -> str:
    return "/official/subscriptions" if one.position else "/my/subscriptions"


def dataset_page(one: Subscription, dataset: str) -> str:
    """Harvested entries have a public page alone."""
    own = one.position and not is_stored(dataset)
    return f"/official/datasets/{dataset}" if own else f"/datasets/{dataset}"


def subject_title(world: KnownWorld, one: Subscription) -> Text:
    """Raises NotFound where the subscriber does not know of it."""
    if one.kind not in OF_SEARCHES:
        return world.catalogue.contracts.get(one.subject).title
    return search_title(one.question)


def search_title(question: WatchedFor) -> Text:
    """The words, and the facets by their names in each language."""
    text = [question.text] if question.text else []
    labels = [facet_label(name, value) for name, value in question.facets]
    zh = "、".join([*text, *(one[0] for one in labels)])
    en = ", ".join([*text, *(one[1] for one in labels)])
    return Text(f"搜索“{zh}”", f"Search “{en}”")


def _of_dataset(
    world: KnownWorld, database: Engine, principal: Principal, one: Subscription, event: Event
) -> ComposedNotice:
    contract = world.catalogue.contracts.get(one.subject)
    notice = ComposedNotice(KINDS[one.kind], contract.title, (), dataset_page(one, one.subject))
    if one.kind == "new_rows":
        return _rows(world, principal, one, event, contract, notice)
    if one.kind == "schema_change":
        return replace(notice, lines=_schema(world, event, contract))
    if one.kind == "late":
        day = f"{due_of(event.facts).astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
        line = Text(
            f"应于 {day} 前更新，尚未更新。", f"An update was due by {day}; it has not come."
        )
        return replace(notice, lines=(line,))
    return replace(notice, lines=_quality(database, principal, event, contract))


def _rows(
    world: KnownWorld,
    principal: Principal,
    one: Subscription,
    event: Event,
    contract: Contract,
    notice: ComposedNotice,
) -> ComposedNotice:
    since, snapshot = (int(str(event.facts[name])) for name in ("since", "snapshot"))
    policy = policy_of(contract)
    is_open = policy.open_class == "unconditional" and policy.is_counted
    shown = ROWS_INLINE if is_open and one.purpose.code == "open" else 0
    updated = Text("数据已更新。", "The data has been updated.")
    try:
        found = new_rows(world, principal, one, since, snapshot, shown)
    except NotFound:  # its snapshot is gone; the entry is known, and reading it was decided on
        return replace(notice, lines=(updated,))
    filtered = bool(one.question.filters)
    if found.count is None:
        line = updated
    elif filtered:
        line = Text(
            f"新增 {found.count:,} 条符合条件的记录。", f"New rows that match: {found.count:,}."
        )
    else:
        line = Text(f"新增 {found.count:,} 条记录。", f"New rows: {found.count:,}.")
    rows = () if found.rows is None else tuple(found.rows.to_pylist())
    href = notice.href
    if filtered and policy.is_counted:
        href += "/explore?" + urlencode([("filter", f) for f in one.question.filters])
    return replace(
        notice,
        lines=(line,),
        href=href,
        rows=rows,
        disputed=found.disputed,
        count=found.count,
        audit_entry=found.audit_entry,
    )


def _schema(world: KnownWorld, event: Event, contract: Contract) -> tuple[Text, ...]:
    changes = schema_changes(world, str(event.facts["before"]), contract)
    lines = [Text(one.to("zh"), one.to("en")) for one in changes[:CHANGES_NAMED]]
    if len(changes) > CHANGES_NAMED:
        rest = len(changes) - CHANGES_NAMED
        lines.append(Text(f"另有 {rest} 处变更。", f"{rest} other changes."))
    return tuple(lines) or (Text("结构已恢复原样。", "The schema is as it was before."),)


def _quality(
    database: Engine, principal: Principal, event: Event, contract: Contract
) -> tuple[Text, ...]:
    load = recorded_load(database, str(event.facts["load"]))
    if load is None or load.blocked:
        if not is_of(principal, contract.provider):
            raise SubscriptionEnds("refused")
        return (Text("有一批数据未通过质量检查，没有入库。", "A load was stopped by a rule."),)
    percent = load.counts.quarantined * 100 // max(load.counts.received, 1)
    line = Text(
        f"最近一次装载约 {percent}% 的记录有问题，暂未入库。",
        f"About {percent} % of the records of the newest load were quarantined.",
    )
    return (line,)


def _entries(world: KnownWorld, one: Subscription, event: Event) -> ComposedNotice:
    """The entries that still are among the results, as the subscriber knows them now."""
    named = event.facts.get("entries")
    ids = [str(entry) for entry in named] if isinstance(named, list) else []
    there = versions(world, one.question)
    found = world.entries.find_many([entry for entry in ids if entry in there][:ENTRIES_NAMED])
    entries = tuple(
        (dataset_page(one, entry), found[entry].title) for entry in ids if entry in found
    )
    count = sum(entry in there for entry in ids)
    line = Text(f"{count} 个条目新增或有变更。", f"Entries that are new or have changed: {count}.")
    said = [("q", one.question.text)] if one.question.text else []
    path = "/official/catalogue" if one.position else "/search"
    href = f"{path}?{urlencode([*said, *one.question.facets])}"
    title = search_title(one.question)
    return ComposedNotice(KINDS[one.kind], title, (line,), href, count=count, entries=entries)
