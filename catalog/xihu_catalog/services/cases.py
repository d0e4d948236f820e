"""Cases of service items: what one is made of, what each step asks, and what it opens.

A case is a matter of its item's kind. With the step that hands it in a ground is opened for the
office (业务事由, by the service itself), about the applicant alone; the position that works on the
case reads under it, and it ends with the case. Sources: 行政许可法 32, 42, 44; 浙江最多跑一次 7,
11, 12, 14; Order 809 art. 19.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from xihu_catalog.registry.people import organisation_name
from xihu_catalog.services.items import ItemField, Material, ServiceItem
from xihu_catalog.services.kind import KIND, item_version, kind_of
from xihu_catalog.services.limits import decision_of
from xihu_catalog.services.models import CaseMeasureRow
from xihu_catalog.services.prefill import MATERIAL, RegisterValue, register_values
from xihu_catalog.services.situation import (
    Answer,
    CaseFacts,
    How,
    missing,
    papers_of,
    read_answers,
    spared,
)
from xihu_catalog.services.steps import FIELD
from xihu_platform.access.grounds import GroundRow, GroundSubjectRow
from xihu_platform.clock import civil_date
from xihu_platform.credentials.register import CredentialFacts, issue
from xihu_platform.errors import BadInput, Conflict, NotFound
from xihu_platform.identity.models import OrganisationRow, PositionRow
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.acts import ActContext, ActFunctions
from xihu_platform.matters.kernel import Opening
from xihu_platform.matters.models import (
    MatterAttachmentRow,
    MatterClockRow,
    MatterPartyRow,
    MatterRow,
)
from xihu_platform.matters.texts import MatterTexts
from xihu_platform.matters.views import MatterView
from xihu_platform.matters.who import Doer, MatterParty, party_as

Items = Mapping[tuple[str, int], ServiceItem]
"""Every version of every item."""
CORRECTIONS = "case_corrections"
"""Promised where an applicant disagrees with a register: a request for correction."""
_PERSONS, _FIRMS = frozenset({"1"}), frozenset({"2", "3", "4", "5"})
FieldState = Literal["empty", "confirmed", "amended", "typed"]


def case_opening(session: Session, item: ServiceItem, principal: Principal) -> Opening:
    """A new case of an item, for whom somebody acts. Raises Refused for one whom no office has
    proven, BadInput for a person where it is for firms, and the other way round."""
    applicant = party_as(principal, "applicant")
    check_audience(item, applicant)
    parties = [applicant, MatterParty("office", "organisation", item.body)]
    if item.intake is not None:
        parties.append(MatterParty("intake", "organisation", item.intake.body))
    query = select(OrganisationRow.region).where(OrganisationRow.uscc == item.body)
    return Opening(kind_of(item), tuple(parties), session.scalar(query) or "")


def position_reads(
    session: Session, matter: MatterView, as_whom: Collection[Doer], name: str
) -> bool:
    """What an applicant wrote, much of it as registers have it, and their files are for the
    position that has the case, and for whoever stands in for it: never for a whole organisation."""
    if not matter.definition.kind.startswith(KIND) or not (
        name == "" or name == "answers" or name.startswith(FIELD)
    ):
        return True
    held = session.scalar(select(GroundRow.position).where(GroundRow.number == matter.number))
    return any(held in one.positions for one in as_whom)


def check_audience(item: ServiceItem, applicant: MatterParty) -> None:
    if applicant.kind == "organisation":
        raise BadInput(
            "请在公众门户以本人或者企业的身份申请",
            "apply in the citizen portal, as yourself or for a firm",
        )
    meant = set(item.audience)
    if applicant.kind == "firm" and not meant & _FIRMS:
        raise BadInput(
            f"“{item.name.zh}”由个人申请；请在页面上方改为“本人”再申请",
            f"“{item.name.en}” is for persons: change to yourself at the top of the page",
        )
    if applicant.kind == "person" and not meant & _PERSONS:
        raise BadInput(
            f"“{item.name.zh}”由企业申请；请在页面上方选择您经办的企业。还没有经办授权的，由企业在"
            "登记机关或者政务服务窗口授权",
            f"“{item.name.en}” is for firms: choose the firm that you act for at the top of the "
            "page. A firm gives such a mandate at the registry or at a service counter",
        )


@dataclass(frozen=True, slots=True)
class CaseField:
    """One field of the form as a case has it."""

    field: ItemField
    value: str
    register: RegisterValue | None
    """As the applicant was shown it; None where no register has it."""

    @property
    def state(self) -> FieldState:
        """Confirmed as the register has it, amended, typed where no register has it, or empty."""
        if not self.value:
            return "empty"
        if self.register is None or not self.register.found:
            return "typed"
        return "confirmed" if self.value == self.register.value else "amended"


@dataclass(frozen=True, slots=True)
class Case:
    """One case: what was answered, given and taken from registers."""

    item: ServiceItem
    matter: int
    answers: Mapping[str, Answer]
    fields: tuple[CaseField, ...]
    papers: Mapping[str, How]
    files: Mapping[str, tuple[int, ...]]
    """By paper, the numbers of the files that were attached for it."""

    @property
    def lacking(self) -> list[Material]:
        return missing(self.item, self.papers)

    @property
    def empty(self) -> list[ItemField]:
        """The required fields that have nothing in them."""
        return [o.field for o in self.fields if o.field.required and o.state == "empty"]

    @property
    def amended(self) -> list[CaseField]:
        return [one for one in self.fields if one.state == "amended"]


def item_of_case(items: Items, view: MatterView) -> ServiceItem:
    """The version of the item under which a case runs. Raises NotFound for another matter."""
    definition = view.definition
    version = item_version(definition.version)
    found = items.get((definition.kind.removeprefix(KIND), version))
    if found is None or not definition.kind.startswith(KIND):
        raise NotFound(f"{view.number} 不是办件", f"{view.number} is no case of a service")
    return found


def read_case(
    session: Session,
    texts: MatterTexts,
    items: Items,
    view: MatterView,
    said: Mapping[tuple[int, str], str] | None = None,
) -> Case:
    """A case as it is in this transaction. `said`: what was written, as far as the reader may see
    it; None: all of it."""
    item = item_of_case(items, view)
    said = texts.read(session, view.id) if said is None else said
    newest = {name: text for (_, name), text in sorted(said.items())}
    answers = read_answers(item, newest.get("answers", ""))
    known = register_values(session, texts, view.id, "own")
    fields = tuple(
        CaseField(one, newest.get(f"{FIELD}{one.id}", "").strip(), known.get(one.id))
        for one in item.form
    )
    files = _files(session, view)
    facts = CaseFacts(
        answers=answers,
        found={n.removeprefix(MATERIAL) for n, one in known.items() if one.found},
        uploaded=files.keys(),
        at_counter=_said(view, "at_counter"),
        deferred=_said(view, "deferred"),
    )
    return Case(item, view.id, answers, fields, papers_of(item, facts), files)


def _said(view: MatterView, value: str) -> set[str]:
    """What any of its events has named."""
    return {one for event in view.events for one in event.data.get(value, ())}


def _files(session: Session, view: MatterView) -> dict[str, tuple[int, ...]]:
    """`papers` names them as lease:17, the paper and the number of the file."""
    row = MatterAttachmentRow
    there = set(session.scalars(select(row.id).where(row.matter == view.id)))
    found: dict[str, tuple[int, ...]] = {}
    for one in sorted(_said(view, "papers")):
        paper, _, number = one.partition(":")
        if number.isdigit() and int(number) in there:
            found[paper] = (*found.get(paper, ()), int(number))
    return found


def field_fault(field: ItemField, value: str) -> tuple[str, str] | None:
    """What is wrong with what was written in a field, in both languages."""
    if field.kind == "date" and not _is_day(value):
        return ("请填写日期，如 2026-01-31", "write a day, as 2026-01-31")
    if field.kind == "number" and not value.removeprefix("-").replace(".", "", 1).isdigit():
        return ("请填写数字", "write a number")
    if field.kind == "yes_no" and value not in {"yes", "no"}:
        return ("请选择是或者否", "choose yes or no")
    return None


def _is_day(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class CaseActs:
    """What the kinds of items may name, with what it needs of the platform."""

    items: Items
    texts: MatterTexts

    def functions(self) -> ActFunctions:
        return ActFunctions(
            guards={
                "case_is_complete": self.case_is_complete,
                "gaps_are_named": gaps_are_named,
                "only_deferrable": self.only_deferrable,
                "papers_did_not_follow": self.papers_did_not_follow,
                "deferred_are_there": self.deferred_are_there,
                "steps_are_done": self.steps_are_done,
                "fee_is_paid": fee_is_paid,
            },
            effects={
                "open_case": self.open_case,
                "hand_case_on": self.hand_case_on,
                "issue_licence": self.issue_licence,
                "take_case": take_case,
                "close_case": close_case,
            },
        )

    def _case(self, context: ActContext) -> Case:
        return read_case(context.session, self.texts, self.items, context.matter)

    def case_is_complete(self, context: ActContext) -> None:
        """Raises BadInput with everything that an application lacks, by its name."""
        case = self._case(context)
        zh, en = list[str](), list[str]()
        for field in case.empty:
            zh.append(f"请填写“{field.title.zh}”")
            en.append(f"fill in “{field.title.en}”")
        for one in case.fields:
            if one.value and (fault := field_fault(one.field, one.value)):
                zh.append(f"“{one.field.title.zh}”：{fault[0]}")
                en.append(f"“{one.field.title.en}”: {fault[1]}")
        for paper in case.lacking:
            zh.append(f"请添加“{paper.name.zh}”，或者选择到窗口交")
            en.append(f"add “{paper.name.en}”, or choose to bring it to the counter")
        if zh:
            raise BadInput("；".join(zh), "; ".join(en))

    def only_deferrable(self, context: ActContext) -> None:
        """Papers may follow where the item says so, and only those that are not there."""
        case, chosen = self._case(context), _named(context, "deferred")
        open_ones = {
            one.id
            for one in case.item.materials
            if one.deferrable_days and case.papers[one.id] not in {"uploaded", "not_needed"}
        }
        if not chosen or not chosen <= open_ones:
            raise BadInput(
                "请选择允许容缺、而且还没有交的材料",
                "choose papers that may follow and are not there yet",
            )

    def deferred_are_there(self, context: ActContext) -> None:
        case, view = self._case(context), context.matter
        waiting = _said(view, "deferred") - _said(view, "at_counter") - case.files.keys()
        if left := [one for one in case.item.materials if one.id in waiting]:
            raise BadInput(
                f"还缺：{'、'.join(one.name.zh for one in left)}",
                f"still missing: {', '.join(one.name.en for one in left)}",
            )

    def papers_did_not_follow(self, context: ActContext) -> None:
        """Acceptance is revoked after the day on which the papers were due, not before."""
        item = item_of_case(self.items, context.matter)
        duty = f"{decision_of(item)}_papers"
        begun = next((one for one in context.matter.clocks if one.duty == duty), None)
        if begun is None or not self._is_past(context, duty):
            raise Conflict(
                "容缺材料的补齐期限还没有过，不能撤销受理",
                "the papers may still follow: acceptance cannot be revoked before their last day",
            )

    def _is_past(self, context: ActContext, duty: str) -> bool:
        row = MatterClockRow
        query = select(row.due_on).where(row.matter == context.matter.id, row.duty == duty)
        due = context.session.scalar(query)
        return due is not None and civil_date(context.now) > due

    def steps_are_done(self, context: ActContext) -> None:
        """A visit was made, a public notice was up for its days."""
        item, done = item_of_case(self.items, context.matter), context.matter.events
        today = civil_date(context.now)
        for step in item.steps:
            made = next((one for one in done if one.name == f"do_{step.id}"), None)
            if made is None:
                raise Conflict(
                    f"还没有办理“{step.title.zh}”", f"“{step.title.en}” has not been done yet"
                )
            until = civil_date(made.at) + timedelta(days=step.days)
            if step.kind == "notice" and today <= until:
                raise Conflict(
                    f"“{step.title.zh}”到 {until.isoformat()} 期满，之后才能办理下一步",
                    f"“{step.title.en}” is up until {until.isoformat()}: go on after that day",
                )

    def open_case(self, context: ActContext) -> None:
        """The ground of the case, about the applicant alone, for one of the office's handlers; and
        the promise of a correction where the applicant disagrees with a register."""
        item, matter = item_of_case(self.items, context.matter), context.matter
        office = item.intake.body if item.intake is not None else item.body
        position = self._free_handler(context, office)
        context.session.add(
            GroundRow(
                number=matter.number,
                kind="service_case",
                item=kind_of(item),
                organisation=office,
                position=position,
                opened=context.now,
                closed=None,
                origin="service",
                opened_by=f"service:{item.id}",
                countersigned_by=None,
                matter=matter.id,
            )
        )
        context.session.flush()
        for number, one in enumerate((p for p in matter.parties if p.role == "applicant"), 1):
            context.session.add(
                GroundSubjectRow(
                    ground=matter.number,
                    number=number,
                    key=one.key,
                    kind=one.kind,
                    standing="applicant",
                    added=None,
                )
            )
        case = self._case(context)
        saved = spared(item, case.papers)
        context.session.add(
            CaseMeasureRow(
                matter=matter.id,
                item=item.id,
                organisation=item.body,
                spared=saved.papers,
                papers=saved.of,
                filled=sum(one.state == "confirmed" for one in case.fields),
                fields=sum(one.state != "empty" for one in case.fields),
            )
        )
        if case.amended:
            context.promise(CORRECTIONS)

    def issue_licence(self, context: ActContext) -> None:
        """The licence of the item, in the commit of the grant, under the number of the case."""
        case, matter = self._case(context), context.matter
        item = case.item
        if item.licence is None:
            return
        (applicant,) = (one for one in matter.parties if one.role == "applicant")
        names = [one.value for one in case.fields if one.field.id in {"name", "firm"} and one.value]
        facts = CredentialFacts(
            kind=item.licence,
            title=item.result.text(),
            number=matter.number,
            issuer=item.body,
            issuer_name=organisation_name(item.body),
            holder=applicant.key,
            holder_name=names[0] if names else "—",
            matter=matter.id,
        )
        issue(context.session, self.texts, facts, context.now)

    def hand_case_on(self, context: ActContext) -> None:
        """From the office that received it to the one that decides."""
        item = item_of_case(self.items, context.matter)
        position = self._free_handler(context, item.body)
        _write(context, organisation=item.body, position=position)

    def _free_handler(self, context: ActContext, office: str) -> str:
        """Of the office's handlers in office, the one with the fewest open cases.

        Raises Conflict where the office has none: nobody would look at the case.
        """
        today, row, ground = civil_date(context.now), PositionRow, GroundRow
        query = select(row).where(
            row.organisation == office, row.valid_from <= today, today <= row.valid_to
        )
        handlers = [
            one.id for one in context.session.scalars(query) if "handler" in one.duties.split()
        ]
        if not handlers:
            raise Conflict(
                "实施机关现在没有经办人员，请拨打办事指南上的电话",
                "the office has no case handler now: ring the number on the guide",
            )
        count = select(ground.position, func.count()).where(
            ground.position.in_(handlers), ground.kind == "service_case", ground.closed.is_(None)
        )
        busy = dict(context.session.execute(count.group_by(ground.position)).all())
        return min(sorted(handlers), key=lambda one: busy.get(one, 0))


def _named(context: ActContext, value: str) -> set[str]:
    """The codes that this event gives."""
    given = context.command.values.get(value)
    return set(given) if isinstance(given, list) else set()


def gaps_are_named(context: ActContext) -> None:
    """All that is missing is told at once: what is not named now is not asked for later."""
    if not str(context.command.values.get("gaps") or "").strip():
        raise BadInput("请写明需要补正的全部内容", "write down all that is missing")


def fee_is_paid(context: ActContext) -> None:
    if not any(one.name == "record_payment" for one in context.matter.events):
        raise Conflict("还没有登记缴费", "the payment has not been entered yet")


def take_case(context: ActContext) -> None:
    """Whoever works on a case now reads under it; whoever did before does not."""
    position = context.doer.position
    assert position is not None  # an office's event
    _write(context, organisation=position.organisation, position=position.id)


def close_case(context: ActContext) -> None:
    """Nobody reads under it from this commit on."""
    _write(context, closed=context.now)


def _write(context: ActContext, **changed: object) -> None:
    row = update(GroundRow).where(GroundRow.number == context.matter.number)
    context.session.execute(row.values(**changed))


def find_draft(session: Session, kind: str, applicant: MatterParty) -> int | None:
    """The application of this kind that somebody has begun and not handed in, the newest."""
    row, party = MatterRow, MatterPartyRow
    query = (
        select(row.id)
        .join(party, party.matter == row.id)
        .where(
            row.kind == kind,
            row.state == "draft",
            party.role == applicant.role,
            party.kind == applicant.kind,
            party.key == applicant.key,
        )
    )
    return session.scalar(query.order_by(row.id.desc()).limit(1))
