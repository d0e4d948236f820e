"""Whether a position may use a dataset: one answer for the catalogue and the dataset's page."""

from typing import Literal

from xihu_catalog.contracts.model import Contract
from xihu_platform.access import reasons
from xihu_platform.access.decision import Allow, Decision
from xihu_platform.access.policy import Purpose
from xihu_platform.identity.principal import Duty
from xihu_portals.pages.visitor import Visitor

DUTY = Purpose("duty")
OVERSEE: frozenset[Duty] = frozenset({"chief_data_officer", "authority"})
"""Duties that answer for the data of every department."""
ASKED_FOR = (reasons.GRANT_NEEDED, reasons.REGISTRATION_NEEDED)
"""What a request would change."""
Access = Literal["open", "ground", "request", "closed"]


def access_of(decision: Decision) -> Access:
    if isinstance(decision, Allow) and decision.visible:
        return "open"
    if isinstance(decision, Allow):
        asked = any(one.reason in ASKED_FOR for one in decision.fields)
        return "request" if asked else "closed"
    if decision.reason is reasons.PER_CASE:
        return "ground"
    return "request" if decision.reason in ASKED_FOR else "closed"


def is_told_counts(visitor: Visitor, contract: Contract) -> bool:
    """Whether exact numbers of records are for this position: who reads the rows, provides the
    data or answers for its quality. For others those of persons and firms are rough: from one load
    to the next they tell of single ones, which metrics hide."""
    position = visitor.principal.position
    if position is None:
        return False
    if contract.provider == position.organisation or position.duties & OVERSEE:
        return True
    decision = visitor.services.gateway.decide(visitor.principal, contract.dataset, DUTY)
    return isinstance(decision, Allow)
