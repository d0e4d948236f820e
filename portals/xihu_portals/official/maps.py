"""Place and indicator as cockpit and region pages choose and draw them."""

from xihu_catalog.registry.codes import divisions, province
from xihu_catalog.registry.pages import page_choices
from xihu_platform.brain.spec import MetricSpec
from xihu_platform.regions import Region
from xihu_platform.words import Text
from xihu_portals.official.asker import asker
from xihu_portals.pages import describe, figures
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.parts import Choice, Link, Select, State, TileMap


def map_metric(visitor: Visitor, asked: str | None) -> MetricSpec | None:
    """The metric asked for, else the registry's choice, else the first that has regions.

    None where no metric has. Raises NotFound for one that is asked for and not there.
    """
    if asked is not None:
        return visitor.services.get_metric(asked)
    known = visitor.metrics()
    return known.get(page_choices().map_metric or "") or next(
        filter(by_place, known.values()), None
    )


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
    specs = [s for s in visitor.metrics().values() if by_place(s)]
    return Select(
        "metric",
        Text("指标", "Indicator"),
        tuple(Choice(s.id, s.name, s.id == chosen.id) for s in specs),
    )


def by_place(spec: MetricSpec) -> bool:
    return spec.region_field is not None and spec.finest_level != "province"


def region_map(visitor: Visitor, spec: MetricSpec | None, code: str) -> TileMap | State:
    if spec is None or not by_place(spec):
        return State("empty", Text("这个指标不分地区", "This indicator has no regions"))
    own = Region(code)
    within = (own if own.level == "province" else own.at("city")).code
    if spec.finest_level == "city":
        within = province().code  # one city alone would be a map of one tile
    entry = visitor.services.catalogue.get_entry(spec.dataset)
    drawn = figures.tile_map(
        asker(visitor),
        spec,
        map_id="map",
        within=within,
        href=f"/official/region/{{code}}?metric={spec.id}",
        late=entry.heartbeat.state == "late",
    )
    if not drawn.cities and not drawn.counties:
        return State("empty", Text("这个地区没有地图", "There is no map of this region"))
    return drawn
