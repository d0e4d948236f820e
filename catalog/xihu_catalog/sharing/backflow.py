"""Backflow (回流, Order 809 art. 24): the standing grants of the registry's list, and how it is:
what arrived, what is late, which systems return nothing (art. 39)."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Engine, delete, select

from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.service import Catalogue, Heartbeat
from xihu_catalog.registry.backflow import ENDLESS, Flow, flow_faults, flows
from xihu_catalog.registry.people import organisations
from xihu_platform.access.models import GrantRow
from xihu_platform.database import transaction
from xihu_platform.identity.principal import Position
from xihu_platform.regions import Region
from xihu_platform.telemetry.logs import facts

log = logging.getLogger("xihu.backflow")
KIND = "backflow"
FlowState = Literal["came", "late", "nothing"]


def sync_backflow(database: Engine, find: Callable[[str], Contract | None]) -> None:
    """Bring the grants in step with the list; the same again writes nothing, so that no decision
    is made anew for it. A line at fault gives nothing, and is logged."""
    named = {one.dataset for one in flows() if one.dataset is not None}
    contracts = {name: one for name in named if (one := find(name)) is not None}
    faults = dict(flow_faults(contracts))
    for line, fault in faults.items():
        log.error("a line of the backflow list gives nothing", extra=facts(line=line, why=fault.en))
    wanted = {
        one.id: _row(one) for one in flows() if one.dataset is not None and one.id not in faults
    }
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
    """For a data authority and its chief data officer, what is to return to its area; for a
    department, what is to return to it and what its own systems have to return."""
    if position.duties & {"authority", "chief_data_officer"}:
        known, prefix = organisations(), Region(position.region).prefix
        return tuple(
            one
            for one in returned(catalogue)
            if (to := known.get(one.flow.to)) is not None and to.region.startswith(prefix)
        )
    own = position.organisation
    return tuple(one for one in returned(catalogue) if own in {one.flow.to, one.flow.runs})


def _returned(catalogue: Catalogue, flow: Flow) -> Returned:
    contract = catalogue.contracts.find(flow.dataset or "")
    heart = catalogue.heartbeat(contract) if contract is not None else None
    if heart is None or heart.loaded_at is None:
        return Returned(flow, "nothing", heart)
    return Returned(flow, "came" if heart.state == "live" else "late", heart)
