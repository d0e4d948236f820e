"""The catalogue of metrics: every number there is, by brain, and who answers for it."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from xihu_catalog.registry.people import organisation_name
from xihu_platform.brain.spec import MetricSpec
from xihu_platform.errors import NotFound
from xihu_platform.words import Text
from xihu_portals.official.metric import AUDIENCES, GRAINS
from xihu_portals.pages import describe
from xihu_portals.pages.figures import METRIC_PATH
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Choice, Freshness, Select
from xihu_portals.web.render import render

BRAINS = {
    "industry": Text("产业", "Industry"),
    "city": Text("城市", "City"),
    "society": Text("社会", "Society"),
    "government": Text("政府", "Government"),
}
router = APIRouter()


@dataclass(frozen=True, slots=True)
class ListedMetric:
    """A metric in a line: what it means, who answers for it, whether its data is alive."""

    href: str
    name: Text
    definition: Text
    unit: Text
    owner: Text
    grain: Text | None
    """The finest period it is told for; None without time."""
    audience: Text
    freshness: Freshness | None
    """None where its dataset has no contract."""


@dataclass(frozen=True, slots=True)
class MetricCatalogue:
    """Which numbers are there, and who answers for them?"""

    frame: PageFrame
    filters: tuple[Select, ...]
    brains: tuple[tuple[Text, tuple[ListedMetric, ...]], ...]
    count: int


def fill(visitor: Visitor, brain: str = "", owner: str = "") -> MetricCatalogue:
    """Of one brain or owner where they are given. Raises NotFound for one that has no metric."""
    specs = sorted(visitor.services.metrics.values(), key=lambda one: one.id)
    chosen = [
        spec
        for spec in specs
        if (not brain or spec.brain == brain) and (not owner or spec.owner == owner)
    ]
    known = {spec.brain for spec in specs} | {spec.owner for spec in specs} | {""}
    for asked in (brain, owner):
        if asked not in known:
            raise NotFound(f"没有属于“{asked}”的指标", f"there is no metric of “{asked}”")
    alive = {name: _freshness(visitor, name) for name in {spec.dataset for spec in chosen}}
    groups = [(BRAINS[name], [s for s in chosen if s.brain == name]) for name in BRAINS]
    return MetricCatalogue(
        frame=visitor.frame,
        filters=_filters(specs, brain, owner),
        brains=tuple(
            (title, tuple(_listed(spec, alive[spec.dataset]) for spec in group))
            for title, group in groups
            if group
        ),
        count=len(chosen),
    )


def _freshness(visitor: Visitor, dataset: str) -> Freshness | None:
    catalogue = visitor.services.catalogue
    if catalogue.contracts.find(dataset) is None:
        return None
    return describe.freshness(catalogue.get_entry(dataset).heartbeat)


def _listed(spec: MetricSpec, alive: Freshness | None) -> ListedMetric:
    return ListedMetric(
        href=f"{METRIC_PATH}/{spec.id}",
        name=spec.name,
        definition=spec.definition,
        unit=spec.unit,
        owner=organisation_name(spec.owner),
        grain=GRAINS[spec.finest_grain] if spec.finest_grain else None,
        audience=AUDIENCES[spec.audience],
        freshness=alive,
    )


def _filters(specs: list[MetricSpec], brain: str, owner: str) -> tuple[Select, ...]:
    every = Text("全部", "All")
    there = [name for name in BRAINS if any(spec.brain == name for spec in specs)]
    owners = dict.fromkeys(spec.owner for spec in specs)
    return (
        Select(
            "brain",
            Text("大脑", "Brain"),
            (Choice("", every, not brain), *(Choice(n, BRAINS[n], n == brain) for n in there)),
        ),
        Select(
            "owner",
            Text("责任单位", "Owner"),
            (
                Choice("", every, not owner),
                *(Choice(one, organisation_name(one), one == owner) for one in owners),
            ),
        ),
    )


@router.get("/official/metrics")
def page(
    request: Request,
    visitor: InOffice,
    brain: Annotated[str, Query(max_length=64)] = "",
    owner: Annotated[str, Query(max_length=64)] = "",
) -> HTMLResponse:
    return render(request, "official/metrics.html", fill(visitor, brain, owner))
