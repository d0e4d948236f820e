"""Who a subscription reads as with no session: its owner, with the rights that last beyond one.

A citizen reads as a person at no real-name level: what is open, and nothing about anybody. An
official reads in the position, at the level that acting in an office needs, as long as the position
is theirs. No subscription reads under a ground: a ground opens on the page alone.
"""

from datetime import date

from sqlalchemy.orm import Session

from xihu_catalog.subscriptions.model import SubscriptionEnds
from xihu_platform.access.decision import OFFICE_LEVEL
from xihu_platform.errors import NotFound
from xihu_platform.identity.models import PersonRow
from xihu_platform.identity.people import find_position
from xihu_platform.identity.principal import Principal


def subscriber(session: Session, sub: str, position: str, today: date) -> Principal:
    """Raises SubscriptionEnds where the account or the position is there no longer."""
    person = session.get(PersonRow, sub)
    if person is None:
        raise SubscriptionEnds("person")
    if not position:
        return Principal(kind="citizen", id=sub, name=person.name_zh, portal="citizen")
    try:
        office = find_position(session, sub, position, today)
    except NotFound:
        raise SubscriptionEnds("position") from None
    return Principal(
        kind="official",
        id=sub,
        name=person.name_zh,
        level=min(OFFICE_LEVEL, person.level),
        position=office,
        portal="official",
    )
