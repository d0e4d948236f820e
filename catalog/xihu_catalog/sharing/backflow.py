"""Backflow (回流, Order 809 art. 24): the standing grants of the registry's list, and how it is:
what arrived, what is late, which systems return nothing (art. 39)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Engine, delete, select

from xihu_catalog.datasets.service import Catalogue, Heartbeat
from xihu_catalog.registry.backflow import DAYS, ENDLESS, Flow, flows
from xihu_platform.access.models import GrantRow
from xihu_platform.database import transaction
from xihu_platform.identity.principal import Position

KIND = "backflow"
FlowState = Literal["came", "late", "nothing"]


def sync_backflow(database: Engine) -> None:
    """Bring the grants in step with the list; the same again writes nothing, so that no decision
    is made anew for it."""
    wanted = {one.id: _row(one) for one in flows() if one.dataset is not None}
    with transaction(database) as session:
        found = session.scalars(select(GrantRow).where(GrantRow.kind == KIND)).all()
        for row in found:
            if row.id not in wanted:
                session.execute(delete(GrantRow).where(GrantRow.id == row.id))
        for row in wanted.values():
            session.merge(row)


def _row(flow: Flow) -> GrantRow:
    return GrantRow(
        id=flow.id,
        dataset=flow.dataset,
        organisation=flow.to,
        fields=[],
        purpose_zh=flow.duty.zh,
        purpose_en=flow.duty.en,
        valid_from=flow.valid_from,
        valid_to=ENDLESS,
        rules=[],
        matter=None,
        suspended=False,
        kind=KIND,
    )


@dataclass(frozen=True, slots=True)
class Returned:
    """One line of the list and how it stands."""

    flow: Flow
    state: FlowState
    heart: Heartbeat | None
    """Of its dataset; None where the system returns nothing."""


def returned_to(catalogue: Catalogue, position: Position, now: datetime) -> tuple[Returned, ...]:
    """What returns to a position's department; for a data authority, every line."""
    every = "authority" in position.duties
    return tuple(
        _returned(catalogue, flow, now)
        for flow in flows()
        if every or flow.to == position.organisation
    )


def _returned(catalogue: Catalogue, flow: Flow, now: datetime) -> Returned:
    contract = catalogue.contracts.find(flow.dataset or "")
    heart = catalogue.heartbeat(contract) if contract is not None else None
    if heart is None or heart.loaded_at is None:
        return Returned(flow, "nothing", heart)
    late = heart.state != "live" or heart.loaded_at + timedelta(days=DAYS[flow.cycle]) < now
    return Returned(flow, "late" if late else "came", heart)
