"""Which matters somebody who acts by a mandate may know of."""

from collections.abc import Collection

from sqlalchemy import CompoundSelect, select, union
from sqlalchemy.orm import Session

from xihu_platform.identity.principal import Principal
from xihu_platform.matters.models import MatterEventRow, MatterLinkRow, MatterRow

Within = CompoundSelect[tuple[int]]


def within_mandate(principal: Principal, covered: Collection[str]) -> Within | None:
    """The numbers of the matters that a mandate is for: those of the kinds that it covers, and
    what the agent opened from one of these by this mandate, as a correction of what a case showed
    or its rating. None where nobody is acted for: no mandate narrows anything.
    """
    mandate, event, link = principal.mandate, MatterEventRow, MatterLinkRow
    if mandate is None:
        return None
    named = select(MatterRow.id).where(MatterRow.kind.in_(sorted(covered)))
    followed = (
        select(link.source)
        .join(event, event.matter == link.source)
        .where(link.target.in_(named), event.seq == 1)
        .where(event.sub == principal.id, event.stands_in_for == mandate.key)
    )
    return union(named, followed)


def is_within(session: Session, matter: int, within: Within | None) -> bool:
    if within is None:
        return True
    found = select(MatterRow.id).where(MatterRow.id == matter, MatterRow.id.in_(within))
    return session.scalar(found) is not None
