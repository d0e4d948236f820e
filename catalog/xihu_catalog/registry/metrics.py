"""Reads metrics: one YAML file for each, of the registry or of the data folder."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field, TypeAdapter

from xihu_catalog.contracts.errors import Finding
from xihu_catalog.registry.codes import CODES, DIVISIONS, code_list, divisions, is_code_list
from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.reading import (
    BadRegistry,
    BothLanguages,
    ContentPart,
    read_content,
    shown_path,
)
from xihu_platform.brain.spec import Dimension, Frame, Grain, Level, MetricSpec
from xihu_platform.words import Text

METRICS = "metrics"


class _Dimension(ContentPart):
    field: str
    name: BothLanguages
    code_list: str | None = None


class _Cells(ContentPart):
    grain: Grain | None
    by: list[str] = []
    without: list[str] = []


class _Metric(ContentPart):
    id: str = Field(pattern=r"^[a-z][a-z0-9_]+$")
    name: BothLanguages
    definition: BothLanguages
    dataset: str
    kind: Literal["flow", "stock", "ratio"]
    numerator: str
    denominator: str | None = None
    scale: str = "1"
    decimals: int = Field(0, ge=0, le=8)
    unit: BothLanguages
    time_field: str | None = None
    grain: Grain | None = None
    region_field: str | None = None
    finest_level: Level = "county"
    dimensions: list[_Dimension] = []
    where: str | None = None
    audience: Literal["public", "official"]
    smallest_cell: int = Field(0, ge=0)
    better: Literal["up", "down", "neither"]
    brain: Literal["industry", "city", "society", "government"]
    owner: str
    coverage: Literal["events"] | _Cells = "events"
    seasonal: bool = False


_METRIC = TypeAdapter(_Metric)


def load_metric(path: Path) -> MetricSpec:
    """One metric. Raises BadRegistry naming file, line and field."""
    raw = read_content(path, _METRIC)
    findings = [
        Finding(shown_path(path), _line(path, field), words) for field, words in _faults(raw)
    ]
    if findings:
        raise BadRegistry(findings)
    return MetricSpec(
        **{
            **raw.model_dump(exclude={"name", "definition", "unit", "dimensions", "coverage"}),
            "name": raw.name.text(),
            "definition": raw.definition.text(),
            "unit": raw.unit.text(),
            "dimensions": tuple(
                Dimension(d.field, d.name.text(), d.code_list) for d in raw.dimensions
            ),
            "frame": _frame(raw),
        }
    )


def _line(path: Path, field: str) -> int:
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    return next((n for n, line in enumerate(lines, 1) if line.startswith(f"{field}:")), 1)


def _faults(raw: _Metric) -> Iterator[tuple[str, Text]]:
    """What is wrong between a metric's fields, and codes that no list has."""
    for dimension in raw.dimensions:
        if dimension.code_list is not None and not is_code_list(dimension.code_list):
            yield "dimensions", _no_list(dimension.code_list)
    cells = raw.coverage
    if isinstance(cells, str):
        return
    if raw.smallest_cell:  # a missing cell would say that a small one is empty
        yield (
            "coverage",
            Text(
                "涉及个人或企业的指标，coverage 只能写 events",
                "the coverage of people or firms must be `events`",
            ),
        )
    if (cells.grain is None) != (raw.time_field is None) or raw.region_field is None:
        yield (
            "coverage",
            Text(
                "coverage 须有地区；有时间的指标还须写 grain",
                "coverage needs regions, and a grain where the metric has time",
            ),
        )
    if unknown := [code for code in cells.without if code not in divisions()]:
        yield (
            "coverage",
            Text(
                f"without 中的代码 {'、'.join(unknown)} 不在 {DIVISIONS} 中",
                f"the codes {', '.join(unknown)} of `without` are not in {DIVISIONS}",
            ),
        )
    for name in cells.by:
        if not is_code_list(listed := _list_of(raw, name)):
            yield "coverage", _no_list(listed)


def _no_list(name: str) -> Text:
    return Text(
        f"没有代码表 {name}，请补上 {CODES}/{name}.csv",
        f"there is no code list {name}: add {CODES}/{name}.csv",
    )


def _list_of(raw: _Metric, field: str) -> str:
    return next((d.code_list for d in raw.dimensions if d.field == field), None) or field


def _frame(raw: _Metric) -> Frame | None:
    """The expected cells: the regions of the finest level, less those that do not report."""
    cells = raw.coverage
    if isinstance(cells, str):
        return None
    regions = tuple(
        code
        for code, division in divisions().items()
        if division.level == raw.finest_level and code not in cells.without
    )
    by = tuple((name, tuple(code_list(_list_of(raw, name)))) for name in cells.by)
    return Frame(cells.grain, regions, by)


def load_metrics(*folders: Path) -> dict[str, MetricSpec]:
    """The registry's metrics by id, then those of the folders: a later one wins."""
    every = (registry_folder() / METRICS, *folders)
    paths = [path for folder in every for path in sorted(folder.glob("*.yaml"))]
    return {spec.id: spec for spec in map(load_metric, paths)}
