"""Who takes part in a sharing request: found from the dataset, never typed in."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from xihu_platform.access.policy import Policy
from xihu_platform.errors import BadInput, Conflict
from xihu_platform.identity.models import OrganisationRow, PositionRow
from xihu_platform.identity.principal import Position
from xihu_platform.matters.kernel import Opening
from xihu_platform.matters.who import MatterParty
from xihu_platform.words import Text

REQUESTS = {"conditional": "sharing_request", "unconditional": "sharing_registration"}


def request_opening(session: Session, policy: Policy, position: Position, today: date) -> Opening:
    """A request of the position's organisation for a dataset of another.

    Raises BadInput for a dataset that is not shared; Conflict for one's own, and where no
    authority is known for its provider.
    """
    if policy.share_class == "refused":
        basis = policy.share_basis or Text("", "")
        raise BadInput(
            f"数据集 {policy.dataset} 不予共享，不受理申请：{basis.zh}"
            "（《政务数据共享条例》第十五条）",
            f"{policy.dataset} is not shared and cannot be requested: {basis.en} "
            "(Order 809 art. 15)",
        )
    if policy.provider == position.organisation:
        raise Conflict(
            f"数据集 {policy.dataset} 由本部门提供，无需申请",
            f"{policy.dataset} is your own department's: no request is needed",
        )
    authority = authority_of(session, policy.provider, today)
    parties = (
        MatterParty("requester", "organisation", position.organisation),
        MatterParty("provider", "organisation", policy.provider),
        MatterParty("authority", "organisation", authority),
    )
    return Opening(REQUESTS[policy.share_class], parties, position.region, policy.dataset)


def authority_of(session: Session, provider: str, today: date) -> str:
    """The data authority (政务数据共享主管部门) of the provider's level, else of the level above.

    Raises Conflict where there is none.
    """
    region = session.scalar(select(OrganisationRow.region).where(OrganisationRow.uscc == provider))
    return authority_in(session, region or "", today)


def authority_in(session: Session, region: str, today: date, *, apart: Collection[str] = ()) -> str:
    """The data authority of a region, else of the level above; none of `apart`, who would decide
    in their own matter. Raises Conflict as above."""
    for line in dict.fromkeys((region, f"{region[:4]}00", f"{region[:2]}0000")):
        query = (
            select(OrganisationRow.uscc, PositionRow.duties)
            .join(PositionRow, PositionRow.organisation == OrganisationRow.uscc)
            .where(
                OrganisationRow.region == line,
                PositionRow.valid_from <= today,
                PositionRow.valid_to >= today,
            )
            .order_by(OrganisationRow.uscc)
        )
        for uscc, duties in session.execute(query):
            if "authority" in duties.split() and uscc not in apart:
                return str(uscc)
    if apart:
        raise Conflict(
            "本平台没有登记可以处理的上级主管部门，请直接向上级主管部门提出",
            "no data authority above it is registered here: turn to the one above directly",
        )
    raise Conflict(
        "没有登记政务数据共享主管部门，请在登记库 people.yaml 中登记一个职责为 authority 的职务",
        "no data authority is registered: give a position the duty authority in people.yaml",
    )
