"""Who may use a ground at all, whatever of its item's datasets they want."""

from datetime import datetime

from xihu_platform.access import reasons
from xihu_platform.access.grounds import Ground
from xihu_platform.access.policy import Purpose
from xihu_platform.errors import Reason
from xihu_platform.identity.principal import Principal


def ground_refusal(
    principal: Principal, purpose: Purpose, ground: Ground | None, now: datetime
) -> Reason | None:
    """Somebody else's ground and one that does not exist look alike."""
    position = principal.position
    if not (purpose.case_number or "").strip():
        return reasons.CASE_NEEDED
    if ground is None or position is None or ground.position != position.id:
        return reasons.GROUND_UNKNOWN
    if ground.organisation != position.organisation or not ground.is_open(now):
        return reasons.GROUND_UNKNOWN
    made_by = {ground.opened_by, ground.countersigned_by, *ground.makers}
    if principal.kind == "official" and principal.id in made_by:
        return reasons.GROUND_OWN
    if principal.kind == "system" and ground.countersigned_by is None:
        return reasons.GROUND_UNCONFIRMED
    return None if ground.is_confirmed else reasons.GROUND_UNCONFIRMED
