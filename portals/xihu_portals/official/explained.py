"""Why a region grows faster or slower than what it lies in: what each part adds to the difference.

Of a region's own parts: weight a year before times (own growth less growth above). Of a class (an
industry, say): its contribution to the growth here less that to the growth above. Either adds up
to the difference exactly; the formulas are in `brain/exact.py` and docs/how/metrics.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from xihu_platform.brain.exact import POINT_DECIMALS, Change, class_excess, region_excess
from xihu_platform.brain.service import Point
from xihu_platform.brain.spec import Grain, MetricSpec
from xihu_platform.words import Text
from xihu_portals.pages import figures
from xihu_portals.pages.describe import region_name
from xihu_portals.pages.figures import Asker
from xihu_portals.pages.metric_answers import Answers, level_below
from xihu_portals.pages.metric_page import closed_at, grain_of_parts
from xihu_portals.pages.metric_parts import (
    PERCENT,
    POINTS,
    MetricParts,
    Parted,
    bar,
    by_dimension,
    by_place,
    names_of,
    parted,
)
from xihu_portals.web import formats
from xihu_portals.web.parts import Action, Link, Period, State, Table, TableColumn, Value

BY_PLACE = Text(
    "对差距的贡献＝上年权重×（该地增速－上级增速），各地相加等于差距。",
    "Adds to the difference = weight a year before × (own growth − growth above); the places add "
    "up to the difference.",
)
BY_CLASS = Text(
    "对差距的贡献＝对本地增长的贡献－对上级增长的贡献，各项相加等于差距。",
    "Adds to the difference = contribution here − contribution above; they add up to the "
    "difference.",
)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Tables, and the part that adds most to the difference, for the sentence."""

    tables: tuple[MetricParts, ...]
    most: Text | None = None
    adds: Decimal | None = None


@dataclass(frozen=True, slots=True)
class _Pair:
    """A region and what it lies in, by one kind of parts."""

    answers: Answers
    code: str
    parent: str
    here: Parted
    above: Parted

    @property
    def spec(self) -> MetricSpec:
        return self.answers.spec

    @property
    def difference(self) -> Decimal | None:
        whole, above = self.here.change, self.above.change
        return None if whole is None or above is None else class_excess(whole, whole, above, above)


def explain(asker: Asker, spec: MetricSpec, code: str, day: date | None) -> Explanation:
    """Of the period that begins on `day`; the province has nothing above it and is told by what
    its parts add to its own growth."""
    answers, grain = Answers(asker, spec), spec.default_grain
    parent = figures.parent_of(code)
    href = f"/official/region/{{code}}?metric={spec.id}"
    wider = grain_of_parts(spec, grain)
    last = closed_at(answers, day, grain, wider)
    if parent is None:
        own = by_place(answers, code, day, grain, href)
        classes = [by_dimension(answers, code, d.field, last, wider) for d in spec.dimensions]
        return Explanation(tuple(one for one in (own, *classes) if one is not None))
    found = [_classes(answers, code, parent, d.field, last, wider) for d in spec.dimensions]
    level = level_below(code, spec)
    if level is not None:
        here = parted(answers, place=code, day=day, grain=grain, level=level)
        above = parted(answers, place=parent, day=day, grain=grain)
        found.insert(0, _regions(_Pair(answers, code, parent, here, above), href))
    return _first_most(found)


def _first_most(found: list[Explanation]) -> Explanation:
    named = next((one for one in found if one.most is not None), None)
    tables = tuple(table for one in found for table in one.tables)
    return Explanation(tables, named.most, named.adds) if named else Explanation(tables)


def _regions(pair: _Pair, href: str) -> Explanation:
    title = _title(Text("各县（市、区）", "Its counties"), pair.here.day, pair.here.grain)
    if (state := _not_compared(pair)) is not None:
        return Explanation((MetricParts("why-by-place", title, state),))
    whole, above = pair.here.change, pair.above.change
    assert whole is not None and above is not None
    adds = {
        key: region_excess(part, whole, above) if (part := pair.here.part(key)) else None
        for key in pair.here.keys
    }
    largest = _largest(adds)
    rows: list[tuple[Value, ...]] = [
        (
            Link(region_name(key), href.format(code=key)),
            _weight(pair.here.part(key), whole),
            pair.here.grown(key),
            bar(adds[key], largest),
        )
        for key in pair.here.keys
    ]
    rows.append(
        (Text("合计", "Total"), Decimal(100), pair.here.whole_grown, pair.difference),
    )
    columns = (
        TableColumn(Text("地区", "Place")),
        TableColumn(Text("上年权重", "Weight"), PERCENT, numeric=True, decimals=1),
        TableColumn(Text("同比", "Year on year"), PERCENT, numeric=True, decimals=1),
        _adds_column(),
    )
    return _explanation(pair, "why-by-place", title, adds, (columns, rows), region_name)


def _weight(part: Change | None, whole: Change) -> Decimal | None:
    if part is None or whole.before <= 0:
        return None
    return part.before / whole.before * 100


def _classes(
    answers: Answers, code: str, parent: str, dimension: str, day: date | None, grain: Grain | None
) -> Explanation:
    here = parted(answers, place=code, day=day, grain=grain, by=dimension)
    above = parted(answers, place=parent, day=day, grain=grain, by=dimension)
    pair = _Pair(answers, code, parent, here, above)
    by = next(d.name for d in answers.spec.dimensions if d.field == dimension)
    title = _title(Text(f"按{by.zh}", f"By {by.en.lower()}"), day, grain)
    name = f"why-by-{dimension.replace('_', '-')}"
    if (state := _not_compared(pair)) is not None:
        return Explanation((MetricParts(name, title, state),))
    names = names_of(answers.spec, dimension)
    keys = sorted({*here.keys, *above.keys}, key=lambda key: (key is None, key or ""))
    adds = {key: _class_adds(pair, key) for key in keys}
    largest = _largest(adds)
    rows: list[tuple[Value, ...]] = [
        (
            names.get(key or "", key),
            here.contribution(key),
            above.contribution(key),
            bar(adds[key], largest),
        )
        for key in keys
    ]
    rows.append(
        (Text("合计", "Total"), here.whole_growth, above.whole_growth, pair.difference),
    )
    columns = (
        TableColumn(by),
        _points_column(region_name(code)),
        _points_column(region_name(parent)),
        _adds_column(),
    )
    return _explanation(
        pair, name, title, adds, (columns, rows), lambda key: names.get(key or "", Text("—", "—"))
    )


def _class_adds(pair: _Pair, key: str | None) -> Decimal | None:
    part, above = pair.here.part(key), pair.above.part(key)
    if pair.here.change is None or pair.above.change is None or part is None or above is None:
        return None
    return class_excess(part, pair.here.change, above, pair.above.change)


def _largest(adds: dict[str | None, Decimal | None]) -> Decimal:
    return max((abs(n) for n in adds.values() if n is not None), default=Decimal(0))


def _adds_column() -> TableColumn:
    title = Text("对差距的贡献", "Adds to the difference")
    return TableColumn(title, POINTS, numeric=True, decimals=POINT_DECIMALS)


def _points_column(place: Text) -> TableColumn:
    title = Text(f"对{place.zh}增长的贡献", f"Adds to growth, {place.en}")
    return TableColumn(title, POINTS, numeric=True, decimals=POINT_DECIMALS)


def _title(what: Text, day: date | None, grain: Grain | None) -> Text:
    if day is None or grain is None:
        return what
    when = Period(day, grain)
    return Text(
        f"{what.zh}（{formats.period(when, 'zh')}）", f"{what.en}, {formats.period(when, 'en')}"
    )


Columns = tuple[TableColumn, ...]


def _explanation(
    pair: _Pair,
    name: str,
    title: Text,
    adds: dict[str | None, Decimal | None],
    drawn: tuple[Columns, list[tuple[Value, ...]]],
    named: Callable[[str | None], Text],
) -> Explanation:
    columns, rows = drawn
    caption = Text(f"{pair.spec.name.zh}：{title.zh}", f"{pair.spec.name.en}: {title.en}")
    table = Table(caption, columns, tuple(rows), total=True)
    formula = BY_PLACE if name == "why-by-place" else BY_CLASS
    hidden = sum(one is None for one in adds.values())
    note = formula if not hidden else _falls_short(formula, hidden)
    shown = MetricParts(name, title, table, note)
    difference = pair.difference
    known = {key: n for key, n in adds.items() if n is not None}
    if not difference or not known or pair.here.grain != pair.spec.default_grain:
        return Explanation((shown,))
    most = max(known, key=lambda key: (known[key] * difference, key or ""))
    return Explanation((shown,), named(most), known[most])


def _falls_short(formula: Text, hidden: int) -> Text:
    return Text(
        f"{formula.zh}有 {hidden} 项不显示或未知，所以表中各行相加不等于合计。",
        f"{formula.en} {hidden} of them are withheld or unknown, so the rows fall short of the "
        "total.",
    )


def _not_compared(pair: _Pair) -> State | None:
    """Why the difference is not taken apart: what is missing, with the way to the reason."""
    why = pair.here.no_growth or pair.above.no_growth
    if why is None:
        return None
    title = Text("差距没有分解", "The difference is not taken apart")
    for place, point, before in (
        (pair.code, pair.here.whole, False),
        (pair.code, pair.here.whole_before, True),
        (pair.parent, pair.above.whole, False),
        (pair.parent, pair.above.whole_before, True),
    ):
        if (found := _gap(pair, place, point, before=before)) is not None:
            return State("empty", title, found[0], action=found[1])
    return State("empty", title, why)


def _gap(
    pair: _Pair, place: str, point: Point | None, *, before: bool
) -> tuple[Text, Action | None] | None:
    """What a point lacks in words, and the button that leads to the reason."""
    if point is None or point.completeness.complete or pair.spec.kind == "ratio":
        return None
    gap = figures.lacks(pair.answers.asker, pair.spec, (point,), pair.here.grain)
    if gap is None:
        return None
    name = region_name(place)
    when = Text("上年同期", " a year before") if before else Text("", "")
    text = Text(f"{name.zh}{when.zh}：{gap.text.zh}。", f"{name.en}{when.en}: {gap.text.en}.")
    return text, Action(Text("看原因", "See the reason"), gap.href) if gap.href else None
