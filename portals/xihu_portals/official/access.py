"""Whether a position may use a dataset: one answer for the catalogue and the dataset's page."""

from typing import Literal

from xihu_catalog.contracts.model import Contract
from xihu_platform.access import reasons
from xihu_platform.access.decision import Allow, Decision
from xihu_platform.access.policy import Purpose
from xihu_portals.api import at_moment
from xihu_portals.pages.visitor import Visitor

DUTY = Purpose("duty")
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
    """Whether exact numbers of records are for this position."""
    return at_moment.is_told_counts(visitor.services, visitor.principal, contract, DUTY)


def unreadable_fields(visitor: Visitor, contract: Contract) -> frozenset[str]:
    """The fields of which this position gets no exact numbers."""
    return at_moment.unreadable_fields(visitor.services, visitor.principal, contract, DUTY)
