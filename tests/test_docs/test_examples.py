"""The files that the pages lead through: complete by the rules that everybody's are checked by."""

from tests.test_docs.pages import ROOT
from xihu_catalog.contracts.lint import lint_all
from xihu_catalog.contracts.load import load_contract
from xihu_catalog.registry.metrics import load_metric

EXAMPLES = ROOT / "docs/examples"
CONTRACT = EXAMPLES / "jt_charging_monthly.odcs.yaml"


def test_the_first_contract_has_no_fault_and_asks_for_no_advice() -> None:
    assert [found.text.en for found in lint_all([CONTRACT])] == []


def test_the_first_metric_is_of_that_dataset_and_belongs_to_its_department() -> None:
    contract, metric = load_contract(CONTRACT), load_metric(EXAMPLES / "charging_energy.yaml")
    assert (metric.dataset, metric.owner) == (contract.dataset, contract.provider)
    assert {metric.time_field, metric.region_field} <= {field.name for field in contract.fields}


def test_the_contract_reads_the_columns_of_both_files() -> None:
    columns = {field.source_column for field in load_contract(CONTRACT).fields}
    for name in ("充电站月报.csv", "充电站月报_corrected.csv"):
        head = (EXAMPLES / name).read_text(encoding="utf-8").split("\n")[0]
        assert set(head.split(",")) == columns
