"""Whether a position may use a dataset: one answer for the catalogue and the dataset's page."""

from typing import Literal

from xihu_platform.access import reasons
from xihu_platform.access.decision import Allow, Decision
from xihu_platform.access.policy import Purpose

DUTY = Purpose("duty")
Access = Literal["open", "ground", "request", "closed"]


def access_of(decision: Decision) -> Access:
    if isinstance(decision, Allow):
        return "open"
    if decision.reason is reasons.PER_CASE:
        return "ground"
    return "request" if decision.reason is reasons.GRANT_NEEDED else "closed"
