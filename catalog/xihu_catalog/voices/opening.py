"""Who takes part in a comment on a dataset, or a reuse of it: never typed in."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from xihu_catalog.sharing.requests import authority_of
from xihu_catalog.voices.acts import AUTHOR
from xihu_platform.access.policy import Policy
from xihu_platform.errors import NotFound
from xihu_platform.identity.models import OrganisationRow
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.kernel import Opening
from xihu_platform.matters.who import MatterParty, party_as


def voice_opening(
    session: Session, kind: str, author: Principal, policy: Policy, today: date
) -> Opening:
    """Of a person, or a firm, to the department that provides the dataset.

    Raises NotFound for an official, who answers in office, Refused for one whom no office has
    proven, Conflict where no data authority is known.
    """
    if author.kind != "citizen":
        raise NotFound(
            "评论和再利用案例由个人或者企业提交",
            "comments and reuses are written by persons and firms",
        )
    parties = (
        party_as(author, AUTHOR),
        MatterParty("provider", "organisation", policy.provider),
        MatterParty("authority", "organisation", authority_of(session, policy.provider, today)),
    )
    of_provider = select(OrganisationRow.region).where(OrganisationRow.uscc == policy.provider)
    return Opening(kind, parties, session.scalar(of_provider) or "", policy.dataset)
