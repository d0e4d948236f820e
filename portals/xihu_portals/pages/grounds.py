"""Grounds in words: kinds, items, standings; whom a ground about a citizen belongs to."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from sqlalchemy import select

from xihu_catalog.registry.codes import code_list, is_code_list
from xihu_catalog.registry.people import organisation_name
from xihu_catalog.services.items import service_items
from xihu_catalog.services.kind import item_of
from xihu_platform.access.grounds import (
    CORRECTION,
    GroundRow,
    GroundSubjectRow,
    is_confirmed,
    is_open,
)
from xihu_platform.database import transaction
from xihu_platform.words import Text
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.parts import Words

ITEMS = "service_item"
GROUND_KINDS = {
    "service_case": Text("办件", "Service case"),
    "enforcement_case": Text("案件", "Enforcement case"),
    "inspection_task": Text("检查任务", "Inspection task"),
    "review_batch": Text("核查批次", "Review batch"),
    "petition": Text("信访件", "Petition"),
    "emergency": Text("应急响应", "Emergency"),
    "letter_of_assistance": Text("协助函", "Letter of assistance"),
    CORRECTION: Text("核实记录", "Verification of a record"),
}
STANDINGS = {
    "applicant": Text("申请人", "applicant"),
    "household_member": Text("共同生活的家庭成员", "household member"),
    "agent": Text("代理人", "agent"),
    "insured": Text("参保人", "insured person"),
    "inspected": Text("被检查对象", "inspected"),
    "party": Text("案件当事人", "party to the case"),
    "other": Text("其他", "other"),
}
SHOWN = 20
"""Grounds about somebody that their page names, the newest."""


def item_named(item: str) -> Text:
    if item.startswith(f"{CORRECTION}:"):
        return Text("核实数据是否有误", "To verify data that was reported as wrong")
    service = service_items().get(item_of(item) or "")
    if service is not None:
        return service.name.text()
    names = code_list(ITEMS) if is_code_list(ITEMS) else {}
    return names.get(item, Text(item, item))


def kind_named(kind: str) -> Text:
    return GROUND_KINDS.get(kind, Text(kind, kind))


def standing_named(standing: str) -> Text:
    return STANDINGS.get(standing, Text(standing, standing))


def ground_href(number: str) -> str:
    return f"/official/grounds/{quote(number, safe='')}"


@dataclass(frozen=True, slots=True)
class GroundAboutMe:
    """A ground that names somebody: whose, what for, since when, and whether it opens anything."""

    number: str
    organisation: Words
    item: Text
    kind: Text
    standing: Text
    since: datetime
    added: bool
    """Whether they were added to it later."""
    state: Text
    is_open: bool


def grounds_about(visitor: Visitor, subject: str) -> tuple[tuple[GroundAboutMe, ...], int]:
    """The grounds that a person is in, however they were opened, and how many there are: those
    that may open something first, the newest of them first."""
    row, named = GroundRow, GroundSubjectRow
    forms = visitor.services.gateway.forms(subject)
    query = (
        select(row, named)
        .join(named, named.ground == row.number)
        .where(named.key.in_(forms), named.kind == "person")
    )
    now = visitor.frame.now
    with transaction(visitor.services.node.database) as session:
        every = session.execute(query).all()
    opens = [is_open(one, now) and is_confirmed(one) for one, _ in every]
    ranked = sorted(
        zip(opens, every, strict=True),
        key=lambda pair: (pair[0], pair[1][1].added or pair[1][0].opened, pair[1][0].number),
        reverse=True,
    )
    found = [pair for _, pair in ranked[:SHOWN]]
    shown = tuple(
        GroundAboutMe(
            number=ground.number,
            organisation=organisation_name(ground.organisation),
            item=item_named(ground.item),
            kind=kind_named(ground.kind),
            standing=standing_named(one.standing),
            since=one.added or ground.opened,
            added=one.added is not None,
            state=ground_state(ground, now),
            is_open=is_open(ground, now) and is_confirmed(ground),
        )
        for ground, one in found
    )
    return shown, len(every)


def ground_state(ground: GroundRow, now: datetime) -> Text:
    if not is_open(ground, now):
        return Text("已结束，不能再据此查阅", "ended: nothing can be read under it")
    if not is_confirmed(ground):
        return Text("待复核，还不能据此查阅", "awaiting a second signature: nothing opens yet")
    return Text("在办", "open")
