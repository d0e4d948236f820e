"""Charts: the ECharts option of a chart, and the sparkline that needs no script."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TypedDict

from xihu_platform.words import Language, Text
from xihu_portals.web import formats
from xihu_portals.web.parts import (
    Chart,
    Number,
    Partial,
    Period,
    Series,
    Suppressed,
    Table,
    TableColumn,
    Value,
    Words,
)
from xihu_portals.web.words import word

INCOMPLETE = "○"
"""Before the name of a bar that lacks cells; on a line such a point is a hollow circle."""
SPARK_WIDTH, SPARK_HEIGHT = 120, 32
_SPARK_PAD = 3
_CHARACTER_WIDTH = {"zh": 14, "en": 8}
"""Pixels a character of a label takes at its size: what is kept free for labels at line ends."""


class Option(TypedDict):
    """What charts.js turns into an ECharts option, colours added from the stylesheet."""

    kind: str
    labels: list[str]
    series: list[dict[str, object]]
    unit: str
    decimals: int
    ends: int
    emphasis: int | None
    incomplete: str
    """The word for a value that lacks cells."""
    running: str
    """The word for a value of a period that has not ended."""
    language: str


def words(value: Words | Period, language: Language) -> str:
    if isinstance(value, Period):
        return formats.period(value, language)
    return value.to(language) if isinstance(value, Text) else value


def _plain(value: object) -> float | None:
    return float(value) if isinstance(value, int | float | Decimal) else None


def _label(chart: Chart, index: int, language: Language) -> str:
    """What a bar does not show is said beside its name, what it lacks before it, where a narrow
    screen does not cut it off; a line shows gaps and hollow points.
    """
    label = words(chart.labels[index], language)
    if chart.kind == "line" or len(chart.series) > 1:
        return label
    series = chart.series[0]
    if isinstance(series.values[index], Suppressed):
        label = f"{label} ＊"
    elif series.values[index] is None:
        label = f"{label} —"
    return f"{INCOMPLETE} {label}" if index in series.incomplete else label


def option(chart: Chart, language: Language) -> Option:
    """The chart as plain JSON; a suppressed or unknown value is a gap, never 0."""
    names = [words(series.name, language) for series in chart.series]
    longest = max((len(name) for name in names), default=0)
    return {
        "kind": chart.kind,
        "labels": [_label(chart, index, language) for index in range(len(chart.labels))],
        "series": [
            {
                "name": name,
                "values": [_plain(value) for value in series.values],
                "incomplete": sorted(series.incomplete),
                "running": sorted(series.running),
            }
            for name, series in zip(names, chart.series, strict=True)
        ],
        "unit": chart.unit.to(language),
        "decimals": chart.decimals,
        "ends": longest * _CHARACTER_WIDTH[language] if len(names) > 1 else 0,
        "emphasis": chart.emphasis,
        "incomplete": word(language, "incomplete"),
        "running": word(language, "running"),
        "language": language,
    }


def _column(series: Series, chart: Chart) -> TableColumn:
    return TableColumn(series.name, unit=chart.unit, numeric=True, decimals=chart.decimals)


def _cell(series: Series, index: int) -> Value:
    value = series.values[index]
    if index in series.incomplete:
        return Partial(value, running=index in series.running)
    return value


def table(chart: Chart) -> Table:
    """The same values as a table: what a screen reader reads, and everyone without script."""
    rows: list[tuple[Value, ...]] = [
        (label, *(_cell(series, index) for series in chart.series))
        for index, label in enumerate(chart.labels)
    ]
    columns = (TableColumn(chart.axis), *(_column(series, chart) for series in chart.series))
    return Table(chart.title, columns, tuple(rows), emphasis=chart.emphasis)


@dataclass(frozen=True, slots=True)
class Spark:
    """Where a sparkline runs, in a box of SPARK_WIDTH × SPARK_HEIGHT."""

    path: str
    end_x: float
    end_y: float


def spark(values: tuple[Number | None, ...]) -> Spark | None:
    """The course of a figure; unknown values break the line. None if there is nothing to draw.

    >>> spark((1, 2, 3)).path
    'M3 29L58.5 16L114 3'
    """
    known = [float(value) for value in values if value is not None]
    if len(known) < 2:
        return None
    low, high = min(known), max(known)
    step = (SPARK_WIDTH - 3 * _SPARK_PAD) / (len(values) - 1)
    room = SPARK_HEIGHT - 2 * _SPARK_PAD
    path, joined, x, y = "", False, 0.0, 0.0
    for index, value in enumerate(values):
        if value is None:
            joined = False
            continue
        share = (float(value) - low) / (high - low) if high > low else 0.5
        x, y = (
            round(_SPARK_PAD + index * step, 1),
            round(SPARK_HEIGHT - _SPARK_PAD - share * room, 1),
        )
        path += f"{'L' if joined else 'M'}{x:g} {y:g}"
        joined = True
    return Spark(path, x, y)
