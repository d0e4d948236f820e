"""The state of a dataset's entry in the catalogue, in one line: published when and after whose
review, or what it waits for."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from xihu_catalog.contracts.entries import (
    DRAFT,
    NEXT,
    CatalogueEntryRow,
    change_waits,
    find_entry,
    may_begin,
)
from xihu_catalog.registry.people import organisation_name
from xihu_catalog.sharing.entries import CATALOGUE_ENTRY
from xihu_platform.access.unpublished import is_of
from xihu_platform.clock import civil_date
from xihu_platform.errors import NotFound
from xihu_platform.identity.principal import Duty
from xihu_platform.words import Text
from xihu_portals.pages.entry_content import EntryChange, changes_of
from xihu_portals.pages.matter_acts import OFFICIAL
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web import formats
from xihu_portals.web.parts import Link

BEGIN = Text("启动更新", "Begin the change")
OPEN_ENTRY = Text("办理目录条目", "Open the matter of its entry")
CHANGING: frozenset[Duty] = frozenset({"steward", "sharing_head"})
"""Duties that begin a change of an entry, as its kind of matter says."""


@dataclass(frozen=True, slots=True)
class EntryState:
    """`matter` is for those who may read it, `proposed` for its department and whoever reviews:
    what a contract that waits would change."""

    text: Text
    matter: Link | None = None
    proposed: tuple[EntryChange, ...] = ()
    begin: Link | None = None
    """Where its department opens its matter, or begins the change that waits."""


def entry_state(visitor: Visitor, dataset: str) -> EntryState | None:
    """None of a dataset without an entry."""
    services = visitor.services
    row = find_entry(services.node.database, dataset)
    if row is None:
        return None
    provider = services.catalogue.contracts.get(dataset).provider
    begin = begin_change(visitor, row, provider)
    if begin is None and may_begin(row) and is_of(visitor.principal, provider):
        begin = Link(OPEN_ENTRY, _opening(dataset))
    return EntryState(_words(row), _matter(visitor, row), changes_of(visitor, row), begin)


def _opening(dataset: str) -> str:
    return f"{OFFICIAL}/new/{CATALOGUE_ENTRY}?{urlencode({'dataset': dataset})}"


def begin_change(visitor: Visitor, row: CatalogueEntryRow, provider: str) -> Link | None:
    """Where a contract that waits is brought to review, for those of its department who begin a
    change: in its matter, or by opening one of an entry that was taken over and has none."""
    position = visitor.principal.position
    if position is None or not change_waits(row) or not is_of(visitor.principal, provider):
        return None
    if not position.duties & CHANGING:
        return None
    has_none = row.matter is None
    href = _opening(row.dataset) if has_none else f"{OFFICIAL}/{row.matter}"
    return Link(BEGIN, href)


def begin_entry(visitor: Visitor, row: CatalogueEntryRow, provider: str) -> Link | None:
    """Where the entry of a new dataset is brought to review, for those of its department who do."""
    position = visitor.principal.position
    if position is None or row.state != DRAFT or not may_begin(row):
        return None
    may = is_of(visitor.principal, provider) and bool(position.duties & CHANGING)
    return Link(OPEN_ENTRY, _opening(row.dataset)) if may else None


def _day(moment: datetime) -> Text:
    day = civil_date(moment)
    return Text(formats.day(day, "zh"), formats.day(day, "en"))


def _words(row: CatalogueEntryRow) -> Text:
    day = _day(row.since)
    if row.state == "withdrawn":
        return Text(f"目录条目已于{day.zh}撤销", f"Its entry was withdrawn on {day.en}")
    if not row.is_published:
        step = NEXT[row.state]
        return Text(
            f"未发布。下一步：{step.zh}（{day.zh}起）",
            f"Not published. Next: {step.en}; since {day.en}",
        )
    if row.state != "published":
        return _changing(row, day)
    if row.taken_over or row.reviewer is None:
        return Text(
            f"已发布，{day.zh}转入（启用目录审核之前已在提供）",
            f"Published, taken over on {day.en} (it was in use before entries were reviewed)",
        )
    by = organisation_name(row.reviewer)
    return Text(f"{day.zh}经{by.zh}审核发布", f"Published on {day.en} after review by {by.en}")


def _changing(row: CatalogueEntryRow, day: Text) -> Text:
    if row.state == "changing" or row.reviewer is None:
        return Text(f"已发布，{day.zh}起更新", f"Published; a change is being made since {day.en}")
    by = organisation_name(row.reviewer)
    return Text(
        f"已发布，更新自{day.zh}起由{by.zh}审核",
        f"Published; a change is under review by {by.en} since {day.en}",
    )


def _matter(visitor: Visitor, row: CatalogueEntryRow) -> Link | None:
    if row.matter is None or visitor.principal.position is None:
        return None
    try:
        view = visitor.services.matters.read(visitor.principal, row.matter)
    except NotFound:  # they take no part in it
        return None
    return Link(Text(view.number, view.number), f"{OFFICIAL}/{view.id}")
