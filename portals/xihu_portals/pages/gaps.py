"""What numbers lack, in words, with a link to the reason: 缺 1 个县（滨江区，尚未报送）."""

from collections.abc import Iterable
from datetime import date

from xihu_platform.brain.completeness import MissingCells
from xihu_platform.brain.service import Point
from xihu_platform.brain.spec import Grain, MetricSpec
from xihu_platform.regions import Region
from xihu_platform.words import Text
from xihu_portals.pages.describe import region_name
from xihu_portals.web import formats
from xihu_portals.web.parts import Gap, Period

NAMED = 3  # places or periods named in the sentence; the API names more
_LEAVES = {
    "county": ("个县", "county", "counties"),
    "city": ("个市", "city", "cities"),
    "province": ("个省", "province", "provinces"),
}
_PERIODS = {
    "hour": ("个小时", "hours"),
    "day": ("天", "days"),
    "month": ("个月", "months"),
    "quarter": ("个季度", "quarters"),
    "year": ("年", "years"),
}
QUARANTINED = Text("记录有问题，暂未入库", "record quarantined")
LATE = Text("尚未报送", "not delivered yet")


def gap(
    spec: MetricSpec,
    points: tuple[Point, ...],
    *,
    dataset_path: str,
    load_path: str | None,
    grain: Grain | None = None,
) -> Gap | None:
    """What the points of one drawing lack together, or None where all are complete.

    `grain` is that of the points where it is not the metric's default.
    """
    grain = grain or spec.default_grain or "day"
    cells = _distinct(spec, points)
    lacking = tuple(p for p in cells if not p.completeness.complete)
    if not lacking:
        return None
    missing = [m for p in lacking for m in p.completeness.missing]
    load = next((one.load_id for one in missing if one.load_id), None)
    href = f"{load_path}/{load}" if load_path and load else f"{dataset_path}/{spec.dataset}"
    series = len({p.period for p in points}) > 1
    if not missing:
        open_now = not all(p.completeness.closed for p in lacking)
        return Gap(_time(lacking, grain, series=series), None if open_now else href)
    holed = tuple(p for p in lacking if p.completeness.missing)
    when = _periods(holed, grain)
    if len(when) > 1:
        return Gap(_missing_periods(holed, when, grain), href)
    text = _missing_places(spec, tuple(p for p in cells if p.period == holed[0].period), holed)
    if series and when:
        text = Text(f"{when[0].zh}{text.zh}", f"{when[0].en}: {text.en}")
    return Gap(text, href)


def _distinct(spec: MetricSpec, points: tuple[Point, ...]) -> tuple[Point, ...]:
    """One point for each set of cells: parts by a dimension that the frame does not name are made
    of the same cells, and what these lack must not be counted twice.
    """
    framed = {name for name, _ in spec.frame.by} if spec.frame else set()

    def key(point: Point) -> tuple[object, ...]:
        values = (v for n, v in sorted(point.dimensions.items()) if n in framed)
        return (point.period, point.region, *values)

    return tuple({key(point): point for point in points}.values())


def _periods(points: Iterable[Point], grain: Grain) -> list[Text]:
    """The periods of some points in words, the newest first."""
    starts = sorted({p.period for p in points if p.period}, reverse=True)
    named = [Period(date.fromisoformat(one[:10]), grain) for one in starts]
    return [Text(formats.period(one, "zh"), formats.period(one, "en")) for one in named]


def _time(lacking: tuple[Point, ...], grain: Grain, *, series: bool) -> Text:
    if not all(p.completeness.closed for p in lacking):
        return Text("本期尚未结束", "The period is still running")
    text = Text("数据没有覆盖整期", "The data does not cover the period")
    if not series:
        return text
    names = _names(_periods(lacking, grain))
    return Text(f"{text.zh}（{names.zh}）", f"{text.en} ({names.en})")


def _missing_periods(holed: tuple[Point, ...], when: list[Text], grain: Grain) -> Text:
    cells = sum(p.completeness.missing_cells for p in holed)
    unit_zh, unit_en = _PERIODS[grain]
    names = _names(when)
    why = _why(m for p in holed for m in p.completeness.missing)
    return Text(
        f"{len(when)} {unit_zh}共缺 {cells:,} 格（{names.zh}，{why.zh}）",
        f"{cells:,} cells of {len(when)} {unit_en} missing ({names.en}: {why.en})",
    )


def _missing_places(spec: MetricSpec, points: tuple[Point, ...], holed: tuple[Point, ...]) -> Text:
    """Of one period: `points` are all of it, `holed` those that lack cells."""
    found: dict[str, list[MissingCells]] = {}
    for point in holed:
        for one in point.completeness.missing:
            found.setdefault(one.region, []).append(one)
    absent = all(
        len(of) == _covering(points, leaf) and all(one.absent for one in of)
        for leaf, of in found.items()
    )
    names = _names([region_name(leaf) for leaf in sorted(found)])
    why = _why(one for of in found.values() for one in of)
    lacks = _count(spec, sum(p.completeness.missing_cells for p in holed), len(found), absent)
    closed = all(p.completeness.closed for p in holed)
    open_zh, open_en = ("", "") if closed else ("，本期尚未结束", ", the period still running")
    return Text(
        f"{lacks.zh}（{names.zh}，{why.zh}）{open_zh}",
        f"{lacks.en} ({names.en}: {why.en}){open_en}",
    )


def _covering(points: tuple[Point, ...], leaf: str) -> int:
    """How many of the points a leaf region has cells in."""
    return sum(p.region is None or Region(p.region).contains(leaf) for p in points)


def _count(spec: MetricSpec, cells: int, places: int, absent: bool) -> Text:
    """缺 2 个县 where nothing of them is there, else 缺 5 格，涉及 2 个县."""
    unit, one, many = _LEAVES[spec.finest_level]
    places_en = f"{places:,} {one if places == 1 else many}"
    if absent:
        return Text(f"缺 {places:,} {unit}", f"{places_en} missing")
    cells_en = f"{cells:,} {'cell' if cells == 1 else 'cells'}"
    if places == 1:
        return Text(f"缺 {cells:,} 格", f"{cells_en} missing")
    return Text(f"缺 {cells:,} 格，涉及 {places:,} {unit}", f"{cells_en} of {places_en} missing")


def _names(names: list[Text]) -> Text:
    """The first few names, and whether there are more."""
    zh, en = "、".join(n.zh for n in names[:NAMED]), ", ".join(n.en for n in names[:NAMED])
    more = len(names) > NAMED
    return Text(f"{zh}{'等' if more else ''}", f"{en}{' and others' if more else ''}")


def _why(missing: Iterable[MissingCells]) -> Text:
    quarantined = {one.load_id is not None for one in missing}
    if quarantined == {True}:
        return QUARANTINED
    if quarantined == {False}:
        return LATE
    return Text(f"{QUARANTINED.zh}或{LATE.zh}", f"{QUARANTINED.en} or {LATE.en}")
