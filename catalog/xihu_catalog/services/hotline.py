"""The 12345 hotline: who takes part in what was brought to it, and who may handle it.

The model is 北京市接诉即办工作条例 13–17, of which excerpts were read.
"""

from collections.abc import Iterator
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from xihu_catalog.registry.hotline import hotline_organisation
from xihu_platform.clock import civil_date
from xihu_platform.errors import BadInput, Conflict, NotFound
from xihu_platform.identity.models import OrganisationRow, PositionRow
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.acts import ActContext, ActFunctions
from xihu_platform.matters.kernel import Opening
from xihu_platform.matters.who import MatterParty, party_as

HOTLINE = "hotline"
GUARDS = ("writes_or_rings", "unit_can_handle")
"""What a kind may name."""
HANDLES = "handler"
"""The duty of whoever takes calls, and of whoever handles what was brought."""


def answers_hotline(principal: Principal) -> bool:
    """Whether somebody takes calls: a handler of the hotline's organisation."""
    position = principal.position
    if position is None or principal.kind != "official":
        return False
    return position.organisation == hotline_organisation() and HANDLES in position.duties


def hotline_opening(session: Session, caller: Principal) -> Opening:
    """What a person or a firm writes, or the hotline for one who rang.

    Raises NotFound for another office, which has the complaint and the need for data instead;
    Conflict where the registry names no hotline.
    """
    desk = hotline_organisation()
    organisation = session.get(OrganisationRow, desk) if desk is not None else None
    if desk is None or organisation is None:
        raise Conflict(
            "本平台没有登记热线，请直接拨打 12345",
            "no hotline is registered here: ring 12345",
        )
    if caller.kind != "citizen" and not answers_hotline(caller):
        raise NotFound(
            "只有热线受理人员可以代来电人登记", "only the hotline writes for one who rang"
        )
    parties = (party_as(caller, "caller"), MatterParty("desk", "organisation", desk))
    return Opening(HOTLINE, parties, organisation.region)


def handling_units(session: Session, today: date, desk: str) -> frozenset[str]:
    """The organisations with somebody in office who handles, but for the hotline itself."""
    return frozenset(_with_handlers(session, today)) - {desk}


def _with_handlers(session: Session, today: date) -> Iterator[str]:
    row = PositionRow
    query = select(row.organisation, row.duties).where(
        row.valid_from <= today, row.valid_to >= today
    )
    for organisation, duties in session.execute(query):
        if HANDLES in duties.split():
            yield organisation


def hotline_acts() -> ActFunctions:
    """What the registry's kind `hotline` may name."""
    return ActFunctions(
        guards={"writes_or_rings": writes_or_rings, "unit_can_handle": unit_can_handle}
    )


def writes_or_rings(context: ActContext) -> None:
    """Whoever writes is known; one who rang left a name and a number, written by a handler."""
    position = context.doer.position
    if position is None:
        return
    if HANDLES not in position.duties:
        raise Conflict(
            "代来电人登记由热线受理人员办理", "what somebody rang about is written by a handler"
        )
    if not context.command.values.get("contact"):
        raise BadInput(
            "代来电人登记的，请填写“称呼和联系电话”，以便回访",
            "fill in “Name and telephone” of the one who rang, so that they can be called back",
        )


def unit_can_handle(context: ActContext) -> None:
    """There is such an organisation, somebody in it handles, and it is not the hotline."""
    unit, (desk,) = str(context.command.values["unit"]), context.matter.keys("desk")
    organisation = context.session.get(OrganisationRow, unit)
    if organisation is None:
        raise BadInput(
            "没有这个承办单位，请从列表中选取",
            "there is no such organisation: choose one of the list",
        )
    if unit not in handling_units(context.session, civil_date(context.now), desk):
        raise BadInput(
            f"{organisation.name_zh}没有在任的经办人，不能派单",
            f"{organisation.name_en} has nobody in office who handles: it cannot be assigned there",
        )
