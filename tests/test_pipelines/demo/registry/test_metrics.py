"""The demo province's metrics: each parses into a MetricSpec and names fields that exist."""

import re
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.registry import REGISTRY
from xihu_catalog.registry.metrics import load_metric
from xihu_platform.brain.protection import check_family
from xihu_platform.brain.spec import GRAINS, LEVELS, MetricSpec
from xihu_platform.errors import BadInput

METRICS = sorted((REGISTRY / "metrics").glob("*.yaml"))
each_metric = pytest.mark.parametrize("path", METRICS, ids=[path.stem for path in METRICS])
SQL_WORDS = {"sum", "count", "filter", "where", "in", "cast", "as", "date", "is", "not", "null"}
PERSONAL = {"ga", "rs", "yb", "jy_pupils", "mz_aid", "zw_service", "zw_hotline"}


def _spec(path: Path) -> MetricSpec:
    return load_metric(path)


@cache
def _contract(dataset: str) -> dict[str, Any]:
    path = REGISTRY / "contracts" / f"{dataset}.odcs.yaml"
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def _words(sql: str) -> set[str]:
    return set(re.findall(r"[a-z][a-z0-9_]*", re.sub(r"'[^']*'", "", sql).lower())) - SQL_WORDS


@each_metric
def test_a_metric_names_only_fields_of_its_contract(path: Path) -> None:
    spec = _spec(path)
    fields = {field["name"] for field in _contract(spec.dataset)["schema"][0]["properties"]}
    sql = " ".join(filter(None, (spec.numerator, spec.denominator, spec.where)))
    named = {spec.time_field, spec.region_field, *(each.field for each in spec.dimensions)}
    assert _words(sql) | named - {None} <= fields


@each_metric
def test_a_metric_is_complete(path: Path) -> None:
    spec = _spec(path)
    assert spec.id == path.stem
    assert (spec.denominator is not None) == (spec.kind == "ratio")
    assert (spec.time_field is None) == (spec.grain is None)
    assert spec.grain is None or spec.grain in GRAINS
    assert spec.finest_level in LEVELS
    assert Decimal(spec.scale) > 0
    assert spec.definition.zh.endswith("。") and spec.definition.en.endswith(".")


@each_metric
def test_a_metric_belongs_to_the_provider_of_its_dataset(path: Path) -> None:
    spec = _spec(path)
    custom = _contract(spec.dataset)["customProperties"]
    assert {"property": "provider", "value": spec.owner} in custom


@each_metric
def test_a_metric_about_persons_suppresses_small_cells(path: Path) -> None:
    spec = _spec(path)
    about_persons = any(spec.dataset.startswith(prefix) for prefix in PERSONAL)
    assert spec.smallest_cell >= 10 or not about_persons


@each_metric
def test_a_dimension_has_a_code_list(path: Path) -> None:
    for dimension in _spec(path).dimensions:
        assert (REGISTRY / "codes" / f"{dimension.code_list}.csv").exists()


def test_the_brains_have_flows_stocks_and_ratios_for_everybody() -> None:
    specs = [_spec(path) for path in METRICS]
    assert len(specs) >= 16
    assert {spec.kind for spec in specs} == {"flow", "stock", "ratio"}
    assert {spec.audience for spec in specs} == {"public", "official"}
    assert {"industry", "city"} <= {spec.brain for spec in specs}


@each_metric
def test_a_sum_that_reports_by_region_declares_its_cells(path: Path) -> None:
    """Economic and sensor data come from every county; what is about persons or firms is events."""
    spec = _spec(path)
    fields = _contract(spec.dataset)["schema"][0]["properties"]
    key = {name for f in fields if f.get("primaryKey") for name in [f["name"]]}
    if spec.region_field in key and spec.time_field in key:
        assert spec.frame is not None


def test_gdp_is_made_of_each_county_and_quarter() -> None:
    frame = _spec(REGISTRY / "metrics" / "gdp.yaml").frame
    assert frame is not None
    assert (frame.grain, len(frame.regions)) == ("quarter", 90)


def test_shares_are_rates_and_a_mean_concentration_is_none() -> None:
    rates = {path.stem for path in METRICS if _spec(path).is_rate}
    assert {"cases_on_time", "hospital_bed_occupancy", "air_good_share"} <= rates
    assert not {"pm25_mean", "gdp", "output_per_employee"} & rates


@each_metric
def test_a_metric_of_people_or_firms_in_closed_data_protects_small_cells(path: Path) -> None:
    spec = _spec(path)
    contract = _contract(spec.dataset)
    custom = contract["customProperties"]
    properties = [
        p for f in contract["schema"][0]["properties"] for p in f.get("customProperties", ())
    ]
    keyed = any(p["property"] in {"subjectKey", "firmKey"} and p["value"] for p in properties)
    is_open = {"property": "openClass", "value": "unconditional"} in custom
    assert spec.smallest_cell >= 10 or is_open or not keyed
    assert spec.frame is None or not spec.smallest_cell


def test_the_protected_metrics_of_each_dataset_can_be_published_together() -> None:
    specs = [_spec(path) for path in METRICS]
    for dataset in {spec.dataset for spec in specs}:
        check_family(tuple(s for s in specs if s.dataset == dataset and s.smallest_cell))


def test_a_wrong_file_is_refused_with_each_field_and_without_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "trial.yaml"
    path.write_text("id: trial\nname: {zh: 试, en: 9}\nkind: flow\n", encoding="utf-8")
    with pytest.raises(BadInput) as wrong:
        load_metric(path)
    said = wrong.value.text.en
    assert f"{path}:2: name.en: " in said
    assert "dataset: Field required" in said
    assert "pydantic" not in said
