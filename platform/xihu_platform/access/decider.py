"""Finds what a decision rests on, keeps it while nothing of it changes, and decides."""

from collections.abc import Callable
from datetime import date

from sqlalchemy import Engine

from xihu_platform.access import reasons
from xihu_platform.access.claim_decision import decide_verification
from xihu_platform.access.decision import Decision, Deny, decide
from xihu_platform.access.grounds import Ground, find_ground, persons_of
from xihu_platform.access.models import find_grants
from xihu_platform.access.policy import Grant, Policy, Purpose
from xihu_platform.access.unpublished import check_known, has_rows
from xihu_platform.clock import Clock, civil_date
from xihu_platform.database import transaction
from xihu_platform.identity.principal import Principal
from xihu_platform.policy_version import PolicyVersion, UnderVersion

LIMIT = 4096
"""Policies and grants in memory."""
_Asked = tuple[str, str, date]
"""Dataset, organisation, day."""


class Decider:
    """Policies and grants of one process, each under the policy version it was read at."""

    def __init__(
        self,
        database: Engine,
        clock: Clock,
        policy: Callable[[str], Policy],
        version: PolicyVersion,
    ) -> None:
        self._database = database
        self._clock = clock
        self._policy = policy
        self._policies: UnderVersion[str, Policy] = UnderVersion(version, LIMIT)
        self._grants: UnderVersion[_Asked, tuple[Grant, ...]] = UnderVersion(version, LIMIT)

    def policy(self, dataset: str) -> Policy:
        """What a dataset is decided with: of the contract in force. Raises NotFound."""
        return self._policies.get(dataset, lambda: self._policy(dataset))

    def find_policy(self, dataset: str, number: int) -> Policy | None:
        """The same where it is kept under a policy version that was just read."""
        return self._policies.find(dataset, number)

    def decide(self, principal: Principal, dataset: str, purpose: Purpose) -> Decision:
        policy = self.policy(dataset)
        now = self._clock()
        position = principal.position
        if (barred := _unpublished(principal, policy)) is not None:
            return barred
        if position is None or purpose.code in {"open", "own"}:
            return decide(principal, policy, purpose, now=now)
        grants = self._find_grants(dataset, position.organisation, civil_date(now))
        ground = self._find_ground(dataset, purpose)
        return decide(principal, policy, purpose, now=now, grants=grants, ground=ground)

    def decide_verification(
        self, principal: Principal, dataset: str, purpose: Purpose, claim: str
    ) -> Decision:
        """Whether a claim may be verified of the ground's subjects that the purpose names."""
        policy, now, position = self.policy(dataset), self._clock(), principal.position
        if (barred := _unpublished(principal, policy)) is not None:
            return barred
        grants: tuple[Grant, ...] = ()
        if position is not None:
            grants = self._find_grants(dataset, position.organisation, civil_date(now))
        ground = self._find_ground(dataset, purpose)
        return decide_verification(
            principal, policy, purpose, claim, now=now, grants=grants, ground=ground
        )

    def _find_ground(self, dataset: str, purpose: Purpose) -> Ground | None:
        """Not kept: it may name thousands of persons, and each reader has their own."""
        if purpose.code != "case" or not purpose.case_number:
            return None
        with transaction(self._database) as session:
            return find_ground(session, purpose.case_number, dataset)

    def persons_of(self, purpose: Purpose) -> tuple[str, ...]:
        """The persons whom a look under a ground was to be about, for the entry of its refusal."""
        if purpose.code != "case" or not purpose.case_number:
            return ()
        with transaction(self._database) as session:
            return persons_of(session, purpose.case_number, purpose.subject)

    def _find_grants(self, dataset: str, organisation: str, day: date) -> tuple[Grant, ...]:
        def read() -> tuple[Grant, ...]:
            with transaction(self._database) as session:
                return find_grants(session, dataset, organisation, day)

        return self._grants.get((dataset, organisation, day), read)


def _unpublished(principal: Principal, policy: Policy) -> Deny | None:
    """Before all else. Raises NotFound for whoever is not to know of the dataset."""
    check_known(principal, policy)
    return None if has_rows(principal, policy) else Deny(policy.dataset, reasons.NOT_PUBLISHED)
