"""Cases of service items: what one is made of, what each step asks, and what it opens.

A case is a matter of its item's kind. With the step that hands it in a ground is opened for the
office (业务事由, by the service itself), about the applicant alone; the position that works on the
case reads under it, and it ends with the case. Sources: 行政许可法 32, 42, 44; 浙江最多跑一次 7,
11, 12, 14; Order 809 art. 19.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select, update

from xihu_catalog.registry.people import organisation_name
from xihu_catalog.services.case import (
    Case,
    Items,
    field_fault,
    file_number,
    has_case,
    is_own_case,
    item_of_case,
    read_case,
    said_last,
)
from xihu_catalog.services.handing_in import CLEARED, FIELD
from xihu_catalog.services.kind import kind_of
from xihu_catalog.services.limits import decision_of
from xihu_catalog.services.mandate import check_writer, proven_name
from xihu_catalog.services.models import CaseMeasureRow
from xihu_catalog.services.parts import (
    PARTS,
    PLATFORM,
    can_be_withdrawn,
    check_received,
    part_states,
)
from xihu_catalog.services.situation import (
    read_answers,
    spared,
)
from xihu_platform.access import reasons
from xihu_platform.access.grounds import GroundRow, GroundSubjectRow
from xihu_platform.clock import civil_date
from xihu_platform.credentials.models import CredentialRow
from xihu_platform.credentials.register import (
    ENDED,
    CredentialFacts,
    StateChange,
    change_state,
    issue,
)
from xihu_platform.errors import BadInput, Conflict, Refused
from xihu_platform.identity.models import PositionRow
from xihu_platform.matters.acts import ActContext, ActFunctions
from xihu_platform.matters.attachments import THERE, drop_unsent
from xihu_platform.matters.models import (
    MatterAttachmentRow,
    MatterClockRow,
)
from xihu_platform.matters.texts import MatterTexts

CORRECTIONS = "case_corrections"
"""Promised where an applicant disagrees with a register: a request for correction."""


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
                "position_has_case": position_has_case,
                "writing_fits": self.writing_fits,
                "something_was_supplied": self.something_was_supplied,
                "received_with_bundle": self.received_with_bundle,
                "platform_says": platform_says,
                "writer_is_proven": self.writer_is_proven,
                "part_can_be_withdrawn": self.part_can_be_withdrawn,
            },
            effects={
                "open_case": self.open_case,
                "hand_case_on": self.hand_case_on,
                "issue_licence": self.issue_licence,
                "take_case": take_case,
                "annul_licence": self.annul_licence,
                "close_case": close_case,
                "drop_replaced": drop_replaced,
                "open_parts": lambda context: context.promise(PARTS),
                "bundle_goes_on": bundle_goes_on,
            },
            bars={
                "position_has_case": lambda *of: not has_case(*of) or is_own_case(*of),
                "platform_says": lambda _session, _matter, doer: doer != PLATFORM,
            },
        )

    def received_with_bundle(self, context: ActContext) -> None:
        """Raises BadInput for another moment than that of the bundle."""
        if context.command.at is not None:
            check_received(
                context.session, self.texts, self.items, context.matter, context.command.at
            )

    def writer_is_proven(self, context: ActContext) -> None:
        """Raises as `check_writer`."""
        item = item_of_case(self.items, context.matter)
        check_writer(context.session, item, context.doer, *_days(context))

    def part_can_be_withdrawn(self, context: ActContext) -> None:
        """Raises Conflict where every case of a bundle is decided or over, and as `check_writer`
        for whoever withdraws it."""
        case = self._case(context)
        self.writer_is_proven(context)
        states = part_states(context.session, case.item, context.matter.id, case.answers)
        if not any(can_be_withdrawn(self.items, states, one) for one in states):
            raise Conflict(
                "各事项都已决定或者办结，没有可以撤回的",
                "every item is decided or closed: nothing can be withdrawn any more",
            )

    def _case(self, context: ActContext) -> Case:
        return read_case(context.session, self.texts, self.items, context.matter)

    def case_is_complete(self, context: ActContext) -> None:
        """Raises BadInput with everything that an application lacks, by its name; and where whoever
        hands it in for somebody is not authorised to."""
        case = self._case(context)
        check_writer(context.session, case.item, context.doer, *_days(context))
        zh, en = list[str](), list[str]()
        for field in case.empty:
            zh.append(f"请填写“{field.title.zh}”")
            en.append(f"fill in “{field.title.en}”")
        for one in case.fields:
            if one.value and (fault := field_fault(one, one.value, civil_date(context.now))):
                zh.append(f"“{one.field.title.zh}”：{fault[0]}")
                en.append(f"“{one.field.title.en}”: {fault[1]}")
        for paper in case.lacking:
            zh.append(f"请添加“{paper.name.zh}”，或者选择到窗口交")
            en.append(f"add “{paper.name.en}”, or choose to bring it to the counter")
        if zh:
            raise BadInput("；".join(zh), "; ".join(en))

    def writing_fits(self, context: ActContext) -> None:
        """Answers are to the item's questions, papers are the item's, and each file is one of this
        case for one paper alone. Raises BadInput."""
        item, values = item_of_case(self.items, context.matter), context.command.values
        check_writer(context.session, item, context.doer, *_days(context))
        read_answers(item, str(values.get("answers") or ""))
        row = MatterAttachmentRow
        mine = (row.matter == context.matter.id, THERE)
        there = context.session.scalars(select(row.id).where(*mine))
        files = {str(one) for one in there}
        named = [one.partition(":") for one in sorted(_named(context, "papers"))]
        numbers = [number for _, _, number in named]
        emptied = _named(context, CLEARED)
        if not emptied <= {"at_counter", *(f"{FIELD}{one.id}" for one in item.form)}:
            raise BadInput("这个事项没有这一项", "the service has no such field")
        known = {one.id for one in item.materials}
        if not {paper for paper, _, _ in named} <= known or not set(numbers) <= files:
            raise BadInput(
                "材料或者附件编号有误，请在材料页面添加",
                "a paper or a file is none of this case: add it on the page of papers",
            )
        if len(set(numbers)) != len(numbers):
            raise BadInput("一个文件只作一份材料", "one file is for one paper")

    def something_was_supplied(self, context: ActContext) -> None:
        """Raises BadInput where nothing was written since the office asked, and where whoever
        supplies it for somebody is not authorised to."""
        item = item_of_case(self.items, context.matter)
        check_writer(context.session, item, context.doer, *_days(context))
        names = [one.name for one in context.matter.events]
        if "write" not in names[names.index("ask_completion") :]:
            raise BadInput(
                "还没有补充任何内容，请先修改信息或者添加材料",
                "nothing was supplied yet: change what is filled in, or add a paper",
            )

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
        case = self._case(context)
        check_writer(context.session, case.item, context.doer, *_days(context))
        waiting = said_last(context.matter, "deferred") - case.files.keys()
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
        self._check_licences(context)
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

    def _check_licences(self, context: ActContext) -> None:
        """A licence that served in place of a paper when it was handed in may have ended since."""
        case = self._case(context)
        of_licences = [one for one in case.lacking if one.licence is not None]
        if of_licences:
            names = [one.name.text() for one in of_licences]
            raise Conflict(
                f"代替“{'、'.join(one.zh for one in names)}”的证照已失效，不能准予；请核实后决定",
                f"the licence that served for “{', '.join(one.en for one in names)}” has ended: "
                "nothing can be granted on it",
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
                counter=sum(one == "at_counter" for one in case.papers.values()),
            )
        )
        if case.amended:
            context.promise(CORRECTIONS)

    def issue_licence(self, context: ActContext) -> None:
        """The licence of the item, in the commit of the grant, under the number of the case."""
        matter = context.matter
        item = item_of_case(self.items, matter)
        if item.licence is None:
            return
        (applicant,) = (one for one in matter.parties if one.role == "applicant")
        facts = CredentialFacts(
            kind=item.licence,
            title=item.result.text(),
            number=matter.number,
            issuer=item.body,
            issuer_name=organisation_name(item.body),
            holder=applicant.key,
            holder_name=proven_name(context.session, matter, applicant),
            matter=matter.id,
        )
        issue(context.session, self.texts, facts, context.now)

    def annul_licence(self, context: ActContext) -> None:
        """撤销, in the commit in which the decision is annulled (许可法 69)."""
        position, now = context.doer.position, context.now
        change = StateChange(
            state="annulled",
            effective_on=civil_date(now),
            sub=context.doer.sub,
            position=position.id if position else None,
            reason=context.command.reason or "",
        )
        row = CredentialRow
        issued = select(row.id).where(row.matter == context.matter.id, row.state.not_in(ENDED))
        for one in context.session.scalars(issued).all():
            change_state(context.session, self.texts, one, change, now)

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


def _days(context: ActContext) -> tuple[date, ...]:
    """On which whoever acts may be authorised to: now, and when it was received with a bundle."""
    return tuple(civil_date(one) for one in (context.now, context.command.at) if one is not None)


def _named(context: ActContext, value: str) -> set[str]:
    """The codes that this event gives."""
    given = context.command.values.get(value)
    return set(given) if isinstance(given, list) else set()


def position_has_case(context: ActContext) -> None:
    """Nobody decides on what they cannot read: whoever acts has taken the case. Nobody decides on
    their own: another one takes it."""
    of = (context.session, context.matter, context.doer)
    if not has_case(*of):
        raise Conflict("请先领办，再办理", "take the case first, then act")
    if is_own_case(*of):
        raise Refused(reasons.CASE_OF_ONESELF)


def gaps_are_named(context: ActContext) -> None:
    """All that is missing is told at once: what is not named now is not asked for later."""
    if not str(context.command.values.get("gaps") or "").strip():
        raise BadInput("请写明需要补正的全部内容", "write down all that is missing")


def drop_replaced(context: ActContext) -> None:
    """A file that a paper had and has no more, and that was not handed in, is removed."""
    if "papers" not in context.command.values:
        return
    before, now = said_last(context.matter, "papers"), _named(context, "papers")
    left = _file_numbers(before) - _file_numbers(now)
    drop_unsent(context.session, context.matter, left)


def _file_numbers(named: set[str]) -> set[int]:
    """Of what says which file is which paper."""
    numbers = (number for _, _, number in (one.partition(":") for one in named))
    return {one for number in numbers if (one := file_number(number))}


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
    bundle_goes_on(context)


def platform_says(context: ActContext) -> None:
    """Raises Conflict for anybody who says it themselves."""
    if context.doer != PLATFORM:
        raise Conflict("这一步由平台自动完成", "the platform says so by itself")


def bundle_goes_on(context: ActContext) -> None:
    """What comes after it in its bundle may begin now, the bundle be over, or its applicant have
    something to complete."""
    if context.matter.parent is not None:
        context.promise(PARTS)


def _write(context: ActContext, **changed: object) -> None:
    row = update(GroundRow).where(GroundRow.number == context.matter.number)
    context.session.execute(row.values(**changed))
