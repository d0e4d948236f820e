"""A chart drawn by the server as SVG, for pages without script: a line, or bars from zero.

Everything is in units of the drawing; text sizes are those of pages.css for `.plot`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Literal

from xihu_platform.words import Language
from xihu_portals.web import charts, formats
from xihu_portals.web.parts import Chart, Number, Suppressed

Shape = Literal["line", "bars"]
SHAPES: tuple[Shape, ...] = ("line", "bars")
INTERVALS = 4
"""Of the axis of values; there is one more where the ends are rounded outwards."""
_STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
_LARGE = 10_000
"""From here on the axis is written with scale words."""
_TOP, _BOTTOM, _PAD = 12, 30, 8
_LETTER, _HAN = 7.5, 13.5
"""Width of a character at the size of the drawing's text."""
_SHARE = 0.3
"""Of the width: the most that is left to the words at either side."""
_WIDE = 500
"""From this width on an axis has names of more periods than the first and the last."""
_PERIODS_WIDE = 5


@dataclass(frozen=True, slots=True)
class PlotTick:
    """A place on an axis and its words; `anchor` is SVG's text-anchor."""

    at: float
    label: str
    anchor: Literal["start", "middle", "end"] = "end"


@dataclass(frozen=True, slots=True)
class PlotPoint:
    """A point of the line. `incomplete`: it lacks cells, or its period has not ended."""

    x: float
    y: float
    incomplete: bool


@dataclass(frozen=True, slots=True)
class PlotBar:
    x: float
    y: float
    width: float
    height: float
    incomplete: bool


@dataclass(frozen=True, slots=True)
class Plot:
    """Where everything of a drawing is."""

    width: int
    height: int
    left: float
    right: float
    bottom: float
    values: tuple[PlotTick, ...]
    periods: tuple[PlotTick, ...]
    path: str
    points: tuple[PlotPoint, ...]
    """The points that have a mark: the last one, incomplete ones, and lone ones."""
    bars: tuple[PlotBar, ...]
    end: PlotTick | None
    """The last value, at `end_y`."""
    end_y: float
    from_zero: bool


@dataclass(frozen=True, slots=True)
class _Scale:
    low: Decimal
    high: Decimal
    top: float
    bottom: float

    def y(self, value: Number) -> float:
        share = (Decimal(value) - self.low) / (self.high - self.low)
        return round(self.bottom - float(share) * (self.bottom - self.top), 1)


def plot(chart: Chart, language: Language, *, width: int, height: int, shape: Shape) -> Plot | None:
    """The first series of a chart; None where it has no value to draw."""
    series = chart.series[0]
    known = [_number(one) for one in series.values]
    drawn = [one for one in known if one is not None]
    if not drawn:
        return None
    low, high = min(drawn), max(drawn)
    if shape == "bars":
        low, high = min(low, Decimal(0)), max(high, Decimal(0))
    marks = axis(low, high)
    labels = axis_labels(marks, language, room=width * _SHARE)
    there = {at for at, one in enumerate(known) if one is not None}
    last = max(there)
    end = _fitting(formats.number(drawn[-1], chart.decimals), drawn[-1], language, width * _SHARE)
    left = max(_width(one) for one in labels) + _PAD
    right = width - _width(end) - 2 * _PAD if shape == "line" else width - _PAD
    scale = _Scale(marks[0], marks[-1], _TOP, height - _BOTTOM)
    places = _places(len(known), left, right, shape)
    marked = series.incomplete | series.running
    path, lone = ("", frozenset[int]()) if shape == "bars" else _line(known, places, scale)
    shown = sorted((lone | {last} | marked) & there)
    return Plot(
        width=width,
        height=height,
        left=left,
        right=right,
        bottom=scale.y(max(marks[0], Decimal(0))) if shape == "bars" else scale.bottom,
        values=tuple(
            PlotTick(scale.y(mark), label) for mark, label in zip(marks, labels, strict=True)
        ),
        periods=_periods(chart, places, language, wide=width >= _WIDE),
        path=path,
        points=()
        if shape == "bars"
        else tuple(PlotPoint(places[at], scale.y(known[at] or 0), at in marked) for at in shown),
        bars=_bars(known, places, scale, marked, right - left) if shape == "bars" else (),
        end=PlotTick(places[last] + _PAD, end, "start") if shape == "line" else None,
        end_y=scale.y(drawn[-1]),
        from_zero=marks[0] == 0 or shape == "bars",
    )


def _number(value: Number | Suppressed | None) -> Decimal | None:
    return None if value is None or isinstance(value, Suppressed) else Decimal(str(value))


def axis(low: Decimal, high: Decimal) -> tuple[Decimal, ...]:
    """Round values from below the lowest to above the highest.

    >>> [str(one) for one in axis(Decimal(0), Decimal("9.3"))]
    ['0.0', '2.5', '5.0', '7.5', '10.0']
    >>> [str(one) for one in axis(Decimal(7), Decimal(7))]
    ['6.0', '6.5', '7.0', '7.5', '8.0']
    """
    if low == high:
        room = abs(low) / 10 or Decimal(1)
        room = max(room, Decimal(1)) if low == low.to_integral_value() else room
        low, high = low - room, high + room
    rough = (high - low) / INTERVALS
    power = Decimal(1).scaleb(rough.adjusted())
    step = next(power * one for one in _STEPS if power * one >= rough)
    first = (low / step).to_integral_value(ROUND_FLOOR)
    last = (high / step).to_integral_value(ROUND_CEILING)
    return tuple((first + at) * step for at in range(int(last - first) + 1))


def axis_labels(
    marks: Sequence[Decimal], language: Language, room: float = 1_000
) -> tuple[str, ...]:
    """The marks in words, each another one where there is room for that.

    >>> axis_labels((Decimal(0), Decimal(20000)), "zh"), axis_labels((Decimal("0.5"),), "en")
    (('0', '2万'), ('0.5',))
    """
    plain = tuple(formats.number(one.normalize()) for one in marks)
    fits = max(_width(one) for one in plain) <= room
    if fits and max(abs(one) for one in marks) < _LARGE:
        return plain
    short = tuple(_compact(one, language) for one in marks)
    return plain if fits and len(set(short)) < len(short) else short


def _fitting(written: str, value: Decimal, language: Language, room: float) -> str:
    return written if _width(written) <= room else _compact(value, language)


def _compact(value: Decimal, language: Language) -> str:
    """Three figures are written where one would do: 2.00万 is 2万."""
    written = formats.compact(value, language)
    digits = written.rstrip("万亿KMB\u00a0")
    scale = written[len(digits) :]
    return f"{digits.rstrip('0').rstrip('.') if '.' in digits else digits}{scale}"


def _width(text: str) -> float:
    return sum(_HAN if ord(one) > 0x2E80 else _LETTER for one in text)


def _places(count: int, left: float, right: float, shape: Shape) -> list[float]:
    if shape == "bars":
        band = (right - left) / count
        return [round(left + band * (at + 0.5), 1) for at in range(count)]
    first = left + _PAD
    step = (right - first) / (count - 1) if count > 1 else 0.0
    return [round(first + step * at, 1) for at in range(count)]


def _line(
    known: Sequence[Decimal | None], places: Sequence[float], scale: _Scale
) -> tuple[str, frozenset[int]]:
    """The path, broken where a value is unknown; and the points that no line leads to."""
    path, lone = "", set[int]()
    for at, value in enumerate(known):
        if value is None:
            continue
        joined = at > 0 and known[at - 1] is not None
        path += f"{'L' if joined else 'M'}{places[at]:g} {scale.y(value):g}"
        if not joined and (at + 1 == len(known) or known[at + 1] is None):
            lone.add(at)
    return path, frozenset(lone)


def _bars(
    known: Sequence[Decimal | None],
    places: Sequence[float],
    scale: _Scale,
    marked: frozenset[int],
    room: float,
) -> tuple[PlotBar, ...]:
    zero = scale.y(0)
    wide = round(room / len(known) * 0.7, 1)
    found = []
    for at, value in enumerate(known):
        if value is not None:
            y = scale.y(value)
            top, tall = min(y, zero), round(abs(zero - y), 1)
            found.append(PlotBar(round(places[at] - wide / 2, 1), top, wide, tall, at in marked))
    return tuple(found)


def _periods(
    chart: Chart, places: Sequence[float], language: Language, *, wide: bool
) -> tuple[PlotTick, ...]:
    """The first and the last period; on a wide drawing some between them."""
    count = len(places)
    many = min(_PERIODS_WIDE if wide else 2, count)
    chosen = [0] if many == 1 else [round(at * (count - 1) / (many - 1)) for at in range(many)]
    return tuple(
        PlotTick(
            places[at],
            charts.words(chart.labels[at], language),
            "middle" if many == 1 or 0 < at < count - 1 else "start" if at == 0 else "end",
        )
        for at in chosen
    )
