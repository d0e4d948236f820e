"""Figures of a sample say at what rate: then residents, firms and the province's GDP agree."""

import csv
from decimal import Decimal

import pytest

from tests.province import SCALE, Province
from tests.test_portals.pages.rendered import visitor
from xihu_catalog.registry.pages import page_choices
from xihu_portals.official.asker import asker
from xihu_portals.pages import figures
from xihu_portals.pages.figures import sampling

PEOPLE = "ga_residents"


def test_every_dataset_of_a_person_or_a_firm_is_in_a_sample(province: Province) -> None:
    contracts = province.services.catalogue.contracts
    about = {c.dataset for key in ("subject", "firm") for c in contracts.about(key)}
    assert about <= {name for one in page_choices().samples for name in one.datasets}


def test_residents_times_the_rate_are_those_that_the_statistics_count(province: Province) -> None:
    """Against the files that the departments handed in, read without the platform."""
    folder = province.services.node.settings.data_dir / "intake"
    counted = {"ga_residents": 0}
    contract = province.services.catalogue.contracts.get(PEOPLE)
    with (folder / contract.source.path).open(encoding="gb18030", newline="") as lines:
        counted[PEOPLE] = sum(1 for _ in csv.reader(lines)) - 1
    (sample,) = [one for one in page_choices().samples if PEOPLE in one.datasets]
    assert sample.rate(SCALE) * counted[PEOPLE] == pytest.approx(sample.population, rel=0.05)


def test_a_figure_of_a_sample_says_so_and_one_of_the_whole_does_not(province: Province) -> None:
    here = asker(visitor(province, province.official("zhou"), official=True))
    metrics = province.services.metrics
    said = figures.figure(here, metrics["residents"]).source.sample
    assert said is not None
    assert (said.zh, said.en) == (
        "演示抽样：居民的 1/32,284",
        "demo sample: 1 in 32,284 residents",
    )
    assert Decimal(64567670) / (100000 * Decimal(str(SCALE))) == pytest.approx(32284, abs=1)
    assert figures.figure(here, metrics["gdp"]).source.sample is None
    assert sampling("hb_air_quality_hourly", 1.0) is None
