"""Place and indicator as cockpit and region pages choose and draw them."""

from xihu_catalog.registry.codes import divisions, province
from xihu_catalog.registry.pages import page_choices
from xihu_platform.brain.spec import MetricSpec
from xihu_platform.errors import NotFound
from xihu_platform.regions import Region
from xihu_platform.words import Text
from xihu_portals.official.asker import asker
from xihu_portals.pages import describe, figures
from xihu_portals.pages.visitor import Visitor
from xihu_portals.services import Services
from xihu_portals.web.parts import Choice, Link, Select, State, TileMap


def map_metric(services: Services, asked: str | None) -> MetricSpec:
    """The metric asked for, else the registry's choice, else the first that has regions.

    Raises NotFound.
    """
    chosen = page_choices().map_metric
    known = services.metrics
    if asked is not None or (chosen is not None and chosen in known):
        return services.get_metric(asked or chosen or "")
    found = next(filter(by_place, known.values()), None)
    if found is None:
        raise NotFound("还没有分地区的指标", "there is no metric with regions yet")
    return found


def region_path(code: str, metric: str | None = None) -> tuple[Link, ...]:
    """From the province down to a division."""
    chain: list[str] = []
    step: str | None = code
    while step:
        chain.append(step)
        known = divisions().get(step)
        step = known.parent if known else None
    query = f"?metric={metric}" if metric else ""
    return tuple(
        Link(describe.region_name(c), f"/official/region/{c}{query}", c == code)
        for c in reversed(chain)
    )


def metric_select(visitor: Visitor, chosen: MetricSpec) -> Select:
    """The indicators that can be shown by place."""
    specs = [s for s in visitor.services.metrics.values() if by_place(s)]
    return Select(
        "metric",
        Text("指标", "Indicator"),
        tuple(Choice(s.id, s.name, s.id == chosen.id) for s in specs),
    )


def by_place(spec: MetricSpec) -> bool:
    return spec.region_field is not None and spec.finest_level != "province"


def region_map(visitor: Visitor, spec: MetricSpec, code: str) -> TileMap | State:
    if not by_place(spec):
        return State("empty", Text("这个指标不分地区", "This indicator has no regions"))
    own = Region(code)
    within = (own if own.level == "province" else own.at("city")).code
    if spec.finest_level == "city":
        within = province().code  # one city alone would be a map of one tile
    entry = visitor.services.catalogue.get_entry(spec.dataset)
    return figures.tile_map(
        asker(visitor),
        spec,
        map_id="map",
        within=within,
        href=f"/official/region/{{code}}?metric={spec.id}",
        late=entry.heartbeat.state == "late",
    )
