"""The decision on a metric.

A metric hands over no rows and no fields: a public one is for anyone, another for any office, an
auditor's among them, on Order 809 art. 25. What of it is hidden is the same for everybody.
"""

from datetime import datetime
from typing import Literal

from xihu_platform.access import articles, reasons
from xihu_platform.access.decision import PUBLIC, Allow, Decision, Deny, office_refusal
from xihu_platform.access.policy import PurposeCode
from xihu_platform.identity.principal import Principal
from xihu_platform.words import Text

Audience = Literal["public", "official"]
METRIC_BASES: dict[Audience, Text] = {
    "public": Text("公开指标", "a public metric"),
    "official": articles.ORDER_25,
}
METRIC_PURPOSES: dict[Audience, PurposeCode] = {"public": "open", "official": "duty"}


def decide_metric(
    principal: Principal, dataset: str, audience: Audience, *, now: datetime
) -> Decision:
    """Whether somebody is told a metric over a dataset: all or nothing."""
    if audience == "public":
        return Allow(dataset, METRIC_BASES[audience], (), (), recipient=PUBLIC)
    reason = office_refusal(principal, now)
    if reason in {reasons.PURPOSE, reasons.SIGN_IN, reasons.NO_POSITION}:
        reason = reasons.OFFICIALS_ONLY
    if reason not in {None, reasons.AUDITOR}:
        return Deny(dataset, reason)
    organisation = principal.position.organisation if principal.position else ""
    recipient = f"organisation:{organisation}"
    return Allow(dataset, METRIC_BASES[audience], (), (), recipient=recipient)
