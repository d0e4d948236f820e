"""The state of a dataset's entry in the catalogue, in one line: published when and after whose
review, or what it waits for."""

from dataclasses import dataclass
from datetime import datetime

from xihu_catalog.contracts.diff import compare
from xihu_catalog.contracts.entries import NEXT, CatalogueEntryRow, find_entry, may_begin
from xihu_catalog.registry.people import organisation_name
from xihu_catalog.sharing.entries import CATALOGUE_ENTRY
from xihu_platform.access.unpublished import is_of, may_know
from xihu_platform.clock import civil_date
from xihu_platform.errors import NotFound
from xihu_platform.words import Text
from xihu_portals.pages.matter_acts import OFFICIAL
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web import formats
from xihu_portals.web.parts import Link


@dataclass(frozen=True, slots=True)
class EntryState:
    """`matter` is for those who may read it, `proposed` for its department and whoever reviews:
    what a contract that waits would change."""

    text: Text
    matter: Link | None = None
    proposed: tuple[Text, ...] = ()
    begin: Link | None = None
    """Where its department opens its matter."""


def entry_state(visitor: Visitor, dataset: str) -> EntryState | None:
    """None of a dataset without an entry."""
    services = visitor.services
    row = find_entry(services.node.database, dataset)
    if row is None:
        return None
    provider = services.catalogue.contracts.get(dataset).provider
    begin = None
    if may_begin(row) and is_of(visitor.principal, provider):
        label = Text("办理目录条目", "Open the matter of its entry")
        begin = Link(label, f"{OFFICIAL}/new/{CATALOGUE_ENTRY}")
    return EntryState(_words(row), _matter(visitor, row), _proposed(visitor, row), begin)


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


def _proposed(visitor: Visitor, row: CatalogueEntryRow) -> tuple[Text, ...]:
    contracts = visitor.services.catalogue.contracts
    contract, proposed = contracts.get(row.dataset), contracts.find_proposed(row.dataset)
    if proposed is None or not may_know(visitor.principal, contract.provider, row.reviewed_by):
        return ()
    changes = compare(contract, proposed)
    return tuple(Text(one.to("zh"), one.to("en")) for one in changes)
