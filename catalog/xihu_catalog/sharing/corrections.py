"""Requests for correction: a field of one record is wrong, says somebody who was shown it.

The mark 核实中 is placed in the commit of the request and lifted in that of its answer. *Corrected*
is proven by a snapshot in which the field reads otherwise; the word of a steward is not enough.
Sources: Order 809 art. 26, PIPL art. 46.
"""

import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from xihu_catalog.sharing.records import FoundRecord, RecordFinder, key_of, subject_of
from xihu_catalog.sharing.requests import authority_of
from xihu_platform.access.disputed import CorrectionMarkRow
from xihu_platform.access.grounds import CORRECTION, GroundItemRow, GroundRow, GroundSubjectRow
from xihu_platform.access.policy import Policy
from xihu_platform.access.row_keys import RowKey, RowRef, RowRefs, same_record
from xihu_platform.errors import BadInput, Conflict
from xihu_platform.identity.models import OrganisationRow
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.acts import ActContext, ActFunctions
from xihu_platform.matters.command import names_a_paper
from xihu_platform.matters.kernel import Opening
from xihu_platform.matters.models import MatterEventRow, MatterPartyRow, MatterRow
from xihu_platform.matters.views import MatterView
from xihu_platform.matters.who import Doer, MatterParty, party_as

DEPARTMENT, PERSON = "correction_request", "personal_correction"
"""Kinds: 校核申请 of a department, 更正申请 of a person or firm."""
GUARDS = (
    *("row_was_shown", "papers_name_nobody", "claim_is_new"),
    "snapshot_has_it_corrected",
)
EFFECTS = (
    *("mark_field", "lift_mark", "tell_readers_of_record"),
    *("open_record_to_verifier", "close_record_to_verifier"),
)
CONDITIONS = ("drawn_for_review", "not_drawn")
EXAMINED_ONE_IN = 20
"""Of the answers that a field is right, so many are examined again by the authority."""
READERS = "row_readers"
"""The effect outside its transaction by which whoever was shown a corrected record is told."""
OPEN_CLAIMS = 100
"""So many requests of one person or system are verified at a time."""


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
    draw_key: bytes
    """Draws which answers are examined again: by a matter's number nobody can tell."""
    lake: RecordFinder | None
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
                "close_record_to_verifier": close_record_to_verifier,
                "tell_readers_of_record": tell_readers_of_record,
            },
            conditions={
                "drawn_for_review": self.is_drawn,
                "not_drawn": lambda matter: not self.is_drawn(matter),
            },
        )

    def is_drawn(self, matter: MatterView) -> bool:
        """Whether *found right* goes to another organisation first: one in twenty, where there is
        another."""
        drawn = hmac.new(self.draw_key, str(matter.id).encode(), sha256).digest()
        others = set(matter.keys("authority")) - set(matter.keys("source"))
        return bool(others) and int.from_bytes(drawn[:8]) % EXAMINED_ONE_IN == 0

    def row_was_shown(self, context: ActContext) -> None:
        """The reference is one that the platform gave this very reader, who was shown the field;
        and they wait for answers to a number of requests that one can still look after."""
        name = str(context.facts["field"])
        if name not in self._ref(context).shown:
            raise BadInput(
                f"您看到的这条记录里没有数据项 {name}，请选择",
                f"the record that you were shown has no field {name}: choose one",
            )
        if _open_claims(context) >= OPEN_CLAIMS:
            raise Conflict(
                f"您已有 {OPEN_CLAIMS} 个申请正在核实，请等答复后再提；"
                "问题成批的，请直接与提供部门联系",
                f"{OPEN_CLAIMS} requests of yours are being verified: wait for the answers, or "
                "tell the department directly where whole batches are wrong",
            )

    def claim_is_new(self, context: ActContext) -> None:
        """What is being verified gets no second mark; whoever was told that it is right, and
        it reads the same since, needs other evidence."""
        policy, ref = self._policy(context), self._ref(context)
        row, field = CorrectionMarkRow, str(context.facts["field"])
        query = select(row.key).where(
            row.dataset == policy.dataset, row.field == field, row.lifted_at.is_(None)
        )
        if not any(one.pseudonym and one.name in policy.primary_key for one in policy.fields):
            query = query.where(row.digest == _digest(ref.key))
        if any(self._is_same(policy, ref, key) for key in context.session.scalars(query)):
            raise _being_verified()
        for mark, said in context.session.execute(_found_right(context, policy.dataset, field)):
            if not self._is_same(policy, ref, mark.key) or _papers(said) != _papers(_said(context)):
                continue
            now = self._records().find(policy, ref.key, field)
            if now is None or self._is_as_shown(policy, mark, now):
                raise Conflict(
                    "同样的材料已经核实过，结果为无误；有新的证明材料时，可以写明材料编号再次申请",
                    "it was verified with the same evidence before and found right: with other "
                    "evidence, name its number and apply again",
                )

    def snapshot_has_it_corrected(self, context: ActContext) -> None:
        """The snapshot was loaded after the request; in it and in the newest one the field of
        that record reads otherwise, or the record is gone."""
        mark, policy = _mark(context), self._policy(context)
        if policy.field(mark.field) is None:
            return  # the contract has no such field any more: nobody is given it
        key = key_of(policy, mark)
        cited = self._records().find(policy, key, mark.field, _number(context))
        before = self._records().find(policy, key, mark.field, mark.snapshot_id)
        newest = self._records().find(policy, key, mark.field)
        if cited is None or newest is None:
            raise _no_snapshot(str(context.facts["snapshot"]))
        if cited.committed_at <= (before.committed_at if before else mark.placed_at):
            raise BadInput(
                f"快照 {cited.snapshot_id} 不是申请之后装载的，请写更正后装载的快照编号",
                f"snapshot {cited.snapshot_id} was there before the request: name one that was "
                "loaded after the correction",
            )
        if mark.shown is None and before is None:
            raise BadInput(
                "申请时的快照已过期，无法核对是否已更正；请选择核实无误，或请申请人重新提出",
                "the snapshot of the time of the request has expired and there is nothing to "
                "compare with: find it right, or have the request made anew",
            )
        for one in (cited, newest):
            if self._is_as_shown(policy, mark, one, before):
                raise BadInput(
                    f"快照 {one.snapshot_id} 中这一项没有变化，请先更正数据并装载；"
                    "确认无误的，请选择核实无误",
                    f"the field is as it was in snapshot {one.snapshot_id}: correct and load the "
                    "data first, or find it right",
                )

    def mark_field(self, context: ActContext) -> None:
        """The mark is there in the commit of the request, with a digest of what the field reads.
        Raises Conflict where it was loaded anew since the asker saw it."""
        policy, ref, field = self._policy(context), self._ref(context), context.facts["field"]
        now = self._as_seen(policy, ref, str(field))
        context.session.add(
            CorrectionMarkRow(
                dataset=policy.dataset,
                key=list(ref.key),
                key_fields=list(policy.primary_key),
                clear=sorted(ref.clear),
                digest=_digest(ref.key),
                field=field,
                snapshot_id=now.snapshot_id,
                shown=self._digests(policy, str(field), now),
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
        """Whoever takes the request up may look at that field of the records of whom it is about,
        under its number; each look is in the log. Another position that takes it up has it from
        then on; where an answer was not agreed to, whoever takes it up again."""
        matter, position = context.matter, context.doer.position
        assert position is not None  # the source is an organisation
        mark, policy = _mark(context), self._policy(context)
        there = context.session.get(GroundRow, matter.number)
        if there is not None:
            there.position, there.opened, there.closed = position.id, context.now, None
            there.item = _item(context.session, policy, mark.field)
            return
        subject = self._subject(context, policy, mark)
        if subject is None:
            return  # about nobody: what a steward sees in any case
        item = _item(context.session, policy, mark.field)
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
                opened_by=matter.events[0].sub,
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

    def _subject(
        self, context: ActContext, policy: Policy, mark: CorrectionMarkRow
    ) -> tuple[str, str] | None:
        """Whom the record is about: the applicant, else as the record says."""
        for party in context.matter.parties:
            if party.role == "applicant":
                return party.key, party.kind
        return subject_of(self._records(), policy, mark)

    def _policy(self, context: ActContext) -> Policy:
        return self.find_policy(context.matter.about or "")

    def _ref(self, context: ActContext) -> RowRef:
        given = context.command.values.get("row")
        text = given[0] if isinstance(given, list) and len(given) == 1 else ""
        return self.refs.open(_reader(context.doer), self._policy(context), text)

    def _records(self) -> RecordFinder:
        assert self.lake is not None  # people act where there is one
        return self.lake

    def _is_same(self, policy: Policy, ref: RowRef, key: Iterable[str]) -> bool:
        return same_record(tuple(key), ref.key, policy, self.promote)

    def _as_seen(self, policy: Policy, ref: RowRef, field: str) -> FoundRecord:
        """The record in the newest snapshot. Raises Conflict where it reads otherwise than the
        asker saw it."""
        seen = self._records().find(policy, ref.key, field, ref.snapshot_id)
        now = seen and self._records().find(policy, ref.key, field)
        if (
            seen is None
            or now is None
            or not now.values
            or not self._same_values(policy, field, seen, now)
        ):
            raise Conflict(
                "这条记录在您查看之后已重新装载，请重新打开，看看还有没有错",
                "the record was loaded anew after you saw it: open it again and see whether it is "
                "still wrong",
            )
        return now

    def _same_values(
        self, policy: Policy, field: str, one: FoundRecord, other: FoundRecord
    ) -> bool:
        newest = max(one.key_version, other.key_version)
        first, second = (
            {self._at_version(policy, field, text, newest) for text in texts}
            for texts in (self._digests(policy, field, one), self._digests(policy, field, other))
        )
        return first == second

    def _is_as_shown(
        self,
        policy: Policy,
        mark: CorrectionMarkRow,
        found: FoundRecord,
        before: FoundRecord | None = None,
    ) -> bool:
        """Whether what the records of this key read then is all there still. `before` is what its
        snapshot has, for marks that do not say it themselves."""
        said = mark.shown
        if said is None:
            said = self._digests(policy, mark.field, before) if before is not None else []
        version = found.key_version
        shown = {self._at_version(policy, mark.field, text, version) for text in said}
        return bool(shown) and shown <= {*self._digests(policy, mark.field, found)}

    def _digests(self, policy: Policy, field: str, found: FoundRecord) -> list[str]:
        return sorted({self.refs.digest(policy, field, value) for value in found.values})

    def _at_version(self, policy: Policy, field: str, text: str, version: int) -> str:
        """A pseudonym as a snapshot of `version` has it; any other digest as it is."""
        found = policy.field(field)
        if found is None or not found.pseudonym:
            return text
        try:
            return self.promote(text, version)
        except BadInput:  # of no value, or of a later key version
            return text


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
    close_record_to_verifier(context)


def close_record_to_verifier(context: ActContext) -> None:
    """Nobody looks under the request from the commit of an answer on."""
    number, now = context.matter.id, context.now
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


def _digest(key: RowKey) -> str:
    return sha256(repr(key).encode()).hexdigest()


def _open_claims(context: ActContext) -> int:
    """How many marks this person or system has placed that are not answered yet."""
    row, opening = CorrectionMarkRow, MatterEventRow
    query = (
        select(func.count())
        .select_from(row)
        .join(opening, (opening.matter == row.matter) & (opening.seq == 1))
        .where(row.lifted_at.is_(None), opening.sub == context.doer.sub)
    )
    return context.session.scalar(query) or 0


def _found_right(
    context: ActContext, dataset: str, field: str
) -> Select[tuple[CorrectionMarkRow, dict[str, Any]]]:
    """The marks on a field that were answered as right to the party that asks now, each with what
    was said when it was placed: of anybody else's requests nobody learns here."""
    asker = next(one for one in context.matter.parties if one.role in ("applicant", "reporter"))
    row, opening, party = CorrectionMarkRow, MatterEventRow, MatterPartyRow
    return (
        select(row, opening.data)
        .join(MatterRow, MatterRow.id == row.matter)
        .join(opening, (opening.matter == row.matter) & (opening.seq == 1))
        .join(party, (party.matter == row.matter) & (party.role == asker.role))
        .where(row.dataset == dataset, row.field == field, MatterRow.outcome == "refused")
        .where(party.kind == asker.kind, party.key == asker.key)
    )


def _item(session: Session, policy: Policy, field: str) -> str:
    """The item under which a verifier sees that field, with what tells the records apart; made
    where there is none yet. Two who take up requests at one moment make the same one."""
    digest = sha256(f"{policy.dataset}\0{field}".encode()).hexdigest()
    item = f"{CORRECTION}:{digest[:24]}"
    named = (*policy.primary_key, policy.row_key, field)
    fields = [one.name for one in policy.fields if one.name in named]
    there = session.get(GroundItemRow, (item, policy.dataset))
    if there is not None:
        there.fields = fields
        return item
    try:
        with session.begin_nested():
            session.add(GroundItemRow(item=item, dataset=policy.dataset, fields=fields, claims=[]))
    except IntegrityError:  # somebody else's, at the same moment
        pass
    return item


def _number(context: ActContext) -> int:
    number = str(context.facts["snapshot"])
    if not number.isascii() or not number.isdigit() or len(number) > 19:
        raise _no_snapshot(number)
    return int(number)


def _no_snapshot(number: str) -> BadInput:
    return BadInput(
        f"没有快照 {number[:30]}，请从数据集页面的版本列表中选取",
        f"there is no snapshot {number[:30]}: the dataset's page lists them",
    )


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
