"""What an office may do besides reading datasets: one rule for each act, refusals are logged."""

from datetime import datetime

from xihu_platform.access import office_reasons, reasons
from xihu_platform.access.decision import office_refusal
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.policy import Purpose
from xihu_platform.access.unpublished import covers
from xihu_platform.errors import Reason, Refused
from xihu_platform.identity.principal import Principal

AUDIT = "audit"
"""What stands in the log for a dataset where heads and proofs of the log itself are asked for."""

MATTERS = "matters"
"""The same, where somebody asks for matters of departments."""

DRAFTS = "drafts"
"""The same, where somebody writes or asks for drafts of entries."""

CATALOGUE = "catalogue"
"""The same, where somebody edits the entries of other catalogues."""

REPORT = "catalogue report"
"""The same, where somebody asks for the report of the catalogue to the superior node."""

LINEAGE = "lineage"
"""The same, where somebody reports lineage outside of the platform."""

_OTHER_OFFICES = (reasons.PURPOSE, reasons.AUDITOR)


def steward_refusal(principal: Principal, provider: str, now: datetime) -> Reason | None:
    """Why somebody is no steward of what `provider` (USCC) publishes, and may not correct it."""
    if (reason := office_refusal(principal, now)) is not None:
        return reasons.STEWARDS_ONLY if reason is reasons.PURPOSE else reason
    position = principal.position
    if position is None or "steward" not in position.duties or position.organisation != provider:
        return reasons.STEWARDS_ONLY
    return None


def draft_refusal(principal: Principal, now: datetime) -> Reason | None:
    """Why neither a steward nor a system of its own department writes drafts of entries."""
    if (reason := office_refusal(principal, now)) is not None:
        return reasons.DRAFTERS_ONLY if reason is reasons.PURPOSE else reason
    position = principal.position
    if principal.kind == "system" or (position is not None and "steward" in position.duties):
        return None
    return reasons.DRAFTERS_ONLY


def push_refusal(principal: Principal, provider: str, now: datetime) -> Reason | None:
    """Why neither a system nor a steward of `provider` (USCC) pushes records into its dataset."""
    if (reason := office_refusal(principal, now)) is not None:
        return reasons.NOT_PROVIDER if reason is reasons.PURPOSE else reason
    position = principal.position
    if position is None or position.organisation != provider:
        return reasons.NOT_PROVIDER
    is_steward = principal.kind == "system" or "steward" in position.duties
    return None if is_steward else reasons.NOT_PROVIDER


def lineage_refusal(principal: Principal, now: datetime) -> Reason | None:
    """Why neither a system nor a steward of a department reports lineage for it."""
    if (reason := office_refusal(principal, now)) is not None:
        return office_reasons.LINEAGE_REPORTERS if reason in _OTHER_OFFICES else reason
    position = principal.position
    if position is not None and (principal.kind == "system" or "steward" in position.duties):
        return None
    return office_reasons.LINEAGE_REPORTERS


def audit_refusal(principal: Principal, now: datetime) -> Reason | None:
    """Why somebody may not ask for heads and for proofs of others' entries."""
    reason = office_refusal(principal, now)
    if reason is reasons.AUDITOR:
        return None
    return reasons.AUDITORS_ONLY if reason in {None, reasons.PURPOSE} else reason


def oversight_refusal(principal: Principal, now: datetime) -> Reason | None:
    """Why somebody may not see how departments keep their data, and what was refused to whom."""
    if (reason := office_refusal(principal, now)) is not None:
        return reasons.OVERSEERS_ONLY if reason in _OTHER_OFFICES else reason
    position = principal.position
    if position is None or "chief_data_officer" not in position.duties:
        return reasons.OVERSEERS_ONLY
    return None


def scorecard_refusal(
    principal: Principal, provider: str, region: str | None, now: datetime
) -> Reason | None:
    """Why somebody may not see how one department's data is kept; `region`: the department's."""
    if (reason := office_refusal(principal, now)) is not None:
        return office_reasons.SCORECARD_OF_OTHERS if reason in _OTHER_OFFICES else reason
    position = principal.position
    if position is None:
        return office_reasons.SCORECARD_OF_OTHERS
    if position.organisation == provider:
        return None
    oversees = position.duties & {"chief_data_officer", "authority"}
    if oversees and region is not None and covers(position.region, region):
        return None
    return office_reasons.SCORECARD_OF_OTHERS


def editing_refusal(principal: Principal, now: datetime) -> Reason | None:
    """Why somebody may not edit the entries of other catalogues: only a data authority does."""
    if (reason := office_refusal(principal, now)) is not None:
        return office_reasons.CATALOGUE_AUTHORITY if reason in _OTHER_OFFICES else reason
    position = principal.position
    if position is None or "authority" not in position.duties:
        return office_reasons.CATALOGUE_AUTHORITY
    return None


def repeats_refusal(principal: Principal, now: datetime) -> Reason | None:
    """Why somebody may not see what several departments collect: an authority and its chief data
    officer may (Order 809 art. 19)."""
    if (reason := office_refusal(principal, now)) is not None:
        return office_reasons.REPEATS_AUTHORITY if reason in _OTHER_OFFICES else reason
    position = principal.position
    if position is None or not position.duties & {"authority", "chief_data_officer"}:
        return office_reasons.REPEATS_AUTHORITY
    return None


def report_refusal(
    principal: Principal, receivers: tuple[str, ...], now: datetime
) -> Reason | None:
    """Why somebody may not have the report of the catalogue; `receivers`: client ids of the
    superior node's systems."""
    if (reason := office_refusal(principal, now)) is not None:
        return office_reasons.REPORT_READERS if reason in _OTHER_OFFICES else reason
    if principal.kind == "system":
        return None if principal.id in receivers else office_reasons.REPORT_READERS
    position = principal.position
    if position is None or position.duties.isdisjoint({"authority", "chief_data_officer"}):
        return office_reasons.REPORT_READERS
    return None


def matters_refusal(principal: Principal, now: datetime) -> Reason | None:
    """Why somebody may neither read nor act in matters as an office: a citizen, an auditor."""
    reason = office_refusal(principal, now)
    return reasons.IN_OFFICE_ONLY if reason is reasons.PURPOSE else reason


def check(
    gateway: AccessGateway, principal: Principal, dataset: str, reason: Reason | None
) -> None:
    """Raises Refused for a reason, which the log then holds."""
    if reason is not None:
        gateway.refusals.record(principal, dataset, reason, Purpose("duty"))
        raise Refused(reason)
