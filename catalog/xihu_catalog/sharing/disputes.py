"""Disputes over shared data (Order 809 art. 28): who coordinates between two departments."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from xihu_catalog.sharing.requests import REQUESTS, authority_in
from xihu_platform.errors import Conflict
from xihu_platform.identity.models import OrganisationRow
from xihu_platform.matters.kernel import Opening
from xihu_platform.matters.views import MatterView
from xihu_platform.matters.who import MatterParty

DISPUTE = "sharing_dispute"


def common_region(one: str, other: str) -> str:
    """The smallest region that contains both: their own where it is one, else that above both.

    >>> common_region("330106", "330106"), common_region("330106", "330110")
    ('330106', '330100')
    >>> common_region("330100", "330225"), common_region("330106", "330100")
    ('330000', '330100')

    Raises Conflict for two provinces: that goes to the national platform.
    """
    if one == other:
        return one
    if one[:4] == other[:4]:
        return f"{one[:4]}00"
    if one[:2] == other[:2]:
        return f"{one[:2]}0000"
    raise Conflict(
        "两个部门分属不同省份，请通过国家平台协调（《政务数据共享条例》第二十八条）",
        "the departments are of two provinces: it goes through the national platform "
        "(Order 809 art. 28)",
    )


def is_disputable(matter: MatterView) -> bool:
    """Whether a request has come to its provider, so that there is something to disagree with."""
    states = matter.definition.states
    sent = any(e.state in states and not states[e.state].private for e in matter.events)
    asked = matter.definition.kind in REQUESTS.values()
    return asked and sent and matter.outcome != "withdrawn"


def dispute_opening(session: Session, matter: MatterView, today: date) -> Opening:
    """A dispute over a request, between its two departments and whoever coordinates them.

    Raises Conflict where there is nothing to dispute, and where no authority is known.
    """
    if not is_disputable(matter):
        raise Conflict(
            f"{matter.number} 还没有提交给提供部门，没有争议可提",
            f"{matter.number} has not come to its provider: there is nothing to dispute",
        )
    (requester,), (provider,) = matter.keys("requester"), matter.keys("provider")
    regions = [
        session.scalar(select(OrganisationRow.region).where(OrganisationRow.uscc == uscc)) or ""
        for uscc in (requester, provider)
    ]
    authority = authority_in(session, common_region(*regions), today)
    parties = (
        MatterParty("requester", "organisation", requester),
        MatterParty("provider", "organisation", provider),
        MatterParty("authority", "organisation", authority),
    )
    return Opening(DISPUTE, parties, matter.region, matter.about, link=(matter.id, "disputes"))
