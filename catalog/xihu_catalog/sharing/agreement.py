"""What a consent comes to, for 共享使用约定: decided by the gateway's own decision, for a position
of the requester that handles records, so that the paper says what is enforced."""

from dataclasses import dataclass
from datetime import datetime

from xihu_platform.access.decision import Allow, Decision, Treatment, decide
from xihu_platform.access.grounds import Ground, Subject
from xihu_platform.access.policy import Grant, Policy, Purpose, ShareRule
from xihu_platform.errors import Reason
from xihu_platform.identity.principal import Position, Principal

_SUBJECT = "the-subject-of-a-ground"


@dataclass(frozen=True, slots=True)
class AgreedField:
    """One field: how it is seen for a duty in general, and under a ground; else why not."""

    name: str
    duty: Treatment | Reason
    ground: Treatment | Reason
    bulk: bool
    """Whether it may be downloaded."""


def agreed_fields(
    policy: Policy, grant: Grant, requester: Position, now: datetime
) -> tuple[AgreedField, ...]:
    """The fields of a grant, each as the gateway gives it under this grant alone.

    `requester` is any position of the organisation that the grant is for. At the day of `now`.
    """
    position = Position(
        id=requester.id,
        title_zh=requester.title_zh,
        title_en=requester.title_en,
        organisation=grant.organisation,
        organisation_zh=requester.organisation_zh,
        organisation_en=requester.organisation_en,
        region=requester.region,
        duties=frozenset({"handler"}),
    )
    handler = Principal("official", "handler", level=3, position=position, portal="official")
    duty = decide(handler, policy, Purpose("duty"), now=now, grants=(grant,))
    ground = Ground(
        number="G",
        kind="service_case",
        item="item",
        organisation=grant.organisation,
        position=position.id,
        opened=now,
        closed=None,
        origin="service",
        opened_by="service",
        countersigned_by="second",
        subjects=(
            Subject(1, _SUBJECT, "person", "applicant"),
            Subject(2, _SUBJECT, "firm", "applicant"),
        ),
        fields=frozenset(one.name for one in policy.fields),
    )
    under = decide(handler, policy, Purpose("case", "G"), now=now, grants=(grant,), ground=ground)
    names = [one.name for one in policy.fields if one.name in grant.fields]
    return tuple(
        AgreedField(name, _of(duty, name), _of(under, name), _leaves(duty, name)) for name in names
    )


def _of(decision: Decision, name: str) -> Treatment | Reason:
    if not isinstance(decision, Allow):
        return decision.reason
    found = decision.field_decision(name)
    assert found is not None  # every field of the policy is decided
    return found.treatment or found.reason  # type: ignore[return-value]  # one of them is given


def _leaves(decision: Decision, name: str) -> bool:
    found = decision.field_decision(name) if isinstance(decision, Allow) else None
    return found is not None and found.treatment is not None and found.bulk is None


def rules_of(policy: Policy, grant: Grant) -> tuple[ShareRule, ...]:
    """The conditions that bind its use: the contract's and the grant's own."""
    return tuple(sorted(policy.rules | grant.rules))
