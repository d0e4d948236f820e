"""The decision on a verification: the rules of rows under a ground, for one claim its item lists.

What it allows is the rows of the ground's subjects with the fields of the claim, for the query of
`verification.py` alone: no row of them leaves. Sources: Order 809 art. 20-25; PIPL art. 6, 28, 34.
"""

from datetime import datetime

from xihu_platform.access import reasons
from xihu_platform.access.claims import Claim
from xihu_platform.access.decision import (
    HANDLING,
    Allow,
    Decision,
    Deny,
    FieldDecision,
    RowFilter,
    office_refusal,
    shared_by,
)
from xihu_platform.access.ground_rules import ground_refusal
from xihu_platform.access.grounds import COLLECTIVE, Ground
from xihu_platform.access.policy import FieldPolicy, Grant, Policy, Purpose
from xihu_platform.access.shared import Shared, bound_by_grant
from xihu_platform.errors import Reason
from xihu_platform.identity.principal import Principal
from xihu_platform.words import Text

LIST_LIMIT = 10_000
"""Persons of one list."""


def decide_verification(
    principal: Principal,
    policy: Policy,
    purpose: Purpose,
    claim: str,
    *,
    now: datetime,
    grants: tuple[Grant, ...] = (),
    ground: Ground | None = None,
) -> Decision:
    """Whether `claim` may be verified of the subject that the purpose names; of all without one."""
    shared = _office(principal, policy, grants, now)
    if isinstance(shared, Deny):
        return shared
    reason = ground_refusal(principal, purpose, ground, now)
    if reason is not None or ground is None:
        return Deny(policy.dataset, reason or reasons.GROUND_UNKNOWN)
    known = policy.claim(claim)
    if known is None or claim not in ground.claims or policy.subject_key is None:
        return Deny(policy.dataset, reasons.CLAIM_SCOPE)
    for name in known.fields:
        if (reason := _field_refusal(principal, policy, shared, name)) is not None:
            return Deny(policy.dataset, reason)
    persons = _persons(policy, purpose, known, shared, ground)
    if isinstance(persons, Deny):
        return persons
    return Allow(
        policy.dataset,
        Text(
            f"{shared.basis.zh}；业务事由 {ground.number}",
            f"{shared.basis.en}; ground {ground.number}",
        ),
        (RowFilter(policy.subject_key, persons),),
        tuple(FieldDecision(name, "clear") for name in known.fields),
        f"organisation:{ground.organisation}",
        ground.number,
    )


def _office(
    principal: Principal, policy: Policy, grants: tuple[Grant, ...], now: datetime
) -> Deny | Allow | Shared:
    """What the organisation of whoever asks may use of the dataset, as for rows."""
    if (reason := office_refusal(principal, now)) is not None:
        return Deny(policy.dataset, reason)
    position = principal.position
    assert position is not None  # office_refusal() has said so
    if principal.kind == "official" and not position.duties & HANDLING:
        return Deny(policy.dataset, reasons.OVERSIGHT)
    asked = tuple(g for g in grants if g.kind == "request")  # what is returned is rows of a region
    shared = shared_by(policy, asked, position, now)
    if not isinstance(shared, Deny) and "aggregate_only" in policy.rules:
        return Deny(policy.dataset, reasons.AGGREGATE_ONLY)
    return shared


def _field_refusal(
    principal: Principal, policy: Policy, shared: Allow | Shared, name: str
) -> Reason | None:
    """Why nothing about a field may be verified. An `Allow` is what is open to anybody."""
    field = policy.field(name)
    if field is None:
        return reasons.CLAIM_SCOPE
    if isinstance(shared, Allow):
        decided = shared.field_decision(name)
        return decided.reason if decided is not None else reasons.NOT_GRANTED
    return _shared_refusal(principal, shared, field)


def _shared_refusal(principal: Principal, shared: Shared, field: FieldPolicy) -> Reason | None:
    if not shared.covers(field):
        return reasons.NOT_GRANTED
    if (reason := bound_by_grant(shared, field, "aggregate_only")) is not None:
        return reason
    if field.grade == "L4" and principal.kind == "official" and principal.level < 3:
        return reasons.SIGN_IN_LEVEL
    return reasons.ABOVE_SHARED if shared.bars(field) else None


def _persons(
    policy: Policy, purpose: Purpose, claim: Claim, shared: Allow | Shared, ground: Ground
) -> Deny | tuple[str, ...]:
    """The one person asked about, or all of a list."""
    persons = [one for one in ground.subjects if one.kind == "person"]
    if purpose.subject is not None:
        found = tuple(one.key for one in persons if one.number == purpose.subject)
        return found or Deny(policy.dataset, reasons.SUBJECT_UNKNOWN)
    if ground.kind not in COLLECTIVE:
        return Deny(policy.dataset, reasons.LIST_GROUND)
    if not 1 <= len(persons) <= LIST_LIMIT:
        return Deny(policy.dataset, reasons.LIST_SIZE)
    if len(persons) > 1 and _one_each(policy, claim, shared):
        return Deny(policy.dataset, reasons.ONE_SUBJECT)
    return tuple(one.key for one in persons)


def _one_each(policy: Policy, claim: Claim, shared: Allow | Shared) -> bool:
    """Whether the provider's condition opens the claim's fields for one person at a time."""
    if "per_case" in policy.rules or isinstance(shared, Allow):
        return "per_case" in policy.rules
    fields = (policy.field(name) for name in claim.fields)
    bound = (bound_by_grant(shared, one, "aggregate_only", "per_case") for one in fields if one)
    return any(reason is not None for reason in bound)
