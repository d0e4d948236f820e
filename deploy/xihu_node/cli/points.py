"""A metric's answer as lines of text: period, place, value, comparison, and what it lacks."""

from datetime import date

from xihu_catalog.registry.codes import code_list
from xihu_platform.brain.service import Answer, Point
from xihu_platform.brain.spec import MetricSpec
from xihu_platform.words import Language, Text
from xihu_portals.pages import figures
from xihu_portals.pages.describe import region_name
from xihu_portals.pages.gaps import gap
from xihu_portals.web import formats
from xihu_portals.web.parts import Period, ShownChange
from xihu_portals.web.words import word


def lines(answer: Answer, language: Language, *, compare: bool) -> list[str]:
    """The title with its unit, then one line for each point."""
    spec = answer.metric
    label = Text("（合成数据）", " (synthetic data)").to(language)
    title = f"{spec.name.to(language)}, {spec.unit.to(language)}"
    points = [_line(answer, point, language, compare=compare) for point in answer.points]
    return [title + (label if answer.citation.synthetic else ""), *points]


def _line(answer: Answer, point: Point, language: Language, *, compare: bool) -> str:
    spec = answer.metric
    parts: list[str] = []
    if point.period and answer.grain:
        start = date.fromisoformat(point.period[:10])
        # An hour is written as it is: a period in words has no hour in it.
        hour = point.period if answer.grain == "hour" else None
        parts.append(hour or formats.period(Period(start, answer.grain), language))
    if point.region:
        parts.append(f"{point.region} {region_name(point.region).to(language)}")
    parts += [_part(spec, name, value, language) for name, value in point.dimensions.items()]
    parts.append("＊" if point.suppressed else "—" if point.value is None else f"{point.value:,}")
    if compare:
        parts += [_change(one, language) for one in figures.changes(spec, point)]
    lack = gap(spec, (point,), dataset_path="", load_path=None)
    return "  ".join([*parts, lack.text.to(language)] if lack else parts)


def _part(spec: MetricSpec, name: str, value: str | None, language: Language) -> str:
    known = next((d.code_list for d in spec.dimensions if d.field == name), None)
    named = code_list(known).get(value or "") if known else None
    return named.to(language) if named else value or "—"


def _change(of: ShownChange, language: Language) -> str:
    name = word(language, f"change.{of.against}")
    if of.ratio is None:
        why = of.why.to(language) if of.why else word(language, "change.none")
        return f"{name} —" + Text(f"（{why}）", f" ({why})").to(language)
    size = f"{of.ratio * 100:+.1f}"
    unit = word(language, "change.points", n=size) if of.points else f"{size} %"
    return f"{name} {unit}"
