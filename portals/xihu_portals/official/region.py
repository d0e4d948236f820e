"""A region's page: why its number differs from that of what it lies in."""

from dataclasses import dataclass
from decimal import Decimal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from xihu_catalog.registry.codes import code_list, divisions, province
from xihu_platform.brain.service import Point
from xihu_platform.brain.spec import Level, MetricSpec
from xihu_platform.errors import BadInput, NotFound
from xihu_platform.regions import Region
from xihu_platform.words import Text
from xihu_portals.official.asker import asker
from xihu_portals.official.explained import Explanation, explain
from xihu_portals.official.maps import (
    by_place,
    map_metric,
    metric_select,
    region_map,
    region_path,
)
from xihu_portals.pages import describe, figures
from xihu_portals.pages.metric_parts import MetricParts
from xihu_portals.pages.metric_series import NO_SERIES
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Chart, Figure, Link, Select, State, Table, TableColumn, TileMap
from xihu_portals.web.render import render

router = APIRouter()


@dataclass(frozen=True, slots=True)
class RegionPage:
    """9 · Why does this region differ?"""

    frame: PageFrame
    path: tuple[Link, ...]
    code: str
    name: Text
    parent: Text
    headline: Figure
    finding: Text
    """The answer in one sentence: by how much it differs, and where that comes from."""
    filters: tuple[Select, ...]
    share_of_parent: Decimal | None
    trend: Chart | State
    siblings: Chart | State
    """In the order of the codes, this region emphasised."""
    breakdown: Table | State
    """This region and its parent, by what the metric can be broken down by; the province has
    no parent and is shown alone."""
    map: TileMap | None
    breakdown_title: Text
    sum_note: Text | None = None
    """Why the parts do not add up to the whole, if they do not."""
    explained: tuple[MetricParts, ...] = ()
    """What each part adds to the difference from the parent; of the province, to its growth."""
    finding_href: str | None = None
    """Where the reason is told why nothing is compared."""


def fill(visitor: Visitor, code: str, metric: str | None) -> RegionPage:
    known = divisions().get(code)
    if known is None:
        raise NotFound(f"没有代码为 {code[:12]} 的地区", f"there is no division {code[:12]}")
    spec = map_metric(visitor, metric)
    if spec is None:
        raise NotFound("没有分地区的指标", "there is no metric by region")
    if not by_place(spec):
        raise BadInput(f"指标 {spec.id} 不分地区", f"metric {spec.id} has no regions")
    who = asker(visitor)
    parent, name = known.parent or code, describe.region_name(code)
    parent_name = describe.region_name(parent)
    headline = figures.figure(who, spec, parent=code, href=f"{figures.METRIC_PATH}/{spec.id}")
    parent_figure = figures.figure(who, spec, parent=parent)
    share = _share(spec, headline, parent_figure) if _growth(headline, parent_figure) else None
    why = explain(who, spec, code, headline.period.start if headline.period else None)
    return RegionPage(
        frame=visitor.frame,
        path=region_path(code, spec.id),
        code=code,
        name=name,
        parent=parent_name,
        headline=headline,
        finding=_finding(spec, name, parent_name, headline, parent_figure, why),
        finding_href=_reason(headline, parent_figure),
        explained=why.tables,
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
    why: Explanation,
) -> Text:
    """By how much the region differs from what it lies in, and what adds most to it."""
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
    way = ("高", "above") if gap >= 0 else ("低", "below")
    most = _most(why)
    return Text(
        f"{name.zh}同比 {grown * 100:+.1f}%，比{parent.zh}（{grown_above * 100:+.1f}%）"
        f"{way[0]} {abs(gap):.1f} 个百分点{most.zh}。",
        f"{name.en}: {grown * 100:+.1f} % on a year before, {abs(gap):.1f} points {way[1]} "
        f"{parent.en} ({grown_above * 100:+.1f} %){most.en}.",
    )


def _most(why: Explanation) -> Text:
    """The part that adds most to the difference."""
    if why.most is None or why.adds is None:
        return Text("", "")
    return Text(
        f"，其中{why.most.zh}贡献最大（{why.adds:+.2f} 个百分点）",
        f"; {why.most.en} adds most to that ({why.adds:+.2f} points)",
    )


def _reason(own: Figure, above: Figure) -> str | None:
    lack = own.gap or above.gap
    return lack.href if lack else None


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
    """The divisions of the same level, in the order of their codes; its own below the province."""
    own = Region(code)
    level: Level = "county" if own.level == "county" else "city"
    within = province().code if level == "city" else own.at("city").code
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
    whole = Text("全省", "the province") if parent == province().code else parent_name
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


@router.get("/official/region/{code}")
def page(request: Request, visitor: InOffice, code: str, metric: str | None = None) -> HTMLResponse:
    return render(request, "official/region.html", fill(visitor, code, metric))
