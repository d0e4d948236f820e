"""回流: which systems above return which data to departments below, what came, what is late and
which return nothing (Order 809 arts 24 and 39)."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from xihu_catalog.registry.people import organisation_name
from xihu_catalog.sharing.backflow import FlowState, Returned, returned_for
from xihu_platform.words import Text
from xihu_portals.pages.describe import freshness
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Freshness, Link, State, Words
from xihu_portals.web.render import render

PATH = "/official/backflow"
STATES: dict[FlowState, Text] = {
    "came": Text("按时回流", "in time"),
    "late": Text("逾期未回流", "late"),
    "nothing": Text("没有回流", "returns nothing"),
}
ORDER: tuple[FlowState, ...] = ("nothing", "late", "came")
"""What needs somebody comes first."""
router = APIRouter()


@dataclass(frozen=True, slots=True)
class ShownFlow:
    """One line of the list."""

    id: str
    system: Text
    runs: Words
    to: Words
    duty: Text
    since: date
    dataset: Link | None
    """None where the system returns nothing yet."""
    state: FlowState
    state_title: Text
    freshness: Freshness | None


@dataclass(frozen=True, slots=True)
class BackflowPage:
    """What should come back to us, and does it come?"""

    frame: PageFrame
    counts: tuple[tuple[Text, int], ...]
    flows: tuple[ShownFlow, ...]
    empty: State


_EMPTY = State(
    "empty",
    Text("清单上没有回流到本单位的数据", "Nothing on the list is to return to your organisation"),
    Text(
        "需要上级系统中本地区的数据，请向政务数据共享主管部门提出，列入回流清单。",
        "Where you need your area's data of a system above, ask the data authority to put it "
        "on the list.",
    ),
)


def fill(visitor: Visitor) -> BackflowPage:
    position = visitor.principal.position
    assert position is not None  # in office
    found = returned_for(visitor.services.catalogue, position)
    number = Counter(one.state for one in found)
    return BackflowPage(
        frame=visitor.frame,
        counts=tuple((STATES[state], number[state]) for state in ORDER if number[state]),
        flows=tuple(
            _shown(visitor, one) for one in sorted(found, key=lambda one: ORDER.index(one.state))
        ),
        empty=_EMPTY,
    )


def _shown(visitor: Visitor, one: Returned) -> ShownFlow:
    contract = visitor.services.catalogue.contracts.find(one.flow.dataset or "")
    link = None
    if contract is not None:
        link = Link(contract.title, f"/official/datasets/{contract.dataset}")
    loaded = one.heart is not None and one.heart.loaded_at is not None
    return ShownFlow(
        id=one.flow.id,
        system=one.flow.system,
        runs=organisation_name(one.flow.runs),
        to=organisation_name(one.flow.to),
        duty=one.flow.duty,
        since=one.flow.valid_from,
        dataset=link,
        state=one.state,
        state_title=STATES[one.state],
        freshness=freshness(one.heart) if one.heart is not None and loaded else None,
    )


@router.get(PATH)
def page(request: Request, visitor: InOffice) -> HTMLResponse:
    return render(request, "official/backflow.html", fill(visitor))
