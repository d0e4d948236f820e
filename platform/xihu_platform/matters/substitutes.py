"""Who stands in for whom (代理人): set for days, for positions of one organisation."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from xihu_platform.errors import BadInput
from xihu_platform.identity.people import list_positions_by_id
from xihu_platform.identity.principal import Position
from xihu_platform.matters.models import SubstituteRow


def stood_in(session: Session, position: Position, today: date) -> list[Position]:
    """The positions that somebody in this one may act for today, beside it."""
    ids = session.scalars(
        select(SubstituteRow.position).where(
            SubstituteRow.substitute == position.id,
            SubstituteRow.valid_from <= today,
            SubstituteRow.valid_to >= today,
        )
    ).all()
    return list_positions_by_id(session, ids, today) if ids else []


def set_substitute(
    session: Session,
    position: Position,
    substitute: Position,
    *,
    first: date,
    last: date,
    set_by: str,
) -> None:
    """Let one position act for another from `first` to `last`, both days included.

    Raises BadInput for positions of two organisations, the same one twice, or days out of order.
    """
    if position.organisation != substitute.organisation or position.id == substitute.id:
        raise BadInput(
            "代理人须为本单位的另一职务",
            "a substitute is another position of the same organisation",
        )
    if last < first:
        raise BadInput("结束日早于开始日，请改正", "the last day is before the first: correct it")
    session.merge(
        SubstituteRow(
            position=position.id,
            substitute=substitute.id,
            valid_from=first,
            valid_to=last,
            set_by=set_by,
        )
    )
