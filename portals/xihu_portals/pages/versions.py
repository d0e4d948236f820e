"""The versions of a dataset as a page: what each snapshot has, what changed, what is gone."""

from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.public_counts import public_count
from xihu_catalog.datasets.versions import DatasetVersion, gone_words
from xihu_platform.access.decision import Allow
from xihu_platform.access.diff import DiffCounts, DiffQuery
from xihu_platform.access.policy import Purpose
from xihu_platform.clock import SHANGHAI
from xihu_platform.errors import PlatformError
from xihu_platform.words import Text
from xihu_portals.api.at_moment import find_version, is_told_counts, versions_of
from xihu_portals.api.versions import cite_address, compare_versions
from xihu_portals.pages.describe import reach_of
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Choice, Link, Period, Words

SHOWN = 10
"""Versions on a page; with numbers each but the last is compared with the one before."""
_MAINTENANCE = {
    "compaction": Text("系统整理文件，记录不变", "files compacted, the same records"),
    "erasure": Text("依法删除个人记录", "records of a person lawfully erased"),
    "rotation": Text("更换脱敏编号密钥，记录不变", "new pseudonym keys, the same records"),
}
_FIRST = Text("最早的版本", "the first version")
NOT_THERE = Text(
    "没有这个编号的版本；网址可能不完整。",
    "There is no version of this number: the address may be incomplete.",
)


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version of the list."""

    snapshot: str
    loaded_at: datetime | None
    data_as_of: date | datetime | Period | None
    rows: int | None
    change: Words | None
    """Of the number of rows, since the version before."""
    counts: DiffCounts | None
    gone: Text | None
    """Why it is not there any more."""
    schema: tuple[tuple[str, Text], ...]
    """Each field that changed, and how."""
    href: str | None
    compare: str | None
    cite: str
    maintenance: Text | None = None
    current: bool = False


@dataclass(frozen=True, slots=True)
class VersionsPage:
    """Which versions are there, and what does a citation refer to?"""

    frame: PageFrame
    title: Text
    back: str
    versions: tuple[VersionLine, ...]
    total: int
    cited: VersionLine | Text | None
    """What a citation names; a sentence where there is no such version."""
    before: tuple[Choice, ...]
    after: tuple[Choice, ...]
    compare: str
    counted: bool
    count: str | None
    """Where the rows added, removed and changed are counted; None where they cannot be."""
    pages: tuple[Link, ...]
    citations: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    visitor: Visitor
    contract: Contract
    purpose: Purpose
    path: str
    """The dataset's page."""
    counted: bool
    may_read: bool

    def compare(self, before: int, after: int) -> str:
        return f"{self.path}/compare?{urlencode({'from': before, 'to': after})}"


def fill_versions(
    visitor: Visitor,
    dataset: str,
    purpose: Purpose,
    folder: str,
    *,
    snapshot: int | None,
    page: int,
    counted: bool,
) -> VersionsPage:
    """`folder`: the portal's datasets; `counted`: with how many rows changed. Raises NotFound."""
    services = visitor.services
    contract = services.catalogue.contracts.get(dataset)
    decision = services.gateway.decide(visitor.principal, dataset, purpose)
    may_read = isinstance(decision, Allow) and bool(decision.visible)
    may_compare = isinstance(decision, Allow) and may_read and decision.bulk_refusal() is None
    every = versions_of(services, visitor.principal, contract, purpose)
    asked = _Asked(
        *(visitor, contract, purpose, f"{folder}/{dataset}"), counted and may_compare, may_read
    )
    first = (page - 1) * SHOWN
    shown = every[first : first + SHOWN]
    kept = [one for one in every if one.fate == "kept"]
    address = f"{asked.path}/versions"
    return VersionsPage(
        frame=visitor.frame,
        title=contract.title,
        back=asked.path,
        versions=tuple(_line(asked, one, kept) for one in shown),
        total=len(every),
        cited=_cited(asked, kept, snapshot),
        before=_choices(kept, 1),
        after=_choices(kept, 0),
        compare=f"{asked.path}/compare" if may_compare and len(kept) > 1 else "",
        counted=asked.counted,
        count=_count(address, page, asked, len(kept)) if may_compare else None,
        pages=_pages(address, page, len(every), counted=asked.counted),
        citations=_citations(
            dataset, snapshot if snapshot in {one.snapshot_id for one in kept} else None
        ),
    )


def _count(address: str, page: int, asked: _Asked, kept: int) -> str | None:
    if asked.counted or kept < 2:
        return None
    return f"{address}?{urlencode({'page': page, 'counts': 'yes'})}"


def _pages(address: str, page: int, total: int, *, counted: bool) -> tuple[Link, ...]:
    pages = -(-total // SHOWN)
    if pages < 2:
        return ()
    also = {"counts": "yes"} if counted else {}
    return tuple(
        Link(str(n), f"{address}?{urlencode({'page': n, **also})}", current=n == page)
        for n in range(1, pages + 1)
    )


def _citations(dataset: str, snapshot: int | None) -> tuple[Link, ...]:
    also = f"?snapshot={snapshot}" if snapshot is not None else ""
    return (
        Link("CITATION.cff", f"/datasets/{dataset}/citation.cff{also}"),
        Link("BibTeX", f"/datasets/{dataset}/citation.bib{also}"),
    )


def _choices(kept: list[DatasetVersion], chosen: int) -> tuple[Choice, ...]:
    return tuple(
        Choice(str(one.snapshot_id), version_words(one), at == chosen)
        for at, one in enumerate(kept)
    )


def version_words(one: DatasetVersion) -> Text:
    """A version in a list of choices: when it was loaded, to the second."""
    if one.loaded_at is None:
        return Text(str(one.snapshot_id), str(one.snapshot_id))
    at = f"{one.loaded_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
    return Text(f"{at} 装载", f"loaded {at}")


def _cited(
    asked: _Asked, kept: list[DatasetVersion], snapshot: int | None
) -> VersionLine | Text | None:
    if snapshot is None:
        return None
    services, who = asked.visitor.services, asked.visitor.principal
    found = find_version(services, who, asked.contract, asked.purpose, snapshot)
    return NOT_THERE if found is None else _line(asked, found, kept)


def _line(asked: _Asked, one: DatasetVersion, kept: list[DatasetVersion]) -> VersionLine:
    at = kept.index(one) if one in kept else None
    older = kept[at + 1] if at is not None and at + 1 < len(kept) else None
    visitor = asked.visitor
    told = is_told_counts(visitor.services, visitor.principal, asked.contract, asked.purpose)
    public = not told
    rows = None if one.rows is None else public_count(asked.contract, one.rows, public=public)
    can = asked.may_read and older is not None
    return VersionLine(
        snapshot=str(one.snapshot_id),
        loaded_at=one.loaded_at,
        data_as_of=reach_of(one.data_as_of, asked.contract.update_cycle),
        rows=rows,
        change=_change(asked.contract, one, older, public=public) if at is not None else None,
        counts=_counts(asked, older.snapshot_id, one.snapshot_id) if can and older else None,
        gone=None if one.fate == "kept" else gone_words(one),
        schema=tuple((change.where, change.text) for change in one.changes),
        href=f"{asked.path}?snapshot={one.snapshot_id}" if one.fate == "kept" else None,
        compare=asked.compare(older.snapshot_id, one.snapshot_id) if can and older else None,
        cite=cite_address(asked.visitor.services, asked.contract.dataset, one.snapshot_id),
        maintenance=_MAINTENANCE.get(one.maintenance or ""),
        current=at == 0,
    )


def _change(
    contract: Contract, one: DatasetVersion, older: DatasetVersion | None, *, public: bool
) -> Words | None:
    if older is None:
        return _FIRST
    if one.rows is None or older.rows is None:
        return None
    if type(public_count(contract, one.rows, public=public)) is not int:  # rounded
        return None
    difference = one.rows - older.rows
    return Text(f"{difference:+,} 行", f"{difference:+,} rows")


def _counts(asked: _Asked, before: int, after: int) -> DiffCounts | None:
    """None where they are not asked for, or cannot be given."""
    if not asked.counted:
        return None
    services, who = asked.visitor.services, asked.visitor.principal
    query, dataset = DiffQuery(before, after), asked.contract.dataset
    try:
        page = compare_versions(services, who, dataset, asked.purpose, query, limit=0)
    except PlatformError as refused:
        if refused.status >= 500:
            raise
        return None
    return page.counts
