"""The parts of a number: by region or by dimension, their shares and what each adds to its growth.

Shares and contributions are made of `Point.amount` alone. Of a metric that hides small cells that
is the published value, and a hidden one has none: what is said here follows from what anybody is
told anyway. Only complete, closed and equal periods are compared.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from xihu_catalog.registry.codes import code_list
from xihu_platform.brain.exact import (
    POINT_DECIMALS,
    SHARE_DECIMALS,
    Change,
    change_of,
    contribution_of,
    share_of,
)
from xihu_platform.brain.service import Point
from xihu_platform.brain.spec import Grain, Level, MetricSpec
from xihu_platform.words import Text
from xihu_portals.pages import figures
from xihu_portals.pages.describe import region_name
from xihu_portals.pages.metric_answers import Answers, before, level_below, only
from xihu_portals.web import formats
from xihu_portals.web.parts import Bar, Link, Period, State, Table, TableColumn, Value

PERCENT = Text("%", "%")
POINTS = Text("百分点", "points")
NO_DATA = State("empty", Text("本期没有数据", "No data for this period"))


@dataclass(frozen=True, slots=True)
class Parted:
    """A number in one period, and a year before, with its parts."""

    spec: MetricSpec
    day: date | None
    grain: Grain | None
    whole: Point | None
    whole_before: Point | None
    now: dict[str | None, Point]
    """By region code or by value of the dimension, in the order of the codes."""
    before: dict[str | None, Point]

    @property
    def keys(self) -> list[str | None]:
        return sorted({*self.now, *self.before}, key=lambda key: (key is None, key or ""))

    @property
    def change(self) -> Change | None:
        """Of the whole; None where two complete periods are not there to be compared."""
        if self.no_growth is not None or self.whole is None or self.whole_before is None:
            return None
        if self.whole.amount is None or self.whole_before.amount is None:
            return None
        return Change(self.whole.amount, self.whole_before.amount)

    def part(self, key: str | None) -> Change | None:
        """Of one part; None where it is hidden, unknown, or the whole is not compared."""
        now, earlier = self._amount(self.now.get(key)), self._amount(self.before.get(key))
        if self.change is None or now is None or earlier is None:
            return None
        return Change(now, earlier)

    def _amount(self, point: Point | None) -> Decimal | None:
        """A part without records is nothing in a complete whole; where small cells are hidden it
        may be a hidden one."""
        if point is None:
            return None if self.spec.smallest_cell else Decimal(0)
        return point.amount

    def share(self, key: str | None) -> Decimal | None:
        """In per cent of the whole."""
        if self.no_share is not None or self.whole is None or self.whole.amount is None:
            return None
        amount = self._amount(self.now.get(key))
        return None if amount is None else share_of(amount, self.whole.amount)

    def contribution(self, key: str | None) -> Decimal | None:
        """To the growth of the whole, in percentage points."""
        whole, part = self.change, self.part(key)
        if whole is None or part is None:
            return None
        return contribution_of(part.now, part.before, whole.before)

    def grown(self, key: str | None) -> Decimal | None:
        """A part against the year before, as it is published: per cent, or points of a rate."""
        points = (self.now.get(key), self.before.get(key))
        if any(one is None or not one.completeness.complete for one in points):
            return None
        now, earlier = (one.value if one else None for one in points)
        return change_of(self.spec, now, earlier)

    @property
    def whole_growth(self) -> Decimal | None:
        """What the parts add up to, in percentage points."""
        whole = self.change
        return contribution_of(whole.now, whole.before, whole.before) if whole else None

    @property
    def whole_grown(self) -> Decimal | None:
        """The whole against the year before, as it is published."""
        now, earlier = self.whole, self.whole_before
        if now is None or earlier is None:
            return None
        if not now.completeness.complete or not earlier.completeness.complete:
            return None
        return change_of(self.spec, now.value, earlier.value)

    @property
    def no_share(self) -> Text | None:
        """Why there are no shares."""
        spec, whole = self.spec, self.whole
        if spec.is_mean:
            return Text("平均值不能相加，没有占比。", "Means do not add up: there are no shares.")
        if spec.kind == "ratio":
            return Text("比率不能相加，没有占比。", "Ratios do not add up: there are no shares.")
        if whole is None or whole.amount is None:
            return Text(
                "合计未知或不显示，没有占比。", "The total is unknown or withheld: no shares."
            )
        if not whole.completeness.complete:
            return Text("合计不完整，没有占比。", "The total is incomplete: there are no shares.")
        return None

    @property
    def no_growth(self) -> Text | None:
        """Why there are no contributions to growth, where shares are there."""
        if self.no_share is not None:
            return self.no_share
        if self.day is None:
            return Text(
                "这个指标只有最近一次的数，不作同比。",
                "Only the newest state is known: nothing is compared with a year before.",
            )
        earlier = self.whole_before
        if earlier is None or earlier.completeness.present == 0:
            return Text("没有上年同期的数据，不作同比。", "There is no data of a year before.")
        if not earlier.completeness.complete:
            return Text(
                "上年同期数据不完整，不作同比。",
                "The same period a year before is incomplete, so nothing is compared.",
            )
        if earlier.amount is None or earlier.amount <= 0:
            return Text(
                "上年同期未知、不显示或为零，不作同比。",
                "The value a year before is unknown, withheld or zero: nothing is compared.",
            )
        return None


def parted(
    answers: Answers,
    *,
    place: str,
    day: date | None,
    grain: Grain | None,
    level: Level | None = None,
    by: str | None = None,
) -> Parted:
    """A number and its parts by `level` or by the dimension `by`."""
    spec = answers.spec
    whole = only(answers.at(day, grain, place=place))
    now = _by_key(answers.at(day, grain, place=place, level=level, by=by).points, by)
    if day is None or grain is None:
        return Parted(spec, None, None, whole, None, now, {})
    earlier = before(day)
    return Parted(
        spec,
        day,
        grain,
        whole,
        only(answers.at(earlier, grain, place=place)),
        now,
        _by_key(answers.at(earlier, grain, place=place, level=level, by=by).points, by),
    )


def _by_key(points: tuple[Point, ...], by: str | None) -> dict[str | None, Point]:
    return {(p.dimensions[by] if by else p.region): p for p in points}


def names_of(spec: MetricSpec, dimension: str) -> dict[str, Text]:
    code = next(d.code_list for d in spec.dimensions if d.field == dimension)
    return code_list(code) if code else {}


@dataclass(frozen=True, slots=True)
class MetricParts:
    """One breakdown of a metric's page."""

    id: str
    title: Text
    table: Table | State
    note: Text | None = None
    """Why there are no shares or contributions."""


def by_place(
    answers: Answers, place: str, day: date | None, grain: Grain | None, href: str
) -> MetricParts | None:
    """The regions of a place, with links to their own pages (`{code}` in `href`)."""
    level = level_below(place, answers.spec)
    if level is None:
        return None
    found = parted(answers, place=place, day=day, grain=grain, level=level)
    kinds = {"city": Text("各市", "By city"), "county": Text("各县（市、区）", "By county")}
    labels: dict[str | None, Value] = {
        key: Link(region_name(key), href.format(code=key)) for key in found.keys if key
    }
    return _shown(answers, found, "by-place", kinds[level], labels, Text("地区", "Place"))


def by_dimension(
    answers: Answers, place: str, dimension: str, day: date | None, grain: Grain | None
) -> MetricParts:
    spec = answers.spec
    name = next(d.name for d in spec.dimensions if d.field == dimension)
    found = parted(answers, place=place, day=day, grain=grain, by=dimension)
    names = names_of(spec, dimension)
    labels: dict[str | None, Value] = {key: names.get(key, key) for key in found.keys if key}
    title = Text(f"按{name.zh}", f"By {name.en.lower()}")
    return _shown(answers, found, f"by-{dimension.replace('_', '-')}", title, labels, name)


def _shown(
    answers: Answers,
    found: Parted,
    name: str,
    title: Text,
    labels: dict[str | None, Value],
    axis: Text,
) -> MetricParts:
    spec = answers.spec
    when = Period(found.day, found.grain) if found.day and found.grain else None
    said = Text(
        f"{title.zh}（{formats.period(when, 'zh')}）" if when else title.zh,
        f"{title.en}, {formats.period(when, 'en')}" if when else title.en,
    )
    if not found.now:
        return MetricParts(name, said, NO_DATA)
    compared = found.change is not None
    added = {key: found.contribution(key) for key in found.keys}
    largest = max((abs(n) for n in added.values() if n is not None), default=Decimal(0))
    rows: list[tuple[Value, ...]] = []
    for key in found.keys:
        row: list[Value] = [labels.get(key), _cell(found, key)]
        if found.no_share is None:
            row.append(found.share(key))
        if spec.time_field is not None:
            row.append(found.grown(key))
        if compared:
            row.append(bar(added[key], largest))
        rows.append(tuple(row))
    rows.append(_total(found, compared))
    return MetricParts(
        name,
        said,
        Table(
            caption=Text(f"{spec.name.zh}：{said.zh}", f"{spec.name.en}: {said.en}"),
            columns=_columns(found, axis, compared),
            rows=tuple(rows),
            gap=figures.lacks(answers.asker, spec, tuple(found.now.values()), found.grain),
            total=True,
        ),
        found.no_growth,
    )


def _cell(found: Parted, key: str | None) -> Value:
    """Nothing in a complete whole is 0; elsewhere what is not there is unknown."""
    point = found.now.get(key)
    if point is None and found.share(key) is not None:
        return Decimal(0)
    return figures.cell(found.spec, point)


def bar(value: Decimal | None, largest: Decimal) -> Value:
    return None if value is None else Bar(value, largest)


def _total(found: Parted, compared: bool) -> tuple[Value, ...]:
    """The whole as it is asked for, not as its parts are added up."""
    row: list[Value] = [Text("合计", "Total"), figures.cell(found.spec, found.whole)]
    if found.no_share is None:
        row.append(Decimal(100))
    if found.spec.time_field is not None:
        row.append(found.whole_grown)
    if compared:
        row.append(found.whole_growth)
    return tuple(row)


def _columns(found: Parted, axis: Text, compared: bool) -> tuple[TableColumn, ...]:
    spec = found.spec
    columns = [
        TableColumn(axis),
        TableColumn(spec.name, spec.unit, numeric=True, decimals=spec.decimals),
    ]
    if found.no_share is None:
        share = Text("占比", "Share")
        columns.append(TableColumn(share, PERCENT, numeric=True, decimals=SHARE_DECIMALS))
    if spec.time_field is not None:
        unit, decimals = (POINTS, max(spec.decimals, 1)) if spec.is_rate else (PERCENT, 1)
        year = Text("同比", "Year on year")
        columns.append(TableColumn(year, unit, numeric=True, decimals=decimals))
    if compared:
        added = Text("对增长的贡献", "Adds to growth")
        columns.append(TableColumn(added, POINTS, numeric=True, decimals=POINT_DECIMALS))
    return tuple(columns)
