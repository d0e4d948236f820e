"""Requests for correction: a field of one record is wrong, says somebody who was shown it.

The mark 核实中 is placed in the commit of the request and lifted in that of its answer. *Corrected*
is proven by a snapshot in which the field reads otherwise; the word of a steward is not enough.
Sources: Order 809 art. 26, PIPL art. 46.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from xihu_catalog.sharing.requests import authority_of
from xihu_platform.access.disputed import CorrectionMarkRow
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.grounds import CORRECTION, GroundItemRow, GroundRow, GroundSubjectRow
from xihu_platform.access.policy import Policy
from xihu_platform.access.row_keys import (
    RowKey,
    RowRef,
    RowRefs,
    find_records,
    has_key,
    in_key_version,
    same_record,
)
from xihu_platform.errors import BadInput, Conflict, NotFound
from xihu_platform.identity.models import OrganisationRow
from xihu_platform.identity.principal import Principal
from xihu_platform.lake.snapshot import Snapshot
from xihu_platform.matters.acts import ActContext, ActFunctions
from xihu_platform.matters.command import names_a_paper
from xihu_platform.matters.kernel import Opening
from xihu_platform.matters.models import MatterEventRow, MatterRow
from xihu_platform.matters.who import Doer, MatterParty, party_as

DEPARTMENT, PERSON = "correction_request", "personal_correction"
"""Kinds: 校核申请 of a department, 更正申请 of a person or firm."""
GUARDS = (
    *("row_was_shown", "papers_name_nobody", "claim_is_new"),
    "snapshot_has_it_corrected",
)
EFFECTS = ("mark_field", "lift_mark", "open_record_to_verifier", "tell_readers_of_record")
READERS = "row_readers"
"""The effect outside its transaction by which whoever was shown a corrected record is told."""
_MISSING = object()


def correction_opening(
    session: Session, policy: Policy, principal: Principal, today: date
) -> Opening:
    """Of an office, or of the person or firm that somebody acts for. Raises Conflict where no
    authority is known, Refused for somebody whose identity is not proven."""
    others = (
        MatterParty("source", "organisation", policy.provider),
        MatterParty("authority", "organisation", authority_of(session, policy.provider, today)),
    )
    position = principal.position
    if position is None:
        region = session.scalar(
            select(OrganisationRow.region).where(OrganisationRow.uscc == policy.provider)
        )
        applicant = party_as(principal, "applicant")
        return Opening(PERSON, (applicant, *others), region or "", policy.dataset)
    if position.organisation == policy.provider:
        raise Conflict(
            f"数据集 {policy.dataset} 由本部门提供，请直接更正并装载",
            f"{policy.dataset} is your own department's: correct it and load it",
        )
    reporter = party_as(principal, "reporter")
    return Opening(DEPARTMENT, (reporter, *others), position.region, policy.dataset)


@dataclass(frozen=True, slots=True)
class RecordActs:
    """Guards and effects, with what they need of the platform."""

    find_policy: Callable[[str], Policy]
    """Raises NotFound for a dataset that is not in force."""
    refs: RowRefs
    promote: Callable[[str, int], str]
    gateway: AccessGateway | None
    """None where nobody acts: in a command that lets time speak."""

    def functions(self) -> ActFunctions:
        """What the registry's kinds `correction_request` and `personal_correction` may name."""
        return ActFunctions(
            guards={
                "row_was_shown": self.row_was_shown,
                "papers_name_nobody": papers_name_nobody,
                "claim_is_new": self.claim_is_new,
                "snapshot_has_it_corrected": self.snapshot_has_it_corrected,
            },
            effects={
                "mark_field": self.mark_field,
                "lift_mark": lift_mark,
                "open_record_to_verifier": self.open_record_to_verifier,
                "tell_readers_of_record": tell_readers_of_record,
            },
        )

    def row_was_shown(self, context: ActContext) -> None:
        """The reference is one that the platform gave this very reader, and the dataset has the
        field."""
        policy = self._policy(context)
        self._ref(context)
        name = str(context.facts["field"])
        if policy.field(name) is None:
            raise BadInput(
                f"数据集 {policy.dataset} 没有数据项 {name}，请选择",
                f"{policy.dataset} has no field {name}: choose one",
            )

    def claim_is_new(self, context: ActContext) -> None:
        """What is being verified gets no second mark; what was found right needs other evidence."""
        policy, ref = self._policy(context), self._ref(context)
        row, opening = CorrectionMarkRow, MatterEventRow
        query = (
            select(row.key, row.lifted_at, MatterRow.outcome, opening.data)
            .join(MatterRow, MatterRow.id == row.matter)
            .join(opening, (opening.matter == row.matter) & (opening.seq == 1))
            .where(row.dataset == policy.dataset, row.field == context.facts["field"])
        )
        for mark in context.session.execute(query):
            if not same_record(tuple(mark.key), ref.key, policy, self.promote):
                continue
            if mark.lifted_at is None:
                raise _being_verified()
            if mark.outcome == "refused" and _papers(mark.data) == _papers(_said(context)):
                raise Conflict(
                    "同样的材料已经核实过，结果为无误；有新的证明材料时，可以写明材料编号再次申请",
                    "it was verified with the same evidence before and found right: with other "
                    "evidence, name its number and apply again",
                )

    def snapshot_has_it_corrected(self, context: ActContext) -> None:
        """The snapshot was loaded after the request, and the field of that record reads otherwise
        in it, or the record is gone."""
        mark, policy = _mark(context), self._policy(context)
        cited = self._cited(policy, str(context.facts["snapshot"]))
        shown = self._shown(policy, mark.snapshot_id)
        if cited.committed_at <= (shown.committed_at if shown else mark.placed_at):
            raise BadInput(
                f"快照 {cited.id} 不是申请之后装载的，请写更正后装载的快照编号",
                f"snapshot {cited.id} was there before the request: name one that was loaded "
                "after the correction",
            )
        if shown is None:
            return  # erased or expired since: there is nothing to compare with
        key = tuple(mark.key)
        after = self._value(policy, cited, key, mark.field)
        if after == self._value(policy, shown, key, mark.field):
            raise BadInput(
                f"快照 {cited.id} 中这一项没有变化，请先更正数据并装载；确认无误的，请选择核实无误",
                f"the field is as it was in snapshot {cited.id}: correct and load the data first, "
                "or find it right",
            )

    def mark_field(self, context: ActContext) -> None:
        """The mark is there in the commit of the request."""
        ref = self._ref(context)
        context.session.add(
            CorrectionMarkRow(
                dataset=context.matter.about,
                key=list(ref.key),
                digest=sha256(repr(ref.key).encode()).hexdigest(),
                field=context.facts["field"],
                snapshot_id=ref.snapshot_id,
                matter=context.matter.id,
                placed_at=context.now,
                lifted_at=None,
            )
        )
        try:
            context.session.flush()
        except IntegrityError:  # somebody else's request for it, at the same moment
            raise _being_verified() from None

    def open_record_to_verifier(self, context: ActContext) -> None:
        """Whoever takes the request up may look at the records of whom it is about, under its
        number; each look is in the log. Another position that takes it up has it from then on."""
        matter, position = context.matter, context.doer.position
        assert position is not None  # the source is an organisation
        there = context.session.get(GroundRow, matter.number)
        if there is not None:
            there.position = position.id
            return
        policy = self._policy(context)
        subject = self._subject(context, policy)
        if subject is None:
            return  # about nobody: what a steward sees in any case
        item = f"{CORRECTION}:{policy.dataset}"[:64]
        context.session.merge(
            GroundItemRow(
                item=item,
                dataset=policy.dataset,
                fields=[one.name for one in policy.fields],
                claims=[],
            )
        )
        opening = matter.events[0]
        context.session.add(
            GroundRow(
                number=matter.number,
                kind=CORRECTION,
                item=item,
                organisation=position.organisation,
                position=position.id,
                opened=context.now,
                closed=None,
                origin="service",
                opened_by=opening.sub,
                countersigned_by=None,
                matter=matter.id,
            )
        )
        context.session.flush()
        key, kind = subject
        context.session.add(
            GroundSubjectRow(
                ground=matter.number, number=1, key=key, kind=kind, standing="other", added=None
            )
        )

    def _subject(self, context: ActContext, policy: Policy) -> tuple[str, str] | None:
        """Whom the record is about: the applicant, else by its key; None where nobody can tell."""
        for party in context.matter.parties:
            if party.role == "applicant":
                return party.key, party.kind
        name = policy.row_key
        if name is None or name not in policy.primary_key:
            return None
        value = _mark(context).key[policy.primary_key.index(name)]
        return value, "person" if name == policy.subject_key else "firm"

    def _policy(self, context: ActContext) -> Policy:
        return self.find_policy(context.matter.about or "")

    def _ref(self, context: ActContext) -> RowRef:
        given = context.command.values.get("row")
        text = given[0] if isinstance(given, list) and len(given) == 1 else ""
        return self.refs.open(_reader(context.doer), context.matter.about or "", text)

    def _gateway(self) -> AccessGateway:
        assert self.gateway is not None  # people act where there is one
        return self.gateway

    def _cited(self, policy: Policy, number: str) -> Snapshot:
        wrong = BadInput(
            f"没有快照 {number[:30]}，请从数据集页面的版本列表中选取",
            f"there is no snapshot {number[:30]}: the dataset's page lists them",
        )
        if not number.isascii() or not number.isdigit() or len(number) > 19:
            raise wrong
        try:
            return self._gateway().snapshot(policy, int(number))
        except NotFound:
            raise wrong from None

    def _shown(self, policy: Policy, snapshot_id: int) -> Snapshot | None:
        try:
            return self._gateway().snapshot(policy, snapshot_id)
        except NotFound:
            return None

    def _value(self, policy: Policy, snapshot: Snapshot, key: RowKey, field: str) -> object:
        """What a snapshot has in a field of a record; `_MISSING` where it has no such record."""
        named = in_key_version(key, policy, snapshot.key_version, self.promote)
        there = field in {one.name for one in snapshot.columns}
        if named is None or not there or not has_key(policy, snapshot):
            return _MISSING
        table, _ = find_records(self._gateway().engine, snapshot, policy, [named], field)
        return table[field][0].as_py() if table.num_rows else _MISSING


def papers_name_nobody(context: ActContext) -> None:
    """The number of a paper is stored for good: it is nobody's own number."""
    papers = context.command.values.get("papers")
    if papers and not names_a_paper(str(papers)):
        raise BadInput(
            "证明材料编号写票据或文书的编号，不要填证件号码",
            "name the number of a receipt or decision, not that of an identity document",
        )


def _being_verified() -> Conflict:
    return Conflict(
        "这条记录的这一项正在核实中，不用重复申请；核实结果会写在数据上",
        "this field of this record is being verified already: no second request is needed, the "
        "data will show the result",
    )


def lift_mark(context: ActContext) -> None:
    """The mark is gone, and nobody looks under the request any more, in the commit of its end."""
    number, now = context.matter.id, context.now
    mark = update(CorrectionMarkRow).where(
        CorrectionMarkRow.matter == number, CorrectionMarkRow.lifted_at.is_(None)
    )
    context.session.execute(mark.values(lifted_at=now))
    ground = update(GroundRow).where(GroundRow.matter == number, GroundRow.closed.is_(None))
    context.session.execute(ground.values(closed=now))


def tell_readers_of_record(context: ActContext) -> None:
    """Who was shown the record is found in the log afterwards, and told once."""
    context.promise(READERS, event=context.command.event)


def _reader(doer: Doer) -> str:
    """As `reader_of` has it: in an office, or about oneself or whom one acts for."""
    if doer.position is not None:
        return f"office\0{doer.sub}\0{doer.own_position or doer.position.id}"
    return f"own\0{doer.sub}\0{doer.stands_in_for or ''}"


def _mark(context: ActContext) -> CorrectionMarkRow:
    query = select(CorrectionMarkRow).where(CorrectionMarkRow.matter == context.matter.id)
    found = context.session.scalars(query).first()
    if found is None:  # moved from a version that named its record in words
        raise Conflict(
            "这个申请没有标记到具体记录，请答复核实无误，或者请申请人撤回后重新提出",
            "this request marks no record: find it right, or have it withdrawn and made anew",
        )
    return found


def _said(context: ActContext) -> dict[str, object]:
    return {**context.command.values, "evidence": context.command.evidence}


def _papers(said: "dict[str, object]") -> object:
    """The number of the paper that a request named; None where it named none."""
    return said.get("evidence") or said.get("papers")
