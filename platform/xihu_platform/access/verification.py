"""Verification: 一致, 不一致 or 查无记录 to a claim about a ground's subjects; no row leaves.

Decided like rows under a ground, asked in one bound statement over the same view, durable in the
log before the answer leaves, answered once and repeated from the record. No record and one that
whoever asks may not know of come from the same statement, which sees neither.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlglot import exp

from xihu_platform.access import reasons
from xihu_platform.access.claims import Claim, ClaimCondition, ClaimPeriod, find_period
from xihu_platform.access.decision import Allow, Deny
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.grounds import GroundSubjectRow
from xihu_platform.access.parameters import Parameters
from xihu_platform.access.policy import Policy, Purpose
from xihu_platform.access.record import actor
from xihu_platform.access.treatments import SUBJECT, Rekey, view_of
from xihu_platform.access.verification_record import (
    AnswerBasis,
    AskedList,
    ClaimQuestion,
    RecordedAnswer,
    VerificationAnswer,
    check_difference,
    check_places,
    check_today,
    digests_of,
    find_answers,
    store_answers,
)
from xihu_platform.audit.entries import VERIFY, ClaimVerification, ReadOutcome
from xihu_platform.audit.log import EntryKind, LogEntry
from xihu_platform.clock import SHANGHAI, civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import Refused
from xihu_platform.identity.principal import Principal
from xihu_platform.lake.snapshot import Snapshot
from xihu_platform.sql import Relation, Statement, column, conjunction, integer, named
from xihu_platform.telemetry.traces import traced
from xihu_platform.vault.keys import key_version_of

SHARE_FROM = 100
"""Persons of a list from which the share of 一致 is told."""
_MET = "met"


@dataclass(frozen=True, slots=True)
class ClaimAsked:
    """What a caller asks: of one subject of the ground by number, or of all of them."""

    ground: str
    dataset: str
    claim: str
    subject: int | None
    argument: str | None = None

    @property
    def purpose(self) -> Purpose:
        return Purpose("case", self.ground, subject=self.subject)


@dataclass(frozen=True, slots=True)
class Verified:
    """The answers, by subject number."""

    claim: Claim
    policy: Policy
    answers: tuple[RecordedAnswer, ...]
    repeated: bool
    """All of them are of the record."""
    audit_entry: int

    @property
    def match_share(self) -> float | None:
        """Share of 一致; None for so few that it would tell of single persons."""
        if len(self.answers) < SHARE_FROM:
            return None
        return sum(one.answer == "match" for one in self.answers) / len(self.answers)


@dataclass(frozen=True, slots=True)
class _Question:
    """A question that is allowed, and the persons whom it is about."""

    principal: Principal
    asked: ClaimAsked
    policy: Policy
    claim: Claim
    allow: Allow
    period: ClaimPeriod | None
    persons: Mapping[int, str]
    """The first pseudonym of each subject, by number."""

    @property
    def recorded(self) -> ClaimQuestion:
        asked = self.asked
        return ClaimQuestion(asked.ground, asked.dataset, asked.claim, asked.argument or "")


@traced("verify")
def verify(gateway: AccessGateway, principal: Principal, asked: ClaimAsked) -> Verified:
    """The answer about one subject, or about all where no number is given.

    Raises Refused, which the log then has with whom it was to be about, NotFound,
    AuditUnavailable.
    """
    try:
        return _verify(gateway, _allowed(gateway, principal, asked))
    except Refused as refused:
        subjects = gateway.decider.persons_of(asked.purpose)
        gateway.refusals.record(
            principal, asked.dataset, refused.reason, asked.purpose, subjects=subjects
        )
        raise


def _allowed(gateway: AccessGateway, principal: Principal, asked: ClaimAsked) -> _Question:
    policy = gateway.policy(asked.dataset)
    decision = gateway.decider.decide_verification(
        principal, asked.dataset, asked.purpose, asked.claim
    )
    if isinstance(decision, Deny):
        raise Refused(decision.reason)
    claim = policy.claim(asked.claim)
    if claim is None:  # put in force without it since
        raise Refused(reasons.CLAIM_SCOPE)
    try:
        period = find_period(claim.argument, asked.argument, civil_date(gateway.clock()))
    except ValueError:
        raise Refused(reasons.CLAIM_ARGUMENT) from None
    persons = _persons(gateway, asked, set(decision.rows[0].values))
    return _Question(principal, asked, policy, claim, decision, period, persons)


def _persons(gateway: AccessGateway, asked: ClaimAsked, allowed: set[str]) -> dict[int, str]:
    """The key of each subject's number, of those whom the decision names."""
    row = GroundSubjectRow
    query = select(row.number, row.key).where(row.ground == asked.ground, row.kind == "person")
    if asked.subject is not None:
        query = query.where(row.number == asked.subject)
    with transaction(gateway.database) as session:
        found = session.execute(query.order_by(row.number)).all()
    persons = {int(number): str(key) for number, key in found if key in allowed}
    if not persons:  # struck from the ground since
        raise Refused(reasons.SUBJECT_UNKNOWN)
    return persons


def _verify(gateway: AccessGateway, question: _Question) -> Verified:
    """From the record as far as it goes; a list is asked as a list, whatever is recorded."""
    asked_list = _list(gateway, question) if question.asked.subject is None else None
    with transaction(gateway.database) as session:
        known = find_answers(session, question.recorded, question.persons)
        fresh = {n: key for n, key in question.persons.items() if n not in known}
        if fresh:
            check_places(session, question.recorded, fresh)
        if asked_list is not None:
            check_today(session, asked_list)
            check_difference(session, question.recorded, asked_list)
    if not fresh and asked_list is None:
        snapshot = next(iter(known.values())).basis.snapshot_id
        seq = gateway.log.record(_entry(question, snapshot, secrets.token_hex(16), "read"))
        return _verified(question, known, seq, repeated=True)
    return _asked_now(gateway, question, fresh, asked_list)


def _list(gateway: AccessGateway, question: _Question) -> AskedList:
    position = question.principal.position
    assert position is not None  # a ground is used in office alone
    return AskedList(
        question.asked.ground,
        position.organisation,
        civil_date(gateway.clock()),
        digests_of(question.persons.values()),
    )


def _asked_now(
    gateway: AccessGateway,
    question: _Question,
    fresh: Mapping[int, str],
    asked_list: AskedList | None,
) -> Verified:
    """Ask the data about those who are not in the record, and put the answers into it."""
    snapshot = gateway.snapshot(question.policy)
    read_id = secrets.token_hex(16)
    seq = gateway.log.record(_entry(question, snapshot.id, read_id, "intent"))
    told = 0
    try:
        met = _met(gateway, question, snapshot, fresh)
        stored = store_answers(
            gateway.database,
            question.recorded,
            question.persons,
            {number: _answer(met.get(key)) for number, key in fresh.items()},
            _basis(gateway, question, snapshot),
            asked_list=asked_list,
        )
        told = len(stored)
    finally:
        outcome = ReadOutcome(read_id, question.policy.dataset, VERIFY, told, told > 0)
        gateway.log.append(outcome.entry())
    return _verified(question, stored, seq, repeated=False)


def _met(
    gateway: AccessGateway, question: _Question, snapshot: Snapshot, fresh: Mapping[int, str]
) -> dict[str, bool]:
    """Whether a record of theirs meets the claim, by first pseudonym; of those with a record."""
    if not fresh:
        return {}
    forms = {
        gateway.promote(key, snapshot.key_version): key
        for key in fresh.values()
        if key_version_of(key) <= snapshot.key_version
    }
    relation = gateway.engine.relation(snapshot)
    rekey = Rekey(gateway.pads(question.allow.recipient), snapshot.key_version)
    statement = claim_statement(question, relation, rekey, list(forms))
    table = gateway.engine.fetch(statement)
    pairs = zip(table[SUBJECT].to_pylist(), table[_MET].to_pylist(), strict=True)
    return {forms[form]: bool(met) for form, met in pairs}


def claim_statement(
    question: _Question, relation: Relation, rekey: Rekey, forms: list[str]
) -> Statement:
    """Of each person who has records of the period in the view: whether one meets the claim.

    Whether they have others is nobody's to learn. The persons are one value, so that the text is
    the same for one and for ten thousand.
    """
    policy, key = question.policy, question.policy.subject_key
    others = tuple(row for row in question.allow.rows if row.field != key)
    parameters = Parameters()
    view = view_of(policy, replace(question.allow, rows=others), relation, rekey, parameters)
    persons = exp.Select(expressions=[exp.Explode(this=parameters.place(forms))])
    fixed = [_condition(one, parameters) for one in question.claim.where]
    met = exp.Max(this=_number(conjunction(fixed)))
    tree = exp.Select(
        expressions=[column(SUBJECT), named(met, _MET)], from_=exp.From(this=view.table("t"))
    )
    tree.where(exp.In(this=column(SUBJECT), query=exp.Subquery(this=persons)), copy=False)
    tree.where(*_within(question, parameters), copy=False)
    tree.group_by(column(SUBJECT), copy=False)
    return parameters.statement(tree, relation.dialect)


def _number(condition: exp.Expr) -> exp.Expr:
    """1 where it is met; an unknown value meets nothing."""
    return exp.Case(ifs=[exp.If(this=condition, true=integer(1))], default=integer(0))


def _condition(one: ClaimCondition, parameters: Parameters) -> exp.Expr:
    field, places = column(one.field), [parameters.place(value) for value in one.values]
    if one.op in {"eq", "in"}:
        return exp.In(this=field, expressions=places)
    if one.op == "between":
        return exp.Between(this=field, low=places[0], high=places[1])
    compare = exp.GTE if one.op == "gte" else exp.LTE
    return compare(this=field, expression=places[0])


def _within(question: _Question, parameters: Parameters) -> list[exp.Expr]:
    """The records of the period that was asked about; all for a claim without an argument."""
    argument, period = question.claim.argument, question.period
    field = question.policy.field(argument.field) if argument is not None else None
    if field is None or period is None:
        return []
    if field.type in {"INTEGER", "BIGINT"}:
        year = parameters.place(period.first.year)
        return [exp.EQ(this=column(field.name), expression=year)]
    first, end = parameters.place(period.first), parameters.place(period.end)
    return [
        exp.GTE(this=column(field.name), expression=first),
        exp.LT(this=column(field.name), expression=end),
    ]


def _answer(met: bool | None) -> VerificationAnswer:
    return "no_record" if met is None else "match" if met else "no_match"


def _basis(gateway: AccessGateway, question: _Question, snapshot: Snapshot) -> AnswerBasis:
    position = question.principal.position
    assert position is not None  # a ground is used in office alone
    return AnswerBasis(
        snapshot_id=snapshot.id,
        snapshot_at=snapshot.committed_at,
        data_as_of=_data_as_of(gateway, question.policy, snapshot),
        answered_at=gateway.clock(),
        answered_for=position.id,
    )


def _data_as_of(gateway: AccessGateway, policy: Policy, snapshot: Snapshot) -> str | None:
    """The newest value of the time field, of whosever record, that is not later than the load: a
    row of tomorrow makes nothing fresh. A moment with its zone."""
    if policy.time_field is None:
        return None
    key = f"data as of\0{snapshot.table}\0{snapshot.id}\0{policy.time_field}"
    found = gateway.answers.get(key)
    if found is None:
        relation = gateway.engine.relation(snapshot)
        newest = named(exp.Max(this=column(policy.time_field)), "newest")
        loaded = snapshot.loaded_at.astimezone(SHANGHAI).replace(tzinfo=None)
        parameters = Parameters()
        known = exp.LTE(
            this=exp.cast(column(policy.time_field), "TIMESTAMP"),
            expression=exp.cast(parameters.place(loaded), "TIMESTAMP"),
        )
        tree = exp.Select(
            expressions=[newest],
            from_=exp.From(this=relation.table("t")),
            where=exp.Where(this=known),
        )
        found = gateway.engine.fetch(parameters.statement(tree, relation.dialect))
        gateway.answers.put(key, found)
    value = found["newest"][0].as_py()
    if isinstance(value, datetime):
        value = value.replace(tzinfo=SHANGHAI)
    return None if value is None else str(value.isoformat())


def _entry(question: _Question, snapshot: int, read_id: str, kind: EntryKind) -> LogEntry:
    allow = question.allow
    return ClaimVerification(
        kind=kind,
        actor=actor(question.principal),
        dataset=question.policy.dataset,
        claim=question.claim.id,
        ground=question.asked.ground,
        basis=allow.basis.zh,
        basis_en=allow.basis.en,
        snapshot=snapshot,
        persons=len(question.persons),
        subjects=tuple(question.persons.values()),
        read_id=read_id,
    ).entry()


def _verified(
    question: _Question, answers: Mapping[int, RecordedAnswer], seq: int, *, repeated: bool
) -> Verified:
    in_order = tuple(answers[number] for number in sorted(answers))
    return Verified(question.claim, question.policy, in_order, repeated, seq)
