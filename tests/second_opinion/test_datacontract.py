"""datacontract-cli runs five contracts' rules over the raw files: the same count for each rule."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from tests.registry import REGISTRY
from tests.second_opinion import convert, peer
from xihu_catalog.contracts.load import load_contract
from xihu_catalog.contracts.model import Contract
from xihu_catalog.schema import upgrade
from xihu_pipelines.demo.generate import generate
from xihu_pipelines.ingest.compile import unique_rules
from xihu_pipelines.ingest.load import load_file
from xihu_platform.clock import civil_date
from xihu_platform.settings import Settings
from xihu_platform.start import open_node

pytestmark = pytest.mark.harness

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
SCALE = 0.2
DATASETS = (
    "sg_firms",  # CSV: check digits of both standards, lengths, code lists, a day after another
    "zw_service_cases",  # CSV: identity cards, written moments, two rules across fields
    "hb_air_quality_hourly",  # CSV: a key of two fields, ranges of decimals
    "sg_inspections",  # JSON lines: patterns, code lists, ranges
    "jx_industrial_output",  # Parquet: typed values, a key of three fields
)
NOT_EXPRESSED = {
    ("sg_inspections", "row.shape"): "a JSON record has no number of columns to compare",
    ("jx_industrial_output", "row.shape"): "a Parquet file has no record of another shape",
}
"""Rules that datacontract-cli cannot be asked, and why; ours must find nothing there."""


@dataclass(frozen=True, slots=True)
class Opinions:
    """Of one dataset: for each rule, the failing records that either side counted."""

    dataset: str
    rules: frozenset[str]
    ours: dict[str, int]
    theirs: dict[str, int]

    def table(self) -> str:
        lines = [
            f"{self.dataset:<22} | {rule:<34} | {self.ours.get(rule, 0):>7,} | "
            f"{self.theirs.get(rule, '-'):>7}"
            for rule in sorted(self.rules)
        ]
        return "\n".join(lines)


@pytest.fixture(scope="module")
def opinions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Opinions]]:
    peer.prepare()
    folder = tmp_path_factory.mktemp("second-opinion")
    generate(folder / "intake", scale=SCALE, seed=152, today=civil_date(NOW))
    yield [_opinions(folder, dataset) for dataset in DATASETS]


def _opinions(folder: Path, dataset: str) -> Opinions:
    path = REGISTRY / "contracts" / f"{dataset}.odcs.yaml"
    contract = load_contract(path)
    file = folder / "intake" / contract.source.path
    ground = open_node(Settings(data_dir=folder / "data"), clock=lambda: NOW)
    upgrade(ground.database)
    outcome = load_file(ground, contract, file)
    theirs = peer.counts(convert.read(path), file, folder)
    return Opinions(dataset, _rules(contract), outcome.rule_counts, theirs)


def _rules(contract: Contract) -> frozenset[str]:
    by_row = {rule.id for rule in contract.all_rules}
    return frozenset({"row.shape", *by_row, *unique_rules(contract)})


def test_datacontract_cli_finds_the_same_failing_count_for_each_rule(
    opinions: list[Opinions],
) -> None:
    click.echo("\ndataset | rule | ours | theirs")
    for each in opinions:
        click.echo(each.table())
    differing = {
        (o.dataset, rule): (o.ours.get(rule, 0), o.theirs.get(rule))
        for o in opinions
        for rule in o.rules
        if (o.dataset, rule) not in NOT_EXPRESSED and o.ours.get(rule, 0) != o.theirs.get(rule)
    }
    assert differing == {}


def test_every_kind_of_rule_is_broken_somewhere(opinions: list[Opinions]) -> None:
    broken = {rule.partition(".")[2] for o in opinions for rule, count in o.ours.items() if count}
    assert broken >= {"shape", "type", "required", "range", "code", "check_digit", "unique"}


def test_what_cannot_be_expressed_is_listed_with_its_reason(opinions: list[Opinions]) -> None:
    unanswered = {(o.dataset, rule) for o in opinions for rule in o.rules - o.theirs.keys()}
    assert unanswered == NOT_EXPRESSED.keys()
    assert not [
        o.dataset for o in opinions for d, r in NOT_EXPRESSED if d == o.dataset and r in o.ours
    ]


def test_datacontract_cli_answers_no_rule_that_is_not_ours(opinions: list[Opinions]) -> None:
    assert [rule for o in opinions for rule in o.theirs.keys() - o.rules] == []
