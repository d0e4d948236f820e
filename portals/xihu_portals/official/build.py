"""Fills the views of the official portal about figures: positions, cockpit, region."""

from datetime import timedelta
from decimal import Decimal

from xihu_catalog.datasets.service import Entry
from xihu_catalog.quality.quarantine import KEEP_DAYS
from xihu_catalog.quality.whole import Whole, wholes
from xihu_catalog.registry.codes import code_list, divisions
from xihu_platform.brain.service import Point
from xihu_platform.brain.spec import Level, MetricSpec
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, NotFound
from xihu_platform.identity.people import list_positions
from xihu_platform.identity.principal import Duty
from xihu_platform.regions import Region
from xihu_platform.words import Text
from xihu_portals.official import views
from xihu_portals.web import describe, figures
from xihu_portals.web.parts import (
    Chart,
    Choice,
    Figure,
    Link,
    Select,
    State,
    Table,
    TableColumn,
    TileMap,
)
from xihu_portals.web.visitor import Visitor

PROVINCE = "330000"
NO_SERIES = State(
    "empty",
    Text("这个指标没有时间序列", "This indicator has no series"),
    Text(
        "数据只保留最近一次的全量，没有各期的数值。",
        "Its data holds the newest state only, no periods.",
    ),
)
COCKPIT_FIGURES = (
    "industrial_output",
    "power_use",
    "firms_in_business",
    "pm25_mean",
    "hospital_bed_occupancy",
    "cases_on_time",
    "satisfaction_rate",
    "hotline_on_time",
)
MAP_METRIC = "industrial_output"
DUTIES: dict[Duty, Text] = {
    "handler": Text("经办", "Case handler"),
    "steward": Text("数据管理员", "Data steward"),
    "chief_data_officer": Text("首席数据官", "Chief data officer"),
    "auditor": Text("审计管理员", "Auditor"),
    "leader": Text("分管领导", "Leader"),
    "sharing_head": Text("共享工作机构负责人", "Head of the sharing office"),
    "authority": Text("数据主管部门", "Data authority"),
}


def asker(visitor: Visitor) -> figures.Asker:
    return figures.Asker(
        visitor.services,
        visitor.principal,
        "/official/datasets",
        figures.METRIC_PATH,
        "/official/metrics/{metric}/values.json",
        "/official/loads",
    )


def positions(visitor: Visitor, back: str) -> views.ChoosePosition:
    today = civil_date(visitor.frame.now)
    with transaction(visitor.services.node.database) as session:
        held = list_positions(session, visitor.principal.id, today)
    return views.ChoosePosition(
        visitor.frame,
        tuple(
            views.PositionChoice(
                id=p.id,
                title=Text(p.title_zh, p.title_en),
                organisation=Text(p.organisation_zh, p.organisation_en),
                region=describe.region_name(p.region),
                duties=tuple(DUTIES[d] for d in sorted(p.duties)),
                current=visitor.principal.position is not None
                and p.id == visitor.principal.position.id,
            )
            for p in held
        ),
        back,
    )


def cockpit(visitor: Visitor, metric: str | None) -> views.Cockpit:
    services = visitor.services
    position = visitor.principal.position
    home = position.region if position else PROVINCE
    spec = services.get_metric(metric or MAP_METRIC)
    specs = [services.metrics[name] for name in COCKPIT_FIGURES if name in services.metrics]
    who = asker(visitor)
    return views.Cockpit(
        frame=visitor.frame,
        path=region_path(home),
        region=describe.region_name(home),
        needs=needs(visitor),
        figures=tuple(
            figures.figure(who, s, parent=home, href=f"/official/region/{home}?metric={s.id}")
            for s in specs
        ),
        map=region_map(visitor, spec, home),
        filters=(metric_select(visitor, spec),),
    )


def needs(visitor: Visitor) -> tuple[views.Need, ...]:
    """Late and broken data this position answers for; rows quarantined, for a steward."""
    position = visitor.principal.position
    if position is None:
        return ()
    everything = "chief_data_officer" in position.duties
    catalogue = visitor.services.catalogue
    found: list[views.Need] = []
    for entry in catalogue.entries():
        contract, heart = entry.contract, entry.heartbeat
        if contract.provider != position.organisation and not everything:
            continue
        href = f"/official/datasets/{contract.dataset}"
        if heart.state != "live":
            found.append(_late_need(contract.title, heart.state, href, entry))
        if "steward" in position.duties:
            found.extend(_aside_needs(visitor, entry))
    return tuple(found)


def _late_need(title: Text, state: str, href: str, entry: Entry) -> views.Need:
    heart = entry.heartbeat
    line = (
        Text("该更新的数据还没有到", "The update is overdue")
        if state == "late"
        else Text("没有可读的数据", "There is no data that can be read")
    )
    kind = "late" if state == "late" else "broken"
    verb = Text("查看数据集", "Open the dataset")
    return views.Need(kind, title, line, href, verb, since=heart.due_at)  # type: ignore[arg-type]


def _aside_needs(visitor: Visitor, entry: Entry) -> list[views.Need]:
    """The newest load; of a dataset that loads add to, all of those with open records."""
    services, contract = visitor.services, entry.contract
    every = wholes(services.catalogue, services.node.database, contract)
    loaded = [one for one in every if not one.load.blocked]
    if contract.loading.mode == "replace":
        loaded = loaded[:1]
    earliest = visitor.frame.now - timedelta(days=KEEP_DAYS)  # older ones are purged
    left = [
        one
        for one in loaded
        if (one.still_open or one.unmatched_quarantined) and one.load.committed_at > earliest
    ]
    if not left:
        return []
    line, href = _aside_line(left[0]), f"/official/loads/{left[0].load.load_id}"
    verb = Text("查看报告", "Open the report")
    if len(left) > 1 or left[0] is not loaded[0]:
        line, href = _aside_lines(left), f"/official/datasets/{contract.dataset}#quality"
        verb = Text("查看历次装载", "See the loads")
    since = left[0].load.committed_at
    return [views.Need("alert", contract.title, line, href, verb, since=since)]


def _aside_lines(left: list[Whole]) -> Text:
    """What is left of several loads, or of one before the newest."""
    total = sum(one.still_open + one.unmatched_quarantined for one in left)
    loads = "Earlier loads" if len(left) == 1 else f"{len(left)} loads"
    return Text(
        f"有 {len(left)} 次装载共 {total:,} 条有问题，暂未入库",
        f"{loads} left {total:,} records quarantined",
    )


def _aside_line(whole: Whole) -> Text:
    """What is left of the newest load, its corrections counted."""
    left, load = whole.still_open, whole.load
    if not left:
        again = whole.unmatched_quarantined
        return Text(
            f"最近一次装载的更正文件中有 {again:,} 条有问题，暂未入库",
            f"Corrections of the last load hold {again:,} quarantined records",
        )
    share = left / max(load.received, 1)
    zh = f"，已更正 {whole.corrected:,} 条" if whole.corrected else ""
    en = f"; {whole.corrected:,} have been corrected" if whole.corrected else ""
    return Text(
        f"最近一次装载有 {left:,} 条有问题，暂未入库（{share:.1%}）{zh}",
        f"The last load left {left:,} records quarantined ({share:.1%}){en}",
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
    specs = [s for s in visitor.services.metrics.values() if _by_place(s)]
    return Select(
        "metric",
        Text("指标", "Indicator"),
        tuple(Choice(s.id, s.name, s.id == chosen.id) for s in specs),
    )


def _by_place(spec: MetricSpec) -> bool:
    return spec.region_field is not None and spec.finest_level != "province"


def region_map(visitor: Visitor, spec: MetricSpec, code: str) -> TileMap | State:
    if not _by_place(spec):
        return State("empty", Text("这个指标不分地区", "This indicator has no regions"))
    own = Region(code)
    within = (own if own.level == "province" else own.at("city")).code
    if spec.finest_level == "city":
        within = PROVINCE  # one city alone would be a map of one tile
    entry = visitor.services.catalogue.get_entry(spec.dataset)
    return figures.tile_map(
        asker(visitor),
        spec,
        map_id="map",
        within=within,
        href=f"/official/region/{{code}}?metric={spec.id}",
        late=entry.heartbeat.state == "late",
    )


def region(visitor: Visitor, code: str, metric: str | None) -> views.RegionPage:
    known = divisions().get(code)
    if known is None:
        raise NotFound(f"没有代码为 {code[:12]} 的地区", f"there is no division {code[:12]}")
    spec = visitor.services.get_metric(metric or MAP_METRIC)
    if not _by_place(spec):
        raise BadInput(f"指标 {spec.id} 不分地区", f"metric {spec.id} has no regions")
    who = asker(visitor)
    parent, name = known.parent or code, describe.region_name(code)
    parent_name = describe.region_name(parent)
    headline = figures.figure(who, spec, parent=code, href=f"{figures.METRIC_PATH}/{spec.id}")
    parent_figure = figures.figure(who, spec, parent=parent)
    share = _share(spec, headline, parent_figure) if _growth(headline, parent_figure) else None
    return views.RegionPage(
        frame=visitor.frame,
        path=region_path(code, spec.id),
        code=code,
        name=name,
        parent=parent_name,
        headline=headline,
        finding=_finding(spec, name, parent_name, headline, parent_figure),
        filters=(metric_select(visitor, spec),),
        share_of_parent=share if parent != code else None,
        trend=figures.trend(who, spec, chart_id="trend", parent=code, name=name)
        if spec.time_field
        else NO_SERIES,
        siblings=_siblings(visitor, spec, code),
        breakdown=_breakdown(visitor, spec, code, parent, name, parent_name),
        breakdown_title=_breakdown_title(spec, code, parent, parent_name),
        map=_map_below(visitor, spec, code),
        sum_note=_sum_note(spec),
    )


def _share(spec: MetricSpec, own: Figure, above: Figure) -> Decimal | None:
    """The region's share of what it lies in, where both are complete and of one period."""
    mine, whole = _number(own.value), _number(above.value)
    if spec.kind == "ratio" or mine is None or not whole or not _comparable(own, above):
        return None
    return mine / whole


def _comparable(own: Figure, above: Figure) -> bool:
    return own.gap is None and above.gap is None and own.period == above.period


def _number(value: object) -> Decimal | None:
    return Decimal(str(value)) if isinstance(value, int | float | Decimal) else None


def _map_below(visitor: Visitor, spec: MetricSpec, code: str) -> TileMap | None:
    level = Region(code).level
    if level == "county" or (spec.finest_level == "city" and level != "province"):
        return None
    shown = region_map(visitor, spec, code)
    return shown if isinstance(shown, TileMap) else None


def _finding(
    spec: MetricSpec,
    name: Text,
    parent: Text,
    own: Figure,
    above: Figure,
) -> Text:
    """By how much the region differs from what it lies in, in one sentence."""
    mine, theirs = _number(own.value), _number(above.value)
    if own.gap or above.gap:
        return _incomplete(name, parent, own, above)
    if mine is None or theirs is None:
        return Text(
            "数值未知或不显示，没法比较。", "A value is unknown or withheld: no comparison."
        )
    if own.period != above.period:
        return Text(
            "两个数值不是同一期的，不作比较。", "The two are of different periods: no comparison."
        )
    if name == parent:
        return Text(
            "这是全省的数值；各市的数值见下图。",
            "This is the whole province; the chart below shows its cities.",
        )
    if spec.kind == "ratio":
        return _difference(spec, name, parent, mine, theirs)
    growth = _growth(own, above)
    if growth is None:
        return Text(
            f"{name.zh}占{parent.zh}的 {_percent(mine, theirs)}%。",
            f"{name.en} accounts for {_percent(mine, theirs)} % of {parent.en}.",
        )
    grown, grown_above = growth
    gap = (grown - grown_above) * 100
    faster = ("快", "faster") if gap >= 0 else ("慢", "slower")
    return Text(
        f"{name.zh}同比 {grown * 100:+.1f}%，比{parent.zh}（{grown_above * 100:+.1f}%）"
        f"{faster[0]} {abs(gap):.1f} 个百分点。",
        f"{name.en}: {grown * 100:+.1f} % on a year before, {abs(gap):.1f} points {faster[1]} "
        f"than {parent.en} ({grown_above * 100:+.1f} %).",
    )


def _incomplete(name: Text, parent: Text, own: Figure, above: Figure) -> Text:
    """Whose value is incomplete, and what it lacks."""
    whose, lack = (name, own.gap) if own.gap else (parent, above.gap)
    assert lack is not None
    return Text(
        f"{whose.zh}的数值不完整：{lack.text.zh}，所以不作比较。",
        f"The value of {whose.en} is incomplete: {lack.text.en}, so nothing is compared.",
    )


def _difference(spec: MetricSpec, name: Text, parent: Text, mine: Decimal, theirs: Decimal) -> Text:
    """By how much a ratio or mean lies above or below the parent's, in its unit."""
    gap = mine - theirs
    own, size = f"{mine:.{spec.decimals}f}", f"{abs(gap):.{spec.decimals}f}"
    unit = spec.unit if spec.is_rate else Text(f" {spec.unit.zh}", f" {spec.unit.en}")
    step = Text(" 个百分点", " points") if spec.is_rate else unit
    if gap == 0:
        return Text(
            f"{name.zh}为 {own}{unit.zh}，与{parent.zh}相同。",
            f"{name.en}: {own}{unit.en}, the same as {parent.en}.",
        )
    way = Text("高于", "above") if gap > 0 else Text("低于", "below")
    return Text(
        f"{name.zh}为 {own}{unit.zh}，{way.zh}{parent.zh} {size}{step.zh}。",
        f"{name.en}: {own}{unit.en}, {way.en} {parent.en} by {size}{step.en}.",
    )


def _growth(own: Figure, above: Figure) -> tuple[Decimal, Decimal] | None:
    """What a region and what it lies in have grown by in a year, where both are known."""
    grown = own.changes[0].ratio if own.changes else None
    grown_above = above.changes[0].ratio if above.changes else None
    return None if grown is None or grown_above is None else (grown, grown_above)


def _percent(part: Decimal, whole: Decimal) -> str:
    return f"{part / whole * 100:.1f}" if whole else "—"


def _siblings(visitor: Visitor, spec: MetricSpec, code: str) -> Chart | State:
    """The divisions beside this one, in the order of their codes; its own below the province."""
    own = Region(code)
    level: Level = "county" if own.level == "county" else "city"
    within = PROVINCE if level == "city" else own.at("city").code
    if level == "county" and spec.finest_level != "county":
        return State("empty", Text("这个指标没有县级数据", "This indicator has no county level"))
    who = asker(visitor)
    answer = figures.series(who, spec, parent=within, level=level, latest=1, compare=False)
    points = tuple(sorted(answer.points, key=lambda p: p.region or ""))
    codes = [p.region for p in points]
    return Chart(
        id="siblings",
        title=Text(f"{spec.name.zh}：按地区代码排列", f"{spec.name.en}, in the order of codes"),
        kind="rows",
        axis=Text("地区", "Place"),
        labels=tuple(describe.region_name(c) for c in codes),
        series=(figures.values(spec, spec.name, points),),
        unit=spec.unit,
        source=figures.source(who, spec, answer),
        decimals=spec.decimals,
        emphasis=codes.index(code) if code in codes else None,
        gap=figures.lacks(who, spec, answer.points),
    )


def _breakdown_title(spec: MetricSpec, code: str, parent: str, parent_name: Text) -> Text:
    by = spec.dimensions[0].name if spec.dimensions else Text("分项", "part")
    if parent == code:
        return Text(f"{by.zh}构成", f"By {by.en.lower()}")
    whole = Text("全省", "the province") if parent == PROVINCE else parent_name
    return Text(f"{by.zh}构成：与{whole.zh}比", f"By {by.en.lower()}: beside {whole.en}")


def _breakdown(
    visitor: Visitor, spec: MetricSpec, code: str, parent: str, name: Text, parent_name: Text
) -> Table | State:
    if not spec.dimensions:
        return State("empty", Text("这个指标不能再细分", "This indicator has no breakdown"))
    dimension = spec.dimensions[0]
    who = asker(visitor)

    def by_value(place: str) -> dict[str | None, Point]:
        answer = figures.series(
            who, spec, parent=place, latest=1, by=(dimension.field,), compare=False
        )
        return {p.dimensions[dimension.field]: p for p in answer.points}

    mine = by_value(code)
    theirs = by_value(parent) if parent != code else {}
    whole = tuple((theirs or mine).values())  # the region's own cells are among its parent's
    compared = (mine, theirs) if theirs else (mine,)
    names = code_list(dimension.code_list) if dimension.code_list else {}
    rows = tuple(
        (
            names.get(key or "", key) if key is not None else None,
            *(figures.cell(spec, points.get(key)) for points in compared),
        )
        for key in sorted({*mine, *theirs}, key=str)
    )
    quarterly = spec.grain_for(broken_down=True) != spec.default_grain
    when = Text("（最近一个已结束的季度）", ", last closed quarter") if quarterly else Text("", "")
    return Table(
        caption=Text(
            f"按{dimension.name.zh}拆分{when.zh}", f"By {dimension.name.en.lower()}{when.en}"
        ),
        columns=(
            TableColumn(dimension.name),
            *(
                TableColumn(place, spec.unit, numeric=True, decimals=spec.decimals)
                for place in (name, parent_name)[: len(compared)]
            ),
        ),
        rows=rows,
        gap=figures.lacks(who, spec, whole),
    )


def _sum_note(spec: MetricSpec) -> Text | None:
    if spec.is_mean:
        return Text("平均值不能相加。", "Means do not add up.")
    if spec.kind == "ratio":
        return Text("比率不能相加。", "Ratios do not add up.")
    if spec.smallest_cell:
        return Text(
            f"不足 {spec.smallest_cell} 的数值不显示，所以各地加起来可能小于合计。",
            f"Cells below {spec.smallest_cell} are withheld, so parts may fall short of the whole.",
        )
    return None
