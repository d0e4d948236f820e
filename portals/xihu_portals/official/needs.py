"""What a position finds on its first page: the matters that wait for it, what else it can begin,
and warnings of data, each under a heading of its own with its own count."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlencode

from sqlalchemy import and_, func, or_, select

from xihu_catalog.contracts.entries import entries_to_begin, waiting_changes
from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.service import Heartbeat
from xihu_catalog.quality.overview import DatasetQuality
from xihu_catalog.quality.quarantine import KEEP_DAYS
from xihu_catalog.quality.whole import Whole, newest_whole, wholes
from xihu_catalog.registry.pages import page_choices
from xihu_catalog.registry.people import OVERSEE, answered_for, organisation_name
from xihu_platform.access.findings import findings
from xihu_platform.access.grounds import COLLECTIVE, EMERGENCY_HOURS, GroundRow
from xihu_platform.access.offices import matters_refusal
from xihu_platform.access.record import record_look
from xihu_platform.audit.checks import AskedCheck, list_checks
from xihu_platform.audit.heads import read_head
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput
from xihu_platform.identity.principal import Duty, Position
from xihu_platform.matters.inbox import count_inbox, read_inbox
from xihu_platform.notices.unread import COUNT_LIMIT, count_unread
from xihu_platform.words import Text
from xihu_portals.official import audit, inbox, oversight, repeats, scorecard
from xihu_portals.official import uncatalogued as leftovers
from xihu_portals.pages.entry_state import BEGIN, OPEN_ENTRY, begin_change, begin_entry
from xihu_portals.pages.grounds import GROUND_KINDS, ground_href
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web import formats
from xihu_portals.web.parts import Figure, Link, State, Words

NeedKind = Literal[
    "matter",
    "alert",
    "late",
    "broken",
    "missing",
    "department",
    "finding",
    "check",
    "ground",
    "change",
]
_ORDER: tuple[NeedKind, ...] = ("broken", "alert", "late")
_OF_DEPARTMENT: dict[NeedKind, Text] = {
    "broken": Text("没有可读的数据 {n} 项", "no readable data: {n}"),
    "alert": Text("最近一次装载有问题 {n} 项", "loads that fall short: {n}"),
    "late": Text("逾期未更新 {n} 项", "late: {n}"),
}
"""Warnings of one department, in one line."""
MATTERS = 3
"""Matters that are named; the inbox has them all."""
GROUNDS = 3
"""Open grounds that are named; the others are counted."""


@dataclass(frozen=True, slots=True)
class Need:
    """Something that waits for this position."""

    kind: NeedKind
    title: Words
    line: Words
    href: str
    verb: Text
    since: datetime | None = None
    number: int = 1
    """How many are in it."""


@dataclass(frozen=True, slots=True)
class NeedSection:
    """One heading of the first page, and what is under it."""

    name: Literal["matters", "changes", "grounds", "catalogue", "warnings", "log"]
    title: Text
    needs: tuple[Need, ...]
    count: int | None = None
    """Of all there are, not only of those that are named."""
    links: tuple[Link, ...] = ()
    """What is a line, with the page that has the list."""
    empty: State | None = None
    """In place of `needs` where there are none."""


def sections(visitor: Visitor, shown: Iterable[Figure] = ()) -> tuple[NeedSection, ...]:
    """An auditor's is of the log alone, and looking for it is an entry of the log. `shown`: the
    indicators of the page."""
    position = visitor.principal.position
    if position is None:
        return ()
    if "auditor" in position.duties:
        return (NeedSection("log", Text("等您查看", "For you to look at"), _log_needs(visitor)),)
    grounds = _grounds(visitor, position)
    warnings = _warnings(visitor, position, shown)
    last = (warnings, grounds) if "steward" in position.duties else (grounds, warnings)
    found = (_matters(visitor), _changes(visitor), _catalogue(visitor, position), *last)
    return tuple(one for one in found if one is not None)


def _matters(visitor: Visitor) -> NeedSection:
    today = civil_date(visitor.frame.now)
    waiting, _ = count_inbox(visitor.services.matters, visitor.principal, today)
    nothing = State(
        "live",
        Text("没有待办", "Nothing waits for you"),
        Text("没有等您办理的事项。", "No matter waits for you."),
    )
    title, links = Text("等您处理", "Needs you"), (_to_matters(waiting),)
    return NeedSection("matters", title, tuple(_matter_needs(visitor)), waiting, links, nothing)


def _changes(visitor: Visitor) -> NeedSection | None:
    found = tuple(_change_needs(visitor))
    title = Text("待启动的目录办理", "Entries to begin")
    return NeedSection("changes", title, found, len(found)) if found else None


def _grounds(visitor: Visitor, position: Position) -> NeedSection | None:
    if "handler" not in position.duties:
        return None
    found, total = _ground_needs(visitor, position)
    title = Text("在办的业务事由", "Open grounds")
    return NeedSection("grounds", title, tuple(found), total) if found else None


def _catalogue(visitor: Visitor, position: Position) -> NeedSection | None:
    """For a data authority: how much is not catalogued, and what is collected repeatedly, with the
    numbers of the pages that list it."""
    if "authority" not in position.duties:
        return None
    left, pages = leftovers.read_leftovers(visitor), leftovers.PATH
    files = len(left.files.files) if left.files is not None else 0
    again = len(repeats.read_repeats(visitor).repeats)
    lines = (
        (len(left.systems), "尚未编目的信息系统", "Systems not catalogued", f"{pages}#systems"),
        (len(left.tables), "没有契约的数据表", "Tables without a contract", f"{pages}#tables"),
        (files, "没有契约的文件", "Files without a contract", f"{pages}#files"),
        (
            *(again, "重复采集，待确定数源部门"),
            *("Repeated collection, without a designated provider", repeats.PATH),
        ),
    )
    links = tuple(
        Link(Text(f"{zh} {number:,} 项", f"{en}: {number:,}"), href)
        for number, zh, en, href in lines
        if number
    )
    title = Text("目录管理", "The catalogue")
    return NeedSection("catalogue", title, (), links=links) if links else None


def _warnings(visitor: Visitor, position: Position, shown: Iterable[Figure]) -> NeedSection | None:
    """Of the data that the position answers for, and of the data behind the indicators shown."""
    seen, own = answered_for(position), position.organisation
    watched = [
        contract
        for contract in visitor.services.catalogue.contracts.all().values()
        if contract.provider in seen or _is_shown(visitor, contract)
    ]
    every = [
        (contract.provider, need)
        for contract in watched
        for need in _data_needs(visitor, contract, position)
    ]
    every.sort(key=lambda one: _ORDER.index(one[1].kind))
    oversees = bool(position.duties & OVERSEE)
    lines = _by_department(every, seen - {own}) if oversees else [need for _, need in every]
    missing = number_needs(visitor, shown)
    title, total = Text("预警", "Warnings"), len(every) + len(missing)
    if not total and not any(one.provider in seen for one in watched):
        return None
    empty = State("live", Text("没有预警", "No warnings"), _all_is_well(position))
    return NeedSection("warnings", title, (*lines, *missing), total, empty=empty)


def _all_is_well(position: Position) -> Text:
    """What was looked at, and is in order."""
    if position.duties & OVERSEE:
        return Text("所辖各部门的数据都按时更新。", "The data of every department here is in time.")
    if "steward" in position.duties:
        return Text(
            "本单位的数据都按时更新，没有有问题的记录。",
            "Your organisation's data is in time, and no record is quarantined.",
        )
    return Text("本单位的数据都按时更新。", "Your organisation's data is in time.")


def _by_department(every: Sequence[tuple[str, Need]], departments: Iterable[str]) -> list[Need]:
    """Several warnings of one of the `departments` as one line, in the order of their codes, which
    is no ranking; the others before them, each by itself."""
    many = Counter(provider for provider, _ in every)
    grouped = sorted(one for one in departments if many[one] > 1)
    single = [need for provider, need in every if provider not in grouped]
    return [*single, *(_department_need(one, every) for one in grouped)]


def _department_need(provider: str, every: Iterable[tuple[str, Need]]) -> Need:
    kinds = Counter(need.kind for one, need in every if one == provider)
    said = [(_OF_DEPARTMENT[kind], kinds[kind]) for kind in _ORDER if kinds[kind]]
    line = Text(
        "，".join(words.zh.format(n=f"{number:,}") for words, number in said),
        ", ".join(words.en.format(n=f"{number:,}") for words, number in said),
    )
    href, verb = f"{scorecard.PATH}/{provider}", Text("看数据质量", "See its data quality")
    number = sum(kinds.values())
    return Need("department", organisation_name(provider), line, href, verb, number=number)


def number_needs(visitor: Visitor, shown: Iterable[Figure]) -> tuple[Need, ...]:
    """The indicators of the page that lack something, for those who answer for numbers."""
    position = visitor.principal.position
    if position is None or not position.duties & {"chief_data_officer", "leader"}:
        return ()
    return tuple(
        Need("missing", one.name, one.gap.text, one.gap.href, Text("看原因", "See why"))
        for one in shown
        if one.gap is not None and one.gap.href is not None
    )


def ways_on(visitor: Visitor) -> tuple[Link, ...]:
    """Where the rest is: the page of a duty that has one, and the unread notices, with the number
    that their page says."""
    position = visitor.principal.position
    duties: frozenset[Duty] = position.duties if position else frozenset()
    if "auditor" in duties:
        return (Link(Text("打开审计日志", "Open the log"), audit.PATH),)
    if matters_refusal(visitor.principal, visitor.frame.now) is not None:
        return ()
    short = Link(Text("全部未达标的数据", "All that falls short"), oversight.PATH)
    own = (short,) if "chief_data_officer" in duties else ()
    return (*own, *_to_notices(visitor))


def _to_matters(waiting: int) -> Link:
    said = Text(f"等您办理的事项 {waiting:,} 件", f"Matters that wait for you: {waiting:,}")
    return Link(said if waiting else Text("全部事项", "All matters"), inbox.PATH)


def _to_notices(visitor: Visitor) -> tuple[Link, ...]:
    unread = count_unread(visitor.services.matters, visitor.principal)
    if not unread:
        return ()
    number = f"{unread:,}" if unread < COUNT_LIMIT else f"{COUNT_LIMIT - 1}+"
    said = Text(f"待阅通知 {number} 条", f"Notices to read: {number}")
    return (Link(said, inbox.NOTICES),)


def _is_shown(visitor: Visitor, contract: Contract) -> bool:
    """Whether an indicator of the page is made of it."""
    metrics = visitor.services.metrics
    shown = (metrics.get(name) for name in page_choices().cockpit_figures)
    return contract.dataset in {one.dataset for one in shown if one is not None}


def _data_needs(visitor: Visitor, contract: Contract, position: Position) -> list[Need]:
    services, found = visitor.services, []
    heart = services.catalogue.heartbeat(contract)
    if heart.state != "live":
        found.append(_late_need(contract, heart))
    if "steward" in position.duties and contract.provider == position.organisation:
        found.extend(_quarantine_needs(visitor, contract))
    if "chief_data_officer" in position.duties:
        newest = newest_whole(services.catalogue, services.node.database, contract)
        found.extend(_short_needs(DatasetQuality(contract, heart, newest)))
    return found


def _short_needs(one: DatasetQuality) -> list[Need]:
    if not one.falls_short or one.newest is None:
        return []
    share, left = oversight.per_cent(one.accepted_share), one.newest.still_open
    line = Text(
        f"最近一次装载入库 {share}%，低于 99%，还有 {left:,} 条有问题",
        f"{share} % of the last load accepted, below 99 %; {left:,} records still open",
    )
    href, verb = f"/official/loads/{one.newest.load.load_id}", Text("查看报告", "Open the report")
    return [Need("alert", one.contract.title, line, href, verb, one.newest.load.committed_at)]


def _log_needs(visitor: Visitor) -> tuple[Need, ...]:
    """The newest head and the last verification, then what the rules found."""
    record_look(visitor.services.log, visitor.principal, "today")
    database = visitor.services.node.database
    checks = [one for one in list_checks(database, visitor.frame.now) if one.ended_at is not None]
    found = [_check_need(visitor, checks[0] if checks else None)]
    for one in findings(database, visitor.frame.now):
        title: Words = organisation_name(one.organisation) if one.organisation else one.rule
        number = Text(f"{one.number:,} 次", f"{one.number:,} times")
        line = Text(f"{one.rule.zh}：{number.zh}", f"{one.rule.en}: {number.en}")
        href = f"{audit.PATH}?{urlencode(one.asked)}#entries"
        found.append(Need("finding", title, line, href, Text("看条目", "See the entries")))
    return tuple(found)


def _check_need(visitor: Visitor, last: AskedCheck | None) -> Need:
    """Whether the log held when it was last verified, and what its newest head covers."""
    try:
        size = read_head(visitor.services.log.head_path).size
    except BadInput:
        size = 0
    covers = Text(f"最新签名头覆盖 {size:,} 条", f"The newest head covers {size:,} entries")
    title, href = Text("审计日志", "The log"), audit.PATH
    if last is None:
        line = Text(f"{covers.zh}；还没有在这里核验过", f"{covers.en}; never verified here")
        return Need("check", title, line, href, Text("去核验", "Verify it"))
    if not last.holds:
        return Need("broken", title, last.text, href, Text("查看", "See"), last.ended_at)
    zh, en = formats.moment(last.ended_at, "zh"), formats.moment(last.ended_at, "en")
    line = Text(f"{covers.zh}；{zh}核验完好", f"{covers.en}; verified and valid on {en}")
    return Need("check", title, line, href, Text("查看", "See"))


def _matter_needs(visitor: Visitor) -> list[Need]:
    """Matters that wait for the position, those with the earliest last day first; last those that
    only a colleague may decide."""
    found = read_inbox(visitor.services.matters, visitor.principal, "todo")
    needs = []
    for line in inbox.in_order(visitor, found.lines)[:MATTERS]:
        due = line.colleague or line.due or Text("没有期限", "no period")
        kind = line.title if line.about else Text(line.number, line.number)
        words = Text(
            f"{kind.zh}，{line.state.zh}；{due.zh}",
            f"{kind.en}, {line.state.en}; {due.en}",
        )
        verb = Text("去办理", "Handle it")
        since = line.line.since
        needs.append(Need("matter", line.about or line.title, words, line.href, verb, since))
    return needs


def _change_needs(visitor: Visitor) -> list[Need]:
    """Contracts that wait and whose change, or whose entry, those of the department have to
    begin."""
    contracts, database, found = (
        visitor.services.catalogue.contracts,
        visitor.services.node.database,
        [],
    )
    line = Text(
        "已提交的更新还没有启动，审核通过前不生效",
        "A change was handed in and is not begun: it is not in force before its review",
    )
    for row in waiting_changes(database):
        contract = contracts.find(row.dataset)
        way = begin_change(visitor, row, contract.provider) if contract is not None else None
        if contract is not None and way is not None:
            found.append(Need("change", contract.title, line, way.href, BEGIN))
    line = Text(
        "契约已提交，目录条目还没有办理，审核发布前其他部门和公众都看不到",
        "Its contract was handed in and its entry is not begun: no other department and no citizen "
        "knows of it before its review",
    )
    for row in entries_to_begin(database):
        contract = contracts.find(row.dataset)
        way = begin_entry(visitor, row, contract.provider) if contract is not None else None
        if contract is not None and way is not None:
            found.append(Need("change", contract.title, line, way.href, OPEN_ENTRY))
    return found


def _ground_needs(visitor: Visitor, position: Position) -> tuple[list[Need], int]:
    """The grounds of the position, the oldest first, and how many there are."""
    row, now = GroundRow, visitor.frame.now
    is_open = or_(row.closed.is_(None), row.closed > now)
    confirmed = or_(
        row.countersigned_by.is_not(None),
        and_(row.origin == "service", row.kind.not_in(COLLECTIVE)),
    )
    lasts = or_(row.kind != "emergency", row.opened > now - timedelta(hours=EMERGENCY_HOURS))
    mine = (row.position == position.id, row.opened <= now, is_open, confirmed, lasts)
    query = select(row).where(*mine).order_by(row.opened, row.number).limit(GROUNDS)
    with transaction(visitor.services.node.database) as session:
        rows = list(session.scalars(query))
        total = session.scalar(select(func.count()).select_from(row).where(*mine)) or 0
    verb = Text("查阅所需数据", "Read what it needs")
    found = []
    for one in rows:
        kind = GROUND_KINDS.get(one.kind, Text(one.kind, one.kind))
        line = Text(
            f"{kind.zh}，您名下共 {total:,} 件在办",
            f"{kind.en}; {total:,} open ones are yours",
        )
        href = ground_href(one.number)
        found.append(Need("ground", one.number, line, href, verb, one.opened))
    return found, total


def _late_need(contract: Contract, heart: Heartbeat) -> Need:
    late = heart.state == "late"
    return Need(
        kind="late" if late else "broken",
        title=contract.title,
        line=Text("该更新的数据还没有到", "The update is overdue")
        if late
        else Text("没有可读的数据", "There is no data that can be read"),
        href=f"/official/datasets/{contract.dataset}",
        verb=Text("查看数据集", "Open the dataset"),
        since=heart.due_at,
    )


def _quarantine_needs(visitor: Visitor, contract: Contract) -> list[Need]:
    """The newest load; of a dataset that loads add to, all of those with open records."""
    services = visitor.services
    every = wholes(services.catalogue, services.node.database, contract)
    loaded = [one for one in every if not one.load.blocked]
    if contract.loading.mode == "replace":
        loaded = loaded[:1]
    earliest = visitor.frame.now - timedelta(days=KEEP_DAYS)  # older ones are purged
    left = [
        one
        for one in loaded
        if (one.still_open or one.unmatched_quarantined) and one.load.committed_at > earliest
    ]
    if not left:
        return []
    line, href = _of_newest(left[0]), f"/official/loads/{left[0].load.load_id}"
    verb = Text("查看报告", "Open the report")
    if len(left) > 1 or left[0] is not loaded[0]:
        line, href = _of_loads(left), f"/official/datasets/{contract.dataset}#quality"
        verb = Text("查看历次装载", "See the loads")
    since = left[0].load.committed_at
    return [Need("alert", contract.title, line, href, verb, since=since)]


def _of_loads(left: list[Whole]) -> Text:
    """What is left of several loads, or of one before the newest."""
    total = sum(one.still_open + one.unmatched_quarantined for one in left)
    loads = "Earlier loads" if len(left) == 1 else f"{len(left)} loads"
    return Text(
        f"有 {len(left)} 次装载共 {total:,} 条有问题，暂未入库",
        f"{loads} left {total:,} records quarantined",
    )


def _of_newest(whole: Whole) -> Text:
    """What is left of the newest load, its corrections counted."""
    left, load = whole.still_open, whole.load
    if not left:
        again = whole.unmatched_quarantined
        return Text(
            f"最近一次装载的更正文件中有 {again:,} 条有问题，暂未入库",
            f"Corrections of the last load hold {again:,} quarantined records",
        )
    share = left / max(load.counts.received, 1)
    zh = f"，已更正 {whole.corrected:,} 条" if whole.corrected else ""
    en = f"; {whole.corrected:,} have been corrected" if whole.corrected else ""
    return Text(
        f"最近一次装载有 {left:,} 条有问题，暂未入库（{share:.1%}）{zh}",
        f"The last load left {left:,} records quarantined ({share:.1%}){en}",
    )
