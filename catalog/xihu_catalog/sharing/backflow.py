"""Backflow (回流, Order 809 art. 24): the standing grants of the registry's list, and how it is:
what arrived, what is late, which systems return nothing (art. 39)."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Engine, delete, select

from xihu_catalog.datasets.service import Catalogue, Heartbeat
from xihu_catalog.registry.backflow import ENDLESS, Flow, flows
from xihu_catalog.registry.people import organisations
from xihu_platform.access.models import GrantRow
from xihu_platform.database import transaction
from xihu_platform.identity.principal import Position
from xihu_platform.regions import Region

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
    """One line of the list and its state, by the same rule as the catalogue's."""

    flow: Flow
    state: FlowState
    heart: Heartbeat | None
    """Of its dataset; None where the system returns nothing."""


def returned(catalogue: Catalogue) -> tuple[Returned, ...]:
    """The whole list, in its order."""
    return tuple(_returned(catalogue, flow) for flow in flows())


def returned_for(catalogue: Catalogue, position: Position) -> tuple[Returned, ...]:
    """For a data authority, what is to return to its area; for a department, what is to return to
    it and what its own systems have to return."""
    if "authority" in position.duties:
        known, prefix = organisations(), Region(position.region).prefix
        return tuple(
            one for one in returned(catalogue) if known[one.flow.to].region.startswith(prefix)
        )
    own = position.organisation
    return tuple(one for one in returned(catalogue) if own in {one.flow.to, one.flow.runs})


def _returned(catalogue: Catalogue, flow: Flow) -> Returned:
    contract = catalogue.contracts.find(flow.dataset or "")
    heart = catalogue.heartbeat(contract) if contract is not None else None
    if heart is None or heart.loaded_at is None:
        return Returned(flow, "nothing", heart)
    return Returned(flow, "came" if heart.state == "live" else "late", heart)
