"""The catalogue of metrics, for both portals: by brain and owner, and whether its data is alive."""

from collections.abc import Iterable
from dataclasses import dataclass

from xihu_catalog.registry.people import organisation_name
from xihu_platform.brain.spec import MetricSpec
from xihu_platform.errors import NotFound
from xihu_platform.words import Text
from xihu_portals.pages import describe
from xihu_portals.pages.metric_choice import GRAIN_NAMES
from xihu_portals.pages.metric_page import AUDIENCES
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Choice, Freshness, Select

BRAINS = {
    "industry": Text("产业", "Industry"),
    "city": Text("城市", "City"),
    "society": Text("社会", "Society"),
    "government": Text("政府", "Government"),
}


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
    audience: Text | None
    """None where all that are listed have the same."""
    freshness: Freshness | None
    """None where its dataset has no contract."""


@dataclass(frozen=True, slots=True)
class MetricCatalogue:
    """Which numbers are there, and who answers for them?"""

    frame: PageFrame
    filters: tuple[Select, ...]
    brains: tuple[tuple[Text, tuple[ListedMetric, ...]], ...]
    count: int


def fill_list(
    visitor: Visitor, listed: Iterable[MetricSpec], path: str, *, brain: str = "", owner: str = ""
) -> MetricCatalogue:
    """Of one brain or owner where they are given. Raises NotFound for one that has no metric."""
    specs = sorted(listed, key=lambda one: one.id)
    chosen = [
        spec
        for spec in specs
        if (not brain or spec.brain == brain) and (not owner or spec.owner == owner)
    ]
    known = {spec.brain for spec in specs} | {spec.owner for spec in specs} | {""}
    for asked in (brain, owner):
        if asked not in known:
            raise NotFound(f"没有属于“{asked[:64]}”的指标", f"there is no metric of “{asked[:64]}”")
    alive = {name: _freshness(visitor, name) for name in {spec.dataset for spec in chosen}}
    groups = [(BRAINS[name], [s for s in chosen if s.brain == name]) for name in BRAINS]
    told = len({spec.audience for spec in specs}) > 1
    return MetricCatalogue(
        frame=visitor.frame,
        filters=_filters(specs, brain, owner),
        brains=tuple(
            (title, tuple(_listed(spec, path, alive[spec.dataset], told) for spec in group))
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


def _listed(spec: MetricSpec, path: str, alive: Freshness | None, told: bool) -> ListedMetric:
    return ListedMetric(
        href=f"{path}/{spec.id}",
        name=spec.name,
        definition=spec.definition,
        unit=spec.unit,
        owner=organisation_name(spec.owner),
        grain=GRAIN_NAMES[spec.finest_grain] if spec.finest_grain else None,
        audience=AUDIENCES[spec.audience] if told else None,
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
