"""Exploring a dataset: filter, sort, page, count by place, period and code, take exactly that.

Both portals show it, each for its own purpose of reading. Nothing here decides what may be seen:
the access gateway does, and what a page offers is what the gateway's own rules would answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.service import Entry
from xihu_platform.access import articles, reasons
from xihu_platform.access.answers import SUBJECTS_LISTED, Page
from xihu_platform.access.decision import Allow, Deny
from xihu_platform.access.formats import SHEET_LIMIT
from xihu_platform.access.grouped import CountBy, GroupedCounts
from xihu_platform.access.policy import Policy, Purpose
from xihu_platform.access.query import PAGE_LIMIT, Sort
from xihu_platform.audit.bodiless import BODILESS
from xihu_platform.errors import BadInput, NotFound, Reason
from xihu_platform.words import Text
from xihu_portals.api.at_moment import BeforeFirst, check_not_both, find_at, moment_of
from xihu_portals.api.datasets import cite_both
from xihu_portals.pages import describe, values
from xihu_portals.pages.embedding import table_code
from xihu_portals.pages.explore_address import (
    API_WORDS,
    ExploreAddress,
    Pairs,
    Problem,
    read_address,
    without_faults,
)
from xihu_portals.pages.explore_conditions import as_links, chosen_links
from xihu_portals.pages.explore_counts import CountsShown, charts, facets, finer, groups_of
from xihu_portals.pages.explore_form import OWN_WORDS, form_of, is_form_word, read_form
from xihu_portals.pages.moments import before_first, nothing_then, shown_moment
from xihu_portals.pages.new_subscription import WatchedPart, new_href
from xihu_portals.pages.snippets import ApiCall, api_example
from xihu_portals.pages.subscriptions import base_of
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.explore import (
    Explored,
    ExploredRows,
    ExploreHead,
    NothingFound,
    SortableColumn,
)
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Link, ShownMoment, ShownSource, State, Table, TableColumn
from xihu_portals.web.preferences import preferences
from xihu_portals.web.render import render

PAGE_ROWS = 50
LIFTS = 8
"""Conditions of an empty answer for which it is told what lifting each would give."""
SAMPLE_ONLY = Reason(
    "sample_only",
    Text(
        "这个数据集涉及个人，或含有企业未公开的信息，公众门户只展示样例，不能逐行筛选。",
        "This dataset is about persons, or holds what firms do not publish: the public sees a "
        "sample, and its rows are not filtered here.",
    ),
    articles.PIPL_6,
    Text(
        "与您本人有关的记录，请登录后在“我的数据”中查看。",
        "Records about yourself are under “My data”, once you have signed in.",
    ),
)
IN_LARGE_TEXT = State(
    "empty",
    Text("长辈版不含逐行筛选", "Large text has no filtering of rows"),
    Text(
        "要筛选和下载，请按页面上方的“普通版”。",
        "To filter and download, press “Normal text” at the top of the page.",
    ),
)


@dataclass(frozen=True, slots=True)
class ExplorePage:
    """Which rows are there, and how do I get exactly these?"""

    frame: PageFrame
    head: ExploreHead
    found: Explored | None
    state: State | None = None
    """Why there is nothing to explore."""
    moment: ShownMoment | None = None
    """The form for another moment, where there was no version at the one asked for."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked for, what of it cannot be answered, and what the form sent as it was typed."""

    address: ExploreAddress
    problems: tuple[Problem, ...]
    typed: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Asker:
    """Who explores which dataset, for what."""

    visitor: Visitor
    purpose: Purpose
    entry: Entry
    policy: Policy
    allow: Allow
    href: str

    @property
    def contract(self) -> Contract:
        return self.entry.contract


def explore_page(
    request: Request, visitor: Visitor, dataset: str, purpose: Purpose, root: str
) -> Response:
    """The page; what the form sent comes back under its own address. `root`: of dataset pages."""
    services = visitor.services
    entry = services.catalogue.get_entry(dataset)
    public = visitor.frame.portal == "citizen"
    head = ExploreHead(describe.head(entry, public=public), f"{root}/{dataset}")
    template = f"{visitor.frame.portal}/explore.html"
    if public and preferences(request).elder:
        return render(request, template, ExplorePage(visitor.frame, head, None, IN_LARGE_TEXT))
    decision = services.gateway.decide(visitor.principal, dataset, purpose)
    policy = services.gateway.policy(dataset)
    if isinstance(decision, Deny):
        services.gateway.refusals.record(visitor.principal, dataset, decision.reason, purpose)
        return _refused(request, visitor, head, decision.reason)
    if public and policy.shows_sample_only:
        return _refused(request, visitor, head, SAMPLE_ONLY)
    asker = _Asker(visitor, purpose, entry, policy, decision, head.href)
    asked = _asked(asker, request)
    found_at = _find_at(asker, asked.address)
    if asked.typed and not asked.problems:
        return RedirectResponse(asked.address.href(), status_code=303)
    if isinstance(found_at, BeforeFirst):
        return _before_first(request, asker, head, asked.address, found_at)
    asked = replace(asked, address=replace(asked.address, snapshot=found_at))
    _say_without_body(asked.problems)
    found = _explored(asker, asked)
    view = ExplorePage(visitor.frame, head, found)
    return render(request, template, view, status=422 if found.form.problems else 200)


def _refused(request: Request, visitor: Visitor, head: ExploreHead, reason: Reason) -> Response:
    state = State("refused", reason.text, reason=reason)
    view = ExplorePage(visitor.frame, head, None, state)
    return render(request, f"{visitor.frame.portal}/explore.html", view, status=403)


def _asked(asker: _Asker, request: Request) -> _Asked:
    """What the address or the form asks for, without what cannot be answered, which is told."""
    pairs = request.query_params.multi_items()
    address, problems = read_address(request.url.path, pairs)
    sent = read_form(asker.contract, asker.allow, address, pairs)
    if sent is not None:
        address = sent[0]
        problems += sent[1]
    problems += _unknown_words(asker, pairs)
    address, faults = without_faults(address, asker.policy, asker.allow)
    for fault in faults:
        if fault.refused is not None:
            asker.visitor.services.gateway.refusals.record(
                asker.visitor.principal,
                asker.contract.dataset,
                fault.refused,
                asker.purpose,
                field=fault.field,
            )
    typed = tuple((name, value) for name, value in pairs if is_form_word(name))
    return _Asked(address, (*problems, *faults), typed)


def _find_at(asker: _Asker, address: ExploreAddress) -> int | BeforeFirst | None:
    """The snapshot that is asked for, by itself or by a moment. Raises BadInput and Erased, as the
    API does."""
    moment = moment_of(address.as_of)
    if moment is None:
        return address.snapshot
    check_not_both(address.snapshot)
    visitor, dataset = asker.visitor, asker.contract.dataset
    return find_at(visitor.services, visitor.principal, dataset, asker.purpose, moment)


def _before_first(
    request: Request,
    asker: _Asker,
    head: ExploreHead,
    address: ExploreAddress,
    before: BeforeFirst,
) -> Response:
    """The conditions are kept, in the form for another moment and in the link to now."""
    now = _of_now(address)
    view = ExplorePage(
        asker.visitor.frame,
        head,
        None,
        nothing_then(before),
        before_first(address.path, now.pairs, before, now.href()),
    )
    return render(request, f"{asker.visitor.frame.portal}/explore.html", view, status=404)


def _of_now(address: ExploreAddress) -> ExploreAddress:
    return replace(address, snapshot=None, cursor=None, as_of="")


def _unknown_words(asker: _Asker, pairs: Pairs) -> list[Problem]:
    fields = {v.name for v in asker.allow.visible}
    found = []
    for name in dict.fromkeys(name for name, _ in pairs):
        known = name in {*API_WORDS, *OWN_WORDS, "lang"}
        if not known and not (is_form_word(name) and name.partition(".")[2] in fields):
            shown = name[:64]
            said = Text(
                f"网址中的“{shown}”不是本页的条件，未采用",
                f"“{shown}” in the address is no condition of this page and was left out",
            )
            found.append(Problem(said))
    return found


def _subscribe(asker: _Asker, address: ExploreAddress) -> str | None:
    if not asker.policy.is_counted:
        return None
    filters = tuple(f"{one.field}:{one.operator}:{one.value}" for one in address.filters)
    return new_href(base_of(asker.visitor), WatchedPart(asker.contract.dataset, filters))


def _explored(asker: _Asker, asked: _Asked) -> Explored:
    page, address, missed = _read(asker, asked.address)
    problems = (*asked.problems, *missed)
    pinned = replace(address, snapshot=page.citation.snapshot_id, cursor=None, as_of="")
    source = _source(asker, page)
    shown = _counted(asker, pinned, address, source) if page.total else None
    conditions = list(chosen_links(asker.contract, asker.allow, address))
    refused = asker.allow.bulk_refusal(address.fields)
    held = page.citation.rows if page.total is None else page.total
    newest = asker.entry.heartbeat.snapshot_id
    return Explored(
        form=form_of(asker.contract, asker.allow, address, problems, asked.typed),
        chosen=as_links(conditions, address),
        clear_href=replace(address, filters=(), cursor=None).href(),
        found=_found_words(_told(asker, page)),
        rows=_rows(asker, page, address) if page.table.num_rows else _nothing(asker, address),
        facets=facets(shown) if shown else (),
        charts=charts(shown) if shown else (),
        uncounted=None if asker.policy.is_counted else reasons.NOT_COUNTED,
        downloads=()
        if refused or not page.table.num_rows
        else describe.downloads(asker.href, pinned.pairs, sheet=held <= SHEET_LIMIT),
        file_rows=_file_words(_told(asker, page)),
        no_download=State("refused", refused.text, reason=refused) if refused else None,
        api=api_example(_call(asker, pinned, whole=refused is None)),
        source=source,
        snapshot=None
        if address.as_of or page.citation.snapshot_id == newest
        else Link(str(page.citation.snapshot_id), replace(address, snapshot=None).href()),
        subscribe=_subscribe(asker, address),
        embed=_embed(asker, address),
        moment=_moment(address),
    )


def _embed(asker: _Asker, address: ExploreAddress) -> str | None:
    """Of open data as it is now alone; an official may be shown more."""
    if asker.visitor.frame.portal != "citizen" or address.as_of:
        return None
    base, contract = asker.visitor.services.node.settings.base_url, asker.contract
    return table_code(base, contract.dataset, contract.title, address.query)


def _moment(address: ExploreAddress) -> ShownMoment:
    now, moment = _of_now(address), moment_of(address.as_of)
    if moment is None:
        return ShownMoment(address.path, now.pairs)
    return shown_moment(address.path, now.pairs, moment, address.snapshot, now.href())


def _read(
    asker: _Asker, address: ExploreAddress
) -> tuple[Page, ExploreAddress, tuple[Problem, ...]]:
    """The page asked for; without a cursor or a snapshot that does not hold, which is told."""
    first = replace(address, cursor=None)
    attempts = [address, *([first] if address.cursor else [])]
    is_pinned = address.snapshot is not None and not address.as_of
    attempts += [replace(first, snapshot=None)] if is_pinned else []
    missed: list[Problem] = []
    for attempt in attempts[:-1]:
        try:
            return _read_page(asker, attempt), attempt, tuple(missed)
        except (BadInput, NotFound) as wrong:
            missed.append(Problem(wrong.text))
            _say_without_body(missed)
    return _read_page(asker, attempts[-1]), attempts[-1], tuple(missed)


def _say_without_body(problems: Sequence[Problem]) -> None:
    """HEAD shows no rows beside the problem, and reads none: its status is that of the page.

    Raises BadInput.
    """
    if problems and BODILESS.get():
        raise BadInput(problems[0].text.zh, problems[0].text.en)


def _read_page(asker: _Asker, address: ExploreAddress) -> Page:
    return asker.visitor.services.gateway.read_page(
        asker.visitor.principal,
        asker.contract.dataset,
        asker.purpose,
        address.query,
        limit=PAGE_ROWS,
        cursor=address.cursor,
    )


def _counted(
    asker: _Asker, pinned: ExploreAddress, address: ExploreAddress, source: ShownSource
) -> CountsShown | None:
    groups = groups_of(asker.contract, asker.allow, address)
    if not asker.policy.is_counted or not groups:
        return None
    counts = _count_by(asker, pinned, groups)
    by_day = finer(counts, asker.contract)
    days = _count_by(asker, pinned, (by_day,)).fields[0] if by_day else None
    heart = asker.entry.heartbeat
    current = heart.reach is not None and pinned.snapshot == heart.snapshot_id
    covered = heart.reach.covers_until if heart.reach is not None and current else None
    return CountsShown(asker.contract, address, counts, days, source, covered)


def _count_by(asker: _Asker, address: ExploreAddress, groups: tuple[CountBy, ...]) -> GroupedCounts:
    return asker.visitor.services.gateway.count_by(
        asker.visitor.principal, asker.contract.dataset, asker.purpose, address.query, groups
    )


def _told(asker: _Asker, page: Page) -> int | None:
    """The number of rows as it may be told; None where it is only told to be large."""
    if not asker.policy.is_counted and (page.total or 0) > SUBJECTS_LISTED:
        return None
    return page.total


_MORE = Text(f"超过 {SUBJECTS_LISTED:,}", f"more than {SUBJECTS_LISTED:,}")


def _found_words(total: int | None) -> Text:
    if total is None:
        return Text(f"{_MORE.zh} 行符合条件", f"{_MORE.en.capitalize()} rows meet the conditions")
    one = "row meets" if total == 1 else "rows meet"
    return Text(f"{total:,} 行符合条件", f"{total:,} {one} the conditions")


def _file_words(total: int | None) -> Text:
    if total is None:
        return Text(f"文件将含{_MORE.zh} 行。", f"A file will hold {_MORE.en} rows.")
    return Text(
        f"文件将含 {total:,} 行。", f"A file will hold {total:,} {'row' if total == 1 else 'rows'}."
    )


def _rows(asker: _Asker, page: Page, address: ExploreAddress) -> ExploredRows:
    decided = {v.name: v for v in page.decision.visible}
    names = address.fields or tuple(decided)
    fields = [f for name in names if (f := asker.contract.field(name)) is not None]
    heads = values.columns(fields)
    rows = page.table.to_pylist()
    verified = {one.row: one.fields for one in page.disputed}
    count = len(rows)
    table = Table(
        caption=Text(f"{asker.contract.title.zh}：本页 {count} 行", f"{count} rows on this page"),
        columns=heads,
        rows=tuple(
            tuple(
                values.said(
                    values.value(f, row[f.name], decided[f.name]),
                    disputed=f.name in verified.get(place, ()),
                )
                for f in fields
            )
            for place, row in enumerate(rows)
        ),
    )
    following = replace(address, snapshot=page.citation.snapshot_id, cursor=page.next_cursor)
    return ExploredRows(
        table,
        tuple(
            _sortable(head, address, f.name, ordered=decided[f.name].treatment != "rekey")
            for head, f in zip(heads, fields, strict=True)
        ),
        first_href=replace(address, cursor=None).href() if address.cursor else None,
        next_href=following.href() if page.next_cursor else None,
    )


def _sortable(
    head: TableColumn, address: ExploreAddress, name: str, *, ordered: bool
) -> SortableColumn:
    """A click sorts upwards, the next one downwards, the third not at all."""
    if not ordered:
        return SortableColumn(head, None)
    now = next((s for s in address.sorts if s.field == name), None)
    after = () if now is not None and now.descending else (Sort(name, now is not None),)
    href = replace(address, sorts=after, cursor=None).href()
    if now is None:
        return SortableColumn(head, href)
    return SortableColumn(head, href, "descending" if now.descending else "ascending")


def _nothing(asker: _Asker, address: ExploreAddress) -> NothingFound:
    """What lifting each condition would give, where rows are counted; else only the ways."""
    conditions = list(chosen_links(asker.contract, asker.allow, address))
    if not conditions:
        return NothingFound(
            Text("您能看到的范围内没有记录", "There are no records within your reach"), ()
        )
    lifts = []
    for said, lifted in conditions[:LIFTS]:
        without = address.without(*lifted)
        zh, en = f"去掉“{said.zh}”", f"Without “{said.en}”"
        if asker.policy.is_counted:
            rows = _count_by(asker, without, ()).total
            zh, en = f"{zh}：{rows:,} 行", f"{en}: {rows:,} {'row' if rows == 1 else 'rows'}"
        lifts.append(Link(Text(zh, en), without.href()))
    return NothingFound(
        Text("没有记录同时符合这些条件", "No record meets all of these conditions"), tuple(lifts)
    )


def _call(asker: _Asker, address: ExploreAddress, *, whole: bool) -> ApiCall:
    position = asker.visitor.principal.position
    return ApiCall(
        asker.visitor.services.node.settings.base_url,
        asker.contract.dataset,
        (*address.pairs, *(() if whole else (("limit", str(PAGE_LIMIT)),))),
        whole=whole,
        position=position.id if position is not None else None,
    )


def _source(asker: _Asker, page: Page) -> ShownSource:
    contract, cited = asker.contract, page.citation
    return ShownSource(
        dataset=contract.title,
        dataset_href=asker.href,
        snapshot=str(cited.snapshot_id),
        snapshot_at=datetime.fromisoformat(cited.committed_at),
        definition=contract.summary,
        citation=cite_both(cited, contract.title, asker.visitor.services.node.settings.base_url),
    )
