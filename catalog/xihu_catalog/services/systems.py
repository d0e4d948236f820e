"""Cases as a department's own system works with them: which are its, in what order they come, and
for whom it may say what was done.

An item names the system of its body (`system`). The system writes nothing in its own name but that
it wrote it: each step is that of a position, with the duties and the separation of that position.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from xihu_catalog.services.item import ServiceItem
from xihu_catalog.services.items import service_items
from xihu_catalog.services.kind import KIND, item_of, item_version, kind_of
from xihu_platform.access.grounds import GroundRow
from xihu_platform.errors import BadInput, NotFound
from xihu_platform.identity.models import PositionRow
from xihu_platform.identity.people import list_positions_by_id
from xihu_platform.identity.principal import Principal, ReportedFor
from xihu_platform.matters.definition import EventRule
from xihu_platform.matters.models import MatterClockRow, MatterEventRow, MatterRow
from xihu_platform.matters.views import MatterView

DECISIONS = frozenset({"granted", "refused"})
"""The states that a decision leads to."""
HANDLES = "handler"


@dataclass(frozen=True, slots=True)
class CasePlace:
    """Where a page of the list ended: the moment of handing in, and the matter."""

    opened: datetime
    matter: int


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases are wanted: in one state, with something recorded since a moment."""

    state: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One case in a list: nothing that its applicant wrote."""

    matter: int
    number: str
    kind: str
    definition: int
    state: str
    version: int
    received: datetime
    position: str
    due: date | None
    firm: bool

    @property
    def item(self) -> str:
        return item_of(self.kind) or ""

    @property
    def item_version(self) -> int:
        return item_version(self.definition)

    @property
    def place(self) -> CasePlace:
        return CasePlace(self.received, self.matter)


def items_of_system(principal: Principal) -> dict[str, ServiceItem]:
    """By kind, the items whose body has this system, as their newest versions say."""
    own = principal.position.organisation if principal.position else None
    if principal.kind != "system":
        return {}
    return {
        kind_of(one): one
        for one in service_items().values()
        if one.system == principal.id and one.body == own
    }


def system_cases(
    session: Session,
    principal: Principal,
    positions: Collection[str],
    wanted: CaseFilter,
    after: CasePlace | None,
    limit: int,
) -> list[CaseLine]:
    """In the order in which they were handed in, which no later step changes: whoever pages meets
    each once, and new ones at the end. A system's are those of its items that its organisation
    has; an official's those of the given positions. Two questions, however many there are."""
    ground, row = GroundRow, MatterRow
    query = (
        select(
            *(row.id, ground.number, row.kind, row.definition, row.state, row.version),
            *(ground.opened, ground.position),
        )
        .join(row, row.id == ground.matter)
        .where(_handed_in(principal, positions), *_filtered(wanted))
        .order_by(ground.opened, row.id)
        .limit(limit)
    )
    if after is not None:
        later = and_(ground.opened == after.opened, row.id > after.matter)
        query = query.where(or_(ground.opened > after.opened, later))
    rows = session.execute(query).all()
    due = _due(session, [one.id for one in rows])
    return [CaseLine(*one, *due.get(one.id, (None, True))) for one in rows]


def _handed_in(principal: Principal, positions: Collection[str]) -> ColumnElement[bool]:
    """A case has a ground of the service's own from the moment it is handed in."""
    ground = GroundRow
    service = and_(ground.kind == "service_case", ground.origin == "service")
    if principal.kind != "system":
        return and_(
            service, ground.position.in_(positions), ground.item.startswith(KIND, autoescape=True)
        )
    own = principal.position.organisation if principal.position else ""
    return and_(service, ground.item.in_(items_of_system(principal)), ground.organisation == own)


def _filtered(wanted: CaseFilter) -> list[ColumnElement[bool]]:
    """Nothing happens in a case after its ground is closed: the closed of before are not asked."""
    said = list[ColumnElement[bool]]()
    if wanted.state is not None:
        said.append(MatterRow.state == wanted.state)
    if wanted.since is not None:
        event, ground = MatterEventRow, GroundRow
        new = exists().where(event.matter == ground.matter, event.recorded_at >= wanted.since)
        said += [or_(ground.closed.is_(None), ground.closed >= wanted.since), new]
    return said


def _due(session: Session, ids: Collection[int]) -> dict[int, tuple[date | None, bool]]:
    """Of each, the running clock that ends first."""
    clock = MatterClockRow
    query = (
        select(clock.matter, clock.due_on, clock.firm)
        .where(clock.matter.in_(ids), clock.stop_seq.is_(None), clock.due_on.is_not(None))
        .order_by(clock.due_on.desc())
    )
    return {matter: (day, firm) for matter, day, firm in session.execute(query)}


@dataclass(frozen=True, slots=True)
class SystemCase:
    """A case that is a system's: its matter, who has it, and whether it is over."""

    matter: int
    number: str
    position: str
    received: datetime
    closed: bool


def system_case(session: Session, principal: Principal, number: str) -> SystemCase:
    """Raises NotFound, in the same words, for a number that there is not, for a draft, and for a
    case of another's item or organisation."""
    ground = session.get(GroundRow, number)
    own = principal.position.organisation if principal.position else ""
    if (
        ground is None
        or ground.origin != "service"
        or ground.matter is None
        or ground.organisation != own
        or ground.item not in items_of_system(principal)
    ):
        raise NotFound(
            f"没有编号为 {number} 的办件，或者它不归您的系统办理",
            f"there is no case {number}, or it is none of your system's",
        )
    over = ground.closed is not None
    return SystemCase(ground.matter, number, ground.position, ground.opened, over)


def line_of(session: Session, case: SystemCase, view: MatterView) -> CaseLine:
    """A case as the list has it."""
    due, firm = _due(session, [view.id]).get(view.id, (None, True))
    return CaseLine(
        matter=view.id,
        number=view.number,
        kind=view.definition.kind,
        definition=view.definition.version,
        state=view.state,
        version=view.version,
        received=case.received,
        position=case.position,
        due=due,
        firm=firm,
    )


def reported_for(
    session: Session, principal: Principal, position: str, today: date, by: str | None = None
) -> Principal:
    """The system as it says what a position of its organisation did.

    Raises BadInput, in the same words, for a position that there is not, of another organisation,
    or that nobody has today.
    """
    own = principal.position.organisation if principal.position else ""
    found = [p for p in list_positions_by_id(session, [position], today) if p.organisation == own]
    if not found:
        raise BadInput(
            f"本单位今天没有在任的岗位“{position}”，请填写办理人员的岗位编号",
            f"your organisation has no position “{position}” that somebody has today: name that "
            "of whoever did it",
        )
    return replace(principal, reported_for=ReportedFor(found[0], by))


def asks_a_person(rule: EventRule) -> bool:
    """Whether a step is somebody's decision or opinion, which no program makes: what leads to a
    grant or a refusal, what names an article, what is found of a commitment, an opinion among
    colleagues, and what is for a head of the office alone."""
    duties = rule.actor.duties
    return (
        rule.target in DECISIONS
        or "article" in rule.needs
        or rule.name.startswith("commitment_")
        or rule.inside
        or (bool(duties) and HANDLES not in duties)
    )


def check_decider(session: Session, rule: EventRule, view: MatterView, said: ReportedFor) -> None:
    """Whoever decided has the position that it is reported for, and did nothing that somebody else
    has to do. Raises BadInput."""
    by = said.decided_by
    if not asks_a_person(rule):
        if by is not None:
            raise BadInput(
                f"“{rule.title.zh}”不是决定，不填 decided_by",
                f"“{rule.title.en}” is no decision: leave decided_by out",
            )
        return
    row = session.get(PositionRow, said.position.id)
    if by is None or row is None or row.person != by:
        raise BadInput(
            f"“{rule.title.zh}”须由人作出：请在 decided_by 写明担任岗位 {said.position.id} 的人员",
            f"“{rule.title.en}” is for a person: name in decided_by whoever has the position "
            f"{said.position.id}",
        )
    if by in _did(session, rule, view):
        raise BadInput(
            f"前一步由同一人办理，“{rule.title.zh}”须由他人作出（{view.definition.law.zh}）",
            f"the same person did the step before: “{rule.title.en}” is for somebody else "
            f"({view.definition.law.en})",
        )


def _did(session: Session, rule: EventRule, view: MatterView) -> set[str]:
    """The persons who did what whoever decides may not have done, also where it was reported."""
    before = [one for one in view.events if one.name in rule.actor.apart_from]
    positions = {p for one in before for p in (one.position, one.stands_in_for) if p}
    row = PositionRow
    people = session.scalars(select(row.person).where(row.id.in_(positions)))
    return {one.sub for one in before} | set(people)
