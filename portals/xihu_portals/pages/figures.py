"""Metrics as a page shows them: figure, trend, map, each with its source strip."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlencode

from xihu_catalog.registry.codes import divisions, map_tiles
from xihu_catalog.registry.pages import page_choices
from xihu_platform.access.answers import Citation
from xihu_platform.brain.completeness import Completeness
from xihu_platform.brain.periods import period_start
from xihu_platform.brain.query import MetricQuery
from xihu_platform.brain.service import Point, ask
from xihu_platform.brain.spec import LEVELS, Grain, Level, MetricSpec
from xihu_platform.identity.principal import Principal
from xihu_platform.regions import Region
from xihu_platform.words import Text
from xihu_portals.api.datasets import cite_both
from xihu_portals.pages.describe import freshness, region_name
from xihu_portals.pages.gaps import gap
from xihu_portals.services import Services
from xihu_portals.web.parts import (
    Chart,
    Figure,
    Gap,
    Link,
    Number,
    Partial,
    Period,
    Series,
    ShownChange,
    ShownSource,
    Suppressed,
    Tile,
    TileMap,
)

SPARK_PERIODS = 13
METRIC_PATH = "/official/metrics"
YEAR_BEFORE = Text("上年同期", "the same period a year before")
PERIOD_BEFORE = Text("上期", "the period before")


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, of which installation, and where the strip's links lead in this portal."""

    services: Services
    principal: Principal
    dataset_path: str
    metric_path: str | None
    values_path: str
    """Where the values behind a figure are had in this portal: `{metric}` in it."""
    load_path: str | None = None
    """Where load reports are, in a portal that shows them."""


@dataclass(frozen=True, slots=True)
class Values:
    """The points a page draws, what they rest on, and the address of the same points."""

    points: tuple[Point, ...]
    sql: str
    citation: Citation
    href: str
    newest: str | None
    """The newest period the points may be of; an older point is not shown in its place."""
    as_of: str = ""
    """The moment whose data it is, as the page's address has it; empty of now."""

    @property
    def last(self) -> Point | None:
        """The point of the newest period."""
        return next((p for p in reversed(self.points) if p.period == self.newest), None)


def last_closed_day(services: Services, grain: Grain) -> date:
    """The last day of the last closed period: a period still running would look like a fall."""
    now = services.node.clock() + timedelta(hours=8)  # civil time, Asia/Shanghai
    return (period_start(now.replace(tzinfo=None), grain) - timedelta(hours=1)).date()


def series(
    asker: Asker,
    spec: MetricSpec,
    *,
    parent: str | None = None,
    level: Level | None = None,
    latest: int = SPARK_PERIODS,
    by: tuple[str, ...] = (),
    compare: bool = True,
) -> Values:
    """The newest closed periods of a metric, oldest first."""
    grain = spec.grain_for(broken_down=bool(by))
    query = MetricQuery(
        grain=grain,
        level=level if spec.region_field else None,
        parent=parent if spec.region_field else None,
        by=by,
        end=last_closed_day(asker.services, grain) if grain else None,
        latest=latest if grain else None,
        compare=compare and grain is not None,
    )
    services = asker.services
    answer = ask(services.gateway, asker.principal, spec, query, services.registered)
    href = f"{asker.values_path.format(metric=spec.id)}?{asked_words(query)}"
    return Values(answer.points, answer.sql, answer.citation, href, answer.newest)


def asked_words(query: MetricQuery) -> str:
    """The query as the parameters of the metrics API."""
    pairs: list[tuple[str, str | None]] = [
        ("grain", query.grain),
        ("level", query.level),
        ("parent", query.parent),
    ]
    pairs += [("by", name) for name in query.by]
    pairs += [("from", query.start.isoformat() if query.start else None)]
    pairs += [("to", query.end.isoformat() if query.end else None)]
    pairs += [("latest", str(query.latest) if query.latest else None)]
    pairs += [("compare", "true" if query.compare else None)]
    return urlencode([(name, value) for name, value in pairs if value])


def parent_of(code: str) -> str | None:
    """The division that one lies in; None of the province."""
    known = divisions().get(code)
    return known.parent if known else None


def place_with_values(spec: MetricSpec, place: str | None) -> str | None:
    """The place, or the narrowest division around it that the metric has a value for."""
    if place is None or spec.region_field is None:
        return None
    has = LEVELS[: LEVELS.index(spec.finest_level) + 1]
    while place is not None and Region(place).level not in has:
        place = parent_of(place)
    return place


def shown_value(spec: MetricSpec, point: Point | None) -> Number | Suppressed | None:
    if point is None:
        return None
    if point.suppressed:
        return Suppressed(spec.smallest_cell)
    return point.value


def values(spec: MetricSpec, name: Text, points: tuple[Point, ...]) -> Series:
    """The points as a chart draws them, those that lack cells marked."""
    return Series(
        name,
        tuple(shown_value(spec, point) for point in points),
        frozenset(i for i, point in enumerate(points) if not point.completeness.complete),
        frozenset(i for i, point in enumerate(points) if not point.completeness.closed),
    )


def cell(spec: MetricSpec, point: Point | None) -> Number | Suppressed | Partial | None:
    """The point as a table's cell."""
    value = shown_value(spec, point)
    if point is None or point.completeness.complete:
        return value
    return Partial(value, running=not point.completeness.closed)


def lacks(
    asker: Asker, spec: MetricSpec, points: tuple[Point, ...], grain: Grain | None = None
) -> Gap | None:
    """What the points lack together, with the link that this portal has for it.

    `grain` is that of the points where it is not the metric's default.
    """
    return gap(
        spec, points, dataset_path=asker.dataset_path, load_path=asker.load_path, grain=grain
    )


def period(spec: MetricSpec, point: Point | None, grain: Grain | None = None) -> Period | None:
    """The period of a point; `grain` where it is not the metric's default."""
    grain = grain or spec.default_grain
    if point is None or point.period is None or grain is None:
        return None
    return Period(date.fromisoformat(point.period[:10]), grain)


def source(asker: Asker, spec: MetricSpec, answer: Values) -> ShownSource:
    contract = asker.services.catalogue.contracts.get(spec.dataset)
    citation = answer.citation
    at = datetime.fromisoformat(citation.committed_at)
    moment = f"?{urlencode({'as_of': answer.as_of})}" if answer.as_of else ""
    return ShownSource(
        dataset=contract.title,
        dataset_href=f"{asker.dataset_path}/{spec.dataset}",
        snapshot=str(citation.snapshot_id),
        snapshot_at=at,
        definition=spec.definition,
        definition_href=f"{asker.metric_path}/{spec.id}{moment}" if asker.metric_path else None,
        sql=answer.sql,
        lineage=(Link(contract.title, f"{asker.dataset_path}/{spec.dataset}"),),
        download_href=answer.href,
        sample=sampling(spec.dataset, asker.services.node.settings.demo.scale),
        citation=cite_both(citation, contract.title, asker.services.node.settings.base_url),
    )


def sampling(dataset: str, scale: float) -> Text | None:
    """That a dataset is a sample and at what rate, where the registry says so."""
    found = next((one for one in page_choices().samples if dataset in one.datasets), None)
    if found is None:
        return None
    rate = f"{found.rate(scale):,}"
    return Text(f"演示抽样：{found.of.zh}的 1/{rate}", f"demo sample: 1 in {rate} {found.of.en}")


def figure(
    asker: Asker, spec: MetricSpec, *, parent: str | None = None, href: str | None = None
) -> Figure:
    return figure_of(asker, spec, series(asker, spec, parent=parent), parent=parent, href=href)


def figure_of(
    asker: Asker,
    spec: MetricSpec,
    answer: Values,
    *,
    parent: str | None = None,
    href: str | None = None,
    grain: Grain | None = None,
) -> Figure:
    """The newest period of an answer as a figure; `grain` where it is not the default."""
    last = answer.last
    entry = asker.services.catalogue.get_entry(spec.dataset)
    strip = source(asker, spec, answer)
    return Figure(
        id=spec.id,
        name=spec.name,
        value=shown_value(spec, last),
        unit=spec.unit,
        period=period(spec, last, grain),
        source=strip,
        decimals=spec.decimals,
        changes=changes(spec, last),
        spark=tuple(p.value for p in answer.points),
        href=href or strip.definition_href,
        state=freshness(entry.heartbeat),
        unknown=_unknown(spec, last, parent),
        gap=lacks(asker, spec, (last,) if last else (), grain),
    )


def _unknown(spec: MetricSpec, point: Point | None, parent: str | None) -> Text | None:
    """Why there is no value to show."""
    if point is None:
        place = region_name(parent) if parent and spec.region_field else Text("本期", "This period")
        return Text(
            f"{place.zh}还没有已结束且有记录的时期",
            f"{place.en}: no period with records has ended yet",
        )
    if point.value is None and point.completeness.present == 0:
        return Text("这一期还没有可用的记录", "No record of this period can be used yet")
    if point.value is None and not point.suppressed:
        return Text("这一期分母为零或数据缺失，无法计算", "Cannot be worked out for this period")
    return None


def changes(spec: MetricSpec, point: Point | None) -> tuple[ShownChange, ...]:
    """Comparisons of a complete period; none with the period before for a seasonal series."""
    if point is None or spec.time_field is None or not point.completeness.complete:
        return ()
    why = _withheld(point.year_before, YEAR_BEFORE)
    year = ShownChange("year", _ratio(point.year_on_year), spec.is_rate, why)
    if spec.seasonal:
        return (year,)
    why = _withheld(point.period_before, PERIOD_BEFORE)
    return (year, ShownChange("period", _ratio(point.period_on_period), spec.is_rate, why))


def _withheld(before: Completeness | None, when: Text) -> Text | None:
    """Why a complete period is not compared with an earlier one of which there is some data."""
    if before is None or before.complete or before.present == 0:
        return None
    if before.expected is None:
        return Text(f"数据没有覆盖{when.zh}", f"the data does not cover {when.en}")
    return Text(f"{when.zh}数据不完整", f"{when.en} is incomplete")


def _ratio(hundredths: Decimal | None) -> Decimal | None:
    return None if hundredths is None else hundredths / 100


def trend(
    asker: Asker, spec: MetricSpec, *, chart_id: str, parent: str | None, name: Text
) -> Chart:
    answer = series(asker, spec, parent=parent, latest=25)
    periods = tuple(p for p in (period(spec, point) for point in answer.points) if p)
    return Chart(
        id=chart_id,
        title=trend_title(spec, answer.points, name),
        kind="line",
        axis=Text("时间", "Period"),
        labels=periods,
        series=(values(spec, name, answer.points),),
        unit=spec.unit,
        source=source(asker, spec, answer),
        decimals=spec.decimals,
        gap=lacks(asker, spec, answer.points),
    )


def trend_title(spec: MetricSpec, points: tuple[Point, ...], name: Text) -> Text:
    """What the line shows, where a rule can tell: how long it has risen or fallen.

    Incomplete periods are in no streak, and a seasonal series has none.
    """
    run = _run(_complete_end(points))
    if abs(run) < 2 or spec.seasonal:
        return Text(f"{name.zh}{spec.name.zh}走势", f"{spec.name.en}, {name.en}: course")
    way = ("连升", "up") if run > 0 else ("连降", "down")
    return Text(
        f"{name.zh}{spec.name.zh}{way[0]} {abs(run)} 期",
        f"{spec.name.en}, {name.en}: {way[1]} {abs(run)} periods running",
    )


def _complete_end(points: tuple[Point, ...]) -> list[Decimal]:
    """The values of the complete periods at the end of a series, up to the first that is not."""
    values: list[Decimal] = []
    for point in reversed(points):
        if point.value is None or not point.completeness.complete:
            break
        values.insert(0, point.value)
    return values


def _run(values: list[Decimal]) -> int:
    """Steps at the end that all go the same way: positive up, negative down.

    >>> _run([1, 3, 2, 1]), _run([1, 2, 3])
    (-2, 2)
    """
    run = 0
    for before, after in zip(reversed(values[:-1]), reversed(values[1:]), strict=True):
        step = (after > before) - (after < before)
        if step == 0 or run * step < 0:
            break
        run += step
    return run


def tile_map(
    asker: Asker, spec: MetricSpec, *, map_id: str, within: str, href: str, late: bool
) -> TileMap:
    """The newest period over the divisions within one; links lead one level down.

    A city's own map shows its counties only, so that a narrow screen shows them too.
    """
    fine = spec.finest_level == "county"
    whole = Region(within).level == "province" or not fine

    def at(level: Level) -> Values:
        return series(asker, spec, parent=within, level=level, latest=1, compare=False)

    cities = at("city") if whole else None
    counties = at("county") if fine else None
    drawn = [answer for answer in (counties, cities) if answer is not None]
    when = drawn[-1].last or drawn[0].last
    return TileMap(
        id=map_id,
        cities_title=_map_title(spec, Text("各市", "by city")),
        counties_title=_map_title(spec, Text("各县（市、区）", "by county")),
        unit=spec.unit,
        period=period(spec, when),
        cities=_tiles("city_tiles", spec, cities, within, href, late) if cities else (),
        counties=_tiles("tiles", spec, counties, within, href, late) if counties else (),
        source=source(asker, spec, drawn[0]),
        decimals=spec.decimals,
        gap=lacks(asker, spec, drawn[0].points),
    )


def _map_title(spec: MetricSpec, places: Text) -> Text:
    """各县（市、区）生产总值: the title names the places, so the metric's name need not."""
    return Text(f"{places.zh}{spec.name.zh.removeprefix('地区')}", f"{spec.name.en} {places.en}")


def _tiles(
    places: str, spec: MetricSpec, answer: Values, within: str, href: str, late: bool
) -> tuple[Tile, ...]:
    points = {p.region: p for p in answer.points}
    area = Region(within)
    prefix = area.prefix if area.level == "province" else area.at("city").prefix
    return tuple(
        Tile(
            code=place["code"],
            name=region_name(place["code"]),
            short=_short(place["code"]),
            city=place.get("city_code") or place["code"],
            col=int(place["col"]),
            row=int(place["row"]),
            value=shown_value(spec, points.get(place["code"])),
            href=href.format(code=place["code"]),
            late=late,
            incomplete=place["code"] in points and not points[place["code"]].completeness.complete,
        )
        for place in sorted(map_tiles(places), key=lambda p: p["code"])
        if place["code"].startswith(prefix)
    )


def _short(code: str) -> Text:
    """The name without its kind: 西湖, 景宁."""
    name = divisions()[code].name
    zh = "景宁" if code == "331127" else name.zh[:-1]
    return Text(zh, name.en.split(" ")[0])
