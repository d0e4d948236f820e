"""Reading the registry: organisations, people, metrics and grants of the demo province."""

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from xihu_catalog.standards.codes import REGISTRY, code_list, divisions
from xihu_platform import safe_yaml
from xihu_platform.access.policy import ShareRule
from xihu_platform.brain.spec import Dimension, Frame, Grain, Level, MetricSpec
from xihu_platform.errors import BadInput
from xihu_platform.identity.seeds import Content, OrganisationSeed, parse_content
from xihu_platform.statute.duty import Duty, Unit
from xihu_platform.words import Text


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Words(_Strict):
    zh: str
    en: str

    def text(self) -> Text:
        return Text(self.zh, self.en)


class _Dimension(_Strict):
    field: str
    name: _Words
    code_list: str | None = None


class _Cells(_Strict):
    grain: Grain | None
    by: list[str] = []
    without: list[str] = []


class _Metric(_Strict):
    id: str = Field(pattern=r"^[a-z][a-z0-9_]+$")
    name: _Words
    definition: _Words
    dataset: str
    kind: Literal["flow", "stock", "ratio"]
    numerator: str
    denominator: str | None = None
    scale: str = "1"
    decimals: int = Field(0, ge=0, le=8)
    unit: _Words
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


class _Grant(_Strict):
    id: str
    dataset: str
    organisation: str
    fields: list[str]
    purpose: _Words
    valid_from: date
    valid_to: date
    rules: list[ShareRule] = []


class _Duty(_Strict):
    id: str
    article: str
    name: _Words
    value: int
    unit: Unit
    extension: int | None = None
    extended_by: _Words | None = None
    verified: bool


class _Statute(_Strict):
    id: str
    title: _Words
    source: str
    in_force: date
    duties: list[_Duty]


def read_yaml(path: Path) -> Any:
    # Any: the caller validates it.
    return safe_yaml.read_yaml(path.read_text(encoding="utf-8"))


def load_metric(path: Path) -> MetricSpec:
    """One metric. Raises BadInput naming file and fields."""
    try:
        raw = _Metric.model_validate(read_yaml(path))
    except (ValidationError, yaml.YAMLError) as bad:
        faults = _faults(bad)
        raise BadInput(
            f"指标文件 {path.name} 有误：{faults}。各字段的写法见 registry/README.md",
            f"the metric file {path.name} is wrong: {faults}; registry/README.md explains each "
            "field",
        ) from None
    return MetricSpec(
        **{
            **raw.model_dump(exclude={"name", "definition", "unit", "dimensions", "coverage"}),
            "name": raw.name.text(),
            "definition": raw.definition.text(),
            "unit": raw.unit.text(),
            "dimensions": tuple(
                Dimension(d.field, d.name.text(), d.code_list) for d in raw.dimensions
            ),
            "frame": _frame(raw, path.name),
        }
    )


def _faults(bad: ValidationError | yaml.YAMLError) -> str:
    """Each field with what is wrong with it, on one line."""
    if isinstance(bad, yaml.YAMLError):
        return str(bad)
    found = bad.errors(include_url=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in found)


def _frame(raw: _Metric, file: str) -> Frame | None:
    """The expected cells: the regions of the finest level, less those that do not report."""
    cells = raw.coverage
    if cells == "events" or isinstance(cells, str):
        return None
    if raw.smallest_cell:  # a missing cell would say that a small one is empty
        raise BadInput(
            f"指标文件 {file}：涉及个人或企业的指标，coverage 只能写 events",
            f"the metric {file}: coverage of people or firms must be `events`",
        )
    if (cells.grain is None) != (raw.time_field is None) or raw.region_field is None:
        raise BadInput(
            f"指标文件 {file}：coverage 须有地区；有时间的指标还须写 grain",
            f"the metric {file}: coverage needs regions, and a grain where the metric has time",
        )
    lists = {d.field: d.code_list for d in raw.dimensions}
    regions = tuple(
        code
        for code, division in divisions().items()
        if division.level == raw.finest_level and code not in cells.without
    )
    by = tuple((name, tuple(code_list(lists.get(name) or name))) for name in cells.by)
    return Frame(cells.grain, regions, by)


def load_metrics(*folders: Path) -> dict[str, MetricSpec]:
    """All metrics of the folders by id, the registry's if none is given; a later one wins."""
    chosen = folders or (REGISTRY / "metrics",)
    paths = [path for folder in chosen for path in sorted(folder.glob("*.yaml"))]
    return {spec.id: spec for spec in map(load_metric, paths)}


@lru_cache
def duties() -> dict[tuple[str, str], Duty]:
    """Every duty of every rule set, by rule set and id."""
    found: dict[tuple[str, str], Duty] = {}
    for path in sorted((REGISTRY / "statutes").glob("*.yaml")):
        statute = _Statute.model_validate(read_yaml(path))
        for raw in statute.duties:
            found[statute.id, raw.id] = Duty(
                id=raw.id,
                rule_set=statute.id,
                source=statute.source,
                article=raw.article,
                name=raw.name.text(),
                value=raw.value,
                unit=raw.unit,
                extension=raw.extension,
                extended_by=raw.extended_by.text() if raw.extended_by else None,
                verified=raw.verified,
            )
    return found


@lru_cache
def content() -> Content:
    """Organisations, people and systems of the demo province."""
    document = {
        **read_yaml(REGISTRY / "organisations.yaml"),
        **read_yaml(REGISTRY / "people.yaml"),
    }
    return parse_content(document)


@lru_cache
def organisations() -> dict[str, OrganisationSeed]:
    return {o.uscc: o for o in content().organisations}


def organisation_name(uscc: str) -> Text:
    """The organisation's name, or its code where the registry does not know it."""
    known = organisations().get(uscc)
    return Text(known.name_zh, known.name_en) if known else Text(uscc, uscc)


def load_grants() -> list[dict[str, Any]]:
    """The demo's grants as rows of the `grant` table."""
    raw = [_Grant.model_validate(g) for g in read_yaml(REGISTRY / "grants.yaml")["grants"]]
    return [
        {
            **g.model_dump(exclude={"purpose"}),
            "purpose_zh": g.purpose.zh,
            "purpose_en": g.purpose.en,
        }
        for g in raw
    ]
