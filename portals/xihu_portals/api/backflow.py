"""Returned data over HTTP: the same list, for the same people, as on the page."""

from fastapi import APIRouter, Request

from xihu_catalog.sharing.backflow import Returned, returned_for
from xihu_portals.api.auth import InOffice, services_of
from xihu_portals.api.errors import OF_CALLERS, OF_DECISIONS
from xihu_portals.api.schemas.backflow import FlowEntry, FlowList
from xihu_portals.api.schemas.matters import InBoth

router = APIRouter(prefix="/api/v1", tags=["matters"], responses={**OF_CALLERS, **OF_DECISIONS})


@router.get("/backflow")
def list_backflow(request: Request, caller: InOffice) -> FlowList:
    """What systems of a higher level are to return to departments below (Order 809 art. 24): what
    came, what is late, what returns nothing."""
    position = caller.position
    assert position is not None  # the caller is in office
    catalogue = services_of(request).catalogue
    every = returned_for(catalogue, position)
    there = {one.flow.dataset for one in every if catalogue.contracts.find(one.flow.dataset or "")}
    return FlowList(flows=[_entry(one, there) for one in every])


def _entry(one: Returned, there: set[str | None]) -> FlowEntry:
    """`there`: the datasets that the caller knows of."""
    flow, heart = one.flow, one.heart
    return FlowEntry(
        id=flow.id,
        system=InBoth.of(flow.system),
        runs=flow.runs,
        to=flow.to,
        duty=InBoth.of(flow.duty),
        since=flow.valid_from,
        dataset=flow.dataset if flow.dataset in there else None,
        state=one.state,
        loaded_at=heart.loaded_at if heart else None,
        due_at=heart.due_at if heart else None,
    )
